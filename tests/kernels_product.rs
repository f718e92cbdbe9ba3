//! Products against their f64 references: every entry point, ragged shapes, ranks, shards, the choice of variants.
//!
//! The tolerances are derived in `kernels::product::agreement`; a ratio of at most 1 is agreement.
#![cfg(feature = "gpu")]

#[path = "on_gpu/mod.rs"]
mod shared;

use shared::{on_gpu, open};

use afina::gpu::{Batch, Gpu, PowerPreference, Wanted};
use afina::kernels::product::{
    self, LowRank, Pass, Storage, Weights, agreement, forward, health, input_gradient, lora_variants, prepare,
    upload_weights, variants, weight_gradient,
};
use afina::kernels::{ALL, GpuMatrix, read_matrix, upload_matrix};
use afina::math::{self, LoraShape};
use afina::protocol::LabError;
use pollster::block_on;

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
const SCALE: f32 = 1.5;

fn made(rows: usize, cols: usize, salt: usize) -> Vec<f32> {
    math::gaussian(rows, cols, (1 + salt * 7919 + rows * 131 + cols) as u32)
}

fn absolute(values: &[f32]) -> Vec<f32> {
    values.iter().map(|v| v.abs()).collect()
}

/// The weights as the storage holds them.
fn held(storage: Storage, w: &[f32]) -> Vec<f32> {
    match storage {
        Storage::F16 => w.iter().map(|&w| math::f16_without_subnormals(w)).collect(),
        _ => w.to_vec(),
    }
}

/// A matrix on the device that holds something else than the result.
fn blank(gpu: &Gpu, rows: usize, cols: usize) -> GpuMatrix {
    upload_matrix(gpu, &vec![f32::NAN; rows * cols], rows, cols).unwrap()
}

/// `reference + SCALE * update`
fn plus(mut sums: Vec<f64>, update: &[f64]) -> Vec<f64> {
    sums.iter_mut().zip(update).for_each(|(sum, update)| *sum += f64::from(SCALE) * update);
    sums
}

/// One product with a weight: the left operand, what it must give, and how far off it may be.
struct Case {
    left: GpuMatrix,
    out: (usize, usize),
    z: Option<GpuMatrix>,
    up: afina::gpu::GpuBuffer,
    rank: usize,
    strides: (u32, u32),
    reference: Vec<f64>,
    magnitudes: Vec<f64>,
    terms: usize,
}

impl Case {
    fn new(gpu: &Gpu, pass: Pass, w: &[f32], (m, n, k): (usize, usize, usize), rank: usize) -> Case {
        let (inner, outer) = if pass == Pass::Forward { (k, n) } else { (n, k) };
        let left = made(m, inner, 2);
        let z = made(m, rank.max(1), 3);
        let u = made(outer, rank.max(1), 4);
        let sums = |left: &[f32], w: &[f32], z: &[f32], u: &[f32]| {
            let base = match pass {
                Pass::Forward => math::matmul(left, w, m, n, k),
                _ => math::matmul_input_gradient(left, w, m, n, k),
            };
            if rank == 0 { base } else { plus(base, &math::matmul(z, u, m, outer, rank)) }
        };
        // U as B [N, R] forwards, as A [R, K] backwards.
        let (up, strides) = match pass {
            Pass::Forward => (u.clone(), (rank as u32, 1)),
            _ => ((0..u.len()).map(|i| u[i % outer * rank.max(1) + i / outer]).collect(), (1, outer as u32)),
        };
        Case {
            reference: sums(&left, w, &z, &u),
            magnitudes: sums(&absolute(&left), &absolute(w), &absolute(&z), &absolute(&u)),
            left: upload_matrix(gpu, &left, m, inner).unwrap(),
            out: (m, outer),
            z: (rank > 0).then(|| upload_matrix(gpu, &z, m, rank).unwrap()),
            up: gpu.upload("up", &up).unwrap(),
            rank,
            strides,
            terms: inner + rank,
        }
    }

    async fn run(&self, gpu: &Gpu, pass: Pass, weights: &Weights) -> Result<f64, LabError> {
        let out = blank(gpu, self.out.0, self.out.1);
        let update = self.z.as_ref().map(|z| LowRank {
            z,
            up: &self.up,
            rank: self.rank,
            out_stride: self.strides.0,
            rank_stride: self.strides.1,
            scale: SCALE,
        });
        let mut batch = Batch::new(gpu);
        match pass {
            Pass::Forward => forward(gpu, &mut batch, &self.left, weights, update.as_ref(), &out)?,
            _ => input_gradient(gpu, &mut batch, &self.left, weights, update.as_ref(), &out)?,
        }
        batch.finish().await?;
        Ok(agreement::products(&self.reference, &self.magnitudes, &read_matrix(gpu, &out).await?, self.terms))
    }
}

