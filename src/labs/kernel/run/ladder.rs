//! The task `Ladder`: every version of one product, the plainest first.

use std::rc::Rc;

use super::cost::Cost;
use super::cpu::CpuProduct;
use super::gpu::GpuProduct;
use super::inputs::Inputs;
use crate::labs::kernel::{Checked, Multiply, tables};
use crate::labs::{Ctx, Device};
use crate::math::FastVersion;
use crate::protocol::{LabError, Phase, Table};

/// The format whose product a kernel computes.
pub(super) fn format_of(kernel: &str) -> Result<Multiply, LabError> {
    Ok(match kernel {
        "matmul_f32" => Multiply::Fp32,
        "matmul_f16" => Multiply::Fp16,
        "matmul_int8" => Multiply::Int8,
        "matmul_w8a8" => Multiply::W8a8,
        "matmul_int4" => Multiply::Int4,
        "matmul_nf4" => Multiply::Nf4,
        _ => return Err(LabError::Unknown { field: "kernel".into(), got: kernel.into() }),
    })
}

/// Emits table [`tables::LADDER`], again as it grows.
///
/// # Errors
/// [`LabError::Unknown`] for a kernel that is no product, or what the device says.
pub async fn climb(kernel: &str, config: &Checked, ctx: &Ctx) -> Result<(), LabError> {
    let format = format_of(kernel)?;
    let batch = config.batch as usize;
    let inputs = Rc::new(Inputs::new(config, batch));
    let mut ladder = Ladder::new();
    match &ctx.device {
        Device::Cpu => {
            let mut product = CpuProduct::new(format, config, inputs, ctx).await?;
            let cost = Cost::new(config, batch, product.weight_bytes());
            for version in FastVersion::ALL {
                ctx.progress(Phase::Computing, ladder.0.rows.len() as u64, FastVersion::ALL.len() as u64);
                let millis = product.time(batch, version, ctx).await?;
                ladder.step(version.name(), millis, &cost, version == FastVersion::Tiles, ctx);
            }
        }
        Device::Gpu(gpu) => {
            let mut product = GpuProduct::new(format, config, inputs, gpu, ctx).await?;
            product.choose(batch, ctx).await?;
            let cost = Cost::new(config, batch, product.weight_bytes());
            let (chosen, versions) = (product.variant(batch), product.versions());
            for (name, entry) in &versions {
                ctx.progress(Phase::Computing, ladder.0.rows.len() as u64, versions.len() as u64);
                let millis = product.time_version(name, ctx).await?;
                ladder.step(entry, millis, &cost, *entry == chosen, ctx);
            }
        }
    }
    Ok(())
}

struct Ladder(Table);

impl Ladder {
    fn new() -> Ladder {
        let columns = ["version", "entry", "millis", "gflops", "gigabytes_per_second", "chosen"];
        Ladder(Table::new(tables::LADDER, &columns))
    }

    fn step(&mut self, entry: &str, millis: f64, cost: &Cost, chosen: bool, ctx: &Ctx) {
        let [gflops, gigabytes_per_second] = cost.rates(millis);
        let version = (self.0.rows.len() + 1) as f64;
        self.0.rows.push(vec![
            version.into(),
            entry.into(),
            millis.into(),
            gflops.into(),
            gigabytes_per_second.into(),
            f64::from(u8::from(chosen)).into(),
        ]);
        ctx.table(self.0.clone());
    }
}
