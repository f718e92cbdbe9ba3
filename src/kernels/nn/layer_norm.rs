//! Rows moved to mean 0 and variance 1; `shaders/layer_norm.wgsl`, reference `math::layer_norm`.

use crate::gpu::{Access, Batch, Gpu, Kernel};
use crate::kernels::GpuMatrix;
use crate::kernels::layout::{lanes, workgroups};
use crate::kernels::params::params;
use crate::protocol::LabError;

use super::expect;

pub(in crate::kernels) const NAME: &str = "layer_norm";
pub(in crate::kernels) const SOURCE: &str = shader!("layer_norm");

const SHARED: Kernel = Kernel {
    name: NAME,
    source: SOURCE,
    entry: "layer_norm",
    bindings: &[(1, Access::Read), (2, Access::Read), (3, Access::Read), (4, Access::Write)],
};
const ALONE: Kernel = Kernel { entry: "layer_norm_v1", ..SHARED };

params! {
    rows: u32,
    cols: u32,
    epsilon: f32,
}

/// Records `y = (x - mean) / sqrt(variance + epsilon) gain + bias`, row by row.
///
/// # Shapes
/// `x [T, C]`, `gain [1, C]`, `bias [1, C]` -> `y [T, C]`
/// # Errors
/// [`LabError::Shape`]; those of [`Batch::run`].
/// # Source
/// Ba, Kiros and Hinton 2016, arXiv:1607.06450.
pub fn layer_norm(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    x: &GpuMatrix,
    gain: &GpuMatrix,
    bias: &GpuMatrix,
    epsilon: f32,
    y: &GpuMatrix,
) -> Result<(), LabError> {
    expect(NAME, "gain", gain, 1, x.cols)?;
    expect(NAME, "bias", bias, 1, x.cols)?;
    expect(NAME, "y", y, x.rows, x.cols)?;
    let params = Params { rows: x.rows as u32, cols: x.cols as u32, epsilon };
    let buffers = [x.buffer(), gain.buffer(), bias.buffer(), y.buffer()];
    match lanes(gpu, x.rows, x.cols) {
        1 => batch.run(&ALONE, &[], &params, &buffers, workgroups(x.rows, 1)),
        lanes => batch.run(&SHARED, &[("LANES", lanes as f64)], &params, &buffers, workgroups(x.rows, lanes)),
    }
}
