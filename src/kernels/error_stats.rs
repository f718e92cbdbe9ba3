//! What each line lost; `shaders/error_stats.wgsl`, reference `math::error_stats`.

use crate::gpu::{Access, Batch, Gpu, Kernel, Readings, Slot};
use crate::math::{Axis, LineStats};
use crate::protocol::LabError;

use super::GpuMatrix;
use super::layout::{CHUNK, WIDTH, lanes, workgroups};
use super::params::params;

pub(super) const NAME: &str = "error_stats";
pub(super) const SOURCE: &str = shader!("error_stats");

const ROWS: Kernel = Kernel {
    name: NAME,
    source: SOURCE,
    entry: "error_stats_rows",
    bindings: &[(1, Access::Read), (2, Access::Read), (3, Access::Write)],
};
const COLUMNS: Kernel = Kernel { entry: "error_stats_columns", ..ROWS };

params! {
    rows: u32,
    cols: u32,
    chunk: u32,
    chunks: u32,
}

/// Numbers in a part: squared error, largest error, w w, w w_hat, w_hat w_hat.
const NUMBERS: usize = 5;
/// Rows that one invocation adds up for a column; 4096 rows make 16 parts, enough to fill a large GPU.
const COLUMN_CHUNK: usize = 256;

/// Where a recorded measurement will be.
pub(super) struct Pending {
    slot: Slot,
    axis: Axis,
    lines: usize,
    chunks: usize,
}

/// Records the sums along an axis.
///
/// # Errors
/// [`LabError::Shape`] if the two matrices differ in shape; as `quantize`.
pub(super) fn record(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    w: &GpuMatrix,
    w_hat: &GpuMatrix,
    axis: Axis,
) -> Result<Pending, LabError> {
    w.same_shape(w_hat, NAME)?;
    let (lines, length, chunk) = match axis {
        Axis::Rows => (w.rows, w.cols, CHUNK),
        Axis::Columns => (w.cols, w.rows, COLUMN_CHUNK),
    };
    let chunks = length.div_ceil(chunk);
    let parts = lines * chunks;
    let bytes = (parts * NUMBERS * 4) as u64;
    let stats = gpu.allocate("error_stats", bytes)?;
    let params = Params { rows: w.rows as u32, cols: w.cols as u32, chunk: chunk as u32, chunks: chunks as u32 };
    let buffers = [&w.weights, &w_hat.weights, &stats];
    match axis {
        Axis::Rows => {
            let lanes = lanes(gpu, parts, chunk.min(length));
            batch.run(&ROWS, &[("LANES", lanes as f64)], &params, &buffers, workgroups(parts, lanes))?;
        }
        Axis::Columns => {
            batch.run(&COLUMNS, &[], &params, &buffers, (parts as u64).div_ceil(WIDTH))?;
        }
    }
    Ok(Pending { slot: batch.read(&stats, 0, bytes), axis, lines, chunks })
}

impl Pending {
    /// Adds the parts of each line in f64.
    pub fn lines(&self, readings: &Readings) -> Vec<LineStats> {
        let parts: Vec<f32> = readings.get(&self.slot);
        let part = |line: usize, chunk: usize| match self.axis {
            Axis::Rows => line * self.chunks + chunk,
            Axis::Columns => chunk * self.lines + line,
        };
        let one = |line: usize| {
            (0..self.chunks).fold(LineStats::default(), |sum, chunk| {
                let at = part(line, chunk) * NUMBERS;
                let p = &parts[at..at + NUMBERS];
                LineStats {
                    sum_sq_error: sum.sum_sq_error + f64::from(p[0]),
                    max_abs_error: sum.max_abs_error.max(p[1]),
                    sum_sq: sum.sum_sq + f64::from(p[2]),
                    dot: sum.dot + f64::from(p[3]),
                    sum_sq_hat: sum.sum_sq_hat + f64::from(p[4]),
                }
            })
        };
        (0..self.lines).map(one).collect()
    }
}

/// Error sums of every row or every column.
///
/// # Shapes
/// `w [O, I]`, `w_hat [O, I]` -> `[O]` or `[I]`
/// # Errors
/// [`LabError::Shape`]; as `quantize`.
pub async fn error_stats(gpu: &Gpu, w: &GpuMatrix, w_hat: &GpuMatrix, axis: Axis) -> Result<Vec<LineStats>, LabError> {
    let mut batch = Batch::new(gpu);
    let pending = record(gpu, &mut batch, w, w_hat, axis)?;
    Ok(pending.lines(&batch.finish().await?))
}
