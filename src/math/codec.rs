//! From a scaled weight to its code and level: one branch-free rule a format, so that loops over slices vectorise.
//!
//! Selections are written as `if a < b { a } else { b }` and rounding as an addition of a large constant, because both
//! become single vector instructions on wasm SIMD and on any x86, which `f32::min` and `f32::round_ties_even` do not.

use super::formats::{E4M3_LEVELS, E4M3_MAX, E5M2_LEVELS, E5M2_MAX, NF4_LEVELS, power_of_two};

/// `1.5 * 2^23`: adding it leaves no fraction bits, so the hardware rounds to the nearest integer, ties to even.
const ROUNDER: f32 = 12_582_912.0;

/// The nearest integer, ties to even, for `|x| < 2^22`.
#[inline(always)]
pub(super) fn round(x: f32) -> f32 {
    (x + ROUNDER) - ROUNDER
}

#[inline(always)]
pub(super) fn clamp(x: f32, low: f32, high: f32) -> f32 {
    let x = if x < low { low } else { x };
    if x > high { high } else { x }
}

/// How a format places a scaled weight `x = w / scale`.
pub(super) trait Codec: Copy {
    /// The code of the nearest level.
    fn code(self, x: f32) -> u8;
    /// The nearest level itself.
    fn level(self, x: f32) -> f32;
    /// The code of the level below `x`, or of the one above it if `u` is less than the fraction of the way to it.
    fn stochastic_code(self, x: f32, u: f32) -> u8;
    /// The same codec around another zero point; only asymmetric integers have one.
    fn around(self, _zero: u8) -> Self {
        self
    }
}

/// Integers from `low` to `high`; the code is `q - low`.
#[derive(Clone, Copy)]
pub(super) struct Ints {
    pub low: f32,
    pub high: f32,
}

impl Ints {
    /// The code of the integer nearest to `x`, which lies in the range.
    #[inline(always)]
    fn index(self, x: f32) -> u8 {
        // The low bits of the sum are the rounded integer itself, in two's complement.
        (x + ROUNDER).to_bits().wrapping_sub(self.low as i32 as u32) as u8
    }
}

impl Codec for Ints {
    #[inline(always)]
    fn code(self, x: f32) -> u8 {
        self.index(clamp(x, self.low, self.high))
    }
    #[inline(always)]
    fn level(self, x: f32) -> f32 {
        round(clamp(x, self.low, self.high))
    }
    #[inline(always)]
    fn stochastic_code(self, x: f32, u: f32) -> u8 {
        let x = clamp(x, self.low, self.high);
        let nearest = round(x);
        let lower = if nearest > x { nearest - 1.0 } else { nearest };
        let taken = if u < x - lower { lower + 1.0 } else { lower };
        self.index(taken)
    }
    #[inline(always)]
    fn around(self, zero: u8) -> Self {
        let zero = f32::from(zero);
        Ints { low: -zero, high: self.high - self.low - zero }
    }
}

/// Places `x` between the neighbouring levels of a table, given the code of the nearest one.
#[inline(always)]
fn stochastic_in_table(levels: &[f32], nearest: u8, x: f32, u: f32) -> u8 {
    let nearest = usize::from(nearest);
    let lower = if levels[nearest] > x { nearest.saturating_sub(1) } else { nearest };
    let upper = (lower + 1).min(levels.len() - 1);
    let gap = levels[upper] - levels[lower];
    let up = gap > 0.0 && u < (x - levels[lower]) / gap;
    if up { upper as u8 } else { lower as u8 }
}

/// The 16 levels of NF4.
#[derive(Clone, Copy)]
pub(super) struct Nf4;

/// The midpoints of neighbouring NF4 levels in f32, as bitsandbytes compares with; a tie takes the lower level.
const NF4_THRESHOLDS: [f32; 15] = {
    let mut middle = [0.0; 15];
    let mut i = 0;
    while i < 15 {
        middle[i] = (NF4_LEVELS[i] + NF4_LEVELS[i + 1]) / 2.0;
        i += 1;
    }
    middle
};

