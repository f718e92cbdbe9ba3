//! What this adapter can do at most: the roofline that every other kernel is measured against.
//!
//! Three short measurements, each verified by its result, none with a submission beyond [`SUBMISSION_MILLIS`] by more
//! than a guess's error: chains of multiply-adds, a copy larger than any cache, and many empty dispatches.

pub(in crate::kernels) mod copy;
pub(in crate::kernels) mod fma;

use crate::gpu::{Batch, Gpu, GpuBuffer, now_millis};
use crate::math;
use crate::protocol::LabError;

/// The limits of an adapter as measured.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Ceilings {
    /// f32 multiply-adds, two operations each, in 10^9 operations a second.
    pub gflops: f64,
    /// Bytes read plus bytes written by a copy, in 10^9 a second.
    pub gigabytes_per_second: f64,
    /// What one more dispatch in a batch costs, from recording it to its end.
    pub dispatch_micros: f64,
}

/// What a measured submission should take: long against a clock of 0.1 ms, short against a frame.
const SUBMISSION_MILLIS: f64 = 12.0;
/// A submission this long counts as a measurement.
const ENOUGH_MILLIS: f64 = 5.0;
/// How much larger the next submission may be than one that was too short to be trusted.
const GROWTH: f64 = 8.0;
/// Measurements of which the best counts: what disturbs them only ever makes them slower.
const REPEATS: usize = 5;
/// After this long no further measurement begins.
const BUDGET_MILLIS: f64 = 150.0;

/// Bytes on each side of the copy: together beyond the caches of any GPU, but not so much that a phone refuses.
const COPY_BYTES: u64 = 128 << 20;
/// The same for a software renderer, whose cache is the processor's.
const SOFTWARE_COPY_BYTES: u64 = 16 << 20;
/// Bytes of the pattern that is copied, and looked at afterwards.
const PATTERN_BYTES: u64 = 64 << 10;
/// The most full copies in a submission; a batch holds 256 dispatches.
const MAX_COPIES: u64 = 128;
/// Invocations that fill the largest GPU four times over.
const INVOCATIONS: u64 = 1 << 20;
/// The same for a software renderer.
const SOFTWARE_INVOCATIONS: u64 = 1 << 12;
/// Empty dispatches of the two batches whose difference is the cost of a dispatch.
const FEW_DISPATCHES: usize = 8;
const MANY_DISPATCHES: usize = 200;

/// Measures this adapter, in a fraction of a second.
///
/// A browser without GPU timestamps is timed by its own clock, minus an empty round trip; where that clock is coarse
/// (Firefox looks for finished work every 100 ms) the figures are lower bounds.
///
/// # Errors
/// [`LabError::Kernel`] if a measured kernel gave a wrong result; [`LabError::OutOfMemory`], [`LabError::DeviceLost`].
pub async fn ceilings(gpu: &Gpu) -> Result<Ceilings, LabError> {
    let clock = Clock::new(gpu).await?;
    let gflops = operations(gpu, &clock).await? * 1e-6;
    let (bytes_per_milli, dispatch_micros) = memory(gpu, &clock).await?;
    Ok(Ceilings { gflops, gigabytes_per_second: bytes_per_milli * 1e-6, dispatch_micros })
}

fn wrong(kernel: &str) -> LabError {
    LabError::Kernel { kernel: kernel.into(), message: "the measured run gave a wrong result".into() }
}

/// Operations a millisecond.
async fn operations(gpu: &Gpu, clock: &Clock<'_>) -> Result<f64, LabError> {
    let count = if gpu.is_software() { SOFTWARE_INVOCATIONS } else { INVOCATIONS };
    let numbers = gpu.allocate("fma", count * fma::PER_INVOCATION as u64 * 4)?;
    let (rounds_per_milli, rounds) =
        clock.rate(1, fma::MAX_ROUNDS, |batch, rounds| fma::record(batch, &numbers, count, rounds)).await?;
    let last = (count - 1) * fma::PER_INVOCATION as u64;
    let mut batch = Batch::new(gpu);
    let ends = [0, last].map(|at| (at as usize, batch.read(&numbers, at * 4, fma::PER_INVOCATION as u64 * 4)));
    let readings = batch.finish().await?;
    if ends.iter().any(|(at, slot)| !fma::is_right(&readings.get::<f32>(slot), *at, rounds as usize)) {
        return Err(wrong(fma::NAME));
    }
    Ok(rounds_per_milli * (count * fma::OPERATIONS) as f64)
}

