//! Extremes, mean and spread of a matrix; `shaders/matrix_stats.wgsl`, reference `math::matrix_stats`.

use crate::gpu::{Access, Batch, Gpu, Kernel, Readings, Slot};
use crate::math::MatrixStats;
use crate::protocol::LabError;

use super::GpuMatrix;
use super::layout::{CHUNK, lanes, workgroups};
use super::params::params;

pub(super) const NAME: &str = "matrix_stats";
pub(super) const SOURCE: &str = shader!("matrix_stats");

const KERNEL: Kernel =
    Kernel { name: NAME, source: SOURCE, entry: "matrix_stats", bindings: &[(1, Access::Read), (2, Access::Write)] };

params! {
    count: u32,
    chunk: u32,
    parts: u32,
}

/// Numbers in a part: min, max, pivot, sum of differences from it, sum of their squares.
const NUMBERS: usize = 5;

pub(super) struct Pending {
    slot: Slot,
    count: usize,
}

/// Records the reduction of the matrix to parts.
///
/// # Errors
/// As `quantize`.
pub(super) fn record(gpu: &Gpu, batch: &mut Batch<'_>, w: &GpuMatrix) -> Result<Pending, LabError> {
    let parts = w.count().div_ceil(CHUNK);
    let bytes = (parts * NUMBERS * 4) as u64;
    let stats = gpu.allocate(NAME, bytes)?;
    let params = Params { count: w.count() as u32, chunk: CHUNK as u32, parts: parts as u32 };
    let lanes = lanes(gpu, parts, CHUNK.min(w.count()));
    let overrides = [("LANES", lanes as f64)];
    batch.run(&KERNEL, &overrides, &params, &[&w.weights, &stats], workgroups(parts, lanes))?;
    Ok(Pending { slot: batch.read(&stats, 0, bytes), count: w.count() })
}

impl Pending {
    /// Merges the parts in f64.
    ///
    /// # Source
    /// Chan, Golub and LeVeque 1979, "Updating formulae and a pairwise algorithm for computing sample variances".
    pub fn stats(&self, readings: &Readings) -> MatrixStats {
        let parts: Vec<f32> = readings.get(&self.slot);
        let (mut min, mut max) = (f32::INFINITY, f32::NEG_INFINITY);
        let (mut seen, mut mean, mut spread) = (0.0, 0.0, 0.0);
        for (k, p) in parts.chunks_exact(NUMBERS).enumerate() {
            let n = (self.count - k * CHUNK).min(CHUNK) as f64;
            let (pivot, sum, sum_sq) = (f64::from(p[2]), f64::from(p[3]), f64::from(p[4]));
            let (part_mean, part_spread) = (pivot + sum / n, (sum_sq - sum * sum / n).max(0.0));
            let difference = part_mean - mean;
            spread += part_spread + difference * difference * seen * n / (seen + n);
            mean += difference * n / (seen + n);
            seen += n;
            (min, max) = (min.min(p[0]), max.max(p[1]));
        }
        MatrixStats { min, max, mean, std: (spread / seen).sqrt(), absmax: min.abs().max(max.abs()) }
    }
}

/// Minimum, maximum, mean, standard deviation and largest magnitude.
///
/// # Errors
/// As `quantize`.
pub async fn matrix_stats(gpu: &Gpu, w: &GpuMatrix) -> Result<MatrixStats, LabError> {
    let mut batch = Batch::new(gpu);
    let pending = record(gpu, &mut batch, w)?;
    Ok(pending.stats(&batch.finish().await?))
}
