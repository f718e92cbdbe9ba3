//! A chain of multiply-adds whose end is known beforehand.

/// `rounds` rounds of eight pairs of steps `x = x minus + first`, `x = x minus + second`.
///
/// # Shapes
/// `start [N]` -> `[N]`
pub fn fma(start: &[f32], rounds: usize, minus: f32, first: f32, second: f32) -> Vec<f64> {
    let (minus, first, second) = (f64::from(minus), f64::from(first), f64::from(second));
    let end = |&x: &f32| (0..rounds * 8).fold(f64::from(x), |x, _| (x * minus + first) * minus + second);
    start.iter().map(end).collect()
}