impl Codec for Nf4 {
    #[inline(always)]
    fn code(self, x: f32) -> u8 {
        let mut code = 0i32;
        for t in NF4_THRESHOLDS {
            code += i32::from(x > t);
        }
        code as u8
    }
    #[inline(always)]
    fn level(self, x: f32) -> f32 {
        let mut level = NF4_LEVELS[0];
        for (t, above) in NF4_THRESHOLDS.into_iter().zip(&NF4_LEVELS[1..]) {
            level = if x > t { *above } else { level };
        }
        level
    }
    #[inline(always)]
    fn stochastic_code(self, x: f32, u: f32) -> u8 {
        let x = clamp(x, -1.0, 1.0);
        stochastic_in_table(&NF4_LEVELS, self.code(x), x, u)
    }
}

/// A small float with `M` mantissa bits and an exponent bias, without infinities: what is beyond saturates.
#[derive(Clone, Copy)]
pub(super) struct SmallFloat<const M: u32, const BIAS: i32>;

/// FP8 with 3 mantissa bits.
pub(super) const E4M3: SmallFloat<3, 7> = SmallFloat;
/// FP8 with 2 mantissa bits.
pub(super) const E5M2: SmallFloat<2, 15> = SmallFloat;
/// IEEE 754 binary16.
pub(super) type Binary16 = SmallFloat<10, 15>;

impl<const M: u32, const BIAS: i32> SmallFloat<M, BIAS> {
    /// Largest finite value.
    const MAX: f32 = match (M, BIAS) {
        (3, 7) => E4M3_MAX,
        (2, 15) => E5M2_MAX,
        _ => 65_504.0,
    };
    /// Below this the exponent is fixed, and the spacing of the values too.
    const MIN_NORMAL: f32 = power_of_two(1 - BIAS);
    /// Adding it to a subnormal leaves exactly the bits of this format, rounded to even by the hardware.
    const SUBNORMAL_ROUNDER: f32 = power_of_two(1 - BIAS - M as i32 + 23);

    /// The bits of the nearest magnitude, ties to even: exponent and mantissa without the sign.
    #[inline(always)]
    pub(super) fn magnitude(x: f32) -> u32 {
        let a = x.abs();
        let a = if a > Self::MAX { Self::MAX } else { a };
        let shift = 23 - M;
        let bits = a.to_bits();
        let rounded = (bits + ((bits >> shift) & 1) + ((1 << (shift - 1)) - 1)) >> shift;
        let normal = rounded.wrapping_sub(((127 - BIAS) as u32) << M);
        let subnormal = (a + Self::SUBNORMAL_ROUNDER).to_bits().wrapping_sub(Self::SUBNORMAL_ROUNDER.to_bits());
        if a < Self::MIN_NORMAL { subnormal } else { normal }
    }

    /// The value of a magnitude.
    #[inline(always)]
    pub(super) fn value(magnitude: u32) -> f32 {
        // An f32 with the same fields has the exponent off by the two biases; the product repairs it, subnormals too.
        f32::from_bits(magnitude << (23 - M)) * power_of_two(127 - BIAS)
    }

    fn table() -> &'static [f32] {
        if M == 3 { &E4M3_LEVELS } else { &E5M2_LEVELS }
    }
}

impl<const M: u32, const BIAS: i32> Codec for SmallFloat<M, BIAS> {
    #[inline(always)]
    fn code(self, x: f32) -> u8 {
        let magnitude = Self::magnitude(x);
        let zero = (Self::magnitude(Self::MAX)) as i32;
        let signed = if x < 0.0 { -(magnitude as i32) } else { magnitude as i32 };
        (zero + signed) as u8
    }
    #[inline(always)]
    fn level(self, x: f32) -> f32 {
        let value = Self::value(Self::magnitude(x));
        if x < 0.0 { -value } else { value }
    }
    #[inline(always)]
    fn stochastic_code(self, x: f32, u: f32) -> u8 {
        let x = clamp(x, -Self::MAX, Self::MAX);
        stochastic_in_table(Self::table(), self.code(x), x, u)
    }
}
