//! CPU references, quantizers, metrics and the seeded generator. Pure; depends on nothing else in the house.
//!
//! Every kernel in `shaders/` has its reference here under the same name, written independently of it.

mod spec;

pub use spec::{
    DOUBLE_QUANT_BLOCK, Format, Granularity, Groups, QuantSpec, Rounding, ScaleRule, ScaleStorage, Symmetry,
};
