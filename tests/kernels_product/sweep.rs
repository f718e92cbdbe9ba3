//! Every variant of every product, on ragged shapes.

use afina::gpu::Gpu;
use afina::kernels::product::case::Case;
use afina::kernels::product::{Pass, Storage, variants};
use afina::math::LoraShape;
use pollster::block_on;

use crate::shared::on_gpu;
use crate::{counted, quantized, shape};

/// `(M, N, K)`: 1, primes, and one below, at and above every side of a block, a strip, a tile and a vector.
const SHAPES: [(usize, usize, usize); 17] = [
    (1, 1, 1),
    (1, 37, 5),
    (2, 3, 64),
    (3, 64, 7),
    (4, 4, 4),
    (5, 1, 129),
    (7, 65, 63),
    (8, 16, 16),
    (9, 17, 15),
    (15, 31, 33),
    (16, 32, 65),
    (17, 33, 31),
    (63, 63, 17),
    (64, 64, 64),
    (65, 67, 65),
    (1, 257, 131),
    (66, 5, 3),
];
const RANKS: [usize; 4] = [0, 1, 7, 16];

/// The same for groups of 32, 64 and 128 codes along K, each with another rank.
const QUANTIZED_SHAPES: [LoraShape; 11] = [
    shape(1, 1, 1, 0),
    shape(1, 67, 129, 16),
    shape(2, 31, 32, 1),
    shape(3, 5, 257, 2),
    shape(8, 16, 64, 0),
    shape(9, 33, 33, 3),
    shape(15, 65, 63, 8),
    shape(17, 30, 128, 4),
    shape(33, 64, 95, 5),
    shape(65, 63, 31, 7),
    shape(66, 7, 161, 11),
];

/// Every variant of one product; returns how many were compared. Where INT4 combines what other storages have alone, two
/// variants do: each combination is compiled anew.
fn compare(gpu: &Gpu, storage: Storage, pass: Pass, shape: LoraShape) -> usize {
    let mut variants = variants(storage, pass);
    if matches!(storage, Storage::Int4 { asymmetric, half_scales, .. } if asymmetric != half_scales) {
        variants.retain(|v| ["v1", "rows"].contains(v));
    }
    compare_some(gpu, storage, pass, shape, &variants)
}

pub fn compare_some(gpu: &Gpu, storage: Storage, pass: Pass, shape: LoraShape, variants: &[&str]) -> usize {
    let case = block_on(Case::new(gpu, storage, pass, shape)).unwrap();
    for variant in variants {
        let what = format!("{storage:?} {pass:?} {variant} {shape:?}");
        let worst = block_on(case.disagreement(gpu, Some(variant))).unwrap_or_else(|e| panic!("{what}: {e}"));
        assert!(worst <= 1.0, "{what}: off by {worst} tolerances");
    }
    variants.len()
}

#[test]
fn floats_agree() {
    on_gpu(|gpu| {
        let mut cases = 0;
        for storage in [Storage::F32, Storage::F16] {
            for (m, n, k) in SHAPES {
                for r in RANKS {
                    for pass in [Pass::Forward, Pass::InputGradient] {
                        cases += compare(gpu, storage, pass, shape(m, n, k, r));
                    }
                }
            }
        }
        counted("floats", cases);
    });
}

#[test]
fn the_gradient_at_the_weights_agrees() {
    on_gpu(|gpu| {
        let gradient = |(m, n, k)| compare(gpu, Storage::F32, Pass::WeightGradient, shape(m, n, k, 0));
        counted("weight_gradient", SHAPES.map(gradient).iter().sum());
    });
}

#[test]
fn quantized_weights_agree() {
    on_gpu(|gpu| {
        let mut cases = 0;
        for storage in quantized() {
            for shape in QUANTIZED_SHAPES {
                for pass in [Pass::Forward, Pass::InputGradient] {
                    cases += compare(gpu, storage, pass, shape);
                }
            }
        }
        counted("quantized", cases);
    });
}

#[test]
fn lanes_that_share_a_sum_go_around_more_than_once() {
    on_gpu(|gpu| {
        let mut cases = 0;
        for shape in [shape(2, 5, 2081, 3), shape(5, 2, 4133, 70)] {
            for storage in quantized().into_iter().chain([Storage::F32, Storage::F16]) {
                cases += compare_some(gpu, storage, Pass::Forward, shape, &["rows"]);
            }
        }
        for storage in [Storage::F32, Storage::F16] {
            cases += compare_some(gpu, storage, Pass::InputGradient, shape(2, 1037, 5, 70), &["rows"]);
        }
        counted("long", cases);
    });
}
