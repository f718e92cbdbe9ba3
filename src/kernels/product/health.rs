//! The products against their references on this very adapter, each kernel in all its variants.

use crate::gpu::{Batch, Gpu};
use crate::kernels::{GpuMatrix, read_matrix, upload_matrix};
use crate::math::{self, LoraShape};
use crate::protocol::LabError;

use super::pad::{LANES, pad};
use super::{
    Lora, LoraSlopes, LowRank, Optimizer, Pass, Storage, agreement, forward, input_gradient, lora_backward,
    lora_forward, lora_variants, upload_weights, variants, weight_gradient,
};

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

pub(in crate::kernels) async fn check_pad(gpu: &Gpu) -> Result<f64, LabError> {
    let (rows, cols) = (K.next_multiple_of(LANES), N.next_multiple_of(LANES));
    let a = math::gaussian(K, N, SEED);
    let mut batch = Batch::new(gpu);
    let padded = pad(gpu, &mut batch, &upload_matrix(gpu, &a, K, N)?, rows, cols)?;
    let slot = batch.read(&padded.buffer, 0, (rows * cols * 4) as u64);
    let got: Vec<f32> = batch.finish().await?.get(&slot);
    Ok(crate::kernels::agreement::equal(&math::pad(&a, K, N, rows, cols), &got))
}

pub(in crate::kernels) async fn check_matmul_f16(gpu: &Gpu) -> Result<f64, LabError> {
    let w = math::gaussian(N, K, SEED + 5);
    let held: Vec<f32> = w.iter().map(|&w| math::f16_without_subnormals(w)).collect();
    check_linear(gpu, Storage::F16, &w, &held).await
}

/// Forwards and backwards over f32 weights, in every variant of the skinny products.
pub(in crate::kernels) async fn check_lora(gpu: &Gpu) -> Result<f64, LabError> {
    let before = gpu.forced_variant(super::lora::NAME);
    let mut worst = Ok(0f64);
    for variant in lora_variants() {
        gpu.force_variant(super::lora::NAME, Some(variant));
        let got = lora_case(gpu, Storage::F32, LoraShape { m: M, n: N, k: K, r: R }).await;
        worst = worst.and_then(|worst| Ok(worst.max(got?)));
    }
    gpu.force_variant(super::lora::NAME, before.as_deref());
    worst
}

/// The worst disagreement of a layer with an update, forwards and backwards, on made-up operands; the weight is held as
/// `storage` holds it.
///
/// # Errors
/// Those of the products.
pub async fn lora_case(gpu: &Gpu, storage: Storage, shape: LoraShape) -> Result<f64, LabError> {
    let LoraShape { m, n, k, r } = shape;
    let made = |rows, cols, salt| math::gaussian(rows, cols, SEED + salt);
    let (x, dy, w) = (made(m, k, 0), made(m, n, 1), made(n, k, 5));
    let (a, b) = (made(r, k, 6), made(n, r, 7));
    let weights = upload_weights(gpu, &w, n, k, storage)?;
    let held = match storage {
        Storage::F16 => w.iter().map(|&w| math::f16_without_subnormals(w)).collect(),
        _ => w,
    };
    let (x_gpu, dy_gpu) = (upload_matrix(gpu, &x, m, k)?, upload_matrix(gpu, &dy, m, n)?);
    let lora = Lora { a: upload_matrix(gpu, &a, r, k)?, b: upload_matrix(gpu, &b, n, r)?, scale: SCALE };
    let zeroed = |what, rows, cols| GpuMatrix::zeroed(gpu, what, rows, cols);
    let (y, z, dz) = (zeroed("y", m, n)?, zeroed("z", m, r)?, zeroed("dz", m, r)?);
    let (dx, da, db) = (zeroed("dx", m, k)?, zeroed("da", r, k)?, zeroed("db", n, r)?);
    let mut batch = Batch::new(gpu);
    lora_forward(gpu, &mut batch, &x_gpu, &weights, &lora, &z, &y)?;
    let slopes = LoraSlopes { dz: &dz, da: &da, db: &db, dx: Some(&dx) };
    lora_backward(gpu, &mut batch, &x_gpu, &dy_gpu, &weights, &lora, &z, &slopes)?;
    let slots = [&y, &dx, &da, &db].map(|m| batch.read(m.buffer(), 0, m.count() as u64 * 4));
    let readings = batch.finish().await?;
    let [y, dx, da, db] = slots.map(|slot| readings.get::<f32>(&slot));

    let sizes = [&x, &dy, &held, &a, &b].map(|values| magnitudes(values));
    let [x_abs, dy_abs, w_abs, a_abs, b_abs] = &sizes;
    let y_abs = math::lora_forward(x_abs, w_abs, a_abs, b_abs, SCALE, shape);
    let back_abs = math::lora_backward(x_abs, dy_abs, w_abs, (a_abs, b_abs), SCALE, shape);
    let back = math::lora_backward(&x, &dy, &held, (&a, &b), SCALE, shape);
    let forward = math::lora_forward(&x, &held, &a, &b, SCALE, shape);
    let chained = agreement::chained_products;
    Ok(chained(&forward, &y_abs, &y, k, k + r)
        .max(chained(&back.dx, &back_abs.dx, &dx, n, n + r))
        .max(chained(&back.da, &back_abs.da, &da, n, m))
        .max(chained(&back.db, &back_abs.db, &db, k, m)))
}

/// Two steps over parameters of which some are not decayed, one by one and in vectors.
pub(in crate::kernels) async fn check_adamw(gpu: &Gpu) -> Result<f64, LabError> {
    let mut worst = 0f64;
    for count in [N, 4 * N] {
        worst = worst.max(adamw_case(gpu, count, &[0..3, 17..30]).await?);
    }
    Ok(worst)
}

/// The worst disagreement of two steps of AdamW over `count` made-up parameters.
///
/// # Errors
/// Those of the optimizer.
pub async fn adamw_case(gpu: &Gpu, count: usize, kept: &[std::ops::Range<usize>]) -> Result<f64, LabError> {
    let p = math::gaussian(1, count, SEED);
    let settings = math::AdamW { rate: 0.01, decay: 0.1, ..math::AdamW::default() };
    let optimizer = Optimizer::new(gpu, &p, kept)?;
    let wide = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect::<Vec<_>>();
    let mut state = math::Moments { p: wide(&p), m: vec![0.0; count], v: vec![0.0; count] };
    let mut worst = 0f64;
    for step in 1..=2 {
        let g = math::gaussian(1, count, SEED + step);
        let mut batch = Batch::new(gpu);
        optimizer.step(gpu, &mut batch, &gpu.upload("gradients", &g)?, &settings, step)?;
        let [m, v] = optimizer.moments();
        let slots = [&optimizer.p, m, v].map(|part| batch.read(part, 0, count as u64 * 4));
        let readings = batch.finish().await?;
        let got = slots.map(|slot| readings.get::<f32>(&slot));
        let before = state.clone();
        math::adamw(&mut state, &g, &settings, step, kept);
        worst = worst.max(agreement::adamw(&before, &g, &settings, step, &state, [&got[0], &got[1], &got[2]]));
        // The next step starts from what the device has.
        state = math::Moments { p: wide(&got[0]), m: wide(&got[1]), v: wide(&got[2]) };
    }
    Ok(worst)
}
