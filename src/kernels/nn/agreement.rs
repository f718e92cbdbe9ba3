//! How closely the kernels of this room must agree with their references, each bound derived.
//!
//! As in [`crate::kernels::agreement`] a result of at most 1 is agreement, and `u = 2^-24` is one rounding. What WGSL
//! promises of the operations used here, in roundings (one unit in the last place is at most `2 u`, relative): division
//! 2.5 units, so `5 u`; `inverseSqrt` 2 units, `4 u`; `exp(x)` `3 + 2 |x|` units, `2 (3 + 2 |x|) u`. Sums of `n` numbers
//! are charged the longest chain, `n u` of the sum of magnitudes, whichever order a version adds in. Bounds are of first
//! order; results below [`TINY`] may be flushed to 0.

use crate::math::{AttentionShape, erfc, visible};

const U: f64 = 1.0 / 16_777_216.0;
const WRONG: f64 = f64::INFINITY;
/// Ten times the smallest normal number.
const TINY: f64 = 1.2e-37;
/// `5 u`: a division.
const DIVISION: f64 = 5.0;
/// `4 u`: an inverse square root.
const INVERSE_ROOT: f64 = 4.0;

/// Roundings of `exp(x)`.
fn exp_roundings(x: f64) -> f64 {
    2.0 * (3.0 + 2.0 * x.abs())
}

/// The worst of `|reference - got| / allowed`; unequal lengths and NaN are wrong.
fn worst(reference: &[f64], got: &[f32], allowed: impl Fn(usize) -> f64) -> f64 {
    if reference.len() != got.len() {
        return WRONG;
    }
    reference.iter().zip(got).enumerate().fold(0.0, |worst, (i, (&a, &b))| {
        let off = (a - f64::from(b)).abs();
        let ratio = if off == 0.0 { 0.0 } else { off / (allowed(i) + TINY) };
        if ratio.is_nan() { WRONG } else { worst.max(ratio) }
    })
}

/// Relative error of `1 / sqrt(mean(x^2) + epsilon)` over `cols` numbers, in roundings: the squares 1, their sum `cols`,
/// the mean 5, epsilon 1, all halved by the root; then the root itself.
fn rms_factor_roundings(cols: usize) -> f64 {
    (cols as f64 + 1.0 + DIVISION + 1.0) / 2.0 + INVERSE_ROOT
}

/// RMS norm: the factor, then two products.
pub fn rms_norm(cols: usize, reference: &[f64], got: &[f32]) -> f64 {
    let roundings = rms_factor_roundings(cols) + 2.0;
    worst(reference, got, |i| roundings * U * reference[i].abs())
}

/// Layer norm. The mean is off by `m = (C + 5) u mean|x|`; differences by `m` and one rounding; the variance, whose
/// first-order term in `m` vanishes because differences add up to 0, by `m^2 + (C + 9) u variance`.
pub fn layer_norm(x: &[f32], gain: &[f32], bias: &[f32], epsilon: f32, reference: &[f64], got: &[f32]) -> f64 {
    let cols = gain.len();
    let n = cols as f64;
    let lines: Vec<[f64; 4]> = x
        .chunks_exact(cols)
        .map(|row| {
            let mean = row.iter().map(|&x| f64::from(x)).sum::<f64>() / n;
            let size = row.iter().map(|&x| f64::from(x).abs()).sum::<f64>() / n;
            let variance = row.iter().map(|&x| (f64::from(x) - mean).powi(2)).sum::<f64>() / n;
            let spread = variance + f64::from(epsilon);
            let mean_off = (n + DIVISION) * U * size;
            let factor_off =
                (variance * (n + 9.0) * U + mean_off * mean_off) / (2.0 * spread) + (0.5 + INVERSE_ROOT) * U;
            [mean, mean_off, 1.0 / spread.sqrt(), factor_off]
        })
        .collect();
    worst(reference, got, |i| {
        let [mean, mean_off, factor, factor_off] = lines[i / cols];
        let (gain, bias) = (f64::from(gain[i % cols]).abs(), f64::from(bias[i % cols]).abs());
        let difference = (f64::from(x[i]) - mean).abs();
        let scaled = gain * factor * (difference + mean_off);
        gain * factor * (mean_off + U * difference) + scaled * (factor_off + 2.0 * U) + U * (scaled + bias)
    })
}

