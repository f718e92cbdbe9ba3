//! The layers of a decoder beside its products, for the CPU tier: rows of f32 in loops that become SIMD.
//!
//! Dimension legend: `C` channels, `F` inner channels, `D` numbers in a head, `K` keys.

use super::product::dot;

/// `y = x / sqrt(mean(x^2) + epsilon)` of one row; gains are in the weights that follow.
///
/// # Shapes
/// `x [C]`, `y [C]`
pub fn fast_rms_norm(x: &[f32], epsilon: f32, y: &mut [f32]) {
    let factor = 1.0 / (dot(x, x) / x.len() as f32 + epsilon).sqrt();
    y.iter_mut().zip(x).for_each(|(y, x)| *y = x * factor);
}

/// Rotates one head; partners are half a head apart.
///
/// # Shapes
/// `head [D]`, `turns [D]`: cosines, then sines
pub fn fast_rope(head: &mut [f32], turns: &[f32]) {
    let (cosines, sines) = turns.split_at(turns.len() / 2);
    let (low, high) = head.split_at_mut(cosines.len());
    for (((a, b), cosine), sine) in low.iter_mut().zip(high).zip(cosines).zip(sines) {
        (*a, *b) = (*a * cosine - *b * sine, *b * cosine + *a * sine);
    }
}

/// `y = softmax(q K^T / sqrt D) V` of one query; `shares` is left with the softmax.
///
/// # Shapes
/// `q [D]`, `keys [K, D]`, `values [K, D]`, `shares [K]`, `y [D]`
pub fn fast_attention(q: &[f32], keys: &[f32], values: &[f32], shares: &mut [f32], y: &mut [f32]) {
    let dim = q.len();
    let scale = 1.0 / (dim as f32).sqrt();
    for (share, key) in shares.iter_mut().zip(keys.chunks_exact(dim)) {
        *share = dot(q, key) * scale;
    }
    let highest = shares.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    shares.iter_mut().for_each(|share| *share = (*share - highest).exp());
    let inverse = 1.0 / shares.iter().sum::<f32>();
    shares.iter_mut().for_each(|share| *share *= inverse);
    y.fill(0.0);
    for (&share, value) in shares.iter().zip(values.chunks_exact(dim)) {
        y.iter_mut().zip(value).for_each(|(y, v)| *y += share * v);
    }
}

/// `h = silu(gate) up`, with `[gate | up]` the halves of a row.
///
/// # Shapes
/// `projected [2 F]`, `h [F]`
pub fn fast_swiglu(projected: &[f32], h: &mut [f32]) {
    let (gates, ups) = projected.split_at(h.len());
    for ((h, gate), up) in h.iter_mut().zip(gates).zip(ups) {
        *h = gate / (1.0 + (-gate).exp()) * up;
    }
}