/// Every variant, shape and rank; returns how many were compared.
fn sweep(gpu: &Gpu, storage: Storage, pass: Pass) -> usize {
    let mut cases = 0;
    for shape in SHAPES {
        let (_, n, k) = shape;
        let w = made(n, k, 1);
        let weights = upload_weights(gpu, &w, n, k, storage).unwrap();
        let held = held(storage, &w);
        for rank in RANKS {
            let case = Case::new(gpu, pass, &held, shape, rank);
            for variant in variants(storage, pass) {
                gpu.force_variant(storage.kernel(), Some(variant));
                let what = format!("{storage:?} {pass:?} {variant} {shape:?} rank {rank}");
                let worst = block_on(case.run(gpu, pass, &weights)).unwrap_or_else(|e| panic!("{what}: {e}"));
                assert!(worst <= 1.0, "{what}: off by {worst} tolerances");
                cases += 1;
            }
        }
    }
    gpu.force_variant(storage.kernel(), None);
    cases
}

#[test]
fn f32_forward_agrees() {
    on_gpu(|gpu| assert_eq!(sweep(gpu, Storage::F32, Pass::Forward), 17 * 4 * 5));
}

#[test]
fn f32_input_gradient_agrees() {
    on_gpu(|gpu| assert_eq!(sweep(gpu, Storage::F32, Pass::InputGradient), 17 * 4 * 5));
}

#[test]
fn f16_forward_agrees() {
    on_gpu(|gpu| assert_eq!(sweep(gpu, Storage::F16, Pass::Forward), 17 * 4 * 5));
}

#[test]
fn f16_input_gradient_agrees() {
    on_gpu(|gpu| assert_eq!(sweep(gpu, Storage::F16, Pass::InputGradient), 17 * 4 * 5));
}

#[test]
fn weight_gradient_agrees() {
    on_gpu(|gpu| {
        for (m, n, k) in SHAPES {
            let (dy, x) = (made(m, n, 5), made(m, k, 6));
            let reference = math::matmul_weight_gradient(&dy, &x, m, n, k);
            let magnitudes = math::matmul_weight_gradient(&absolute(&dy), &absolute(&x), m, n, k);
            let (dy, x) = (upload_matrix(gpu, &dy, m, n).unwrap(), upload_matrix(gpu, &x, m, k).unwrap());
            for variant in variants(Storage::F32, Pass::WeightGradient) {
                gpu.force_variant("matmul_f32", Some(variant));
                let dw = blank(gpu, n, k);
                let mut batch = Batch::new(gpu);
                weight_gradient(gpu, &mut batch, &dy, &x, &dw).unwrap();
                block_on(batch.finish()).unwrap();
                let worst = agreement::products(&reference, &magnitudes, &block_on(read_matrix(gpu, &dw)).unwrap(), m);
                assert!(worst <= 1.0, "{variant} [{m}, {n}, {k}]: off by {worst} tolerances");
            }
        }
        gpu.force_variant("matmul_f32", None);
    });
}

#[test]
fn lora_agrees_forwards_and_backwards() {
    on_gpu(|gpu| {
        for (m, n, k) in SHAPES {
            for r in [1, 7, 16] {
                for storage in [Storage::F32, Storage::F16] {
                    for variant in lora_variants() {
                        gpu.force_variant("lora", Some(variant));
                        let worst = block_on(health::lora_case(gpu, storage, LoraShape { m, n, k, r })).unwrap();
                        assert!(worst <= 1.0, "{storage:?} {variant} [{m}, {n}, {k}] rank {r}: off by {worst}");
                    }
                }
            }
        }
        gpu.force_variant("lora", None);
    });
}

#[test]
fn adamw_agrees() {
    on_gpu(|gpu| {
        for count in [1, 2, 3, 4, 5, 63, 64, 65, 255, 256, 257, 1021] {
            for kept in [vec![], vec![0..count], vec![0..count / 2], vec![1..count, count..count]] {
                for variant in [None, Some("v1")] {
                    gpu.force_variant("adamw", variant);
                    let worst = block_on(health::adamw_case(gpu, count, &kept)).unwrap();
                    assert!(worst <= 1.0, "{count} {kept:?} {variant:?}: off by {worst} tolerances");
                }
            }
        }
        gpu.force_variant("adamw", None);
    });
}

#[test]
fn products_pass_their_health_check() {
    on_gpu(|gpu| {
        for entry in ALL.iter().filter(|e| ["pad", "lora", "adamw", "matmul_f32", "matmul_f16"].contains(&e.name)) {
            let health = block_on((entry.check)(gpu)).unwrap_or_else(|error| panic!("{}: {error}", entry.name));
            assert!(health.ok, "{health:?}");
        }
    });
}

