//! Language models of the Llama family, run for text and for figures, not for training: on the GPU with this house's
//! kernels, on the processor with [`crate::math`]'s products, from the same quantized matrices.
//!
//! ```text
//! plan.rs       which number format each product's matrix has
//! decoder.rs    Decoder: a model's weights on a tier
//! passes.rs     text in, logits out
//! cache.rs      Cache: what a decoder remembers of a text
//! processor.rs  the forward pass on the processor
//! device.rs     the forward pass on the GPU: six dispatches a layer and two more for one token
//! text_model.rs weights and tokenizer of one folder
//! ```
//!
//! A room of its own because it is neither a kernel (it strings many together and knows a file's format) nor burn's (`nets`
//! trains; what runs here must also fit the worker that has no burn).
//!
//! # Both tiers multiply with the same numbers
//!
//! The gains of a norm go into the columns of the product that follows ([`unit_matrix`](crate::data::llama::unit_matrix)),
//! and the result is quantized by [`WeightFormat::quantize`](crate::math::WeightFormat::quantize), once, whatever the tier.
//! The gains of the last norm scale the hidden state, because in a tied model the matrix after it is also the embedding.
//! Embedding rows are looked up on the host, from the same quantized copy, as llama.cpp does.
//!
//! Dimension legend: `T` tokens, `V` vocabulary, `C` channels, `F` inner channels, `H` query heads, `J` key heads, `D`
//! numbers in a head, `S` places in a cache, `L` layers.

mod cache;
mod decoder;
mod device;
mod passes;
mod plan;
mod processor;
#[cfg(feature = "text-models")]
mod text_model;

pub use cache::Cache;
pub use decoder::{Decoder, Place, UnitSize};
pub use plan::Plan;
#[cfg(feature = "text-models")]
pub use text_model::TextModel;
