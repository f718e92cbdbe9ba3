//! Which scale a group of weights gets.

use super::codec::{Codec, clamp, round};
use super::formats::reach;
use super::percentile::magnitude_percentile;
use super::{Format, QuantSpec, ScaleRule, Symmetry};

/// What a group is quantized with.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Choice {
    /// The weights are multiplied by it before rounding; 0 for a group of zeros.
    pub inverse: f32,
    /// The levels are multiplied by it, before it is rounded for storage; 0 for a group of zeros.
    pub scale: f32,
    /// The code of zero where that moves, otherwise 0.
    pub zero: u8,
}

/// A smaller scale counts as zero: its inverse could overflow, and GPUs flush such numbers to zero.
const MIN_SCALE: f32 = f32::MIN_POSITIVE;

impl Choice {
    fn new(scale: f32, zero: u8) -> Choice {
        // A range wider than f32 holds (weights near 3e38) must not turn zeros into NaN.
        let scale = clamp(scale, f32::MIN, f32::MAX);
        if scale.abs() < MIN_SCALE {
            Choice { inverse: 0.0, scale: 0.0, zero: 0 }
        } else {
            Choice { inverse: 1.0 / scale, scale, zero }
        }
    }
}

/// The scale for which the extreme weights, or the given percentile of the magnitudes, just fit.
pub(super) fn fitting(w: &[f32], spec: &QuantSpec, scratch: &mut Vec<u32>) -> Choice {
    let limit = match spec.scale_rule {
        ScaleRule::Percentile { percent } => magnitude_percentile(w, percent, scratch),
        ScaleRule::AbsMax | ScaleRule::LeastSquares => f32::INFINITY,
    };
    let reach = reach(spec.format, spec.symmetry);
    match (spec.format, spec.symmetry) {
        (Format::Int(_), Symmetry::Asymmetric) => {
            let (low, high) = extremes(w);
            let (low, high) = (larger(low, -limit), smaller(high, limit));
            let choice = Choice::new((high - low) / reach, 0);
            if choice.scale == 0.0 {
                return choice;
            }
            let zero = clamp(round(-low / choice.scale), 0.0, reach);
            Choice { zero: zero as u8, ..choice }
        }
        (Format::Int(_), Symmetry::FullRange) => {
            let magnitude = max_magnitude(w);
            let first = w.iter().find(|w| w.abs() == magnitude).copied().unwrap_or(0.0);
            Choice::new(smaller(magnitude, limit).copysign(first) / reach, 0)
        }
        _ => Choice::new(smaller(max_magnitude(w), limit) / reach, 0),
    }
}

/// The candidate with the least squared error, its scale refined in closed form; `codec` is already around the zero.
///
/// Candidate `j` with factor `f` has `x = w f / s0` (`s0` the fitting scale) and the levels `l = level(x)`. The best
/// scale for these levels is `s = sum(w l) / sum(l l)`, and it lowers the squared error by `sum(w l)^2 / sum(l l)`.
/// The sums are over `x l` instead of `w l`, which changes neither choice nor scale but keeps f32 far from its limits.
/// The first of the best candidates wins.
pub(super) fn least_squares<C: Codec>(codec: C, w: &[f32], fitting: Choice, factors: &[f32]) -> Choice {
    let nothing = Choice { inverse: 0.0, scale: 0.0, zero: fitting.zero };
    let mut best = nothing;
    let mut best_gain = 0.0;
    for &factor in factors {
        let inverse = fitting.inverse * factor;
        let (xl, ll) = products(codec, w, inverse);
        // A candidate that rounds everything to zero gains nothing.
        let in_units_of_s0 = xl / f64::from(factor);
        let gain = if ll > 0.0 { in_units_of_s0 * in_units_of_s0 / ll } else { 0.0 };
        if gain > best_gain {
            best_gain = gain;
            let scale = clamp((xl / ll / f64::from(inverse)) as f32, f32::MIN, f32::MAX);
            best = Choice { inverse, scale, zero: fitting.zero };
        }
    }
    if best.scale.abs() < MIN_SCALE { nothing } else { best }
}

/// Independent sums, one a vector lane.
const LANES: usize = 8;
/// Weights summed in f32 before the sum moves to f64; keeps whole-matrix groups exact enough.
const PARTIAL: usize = 1024;

/// `sum(x l)` and `sum(l l)` over the levels `l` of the scaled weights `x = w * inverse`.
fn products<C: Codec>(codec: C, w: &[f32], inverse: f32) -> (f64, f64) {
    let (mut xl_total, mut ll_total) = (0.0, 0.0);
    for part in w.chunks(PARTIAL) {
        let (chunks, rest) = part.as_chunks::<LANES>();
        let (mut xl, mut ll) = ([0f32; LANES], [0f32; LANES]);
        for chunk in chunks {
            // Whole arrays at a time: each line becomes vector instructions.
            let x = chunk.map(|w| w * inverse);
            let level = x.map(|x| codec.level(x));
            xl = std::array::from_fn(|lane| xl[lane] + x[lane] * level[lane]);
            ll = std::array::from_fn(|lane| ll[lane] + level[lane] * level[lane]);
        }
        for (lane, &w) in rest.iter().enumerate() {
            let x = w * inverse;
            let level = codec.level(x);
            xl[lane] += x * level;
            ll[lane] += level * level;
        }
        xl_total += f64::from(sum(xl));
        ll_total += f64::from(sum(ll));
    }
    (xl_total, ll_total)
}

/// Adds lanes pairwise: half of them at a time stays a vector operation.
fn sum(lanes: [f32; LANES]) -> f32 {
    let four: [f32; 4] = std::array::from_fn(|i| lanes[i] + lanes[i + 4]);
    (four[0] + four[2]) + (four[1] + four[3])
}

/// The largest `|w|`; 0 for no weights.
pub(super) fn max_magnitude(w: &[f32]) -> f32 {
    // The bits of positive floats are ordered like the floats, and an integer maximum vectorises.
    f32::from_bits(w.iter().fold(0i32, |max, w| max.max((w.to_bits() & 0x7FFF_FFFF) as i32)) as u32)
}

/// The smallest and the largest weight, zero included.
fn extremes(w: &[f32]) -> (f32, f32) {
    let (mut lows, mut highs) = ([0f32; LANES], [0f32; LANES]);
    let whole = w.chunks_exact(LANES);
    for (lane, &w) in whole.remainder().iter().enumerate() {
        (lows[lane], highs[lane]) = (smaller(w, lows[lane]), larger(w, highs[lane]));
    }
    for chunk in whole {
        for (lane, &w) in chunk.iter().enumerate() {
            lows[lane] = smaller(w, lows[lane]);
            highs[lane] = larger(w, highs[lane]);
        }
    }
    (lows.into_iter().fold(0.0, smaller), highs.into_iter().fold(0.0, larger))
}

/// `f32::min` without its care for NaN, which wasm has no instruction for.
#[inline(always)]
fn smaller(a: f32, b: f32) -> f32 {
    if a < b { a } else { b }
}

#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}
