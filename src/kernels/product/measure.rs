//! Which variant of a product is the fastest on this adapter: a few milliseconds, once for each class of shapes.

use crate::gpu::{Batch, Gpu, now_millis};
use crate::kernels::GpuMatrix;
use crate::protocol::LabError;

use super::choose::{PLAINEST, Pass, kind};
use super::weights::zeroed_weights;
use super::{
    Lora, Storage, Weights, forward, input_gradient, lora, lora_forward, lora_variants, variants, weight_gradient,
};

/// Multiplications of a measured product at most: a fraction of a millisecond to a few on a software GPU ...
const SOFTWARE_PRODUCTS: usize = 1 << 20;
/// ... and, with repeats, on a real one.
const PRODUCTS: usize = 1 << 30;
/// Weights of a measured product at most: 64 MiB in f32.
const MEASURED_WEIGHTS: usize = 1 << 24;
/// The largest group that shares a scale.
const LONGEST_GROUP: usize = 128;
/// Rows at most; more are no other class.
const MEASURED_ROWS: usize = 256;
/// What a sample should take, long against the tenth of a millisecond in which browsers tell the time.
const SAMPLE_MILLIS: f64 = 1.5;
/// Products in a sample at most.
const MAX_REPEATS: usize = 16;
/// Samples of each variant that is still in question; the shortest counts, because noise only ever adds.
const SAMPLES: usize = 2;
/// A variant that takes so many times as long as the best in its first run is out of the question.
const HOPELESS: f64 = 2.5;

/// Measures, once for each class of shapes, which variant of a product is the fastest on this adapter, and remembers it.
///
/// Sides are shortened until a product takes about a millisecond; the class stays the same. The choices outlive the device
/// if [`Gpu::choices`] is kept.
///
/// # Errors
/// Those of the product.
pub async fn prepare(gpu: &Gpu, storage: Storage, pass: Pass, m: usize, n: usize, k: usize) -> Result<(), LabError> {
    let kernel = storage.kernel();
    let kind = kind(kernel, pass, m);
    if gpu.choice(&kind).is_some() || gpu.forced_variant(kernel).is_some() {
        return Ok(());
    }
    let (m, n, k) = shortened(gpu, m, n, k);
    let operands = Operands::new(gpu, storage, pass, m, n, k)?;
    let fastest = fastest(gpu, kernel, &variants(storage, pass), |batch| operands.record(gpu, batch)).await?;
    gpu.remember_choice(&kind, fastest);
    Ok(())
}

/// The same for the skinny products of a low-rank update.
///
/// # Errors
/// Those of [`lora_forward`].
pub async fn prepare_lora(gpu: &Gpu, m: usize, k: usize, rank: usize) -> Result<(), LabError> {
    if gpu.choice(lora::NAME).is_some() || gpu.forced_variant(lora::NAME).is_some() {
        return Ok(());
    }
    let (m, _, k) = shortened(gpu, m, rank, k);
    let zeroed = |rows, cols| GpuMatrix::zeroed(gpu, "measured product", rows, cols);
    // One output, so that next to nothing but the update is measured.
    let (x, w, z, y) = (zeroed(m, k)?, zeroed_weights(gpu, 1, k, Storage::F32)?, zeroed(m, rank)?, zeroed(m, 1)?);
    let update = Lora { a: zeroed(rank, k)?, b: zeroed(1, rank)?, scale: 1.0 };
    let record = |batch: &mut Batch<'_>| lora_forward(gpu, batch, &x, &w, &update, &z, &y);
    let fastest = fastest(gpu, lora::NAME, &lora_variants(), record).await?;
    gpu.remember_choice(lora::NAME, fastest);
    Ok(())
}

/// Sides that take about a millisecond, `K` in whole groups so that nothing is padded meanwhile.
fn shortened(gpu: &Gpu, m: usize, n: usize, k: usize) -> (usize, usize, usize) {
    shortened_to(if gpu.is_software() { SOFTWARE_PRODUCTS } else { PRODUCTS }, m, n, k)
}

fn shortened_to(most: usize, m: usize, n: usize, k: usize) -> (usize, usize, usize) {
    let (m, mut n, mut k) = (m.min(MEASURED_ROWS), n, k.next_multiple_of(LONGEST_GROUP));
    while m * n * k > most || n * k > MEASURED_WEIGHTS {
        // `K` ends at one group; then only `N` is left to halve.
        if n >= k || k == LONGEST_GROUP { n = n.div_ceil(2) } else { k = (k / 2).next_multiple_of(LONGEST_GROUP) }
    }
    (m, n, k)
}

