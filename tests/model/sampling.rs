//! Drawing the next token.

use afina::math::{Generator, Sampling, sample};

fn logits(count: usize, seed: u32) -> Vec<f32> {
    let mut numbers = Generator::new(seed);
    (0..count).map(|_| (3.0 * numbers.normal()) as f32).collect()
}

#[test]
fn the_table_is_in_order_and_adds_up() {
    for seed in 0..50 {
        let logits = logits(101, seed);
        let sampling = Sampling { temperature: 0.7, top_k: 40, top_p: 0.9, seed };
        let sampled = sample(&logits, &sampling, seed);
        let table = &sampled.candidates;
        let sum = |part: fn(&afina::math::Candidate) -> f64| table.iter().map(part).sum::<f64>();
        for total in [sum(|c| c.model), sum(|c| c.heated), sum(|c| c.kept)] {
            assert!((total - 1.0).abs() < 1e-12, "{total}");
        }
        assert!(table.is_sorted_by(|a, b| a.model >= b.model && a.heated >= b.heated && a.kept >= b.kept));
        let mut tokens: Vec<u32> = table.iter().map(|c| c.token).collect();
        tokens.sort_unstable();
        assert_eq!(tokens, (0..101).collect::<Vec<u32>>());
        assert!(table.iter().any(|c| c.token == sampled.token && c.kept > 0.0));
    }
}

#[test]
fn temperature_divides_the_logits() {
    let logits = [1.0f32, 3.0, -2.0];
    let table = sample(&logits, &Sampling { temperature: 2.0, ..Sampling::default() }, 0).candidates;
    // log p differs by the difference of the logits over the temperature.
    assert!(((table[0].heated / table[1].heated).ln() - 1.0).abs() < 1e-12);
    assert!(((table[0].model / table[1].model).ln() - 2.0).abs() < 1e-12);
    assert_eq!(table.iter().map(|c| c.token).collect::<Vec<u32>>(), [1, 0, 2]);
}

#[test]
fn at_temperature_0_the_likeliest_token_comes_and_of_equals_the_first() {
    for position in 0..100 {
        assert_eq!(sample(&logits(77, position), &Sampling::GREEDY, position).candidates[0].kept, 1.0);
        assert_eq!(sample(&[1.0, 5.0, 5.0, -1.0], &Sampling { seed: position, ..Sampling::GREEDY }, position).token, 1);
    }
    assert_eq!(sample(&[2.0], &Sampling::default(), 9).token, 0);
}

#[test]
fn top_k_and_top_p_keep_the_fewest_that_suffice() {
    for seed in 0..50 {
        let logits = logits(101, seed);
        let all = sample(&logits, &Sampling::default(), 0).candidates;
        assert!(all.iter().all(|c| c.kept > 0.0));
        for top_p in [0.01f32, 0.3, 0.9, 0.999] {
            let table = sample(&logits, &Sampling { top_p, ..Sampling::default() }, 0).candidates;
            let kept = table.iter().filter(|c| c.kept > 0.0).count();
            let mass = |count: usize| table[..count].iter().map(|c| c.heated).sum::<f64>();
            assert!(
                kept >= 1 && mass(kept) >= f64::from(top_p) && mass(kept - 1) < f64::from(top_p),
                "{top_p}: {kept}"
            );
            // What is kept keeps its proportions.
            let ratio = table[0].kept / table[0].heated;
            assert!(table[..kept].iter().all(|c| (c.kept / c.heated / ratio - 1.0).abs() < 1e-12));
        }
        for top_k in [1, 2, 50, 101, 1000] {
            let table = sample(&logits, &Sampling { top_k, ..Sampling::default() }, 0).candidates;
            assert_eq!(table.iter().filter(|c| c.kept > 0.0).count(), (top_k as usize).min(101));
            let both = sample(&logits, &Sampling { top_k, top_p: 0.5, ..Sampling::default() }, 0).candidates;
            assert!(both.iter().filter(|c| c.kept > 0.0).count() <= (top_k as usize).min(101));
        }
    }
    // top-p counts what top-k has left: 0.5 of the two halves of 2 tokens is one token.
    let table = sample(&[0.0, 0.0, 0.0, 0.0], &Sampling { top_k: 2, top_p: 0.5, ..Sampling::default() }, 0).candidates;
    assert_eq!(table.iter().map(|c| c.kept).collect::<Vec<f64>>(), [1.0, 0.0, 0.0, 0.0]);
}

#[test]
fn seed_and_position_decide() {
    let logits = logits(101, 3);
    let draw = |seed, position| sample(&logits, &Sampling { seed, ..Sampling::default() }, position).token;
    let text = |seed| (0..64).map(|position| draw(seed, position)).collect::<Vec<u32>>();
    assert_eq!(text(5), text(5));
    assert_ne!(text(5), text(6));
    // Not shifted copies of each other either.
    assert!((1..32).all(|shift| text(5)[shift..] != text(6)[..64 - shift]));
}

/// Draws over positions, and over seeds, follow the table: each count within 5 sigma of its binomial.
#[test]
fn frequencies_are_the_shares() {
    const DRAWS: u32 = 40_000;
    let logits = [0.0f32, 1.0, -1.0, 2.0, 0.5, -3.0];
    let sampling = Sampling { temperature: 0.8, top_k: 5, top_p: 0.98, seed: 11 };
    let table = sample(&logits, &sampling, 0).candidates;
    for by_seed in [false, true] {
        let mut counts = [0u32; 6];
        for i in 0..DRAWS {
            let (seed, position) = if by_seed { (i, 7) } else { (11, i) };
            counts[sample(&logits, &Sampling { seed, ..sampling }, position).token as usize] += 1;
        }
        for candidate in &table {
            let (n, p) = (f64::from(DRAWS), candidate.kept);
            let off = (f64::from(counts[candidate.token as usize]) - n * p).abs();
            assert!(off <= 5.0 * (n * p * (1.0 - p)).sqrt(), "{candidate:?}: {counts:?}");
        }
    }
}
