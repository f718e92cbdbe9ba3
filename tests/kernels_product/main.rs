//! Products against their f64 references: every entry point, ragged shapes, formats, ranks, shards, the choice of
//! variants; LoRA, the optimizer, and what they are made of.
//!
//! The tolerances are derived in `kernels::product::agreement`; a ratio of at most 1 is agreement. Operands and references
//! are made up by `kernels::product::case`, which the health check uses too.
#![cfg(feature = "gpu")]

#[path = "../on_gpu/mod.rs"]
mod shared;

mod choice;
mod refusals;
mod shards;
mod sweep;
mod training;

use afina::gpu::Gpu;
use afina::kernels::product::Storage;
use afina::math::LoraShape;

const fn shape(m: usize, n: usize, k: usize, r: usize) -> LoraShape {
    LoraShape { m, n, k, r }
}

/// Every quantized storage there is: groups of 32, 64, 128; symmetric and asymmetric; steps as f32, f16, doubly quantized.
fn quantized() -> Vec<Storage> {
    let mut all = Vec::new();
    for group in [32, 64, 128] {
        for asymmetric in [false, true] {
            all.push(Storage::Int8 { group, asymmetric });
            for half_scales in [false, true] {
                all.push(Storage::Int4 { group, asymmetric, half_scales });
            }
        }
        all.extend([false, true].map(|double| Storage::Nf4 { group, double }));
        all.push(Storage::W8a8 { group });
    }
    all
}

/// How many cases each test compares with a reference; a test that compares another number fails.
const CASES: [(&str, usize); 8] = [
    ("floats", 17 * 4 * (5 + 5) * 2),
    ("weight_gradient", 17 * 4),
    ("quantized", 11 * (12 * (5 + 3) + 6 * (6 + 4) + 6 * (2 + 1) + 3 * (6 + 3))),
    ("long", 2 * (24 + 3 + 2) + 2),
    ("lora", 8 * 7 * 3),
    ("adamw", 12 * 4 * 2),
    ("rows", 9 * 3 * 2 + 9),
    ("shards", 3 * 7 * 2 * 2 + 3 * 2 * 2),
];

/// Fails unless `count` cases were compared.
fn counted(test: &str, count: usize) {
    let expected = CASES.iter().find(|(name, _)| *name == test).map(|(_, count)| *count);
    assert_eq!(Some(count), expected, "{test}");
}

/// Goes back to choosing.
fn choose_again(gpu: &Gpu) {
    ["matmul_f32", "lora", "adamw", "quantize_rows"].iter().for_each(|kernel| gpu.force_variant(kernel, None));
}

#[test]
fn there_are_enough_cases() {
    let all: usize = CASES.iter().map(|(_, count)| count).sum();
    assert!(all >= 1300, "only {all}");
}
