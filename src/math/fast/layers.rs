//! The layers of a decoder beside its products, for the CPU tier: rows of f32 in loops that become SIMD.
//!
//! Dimension legend: `C` channels, `F` inner channels, `D` numbers in a head, `K` keys.

use super::lanes::{LANES, Lanes};
use super::product::dot;

/// `y = x / sqrt(mean(x^2) + epsilon)` of one row; gains are in the weights that follow.
///
/// # Shapes
/// `x [C]`, `y [C]`
pub fn fast_rms_norm(x: &[f32], epsilon: f32, y: &mut [f32]) {
    let factor = 1.0 / (dot(x, x) / x.len() as f32 + epsilon).sqrt();
    let factor = Lanes::splat(factor);
    each_block(y, |at, _| block(x, at).times(factor));
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
    let mut highest = f32::NEG_INFINITY;
    for (share, key) in shares.iter_mut().zip(keys.chunks_exact(dim)) {
        *share = dot(q, key) * scale;
        highest = highest.max(*share);
    }
    let minus = Lanes::splat(-highest);
    each_block(shares, |_, block| block.plus(minus).exp());
    let inverse = Lanes::splat(1.0 / shares.iter().sum::<f32>());
    each_block(shares, |_, block| block.times(inverse));
    y.fill(0.0);
    for (&share, value) in shares.iter().zip(values.chunks_exact(dim)) {
        let share = Lanes::splat(share);
        each_block(y, |at, y| y.plus(share.times(block(value, at))));
    }
}

/// `h = silu(gate) up`, with `[gate | up]` the halves of a row.
///
/// # Shapes
/// `projected [2 F]`, `h [F]`
pub fn fast_swiglu(projected: &[f32], h: &mut [f32]) {
    let (gates, ups) = projected.split_at(h.len());
    let one = Lanes::splat(1.0);
    each_block(h, |at, _| {
        let gate = block(gates, at);
        let below = one.plus(gate.times(Lanes::splat(-1.0)).exp());
        gate.over(below).times(block(ups, at))
    });
}

/// `x += y`
///
/// # Shapes
/// both `[N]`
pub fn fast_add(x: &mut [f32], y: &[f32]) {
    each_block(x, |at, x| x.plus(block(y, at)));
}

/// `x *= y`
///
/// # Shapes
/// both `[N]`
pub fn fast_multiply(x: &mut [f32], y: &[f32]) {
    each_block(x, |at, x| x.times(block(y, at)));
}

/// Four numbers from `at` on; zeros behind the end.
#[inline(always)]
fn block(values: &[f32], at: usize) -> Lanes {
    match values[at..].first_chunk::<LANES>() {
        Some(whole) => Lanes::load(whole),
        None => {
            let mut part = [0f32; LANES];
            part[..values.len() - at].copy_from_slice(&values[at..]);
            Lanes::load(&part)
        }
    }
}

/// Replaces numbers four at a time by what `of` makes of their place and of them; the last block may be short.
#[inline(always)]
fn each_block(values: &mut [f32], of: impl Fn(usize, Lanes) -> Lanes) {
    let mut at = 0;
    let (whole, rest) = values.as_chunks_mut::<LANES>();
    for numbers in whole {
        of(at, Lanes::load(numbers)).store(numbers);
        at += LANES;
    }
    if !rest.is_empty() {
        let numbers = of(at, block(rest, 0)).numbers();
        rest.copy_from_slice(&numbers[..rest.len()]);
    }
}
