//! How closely a product must agree with its reference; each bound derived. At most 1 is agreement.

use crate::kernels::agreement::{U, WRONG, ratio, worst};
use crate::math::{AdamW, IntegerRows, Moments};

/// Sums of `terms` products in any order: each is off by at most `(terms + 2) u sum |a b|` (one rounding a product, one an
/// addition, one to spare for a scale).
///
/// `reference` holds the sums, `magnitudes` the sums of `|a b|`.
pub fn products(reference: &[f64], magnitudes: &[f64], got: &[f32], terms: usize) -> f64 {
    if reference.len() != got.len() || reference.len() != magnitudes.len() {
        return WRONG;
    }
    let roundings = (terms + 2) as f64 * U;
    worst((0..got.len()).map(|i| ratio(reference[i], f64::from(got[i]), roundings * magnitudes[i])))
}

/// The gradients and outputs of a low-rank update pass through two sums, of `first` and then `second` terms: the first
/// ones' roundings are carried by the second's magnitudes.
pub fn chained_products(reference: &[f64], magnitudes: &[f64], got: &[f32], first: usize, second: usize) -> f64 {
    // (1 + a u)(1 + b u) <= 1 + (a + b + 1) u for sums this short; two to spare for the scale on either side.
    products(reference, magnitudes, got, first + second + 5)
}

/// Parameters and moments after one step of AdamW from the same state.
///
/// `m` and `v` are two products and a sum with a constant rounded once: `4 u` of the terms' magnitudes, `v`'s being of one
/// sign. The step divides three times (WGSL: 2.5 units in the last place, `5 u`) and takes a root (`9 u`, as 1 over an
/// inverse root of 2 units): with the constants `32 u` of itself and what `m` was off by. Two roundings of `p` come last.
pub fn adamw(before: &Moments, g: &[f32], settings: &AdamW, step: u32, after: &Moments, got: [&[f32]; 3]) -> f64 {
    if got.iter().any(|part| part.len() != g.len()) {
        return WRONG;
    }
    let (beta1, beta2) = (f64::from(settings.beta1), f64::from(settings.beta2));
    let (correction1, correction2) = (1.0 - beta1.powi(step as i32), 1.0 - beta2.powi(step as i32));
    let rate = f64::from(settings.rate);
    worst((0..g.len()).map(|i| {
        let slope = f64::from(g[i]);
        let mean_off = 4.0 * U * ((beta1 * before.m[i]).abs() + ((1.0 - beta1) * slope).abs());
        let root = (after.v[i] / correction2).sqrt() + f64::from(settings.epsilon);
        let move_off = mean_off / correction1 / root + 32.0 * U * (after.m[i] / correction1 / root).abs();
        let decay_off = 4.0 * U * f64::from(settings.decay) * before.p[i].abs();
        let parameter_off = 2.0 * U * before.p[i].abs().max(after.p[i].abs()) + rate * (move_off + decay_off);
        ratio(after.m[i], f64::from(got[1][i]), mean_off)
            .max(ratio(after.v[i], f64::from(got[2][i]), 5.0 * U * after.v[i]))
            .max(ratio(after.p[i], f64::from(got[0][i]), parameter_off))
    }))
}

/// Activations as integers.
///
/// A step is `max / 127` as one product with a constant that is rounded itself. `x 127 / max` is a quotient (WGSL: 2.5
/// units in the last place, `5 u`) and a product, so codes may differ only where it lies within `6 u` of a tie.
pub fn quantized_rows(x: &[f32], reference: &IntegerRows, got: &IntegerRows) -> f64 {
    if got.codes.len() != reference.codes.len() || got.steps.len() != reference.steps.len() {
        return WRONG;
    }
    let steps = reference.steps.iter().zip(&got.steps).map(|(&a, &b)| {
        let (a, b) = (f64::from(a), f64::from(b));
        ratio(a, b, 3.0 * U * a)
    });
    let groups = reference.cols.div_ceil(reference.group);
    let codes = x.iter().enumerate().map(|(i, &x)| {
        let (a, b) = (f64::from(reference.codes[i]), f64::from(got.codes[i]));
        let step = reference.steps[i / reference.cols * groups + i % reference.cols / reference.group];
        if a == b {
            return 0.0;
        }
        if (a - b).abs() > 1.0 { WRONG } else { ratio(f64::from(x) / f64::from(step), (a + b) / 2.0, 8.0 * U * 127.0) }
    });
    worst(steps.chain(codes))
}
