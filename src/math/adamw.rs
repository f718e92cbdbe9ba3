//! One step of AdamW, and of gradient descent with momentum, in f64.

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

/// A number as an optimizer keeps it.
pub trait Kept: Copy {
    /// As it is computed with.
    fn wide(self) -> f64;
    /// As it is kept.
    fn narrow(value: f64) -> Self;
}

impl Kept for f64 {
    fn wide(self) -> f64 {
        self
    }

    fn narrow(value: f64) -> f64 {
        value
    }
}

impl Kept for f32 {
    fn wide(self) -> f64 {
        f64::from(self)
    }

    fn narrow(value: f64) -> f32 {
        value as f32
    }
}

/// Parameters and their two moments; the second is empty where the optimizer has none.
#[derive(Clone, Debug, PartialEq)]
pub struct Moments<F = f64> {
    pub p: Vec<F>,
    pub m: Vec<F>,
    pub v: Vec<F>,
}

/// Which parameters decay: all but those in `kept`.
fn decaying(count: usize, kept: &[Range<usize>]) -> Vec<bool> {
    let mut decays = vec![true; count];
    kept.iter().for_each(|range| decays[range.clone()].fill(false));
    decays
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
pub fn adamw<F: Kept>(state: &mut Moments<F>, g: &[f32], settings: &AdamW, step: u32, kept: &[Range<usize>]) {
    let count = g.len();
    assert!(state.p.len() == count && state.m.len() == count && state.v.len() == count, "adamw: {count} gradients");
    let (beta1, beta2) = (f64::from(settings.beta1), f64::from(settings.beta2));
    let (rate, epsilon) = (f64::from(settings.rate), f64::from(settings.epsilon));
    let (mean_part, square_part) = (1.0 - beta1.powi(step as i32), 1.0 - beta2.powi(step as i32));
    let moments = state.m.iter_mut().zip(&mut state.v);
    for (((p, (m, v)), g), decays) in state.p.iter_mut().zip(moments).zip(g).zip(decaying(count, kept)) {
        let slope = f64::from(*g);
        let mean = beta1 * m.wide() + (1.0 - beta1) * slope;
        let square = beta2 * v.wide() + (1.0 - beta2) * slope * slope;
        (*m, *v) = (F::narrow(mean), F::narrow(square));
        let (mean, square) = (mean / mean_part, square / square_part);
        let decay = if decays { f64::from(settings.decay) } else { 0.0 };
        *p = F::narrow(p.wide() - rate * (decay * p.wide() + mean / (square.sqrt() + epsilon)));
    }
}

/// The settings of gradient descent with momentum.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Sgd {
    pub rate: f32,
    pub momentum: f32,
    /// Decoupled weight decay.
    pub decay: f32,
}

/// Moves the parameters against their gradients; parameters in `kept` are not decayed.
///
/// `m = momentum m + g`, `p = p - rate (decay p + m)`
///
/// # Shapes
/// `p`, `m`, `g [count]`
/// # Panics
/// If the lengths differ.
/// # Source
/// Sutskever et al. 2013, ICML, equations 1 and 2, as torch's `SGD` scales them; the decay is AdamW's.
pub fn sgd<F: Kept>(state: &mut Moments<F>, g: &[f32], settings: &Sgd, kept: &[Range<usize>]) {
    let count = g.len();
    assert!(state.p.len() == count && state.m.len() == count, "sgd: {count} gradients");
    let (rate, momentum) = (f64::from(settings.rate), f64::from(settings.momentum));
    for (((p, m), g), decays) in state.p.iter_mut().zip(&mut state.m).zip(g).zip(decaying(count, kept)) {
        let speed = momentum * m.wide() + f64::from(*g);
        *m = F::narrow(speed);
        let decay = if decays { f64::from(settings.decay) } else { 0.0 };
        *p = F::narrow(p.wide() - rate * (decay * p.wide() + speed));
    }
}

/// An optimizer and its settings.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Rule {
    AdamW(AdamW),
    Sgd(Sgd),
}
