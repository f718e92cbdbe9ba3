//! Our kernels as operations of burn's graphs: forward and hand-written backward, on the device and on the processor.
//!
//! ```text
//! mod.rs     what models call
//! extend.rs  the operations as burn's dispatcher and its autodiff know them
//! gpu.rs     burn's tensors lent to our kernels: same device, same queue, nothing is copied
//! cpu.rs     the same on burn's `flex` backend, with the loops of `math`
//! ```
//!
//! An operation inside a graph cannot return an error, so it leaves one behind and goes on with zeros; what models call
//! picks it up: [`linear`] and its like after their forward pass, [`backward`] after the backward pass.
//!
//! Dimension legend: `M` rows of `X` (tokens), `K` inputs, `N` outputs, `R` LoRA rank.

mod cpu;
mod extend;
mod gpu;

use std::cell::RefCell;

use burn::backend::Dispatch;
use burn::tensor::{DType, Gradients, Tensor};

use crate::kernels::shape_error;
use crate::protocol::LabError;

use super::FrozenWeights;
use extend::Linears;

pub(super) use gpu::Lending;

thread_local! {
    /// The first thing that went wrong in an operation since somebody asked.
    static FAULT: RefCell<Option<LabError>> = const { RefCell::new(None) };
}

/// Leaves an error behind for [`settled`].
fn note(error: LabError) {
    FAULT.with_borrow_mut(|fault| {
        fault.get_or_insert(error);
    });
}

/// What an operation left behind.
fn settled<T>(value: T) -> Result<T, LabError> {
    FAULT.take().map_or(Ok(value), Err)
}

/// A linear layer with a frozen weight, however it is stored: `Y = X W^T`. Differentiable in `x`; where the storage
/// quantizes activations (W8A8), the gradient goes straight through that rounding.
///
/// # Shapes
/// `x [.., K]`, `w [N, K]` -> `[.., N]`
/// # Errors
/// [`LabError::Shape`] if they do not fit; [`LabError::NoGpu`] if they are not on the same device;
/// [`LabError::OutOfMemory`], [`LabError::TooLarge`], [`LabError::Kernel`], [`LabError::DeviceLost`].
pub fn linear<const D: usize>(x: Tensor<D>, w: &FrozenWeights) -> Result<Tensor<D>, LabError> {
    apply("linear", x, (w.rows, w.cols), |x| Dispatch::frozen_linear(x.into_dispatch(), w.clone()))
}

/// A linear layer with a frozen weight and a low-rank update: `Y = X W^T + scale (X A^T) B^T`. Differentiable in `x`, `a`
/// and `b`.
///
/// # Shapes
/// `x [.., K]`, `w [N, K]`, `a [R, K]`, `b [N, R]` -> `[.., N]`
/// # Errors
/// As [`linear`].
/// # Source
/// Hu et al. 2021, arXiv:2106.09685, section 4.1; `scale` is their `alpha / R`.
pub fn lora_linear<const D: usize>(
    x: Tensor<D>,
    w: &FrozenWeights,
    a: Tensor<2>,
    b: Tensor<2>,
    scale: f32,
) -> Result<Tensor<D>, LabError> {
    let ([rank, a_cols], [b_rows, b_cols]) = (a.dims(), b.dims());
    if rank == 0 || (a_cols, b_rows, b_cols) != (w.cols, w.rows, rank) {
        let expected = format!("A [R, {}], B [{}, R]", w.cols, w.rows);
        return Err(shape_error("lora_linear", expected, format!("A [{rank}, {a_cols}], B [{b_rows}, {b_cols}]")));
    }
    for (name, matrix) in [("A", &a), ("B", &b)] {
        of_floats("lora_linear", name, matrix.dtype())?;
    }
    apply("lora_linear", x, (w.rows, w.cols), |x| {
        Dispatch::low_rank_linear(x.into_dispatch(), a.into_dispatch(), b.into_dispatch(), w.clone(), scale)
    })
}

/// A linear layer with a weight that is trained: `Y = X W^T`. Differentiable in both.
///
/// # Shapes
/// `x [.., K]`, `w [N, K]` -> `[.., N]`
/// # Errors
/// As [`linear`].
pub fn dense_linear<const D: usize>(x: Tensor<D>, w: Tensor<2>) -> Result<Tensor<D>, LabError> {
    let [rows, cols] = w.dims();
    of_floats("dense_linear", "W", w.dtype())?;
    apply("dense_linear", x, (rows, cols), |x| Dispatch::dense_linear(x.into_dispatch(), w.into_dispatch()))
}

/// The gradients of a loss, or of the sum of a tensor.
///
/// # Shapes
/// `loss [1]`, or any
/// # Errors
/// What went wrong in the backward pass of [`linear`] and its like, as they say.
pub fn backward<const D: usize>(loss: &Tensor<D>) -> Result<Gradients, LabError> {
    settled(loss.backward())
}

/// Lays the leading dimensions of `x` into one, applies an operation on matrices, and restores them.
fn apply<const D: usize>(
    operation: &str,
    x: Tensor<D>,
    (rows, cols): (usize, usize),
    on_matrix: impl FnOnce(Tensor<2>) -> burn::backend::DispatchTensor,
) -> Result<Tensor<D>, LabError> {
    let mut dims = x.dims();
    let count: usize = dims.iter().product();
    of_floats(operation, "X", x.dtype())?;
    if dims[D - 1] != cols || count == 0 {
        return Err(shape_error(operation, format!("X [.., {cols}], not empty"), format!("X {dims:?}")));
    }
    let y = Tensor::<2>::from_dispatch(on_matrix(x.reshape([count / cols, cols])));
    dims[D - 1] = rows;
    settled(y.reshape(dims))
}

fn of_floats(operation: &str, name: &str, kind: DType) -> Result<(), LabError> {
    if kind == DType::F32 {
        return Ok(());
    }
    Err(shape_error(operation, format!("{name} of F32"), format!("{kind:?}")))
}
