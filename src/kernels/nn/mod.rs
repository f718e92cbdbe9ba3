//! The kernels of a decoder beside its products, and those of vector search.
//!
//! Everything here records into a [`Batch`](crate::gpu::Batch) and leaves its results on the device, so that a whole
//! model, token after token, is one submission each with one small readback.
//!
//! # A decoder layer for one token is six dispatches
//!
//! | | dispatch | what it does |
//! | --- | --- | --- |
//! | 1 | `product::forward` | `qkv = W_qkv x`, three weights stacked to one, each column times the norm's gain |
//! | 2 | [`decode_attention`](fn@decode_attention) | the RMS norm of `x`, put off until here; rotation; cache; attention |
//! | 3 | `product::forward` | `x' = W_o y + x`: the residual as a low-rank update of rank 1, `z = [1]`, `U = x` |
//! | 4 | `product::forward` | `projected = W_gate_up x'`, two weights stacked to one, times the norm's gain |
//! | 5 | [`swiglu`](fn@swiglu) | the RMS norm of `x'`, put off until here; the gate |
//! | 6 | `product::forward` | `x = W_down h + x'`, the residual as in 3 |
//!
//! The norm may be put off because it is one factor a token: `W (gain * x * r) = r (W gain) x`, and the gain goes into the
//! columns of `W` once, when the weights are loaded. A product that quantizes its activations first takes a dispatch more.
//!
//! For many tokens the count matters less: [`rms_norm`](fn@rms_norm) (which adds the residual), product,
//! [`rope_cache`], [`attention`](fn@attention), product, [`rms_norm`](fn@rms_norm), product, [`swiglu`](fn@swiglu),
//! product. [`embed`](fn@embed) reads the token that [`TopK`] chose where it lies, so tokens can follow each other
//! without the host knowing them.
//!
//! Dimension legend: `T` tokens, `C` channels, `H` query heads, `J` key heads, `D` numbers in a head, `S` places in the
//! cache, `F` inner channels; `N` rows of a collection, `Q` queries.

pub mod agreement;
pub(super) mod attention;
mod cache;
pub(super) mod cosine_scores;
pub(super) mod cosine_scores_int8;
pub(super) mod decode_attention;
pub(super) mod embed;
pub(super) mod gelu;
pub(super) mod health;
pub(super) mod layer_norm;
pub(super) mod rms_norm;
pub(super) mod rope;
mod search;
pub(super) mod softmax;
pub(super) mod swiglu;
pub(super) mod top_k;
pub mod trial;

pub use agreement::AttentionInputs;
pub use attention::attention;
pub use cache::{Heads, KvCache, RopeTable};
pub use cosine_scores::cosine_scores;
pub use cosine_scores_int8::cosine_scores_int8;
pub use decode_attention::{DecodeAttention, decode_attention};
pub use embed::{Tokens, embed};
pub use gelu::gelu;
pub use layer_norm::layer_norm;
pub use rms_norm::rms_norm;
pub use rope::{Turn, rope, rope_cache};
pub use search::{Vectors, VectorsInt8, nearest, nearest_int8};
pub use softmax::{Causal, softmax};
pub use swiglu::{Deferred, swiglu};
pub use top_k::{MAX_K, Ranked, TopK, top_k};

use crate::protocol::LabError;

use super::GpuMatrix;
use super::matrix::shape_error;

/// Refuses a matrix of another shape.
fn expect(kernel: &str, what: &str, matrix: &GpuMatrix, rows: usize, cols: usize) -> Result<(), LabError> {
    if (matrix.rows, matrix.cols) == (rows, cols) {
        return Ok(());
    }
    Err(shape_error(kernel, format!("{what} [{rows}, {cols}]"), format!("[{}, {}]", matrix.rows, matrix.cols)))
}
