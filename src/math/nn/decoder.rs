//! A whole decoder of the Llama family as its paper says, in f64: the independent reference of what `model` runs.
//!
//! Dimension legend: `V` vocabulary, `C` channels, `F` inner channels, `H` query heads, `J` key heads, `D` numbers in a
//! head, `L` layers, `T` tokens.

use super::rope;

/// The sizes of a decoder.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct DecoderShape {
    pub vocabulary: usize,
    pub channels: usize,
    pub inner: usize,
    pub heads: usize,
    pub key_heads: usize,
    pub head_dim: usize,
    pub epsilon: f32,
    pub rope_base: f64,
}

/// The weights of one layer, as they lie in a file.
pub struct DecoderLayer<'a> {
    /// `[C]`
    pub attention_norm: &'a [f32],
    /// `[H D, C]`
    pub query: &'a [f32],
    /// `[J D, C]`
    pub key: &'a [f32],
    /// `[J D, C]`
    pub value: &'a [f32],
    /// `[C, H D]`
    pub output: &'a [f32],
    /// `[C]`
    pub feed_forward_norm: &'a [f32],
    /// `[F, C]`
    pub gate: &'a [f32],
    /// `[F, C]`
    pub up: &'a [f32],
    /// `[C, F]`
    pub down: &'a [f32],
}

/// All weights of a decoder.
pub struct DecoderWeights<'a> {
    /// `[V, C]`
    pub embedding: &'a [f32],
    pub layers: Vec<DecoderLayer<'a>>,
    /// `[C]`
    pub final_norm: &'a [f32],
    /// `[V, C]`; the embedding again in a tied model.
    pub head: &'a [f32],
}

/// What a decoder computes for a text.
pub struct Decoded {
    /// `[T, V]`
    pub logits: Vec<f64>,
    /// Attention probabilities `[L, H, T, T]`; 0 for later keys.
    pub attention: Vec<f64>,
}

/// Runs a decoder over a whole text, position 0 first.
///
/// # Shapes
/// `ids [T]`, each below `V`
/// # Source
/// Touvron et al. 2023, arXiv:2302.13971, section 2.2; the order of operations of `transformers.LlamaForCausalLM`.
pub fn decode(shape: &DecoderShape, weights: &DecoderWeights<'_>, ids: &[u32]) -> Decoded {
    let (c, dim) = (shape.channels, shape.head_dim);
    let row = |&id: &u32| &weights.embedding[id as usize * c..][..c];
    let mut x: Vec<f64> = ids.iter().flat_map(row).map(|&v| f64::from(v)).collect();
    let mut attention = Vec::new();
    for layer in &weights.layers {
        let normed = norm(&x, layer.attention_norm, shape.epsilon);
        let turned = |x: Vec<f64>, heads: usize| rope(&x, heads * dim, dim, 0, shape.rope_base, 1.0);
        let q = turned(product(&normed, layer.query, c), shape.heads);
        let k = turned(product(&normed, layer.key, c), shape.key_heads);
        let v = product(&normed, layer.value, c);
        let p = probabilities(shape, &q, &k, ids.len());
        add(&mut x, &product(&mixed(shape, &p, &v, ids.len()), layer.output, shape.heads * dim));
        attention.extend(p);
        let normed = norm(&x, layer.feed_forward_norm, shape.epsilon);
        let (gate, up) = (product(&normed, layer.gate, c), product(&normed, layer.up, c));
        let h: Vec<f64> = gate.iter().zip(&up).map(|(g, u)| g / (1.0 + (-g).exp()) * u).collect();
        add(&mut x, &product(&h, layer.down, shape.inner));
    }
    let logits = product(&norm(&x, weights.final_norm, shape.epsilon), weights.head, c);
    Decoded { logits, attention }
}

fn norm(x: &[f64], gain: &[f32], epsilon: f32) -> Vec<f64> {
    let scaled = |row: &[f64]| -> Vec<f64> {
        let mean = row.iter().map(|x| x * x).sum::<f64>() / row.len() as f64;
        let factor = 1.0 / (mean + f64::from(epsilon)).sqrt();
        row.iter().zip(gain).map(|(x, &g)| x * factor * f64::from(g)).collect()
    };
    x.chunks_exact(gain.len()).flat_map(scaled).collect()
}

/// `x [T, K]`, `w [N, K]` -> `[T, N]`
fn product(x: &[f64], w: &[f32], cols: usize) -> Vec<f64> {
    let dot = |x: &[f64], w: &[f32]| x.iter().zip(w).map(|(x, &w)| x * f64::from(w)).sum::<f64>();
    x.chunks_exact(cols).flat_map(|x| w.chunks_exact(cols).map(move |w| dot(x, w))).collect()
}

fn add(x: &mut [f64], y: &[f64]) {
    x.iter_mut().zip(y).for_each(|(x, y)| *x += y);
}

/// `q [T, H D]`, `k [T, J D]` -> `[H, T, T]`
fn probabilities(shape: &DecoderShape, q: &[f64], k: &[f64], tokens: usize) -> Vec<f64> {
    let (dim, heads, key_heads) = (shape.head_dim, shape.heads, shape.key_heads);
    let mut out = vec![0.0; heads * tokens * tokens];
    for head in 0..heads {
        let key_head = head / (heads / key_heads);
        for t in 0..tokens {
            let query = &q[(t * heads + head) * dim..][..dim];
            let key = |s: usize| &k[(s * key_heads + key_head) * dim..][..dim];
            let dot = |s: usize| query.iter().zip(key(s)).map(|(q, k)| q * k).sum::<f64>() / (dim as f64).sqrt();
            let scores: Vec<f64> = (0..=t).map(dot).collect();
            let highest = scores.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            let sum: f64 = scores.iter().map(|s| (s - highest).exp()).sum();
            let row = &mut out[(head * tokens + t) * tokens..][..=t];
            row.iter_mut().zip(&scores).for_each(|(p, s)| *p = (s - highest).exp() / sum);
        }
    }
    out
}

/// `p [H, T, T]`, `v [T, J D]` -> `[T, H D]`
fn mixed(shape: &DecoderShape, p: &[f64], v: &[f64], tokens: usize) -> Vec<f64> {
    let (dim, heads, key_heads) = (shape.head_dim, shape.heads, shape.key_heads);
    let mut out = vec![0.0; tokens * heads * dim];
    for t in 0..tokens {
        for head in 0..heads {
            let key_head = head / (heads / key_heads);
            for s in 0..=t {
                let share = p[(head * tokens + t) * tokens + s];
                let value = &v[(s * key_heads + key_head) * dim..][..dim];
                let y = &mut out[(t * heads + head) * dim..][..dim];
                y.iter_mut().zip(value).for_each(|(y, v)| *y += share * v);
            }
        }
    }
    out
}
