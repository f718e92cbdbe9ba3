//! How sure a measured accuracy is: 95 % intervals.

/// Student's t for 95 %, two-sided, by degrees of freedom from 1 on: a run has at most five seeds.
const STUDENT: [f64; 4] = [12.706, 4.303, 3.182, 2.776];
/// The same of a normal distribution.
const NORMAL: f64 = 1.96;

/// The interval of a mean over seeds, from their spread; `None` for fewer than two, which have none, and for more than a run
/// can have.
///
/// # Source
/// Student 1908, "The probable error of a mean".
pub(super) fn of_mean(values: &[f64]) -> Option<(f64, f64)> {
    let count = values.len() as f64;
    let t = STUDENT.get(values.len().checked_sub(2)?)?;
    let mean = values.iter().sum::<f64>() / count;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (count - 1.0);
    let half = t * (variance / count).sqrt();
    Some((mean - half, mean + half))
}

/// The interval of a share of `count` answers of one training.
///
/// # Source
/// Wilson 1927, "Probable inference, the law of succession, and statistical inference".
pub(super) fn of_share(share: f64, count: f64) -> (f64, f64) {
    let square = NORMAL * NORMAL / count;
    let middle = (share + square / 2.0) / (1.0 + square);
    let half = NORMAL / (1.0 + square) * (share * (1.0 - share) / count + square / (4.0 * count)).sqrt();
    (middle - half, middle + half)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn intervals_are_those_of_the_books() {
        // R: t.test(c(0.90, 0.92, 0.97))$conf.int
        let (low, high) = of_mean(&[0.90, 0.92, 0.97]).unwrap();
        assert!((low - 0.840_432).abs() < 1e-4 && (high - 1.019_568).abs() < 1e-4, "{low} {high}");
        assert_eq!(of_mean(&[0.9]), None);
        // Wilson for 9 of 10: 0.5958 to 0.9821 (Newcombe 1998, table I has the method; computed by hand from the formula).
        let (low, high) = of_share(0.9, 10.0);
        assert!((low - 0.5958).abs() < 2e-4 && (high - 0.9821).abs() < 2e-4, "{low} {high}");
        let (low, high) = of_share(1.0, 96.0);
        assert!(low > 0.95 && (high - 1.0).abs() < 1e-9, "all right is not certain: {low} {high}");
    }
}
