//! A decoder computed in f64 with, for every number, how far off an f32 computation of it is likely to be, whichever order
//! sums are taken in.
//!
//! The worst case is of no use here: every product may multiply an error by the sum of its weights' magnitudes, so that two
//! layers turn 1e-7 into 1e3. Roundings do not conspire: they are taken as independent with mean 0 (Higham and Mary 2019,
//! SIAM J. Sci. Comput. 41(5), A2815), so that deviations add up by their squares, and a sum of `n` terms deviates by
//! `sqrt(n + 4) u` of its magnitudes. The 4 covers a scale's rounding in every quantized weight and a factor before or after
//! the sum. A result may be off by one such deviation: every rounding is charged its maximum, three times its
//! deviation, and every partial sum the magnitudes of all of it. A fifth of it is what was seen.
//!
//! `u = 2^-24` is one rounding; a division takes 5, an inverse square root 4, `exp(x)` `2 (3 + 2 |x|)`: what WGSL promises;
//! the processor does better.

use afina::data::llama::LlamaConfig;
use afina::math::rope_turns;

const U: f64 = 1.0 / 16_777_216.0;
/// A number and how far it deviates.
#[derive(Clone, Copy, Debug)]
pub struct Near {
    pub value: f64,
    pub off: f64,
}

fn exact(value: f32) -> Near {
    Near { value: f64::from(value), off: 0.0 }
}

/// A result with the deviation it inherits and its own roundings.
fn rounded(value: f64, inherited: f64, roundings: f64) -> Near {
    Near { value, off: inherited.hypot(roundings * U * value) }
}

fn times(a: Near, b: Near) -> Near {
    rounded(a.value * b.value, (a.value * b.off).hypot(b.value * a.off), 1.0)
}

fn plus(a: Near, b: Near) -> Near {
    rounded(a.value + b.value, a.off.hypot(b.off), 1.0)
}

fn sum(terms: impl Iterator<Item = Near>) -> Near {
    let (mut value, mut squares, mut size, mut count) = (0.0, 0.0, 0.0, 0.0);
    for term in terms {
        value += term.value;
        squares += term.off * term.off;
        size += term.value.abs();
        count += 1.0;
    }
    Near { value, off: squares.sqrt().hypot(f64::sqrt(count + 4.0) * U * size) }
}

fn exp(x: Near) -> Near {
    rounded(x.value.exp(), x.value.exp() * x.off, 2.0 * (3.0 + 2.0 * x.value.abs()))
}

fn over(a: Near, b: Near) -> Near {
    let value = a.value / b.value;
    rounded(value, (a.off / b.value).hypot(value * b.off / b.value), 5.0)
}

/// The most that [`worst`] allows.
pub fn most(reference: &[Near]) -> f64 {
    reference.iter().map(|near| near.off).fold(0.0, f64::max)
}

/// The matrices that are multiplied, in the order of [`LlamaConfig::units`], and the gains of the last norm.
pub struct Held {
    pub units: Vec<Vec<f32>>,
    pub final_norm: Vec<f32>,
}

/// Logits `[T, V]`.
pub fn logits(config: &LlamaConfig, held: &Held, ids: &[u32]) -> Vec<Near> {
    let c = config.channels;
    let (query, key) = config.widths();
    let row = |&id: &u32| held.units[0][id as usize * c..][..c].iter().map(|&v| exact(v));
    let mut x: Vec<Near> = ids.iter().flat_map(row).collect();
    for layer in 0..config.layers {
        let first = 1 + 4 * layer;
        let mut projected = product(&norm(&x, config, None), &held.units[first], c);
        for (position, row) in projected.chunks_exact_mut(query + 2 * key).enumerate() {
            row[..query + key].chunks_exact_mut(config.head_dim).for_each(|head| turn(head, position, config));
        }
        let mixed = attention(&projected, config);
        x = added(&x, &product(&mixed, &held.units[first + 1], query));
        let gated = product(&norm(&x, config, None), &held.units[first + 2], c);
        let h: Vec<Near> = gated.chunks_exact(2 * config.inner).flat_map(|row| swiglu(row, config.inner)).collect();
        x = added(&x, &product(&h, &held.units[first + 3], config.inner));
    }
    let head = if config.tied { 0 } else { held.units.len() - 1 };
    product(&norm(&x, config, Some(&held.final_norm)), &held.units[head], c)
}

