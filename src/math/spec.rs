//! What a quantizer is told: the format, who shares a scale, how the scale is chosen and kept, how to round.

use serde::{Deserialize, Serialize};

/// A number format for one weight.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Format {
    /// IEEE 754 binary32: the original.
    Fp32,
    /// IEEE 754 binary16.
    Fp16,
    /// bfloat16: the upper half of a binary32.
    Bf16,
    /// FP8 with 4 exponent bits and 3 of mantissa, no infinities (Micikevicius et al. 2022, arXiv:2209.05433).
    Fp8E4m3,
    /// FP8 with 5 exponent bits and 2 of mantissa (the same paper).
    Fp8E5m2,
    /// An integer of 2 to 8 bits: INT8, INT4, ...
    Int(u8),
    /// The 16 quantiles of a normal distribution (Dettmers et al. 2023, arXiv:2305.14314, appendix E).
    Nf4,
}

/// Which integers are used, and whether zero moves.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Symmetry {
    /// Codes `-(2^(b-1) - 1) ..= 2^(b-1) - 1`; `scale = max|w| / (2^(b-1) - 1)`.
    #[default]
    Symmetric,
    /// ggml's Q4_0: codes `-2^(b-1) ..= 2^(b-1) - 1`; `scale = m / -2^(b-1)`, `m` the weight with the largest magnitude.
    FullRange,
    /// Codes `0 ..= 2^b - 1` with an integer zero point; `scale = (max - min) / (2^b - 1)`, the range includes zero.
    Asymmetric,
}

/// Which weights share one scale.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Granularity {
    /// One scale for the whole matrix.
    Tensor,
    /// One a row (an output channel).
    Row,
    /// One for each run of this many weights within a row; the last group of a row may be shorter.
    Group(u32),
    /// One for each run of this many weights of the flattened matrix, across row ends, as bitsandbytes does.
    Block(u32),
}

/// How a value between two levels is placed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rounding {
    /// To the nearest level; ties to the even code.
    #[default]
    Nearest,
    /// Up with a probability equal to the distance from the lower level: right on average.
    Stochastic { seed: u32 },
}

/// How the scale of a group is chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScaleRule {
    /// The largest magnitude just fits.
    #[default]
    AbsMax,
    /// The given percentile of the magnitudes just fits; what is beyond is clipped. In `50..=100`.
    Percentile { percent: f32 },
    /// The scale with the least squared error among a fixed set of candidates, each refined in closed form.
    LeastSquares,
}

/// How scales are kept; it counts towards the bits per weight.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ScaleStorage {
    /// 32 bits a scale.
    F32,
    /// 16 bits a scale, as in ggml, GPTQ and AWQ.
    #[default]
    F16,
    /// Double quantization: 8 bits a scale and one f32 for every 256 scales (QLoRA, section 3).
    Double,
}

/// Everything a quantizer is told.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct QuantSpec {
    pub format: Format,
    #[serde(default)]
    pub symmetry: Symmetry,
    pub granularity: Granularity,
    #[serde(default)]
    pub rounding: Rounding,
    #[serde(default)]
    pub scale_rule: ScaleRule,
    #[serde(default)]
    pub scale_storage: ScaleStorage,
}

/// Second-level group of double quantization, in first-level scales (QLoRA, section 3).
pub const DOUBLE_QUANT_BLOCK: u32 = 256;

impl Format {
    /// Bits of one code.
    pub fn bits(self) -> u32 {
        match self {
            Format::Fp32 => 32,
            Format::Fp16 | Format::Bf16 => 16,
            Format::Fp8E4m3 | Format::Fp8E5m2 => 8,
            Format::Int(bits) => u32::from(bits),
            Format::Nf4 => 4,
        }
    }

    /// Whether a group of weights shares a scale. FP32, FP16 and BF16 carry their own exponent.
    pub fn is_scaled(self) -> bool {
        !matches!(self, Format::Fp32 | Format::Fp16 | Format::Bf16)
    }

    /// The name that people use: `INT4`, `FP8 E4M3`.
    pub fn name(self) -> String {
        match self {
            Format::Fp32 => "FP32".into(),
            Format::Fp16 => "FP16".into(),
            Format::Bf16 => "BF16".into(),
            Format::Fp8E4m3 => "FP8 E4M3".into(),
            Format::Fp8E5m2 => "FP8 E5M2".into(),
            Format::Int(bits) => format!("INT{bits}"),
            Format::Nf4 => "NF4".into(),
        }
    }
}

/// How the weights of a matrix fall into scale groups: `lines` runs of `length` weights, each cut into groups of `size`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Groups {
    pub lines: usize,
    pub length: usize,
    pub size: usize,
}

impl Groups {
    /// The groups of a `[rows, cols]` matrix.
    pub fn new(granularity: Granularity, rows: usize, cols: usize) -> Groups {
        let all = rows * cols;
        match granularity {
            Granularity::Tensor => Groups { lines: 1, length: all, size: all.max(1) },
            Granularity::Row => Groups { lines: rows, length: cols, size: cols.max(1) },
            Granularity::Group(size) => {
                Groups { lines: rows, length: cols, size: (size as usize).clamp(1, cols.max(1)) }
            }
            Granularity::Block(size) => Groups { lines: 1, length: all, size: (size as usize).clamp(1, all.max(1)) },
        }
    }

    /// Groups in one line; the last one may be shorter.
    pub fn per_line(&self) -> usize {
        self.length.div_ceil(self.size)
    }

    /// Groups in all, that is, scales.
    pub fn count(&self) -> usize {
        self.lines * self.per_line()
    }

    /// The group of the weight at a flat index.
    pub fn of(&self, index: usize) -> usize {
        (index / self.length) * self.per_line() + (index % self.length) / self.size
    }

    /// The flat indices of the weights in a group.
    pub fn range(&self, group: usize) -> std::ops::Range<usize> {
        let (line, within) = (group / self.per_line(), group % self.per_line());
        let begin = line * self.length + within * self.size;
        begin..(begin + self.size).min((line + 1) * self.length)
    }
}
