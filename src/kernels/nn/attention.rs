//! Causal attention over a cache; `shaders/attention.wgsl`, reference `math::attention`.

use crate::gpu::{Access, Batch, Gpu, Kernel};
use crate::kernels::GpuMatrix;
use crate::kernels::layout::workgroups;
use crate::kernels::params::params;
use crate::protocol::LabError;

use super::{KvCache, expect};

pub(in crate::kernels) const NAME: &str = "attention";
pub(in crate::kernels) const SOURCE: &str = shader!("attention");

const SHARED: Kernel = Kernel {
    name: NAME,
    source: SOURCE,
    entry: "attention",
    bindings: &[(1, Access::Read), (2, Access::Read), (3, Access::Read), (4, Access::Write)],
};
const ALONE: Kernel = Kernel { entry: "attention_v1", ..SHARED };

params! {
    tokens: u32,
    heads: u32,
    share: u32,
    capacity: u32,
    position: u32,
    scale: f32,
}

/// Iterations after which llvmpipe ends an invocation's loops is 65,535; half of it is safe.
const SOFTWARE_ITERATIONS: usize = 32768;
/// Queries that fill a large GPU without sharing any.
const MANY_QUERIES: usize = 1 << 17;

/// Whether each query has an invocation of its own, instead of a workgroup.
pub(super) fn is_alone(gpu: &Gpu, queries: usize, keys: usize, dim: usize) -> bool {
    // Two loops over the vectors of a head for every key.
    let bearable = !gpu.is_software() || keys * (dim / 2 + 1) <= SOFTWARE_ITERATIONS;
    bearable && gpu.forced_lanes.get().map_or(gpu.is_software() || queries >= MANY_QUERIES, |lanes| lanes == 1)
}

/// Records attention of the newest `T` tokens, whose keys and values are in the cache already, the first of them at
/// `position`: `y = softmax(q K^T / sqrt D) V` over the keys up to each token's own.
///
/// # Shapes
/// `q [T, H D]` -> `y [T, H D]`
/// # Errors
/// [`LabError::Shape`]; those of [`Batch::run`].
/// # Source
/// Vaswani et al. 2017, arXiv:1706.03762; without a stored matrix as Milakov and Gimelshein 2018, arXiv:1805.02867.
pub fn attention(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    q: &GpuMatrix,
    cache: &KvCache,
    position: usize,
    y: &GpuMatrix,
) -> Result<(), LabError> {
    let (heads, tokens) = (cache.heads, q.rows);
    heads.check(NAME, 4)?;
    expect(NAME, "q", q, tokens, heads.query * heads.dim)?;
    expect(NAME, "y", y, tokens, heads.query * heads.dim)?;
    cache.check(NAME, position, tokens)?;
    let params = Params {
        tokens: tokens as u32,
        heads: heads.query as u32,
        share: (heads.query / heads.key) as u32,
        capacity: cache.capacity as u32,
        position: position as u32,
        scale: scale(heads.dim),
    };
    let buffers = [q.buffer(), &cache.keys, &cache.values, y.buffer()];
    let vectors = [("VECTORS", (heads.dim / 4) as f64)];
    let queries = tokens * heads.query;
    if is_alone(gpu, queries, position + tokens, heads.dim) {
        batch.run(&ALONE, &vectors, &params, &buffers, workgroups(queries, 1))
    } else {
        batch.run(&SHARED, &vectors, &params, &buffers, queries as u64)
    }
}

/// `1 / sqrt D`, to nearest.
pub(super) fn scale(dim: usize) -> f32 {
    (1.0 / (dim as f64).sqrt()) as f32
}
