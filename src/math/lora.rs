//! A frozen linear layer with a low-rank update, in f64, and its gradients.
//!
//! Dimension legend: `M` rows of `X` (tokens), `K` inputs, `N` outputs, `R` rank.

/// The sizes of a layer with an update.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LoraShape {
    pub m: usize,
    pub n: usize,
    pub k: usize,
    pub r: usize,
}

/// The gradients that training needs.
#[derive(Clone, Debug, PartialEq)]
pub struct LoraGradients {
    /// `[M, K]`
    pub dx: Vec<f64>,
    /// `[R, K]`
    pub da: Vec<f64>,
    /// `[N, R]`
    pub db: Vec<f64>,
}

/// `z = x A^T`, kept for the backward pass.
fn down(x: &[f32], a: &[f32], LoraShape { m, k, r, .. }: LoraShape) -> Vec<f64> {
    let mut z = vec![0.0; m * r];
    for (at, z) in z.iter_mut().enumerate() {
        let (row, rank) = (at / r, at % r);
        *z = (0..k).map(|i| f64::from(x[row * k + i]) * f64::from(a[rank * k + i])).sum();
    }
    z
}

/// The layer's outputs: `y = x W^T + scale (x A^T) B^T`.
///
/// # Shapes
/// `x [M, K]`, `w [N, K]`, `a [R, K]`, `b [N, R]` -> `[M, N]`
/// # Panics
/// If a slice is too short.
/// # Source
/// Hu et al. 2021, arXiv:2106.09685, section 4.1; `scale` is their `alpha / R`.
pub fn lora_forward(x: &[f32], w: &[f32], a: &[f32], b: &[f32], scale: f32, shape: LoraShape) -> Vec<f64> {
    let LoraShape { m, n, k, r } = shape;
    let z = down(x, a, shape);
    let mut y = vec![0.0; m * n];
    for (at, y) in y.iter_mut().enumerate() {
        let (row, out) = (at / n, at % n);
        let base: f64 = (0..k).map(|i| f64::from(x[row * k + i]) * f64::from(w[out * k + i])).sum();
        let update: f64 = (0..r).map(|j| z[row * r + j] * f64::from(b[out * r + j])).sum();
        *y = base + f64::from(scale) * update;
    }
    y
}

/// What the update adds to the weight: `Delta W = scale B A`.
///
/// # Shapes
/// `a [R, K]`, `b [N, R]` -> `[N, K]`
/// # Panics
/// If a slice is too short.
/// # Source
/// As [`lora_forward`].
pub fn lora_update(a: &[f32], b: &[f32], scale: f32, (n, k, r): (usize, usize, usize)) -> Vec<f64> {
    let mut update = vec![0.0; n * k];
    for (out, row) in update.chunks_exact_mut(k.max(1)).enumerate() {
        for rank in 0..r {
            let factor = f64::from(scale) * f64::from(b[out * r + rank]);
            row.iter_mut().zip(&a[rank * k..]).for_each(|(sum, a)| *sum += factor * f64::from(*a));
        }
    }
    update
}

/// What `dy`, the loss's slope at the outputs, is at the inputs and at the update; the weight is frozen.
///
/// `dz = scale dy B`, `db = scale dy^T z`, `da = dz^T x`, `dx = dy W + dz A`
///
/// # Shapes
/// `x [M, K]`, `dy [M, N]`, `w [N, K]`, `a [R, K]`, `b [N, R]` -> [`LoraGradients`]
/// # Panics
/// If a slice is too short.
/// # Source
/// The chain rule on [`lora_forward`].
pub fn lora_backward(
    x: &[f32],
    dy: &[f32],
    w: &[f32],
    (a, b): (&[f32], &[f32]),
    scale: f32,
    shape: LoraShape,
) -> LoraGradients {
    let LoraShape { m, n, k, r } = shape;
    let (scale, z) = (f64::from(scale), down(x, a, shape));
    let (mut dx, mut da, mut db) = (vec![0.0; m * k], vec![0.0; r * k], vec![0.0; n * r]);
    for row in 0..m {
        let slope = |out: usize| f64::from(dy[row * n + out]);
        for i in 0..k {
            dx[row * k + i] = (0..n).map(|out| slope(out) * f64::from(w[out * k + i])).sum();
        }
        for rank in 0..r {
            let dz = scale * (0..n).map(|out| slope(out) * f64::from(b[out * r + rank])).sum::<f64>();
            for i in 0..k {
                da[rank * k + i] += dz * f64::from(x[row * k + i]);
                dx[row * k + i] += dz * f64::from(a[rank * k + i]);
            }
            for out in 0..n {
                db[out * r + rank] += scale * slope(out) * z[row * r + rank];
            }
        }
    }
    LoraGradients { dx, da, db }
}
