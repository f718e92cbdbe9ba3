//! Rows divided by their root mean square; `shaders/rms_norm.wgsl`, reference `math::rms_norm`.

use crate::gpu::{Access, Batch, Gpu, Kernel};
use crate::kernels::GpuMatrix;
use crate::kernels::layout::{lanes, workgroups};
use crate::kernels::params::params;
use crate::protocol::LabError;

use super::expect;

pub(in crate::kernels) const NAME: &str = "rms_norm";
pub(in crate::kernels) const SOURCE: &str = shader!("rms_norm");

const SHARED: Kernel = Kernel {
    name: NAME,
    source: SOURCE,
    entry: "rms_norm",
    bindings: &[(1, Access::Write), (2, Access::Read), (3, Access::Read), (4, Access::Write)],
};
const ALONE: Kernel = Kernel { entry: "rms_norm_v1", ..SHARED };

params! {
    rows: u32,
    cols: u32,
    has_residual: u32,
    epsilon: f32,
}

/// Records `x += residual` (where there is one), then `y = x gain / sqrt(mean(x^2) + epsilon)`, row by row.
///
/// # Shapes
/// `x [T, C]`, `residual [T, C]`, `gain [1, C]` -> `y [T, C]`
/// # Errors
/// [`LabError::Shape`]; those of [`Batch::run`].
/// # Source
/// Zhang and Sennrich 2019, arXiv:1910.07467.
pub fn rms_norm(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    x: &GpuMatrix,
    residual: Option<&GpuMatrix>,
    gain: &GpuMatrix,
    epsilon: f32,
    y: &GpuMatrix,
) -> Result<(), LabError> {
    expect(NAME, "gain", gain, 1, x.cols)?;
    expect(NAME, "y", y, x.rows, x.cols)?;
    if let Some(residual) = residual {
        expect(NAME, "residual", residual, x.rows, x.cols)?;
    }
    let params =
        Params { rows: x.rows as u32, cols: x.cols as u32, has_residual: u32::from(residual.is_some()), epsilon };
    let buffers = [x.buffer(), residual.unwrap_or(gain).buffer(), gain.buffer(), y.buffer()];
    match lanes(gpu, x.rows, x.cols) {
        1 => batch.run(&ALONE, &[], &params, &buffers, workgroups(x.rows, 1)),
        lanes => batch.run(&SHARED, &[("LANES", lanes as f64)], &params, &buffers, workgroups(x.rows, lanes)),
    }
}
