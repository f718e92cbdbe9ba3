//! What bends between two products.

use std::f64::consts::{PI, SQRT_2};

/// From here on the continued fraction converges fast; below it the series loses nothing to cancellation.
const SERIES_END: f64 = 2.5;

/// The complementary error function, to about 1e-13 relative.
///
/// # Source
/// Abramowitz and Stegun 1964, 7.1.6 (the series with positive terms) and 7.1.14 (the continued fraction).
pub fn erfc(z: f64) -> f64 {
    if z < 0.0 {
        return 2.0 - erfc(-z);
    }
    if z < SERIES_END {
        let (mut term, mut sum, mut n) = (z, z, 0.0);
        while term > sum * 1e-17 {
            n += 1.0;
            term *= 2.0 * z * z / (2.0 * n + 1.0);
            sum += term;
        }
        return 1.0 - 2.0 / PI.sqrt() * (-z * z).exp() * sum;
    }
    // erfc z = exp(-z^2) / sqrt(pi) / (z + (1/2) / (z + (2/2) / (z + (3/2) / (z + ...)))), from the far end.
    let tail = (1..=200).rev().fold(z, |below, n| z + f64::from(n) / 2.0 / below);
    (-z * z).exp() / (PI.sqrt() * tail)
}

/// `x Phi(x)` with `Phi` the distribution of a standard normal number.
///
/// # Source
/// Hendrycks and Gimpel 2016, arXiv:1606.08415, section 2: the exact form.
pub fn gelu(x: &[f32]) -> Vec<f64> {
    x.iter().map(|&x| f64::from(x) / 2.0 * erfc(-f64::from(x) / SQRT_2)).collect()
}

/// `silu(r gate) (r up)`, with `[gate | up]` the halves of each row and `r` the row's factor.
///
/// # Shapes
/// `projected [T, 2 F]`, `factors [T]` -> `[T, F]`
/// # Source
/// Shazeer 2020, arXiv:2002.05202.
pub fn swiglu(projected: &[f32], factors: &[f64]) -> Vec<f64> {
    let width = projected.len() / factors.len();
    let rows = projected.chunks_exact(width).zip(factors);
    let gated = |(row, &r): (&[f32], &f64)| -> Vec<f64> {
        let (gates, ups) = row.split_at(width / 2);
        let one = |(&gate, &up): (&f32, &f32)| {
            let v = r * f64::from(gate);
            v / (1.0 + (-v).exp()) * (r * f64::from(up))
        };
        gates.iter().zip(ups).map(one).collect()
    };
    rows.flat_map(gated).collect()
}

#[cfg(test)]
mod tests {
    use super::erfc;

    /// Python's `math.erfc`.
    #[test]
    fn erfc_agrees_with_published_values() {
        for (z, expected) in [
            (0.0, 1.0),
            (0.5, 0.479_500_122_186_953_5),
            (1.0, 0.157_299_207_050_285_13),
            (2.4, 6.885_138_966_450_786e-4),
            (2.6, 2.360_344_165_293_492_2e-4),
            (5.0, 1.537_459_794_428_035e-12),
            (-1.0, 1.842_700_792_949_715),
        ] {
            let got = erfc(z);
            assert!((got - expected).abs() <= 3e-13 * expected, "erfc {z}: {got}");
        }
    }
}
