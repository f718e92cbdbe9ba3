//! The attention of one new token, from its projection on; `shaders/decode_attention.wgsl`, reference
//! `math::decode_attention`.

use crate::gpu::{Access, Batch, Gpu, Kernel};
use crate::kernels::GpuMatrix;
use crate::kernels::layout::workgroups;
use crate::kernels::params::params;
use crate::protocol::LabError;

use super::attention::{is_alone, scale};
use super::{Deferred, KvCache, RopeTable, expect};

pub(in crate::kernels) const NAME: &str = "decode_attention";
pub(in crate::kernels) const SOURCE: &str = shader!("decode_attention");

const SHARED: Kernel = Kernel {
    name: NAME,
    source: SOURCE,
    entry: "decode_attention",
    bindings: &[
        (1, Access::Read),
        (2, Access::Read),
        (3, Access::Read),
        (4, Access::Write),
        (5, Access::Write),
        (6, Access::Write),
    ],
};
const ALONE: Kernel = Kernel { entry: "decode_attention_v1", ..SHARED };

params! {
    heads: u32,
    kv_heads: u32,
    capacity: u32,
    position: u32,
    cols: u32,
    epsilon: f32,
    scale: f32,
}

/// What the attention of one token reads and continues.
pub struct DecodeAttention<'a> {
    /// `[1, (H + 2 J) D]`: queries, keys, values.
    pub projected: &'a GpuMatrix,
    /// The norm that was left out before the projection.
    pub norm: Option<Deferred<'a>>,
    pub table: &'a RopeTable,
    pub cache: &'a KvCache,
    /// Where the token stands: that many are in the cache.
    pub position: usize,
}

/// Records norm, rotation, the cache's new line and attention of one token.
///
/// # Shapes
/// `projected [1, (H + 2 J) D]`, `x [1, C]` -> `y [1, H D]`
/// # Errors
/// [`LabError::Shape`]; those of [`Batch::run`].
pub fn decode_attention(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    step: &DecodeAttention<'_>,
    y: &GpuMatrix,
) -> Result<(), LabError> {
    let DecodeAttention { projected, norm, table, cache, position } = *step;
    let heads = cache.heads;
    heads.check(NAME, 8)?;
    expect(NAME, "projected", projected, 1, heads.projected())?;
    expect(NAME, "y", y, 1, heads.query * heads.dim)?;
    table.check(NAME, heads.dim, position, 1)?;
    cache.check(NAME, position, 1)?;
    if let Some(norm) = norm {
        expect(NAME, "x", norm.x, 1, norm.x.cols)?;
    }
    let params = Params {
        heads: heads.query as u32,
        kv_heads: heads.key as u32,
        capacity: cache.capacity as u32,
        position: position as u32,
        cols: norm.map_or(0, |norm| norm.x.cols as u32),
        epsilon: norm.map_or(0.0, |norm| norm.epsilon),
        scale: scale(heads.dim),
    };
    let x = norm.map_or(projected, |norm| norm.x);
    let buffers = [projected.buffer(), x.buffer(), &table.turns, &cache.keys, &cache.values, y.buffer()];
    let vectors = [("VECTORS", (heads.dim / 4) as f64)];
    if is_alone(gpu, heads.query, position + 1 + params.cols as usize / (heads.dim / 2 + 1), heads.dim) {
        batch.run(&ALONE, &vectors, &params, &buffers, workgroups(heads.query, 1))
    } else {
        batch.run(&SHARED, &vectors, &params, &buffers, heads.query as u64)
    }
}
