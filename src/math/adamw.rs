//! One step of AdamW in f64.

use std::ops::Range;

/// The settings of AdamW.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AdamW {
    pub rate: f32,
    pub beta1: f32,
    pub beta2: f32,
    pub epsilon: f32,
    /// Decoupled weight decay.
    pub decay: f32,
}

impl Default for AdamW {
    /// What torch's `AdamW` starts with.
    fn default() -> AdamW {
        AdamW { rate: 1e-3, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.01 }
    }
}

/// Parameters and their two moments.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments {
    pub p: Vec<f64>,
    pub m: Vec<f64>,
    pub v: Vec<f64>,
}

/// Moves the parameters against their gradients; `step` counts from 1, parameters in `kept` are not decayed.
///
/// `m = beta1 m + (1 - beta1) g`, `v = beta2 v + (1 - beta2) g^2`,
/// `p = p - rate (decay p + (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon))`
///
/// # Shapes
/// all `[count]`
/// # Panics
/// If the lengths differ.
/// # Source
/// Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2, with the schedule in `rate`.
pub fn adamw(state: &mut Moments, g: &[f32], settings: &AdamW, step: u32, kept: &[Range<usize>]) {
    let count = g.len();
    assert!(state.p.len() == count && state.m.len() == count && state.v.len() == count, "adamw: {count} gradients");
    let (beta1, beta2) = (f64::from(settings.beta1), f64::from(settings.beta2));
    let (rate, epsilon) = (f64::from(settings.rate), f64::from(settings.epsilon));
    for (i, slope) in g.iter().map(|g| f64::from(*g)).enumerate() {
        state.m[i] = beta1 * state.m[i] + (1.0 - beta1) * slope;
        state.v[i] = beta2 * state.v[i] + (1.0 - beta2) * slope * slope;
        let mean = state.m[i] / (1.0 - beta1.powi(step as i32));
        let square = state.v[i] / (1.0 - beta2.powi(step as i32));
        let decay = if kept.iter().any(|range| range.contains(&i)) { 0.0 } else { f64::from(settings.decay) };
        state.p[i] -= rate * (decay * state.p[i] + mean / (square.sqrt() + epsilon));
    }
}
