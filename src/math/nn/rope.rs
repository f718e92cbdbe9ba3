//! Rotary position embedding.

/// Cosines, then sines, of the angles `position base^(-2 j / dim)`, `j < dim / 2`.
///
/// # Shapes
/// -> `[dim]`
/// # Source
/// Su et al. 2021, arXiv:2104.09864, section 3.2.2.
pub fn rope_turns(position: usize, dim: usize, base: f64) -> Vec<f64> {
    let angle = |j: usize| position as f64 * base.powf(-2.0 * j as f64 / dim as f64);
    let angles: Vec<f64> = (0..dim / 2).map(angle).collect();
    angles.iter().map(|a| a.cos()).chain(angles.iter().map(|a| a.sin())).collect()
}

/// Rotates every head of every token by its position, the first token standing at `position`; partners are half a head
/// apart, as in Llama's published weights. `sign = -1` rotates back.
///
/// # Shapes
/// `x [T, H D]` with `width = H D` -> the same
pub fn rope(x: &[f64], width: usize, dim: usize, position: usize, base: f64, sign: f64) -> Vec<f64> {
    let half = dim / 2;
    let mut y = x.to_vec();
    for (token, row) in y.chunks_exact_mut(width).enumerate() {
        let turns = rope_turns(position + token, dim, base);
        for head in row.chunks_exact_mut(dim) {
            for j in 0..half {
                let (a, b, cosine, sine) = (head[j], head[j + half], turns[j], sign * turns[half + j]);
                head[j] = a * cosine - b * sine;
                head[j + half] = b * cosine + a * sine;
            }
        }
    }
    y
}
