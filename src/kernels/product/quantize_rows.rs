//! Activations become 8-bit integers, a step for each group of a row; `shaders/quantize_rows.wgsl`, reference
//! `math::quantize_rows`.

use crate::gpu::{Access, Batch, Gpu, GpuBuffer, Kernel};
use crate::kernels::GpuMatrix;
use crate::kernels::layout::WIDTH;
use crate::kernels::params::params;
use crate::math::ROW_CODES;
use crate::protocol::LabError;

use super::choose::{Variant, choose_by_rule};
use super::weight_only::known_group;

pub(in crate::kernels) const NAME: &str = "quantize_rows";
pub(in crate::kernels) const SOURCE: &str = shader!("quantize_rows");

/// Codes in a word.
const CODES_PER_WORD: usize = 4;

const fn variant(name: &'static str, entry: &'static str, tile: (usize, usize)) -> Variant {
    let bindings = &[(1, Access::Read), (2, Access::Write), (3, Access::Write)];
    Variant { name, kernel: Kernel { name: NAME, source: SOURCE, entry, bindings }, tile }
}

/// Tiles are words of codes; those of `v1`, which takes a group an invocation, do not depend on rows.
const VARIANTS: &[Variant] =
    &[variant("v1", "quantize_rows_v1", (1, 1)), variant("lanes", "quantize_rows_lanes", (1, WIDTH as usize))];

/// The ways to quantize activations; what [`Gpu::force_variant`] takes for the kernel `quantize_rows`.
pub fn quantize_rows_variants() -> Vec<&'static str> {
    VARIANTS.iter().map(|v| v.name).collect()
}

params! {
    rows: u32,
    cols: u32,
    group: u32,
    groups: u32,
    pitch: u32,
}

/// Activations as 8-bit integers.
pub struct QuantizedRows {
    /// `[M, pitch]` words of four signed codes, zeros behind the end of a row.
    pub codes: GpuBuffer,
    /// `[M, groups]`, f32
    pub steps: GpuBuffer,
    /// Words in a row of codes.
    pub pitch: usize,
    /// Groups in a row.
    pub groups: usize,
}

/// Records `step = max |x| / 127`, `code = round(x / step)` for every group of `group` values of a row.
///
/// # Shapes
/// `x [M, K]` -> codes `[M, K]`, steps `[M, ceil(K / group)]`
/// # Errors
/// [`LabError::Unknown`] for a group that is not 32, 64 or 128; [`LabError::TooLarge`], [`LabError::OutOfMemory`],
/// [`LabError::Kernel`], [`LabError::DeviceLost`].
/// # Source
/// Dettmers et al. 2022, arXiv:2208.07339, section 2, with groups as in ggml's Q8.
pub fn quantize_rows(gpu: &Gpu, batch: &mut Batch<'_>, x: &GpuMatrix, group: usize) -> Result<QuantizedRows, LabError> {
    known_group(group)?;
    let (pitch, groups) = (x.cols.next_multiple_of(ROW_CODES) / CODES_PER_WORD, x.cols.div_ceil(group));
    let codes = gpu.allocate("activation codes", (x.rows * pitch * 4) as u64)?;
    let steps = gpu.allocate("activation steps", (x.rows * groups * 4) as u64)?;
    let params = Params {
        rows: x.rows as u32,
        cols: x.cols as u32,
        group: group as u32,
        groups: groups as u32,
        pitch: pitch as u32,
    };
    let variant = choose_by_rule(gpu, NAME, VARIANTS, ["v1", "lanes"]);
    let workgroups = match variant.name {
        "v1" => ((x.rows * groups) as u64).div_ceil(WIDTH),
        _ => variant.workgroups(x.rows, pitch),
    };
    batch.run(&variant.kernel, &[], &params, &[x.buffer(), &codes, &steps], workgroups)?;
    Ok(QuantizedRows { codes, steps, pitch, groups })
}
