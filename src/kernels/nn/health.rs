//! The health check of this room: every kernel, and every version that this adapter may run, on a few ragged shapes.

use crate::gpu::Gpu;
use crate::math;
use crate::protocol::LabError;

use super::trial::{self, Rung};
use super::{Causal, Heads, Turn};

/// Two query heads share a key head; 24 numbers are no power of two.
const HEADS: Heads = Heads { query: 4, key: 2, dim: 24 };

pub(in crate::kernels) async fn check_rms_norm(gpu: &Gpu) -> Result<f64, LabError> {
    Ok(trial::rms_norm(gpu, 3, 131, false).await?.max(trial::rms_norm(gpu, 67, 37, true).await?))
}

pub(in crate::kernels) async fn check_layer_norm(gpu: &Gpu) -> Result<f64, LabError> {
    Ok(trial::layer_norm(gpu, 3, 131).await?.max(trial::layer_norm(gpu, 67, 37).await?))
}

pub(in crate::kernels) async fn check_softmax(gpu: &Gpu) -> Result<f64, LabError> {
    let causal = Some(Causal { period: 11, offset: 5 });
    Ok(trial::softmax(gpu, 3, 131, None).await?.max(trial::softmax(gpu, 66, 16, causal).await?))
}

pub(in crate::kernels) async fn check_gelu(gpu: &Gpu) -> Result<f64, LabError> {
    trial::gelu(gpu, 515).await
}

pub(in crate::kernels) async fn check_embed(gpu: &Gpu) -> Result<f64, LabError> {
    trial::embed(gpu, 11, 7, 13).await
}

pub(in crate::kernels) async fn check_rope(gpu: &Gpu) -> Result<f64, LabError> {
    Ok(trial::rope(gpu, 5, 3, 10, 7, Turn::Back).await?.max(trial::rope_cache(gpu, HEADS, 5, 3).await?))
}

pub(in crate::kernels) async fn check_attention(gpu: &Gpu) -> Result<f64, LabError> {
    Ok(trial::attention(gpu, HEADS, 7, 3).await?.max(trial::attention(gpu, HEADS, 1, 130).await?))
}

pub(in crate::kernels) async fn check_decode_attention(gpu: &Gpu) -> Result<f64, LabError> {
    Ok(trial::decode_attention(gpu, HEADS, 70, 131).await?.max(trial::decode_attention(gpu, HEADS, 0, 0).await?))
}

pub(in crate::kernels) async fn check_swiglu(gpu: &Gpu) -> Result<f64, LabError> {
    Ok(trial::swiglu(gpu, 3, 131, 0).await?.max(trial::swiglu(gpu, 3, 131, 67).await?))
}

pub(in crate::kernels) async fn check_top_k(gpu: &Gpu) -> Result<f64, LabError> {
    let (scattered, crowded) = (math::activations(3 * 1031, 5), trial::crowded(2 * 5003));
    let few = trial::top_k(gpu, &scattered, 1031, 3).await?;
    Ok(few.max(trial::top_k(gpu, &crowded, 5003, 61).await?))
}

pub(in crate::kernels) async fn check_cosine_scores(gpu: &Gpu) -> Result<f64, LabError> {
    Ok(trial::cosine_scores(gpu, [67, 37, 5], Rung::Last)
        .await?
        .max(trial::cosine_scores(gpu, [5, 131, 1], Rung::Last).await?))
}

pub(in crate::kernels) async fn check_cosine_scores_int8(gpu: &Gpu) -> Result<f64, LabError> {
    let many = trial::cosine_scores_int8(gpu, [67, 37, 5], Rung::Last).await?;
    Ok(many.max(trial::cosine_scores_int8(gpu, [5, 131, 1], Rung::Last).await?))
}
