//! Rows that become shares of 1; `shaders/softmax.wgsl`, reference `math::softmax`.

use crate::gpu::{Access, Batch, Gpu, Kernel};
use crate::kernels::GpuMatrix;
use crate::kernels::layout::{lanes_for_rounds, workgroups};
use crate::kernels::params::params;
use crate::protocol::LabError;

use super::expect;

pub(in crate::kernels) const NAME: &str = "softmax";
pub(in crate::kernels) const SOURCE: &str = shader!("softmax");

const SHARED: Kernel =
    Kernel { name: NAME, source: SOURCE, entry: "softmax", bindings: &[(1, Access::Read), (2, Access::Write)] };
const ALONE: Kernel = Kernel { entry: "softmax_v1", ..SHARED };

params! {
    rows: u32,
    cols: u32,
    causal: u32,
    period: u32,
    offset: u32,
    scale: f32,
}

/// Passes over a row: the maximum, the exponentials, the shares.
const PASSES: usize = 3;

/// Which columns a row sees: row `t` of every `period` rows sees columns `0..=offset + t`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Causal {
    /// Rows of one matrix of scores; several, one a head, may lie below each other.
    pub period: usize,
    /// Columns before the first row's own.
    pub offset: usize,
}

/// Records `p = softmax(scale x)`, row by row; columns that a row does not see get 0.
///
/// # Shapes
/// `x [N, C]` -> `p [N, C]`
/// # Errors
/// [`LabError::Shape`]; those of [`Batch::run`].
pub fn softmax(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    x: &GpuMatrix,
    scale: f32,
    causal: Option<Causal>,
    p: &GpuMatrix,
) -> Result<(), LabError> {
    expect(NAME, "p", p, x.rows, x.cols)?;
    let Causal { period, offset } = causal.unwrap_or(Causal { period: 1, offset: 0 });
    let params = Params {
        rows: x.rows as u32,
        cols: x.cols as u32,
        causal: u32::from(causal.is_some()),
        period: period.max(1) as u32,
        offset: offset as u32,
        scale,
    };
    let buffers = [x.buffer(), p.buffer()];
    match lanes_for_rounds(gpu, x.rows, x.cols, PASSES) {
        1 => batch.run(&ALONE, &[], &params, &buffers, workgroups(x.rows, 1)),
        lanes => batch.run(&SHARED, &[("LANES", lanes as f64)], &params, &buffers, workgroups(x.rows, lanes)),
    }
}
