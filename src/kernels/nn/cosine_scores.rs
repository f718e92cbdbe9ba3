//! Cosines of f32 rows and queries; `shaders/cosine_scores.wgsl`, reference `math::cosine_scores`.

use crate::gpu::{Access, Batch, Gpu, Kernel};
use crate::kernels::GpuMatrix;
use crate::kernels::layout::{lanes, workgroups};
use crate::kernels::matrix::shape_error;
use crate::kernels::params::params;
use crate::protocol::LabError;

use super::{Vectors, expect};

pub(in crate::kernels) const NAME: &str = "cosine_scores";
pub(in crate::kernels) const SOURCE: &str = shader!("cosine_scores");

pub(super) const FOUR: Kernel = Kernel {
    name: NAME,
    source: SOURCE,
    entry: "cosine_scores",
    bindings: &[(1, Access::Read), (2, Access::Read), (3, Access::Write)],
};
pub(super) const ONE: Kernel = Kernel { entry: "cosine_scores_v1", ..FOUR };

params! {
    count: u32,
    vectors: u32,
    first: u32,
    total: u32,
    query: u32,
    queries: u32,
}

/// Queries that one dispatch takes.
pub(super) const QUERIES: usize = 4;

/// Refuses queries that do not fit in one binding or in another space.
pub(super) fn fits(kernel: &str, dims: usize, queries: (usize, usize), shards: usize) -> Result<(), LabError> {
    if dims == queries.1 && shards == 1 {
        return Ok(());
    }
    Err(shape_error(kernel, format!("queries [Q, {dims}] in one piece"), format!("[{}, {}]", queries.0, queries.1)))
}

/// Records the cosine of every row with every query; 0 for a row of zeros. Queries are of length 1, as
/// [`Vectors::upload_unit`] makes them.
///
/// # Shapes
/// `rows [N, D]`, `queries [Q, D]` -> `scores [Q, N]`
/// # Errors
/// [`LabError::Shape`]; those of [`Batch::run`].
pub fn cosine_scores(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    rows: &Vectors,
    queries: &Vectors,
    scores: &GpuMatrix,
) -> Result<(), LabError> {
    record(gpu, batch, &FOUR, rows, queries, scores)
}

pub(super) fn record(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    kernel: &Kernel,
    rows: &Vectors,
    queries: &Vectors,
    scores: &GpuMatrix,
) -> Result<(), LabError> {
    fits(NAME, rows.dims, (queries.count, queries.dims), queries.shards.len())?;
    expect(NAME, "scores", scores, queries.count, rows.count)?;
    let vectors = rows.dims.div_ceil(Vectors::LANES);
    for shard in &rows.shards {
        let lanes = lanes(gpu, shard.count, vectors);
        for query in (0..queries.count).step_by(QUERIES) {
            let taken = QUERIES.min(queries.count - query);
            let params = Params {
                count: shard.count as u32,
                vectors: vectors as u32,
                first: shard.first as u32,
                total: rows.count as u32,
                query: query as u32,
                queries: taken as u32,
            };
            let buffers = [&shard.buffer, &queries.shards[0].buffer, scores.buffer()];
            if kernel.entry == ONE.entry {
                batch.run(kernel, &[], &params, &buffers, workgroups(shard.count * taken, 1))?;
            } else {
                let overrides = [("LANES", lanes as f64)];
                batch.run(kernel, &overrides, &params, &buffers, workgroups(shard.count, lanes))?;
            }
        }
    }
    Ok(())
}
