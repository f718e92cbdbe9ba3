//! Norms and softmax of rows.

use super::wide;

/// `1 / sqrt(mean(x^2) + epsilon)` of one row.
///
/// # Source
/// Zhang and Sennrich 2019, arXiv:1910.07467; epsilon inside the root as in Llama.
pub fn rms_factor(row: &[f32], epsilon: f32) -> f64 {
    let squares: f64 = row.iter().map(|&x| f64::from(x) * f64::from(x)).sum();
    1.0 / (squares / row.len() as f64 + f64::from(epsilon)).sqrt()
}

/// `y = x gain / sqrt(mean(x^2) + epsilon)`, row by row.
///
/// # Shapes
/// `x [T, C]`, `gain [C]` -> `[T, C]`
pub fn rms_norm(x: &[f32], gain: &[f32], epsilon: f32) -> Vec<f64> {
    let scaled = |row: &[f32]| -> Vec<f64> {
        let factor = rms_factor(row, epsilon);
        row.iter().zip(gain).map(|(&x, &g)| f64::from(x) * factor * f64::from(g)).collect()
    };
    x.chunks_exact(gain.len()).flat_map(scaled).collect()
}

/// `y = (x - mean) / sqrt(variance + epsilon) gain + bias`, row by row.
///
/// # Shapes
/// `x [T, C]`, `gain [C]`, `bias [C]` -> `[T, C]`
/// # Source
/// Ba, Kiros and Hinton 2016, arXiv:1607.06450.
pub fn layer_norm(x: &[f32], gain: &[f32], bias: &[f32], epsilon: f32) -> Vec<f64> {
    let scaled = |row: &[f32]| -> Vec<f64> {
        let row = wide(row);
        let mean = row.iter().sum::<f64>() / row.len() as f64;
        let variance = row.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / row.len() as f64;
        let factor = 1.0 / (variance + f64::from(epsilon)).sqrt();
        let affine = gain.iter().zip(bias);
        row.iter().zip(affine).map(|(x, (&g, &b))| (x - mean) * factor * f64::from(g) + f64::from(b)).collect()
    };
    x.chunks_exact(gain.len()).flat_map(scaled).collect()
}

/// Columns that row `row` sees: all, or `0..=offset + row % period`.
pub fn visible(row: usize, cols: usize, causal: Option<(usize, usize)>) -> usize {
    causal.map_or(cols, |(period, offset)| cols.min(offset + row % period + 1))
}

/// `softmax(scale x)`, row by row; `causal` is `(period, offset)` of [`visible`], and what is not seen gets 0.
///
/// # Shapes
/// `x [N, C]` -> `[N, C]`
pub fn softmax(x: &[f32], cols: usize, scale: f32, causal: Option<(usize, usize)>) -> Vec<f64> {
    let shares = |(row, x): (usize, &[f32])| -> Vec<f64> {
        let seen = visible(row, cols, causal);
        let z: Vec<f64> = x[..seen].iter().map(|&x| f64::from(x) * f64::from(scale)).collect();
        let highest = z.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let e: Vec<f64> = z.iter().map(|z| (z - highest).exp()).collect();
        let sum: f64 = e.iter().sum();
        e.iter().map(|e| e / sum).chain(std::iter::repeat_n(0.0, cols - seen)).collect()
    };
    x.chunks_exact(cols).enumerate().flat_map(shares).collect()
}
