//! The scale of least squares in every group; `shaders/group_scale_search.wgsl`, reference `math::quantize` with
//! [`ScaleRule::LeastSquares`](crate::math::ScaleRule).

use crate::gpu::{Access, Batch, Gpu, GpuBuffer, Kernel};
use crate::math::{SEARCH_CANDIDATES, ScaleStorage, search_factors};
use crate::protocol::LabError;

use super::layout::{CodeLayout, GroupLayout, lanes_for_rounds, workgroups};
use super::params::params;

pub(super) const NAME: &str = "group_scale_search";
pub(super) const SOURCE: &str = shader!("group_scale_search");

const WHOLE: Kernel = Kernel {
    name: NAME,
    source: SOURCE,
    entry: "group_scale_search",
    bindings: &[(1, Access::Read), (2, Access::Read), (4, Access::Write)],
};
const PARTIAL: Kernel = Kernel {
    name: NAME,
    source: SOURCE,
    entry: "group_scale_search_partial",
    bindings: &[(1, Access::Read), (2, Access::Read), (3, Access::Write), (4, Access::Write)],
};
const COMBINE: Kernel = Kernel {
    name: NAME,
    source: SOURCE,
    entry: "group_scale_search_combine",
    bindings: &[(3, Access::Write), (4, Access::Write)],
};

params! {
    line_length: u32,
    size: u32,
    per_line: u32,
    groups: u32,
    chunk: u32,
    chunks: u32,
    kind: u32,
    levels: u32,
    low: f32,
    high: f32,
    store_f16: u32,
    unused: u32,
    factors: [[f32; 4]; 5],
}

/// Loop iterations for a weight: every candidate looks for its level in at most 8 halvings.
const ROUNDS: usize = 9 * SEARCH_CANDIDATES;

/// Records the search; `scales` holds the fitting scales before and the best ones after.
///
/// # Errors
/// As `group_range`.
pub(super) fn record(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    weights: &GpuBuffer,
    layout: &GroupLayout,
    codes: &CodeLayout,
    table: &GpuBuffer,
    scales: &GpuBuffer,
) -> Result<(), LabError> {
    let mut factors = [[0.0; 4]; 5];
    for (j, factor) in search_factors(codes.spec.format, codes.spec.symmetry).into_iter().enumerate() {
        factors[j / 4][j % 4] = factor;
    }
    let params = Params {
        line_length: layout.line_length,
        size: layout.size,
        per_line: layout.per_line,
        groups: layout.groups,
        chunk: layout.chunk,
        chunks: layout.chunks,
        kind: codes.kind,
        levels: codes.levels,
        low: codes.low,
        high: codes.high,
        store_f16: u32::from(codes.spec.scale_storage == ScaleStorage::F16),
        unused: 0,
        factors,
    };
    let groups = layout.groups as usize;
    if layout.is_whole() {
        let lanes = lanes_for_rounds(gpu, groups, layout.size as usize, ROUNDS);
        let overrides = [("LANES", lanes as f64)];
        return batch.run(&WHOLE, &overrides, &params, &[weights, table, scales], workgroups(groups, lanes));
    }
    let sums = gpu.allocate("group_scale_search sums", (layout.parts() * SEARCH_CANDIDATES * 8) as u64)?;
    let part_lanes = lanes_for_rounds(gpu, layout.parts(), layout.chunk as usize, ROUNDS);
    let overrides = [("LANES", part_lanes as f64)];
    let buffers = [weights, table, &sums, scales];
    batch.run(&PARTIAL, &overrides, &params, &buffers, workgroups(layout.parts(), part_lanes))?;
    let lanes = lanes_for_rounds(gpu, groups, layout.chunks as usize, SEARCH_CANDIDATES);
    let overrides = [("LANES", lanes as f64)];
    batch.run(&COMBINE, &overrides, &params, &[&sums, scales], workgroups(groups, lanes))
}