/// Softmax: each argument is off by the roundings of `z` and of `z - max`, and the exponential by its own; the sum and the
/// share are off by the average of that, the sum's chain, a division and a product.
pub fn softmax(
    x: &[f32],
    cols: usize,
    scale: f32,
    causal: Option<(usize, usize)>,
    reference: &[f64],
    got: &[f32],
) -> f64 {
    let mut allowed = Vec::with_capacity(x.len());
    for (row, line) in x.chunks_exact(cols).enumerate() {
        let seen = visible(row, cols, causal);
        let z: Vec<f64> = line[..seen].iter().map(|&x| f64::from(x) * f64::from(scale)).collect();
        let highest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let off = |z: f64| z.abs() + (highest - z) + exp_roundings(highest - z);
        let p = &reference[row * cols..][..seen];
        let average: f64 = z.iter().zip(p).map(|(&z, p)| p * off(z)).sum();
        let common = average + cols as f64 + DIVISION + 2.0;
        allowed.extend(z.iter().zip(p).map(|(&z, p)| p * (off(z) + common) * U));
        allowed.extend(std::iter::repeat_n(0.0, cols - seen));
    }
    worst(reference, got, |i| allowed[i])
}

/// Rotation: table, product and sum, one rounding each, of `|a| + |b|` at most; one to spare.
pub fn rope(x: &[f64], dim: usize, reference: &[f64], got: &[f32]) -> f64 {
    let half = dim / 2;
    worst(reference, got, |i| {
        let partner = if i % dim < half { i + half } else { i - half };
        4.0 * U * (x[i].abs() + x[partner].abs())
    })
}

/// Gelu. With `z = |x| / sqrt 2` off by 2 roundings and `t = 1 / (1 + z / 2)` by 8, the polynomial by 18 roundings of
/// the sum of its coefficients (6.9) and 8 of the sum of degree times coefficient (29.5); then `z^2`, the exponential, the
/// product with `t`, and the fit itself, 1.2e-7 or 2.1 roundings.
pub fn gelu(x: &[f32], reference: &[f64], got: &[f32]) -> f64 {
    worst(reference, got, |i| {
        let v = f64::from(x[i]);
        let z = v.abs() / std::f64::consts::SQRT_2;
        let argument = z * z + 1.3;
        let roundings = 18.0 * 6.9 + 8.0 * 29.5 + 5.0 * z * z + argument + exp_roundings(argument) + 9.0 + 2.1;
        0.5 * v.abs() * erfc(z) * roundings * U + 3.0 * U * reference[i].abs() + v.abs() * TINY
    })
}

/// Swiglu, with the factor of a norm over `cols` numbers (0: none). The exponential of the gate is off by what the gate is
/// off by and by its own roundings.
pub fn swiglu(projected: &[f32], factors: &[f64], cols: usize, reference: &[f64], got: &[f32]) -> f64 {
    let factor = if cols > 0 { rms_factor_roundings(cols) + 1.0 } else { 0.0 };
    let inner = reference.len() / factors.len();
    worst(reference, got, |i| {
        let row = i / inner;
        let gate = factors[row] * f64::from(projected[i + row * inner]);
        let up = factors[row] * f64::from(projected[i + (row + 1) * inner]);
        let roundings = 2.0 * factor + gate.abs() * factor + exp_roundings(gate) + DIVISION + 3.0;
        // The clamp of the exponential at e^80.
        reference[i].abs() * roundings * U + (gate * up).abs() * 2e-35
    })
}

/// What attention is taken of, exactly, and how far off each number may be: `(value, error)`.
pub struct AttentionInputs<'a> {
    pub q: (&'a [f64], &'a [f64]),
    pub keys: (&'a [f64], &'a [f64]),
    pub values: (&'a [f64], &'a [f64]),
}

/// Attention. A score is off by its chain (`D + 4` roundings of the sum of magnitudes) and by its inputs' errors; its
/// exponential by that, by the differences to the running maxima, which add up to the difference to the last one, and by
/// as many exponentials and products as the maximum rose. Both sums are charged the longest chain.
pub fn attention(shape: AttentionShape, inputs: &AttentionInputs<'_>, reference: &[f64], got: &[f32]) -> f64 {
    let dim = shape.dim;
    let mut allowed = vec![0.0; reference.len()];
    for token in 0..shape.tokens {
        for head in 0..shape.heads {
            let (at, cache) = shape.places(token, head);
            bounds(inputs, dim, at, cache, shape.position + token + 1, reference, &mut allowed[at..at + dim]);
        }
    }
    worst(reference, got, |i| allowed[i])
}

