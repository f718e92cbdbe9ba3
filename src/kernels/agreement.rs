//! How closely a kernel must agree with its reference, each bound derived; the health check and the tests use the same.
//!
//! Every function returns the worst disagreement in multiples of what is allowed: at most 1 is agreement.
//!
//! `u = 2^-24` is the largest relative error of one f32 rounding. WGSL rounds `+ - *` correctly; divisions, which it does
//! not, are done in integers where the result decides a code, so scales and codes are expected to be equal.

use crate::math::{Cells, Codes, Format, LineStats, MatrixStats, Quantized, Rounding, ScaleStorage, levels, uniform};

/// One rounding: half a unit in the last place, relative.
pub(super) const U: f64 = 1.0 / 16_777_216.0;
/// Returned where no closeness would help.
pub(super) const WRONG: f64 = f64::INFINITY;

/// The largest of some ratios; a NaN counts as wrong.
pub(super) fn worst(ratios: impl Iterator<Item = f64>) -> f64 {
    ratios.fold(0.0, |worst, r| if r.is_nan() { WRONG } else { worst.max(r) })
}

/// `|a - b| / allowed`, 0 where they are equal.
pub(super) fn ratio(a: f64, b: f64, allowed: f64) -> f64 {
    if a == b { 0.0 } else { (a - b).abs() / allowed }
}

/// Values that must be equal to the bit, signs of zeros aside.
pub fn equal(reference: &[f32], got: &[f32]) -> f64 {
    if reference.len() != got.len() {
        return WRONG;
    }
    worst(reference.iter().zip(got).map(|(a, b)| if a == b { 0.0 } else { WRONG }))
}

/// Scales and zero points of the rules that only take extremes: equal, because maxima are exact and the kernel divides
/// in integers.
pub fn scales(reference: &Quantized, got: &Quantized) -> f64 {
    if reference.zeros != got.zeros {
        return WRONG;
    }
    equal(&reference.scales, &got.scales)
}

/// The level of a code as an f64, before scaling and before a zero point is subtracted.
fn level_table(q: &Quantized) -> Vec<f64> {
    levels(q.spec.format, q.spec.symmetry).into_iter().map(f64::from).collect()
}

fn zero_of(q: &Quantized, group: usize) -> f64 {
    q.zeros.get(group).map_or(0.0, |&z| f64::from(z))
}

/// Codes, given the inverses that the kernel used.
///
/// `x = w inverse` is one correctly rounded product, so codes may differ only where `x` lies within 4 roundings of the
/// place where the code changes: the midpoint of two neighbouring levels, or, for stochastic rounding, the point where
/// the random number equals the fraction.
pub fn codes(w: &[f32], reference: &Quantized, got: &Quantized, inverses: &[f32]) -> f64 {
    if reference.codes.len() != got.codes.len() || w.len() != got.codes.len() {
        return WRONG;
    }
    let table = level_table(reference);
    worst((0..w.len()).map(|i| {
        let (a, b) = (reference.codes.get(i), got.codes.get(i));
        if a == b {
            return 0.0;
        }
        match reference.codes {
            Codes::Narrow(_) => {
                let group = reference.groups.of(i);
                let x = f64::from(w[i] * inverses[group]) + zero_of(reference, group);
                boundary_ratio(x, &table, a, b, reference.spec.rounding, i)
            }
            Codes::Half(_) => half_ratio(w[i], a, b, reference.spec.format, reference.spec.rounding, i),
            Codes::Full(_) => WRONG,
        }
    }))
}

/// Codes, given the inverses that the kernel used, without a reference that chose the same scales: to nearest, no other
/// level is nearer than 4 roundings of `x`; stochastically, the level is one of the two neighbours of `x`.
pub fn codes_fit(w: &[f32], got: &Quantized, inverses: &[f32]) -> f64 {
    let table = level_table(got);
    let last = table.len() - 1;
    worst((0..w.len()).map(|i| {
        let (group, code) = (got.groups.of(i), got.codes.get(i) as usize);
        if code > last {
            return WRONG;
        }
        let x = f64::from(w[i] * inverses[group]) + zero_of(got, group);
        let x = x.clamp(table[0], table[last]);
        let allowed = 4.0 * U * x.abs().max(table[code].abs());
        match got.spec.rounding {
            Rounding::Nearest => {
                let excess = (table[code] - x).abs() - (nearest(&table, x) - x).abs();
                if excess == 0.0 { 0.0 } else { excess / (2.0 * allowed) }
            }
            Rounding::Stochastic { .. } => {
                let (below, above) = (table[code.saturating_sub(1)], table[(code + 1).min(last)]);
                let outside = (below - x).max(x - above).max(0.0);
                if outside == 0.0 { 0.0 } else { outside / allowed }
            }
        }
    }))
}

