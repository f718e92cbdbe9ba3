//! The level tables of the formats: which numbers a code can mean before scaling.

use super::{Format, Symmetry};

/// NF4: 16 quantiles of a normal distribution, zero among them.
///
/// # Source
/// Dettmers et al. 2023, arXiv:2305.14314, appendix E; the f32 digits as bitsandbytes publishes them
/// (`functional.get_4bit_type`).
pub const NF4_LEVELS: [f32; 16] = [
    -1.0,
    -0.696_192_8,
    -0.525_073_05,
    -0.394_917_5,
    -0.284_441_38,
    -0.184_773_43,
    -0.091_050_036,
    0.0,
    0.079_580_3,
    0.160_930_2,
    0.246_112_3,
    0.337_915_24,
    0.440_709_83,
    0.562_617,
    0.722_956_84,
    1.0,
];

/// Largest finite FP8 E4M3 value.
pub const E4M3_MAX: f32 = 448.0;
/// Largest finite FP8 E5M2 value.
pub const E5M2_MAX: f32 = 57_344.0;
/// Finite FP8 E4M3 values: 256 codes less two NaN and a second zero.
const E4M3_COUNT: usize = 253;
/// Finite FP8 E5M2 values: 256 codes less two infinities, six NaN and a second zero.
const E5M2_COUNT: usize = 247;

/// FP8 E4M3 values, ascending.
pub static E4M3_LEVELS: [f32; E4M3_COUNT] = small_float_levels::<E4M3_COUNT>(3, 7);
/// FP8 E5M2 values, ascending.
pub static E5M2_LEVELS: [f32; E5M2_COUNT] = small_float_levels::<E5M2_COUNT>(2, 15);

/// All finite values of a small float: `(1 + m / 2^M) 2^(e - bias)`, and `m / 2^M 2^(1 - bias)` where `e = 0`.
const fn small_float_levels<const COUNT: usize>(mantissa_bits: u32, bias: i32) -> [f32; COUNT] {
    let mut levels = [0.0; COUNT];
    let zero = COUNT / 2;
    let mut magnitude = 1;
    while magnitude <= zero {
        let (exponent, mantissa) = (magnitude >> mantissa_bits, magnitude & ((1 << mantissa_bits) - 1));
        let (significand, exponent) = if exponent == 0 {
            (mantissa as f32, 1 - bias)
        } else {
            ((mantissa + (1 << mantissa_bits)) as f32, exponent as i32 - bias)
        };
        let value = significand * power_of_two(exponent - mantissa_bits as i32);
        levels[zero + magnitude] = value;
        levels[zero - magnitude] = -value;
        magnitude += 1;
    }
    levels
}

/// `2^exponent`, a normal f32.
pub(super) const fn power_of_two(exponent: i32) -> f32 {
    f32::from_bits(((exponent + 127) as u32) << 23)
}

/// The smallest and the largest integer of an integer format; for [`Symmetry::Asymmetric`] the range of the stored code.
pub const fn int_range(bits: u8, symmetry: Symmetry) -> (i32, i32) {
    let half = 1 << (bits - 1);
    match symmetry {
        Symmetry::Symmetric => (1 - half, half - 1),
        Symmetry::FullRange => (-half, half - 1),
        Symmetry::Asymmetric => (0, 2 * half - 1),
    }
}

/// The levels of a format before scaling, ascending; a code is an index into them.
///
/// Integers are themselves; for [`Symmetry::Asymmetric`] the zero point is still to be subtracted. FP16, BF16 and FP32
/// have none to list: their code is their bit pattern, and their scale is 1.
pub fn levels(format: Format, symmetry: Symmetry) -> Vec<f32> {
    match format {
        Format::Fp32 | Format::Fp16 | Format::Bf16 => Vec::new(),
        Format::Fp8E4m3 => E4M3_LEVELS.to_vec(),
        Format::Fp8E5m2 => E5M2_LEVELS.to_vec(),
        Format::Nf4 => NF4_LEVELS.to_vec(),
        Format::Int(bits) => {
            let (low, high) = int_range(bits, symmetry);
            (low..=high).map(|q| q as f32).collect()
        }
    }
}

/// What `max|w|` is mapped to by [`super::ScaleRule::AbsMax`]: the divisor of the scale. For [`Symmetry::FullRange`] it
/// is negative (the signed maximum is mapped there), for [`Symmetry::Asymmetric`] it is the length of the range.
pub fn reach(format: Format, symmetry: Symmetry) -> f32 {
    match format {
        Format::Fp32 | Format::Fp16 | Format::Bf16 | Format::Nf4 => 1.0,
        Format::Fp8E4m3 => E4M3_MAX,
        Format::Fp8E5m2 => E5M2_MAX,
        Format::Int(bits) => {
            let (low, high) = int_range(bits, symmetry);
            if symmetry == Symmetry::FullRange { low as f32 } else { high as f32 }
        }
    }
}

/// The values at which a codebook format changes its code: the code of `x` is the number of thresholds below `x`.
///
/// A threshold is the midpoint of two levels, rounded to f32. A tie takes the lower level for NF4, as bitsandbytes
/// does, and the level with the even mantissa for FP8, as IEEE 754 does: where that is the upper one, the threshold is
/// the next f32 below the midpoint. Integer, 16-bit and 32-bit formats round arithmetically and have no thresholds.
pub fn thresholds(format: Format) -> Vec<f32> {
    let levels = levels(format, Symmetry::Symmetric);
    let zero = levels.len() / 2;
    let midpoints = levels.windows(2).enumerate().map(|(i, pair)| (i, (pair[0] + pair[1]) / 2.0));
    match format {
        Format::Nf4 => midpoints.map(|(_, middle)| middle).collect(),
        Format::Fp8E4m3 | Format::Fp8E5m2 => {
            midpoints.map(|(i, m)| if i.abs_diff(zero) % 2 == 0 { m } else { m.next_down() }).collect()
        }
        _ => Vec::new(),
    }
}

/// Candidates of [`super::ScaleRule::LeastSquares`].
pub const SEARCH_CANDIDATES: usize = 19;

/// What the inverse absmax scale is multiplied by in candidate `j`: `(q + 0.1 (j - 9)) / q`.
///
/// `q` is the outermost level in units of its distance to the next one: `2^(b-1) - 1` for symmetric integers, as in
/// ggml's search, `2^(b-1)` for the full range, `2^b - 1` for asymmetric ones, 448 / 32 = 14 for E4M3,
/// 57344 / 8192 = 7 for E5M2 and 3.6 for NF4. So the search always moves the outermost level by up to 0.9 of a step.
pub fn search_factors(format: Format, symmetry: Symmetry) -> [f32; SEARCH_CANDIDATES] {
    let steps = match format {
        Format::Fp8E4m3 => 14.0,
        Format::Fp8E5m2 => 7.0,
        Format::Nf4 => 3.6,
        Format::Int(_) => reach(format, symmetry).abs(),
        Format::Fp32 | Format::Fp16 | Format::Bf16 => 1.0,
    };
    std::array::from_fn(|j| (steps + 0.1 * (j as f32 - 9.0)) / steps)
}
