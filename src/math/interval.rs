//! How sure a measured number is: intervals that hold the true value in 95 of 100 cases.

/// The share of cases in which an interval holds the true value.
const CONFIDENCE: f64 = 0.95;
/// The standard normal number that is exceeded in either direction in the other cases.
const NORMAL: f64 = 1.959_963_984_540_054;

/// A number and the interval around it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    pub mean: f64,
    pub low: f64,
    pub high: f64,
}

/// The mean of what several seeds gave, with Student's interval: `mean ± t s / sqrt(n)`, `s` the sample's standard
/// deviation. `None` for fewer than two: one number says nothing of its spread.
///
/// # Source
/// "Student" 1908, Biometrika 6(1); for normally distributed results.
pub fn mean_interval(values: &[f64]) -> Option<Interval> {
    let count = values.len() as f64;
    if values.len() < 2 {
        return None;
    }
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let reach = student_quantile(values.len() - 1) * (variance / count).sqrt();
    Some(Interval { mean, low: mean - reach, high: mean + reach })
}

/// The share `right / total` with Wilson's interval, which stays within 0 and 1 and is of use near both; `None` for a
/// share of nothing.
///
/// `(p + z^2 / 2n ± z sqrt(p (1 - p) / n + z^2 / 4n^2)) / (1 + z^2 / n)`
///
/// # Source
/// Wilson 1927, J. Am. Stat. Assoc. 22(158).
pub fn share_interval(right: u32, total: u32) -> Option<Interval> {
    if total == 0 || right > total {
        return None;
    }
    let (n, p, square) = (f64::from(total), f64::from(right) / f64::from(total), NORMAL * NORMAL);
    let middle = p + square / (2.0 * n);
    let reach = NORMAL * (p * (1.0 - p) / n + square / (4.0 * n * n)).sqrt();
    let whole = 1.0 + square / n;
    Some(Interval { mean: p, low: ((middle - reach) / whole).max(0.0), high: ((middle + reach) / whole).min(1.0) })
}

/// The number that Student's t with `freedom` degrees of freedom exceeds in either direction in 5 of 100 cases.
fn student_quantile(freedom: usize) -> f64 {
    // Of one degree it is 12.7, the largest.
    let (mut low, mut high) = (0.0, 16.0);
    // Halved until neighbours in f64.
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if student_within(middle, freedom) < CONFIDENCE { low = middle } else { high = middle }
    }
    (low + high) / 2.0
}

/// The probability that `|t|` of Student's distribution is below a number: a finite sum for whole degrees of freedom.
///
/// # Source
/// Abramowitz & Stegun 1964, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
fn student_within(t: f64, freedom: usize) -> f64 {
    let angle = (t / (freedom as f64).sqrt()).atan();
    let (sine, cosine) = angle.sin_cos();
    let odd = freedom % 2 == 1;
    // Terms `cos`, `2/3 cos^3`, `2 4/(3 5) cos^5` .. for odd ones; `1`, `1/2 cos^2`, `1 3/(2 4) cos^4` .. for even ones.
    let (mut term, mut sum) = if odd { (cosine, 0.0) } else { (1.0, 0.0) };
    let mut at = if odd { 3 } else { 2 };
    while at <= freedom {
        sum += term;
        term *= (at - 1) as f64 / at as f64 * cosine * cosine;
        at += 2;
    }
    if odd { 2.0 / std::f64::consts::PI * (angle + sine * sum) } else { sine * sum }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn students_quantiles_are_those_of_the_tables() {
        // R's qt(0.975, df), to ten digits.
        for (freedom, expected) in [
            (1, 12.706_204_736),
            (2, 4.302_652_730),
            (3, 3.182_446_305),
            (4, 2.776_445_105),
            (9, 2.262_157_163),
            (10, 2.228_138_852),
            (30, 2.042_272_456),
            (120, 1.979_930_405),
        ] {
            let got = student_quantile(freedom);
            assert!((got - expected).abs() < 1e-8, "{freedom}: {got}");
        }
        assert!((student_quantile(100_000) - NORMAL).abs() < 1e-4);
    }

    #[test]
    fn a_mean_has_students_interval() {
        // Standard deviation 1, so that the reach is t / sqrt(3).
        let got = mean_interval(&[1.0, 2.0, 3.0]).unwrap();
        let reach = 4.302_652_730 / 3f64.sqrt();
        assert!((got.mean - 2.0).abs() < 1e-12, "{got:?}");
        assert!((got.low - (2.0 - reach)).abs() < 1e-8 && (got.high - (2.0 + reach)).abs() < 1e-8, "{got:?}");
        assert_eq!(mean_interval(&[0.5, 0.5]), Some(Interval { mean: 0.5, low: 0.5, high: 0.5 }));
        assert_eq!((mean_interval(&[0.5]), mean_interval(&[])), (None, None));
    }

    #[test]
    fn a_share_has_wilsons_interval() {
        // binom.confint(method = "wilson") of R's package binom, to four digits.
        for (right, total, low, high) in [
            (8, 10, 0.4902, 0.9433),
            (0, 10, 0.0, 0.2775),
            (10, 10, 0.7225, 1.0),
            (50, 100, 0.4038, 0.5962),
            (1, 1, 0.2065, 1.0),
        ] {
            let got = share_interval(right, total).unwrap();
            assert!((got.low - low).abs() < 5e-5 && (got.high - high).abs() < 5e-5, "{right} of {total}: {got:?}");
            assert_eq!(got.mean, f64::from(right) / f64::from(total));
        }
        assert_eq!((share_interval(0, 0), share_interval(2, 1)), (None, None));
    }
}
