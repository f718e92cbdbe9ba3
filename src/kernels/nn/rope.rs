//! Rotary position embedding; `shaders/rope.wgsl`, reference `math::rope`.

use crate::gpu::{Access, Batch, Kernel};
use crate::kernels::GpuMatrix;
use crate::kernels::layout::workgroups;
use crate::kernels::params::params;
use crate::protocol::LabError;

use super::{KvCache, RopeTable, expect};

pub(in crate::kernels) const NAME: &str = "rope";
pub(in crate::kernels) const SOURCE: &str = shader!("rope");

const ONE: Kernel = Kernel {
    name: NAME,
    source: SOURCE,
    entry: "rope",
    bindings: &[(1, Access::Read), (2, Access::Read), (3, Access::Write)],
};
const WITH_CACHE: Kernel = Kernel {
    entry: "rope_cache",
    bindings: &[(1, Access::Read), (2, Access::Read), (3, Access::Write), (4, Access::Write), (5, Access::Write)],
    ..ONE
};

params! {
    tokens: u32,
    heads: u32,
    kv_heads: u32,
    dim: u32,
    capacity: u32,
    position: u32,
    sign: f32,
}

/// Which way to rotate: back is the gradient of forth.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    Forth,
    Back,
}

/// Records the rotation of every head of every token, the first token standing at `position`.
///
/// # Shapes
/// `x [T, H D]` -> `y [T, H D]`, `D` that of the table
/// # Errors
/// [`LabError::Shape`]; those of [`Batch::run`].
/// # Source
/// Su et al. 2021, arXiv:2104.09864, in the half-split order of Llama's published weights.
pub fn rope(
    batch: &mut Batch<'_>,
    x: &GpuMatrix,
    table: &RopeTable,
    position: usize,
    turn: Turn,
    y: &GpuMatrix,
) -> Result<(), LabError> {
    let heads = x.cols / table.dim;
    expect(NAME, "x", x, x.rows, heads.max(1) * table.dim)?;
    expect(NAME, "y", y, x.rows, x.cols)?;
    table.check(NAME, table.dim, position, x.rows)?;
    let params = Params {
        tokens: x.rows as u32,
        heads: heads as u32,
        kv_heads: 0,
        dim: table.dim as u32,
        capacity: 0,
        position: position as u32,
        sign: if turn == Turn::Forth { 1.0 } else { -1.0 },
    };
    let buffers = [x.buffer(), &table.turns, y.buffer()];
    batch.run(&ONE, &[], &params, &buffers, workgroups(x.count() / 2, 1))
}

/// Records the rotation of new queries and keys; keys and values go into the cache from `position` on.
///
/// # Shapes
/// `projected [T, (H + 2 J) D]` -> `q [T, H D]`
/// # Errors
/// [`LabError::Shape`]; those of [`Batch::run`].
pub fn rope_cache(
    batch: &mut Batch<'_>,
    projected: &GpuMatrix,
    table: &RopeTable,
    position: usize,
    cache: &KvCache,
    q: &GpuMatrix,
) -> Result<(), LabError> {
    let (heads, tokens) = (cache.heads, projected.rows);
    expect(NAME, "projected", projected, tokens, heads.projected())?;
    expect(NAME, "q", q, tokens, heads.query * heads.dim)?;
    table.check(NAME, heads.dim, position, tokens)?;
    cache.check(NAME, position, tokens)?;
    let params = Params {
        tokens: tokens as u32,
        heads: heads.query as u32,
        kv_heads: heads.key as u32,
        dim: heads.dim as u32,
        capacity: cache.capacity as u32,
        position: position as u32,
        sign: 1.0,
    };
    let buffers = [projected.buffer(), &table.turns, q.buffer(), &cache.keys, &cache.values];
    batch.run(&WITH_CACHE, &[], &params, &buffers, workgroups(projected.count() / 2, 1))
}
