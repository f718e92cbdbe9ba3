//! The tasks `Time` and `Sweep`: every format, at one batch size or at all of them.

use std::rc::Rc;

use super::ceilings;
use super::cost::{Ceilings, Cost};
use super::cpu::CpuProduct;
use super::gpu::GpuProduct;
use super::inputs::Inputs;
use crate::labs::kernel::{BATCHES, Checked, Config, Multiply, tables};
use crate::labs::{Ctx, Device};
use crate::math::FastVersion;
use crate::protocol::{Cell, LabError, Phase, Table};

const COLUMNS: [&str; 14] = [
    "format",
    "batch",
    "inputs",
    "outputs",
    "millis",
    "gflops",
    "gigabytes_per_second",
    "weight_bytes",
    "moved_bytes",
    "intensity",
    "ceiling_share",
    "max_error",
    "allowed",
    "variant",
];

/// One format on its tier.
enum Product {
    Cpu(CpuProduct),
    Gpu(GpuProduct),
}

/// What one measurement gave.
struct Measured {
    millis: f64,
    variant: String,
    error: f64,
}

impl Product {
    async fn new(format: Multiply, config: &Config, inputs: &Rc<Inputs>, ctx: &Ctx) -> Result<Product, LabError> {
        Ok(match &ctx.device {
            Device::Cpu => Product::Cpu(CpuProduct::new(format, config, inputs.clone(), ctx).await?),
            Device::Gpu(gpu) => Product::Gpu(GpuProduct::new(format, config, inputs.clone(), gpu, ctx).await?),
        })
    }

    fn weight_bytes(&self) -> u64 {
        match self {
            Product::Cpu(product) => product.weight_bytes(),
            Product::Gpu(product) => product.weight_bytes(),
        }
    }

    async fn measure(&mut self, batch: usize, ctx: &Ctx) -> Result<Measured, LabError> {
        match self {
            Product::Cpu(product) => {
                let millis = product.time(batch, FastVersion::Tiles, ctx).await?;
                Ok(Measured { millis, variant: FastVersion::Tiles.name().into(), error: product.error() })
            }
            Product::Gpu(product) => {
                product.choose(batch, ctx).await?;
                let millis = product.time(ctx).await?;
                Ok(Measured { millis, variant: product.variant(batch), error: product.error().await? })
            }
        }
    }
}

/// Emits tables [`tables::CEILINGS`] and [`tables::TIMES`], the latter again as it grows.
///
/// # Errors
/// Whatever the device says.
pub async fn time(config: &Checked, ctx: &Ctx) -> Result<(), LabError> {
    run(config, &[config.batch], tables::TIMES, ctx).await
}

/// Emits tables [`tables::CEILINGS`] and [`tables::SWEEP`], the latter again as it grows.
///
/// # Errors
/// Whatever the device says.
pub async fn sweep(config: &Checked, ctx: &Ctx) -> Result<(), LabError> {
    run(config, &BATCHES, tables::SWEEP, ctx).await
}

async fn run(config: &Checked, batches: &[u32], name: &str, ctx: &Ctx) -> Result<(), LabError> {
    let ceilings = ceilings::measure(ctx).await?;
    ctx.table(ceilings.table());
    let most = batches.iter().max().map_or(1, |&b| b as usize);
    let inputs = Rc::new(Inputs::new(config, most));
    let mut table = Table::new(name, &COLUMNS);
    let total = (config.formats.len() * batches.len()) as u64;
    for &format in &config.formats {
        ctx.progress(Phase::Computing, table.rows.len() as u64, total);
        let mut product = Product::new(format, config, &inputs, ctx).await?;
        for &batch in batches {
            ctx.progress(Phase::Computing, table.rows.len() as u64, total);
            let measured = product.measure(batch as usize, ctx).await?;
            table.rows.push(row(format, batch, config, product.weight_bytes(), &measured, &ceilings));
            ctx.table(table.clone());
        }
    }
    Ok(())
}

fn row(
    format: Multiply,
    batch: u32,
    config: &Config,
    weight_bytes: u64,
    measured: &Measured,
    ceilings: &Ceilings,
) -> Vec<Cell> {
    let cost = Cost::new(config, batch as usize, weight_bytes);
    let [gflops, gigabytes_per_second] = cost.rates(measured.millis);
    vec![
        format.key().into(),
        f64::from(batch).into(),
        f64::from(config.inputs).into(),
        f64::from(config.outputs).into(),
        measured.millis.into(),
        gflops.into(),
        gigabytes_per_second.into(),
        (weight_bytes as f64).into(),
        cost.moved_bytes.into(),
        cost.intensity().into(),
        ceilings.share(&cost, measured.millis).into(),
        measured.error.into(),
        1.0.into(),
        measured.variant.clone().into(),
    ]
}