/// Times all variants but the plainest, which is there to be understood.
async fn fastest(
    gpu: &Gpu,
    kernel: &str,
    variants: &[&'static str],
    record: impl Fn(&mut Batch<'_>) -> Result<(), LabError>,
) -> Result<&'static str, LabError> {
    let mut best: Vec<_> = variants.iter().filter(|&&v| v != PLAINEST).map(|&v| (v, f64::INFINITY)).collect();
    for (variant, millis) in &mut best {
        // The first run compiles.
        sample(gpu, kernel, variant, 1, &record).await?;
        *millis = sample(gpu, kernel, variant, 1, &record).await?;
    }
    let shortest = best.iter().fold(f64::INFINITY, |shortest, (_, millis)| shortest.min(*millis));
    best.retain(|(_, millis)| *millis <= HOPELESS * shortest);
    let repeats = ((SAMPLE_MILLIS / shortest.max(1e-3)) as usize).clamp(1, MAX_REPEATS);
    best.iter_mut().for_each(|(_, millis)| *millis = f64::INFINITY);
    for _ in 0..SAMPLES {
        for (variant, millis) in &mut best {
            *millis = millis.min(sample(gpu, kernel, variant, repeats, &record).await?);
        }
    }
    let fastest = best.iter().min_by(|a, b| a.1.total_cmp(&b.1));
    Ok(fastest.map_or(PLAINEST, |(variant, _)| variant))
}

/// Milliseconds of so many products in one submission.
async fn sample(
    gpu: &Gpu,
    kernel: &str,
    variant: &str,
    repeats: usize,
    record: impl Fn(&mut Batch<'_>) -> Result<(), LabError>,
) -> Result<f64, LabError> {
    let mut batch = Batch::new(gpu).timed();
    gpu.force_variant(kernel, Some(variant));
    let recorded = (0..repeats).try_for_each(|_| record(&mut batch));
    gpu.force_variant(kernel, None);
    recorded?;
    let begun = now_millis();
    let by_gpu = batch.finish().await?.gpu_millis;
    // Browsers round the GPU's clock, some to nothing.
    Ok(by_gpu.filter(|&millis| millis > 0.0).unwrap_or_else(|| now_millis() - begun))
}

/// Operands of one product, all zeros.
struct Operands {
    pass: Pass,
    weights: Option<Weights>,
    left: GpuMatrix,
    right: Option<GpuMatrix>,
    out: GpuMatrix,
}

impl Operands {
    fn new(gpu: &Gpu, storage: Storage, pass: Pass, m: usize, n: usize, k: usize) -> Result<Operands, LabError> {
        let zeroed = |rows, cols| GpuMatrix::zeroed(gpu, "measured product", rows, cols);
        let weights = match pass {
            Pass::WeightGradient => None,
            _ => Some(zeroed_weights(gpu, n, k, storage)?),
        };
        let (left, right, out) = match pass {
            Pass::Forward => (zeroed(m, k)?, None, zeroed(m, n)?),
            Pass::InputGradient => (zeroed(m, n)?, None, zeroed(m, k)?),
            Pass::WeightGradient => (zeroed(m, n)?, Some(zeroed(m, k)?), zeroed(n, k)?),
        };
        Ok(Operands { pass, weights, left, right, out })
    }

    fn record(&self, gpu: &Gpu, batch: &mut Batch<'_>) -> Result<(), LabError> {
        match (self.pass, &self.weights, &self.right) {
            (Pass::Forward, Some(w), _) => forward(gpu, batch, &self.left, w, None, &self.out),
            (Pass::InputGradient, Some(w), _) => input_gradient(gpu, batch, &self.left, w, None, &self.out),
            (_, _, Some(x)) => weight_gradient(gpu, batch, &self.left, x, &self.out),
            (_, _, None) => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_shortened_to_what_is_allowed() {
        let sides = [1, 3, 64, 127, 128, 129, 255, 256, 1000, 4096, 8192];
        for most in [SOFTWARE_PRODUCTS, PRODUCTS] {
            for m in [1, 8, 64, 256, 512] {
                for (n, k) in sides.iter().flat_map(|&n| sides.map(|k| (n, k))) {
                    let (rows, n, k) = shortened_to(most, m, n, k);
                    assert!(rows * n * k <= most && n * k <= MEASURED_WEIGHTS && k % LONGEST_GROUP == 0, "{m} {n} {k}");
                    assert_eq!(rows, m.min(MEASURED_ROWS));
                }
            }
        }
    }
}
