//! What a product costs on paper, and what a device could do with it: the roofline.
//!
//! # Source
//! Williams, Waterman and Patterson 2009, "Roofline", CACM 52(4): attainable rate = min(peak arithmetic, intensity x bandwidth).

use crate::labs::kernel::{Config, tables};
use crate::protocol::Table;

/// The work of one product `Y = X W^T`, LoRA included if there is any.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// A multiplication and an addition for each weight and row: `2 M N K (+ 2 M R (K + N))`.
    pub flop: f64,
    /// Weights, `X` and `Y`, each once.
    pub moved_bytes: f64,
}

impl Cost {
    /// The cost at `batch` rows with weights of `weight_bytes`.
    pub fn new(config: &Config, batch: usize, weight_bytes: u64) -> Cost {
        let [m, n, k, r] = [batch as f64, f64::from(config.outputs), f64::from(config.inputs), f64::from(config.rank)];
        Cost {
            flop: 2.0 * m * (n * k + r * (n + k)),
            // A and B of LoRA are weights, and stay f32.
            moved_bytes: weight_bytes as f64 + 4.0 * (m * (n + k) + r * (n + k)),
        }
    }

    /// FLOP per byte moved.
    pub fn intensity(&self) -> f64 {
        self.flop / self.moved_bytes
    }

    /// `[GFLOP/s, GB/s]` of a run of `millis`.
    pub fn rates(&self, millis: f64) -> [f64; 2] {
        [self.flop / millis * 1e-6, self.moved_bytes / millis * 1e-6]
    }
}

/// What a device did at most, just now.
#[derive(Clone, Debug, PartialEq)]
pub struct Ceilings {
    pub gflops: f64,
    pub gigabytes_per_second: f64,
    /// What an empty submission takes from the call to the answer.
    pub dispatch_micros: f64,
    pub device: String,
}

impl Ceilings {
    /// Table [`tables::CEILINGS`].
    pub fn table(&self) -> Table {
        let columns = ["gflops", "gigabytes_per_second", "dispatch_micros", "device"];
        let mut table = Table::new(tables::CEILINGS, &columns);
        table.rows.push(vec![
            self.gflops.into(),
            self.gigabytes_per_second.into(),
            self.dispatch_micros.into(),
            self.device.clone().into(),
        ]);
        table
    }

    /// The rate of a run of `millis` over what the roofline allows at its intensity.
    pub fn share(&self, cost: &Cost, millis: f64) -> f64 {
        let [gflops, _] = cost.rates(millis);
        gflops / self.gflops.min(cost.intensity() * self.gigabytes_per_second)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_product_with_a_vector_is_bound_by_memory_and_one_of_matrices_by_arithmetic() {
        let ceilings =
            Ceilings { gflops: 100.0, gigabytes_per_second: 10.0, dispatch_micros: 0.0, device: String::new() };
        let config = Config { inputs: 1000, outputs: 1000, ..Config::default() };
        let few = Cost::new(&config, 1, 4_000_000);
        assert_eq!((few.flop, few.moved_bytes), (2e6, 4_008_000.0));
        // 4.008 MB at 10 GB/s take 0.4008 ms: exactly what the roof allows.
        assert!((ceilings.share(&few, 0.4008) - 1.0).abs() < 1e-12);
        let many = Cost::new(&config, 1000, 4_000_000);
        // 2 GFLOP at 100 GFLOP/s take 20 ms.
        assert!((ceilings.share(&many, 20.0) - 1.0).abs() < 1e-12);
        let lora = Cost::new(&Config { rank: 8, ..config }, 1, 4_000_000);
        assert_eq!((lora.flop, lora.moved_bytes), (2e6 + 32_000.0, 4_008_000.0 + 64_000.0));
    }
}
