//! Cosines of INT8 rows and queries; `shaders/cosine_scores_int8.wgsl`, reference `math::cosine_scores_int8`.

use crate::gpu::{Access, Batch, Gpu, Kernel};
use crate::kernels::GpuMatrix;
use crate::kernels::layout::{lanes, workgroups};
use crate::kernels::params::params;
use crate::protocol::LabError;

use super::cosine_scores::{QUERIES, fits};
use super::{VectorsInt8, expect};

pub(in crate::kernels) const NAME: &str = "cosine_scores_int8";
pub(in crate::kernels) const SOURCE: &str = shader!("cosine_scores_int8");

pub(super) const FOUR: Kernel = Kernel {
    name: NAME,
    source: SOURCE,
    entry: "cosine_scores_int8",
    bindings: &[(1, Access::Read), (2, Access::Read), (3, Access::Write)],
};
pub(super) const ONE: Kernel = Kernel { entry: "cosine_scores_int8_v1", ..FOUR };

params! {
    inverse_lengths: [f32; 4],
    count: u32,
    vectors: u32,
    first: u32,
    total: u32,
    query: u32,
    queries: u32,
    unused: [u32; 2],
}

/// Records the cosine of every row with every query; 0 where one of them is zero.
///
/// # Shapes
/// `rows [N, D]`, `queries [Q, D]` -> `scores [Q, N]`
/// # Errors
/// [`LabError::Shape`]; those of [`Batch::run`].
pub fn cosine_scores_int8(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    rows: &VectorsInt8,
    queries: &VectorsInt8,
    scores: &GpuMatrix,
) -> Result<(), LabError> {
    record(gpu, batch, &FOUR, rows, queries, scores)
}

pub(super) fn record(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    kernel: &Kernel,
    rows: &VectorsInt8,
    queries: &VectorsInt8,
    scores: &GpuMatrix,
) -> Result<(), LabError> {
    fits(NAME, rows.dims, (queries.count, queries.dims), queries.shards.len())?;
    expect(NAME, "scores", scores, queries.count, rows.count)?;
    let vectors = rows.dims.div_ceil(VectorsInt8::LANES);
    for shard in &rows.shards {
        let lanes = lanes(gpu, shard.count, vectors);
        for (block, lengths) in queries.inverse_lengths.chunks(QUERIES).enumerate() {
            let mut inverse_lengths = [0f32; QUERIES];
            inverse_lengths[..lengths.len()].copy_from_slice(lengths);
            let params = Params {
                inverse_lengths,
                count: shard.count as u32,
                vectors: vectors as u32,
                first: shard.first as u32,
                total: rows.count as u32,
                query: (block * QUERIES) as u32,
                queries: lengths.len() as u32,
                unused: [0; 2],
            };
            let buffers = [&shard.buffer, &queries.shards[0].buffer, scores.buffer()];
            if kernel.entry == ONE.entry {
                batch.run(kernel, &[], &params, &buffers, workgroups(shard.count * lengths.len(), 1))?;
            } else {
                let overrides = [("LANES", lanes as f64)];
                batch.run(kernel, &overrides, &params, &buffers, workgroups(shard.count, lanes))?;
            }
        }
    }
    Ok(())
}
