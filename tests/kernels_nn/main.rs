//! The kernels of a language model's layers, of vector search, and the ceilings, against their references.
//!
//! Shapes are 1, primes, and one below, at and above a workgroup, a vector and a chunk; versions are chosen by
//! `forced_lanes`: 1 is the first rung of each ladder, more share a line. Tolerances: `kernels::nn::agreement`.
#![cfg(feature = "gpu")]

#[path = "../on_gpu/mod.rs"]
mod shared;

mod decoder;
mod refusals;
mod search;
mod sweep;

use afina::kernels;
use afina::kernels::nn::Heads;
use pollster::block_on;
use shared::on_gpu;

const fn heads(query: usize, key: usize, dim: usize) -> Heads {
    Heads { query, key, dim }
}

/// How many cases each test compares with a reference; a test that compares another number fails.
const CASES: [(&str, usize); 12] = [
    ("rms_norm", 4 * 9 * 2),
    ("layer_norm", 4 * 9),
    ("softmax", 4 * 9 * 3),
    ("rope", 4 * 3 * 2),
    ("rope_cache", 5 * 3),
    ("attention", 2 * 6 * 7),
    ("decode_attention", 2 * 5 * 6),
    ("long_attention", 2 * 2),
    ("swiglu", 5 * 4),
    ("gelu_and_embed", 5 + 6),
    ("top_k", 2 * (7 * 4 * 2 + 4)),
    ("cosine_scores", 8 * (2 + 3) * 2),
];

/// Fails unless `count` cases were compared.
fn counted(test: &str, count: usize) {
    let expected = CASES.iter().find(|(name, _)| *name == test).map(|(_, count)| *count);
    assert_eq!(Some(count), expected, "{test}");
}

#[test]
fn there_are_enough_cases() {
    let all: usize = CASES.iter().map(|(_, count)| count).sum();
    assert!(all >= 600, "only {all}");
}

#[test]
fn ceilings_are_measured_quickly_and_are_plausible() {
    on_gpu(|gpu| {
        let begun = afina::gpu::now_millis();
        let ceilings = block_on(kernels::ceilings(gpu)).expect("ceilings");
        let millis = afina::gpu::now_millis() - begun;
        println!("{ceilings:?} in {millis:.0} ms on {}", gpu.adapter_key());
        assert!(ceilings.gflops > 0.1 && ceilings.gflops < 1e6, "{ceilings:?}");
        assert!(ceilings.gigabytes_per_second > 0.01 && ceilings.gigabytes_per_second < 1e5, "{ceilings:?}");
        assert!(ceilings.dispatch_micros > 0.0 && ceilings.dispatch_micros < 1e4, "{ceilings:?}");
    });
}