/// How far `x` is from where code `a` becomes code `b`, in multiples of 4 roundings.
fn boundary_ratio(x: f64, table: &[f64], a: u32, b: u32, rounding: Rounding, index: usize) -> f64 {
    if a.abs_diff(b) != 1 || a.max(b) as usize >= table.len() {
        return WRONG;
    }
    let (lower, upper) = (table[a.min(b) as usize], table[a.max(b) as usize]);
    let place = match rounding {
        Rounding::Nearest => (lower + upper) / 2.0,
        Rounding::Stochastic { seed } => lower + f64::from(uniform(seed, index as u32)) * (upper - lower),
    };
    ratio(x, place, 4.0 * U * x.abs().max(place.abs()))
}

/// 16-bit codes are made by integer arithmetic and must be equal to nearest; stochastically the fraction passes through
/// one division (2.5 units in the last place, 5 roundings) and two differences.
fn half_ratio(w: f32, a: u32, b: u32, format: Format, rounding: Rounding, index: usize) -> f64 {
    let Rounding::Stochastic { seed } = rounding else { return WRONG };
    if a.abs_diff(b) != 1 {
        return WRONG;
    }
    let value = |code: u32| match format {
        Format::Bf16 => f64::from(f32::from_bits(code << 16)).abs(),
        _ => f64::from(half::f16::from_bits(code as u16).to_f32()).abs(),
    };
    let (inner, outer) = (value(a.min(b)), value(a.max(b)));
    let fraction = (f64::from(w).abs() - inner) / (outer - inner);
    let u = f64::from(uniform(seed, index as u32));
    let u = if w < 0.0 { 1.0 - u } else { u };
    ratio(fraction, u, 8.0 * U)
}

/// The scale of least squares, against a reference that rounds to nearest as the search does.
///
/// With `n` additions in the longest chain, `sum(w l)` and `sum(l l)` are off by at most `(n + 2) u` of themselves (all
/// terms have one sign), so the merit `sum(w l)^2 / sum(l l)` of a candidate by `3 (n + 2) u`, and the winner can be worse
/// than the best one by twice that. Its scale is off by `2 (n + 2) u`, plus half a unit in the last place where it is
/// stored as f16.
pub fn least_squares(w: &[f32], reference: &Quantized, got: &Quantized, inverses: &[f32], depth: usize) -> f64 {
    if reference.zeros != got.zeros || reference.scales.len() != got.scales.len() {
        return WRONG;
    }
    let roundings = (depth + 2) as f64 * U;
    let storage = match got.spec.scale_storage {
        ScaleStorage::F32 => U,
        // 11 significant bits; below 2^-14 a fixed spacing of 2^-24, which the absolute term covers.
        ScaleStorage::F16 => 1.0 / 2048.0,
        ScaleStorage::Double => return WRONG,
    };
    let table = level_table(reference);
    worst((0..got.scales.len()).map(|group| {
        let range = got.groups.range(group);
        let zero = zero_of(got, group);
        let level = |i: usize| nearest(&table, f64::from(w[i] * inverses[group]) + zero) - zero;
        let reference_level = |i: usize| table[reference.codes.get(i) as usize] - zero;
        let (reached, scale) = merit(w, range.clone(), level);
        let (best, _) = merit(w, range, reference_level);
        let loss = if best == 0.0 { 0.0 } else { ((best - reached) / best).max(0.0) / (6.0 * roundings) };
        let stored = f64::from(got.scales[group]);
        let allowed = (2.0 * roundings + storage) * scale.abs() + 0.5f64.powi(25);
        loss.max(ratio(stored, scale, allowed))
    }))
}

/// `sum(w l)^2 / sum(l l)` and `sum(w l) / sum(l l)`.
fn merit(w: &[f32], range: std::ops::Range<usize>, level: impl Fn(usize) -> f64) -> (f64, f64) {
    let (mut wl, mut ll) = (0.0, 0.0);
    for i in range {
        let l = level(i);
        wl += f64::from(w[i]) * l;
        ll += l * l;
    }
    if ll == 0.0 { (0.0, 0.0) } else { (wl * wl / ll, wl / ll) }
}

