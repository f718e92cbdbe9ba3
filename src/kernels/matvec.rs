//! `y = W x`; `shaders/matvec.wgsl`, reference `math::matvec`.

use crate::gpu::{Access, Batch, Gpu, GpuBuffer, Kernel, Slot};
use crate::protocol::LabError;

use super::GpuMatrix;
use super::layout::{lanes, workgroups};
use super::matrix::shape_error;
use super::params::params;

pub(super) const NAME: &str = "matvec";
pub(super) const SOURCE: &str = include_str!("../../shaders/matvec.wgsl");

const KERNEL: Kernel = Kernel {
    name: NAME,
    source: SOURCE,
    entry: "matvec",
    bindings: &[(1, Access::Read), (2, Access::Read), (3, Access::Write)],
};

params! {
    rows: u32,
    cols: u32,
}

/// Records the product with a vector that is on the device.
///
/// # Errors
/// As `quantize`.
pub(super) fn record(gpu: &Gpu, batch: &mut Batch<'_>, w: &GpuMatrix, x: &GpuBuffer) -> Result<Slot, LabError> {
    let y = gpu.allocate("matvec", w.rows as u64 * 4)?;
    let lanes = lanes(gpu, w.rows, w.cols);
    let params = Params { rows: w.rows as u32, cols: w.cols as u32 };
    let buffers = [&w.weights, x, &y];
    batch.run(&KERNEL, &[("LANES", lanes as f64)], &params, &buffers, workgroups(w.rows, lanes))?;
    Ok(batch.read(&y, 0, w.rows as u64 * 4))
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
    let slot = record(gpu, &mut batch, w, &x)?;
    Ok(batch.finish().await?.get::<f32>(&slot).into_iter().map(f64::from).collect())
}