/// Bytes a millisecond, and microseconds a dispatch.
async fn memory(gpu: &Gpu, clock: &Clock<'_>) -> Result<(f64, f64), LabError> {
    let wanted = if gpu.is_software() { SOFTWARE_COPY_BYTES } else { COPY_BYTES };
    let bytes = wanted.min(gpu.largest_buffer_bytes()) / PATTERN_BYTES * PATTERN_BYTES;
    let (from, to) = (gpu.allocate("copy from", bytes)?, gpu.allocate("copy to", bytes)?);
    let pattern: Vec<u32> = (0..PATTERN_BYTES as u32 / 4).map(|i| math::hash_u32(1, i) & 0x3FFF_FFFF).collect();
    fill(gpu, &from, &pattern)?;
    let all = bytes / copy::VECTOR_BYTES;
    let record = |batch: &mut Batch<'_>, vectors: u64| {
        for _ in 0..vectors / all {
            copy::record(batch, copy::Version::Vectors, &from, &to, all)?;
        }
        copy::record(batch, copy::Version::Vectors, &from, &to, vectors % all)
    };
    let (vectors_per_milli, vectors) = clock.rate(all / 64, all * MAX_COPIES, record).await?;
    let copied = vectors.min(all) * copy::VECTOR_BYTES / PATTERN_BYTES * PATTERN_BYTES;
    let mut batch = Batch::new(gpu);
    let slots = [0, copied / 2 / PATTERN_BYTES * PATTERN_BYTES, copied - PATTERN_BYTES]
        .map(|at| batch.read(&to, at, PATTERN_BYTES));
    let readings = batch.finish().await?;
    if slots.iter().any(|slot| readings.get::<u32>(slot) != pattern) {
        return Err(wrong(copy::NAME));
    }
    let empty = |batch: &mut Batch<'_>| copy::record(batch, copy::Version::Vectors, &from, &to, 1);
    Ok((vectors_per_milli * 2.0 * copy::VECTOR_BYTES as f64, dispatch_micros(gpu, empty).await?))
}

/// Repeats the pattern over the whole buffer, doubling on the device.
fn fill(gpu: &Gpu, buffer: &GpuBuffer, pattern: &[u32]) -> Result<(), LabError> {
    let half = gpu.allocate("copy half", buffer.size_bytes() / 2)?;
    gpu.write(buffer, 0, bytemuck::cast_slice(pattern))?;
    let mut batch = Batch::new(gpu);
    let mut filled = size_of_val(pattern) as u64;
    while filled < buffer.size_bytes() {
        let more = filled.min(buffer.size_bytes() - filled);
        // Through a second buffer: WebGPU does not copy within one.
        batch.copy(buffer, 0, &half, 0, more);
        batch.copy(&half, 0, buffer, filled, more);
        filled += more;
    }
    batch.submit()
}

/// What one more dispatch costs by the clock on the wall, which also counts recording it.
async fn dispatch_micros(gpu: &Gpu, empty: impl Fn(&mut Batch<'_>) -> Result<(), LabError>) -> Result<f64, LabError> {
    let mut least = [f64::INFINITY; 2];
    for _ in 0..REPEATS {
        for (least, dispatches) in least.iter_mut().zip([FEW_DISPATCHES, MANY_DISPATCHES]) {
            let begun = now_millis();
            let mut batch = Batch::new(gpu);
            for _ in 0..dispatches {
                empty(&mut batch)?;
            }
            batch.finish().await?;
            *least = least.min(now_millis() - begun);
        }
    }
    Ok((least[1] - least[0]).max(0.0) * 1e3 / (MANY_DISPATCHES - FEW_DISPATCHES) as f64)
}

/// Times submissions by the GPU's clock, or by the wall's.
struct Clock<'g> {
    gpu: &'g Gpu,
    /// An empty round trip.
    idle_millis: f64,
}

impl<'g> Clock<'g> {
    async fn new(gpu: &'g Gpu) -> Result<Clock<'g>, LabError> {
        let mut idle_millis = 0.0;
        if !gpu.has_timestamps {
            idle_millis = f64::INFINITY;
            for _ in 0..REPEATS {
                let begun = now_millis();
                Batch::new(gpu).finish().await?;
                idle_millis = (now_millis() - begun).min(idle_millis);
            }
        }
        Ok(Clock { gpu, idle_millis })
    }

    async fn millis(&self, batch: Batch<'g>) -> Result<f64, LabError> {
        let begun = now_millis();
        let readings = batch.finish().await?;
        let wall = now_millis() - begun;
        // Some drivers have timestamps that stand still or jump.
        let by_gpu = readings.gpu_millis.filter(|millis| (0.0..=wall).contains(millis) && *millis > 0.0);
        Ok(by_gpu.unwrap_or((wall - self.idle_millis).max(0.0)))
    }

    /// The best rate in work a millisecond, and the amount of work of the last submission. Begins with `least`, which
    /// compiles and warms up, and takes more until the clock can be trusted.
    async fn rate(
        &self,
        least: u64,
        most: u64,
        record: impl Fn(&mut Batch<'_>, u64) -> Result<(), LabError>,
    ) -> Result<(f64, u64), LabError> {
        let submission = |work: u64| {
            let mut batch = Batch::new(self.gpu).timed();
            record(&mut batch, work)?;
            Ok::<_, LabError>(batch)
        };
        self.millis(submission(least)?).await?;
        let begun = now_millis();
        let (mut work, mut best, mut last) = (least, 0f64, 0f64);
        let mut repeats = 0;
        loop {
            let millis = self.millis(submission(work)?).await?;
            last = if millis > 0.0 { work as f64 / millis } else { last };
            if millis >= ENOUGH_MILLIS || work == most {
                best = best.max(last);
                repeats += 1;
            }
            let late = now_millis() - begun > BUDGET_MILLIS;
            if repeats == REPEATS || late {
                return Ok((if best > 0.0 { best } else { last }, work));
            }
            if repeats == 0 {
                let growth = (SUBMISSION_MILLIS / millis.max(f64::MIN_POSITIVE)).clamp(1.0, GROWTH);
                work = ((work as f64 * growth).ceil() as u64).clamp(work + 1, most);
            }
        }
    }
}