/// The level nearest to `x`, by looking at all of them.
fn nearest(table: &[f64], x: f64) -> f64 {
    table.iter().copied().min_by(|a, b| (a - x).abs().total_cmp(&(b - x).abs())).unwrap_or(0.0)
}

/// Weights from codes: one product, so one rounding more at most where a compiler distributes it.
pub fn dequantized(reference: &[f32], got: &[f32]) -> f64 {
    if reference.len() != got.len() {
        return WRONG;
    }
    worst(reference.iter().zip(got).map(|(&a, &b)| {
        let (a, b) = (f64::from(a), f64::from(b));
        ratio(a, b, 2.0 * U * a.abs())
    }))
}

/// Error sums: terms of one sign are off by `(n + 2) u` of the sum, mixed signs by that of the sum of magnitudes, which
/// `sqrt(sum w^2 sum w_hat^2)` bounds.
pub fn line_stats(reference: &[LineStats], got: &[LineStats], depth: usize) -> f64 {
    if reference.len() != got.len() {
        return WRONG;
    }
    let roundings = (depth + 2) as f64 * U;
    worst(reference.iter().zip(got).map(|(a, b)| {
        let sum = |a: f64, b: f64| ratio(a, b, roundings * a);
        let largest = if a.max_abs_error == b.max_abs_error { 0.0 } else { WRONG };
        sum(a.sum_sq_error, b.sum_sq_error)
            .max(sum(a.sum_sq, b.sum_sq))
            .max(sum(a.sum_sq_hat, b.sum_sq_hat))
            .max(ratio(a.dot, b.dot, roundings * (a.sum_sq * a.sum_sq_hat).sqrt()))
            .max(largest)
    }))
}

/// Extremes are equal; mean and variance are sums of differences, each at most the range `max - min`.
pub fn matrix_stats(reference: &MatrixStats, got: &MatrixStats, depth: usize) -> f64 {
    let extremes = |s: &MatrixStats| [s.min, s.max, s.absmax];
    if extremes(reference) != extremes(got) {
        return WRONG;
    }
    let range = f64::from(reference.max) - f64::from(reference.min);
    let roundings = (depth + 3) as f64 * U;
    let mean = ratio(reference.mean, got.mean, roundings * range);
    mean.max(ratio(reference.std.powi(2), got.std.powi(2), 2.0 * roundings * range * range))
}

/// Counts: as many in all, and up to every edge no more difference than values within 4 roundings of that edge.
pub fn counts(values: &[f32], lo: f32, hi: f32, reference: &[u32], got: &[u32]) -> f64 {
    let total = |counts: &[u32]| counts.iter().map(|&n| u64::from(n)).sum::<u64>();
    if reference.len() != got.len() || total(reference) != total(got) {
        return WRONG;
    }
    let bins = reference.len() as f64;
    let places: Vec<f64> =
        values.iter().map(|&v| (f64::from(v) - f64::from(lo)) * bins / (f64::from(hi) - f64::from(lo))).collect();
    let (mut before, mut before_got) = (0i64, 0i64);
    worst((1..reference.len()).map(|edge| {
        before += i64::from(reference[edge - 1]);
        before_got += i64::from(got[edge - 1]);
        let difference = (before - before_got).unsigned_abs();
        let near = |place: &&f64| (**place - edge as f64).abs() <= 4.0 * U * edge as f64;
        if difference == 0 { 0.0 } else { difference as f64 / places.iter().filter(near).count() as f64 }
    }))
}

/// `y = W x`: each output is off by at most `(n + 2) u sum |w x|`.
pub fn product(w: &[f32], x: &[f32], reference: &[f64], got: &[f64], depth: usize) -> f64 {
    if reference.len() != got.len() || x.is_empty() {
        return WRONG;
    }
    let rows = w.chunks_exact(x.len());
    worst(rows.zip(reference.iter().zip(got)).map(|(row, (&a, &b))| {
        let magnitude: f64 = row.iter().zip(x).map(|(w, x)| (f64::from(*w) * f64::from(*x)).abs()).sum();
        ratio(a, b, (depth + 2) as f64 * U * magnitude)
    }))
}

/// Pictures: the same weights, because errors are one correctly rounded difference.
pub fn cells(reference: &Cells, got: &Cells) -> f64 {
    let planes = |c: &Cells| [c.original.clone(), c.dequantized.clone(), c.error.clone()];
    let index = if reference.index == got.index { 0.0 } else { WRONG };
    worst(planes(reference).iter().zip(planes(got)).map(|(a, b)| equal(a, &b)).chain([index]))
}
