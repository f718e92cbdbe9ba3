//! What the processor computes between products, against the definitions; bounds are those of the kernels, whose promises
//! the processor keeps.

use afina::kernels::nn::agreement::{self, AttentionInputs};
use afina::math::{
    self, AttentionShape, Generator, fast_add, fast_attention, fast_multiply, fast_rms_norm, fast_rope, fast_swiglu,
};

/// Around one register of four, and primes.
const LENGTHS: [usize; 8] = [1, 2, 3, 4, 5, 8, 67, 257];

fn numbers(count: usize, seed: u32) -> Vec<f32> {
    let mut numbers = Generator::new(seed);
    (0..count).map(|_| 2.0 * numbers.normal() as f32).collect()
}

fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| f64::from(v)).collect()
}

#[test]
fn norms_are_those_of_the_definition() {
    for cols in LENGTHS {
        let x = numbers(cols, 1);
        let mut y = vec![f32::NAN; cols];
        fast_rms_norm(&x, 1e-5, &mut y);
        let worst = agreement::rms_norm(cols, &math::rms_norm(&x, &vec![1.0; cols], 1e-5), &y);
        assert!(worst <= 1.0, "{cols}: {worst}");
    }
}

#[test]
fn heads_are_turned_as_defined() {
    for dim in [2, 4, 6, 8, 24, 64] {
        for position in [0, 1, 100] {
            let x = numbers(dim, 2);
            let turns: Vec<f32> = math::rope_turns(position, dim, 1e4).iter().map(|&turn| turn as f32).collect();
            let mut y = x.clone();
            fast_rope(&mut y, &turns);
            let worst = agreement::rope(&wide(&x), dim, &math::rope(&wide(&x), dim, dim, position, 1e4, 1.0), &y);
            assert!(worst <= 1.0, "{dim} at {position}: {worst}");
        }
    }
}

#[test]
fn attention_is_that_of_the_definition() {
    for keys in LENGTHS {
        for dim in [1, 3, 4, 8, 24, 33] {
            let (q, k, v) = (numbers(dim, 3), numbers(keys * dim, 4), numbers(keys * dim, 5));
            let (mut shares, mut y) = (vec![f32::NAN; keys], vec![f32::NAN; dim]);
            fast_attention(&q, &k, &v, &mut shares, &mut y);
            assert!((shares.iter().map(|&s| f64::from(s)).sum::<f64>() - 1.0).abs() < 1e-6 * keys as f64);
            let shape = AttentionShape { tokens: 1, heads: 1, key_heads: 1, dim, position: keys - 1 };
            let [q, k, v] = [q, k, v].map(|values| wide(&values));
            let none = vec![0.0; keys * dim];
            let inputs = AttentionInputs { q: (&q, &none), keys: (&k, &none), values: (&v, &none) };
            let worst = agreement::attention(shape, &inputs, &math::attention(shape, &q, &k, &v), &y);
            assert!(worst <= 1.0, "{keys} keys of {dim}: {worst}");
        }
    }
}

#[test]
fn gates_are_those_of_the_definition() {
    for inner in LENGTHS {
        // Both tails of the exponential.
        let projected: Vec<f32> = numbers(2 * inner, 6).iter().map(|v| v * 20.0).collect();
        let mut h = vec![f32::NAN; inner];
        fast_swiglu(&projected, &mut h);
        let worst = agreement::swiglu(&projected, &[1.0], 0, &math::swiglu(&projected, &[1.0]), &h);
        assert!(worst <= 1.0, "{inner}: {worst}");
    }
}

#[test]
fn sums_and_products_are_exact() {
    for count in LENGTHS {
        let (x, y) = (numbers(count, 7), numbers(count, 8));
        let (mut sum, mut product) = (x.clone(), x.clone());
        fast_add(&mut sum, &y);
        fast_multiply(&mut product, &y);
        let pairs = || x.iter().zip(&y);
        assert_eq!(sum, pairs().map(|(x, y)| x + y).collect::<Vec<f32>>());
        assert_eq!(product, pairs().map(|(x, y)| x * y).collect::<Vec<f32>>());
    }
}
