//! Products with a weight, however it is stored: one interface over a kernel for each storage.
//!
//! `Y = X W^T` as torch's `Linear`, the two gradients that training needs, and a low-rank update added in the same
//! dispatch. Every kernel has several variants (entry points of one WGSL file); [`prepare`] measures which is the fastest
//! here for a class of shapes, and the device remembers it.
//!
//! Dimension legend: `M` rows of `X` (tokens), `K` inputs, `N` outputs, `R` LoRA rank, `G` weights that share a scale.

pub(super) mod adamw;
pub mod agreement;
pub mod case;
mod choose;
mod floats;
pub(super) mod health;
pub(super) mod lora;
mod low_rank;
pub(super) mod matmul_f16;
pub(super) mod matmul_f32;
pub(super) mod matmul_int4;
pub(super) mod matmul_int8;
pub(super) mod matmul_nf4;
pub(super) mod matmul_w8a8;
mod measure;
pub(super) mod pad;
pub(super) mod quantize_rows;
mod weight_only;
mod weights;

use crate::gpu::{Batch, Gpu};
use crate::protocol::LabError;

use super::GpuMatrix;
use super::matrix::shape_error;

pub use adamw::{Kept, Optimizing, adamw};
pub use choose::{Pass, chosen, entry_of, variants};
pub use lora::{Lora, LoraSlopes, lora_backward, lora_forward, lora_variants};
pub use low_rank::LowRank;
pub use measure::{prepare, prepare_lora};
pub use quantize_rows::{QuantizedRows, quantize_rows, quantize_rows_variants};
pub use weight_only::held_weights;
pub use weights::{Storage, Weights, upload_quantized, upload_weights};

/// Records a linear layer: `Y = X W^T`, plus the low-rank update.
///
/// # Shapes
/// `x [M, K]`, `w [N, K]`, `z [M, R]` -> `y [M, N]`
/// # Errors
/// [`LabError::Shape`]; [`LabError::TooLarge`], [`LabError::OutOfMemory`], [`LabError::Kernel`],
/// [`LabError::DeviceLost`].
pub fn forward(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    x: &GpuMatrix,
    w: &Weights,
    low_rank: Option<&LowRank<'_>>,
    y: &GpuMatrix,
) -> Result<(), LabError> {
    fits("forward", (x.rows, w.cols, x), (x.rows, w.rows, y), low_rank)?;
    match w.storage {
        Storage::F32 => matmul_f32::forward(gpu, batch, x, w, low_rank, y),
        Storage::F16 => matmul_f16::forward(gpu, batch, x, w, low_rank, y),
        Storage::W8a8 { group } => matmul_w8a8::forward(gpu, batch, x, (w, group), low_rank, y),
        Storage::Int8 { .. } | Storage::Int4 { .. } | Storage::Nf4 { .. } => {
            weight_only::forward(gpu, batch, x, w, low_rank, y)
        }
    }
}

/// Records the gradient at the inputs: `dX = dY W`, plus the low-rank update.
///
/// # Shapes
/// `dy [M, N]`, `w [N, K]`, `z [M, R]` -> `dx [M, K]`
/// # Errors
/// As [`forward`].
pub fn input_gradient(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    dy: &GpuMatrix,
    w: &Weights,
    low_rank: Option<&LowRank<'_>>,
    dx: &GpuMatrix,
) -> Result<(), LabError> {
    fits("input_gradient", (dy.rows, w.rows, dy), (dy.rows, w.cols, dx), low_rank)?;
    match w.storage {
        Storage::F32 => matmul_f32::input_gradient(gpu, batch, dy, w, low_rank, dx),
        Storage::F16 => matmul_f16::input_gradient(gpu, batch, dy, w, low_rank, dx),
        // W8A8 has the codes of INT8; only the activations of its forward pass are quantized.
        Storage::Int8 { .. } | Storage::W8a8 { .. } | Storage::Int4 { .. } | Storage::Nf4 { .. } => {
            weight_only::input_gradient(gpu, batch, dy, w, low_rank, dx)
        }
    }
}

/// Records the gradient at dense f32 weights: `dW = dY^T X`.
///
/// # Shapes
/// `dy [M, N]`, `x [M, K]` -> `dw [N, K]`
/// # Errors
/// As [`forward`].
pub fn weight_gradient(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    dy: &GpuMatrix,
    x: &GpuMatrix,
    dw: &GpuMatrix,
) -> Result<(), LabError> {
    fits("weight_gradient", (x.rows, dy.cols, dy), (dy.cols, x.cols, dw), None)?;
    matmul_f32::weight_gradient(gpu, batch, dy, x, dw)
}

/// Refuses operands that do not fit: `(rows, columns, matrix)` of the left operand and of the result.
fn fits(
    operation: &str,
    (rows, cols, given): (usize, usize, &GpuMatrix),
    (out_rows, out_cols, out): (usize, usize, &GpuMatrix),
    low_rank: Option<&LowRank<'_>>,
) -> Result<(), LabError> {
    let shape = |m: &GpuMatrix| format!("[{}, {}]", m.rows, m.cols);
    if (given.rows, given.cols) != (rows, cols) {
        return Err(shape_error(operation, format!("[{rows}, {cols}]"), shape(given)));
    }
    if (out.rows, out.cols) != (out_rows, out_cols) {
        return Err(shape_error(operation, format!("[{out_rows}, {out_cols}]"), shape(out)));
    }
    low_rank.map_or(Ok(()), |update| update.fits(operation, out_rows, out_cols))
}
