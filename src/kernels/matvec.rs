//! `y = W x`; `shaders/matvec.wgsl`, reference `math::matvec`.

use crate::gpu::{Access, Batch, Gpu, GpuBuffer, Kernel, Readings, Slot};
use crate::protocol::LabError;

use super::GpuMatrix;
use super::layout::{CHUNK, lanes, workgroups};
use super::matrix::shape_error;
use super::params::params;

pub(super) const NAME: &str = "matvec";
pub(super) const SOURCE: &str = shader!("matvec");

const KERNEL: Kernel = Kernel {
    name: NAME,
    source: SOURCE,
    entry: "matvec",
    bindings: &[(1, Access::Read), (2, Access::Read), (3, Access::Write)],
};

params! {
    rows: u32,
    cols: u32,
    chunk: u32,
    chunks: u32,
}

/// Where a recorded product will be.
pub(super) struct Pending {
    slot: Slot,
    chunks: usize,
}

/// Records the product with a vector that is on the device.
///
/// # Errors
/// As `quantize`.
pub(super) fn record(gpu: &Gpu, batch: &mut Batch<'_>, w: &GpuMatrix, x: &GpuBuffer) -> Result<Pending, LabError> {
    let chunks = w.cols.div_ceil(CHUNK);
    let parts = w.rows * chunks;
    let y = gpu.allocate("matvec", parts as u64 * 4)?;
    let lanes = lanes(gpu, parts, w.cols.min(CHUNK));
    let params = Params { rows: w.rows as u32, cols: w.cols as u32, chunk: CHUNK as u32, chunks: chunks as u32 };
    let buffers = [&w.weights, x, &y];
    batch.run(&KERNEL, &[("LANES", lanes as f64)], &params, &buffers, workgroups(parts, lanes))?;
    Ok(Pending { slot: batch.read(&y, 0, parts as u64 * 4), chunks })
}

impl Pending {
    /// Adds the chunks of each row.
    pub fn product(&self, readings: &Readings) -> Vec<f64> {
        let parts: Vec<f32> = readings.get(&self.slot);
        parts.chunks_exact(self.chunks).map(|row| row.iter().map(|&v| f64::from(v)).sum()).collect()
    }
}

/// Refuses a vector of the wrong length.
pub(super) fn check(w: &GpuMatrix, x: &[f32]) -> Result<(), LabError> {
    if x.len() == w.cols {
        return Ok(());
    }
    Err(shape_error(NAME, format!("W [{}, {}]", w.rows, w.cols), format!("x [{}]", x.len())))
}

/// Matrix times vector.
///
/// # Shapes
/// `w [O, I]`, `x [I]` -> `[O]`
/// # Errors
/// [`LabError::Shape`]; as `quantize`.
pub async fn matvec(gpu: &Gpu, w: &GpuMatrix, x: &[f32]) -> Result<Vec<f64>, LabError> {
    check(w, x)?;
    let x = gpu.upload("activations", x)?;
    let mut batch = Batch::new(gpu);
    let pending = record(gpu, &mut batch, w, &x)?;
    Ok(pending.product(&batch.finish().await?))
}
