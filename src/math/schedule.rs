//! The learning rate of each step.

/// How the rate goes on after the warm-up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Decay {
    Constant,
    /// Straight down to this part of the highest.
    Linear {
        last: f64,
    },
    /// Half a cosine down to this part of the highest.
    Cosine {
        last: f64,
    },
}

/// The rate of a step, counted from 1, as a part of the highest: a straight rise over `warm` of all steps (at least one), then
/// as `decay` says.
///
/// # Source
/// Loshchilov & Hutter 2017, arXiv:1608.03983, equation 5, without restarts.
pub fn rate_of_step(step: u32, steps: u32, warm: f64, decay: Decay) -> f64 {
    let (step, steps) = (f64::from(step), f64::from(steps));
    let warm = (steps * warm).max(1.0);
    if step <= warm {
        return step / warm;
    }
    let done = (step - warm) / (steps - warm).max(1.0);
    match decay {
        Decay::Constant => 1.0,
        Decay::Linear { last } => last + (1.0 - last) * (1.0 - done),
        Decay::Cosine { last } => last + (1.0 - last) * 0.5 * (1.0 + (std::f64::consts::PI * done).cos()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_rise_and_fall() {
        for decay in [Decay::Constant, Decay::Linear { last: 0.0 }, Decay::Cosine { last: 0.0 }] {
            assert_eq!(rate_of_step(5, 100, 0.1, decay), 0.5);
            assert_eq!(rate_of_step(10, 100, 0.1, decay), 1.0);
        }
        assert_eq!(rate_of_step(100, 100, 0.1, Decay::Constant), 1.0);
        assert!((rate_of_step(55, 100, 0.1, Decay::Linear { last: 0.0 }) - 0.5).abs() < 1e-12);
        assert!((rate_of_step(55, 100, 0.1, Decay::Cosine { last: 0.2 }) - 0.6).abs() < 1e-12);
        assert!(rate_of_step(100, 100, 0.1, Decay::Cosine { last: 0.0 }).abs() < 1e-12);
        assert!((rate_of_step(100, 100, 0.0, Decay::Linear { last: 0.3 }) - 0.3).abs() < 1e-12);
    }
}
