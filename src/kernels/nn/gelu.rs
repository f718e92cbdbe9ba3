//! `x Phi(x)`, the exact form; `shaders/gelu.wgsl`, reference `math::gelu`.

use crate::gpu::{Access, Batch, Kernel};
use crate::kernels::GpuMatrix;
use crate::kernels::layout::workgroups;
use crate::kernels::params::params;
use crate::protocol::LabError;

use super::expect;

pub(in crate::kernels) const NAME: &str = "gelu";
pub(in crate::kernels) const SOURCE: &str = shader!("gelu");

const KERNEL: Kernel =
    Kernel { name: NAME, source: SOURCE, entry: "gelu", bindings: &[(1, Access::Read), (2, Access::Write)] };

params! {
    count: u32,
}

/// Records `y = x Phi(x)`, `Phi` the distribution of a standard normal number: the form with `erf`, torch's default.
///
/// # Shapes
/// `x [T, C]` -> `y [T, C]`
/// # Errors
/// [`LabError::Shape`]; those of [`Batch::run`].
/// # Source
/// Hendrycks and Gimpel 2016, arXiv:1606.08415, section 2.
pub fn gelu(batch: &mut Batch<'_>, x: &GpuMatrix, y: &GpuMatrix) -> Result<(), LabError> {
    expect(NAME, "y", y, x.rows, x.cols)?;
    let params = Params { count: x.count() as u32 };
    batch.run(&KERNEL, &[], &params, &[x.buffer(), y.buffer()], workgroups(x.count(), 1))
}