fn bounds(
    inputs: &AttentionInputs<'_>,
    dim: usize,
    at: usize,
    cache: usize,
    seen: usize,
    reference: &[f64],
    allowed: &mut [f64],
) {
    let scale = 1.0 / (dim as f64).sqrt();
    let scores: Vec<(f64, f64)> = (0..seen)
        .map(|key| {
            let from = cache + key * dim;
            let (mut score, mut off) = (0.0, 0.0);
            for d in 0..dim {
                let (q, k) = (inputs.q.0[at + d], inputs.keys.0[from + d]);
                score += q * k;
                off += (q * k).abs() * (dim as f64 + 4.0) * U
                    + q.abs() * inputs.keys.1[from + d]
                    + k.abs() * inputs.q.1[at + d];
            }
            (score * scale, off * scale)
        })
        .collect();
    let highest = scores.iter().fold(f64::NEG_INFINITY, |most, s| most.max(s.0));
    // How often the maximum may have risen, with scores as far off as they may be; a version may begin with the last key.
    let mut rises = 1.0;
    let mut before = f64::NEG_INFINITY;
    for &(score, off) in &scores {
        if score + 2.0 * off >= before {
            rises += 1.0;
        }
        before = before.max(score);
    }
    let sum: f64 = scores.iter().map(|s| (s.0 - highest).exp()).sum();
    let weights: Vec<(f64, f64)> = scores
        .iter()
        .map(|&(score, off)| {
            let below = highest - score;
            let roundings = below + exp_roundings(0.0) * (rises + 1.0) + 4.0 * below + rises + 1.0;
            ((score - highest).exp() / sum, off + roundings * U)
        })
        .collect();
    let chain = (seen as f64 + rises + 3.0) * U;
    let average: f64 = weights.iter().map(|(p, off)| p * off).sum();
    for (d, allowed) in allowed.iter_mut().enumerate() {
        let mut off = reference[at + d].abs() * (average + chain + (DIVISION + 1.0) * U);
        for (key, (p, weight_off)) in weights.iter().enumerate() {
            let place = cache + key * dim + d;
            off += p * (inputs.values.0[place].abs() * (weight_off + chain) + inputs.values.1[place]);
        }
        *allowed = off;
    }
}

/// Errors of a rotated and normalised head, before attention: the factor over `cols` numbers (0: none), its product, and
/// the rotation's 4 roundings of both partners.
pub fn rotated_errors(x: &[f64], dim: usize, cols: usize) -> Vec<f64> {
    let factor = if cols > 0 { rms_factor_roundings(cols) + 1.0 } else { 0.0 };
    let half = dim / 2;
    // A rotation keeps a pair's length, so the pair before it is bounded by the pair after it.
    let pair = |i: usize| {
        let partner = if i % dim < half { i + half } else { i - half };
        x[i].hypot(x[partner]) * std::f64::consts::SQRT_2
    };
    (0..x.len()).map(|i| pair(i) * (factor + 6.0) * U).collect()
}

/// Cosines of f32: the product `D + 8` roundings of the sum of magnitudes (one of them the query's), the length half of
/// that, the root and two products.
pub fn cosine_scores(rows: &[f32], queries: &[f32], dims: usize, reference: &[f64], got: &[f32]) -> f64 {
    let count = rows.len() / dims;
    let chain = dims as f64 + 8.0;
    let length = |v: &[f32]| v.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
    worst(reference, got, |i| {
        let (row, query) = (&rows[i % count * dims..][..dims], &queries[i / count * dims..][..dims]);
        let magnitude: f64 = row.iter().zip(query).map(|(a, b)| (f64::from(*a) * f64::from(*b)).abs()).sum();
        let lengths = length(row) * length(query);
        let share = if lengths > 0.0 { magnitude / lengths } else { 0.0 };
        share * chain * U + reference[i].abs() * (chain / 2.0 + INVERSE_ROOT + 2.0) * U
    })
}

/// Cosines of INT8: sums are exact; two conversions, the root, the query's length and two products.
pub fn cosine_scores_int8(reference: &[f64], got: &[f32]) -> f64 {
    worst(reference, got, |i| reference[i].abs() * (1.5 + INVERSE_ROOT + 3.0) * U)
}

/// Each number within its own bound.
pub fn within(reference: &[f64], got: &[f32], allowed: &[f64]) -> f64 {
    worst(reference, got, |i| allowed[i])
}
