//! The products against their references on this very adapter, each kernel in all its variants.

use crate::gpu::{Batch, Gpu};
use crate::kernels::{GpuMatrix, read_matrix, upload_matrix};
use crate::math;
use crate::protocol::LabError;

use super::{LowRank, Pass, Storage, agreement, forward, input_gradient, upload_weights, variants, weight_gradient};

/// Ragged, and more than one tile in no direction: the check must stay short.
const M: usize = 9;
const N: usize = 37;
const K: usize = 70;
const R: usize = 3;
const SCALE: f32 = 0.5;
const SEED: u32 = 20_261_125;

/// `a + scale * b`, and of the magnitudes likewise.
fn plus(a: &[f64], scale: f32, b: &[f64]) -> Vec<f64> {
    a.iter().zip(b).map(|(a, b)| a + f64::from(scale) * b).collect()
}

fn magnitudes(values: &[f32]) -> Vec<f32> {
    values.iter().map(|v| v.abs()).collect()
}

/// Runs `work` in every variant of a kernel; the worst disagreement.
async fn in_every_variant<F: Future<Output = Result<f64, LabError>>>(
    gpu: &Gpu,
    storage: Storage,
    pass: Pass,
    work: impl Fn() -> F,
) -> Result<f64, LabError> {
    let before = gpu.forced_variant(storage.kernel());
    let mut worst = Ok(0f64);
    for variant in variants(storage, pass) {
        gpu.force_variant(storage.kernel(), Some(variant));
        let got = work().await;
        worst = worst.and_then(|worst| Ok(worst.max(got?)));
    }
    gpu.force_variant(storage.kernel(), before.as_deref());
    worst
}

/// Forward pass and input gradient with a low-rank update against the references; `held` are the weights as the storage
/// holds them.
pub(super) async fn check_linear(gpu: &Gpu, storage: Storage, w: &[f32], held: &[f32]) -> Result<f64, LabError> {
    let (x, dy) = (math::gaussian(M, K, SEED), math::gaussian(M, N, SEED + 1));
    let (z, b, a) = (math::gaussian(M, R, SEED + 2), math::gaussian(N, R, SEED + 3), math::gaussian(R, K, SEED + 4));
    let weights = upload_weights(gpu, w, N, K, storage)?;
    let on_gpu = |values: &[f32], rows, cols| upload_matrix(gpu, values, rows, cols);
    let (x_gpu, dy_gpu, z_gpu) = (on_gpu(&x, M, K)?, on_gpu(&dy, M, N)?, on_gpu(&z, M, R)?);
    let (b_gpu, a_gpu) = (gpu.upload("b", &b)?, gpu.upload("a", &a)?);

    let y = GpuMatrix::zeroed(gpu, "y", M, N)?;
    let expected = |x: &[f32], w: &[f32], z: &[f32], b: &[f32]| {
        plus(&math::matmul(x, w, M, N, K), SCALE, &math::matmul(z, b, M, N, R))
    };
    let reference = expected(&x, held, &z, &b);
    let scale = expected(&magnitudes(&x), &magnitudes(held), &magnitudes(&z), &magnitudes(&b));
    let forward_worst = in_every_variant(gpu, storage, Pass::Forward, || async {
        let mut batch = Batch::new(gpu);
        batch.clear(y.buffer());
        let update = LowRank { z: &z_gpu, up: &b_gpu, rank: R, out_stride: R as u32, rank_stride: 1, scale: SCALE };
        forward(gpu, &mut batch, &x_gpu, &weights, Some(&update), &y)?;
        batch.finish().await?;
        Ok(agreement::products(&reference, &scale, &read_matrix(gpu, &y).await?, K + R))
    })
    .await?;

    let dx = GpuMatrix::zeroed(gpu, "dx", M, K)?;
    let expected = |dy: &[f32], w: &[f32], z: &[f32], a: &[f32]| {
        plus(&math::matmul_input_gradient(dy, w, M, N, K), SCALE, &math::matmul_input_gradient(z, a, M, R, K))
    };
    let reference = expected(&dy, held, &z, &a);
    let scale = expected(&magnitudes(&dy), &magnitudes(held), &magnitudes(&z), &magnitudes(&a));
    let gradient_worst = in_every_variant(gpu, storage, Pass::InputGradient, || async {
        let mut batch = Batch::new(gpu);
        batch.clear(dx.buffer());
        let update = LowRank { z: &z_gpu, up: &a_gpu, rank: R, out_stride: 1, rank_stride: K as u32, scale: SCALE };
        input_gradient(gpu, &mut batch, &dy_gpu, &weights, Some(&update), &dx)?;
        batch.finish().await?;
        Ok(agreement::products(&reference, &scale, &read_matrix(gpu, &dx).await?, N + R))
    })
    .await?;
    Ok(forward_worst.max(gradient_worst))
}

pub(in crate::kernels) async fn check_matmul_f32(gpu: &Gpu) -> Result<f64, LabError> {
    let w = math::gaussian(N, K, SEED + 5);
    let linear = check_linear(gpu, Storage::F32, &w, &w).await?;

    let (x, dy) = (math::gaussian(M, K, SEED), math::gaussian(M, N, SEED + 1));
    let (x_gpu, dy_gpu) = (upload_matrix(gpu, &x, M, K)?, upload_matrix(gpu, &dy, M, N)?);
    let dw = GpuMatrix::zeroed(gpu, "dw", N, K)?;
    let reference = math::matmul_weight_gradient(&dy, &x, M, N, K);
    let scale = math::matmul_weight_gradient(&magnitudes(&dy), &magnitudes(&x), M, N, K);
    let weight_worst = in_every_variant(gpu, Storage::F32, Pass::WeightGradient, || async {
        let mut batch = Batch::new(gpu);
        batch.clear(dw.buffer());
        weight_gradient(gpu, &mut batch, &dy_gpu, &x_gpu, &dw)?;
        batch.finish().await?;
        Ok(agreement::products(&reference, &scale, &read_matrix(gpu, &dw).await?, M))
    })
    .await?;
    Ok(linear.max(weight_worst))
}