#[test]
fn a_planted_mistake_is_noticed() {
    on_gpu(|gpu| {
        for (kernel, right, wrong) in [
            ("matmul_f32", "r * l.z", "r * l.y"),
            ("matmul_f32", "strip.s12 += r2 * l1", "strip.s12 += r2 * l0"),
            ("matmul_f32", "square.s10 += outer(b0, a1)", "square.s10 += outer(b1, a1)"),
            ("matmul_f32", "var i = lane; i <", "var i = lane + 1u; i <"),
            ("matmul_f16", "unpack2x16float(words.y)", "unpack2x16float(words.x)"),
            ("matmul_f16", "params.scale * vec4", "vec4"),
            ("lora", "s01 += outer(r1, l0)", "s01 += outer(r0, l0)"),
            ("lora", "other < LANES", "other < LANES - 1u"),
            ("adamw", "params.rest2 * slope * slope", "params.rest2 * slope"),
            ("adamw", "i < kept[2u * below - 1u]", "i <= kept[2u * below - 1u]"),
            ("pad", "col < params.cols", "col + 1u < params.cols"),
        ] {
            let entry = ALL.iter().find(|e| e.name == kernel).expect("the kernel is listed");
            assert!(entry.source.contains(right), "{kernel}: no {right:?}");
            gpu.replace_source(entry.name, Some(&entry.source.replace(right, wrong)));
            let health = block_on((entry.check)(gpu));
            gpu.replace_source(entry.name, None);
            assert!(!health.expect("it still compiles").ok, "{kernel}: {wrong:?} went unnoticed");
        }
    });
}

/// A device that binds 4 KiB at most: weights of 16 rows by 65 columns take several bindings.
fn small() -> Gpu {
    let usual = Wanted::new(PowerPreference::HighPerformance);
    let mut limits = open(&usual).adapter.limits();
    limits.max_storage_buffer_binding_size = 4096;
    open(&Wanted { limits: Some(limits), ..usual })
}

#[test]
fn weights_beyond_a_binding_are_sharded() {
    let gpu = &small();
    for storage in [Storage::F32, Storage::F16] {
        for shape in [(3, 37, 65), (5, 64, 33), (2, 101, 18)] {
            let (_, n, k) = shape;
            let w = made(n, k, 1);
            let weights = upload_weights(gpu, &w, n, k, storage).unwrap();
            let bytes = if storage == Storage::F32 { 4 } else { 2 };
            assert!(weights.size_bytes() >= (n * k * bytes) as u64);
            for pass in [Pass::Forward, Pass::InputGradient] {
                for rank in [0, 7] {
                    let case = Case::new(gpu, pass, &held(storage, &w), shape, rank);
                    for variant in variants(storage, pass) {
                        gpu.force_variant(storage.kernel(), Some(variant));
                        let worst = block_on(case.run(gpu, pass, &weights)).unwrap();
                        let what = format!("{storage:?} {pass:?} {variant} {shape:?} rank {rank}");
                        assert!(worst <= 1.0, "{what}: off by {worst} tolerances");
                    }
                }
            }
        }
    }
    // Not even four rows of this one.
    let refused = upload_weights(gpu, &vec![0.0; 4 * 300], 4, 300, Storage::F32);
    assert!(matches!(refused, Err(LabError::TooLarge { .. })));
}

#[test]
fn the_fastest_variant_is_measured_once_and_remembered() {
    let gpu = open(&Wanted::new(PowerPreference::HighPerformance));
    assert!(gpu.choices().is_empty());
    block_on(prepare(&gpu, Storage::F32, Pass::Forward, 20, 40, 24)).unwrap();
    let choices = gpu.choices();
    let chosen = &choices["matmul_f32 forward 64"];
    assert!(["rows", "slim", "regs", "tiles"].contains(&chosen.as_str()), "{chosen}");
    // Measured once: what an earlier visit brought is not measured again.
    let gpu = open(&Wanted::new(PowerPreference::HighPerformance));
    gpu.import_choices([("matmul_f32 forward 64".to_owned(), "tiles".to_owned())].into());
    block_on(prepare(&gpu, Storage::F32, Pass::Forward, 33, 40, 24)).unwrap();
    assert_eq!(gpu.choices()["matmul_f32 forward 64"], "tiles");
    assert_eq!(gpu.forced_variant("matmul_f32"), None);
}

#[test]
fn operands_that_do_not_fit_are_refused() {
    on_gpu(|gpu| {
        let weights = upload_weights(gpu, &made(6, 8, 0), 6, 8, Storage::F32).unwrap();
        let (x, y) = (blank(gpu, 3, 8), blank(gpu, 3, 6));
        let up = gpu.upload("up", &[0f32; 11]).unwrap();
        let z = blank(gpu, 3, 2);
        let short = LowRank { z: &z, up: &up, rank: 2, out_stride: 2, rank_stride: 1, scale: 1.0 };
        let wrong_rank = LowRank { rank: 3, ..LowRank { ..short } };
        let mut batch = Batch::new(gpu);
        let refused = |got: Result<(), LabError>| assert!(matches!(got, Err(LabError::Shape { .. })), "{got:?}");
        refused(forward(gpu, &mut batch, &y, &weights, None, &y));
        refused(forward(gpu, &mut batch, &x, &weights, None, &x));
        refused(forward(gpu, &mut batch, &x, &weights, Some(&short), &y));
        refused(forward(gpu, &mut batch, &x, &weights, Some(&wrong_rank), &y));
        refused(input_gradient(gpu, &mut batch, &x, &weights, None, &y));
        refused(weight_gradient(gpu, &mut batch, &x, &y, &x));
        assert!(upload_weights(gpu, &[], 0, 8, Storage::F32).is_err());
        refused(product::Optimizer::new(gpu, &[0.0; 4], &[2..5]).map(|_| ()));
    });
}
