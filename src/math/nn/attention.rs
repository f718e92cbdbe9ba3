//! Causal attention over a cache of keys and values.

use super::{rms_factor, rope, wide};

/// The sizes of an attention layer: `T` new tokens, the first at `position`, so `K = position + T` keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AttentionShape {
    pub tokens: usize,
    pub heads: usize,
    pub key_heads: usize,
    pub dim: usize,
    pub position: usize,
}

impl AttentionShape {
    /// `K`
    pub fn keys(&self) -> usize {
        self.position + self.tokens
    }

    /// The key head of a query head.
    pub fn key_head(&self, head: usize) -> usize {
        head / (self.heads / self.key_heads)
    }

    /// Where query `(token, head)` begins in `q`, and key 0 of its head in `keys`.
    pub fn places(&self, token: usize, head: usize) -> (usize, usize) {
        ((token * self.heads + head) * self.dim, self.key_head(head) * self.keys() * self.dim)
    }
}

/// `y = softmax(q K^T / sqrt D) V` over the keys up to each token's own.
///
/// # Shapes
/// `q [T, H, D]`, `keys [J, K, D]`, `values [J, K, D]` -> `[T, H, D]`
/// # Source
/// Vaswani et al. 2017, arXiv:1706.03762, equation 1; Ainslie et al. 2023, arXiv:2305.13245 (shared key heads).
pub fn attention(shape: AttentionShape, q: &[f64], keys: &[f64], values: &[f64]) -> Vec<f64> {
    let dim = shape.dim;
    let mut y = vec![0.0; q.len()];
    for token in 0..shape.tokens {
        for head in 0..shape.heads {
            let (at, cache) = shape.places(token, head);
            let seen = cache..cache + (shape.position + token + 1) * dim;
            let dot = |key: &[f64]| key.iter().zip(&q[at..at + dim]).map(|(k, q)| k * q).sum::<f64>();
            let scores: Vec<f64> =
                keys[seen.clone()].chunks_exact(dim).map(|key| dot(key) / (dim as f64).sqrt()).collect();
            let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let weights: Vec<f64> = scores.iter().map(|s| (s - highest).exp()).collect();
            let sum: f64 = weights.iter().sum();
            for (weight, value) in weights.iter().zip(values[seen].chunks_exact(dim)) {
                for (y, v) in y[at..at + dim].iter_mut().zip(value) {
                    *y += weight / sum * v;
                }
            }
        }
    }
    y
}

/// Norm factor, rotation, the cache's new line and attention of one token: `(q, keys, values, y)`, the keys and values
/// with the new line.
///
/// # Shapes
/// `projected [(H + 2 J) D]`, `x [C]` where there is a norm, `keys [J, P, D]`, `values [J, P, D]`
/// -> `q [H, D]`, `keys [J, P + 1, D]`, `values [J, P + 1, D]`, `y [H, D]`
#[allow(clippy::type_complexity)]
pub fn decode_attention(
    shape: AttentionShape,
    projected: &[f32],
    norm: Option<(&[f32], f32)>,
    base: f64,
    keys: &[f32],
    values: &[f32],
) -> (Vec<f64>, Vec<f64>, Vec<f64>, Vec<f64>) {
    let factor = norm.map_or(1.0, |(x, epsilon)| rms_factor(x, epsilon));
    let scaled: Vec<f64> = projected.iter().map(|&v| f64::from(v) * factor).collect();
    let (q, rest) = scaled.split_at(shape.heads * shape.dim);
    let (key, value) = rest.split_at(shape.key_heads * shape.dim);
    let turned = |x: &[f64]| rope(x, x.len(), shape.dim, shape.position, base, 1.0);
    let grown = |cache: &[f32], new: &[f64]| -> Vec<f64> {
        let line = shape.position * shape.dim;
        (0..shape.key_heads)
            .flat_map(|head| {
                let old = wide(&cache[head * line..(head + 1) * line]);
                old.into_iter().chain(new[head * shape.dim..(head + 1) * shape.dim].iter().copied())
            })
            .collect()
    };
    let (q, keys, values) = (turned(q), grown(keys, &turned(key)), grown(values, value));
    let y = attention(shape, &q, &keys, &values);
    (q, keys, values, y)
}
