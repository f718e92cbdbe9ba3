//! The gradients of a linear layer with a low-rank update, for the CPU tier: rows added to rows, which become SIMD.
//!
//! Dimension legend: `M` rows of `X`, `K` inputs, `N` outputs, `R` rank.

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

/// A low-rank update of a frozen weight: `W' = W + scale * B A`.
#[derive(Clone, Copy)]
pub struct LowRankUpdate<'a> {
    /// `[R, K]`
    pub a: &'a [f32],
    /// `[N, R]`
    pub b: &'a [f32],
    /// `R`, at least 1
    pub rank: usize,
    /// `alpha / R`
    pub scale: f32,
}

/// What the update adds to the gradient at the inputs, and the gradients at its own matrices.
pub struct LowRankGradients {
    /// `[R, K]`
    pub da: Vec<f32>,
    /// `[N, R]`
    pub db: Vec<f32>,
}

impl LowRankUpdate<'_> {
    fn cols(&self) -> usize {
        self.a.len() / self.rank
    }

    fn rows(&self) -> usize {
        self.b.len() / self.rank
    }

    /// `z = x A^T`, kept for the backward pass.
    ///
    /// # Shapes
    /// `x [M, K]` -> `[M, R]`
    pub fn down(&self, x: &[f32]) -> Vec<f32> {
        let dot = |x: &[f32], a: &[f32]| super::product::dot(x, a);
        x.chunks_exact(self.cols()).flat_map(|x| self.a.chunks_exact(self.cols()).map(move |a| dot(x, a))).collect()
    }

    /// `y += scale z B^T`
    ///
    /// # Shapes
    /// `z [M, R]`, `y [M, N]`
    pub fn add_up(&self, z: &[f32], y: &mut [f32]) {
        for (z, y) in z.chunks_exact(self.rank).zip(y.chunks_exact_mut(self.rows())) {
            for (y, b) in y.iter_mut().zip(self.b.chunks_exact(self.rank)) {
                *y += self.scale * super::product::dot(z, b);
            }
        }
    }

    /// `dz = scale dy B`, `db = scale dy^T z`, `da = dz^T x`, `dx += dz A`
    ///
    /// # Shapes
    /// `x [M, K]`, `dy [M, N]`, `z [M, R]`, `dx [M, K]`
    pub fn gradients(&self, x: &[f32], dy: &[f32], z: &[f32], dx: &mut [f32]) -> LowRankGradients {
        let (rows, cols, rank) = (self.rows(), self.cols(), self.rank);
        let (mut da, mut db) = (vec![0f32; self.a.len()], vec![0f32; self.b.len()]);
        let mut dz = vec![0f32; rank];
        let lines = x.chunks_exact(cols).zip(dy.chunks_exact(rows)).zip(z.chunks_exact(rank));
        for (((x, dy), z), dx) in lines.zip(dx.chunks_exact_mut(cols)) {
            dz.fill(0.0);
            for ((&slope, b), db) in dy.iter().zip(self.b.chunks_exact(rank)).zip(db.chunks_exact_mut(rank)) {
                add_row(&mut dz, self.scale * slope, b);
                add_row(db, self.scale * slope, z);
            }
            for ((&dz, a), da) in dz.iter().zip(self.a.chunks_exact(cols)).zip(da.chunks_exact_mut(cols)) {
                add_row(da, dz, x);
                add_row(dx, dz, a);
            }
        }
        LowRankGradients { da, db }
    }
}

#[cfg(test)]
mod tests {
    use super::super::FastStorage as Storage;
    use super::*;
    use crate::math::{LoraShape, gaussian, lora_backward, lora_forward};

    /// Every value is a sum of at most `terms` products: each is off by at most `(terms + 4) u sum |a b|`.
    fn close(got: &[f32], reference: &[f64], sizes: &[f64], terms: usize) {
        let u = f64::from(f32::EPSILON) / 2.0;
        for (i, got) in got.iter().enumerate() {
            let allowed = (terms + 4) as f64 * u * sizes[i];
            assert!((f64::from(*got) - reference[i]).abs() <= allowed, "{i}: {got} instead of {}", reference[i]);
        }
    }

    #[test]
    fn gradients_agree_with_the_reference() {
        // Beyond a stretch, and around the tile of four rows.
        for (m, n, k, r) in [(1, 1, 1, 1), (3, 5, 7, 2), (2, 4, 33, 3), (5, 3, 1030, 4), (7, 9, 64, 8)] {
            let shape = LoraShape { m, n, k, r };
            let [x, dy, w] = [(m, k, 1), (m, n, 2), (n, k, 3)].map(|(rows, cols, seed)| gaussian(rows, cols, seed));
            let (a, b) = (gaussian(r, k, 4), gaussian(n, r, 5));
            let frozen = Weights::pack(&w, n, k, Storage::F32).expect("small");
            let update = LowRankUpdate { a: &a, b: &b, rank: r, scale: 1.5 };
            let z = update.down(&x);
            let mut y = vec![0f32; m * n];
            super::super::product_rows(
                &super::super::FastActivations::new(&x, &frozen),
                &frozen,
                0..n,
                super::super::FastVersion::Tiles,
                &mut y,
            );
            update.add_up(&z, &mut y);
            let mut dx = input_gradient(&dy, &frozen);
            let slopes = update.gradients(&x, &dy, &z, &mut dx);

            let size = |values: &[f32]| values.iter().map(|v| v.abs()).collect::<Vec<_>>();
            let [x_size, dy_size, w_size, a_size, b_size] = [&x, &dy, &w, &a, &b].map(|v| size(v));
            let sizes = lora_backward(&x_size, &dy_size, &w_size, (&a_size, &b_size), 1.5, shape);
            let reference = lora_backward(&x, &dy, &w, (&a, &b), 1.5, shape);
            let y_size = lora_forward(&x_size, &w_size, &a_size, &b_size, 1.5, shape);
            close(&y, &lora_forward(&x, &w, &a, &b, 1.5, shape), &y_size, 2 * k + r);
            close(&dx, &reference.dx, &sizes.dx, 2 * n + r);
            close(&slopes.da, &reference.da, &sizes.da, n + m);
            close(&slopes.db, &reference.db, &sizes.db, k + m);
        }
    }
}
