//! A gate, and the norm that was put off until here; `shaders/swiglu.wgsl`, reference `math::swiglu`.

use crate::gpu::{Access, Batch, Gpu, Kernel};
use crate::kernels::GpuMatrix;
use crate::kernels::layout::workgroups;
use crate::kernels::params::params;
use crate::protocol::LabError;

use super::expect;

pub(in crate::kernels) const NAME: &str = "swiglu";
pub(in crate::kernels) const SOURCE: &str = shader!("swiglu");

const WITH_NORM: Kernel = Kernel {
    name: NAME,
    source: SOURCE,
    entry: "swiglu",
    bindings: &[(1, Access::Read), (2, Access::Read), (3, Access::Write)],
};
const PLAIN: Kernel = Kernel { entry: "swiglu_v1", bindings: &[(1, Access::Read), (3, Access::Write)], ..WITH_NORM };

params! {
    rows: u32,
    inner: u32,
    cols: u32,
    chunk: u32,
    chunks: u32,
    epsilon: f32,
}

/// Numbers that one workgroup makes: few, so that one token fills a GPU.
const CHUNK: usize = 256;
/// The same on a software renderer, where finding the norm again costs more than the numbers.
const SOFTWARE_CHUNK: usize = 2048;

/// An RMS norm that was left out before a product, its gain having gone into the product's weights.
#[derive(Clone, Copy)]
pub struct Deferred<'a> {
    /// What the product was taken of.
    pub x: &'a GpuMatrix,
    pub epsilon: f32,
}

/// Records `h = silu(r gate) (r up)`, with `[gate | up]` the halves of each row and `r` the norm's factor of that row.
///
/// # Shapes
/// `projected [T, 2 F]`, `x [T, C]` -> `h [T, F]`
/// # Errors
/// [`LabError::Shape`]; those of [`Batch::run`].
/// # Source
/// Shazeer 2020, arXiv:2002.05202.
pub fn swiglu(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    projected: &GpuMatrix,
    norm: Option<Deferred<'_>>,
    h: &GpuMatrix,
) -> Result<(), LabError> {
    expect(NAME, "projected", projected, h.rows, 2 * h.cols)?;
    let chunk = if gpu.is_software() { SOFTWARE_CHUNK } else { CHUNK }.min(h.cols);
    let chunks = h.cols.div_ceil(chunk);
    let mut params = Params {
        rows: h.rows as u32,
        inner: h.cols as u32,
        cols: 0,
        chunk: chunk as u32,
        chunks: chunks as u32,
        epsilon: 0.0,
    };
    let Some(Deferred { x, epsilon }) = norm else {
        return batch.run(&PLAIN, &[], &params, &[projected.buffer(), h.buffer()], workgroups(h.count(), 1));
    };
    expect(NAME, "x", x, h.rows, x.cols)?;
    (params.cols, params.epsilon) = (x.cols as u32, epsilon);
    let buffers = [projected.buffer(), x.buffer(), h.buffer()];
    batch.run(&WITH_NORM, &[], &params, &buffers, (h.rows * chunks) as u64)
}
