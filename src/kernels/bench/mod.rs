//! How fast the kernels are on this adapter: verified first, warmed up, synchronised, medians reported.
//!
//! ```text
//! quant.rs     the steps of the quantization lab, each beside its reference on the processor
//! products.rs  products with every storage, low-rank updates and the optimizer, against the measured ceilings
//! ```

mod products;
mod quant;

pub use products::{Product, Products, products};
pub use quant::{Report, Row, run};