fn added(x: &[Near], y: &[Near]) -> Vec<Near> {
    x.iter().zip(y).map(|(&x, &y)| plus(x, y)).collect()
}

fn product(x: &[Near], w: &[f32], cols: usize) -> Vec<Near> {
    let dot = |x: &[Near], w: &[f32]| {
        sum(x.iter().zip(w).map(|(x, &w)| {
            let w = f64::from(w);
            Near { value: x.value * w, off: x.off * w.abs() }
        }))
    };
    x.chunks_exact(cols).flat_map(|x| w.chunks_exact(cols).map(move |w| dot(x, w))).collect()
}

fn norm(x: &[Near], config: &LlamaConfig, gains: Option<&[f32]>) -> Vec<Near> {
    let scaled = |row: &[Near]| -> Vec<Near> {
        let squares = sum(row.iter().map(|&x| times(x, x)));
        let mean = over(squares, Near { value: row.len() as f64, off: 0.0 });
        let under = plus(mean, exact(config.epsilon));
        // d(1 / sqrt s) = ds / (2 s sqrt s)
        let value = 1.0 / under.value.sqrt();
        let factor = rounded(value, value * under.off / (2.0 * under.value), 4.0);
        let gain = |i: usize| gains.map_or(exact(1.0), |gains| exact(gains[i]));
        row.iter().enumerate().map(|(i, &x)| times(times(x, factor), gain(i))).collect()
    };
    x.chunks_exact(config.channels).flat_map(scaled).collect()
}

fn turn(head: &mut [Near], position: usize, config: &LlamaConfig) {
    let half = head.len() / 2;
    let turns = rope_turns(position, head.len(), config.rope_base);
    // The table is rounded once.
    let near = |value: f64| rounded(value, 0.0, 1.0);
    for j in 0..half {
        let (a, b, cosine, sine) = (head[j], head[j + half], near(turns[j]), near(turns[j + half]));
        let minus = |x: Near| Near { value: -x.value, off: x.off };
        head[j] = plus(times(a, cosine), minus(times(b, sine)));
        head[j + half] = plus(times(b, cosine), times(a, sine));
    }
}

fn attention(projected: &[Near], config: &LlamaConfig) -> Vec<Near> {
    let (query, key) = config.widths();
    let (dim, width) = (config.head_dim, query + 2 * key);
    let scale = Near { value: 1.0 / (dim as f64).sqrt(), off: U };
    let mut out = Vec::new();
    for t in 0..projected.len() / width {
        for head in 0..config.heads {
            let shared = head / (config.heads / config.key_heads);
            let q = &projected[t * width + head * dim..][..dim];
            let k = |s: usize| &projected[s * width + query + shared * dim..][..dim];
            let v = |s: usize, d: usize| projected[s * width + query + key + shared * dim + d];
            let scores: Vec<Near> =
                (0..=t).map(|s| times(sum(q.iter().zip(k(s)).map(|(&q, &k)| times(q, k))), scale)).collect();
            let highest = scores.iter().map(|s| s.value).fold(f64::NEG_INFINITY, f64::max);
            // The same number is taken from all: what it is off by cancels. Running maxima cost an exponential each time
            // they rise, at most once a key.
            let weight = |s: &Near| {
                let below = exp(rounded(s.value - highest, s.off, 1.0));
                rounded(below.value, below.off, 7.0 * (t as f64 + 1.0))
            };
            let weights: Vec<Near> = scores.iter().map(weight).collect();
            let total = sum(weights.iter().copied());
            for d in 0..dim {
                out.push(over(sum(weights.iter().enumerate().map(|(s, &w)| times(w, v(s, d)))), total));
            }
        }
    }
    out
}

fn swiglu(row: &[Near], inner: usize) -> Vec<Near> {
    let (gates, ups) = row.split_at(inner);
    let one = |(&gate, &up): (&Near, &Near)| {
        let below = plus(exact(1.0), exp(Near { value: -gate.value, off: gate.off }));
        times(over(gate, below), up)
    };
    gates.iter().zip(ups).map(one).collect()
}

/// The worst of `|value - got|` over what is allowed; at most 1 is agreement.
pub fn worst(reference: &[Near], got: &[f32]) -> f64 {
    assert_eq!(reference.len(), got.len());
    reference.iter().zip(got).fold(0.0, |worst: f64, (near, &got)| {
        let ratio = (near.value - f64::from(got)).abs() / near.off;
        if ratio.is_nan() { f64::INFINITY } else { worst.max(ratio) }
    })
}
