//! From the logits of the next token to a choice: temperature, top-k, top-p, and a number of the seed.

use serde::{Deserialize, Serialize};

use super::likelihood::likeliest;
use super::rng::hash_u32;

/// How the next token is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Sampling {
    /// Divides the logits; 0 takes the likeliest token (of equal ones the first).
    pub temperature: f32,
    /// Only the `k` likeliest tokens; 0 for all.
    pub top_k: u32,
    /// Only the likeliest tokens that together reach this probability; 1 for all.
    pub top_p: f32,
    pub seed: u32,
}

impl Default for Sampling {
    fn default() -> Sampling {
        Sampling { temperature: 1.0, top_k: 0, top_p: 1.0, seed: 1 }
    }
}

impl Sampling {
    /// The likeliest token, always.
    pub const GREEDY: Sampling = Sampling { temperature: 0.0, top_k: 0, top_p: 1.0, seed: 0 };
}

/// A token with its probability in three stages.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Candidate {
    pub token: u32,
    /// As the model says: temperature 1, nothing left out.
    pub model: f64,
    /// After the temperature.
    pub heated: f64,
    /// After top-k and top-p, what is kept made to add up to 1; 0 for what is left out.
    pub kept: f64,
}

/// The next token, and the table it was drawn from.
#[derive(Clone, Debug, PartialEq)]
pub struct Sampled {
    pub token: u32,
    /// All tokens, likeliest first, of equal ones the first first.
    pub candidates: Vec<Candidate>,
}

/// Draws the token that stands at `position`: the same seed and position always draw the same number, whatever was drawn
/// before. Top-k comes before top-p, as in `transformers`; the likeliest token is never left out.
///
/// # Shapes
/// `logits [V]`, finite, at least one
/// # Source
/// Holtzman et al. 2019, arXiv:1904.09751, section 3.1 (top-p); Fan et al. 2018, arXiv:1805.04833 (top-k).
pub fn sample(logits: &[f32], sampling: &Sampling, position: u32) -> Sampled {
    let mut order: Vec<u32> = (0..logits.len() as u32).collect();
    order.sort_by(|&a, &b| logits[b as usize].total_cmp(&logits[a as usize]).then(a.cmp(&b)));
    let sorted: Vec<f64> = order.iter().map(|&token| f64::from(logits[token as usize])).collect();
    let model = shares(&sorted, 1.0);
    let is_greedy = sampling.temperature <= 0.0;
    let heated = if is_greedy { first_only(sorted.len()) } else { shares(&sorted, f64::from(sampling.temperature)) };
    let count = kept(&heated, sampling);
    let mass: f64 = heated[..count].iter().sum();
    let share = |rank: usize| if rank < count { heated[rank] / mass } else { 0.0 };
    let candidate = |(rank, &token): (usize, &u32)| Candidate {
        token,
        model: model[rank],
        heated: heated[rank],
        kept: share(rank),
    };
    let candidates: Vec<Candidate> = order.iter().enumerate().map(candidate).collect();
    let drawn = number(sampling.seed, position);
    let mut below = 0.0;
    let chosen = candidates[..count].iter().find(|candidate| {
        below += candidate.kept;
        drawn < below
    });
    // The shares may add up to a little less than the number drawn.
    let token = chosen.or(candidates[..count].last()).map_or(0, |candidate| candidate.token);
    Sampled { token, candidates }
}

/// The token that [`sample`] draws, without the list of all others where none is needed.
///
/// # Shapes
/// As [`sample`].
pub fn draw_token(logits: &[f32], sampling: &Sampling, position: u32) -> u32 {
    if sampling.temperature <= 0.0 { likeliest(logits) as u32 } else { sample(logits, sampling, position).token }
}

/// `softmax(z / temperature)` of logits in falling order.
fn shares(sorted: &[f64], temperature: f64) -> Vec<f64> {
    let highest = sorted.first().copied().unwrap_or(0.0);
    let weights: Vec<f64> = sorted.iter().map(|z| ((z - highest) / temperature).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|weight| weight / sum).collect()
}

fn first_only(count: usize) -> Vec<f64> {
    (0..count).map(|rank| if rank == 0 { 1.0 } else { 0.0 }).collect()
}

/// How many of the likeliest tokens may be drawn.
fn kept(shares: &[f64], sampling: &Sampling) -> usize {
    let by_count = if sampling.top_k == 0 { shares.len() } else { shares.len().min(sampling.top_k as usize) };
    let top_p = f64::from(sampling.top_p);
    if top_p >= 1.0 {
        return by_count;
    }
    // top-p is of what top-k has left.
    let mass: f64 = shares[..by_count].iter().sum();
    let mut reached = 0.0;
    let enough = shares[..by_count].iter().position(|share| {
        reached += share / mass;
        reached >= top_p
    });
    enough.map_or(by_count, |rank| rank + 1)
}

/// A number in `[0, 1)` with 53 random bits.
fn number(seed: u32, position: u32) -> f64 {
    let bits = |half: u32| u64::from(hash_u32(hash_u32(seed, half), position));
    (((bits(0) << 32) | bits(1)) >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
}
