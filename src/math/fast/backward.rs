//! The gradient at the inputs of a linear layer, for the CPU tier: rows added to rows, which become SIMD.
//!
//! Dimension legend: `M` rows of `X`, `K` inputs, `N` outputs.

use super::decode::Tables;
use super::product::STRETCH;
use super::weights::Weights;

/// Rows of `W` decoded at once, so that a row of the result is loaded once for as many.
const ROWS: usize = 4;

/// The gradient at the inputs of a layer with a frozen weight: `dX = dY W`.
///
/// # Shapes
/// `dy [M, N]`, `w [N, K]` -> `[M, K]`
pub fn input_gradient(dy: &[f32], w: &Weights) -> Vec<f32> {
    let (rows, cols) = (w.rows, w.cols);
    let mut dx = vec![0f32; dy.len() / rows * cols];
    let tables = Tables::new();
    let mut panel = vec![0f32; ROWS * STRETCH];
    for first in (0..rows).step_by(ROWS) {
        let count = ROWS.min(rows - first);
        for from in (0..cols).step_by(STRETCH) {
            let length = STRETCH.min(cols - from);
            for (j, row) in panel.chunks_exact_mut(STRETCH).take(count).enumerate() {
                w.decode(first + j, from, &mut row[..length], &tables);
            }
            for (dy, dx) in dy.chunks_exact(rows).zip(dx.chunks_exact_mut(cols)) {
                let (slopes, out) = (&dy[first..first + count], &mut dx[from..from + length]);
                if let Ok(slopes) = <[f32; ROWS]>::try_from(slopes) {
                    let [a, b, c, d] = std::array::from_fn(|j| &panel[j * STRETCH..][..length]);
                    for (i, out) in out.iter_mut().enumerate() {
                        *out += (slopes[0] * a[i] + slopes[1] * b[i]) + (slopes[2] * c[i] + slopes[3] * d[i]);
                    }
                } else {
                    slopes.iter().enumerate().for_each(|(j, &s)| add_row(out, s, &panel[j * STRETCH..][..length]));
                }
            }
        }
    }
    dx
}

/// `out += factor * row`
#[inline(always)]
fn add_row(out: &mut [f32], factor: f32, row: &[f32]) {
    out.iter_mut().zip(row).for_each(|(out, row)| *out += factor * row);
}

#[cfg(test)]
mod tests {
    use super::super::FastStorage as Storage;
    use super::*;
    use crate::math::{gaussian, matmul_input_gradient};

    #[test]
    fn the_gradient_agrees_with_the_reference() {
        let u = f64::from(f32::EPSILON) / 2.0;
        // Beyond a stretch, and around the tile of four rows.
        for (m, n, k) in [(1, 1, 1), (3, 5, 7), (2, 4, 33), (5, 3, 1030), (7, 9, 64)] {
            let (dy, w) = (gaussian(m, n, 2), gaussian(n, k, 3));
            let frozen = Weights::pack(&w, n, k, Storage::F32).expect("small");
            assert_eq!(frozen.dense(), w);
            let size = |values: &[f32]| values.iter().map(|v| v.abs()).collect::<Vec<_>>();
            let sizes = matmul_input_gradient(&size(&dy), &size(&w), m, n, k);
            let reference = matmul_input_gradient(&dy, &w, m, n, k);
            for ((got, reference), size) in input_gradient(&dy, &frozen).iter().zip(&reference).zip(&sizes) {
                // A sum of `n` products is off by at most `(n + 4) u sum |a b|`.
                let allowed = (n + 4) as f64 * u * size;
                assert!((f64::from(*got) - reference).abs() <= allowed, "{got} instead of {reference}");
            }
        }
    }
}
