//! Products with a weight, however it is stored: one interface over a kernel for each storage.
//!
//! `Y = X W^T` as torch's `Linear`, the two gradients that training needs, and a low-rank update added in the same
//! dispatch. Every kernel has several variants (entry points of one WGSL file); [`prepare`] measures which is the fastest
//! here for a class of shapes, and the device remembers it.
//!
//! Dimension legend: `M` rows of `X` (tokens), `K` inputs, `N` outputs, `R` LoRA rank, `G` weights that share a scale.

pub(super) mod adamw;
pub mod agreement;
mod choose;
mod floats;
pub mod health;
pub(super) mod lora;
pub(super) mod matmul_f16;
pub(super) mod matmul_f32;
pub(super) mod pad;
mod weights;

use crate::gpu::{Batch, Gpu, GpuBuffer};
use crate::protocol::LabError;

use super::GpuMatrix;
use super::matrix::shape_error;

pub use adamw::Optimizer;
pub use choose::{Pass, prepare, variants};
pub use lora::{Lora, LoraSlopes, lora_backward, lora_forward, lora_variants};
pub use weights::{Storage, Weights, upload_weights};

/// A low-rank update that a product adds to what it stores: `Y += scale * Z U^T`.
///
/// `up` holds `U`; value `(n, r)` lies at `n * out_stride + r * rank_stride`. The forward pass adds LoRA's
/// `B [N, R]` with strides `(R, 1)`; the input gradient adds `A [R, K]` with strides `(1, K)`.
pub struct LowRank<'a> {
    /// `[M, R]`
    pub z: &'a GpuMatrix,
    pub up: &'a GpuBuffer,
    pub rank: usize,
    pub out_stride: u32,
    pub rank_stride: u32,
    pub scale: f32,
}

/// The first `R` that a kernel refuses: its epilogue walks the ranks one by one.
const RANK_LIMIT: usize = 1024;

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
        Storage::Int8 { .. } => Err(w.storage.unknown()),
        Storage::W8a8 { .. } => Err(w.storage.unknown()),
        Storage::Int4 { .. } => Err(w.storage.unknown()),
        Storage::Nf4 { .. } => Err(w.storage.unknown()),
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
        Storage::Int8 { .. } => Err(w.storage.unknown()),
        // The same codes as INT8; only the activations of the forward pass are quantized.
        Storage::W8a8 { .. } => Err(w.storage.unknown()),
        Storage::Int4 { .. } => Err(w.storage.unknown()),
        Storage::Nf4 { .. } => Err(w.storage.unknown()),
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
    let Some(update) = low_rank else { return Ok(()) };
    if update.rank >= RANK_LIMIT || (update.z.rows, update.z.cols) != (out_rows, update.rank) {
        return Err(shape_error(operation, format!("z [{out_rows}, {}]", update.rank), shape(update.z)));
    }
    let (n, r) = ((out_cols as u64).saturating_sub(1), (update.rank as u64).saturating_sub(1));
    let last = n * u64::from(update.out_stride) + r * u64::from(update.rank_stride);
    if update.rank > 0 && (last + 1) * 4 > update.up.size_bytes() {
        let got = format!("{} values", update.up.size_bytes() / 4);
        return Err(shape_error(operation, format!("up [{out_cols}, {}]", update.rank), got));
    }
    Ok(())
}
