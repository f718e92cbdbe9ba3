//! Matrix products in f64: a linear layer and its two gradients, by plain loops.
//!
//! Dimension legend: `M` rows of `X` (tokens), `K` inputs, `N` outputs.

/// A linear layer without bias, as torch's `Linear`: `Y = X W^T`.
///
/// # Shapes
/// `x [M, K]`, `w [N, K]` -> `[M, N]`
/// # Panics
/// If the slices do not have these sizes; the border checks them first.
pub fn matmul(x: &[f32], w: &[f32], m: usize, n: usize, k: usize) -> Vec<f64> {
    assert!(x.len() == m * k && w.len() == n * k, "matmul: X [{m}, {k}], W [{n}, {k}]");
    let mut y = vec![0.0; m * n];
    for row in 0..m {
        for out in 0..n {
            for i in 0..k {
                y[row * n + out] += f64::from(x[row * k + i]) * f64::from(w[out * k + i]);
            }
        }
    }
    y
}

/// What the loss's slope at the outputs is at the inputs: `dX = dY W`.
///
/// # Shapes
/// `dy [M, N]`, `w [N, K]` -> `[M, K]`
/// # Panics
/// As [`matmul`].
pub fn matmul_input_gradient(dy: &[f32], w: &[f32], m: usize, n: usize, k: usize) -> Vec<f64> {
    assert!(dy.len() == m * n && w.len() == n * k, "matmul_input_gradient: dY [{m}, {n}], W [{n}, {k}]");
    let mut dx = vec![0.0; m * k];
    for row in 0..m {
        for out in 0..n {
            for i in 0..k {
                dx[row * k + i] += f64::from(dy[row * n + out]) * f64::from(w[out * k + i]);
            }
        }
    }
    dx
}

/// What it is at the weights: `dW = dY^T X`.
///
/// # Shapes
/// `dy [M, N]`, `x [M, K]` -> `[N, K]`
/// # Panics
/// As [`matmul`].
pub fn matmul_weight_gradient(dy: &[f32], x: &[f32], m: usize, n: usize, k: usize) -> Vec<f64> {
    assert!(dy.len() == m * n && x.len() == m * k, "matmul_weight_gradient: dY [{m}, {n}], X [{m}, {k}]");
    let mut dw = vec![0.0; n * k];
    for row in 0..m {
        for out in 0..n {
            for i in 0..k {
                dw[out * k + i] += f64::from(dy[row * n + out]) * f64::from(x[row * k + i]);
            }
        }
    }
    dw
}

/// A matrix with rows and columns of zeros at its end.
///
/// # Shapes
/// `a [rows, cols]` -> `[padded_rows, padded_cols]`
/// # Panics
/// If `a` does not have this size or the result would be smaller.
pub fn pad(a: &[f32], rows: usize, cols: usize, padded_rows: usize, padded_cols: usize) -> Vec<f32> {
    assert!(a.len() == rows * cols && padded_rows >= rows && padded_cols >= cols, "pad: A [{rows}, {cols}]");
    let value = |at: usize| {
        let (row, col) = (at / padded_cols, at % padded_cols);
        if row < rows && col < cols { a[row * cols + col] } else { 0.0 }
    };
    (0..padded_rows * padded_cols).map(value).collect()
}

/// The nearest half-precision number that is not subnormal; magnitudes below `2^-14` become 0.
///
/// # Source
/// WGSL, 2025, section 15.7.2: an implementation may flush subnormal numbers to zero.
pub fn f16_without_subnormals(value: f32) -> f32 {
    let half = half::f16::from_f32(value);
    if half.classify() == std::num::FpCategory::Subnormal { 0.0 } else { half.to_f32() }
}
