//! The scale of every group from its extremes; `shaders/group_range.wgsl`, reference `math::quantize`.

use crate::gpu::{Access, Batch, Gpu, GpuBuffer, Kernel};
use crate::math::{Format, QuantSpec, ScaleStorage, Symmetry, reach};
use crate::protocol::LabError;

use super::layout::{GroupLayout, lanes, workgroups};
use super::params::params;

pub(super) const NAME: &str = "group_range";
pub(super) const SOURCE: &str = shader!("group_range");

const WHOLE: Kernel = Kernel {
    name: NAME,
    source: SOURCE,
    entry: "group_range",
    bindings: &[(1, Access::Read), (2, Access::Read), (4, Access::Write)],
};
const PARTIAL: Kernel = Kernel {
    name: NAME,
    source: SOURCE,
    entry: "group_range_partial",
    bindings: &[(1, Access::Read), (3, Access::Write)],
};
const COMBINE: Kernel = Kernel {
    name: NAME,
    source: SOURCE,
    entry: "group_range_combine",
    bindings: &[(2, Access::Read), (3, Access::Write), (4, Access::Write)],
};

params! {
    line_length: u32,
    size: u32,
    per_line: u32,
    groups: u32,
    chunk: u32,
    chunks: u32,
    rule: u32,
    clipped: u32,
    store_f16: u32,
    reach: f32,
}

/// Bytes of the result of a partial reduction: low, high, extreme, index.
const PARTIAL_BYTES: u64 = 16;

/// Records the reduction of every group to `scales [3 G]`; `clip [G]` replaces `max|w|` where it is given.
///
/// # Errors
/// [`LabError::Kernel`], [`LabError::TooLarge`], [`LabError::OutOfMemory`], [`LabError::DeviceLost`].
pub(super) fn record(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    weights: &GpuBuffer,
    layout: &GroupLayout,
    spec: &QuantSpec,
    clip: Option<&GpuBuffer>,
    scales: &GpuBuffer,
) -> Result<(), LabError> {
    let is_integer = matches!(spec.format, Format::Int(_));
    let params = Params {
        line_length: layout.line_length,
        size: layout.size,
        per_line: layout.per_line,
        groups: layout.groups,
        chunk: layout.chunk,
        chunks: layout.chunks,
        rule: match spec.symmetry {
            Symmetry::FullRange if is_integer => 1,
            Symmetry::Asymmetric if is_integer => 2,
            _ => 0,
        },
        clipped: u32::from(clip.is_some()),
        store_f16: u32::from(spec.scale_storage == ScaleStorage::F16),
        reach: reach(spec.format, spec.symmetry),
    };
    // Where nothing is clipped the binding is not read; it must still be another buffer than the ones written.
    let clip = clip.unwrap_or(weights);
    let groups = layout.groups as usize;
    if layout.is_whole() {
        let lanes = lanes(gpu, groups, layout.size as usize);
        let overrides = [("LANES", lanes as f64)];
        return batch.run(&WHOLE, &overrides, &params, &[weights, clip, scales], workgroups(groups, lanes));
    }
    let partials = gpu.allocate("group_range partials", layout.parts() as u64 * PARTIAL_BYTES)?;
    let part_lanes = lanes(gpu, layout.parts(), layout.chunk as usize);
    let overrides = [("LANES", part_lanes as f64)];
    batch.run(&PARTIAL, &overrides, &params, &[weights, &partials], workgroups(layout.parts(), part_lanes))?;
    let lanes = lanes(gpu, groups, layout.chunks as usize);
    let overrides = [("LANES", lanes as f64)];
    batch.run(&COMBINE, &overrides, &params, &[clip, &partials, scales], workgroups(groups, lanes))
}
