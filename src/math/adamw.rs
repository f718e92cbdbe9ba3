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
    let (mean_part, square_part) = (1.0 - beta1.powi(step as i32), 1.0 - beta2.powi(step as i32));
    let mut decays = vec![true; count];
    kept.iter().for_each(|range| decays[range.clone()].fill(false));
    let moments = state.m.iter_mut().zip(&mut state.v);
    for (((p, (m, v)), g), decays) in state.p.iter_mut().zip(moments).zip(g).zip(decays) {
        let slope = f64::from(*g);
        *m = beta1 * *m + (1.0 - beta1) * slope;
        *v = beta2 * *v + (1.0 - beta2) * slope * slope;
        let (mean, square) = (*m / mean_part, *v / square_part);
        let decay = if decays { f64::from(settings.decay) } else { 0.0 };
        *p -= rate * (decay * *p + mean / (square.sqrt() + epsilon));
    }
}
