//! How well a model predicts a text, and how far one model's predictions are from another's. All of it in f64, from rows of
//! logits.
//!
//! Dimension legend: `T` positions, `V` vocabulary.

/// `z - log sum exp z` of one row.
///
/// # Shapes
/// `logits [V]` -> `[V]`
pub fn log_softmax(logits: &[f32]) -> Vec<f64> {
    let normalizer = log_sum_exp(logits);
    logits.iter().map(|&z| f64::from(z) - normalizer).collect()
}

/// `log sum exp z`, with the largest number taken out first.
fn log_sum_exp(logits: &[f32]) -> f64 {
    let highest = f64::from(logits.iter().copied().fold(f32::NEG_INFINITY, f32::max));
    highest + logits.iter().map(|&z| (f64::from(z) - highest).exp()).sum::<f64>().ln()
}

/// `-log p(target)` at every position, in nats.
///
/// # Shapes
/// `logits [T, V]`, `targets [T]` -> `[T]`
/// # Panics
/// If a target is not below `V`.
pub fn cross_entropy(logits: &[f32], targets: &[u32]) -> Vec<f64> {
    let rows = logits.chunks_exact(width(logits, targets.len()));
    rows.zip(targets).map(|(row, &target)| log_sum_exp(row) - f64::from(row[target as usize])).collect()
}

/// `exp` of the mean cross-entropy: what a die would need as sides to be as hard to predict.
pub fn perplexity(cross_entropies: &[f64]) -> f64 {
    (cross_entropies.iter().sum::<f64>() / cross_entropies.len() as f64).exp()
}

/// `KL(p || q)` at every position, in nats: what it costs to expect `q` where `p` is true. Never negative.
///
/// # Shapes
/// logits of `p` and `q`, both `[T, V]`, `positions = T` -> `[T]`
/// # Source
/// Kullback and Leibler 1951, Ann. Math. Statist. 22(1).
pub fn kl_divergence(reference: &[f32], other: &[f32], positions: usize) -> Vec<f64> {
    let width = width(reference, positions);
    let one = |(p, q): (&[f32], &[f32])| {
        let (p, q) = (log_softmax(p), log_softmax(q));
        // Rounding can leave a divergence of equal rows a little below 0.
        p.iter().zip(&q).map(|(p, q)| p.exp() * (p - q)).sum::<f64>().max(0.0)
    };
    reference.chunks_exact(width).zip(other.chunks_exact(width)).map(one).collect()
}

/// Whether both name the same likeliest token, at every position; of equal ones the first counts.
///
/// # Shapes
/// both `[T, V]`, `positions = T` -> `[T]`
pub fn top_agreement(reference: &[f32], other: &[f32], positions: usize) -> Vec<bool> {
    let width = width(reference, positions);
    let rows = reference.chunks_exact(width).zip(other.chunks_exact(width));
    rows.map(|(a, b)| likeliest(a) == likeliest(b)).collect()
}

/// The place of the largest number; of equal ones the first.
pub fn likeliest(logits: &[f32]) -> usize {
    (1..logits.len()).fold(0, |best, i| if logits[i] > logits[best] { i } else { best })
}

fn width(logits: &[f32], positions: usize) -> usize {
    (logits.len() / positions.max(1)).max(1)
}
