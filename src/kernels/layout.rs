//! How groups of weights and lines of a matrix are cut into pieces for workgroups.

use crate::gpu::Gpu;
use crate::math::{Format, Groups, QuantSpec, Symmetry, codes_per_word, int_range, levels, thresholds};
use crate::protocol::LabError;

/// Invocations in a workgroup of every kernel: two subgroups on NVIDIA, one on AMD, and the unit in which the software
/// driver pays for a barrier.
pub(super) const WIDTH: u64 = 64;
/// Weights that one workgroup reduces: 64 a lane, enough to hide a memory access, few enough to fill a large GPU.
pub(super) const CHUNK: usize = 4096;
/// A group up to this long is reduced by one workgroup at once, without a second dispatch.
pub(super) const WHOLE_GROUP: usize = 2 * CHUNK;
/// Weights that one invocation should at least see, so that sharing a line pays.
const WEIGHTS_PER_LANE: usize = 4;
/// Lines from which a software GPU, where a barrier costs as much as thousands of additions, gives each its invocation.
const SOFTWARE_LINES: usize = 64;
/// llvmpipe ends every loop of an invocation after 65,535 iterations in all, without a word; half of that is safe.
const SOFTWARE_ITERATIONS: usize = 32768;

/// How many invocations share each of `lines` lines of `length` weights: a power of two up to [`WIDTH`].
pub(super) fn lanes(gpu: &Gpu, lines: usize, length: usize) -> u64 {
    lanes_for_rounds(gpu, lines, length, 1)
}

/// The same for kernels that take `rounds` loop iterations for every weight.
pub(super) fn lanes_for_rounds(gpu: &Gpu, lines: usize, length: usize, rounds: usize) -> u64 {
    let least = if gpu.is_software { (length * rounds).div_ceil(SOFTWARE_ITERATIONS) } else { 1 };
    let wanted = match gpu.forced_lanes.get() {
        Some(forced) => forced as usize,
        None if gpu.is_software && lines >= SOFTWARE_LINES => 1,
        None => length.div_ceil(WEIGHTS_PER_LANE),
    };
    (wanted.max(least).max(1) as u64).next_power_of_two().min(WIDTH)
}

/// Additions that the longest chain of a sum over `length` numbers goes through: its error is at most this many
/// roundings of the sum of magnitudes.
pub fn summation_depth(gpu: &Gpu, lines: usize, length: usize) -> usize {
    let lanes = lanes(gpu, lines, length.min(CHUNK)) as usize;
    length.min(CHUNK).div_ceil(lanes) + lanes.ilog2() as usize + 1
}

/// Workgroups for `lines` lines that `lanes` invocations share.
pub(super) fn workgroups(lines: usize, lanes: u64) -> u64 {
    (lines as u64).div_ceil(WIDTH / lanes)
}

/// Scale groups as kernels see them.
#[derive(Clone, Copy, Debug)]
pub(super) struct GroupLayout {
    pub line_length: u32,
    pub size: u32,
    pub per_line: u32,
    pub groups: u32,
    pub chunk: u32,
    pub chunks: u32,
}

impl GroupLayout {
    pub fn new(groups: &Groups) -> GroupLayout {
        let whole = groups.size <= WHOLE_GROUP;
        GroupLayout {
            line_length: groups.length as u32,
            size: groups.size as u32,
            per_line: groups.per_line() as u32,
            groups: groups.count() as u32,
            chunk: if whole { groups.size } else { CHUNK } as u32,
            chunks: if whole { 1 } else { groups.size.div_ceil(CHUNK) } as u32,
        }
    }

    /// Whether groups are reduced in one go.
    pub fn is_whole(&self) -> bool {
        self.chunks == 1
    }

    /// Chunks of all groups.
    pub fn parts(&self) -> usize {
        self.groups as usize * self.chunks as usize
    }
}

/// How a format's codes are made and read, as kernels see it.
#[derive(Clone, Debug)]
pub(super) struct CodeLayout {
    pub spec: QuantSpec,
    /// 0 integers, 1 codebook, 2 binary16, 3 bfloat16.
    pub kind: u32,
    pub bits: u32,
    pub per_word: u32,
    pub low: f32,
    pub high: f32,
    pub levels: u32,
    /// Levels, then thresholds; one unused number where there are none.
    pub table: Vec<f32>,
}

impl CodeLayout {
    pub fn new(spec: &QuantSpec) -> CodeLayout {
        let (low, high) = match spec.format {
            Format::Int(bits) => int_range(bits, spec.symmetry),
            _ => (0, 0),
        };
        let kind = match spec.format {
            Format::Int(_) => 0,
            Format::Nf4 | Format::Fp8E4m3 | Format::Fp8E5m2 => 1,
            Format::Fp16 => 2,
            Format::Bf16 | Format::Fp32 => 3,
        };
        let mut table = if kind == 1 { levels(spec.format, spec.symmetry) } else { vec![0.0] };
        let levels = table.len() as u32;
        table.extend(thresholds(spec.format));
        let bits = spec.format.bits();
        let per_word = codes_per_word(bits) as u32;
        CodeLayout { spec: *spec, kind, bits, per_word, low: low as f32, high: high as f32, levels, table }
    }
}

/// Whether the groups of this specification have zero points.
pub(super) fn has_zeros(spec: &QuantSpec) -> bool {
    matches!(spec.format, Format::Int(_)) && spec.symmetry == Symmetry::Asymmetric
}

/// Refuses what the border should have refused: bits outside `2..=8`.
pub(super) fn check(spec: &QuantSpec) -> Result<(), LabError> {
    if let Format::Int(bits) = spec.format
        && !(2..=8).contains(&bits)
    {
        return Err(LabError::OutOfRange { field: "bits".into(), min: 2.0, max: 8.0, got: f64::from(bits) });
    }
    Ok(())
}
