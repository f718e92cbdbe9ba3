//! Outlier channels; `shaders/scale_columns.wgsl`, reference `math::scale_columns`.

use crate::gpu::{Access, Batch, Gpu, Kernel};
use crate::protocol::LabError;

use super::GpuMatrix;
use super::layout::WIDTH;
use super::matrix::shape_error;
use super::params::params;

pub(super) const NAME: &str = "scale_columns";
pub(super) const SOURCE: &str = shader!("scale_columns");

const KERNEL: Kernel = Kernel {
    name: NAME,
    source: SOURCE,
    entry: "scale_columns",
    bindings: &[(1, Access::Read), (2, Access::Read), (3, Access::Write)],
};

params! {
    count: u32,
    cols: u32,
}

/// A copy of `base` with the listed columns multiplied by `factor`.
///
/// # Errors
/// [`LabError::Shape`] if there is no such column; as `quantize`.
pub fn scale_columns(gpu: &Gpu, base: &GpuMatrix, columns: &[u32], factor: f32) -> Result<GpuMatrix, LabError> {
    let mut factors = vec![1f32; base.cols];
    for &column in columns {
        match factors.get_mut(column as usize) {
            Some(f) => *f = factor,
            None => return Err(shape_error(NAME, format!("a column below {}", base.cols), column.to_string())),
        }
    }
    let factors = gpu.upload("factors", &factors)?;
    let scaled = GpuMatrix::zeroed(gpu, "matrix", base.rows, base.cols)?;
    let params = Params { count: base.count() as u32, cols: base.cols as u32 };
    let mut batch = Batch::new(gpu);
    let buffers = [&base.weights, &factors, &scaled.weights];
    batch.run(&KERNEL, &[], &params, &buffers, (base.count() as u64).div_ceil(WIDTH))?;
    batch.submit()?;
    Ok(scaled)
}
