//! The percentile of magnitudes in every group; `shaders/group_percentile.wgsl`, reference `math::quantize` with
//! [`ScaleRule::Percentile`](crate::math::ScaleRule).

use crate::gpu::{Access, Batch, Gpu, GpuBuffer, Kernel};
use crate::math::percentile_rank;
use crate::protocol::LabError;

use super::layout::{GroupLayout, WIDTH, lanes_for_rounds, workgroups};
use super::params::params;

pub(super) const NAME: &str = "group_percentile";
pub(super) const SOURCE: &str = shader!("group_percentile");

const WHOLE: Kernel = Kernel {
    name: NAME,
    source: SOURCE,
    entry: "group_percentile",
    bindings: &[(1, Access::Read), (2, Access::Write)],
};
const COUNT: Kernel = Kernel {
    name: NAME,
    source: SOURCE,
    entry: "group_percentile_count",
    bindings: &[(1, Access::Read), (3, Access::Write), (4, Access::Write)],
};
const PICK: Kernel = Kernel {
    name: NAME,
    source: SOURCE,
    entry: "group_percentile_pick",
    bindings: &[(2, Access::Write), (3, Access::Write), (4, Access::Write)],
};

params! {
    line_length: u32,
    size: u32,
    per_line: u32,
    groups: u32,
    chunk: u32,
    chunks: u32,
    rank: u32,
    last_rank: u32,
    shift: u32,
}

/// Bits of a magnitude; a short group is read once for each.
const MAGNITUDE_BITS: usize = 31;
/// Values of a digit of 8 bits.
const DIGITS: u64 = 256;
/// Digits of a magnitude, highest first; 31 bits make one of 7 and three of 8.
const SHIFTS: [u32; 4] = [24, 16, 8, 0];

/// Records the selection; the result is `clip [G]`.
///
/// # Errors
/// As `group_range`.
pub(super) fn record(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    weights: &GpuBuffer,
    layout: &GroupLayout,
    percent: f32,
) -> Result<GpuBuffer, LabError> {
    let groups = layout.groups as usize;
    let clip = gpu.allocate("group_percentile clip", groups as u64 * 4)?;
    let last_size = layout.line_length - (layout.per_line - 1) * layout.size;
    let mut params = Params {
        line_length: layout.line_length,
        size: layout.size,
        per_line: layout.per_line,
        groups: layout.groups,
        chunk: layout.chunk,
        chunks: layout.chunks,
        rank: percentile_rank(percent, layout.size as usize) as u32,
        last_rank: percentile_rank(percent, last_size as usize) as u32,
        shift: 0,
    };
    if layout.is_whole() {
        let lanes = lanes_for_rounds(gpu, groups, layout.size as usize, MAGNITUDE_BITS);
        let overrides = [("LANES", lanes as f64)];
        batch.run(&WHOLE, &overrides, &params, &[weights, &clip], workgroups(groups, lanes))?;
        return Ok(clip);
    }
    let counts = gpu.allocate("group_percentile counts", groups as u64 * DIGITS * 4)?;
    let found = gpu.allocate("group_percentile found", groups as u64 * 8)?;
    for shift in SHIFTS {
        params.shift = shift;
        batch.run(&COUNT, &[], &params, &[weights, &counts, &found], layout.parts() as u64)?;
        batch.run(&PICK, &[], &params, &[&clip, &counts, &found], (groups as u64).div_ceil(WIDTH))?;
    }
    Ok(clip)
}
