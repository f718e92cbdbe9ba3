//! How fast this device copies, multiplies and answers, measured now.

use super::cost::Ceilings;
use crate::kernels;
use crate::labs::{Ctx, Device};
use crate::math::{self, FMA_FLOP_PER_ROUND, copy_block, fma_rounds};
use crate::protocol::{LabError, Phase};

/// Floats copied at once: 32 MiB, more than a processor's caches hold.
const COPY_FLOATS: usize = 8 << 20;
/// Copies and multiplications of which the fastest counts: a ceiling is what was possible, not what was usual.
const SAMPLES: usize = 5;
/// A sample of the clock covers at least this.
const SAMPLE_MILLIS: f64 = 8.0;

/// Measures the device of `ctx`.
///
/// # Errors
/// [`LabError::Stopped`], [`LabError::OutOfMemory`], or what the device says.
pub async fn measure(ctx: &Ctx) -> Result<Ceilings, LabError> {
    ctx.progress(Phase::Reading, 0, 1);
    match &ctx.device {
        Device::Cpu => on_cpu(ctx).await,
        Device::Gpu(gpu) => {
            ctx.checkpoint().await?;
            let found = kernels::ceilings(gpu).await?;
            Ok(Ceilings {
                gflops: found.gflops,
                gigabytes_per_second: found.gigabytes_per_second,
                dispatch_micros: found.dispatch_micros,
                device: gpu.adapter_key(),
            })
        }
    }
}

async fn on_cpu(ctx: &Ctx) -> Result<Ceilings, LabError> {
    let (mut from, mut to) = (Vec::new(), Vec::new());
    for room in [&mut from, &mut to] {
        let bytes = 4 * COPY_FLOATS as u64;
        room.try_reserve_exact(COPY_FLOATS).map_err(|_| LabError::OutOfMemory { requested_bytes: bytes })?;
        room.resize(COPY_FLOATS, 1f32);
    }
    let mut copied = f64::INFINITY;
    for _ in 0..SAMPLES {
        copied = copied.min(timed(ctx, || copy_block(&from, &mut to)).await?);
    }
    let rounds = rounds_of_a_sample(ctx).await?;
    let mut multiplied = f64::INFINITY;
    for _ in 0..SAMPLES {
        multiplied = multiplied.min(timed(ctx, || multiply(rounds)).await?);
    }
    let mut looks = Vec::new();
    for _ in 0..SAMPLES {
        let begun = ctx.host.now_millis();
        ctx.checkpoint().await?;
        looks.push(ctx.host.now_millis() - begun);
    }
    let simd = if cfg!(target_feature = "simd128") { "wasm simd128" } else { std::env::consts::ARCH };
    Ok(Ceilings {
        gflops: (FMA_FLOP_PER_ROUND * rounds) as f64 / multiplied * 1e-6,
        // Every float is read and written.
        gigabytes_per_second: 8.0 * COPY_FLOATS as f64 / copied * 1e-6,
        dispatch_micros: math::median(looks) * 1e3,
        device: format!("CPU, {simd}"),
    })
}

/// Rounds that take about as long as a sample should.
async fn rounds_of_a_sample(ctx: &Ctx) -> Result<u64, LabError> {
    let mut rounds = 1 << 12;
    loop {
        let millis = timed(ctx, || multiply(rounds)).await?;
        if millis >= SAMPLE_MILLIS {
            return Ok(rounds);
        }
        rounds *= 2;
    }
}

fn multiply(rounds: u64) {
    std::hint::black_box(fma_rounds(rounds));
}

async fn timed(ctx: &Ctx, work: impl FnOnce()) -> Result<f64, LabError> {
    ctx.checkpoint().await?;
    let begun = ctx.host.now_millis();
    work();
    Ok(ctx.host.now_millis() - begun)
}
