//! Products `Y = X W^T` for the CPU tier: the same formats as the kernels', in loops that become SIMD.
//!
//! ```text
//! weights.rs   W as it is kept: f32, f16, INT8, INT4, NF4, packed row by row
//! decode.rs    a stretch of a row back to f32 (or i16), the inner loops of every quantized format
//! product.rs   tiles of dot products over decoded stretches
//! lanes.rs     four numbers at once
//! layers.rs    what a decoder computes between its products
//! backward.rs  the gradients of a layer with a frozen weight and a low-rank update
//! ceilings.rs  how fast this processor copies and multiplies at most
//! ```
//!
//! Not references: those are plain loops in f64 and live beside the kernels' names. These are what is timed.
//!
//! Dimension legend: `M` rows of `X`, `K` inputs, `N` outputs.

mod backward;
mod ceilings;
mod decode;
mod lanes;
mod layers;
mod product;
mod weights;

pub use backward::input_gradient as fast_input_gradient;
pub use ceilings::{FMA_FLOP_PER_ROUND, copy_block, fma_rounds};
pub use layers::{fast_add, fast_attention, fast_multiply, fast_rms_norm, fast_rope, fast_swiglu};
pub use product::{Activations as FastActivations, Version as FastVersion, add_low_rank, product_rows};
pub use weights::{Storage as FastStorage, Weights as FastWeights};
