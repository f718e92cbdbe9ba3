//! The products against their references on this very adapter, each kernel in the variants that are in use here: compiling
//! is what a check costs, so what nobody runs is left to the tests.

use crate::gpu::Gpu;
use crate::math::LoraShape;
use crate::protocol::LabError;

use super::case::{Case, adamw_case, lora_case, pad_case, quantize_rows_case};
use super::choose::{PLAINEST, in_use};
use super::quantize_rows::quantize_rows_variants;
use super::{Pass, Storage, lora, lora_variants, quantize_rows};
use crate::kernels::Depth;

/// Ragged; more than one group in a row, and a last group that is short; more than one tile in no direction, because the
/// check must stay short.
const SHAPE: LoraShape = LoraShape { m: 9, n: 37, k: 70, r: 3 };
/// Sums so long that lanes that share one go around more than once: 64 lanes times 32 codes.
const LONG_FORWARD: LoraShape = LoraShape { m: 2, n: 3, k: 2100, r: 0 };
const LONG_GRADIENT: LoraShape = LoraShape { m: 2, n: 300, k: 3, r: 0 };
/// The variant whose lanes share sums.
const SHARING: &str = "rows";

/// A product in the variants that are in use, and, where lanes share sums, in that one with long sums.
async fn check_pass(gpu: &Gpu, depth: Depth, storage: Storage, pass: Pass) -> Result<f64, LabError> {
    let case = Case::new(gpu, storage, pass, SHAPE).await?;
    let mut worst = 0f64;
    let names = match depth {
        Depth::Plain => vec![PLAINEST],
        Depth::InUse => in_use(gpu, storage, pass),
    };
    for variant in names {
        worst = worst.max(case.disagreement(gpu, Some(variant)).await?);
        if variant == SHARING {
            let long = if pass == Pass::Forward { LONG_FORWARD } else { LONG_GRADIENT };
            worst = worst.max(Case::new(gpu, storage, pass, long).await?.disagreement(gpu, Some(variant)).await?);
        }
    }
    Ok(worst)
}

async fn check_linear(gpu: &Gpu, depth: Depth, storage: Storage) -> Result<f64, LabError> {
    let forward = check_pass(gpu, depth, storage, Pass::Forward).await?;
    Ok(forward.max(check_pass(gpu, depth, storage, Pass::InputGradient).await?))
}

/// With one storage as it is used; with another, which differs only in how a step or a zero point is read, in the plainest
/// variant, which compiles soonest.
async fn check_storages(gpu: &Gpu, depth: Depth, storage: Storage, other: Storage) -> Result<f64, LabError> {
    let mut worst = check_linear(gpu, depth, storage).await?;
    for pass in [Pass::Forward, Pass::InputGradient] {
        let case = Case::new(gpu, other, pass, SHAPE).await?;
        worst = worst.max(case.disagreement(gpu, Some(PLAINEST)).await?);
    }
    Ok(worst)
}

pub(in crate::kernels) async fn check_matmul_f32(gpu: &Gpu, depth: Depth) -> Result<f64, LabError> {
    let linear = check_linear(gpu, depth, Storage::F32).await?;
    Ok(linear.max(check_pass(gpu, depth, Storage::F32, Pass::WeightGradient).await?))
}

pub(in crate::kernels) async fn check_matmul_f16(gpu: &Gpu, depth: Depth) -> Result<f64, LabError> {
    check_linear(gpu, depth, Storage::F16).await
}

pub(in crate::kernels) async fn check_matmul_int8(gpu: &Gpu, depth: Depth) -> Result<f64, LabError> {
    let asymmetric = Storage::Int8 { group: 64, asymmetric: true };
    check_storages(gpu, depth, asymmetric, Storage::Int8 { group: 32, asymmetric: false }).await
}

pub(in crate::kernels) async fn check_matmul_int4(gpu: &Gpu, depth: Depth) -> Result<f64, LabError> {
    let asymmetric = Storage::Int4 { group: 32, asymmetric: true, half_scales: true };
    check_storages(gpu, depth, asymmetric, Storage::Int4 { group: 64, asymmetric: false, half_scales: false }).await
}

pub(in crate::kernels) async fn check_matmul_nf4(gpu: &Gpu, depth: Depth) -> Result<f64, LabError> {
    let double = Storage::Nf4 { group: 64, double: true };
    check_storages(gpu, depth, double, Storage::Nf4 { group: 32, double: false }).await
}

/// The forward pass; the gradient is INT8's.
pub(in crate::kernels) async fn check_matmul_w8a8(gpu: &Gpu, depth: Depth) -> Result<f64, LabError> {
    check_pass(gpu, depth, Storage::W8a8 { group: 32 }, Pass::Forward).await
}

pub(in crate::kernels) async fn check_quantize_rows(gpu: &Gpu) -> Result<f64, LabError> {
    // So many groups that every lane has the largest value of one.
    let check = || quantize_rows_case(gpu, SHAPE.m, LONG_FORWARD.k, 64);
    in_every(gpu, quantize_rows::NAME, &quantize_rows_variants(), check).await
}

pub(in crate::kernels) async fn check_pad(gpu: &Gpu) -> Result<f64, LabError> {
    pad_case(gpu, (SHAPE.m, SHAPE.k), (12, 96)).await
}

/// Forwards and backwards over f32 weights.
pub(in crate::kernels) async fn check_lora(gpu: &Gpu) -> Result<f64, LabError> {
    in_every(gpu, lora::NAME, &lora_variants(), || lora_case(gpu, Storage::F32, SHAPE)).await
}

/// Two steps over parameters of which some are not decayed, one by one and in vectors.
pub(in crate::kernels) async fn check_adamw(gpu: &Gpu) -> Result<f64, LabError> {
    let count = SHAPE.n;
    in_every(gpu, super::adamw::NAME, &[PLAINEST, "vectors"], || adamw_case(gpu, count, &[0..3, 17..30])).await
}

/// Runs `check` in every variant of a kernel; the worst disagreement.
async fn in_every<F: Future<Output = Result<f64, LabError>>>(
    gpu: &Gpu,
    kernel: &str,
    variants: &[&str],
    check: impl Fn() -> F,
) -> Result<f64, LabError> {
    let before = gpu.forced_variant(kernel);
    let mut worst = Ok(0f64);
    for variant in variants {
        gpu.force_variant(kernel, Some(variant));
        let got = check().await;
        worst = worst.and_then(|worst| Ok(worst.max(got?)));
    }
    gpu.force_variant(kernel, before.as_deref());
    worst
}
