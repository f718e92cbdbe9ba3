//! The layers of a language model beside its products, and vector search: every one as its definition says, in f64.
//!
//! Dimension legend: `T` tokens, `C` channels, `H` query heads, `J` key heads, `D` numbers in a head, `K` keys, `F` inner
//! channels; `N` rows of a collection, `Q` queries.

mod activation;
mod attention;
mod decoder;
mod norm;
mod rope;
mod search;

pub use activation::{erfc, gelu, swiglu};
pub use attention::{AttentionShape, attention, decode_attention};
pub use decoder::{Decoded, DecoderLayer, DecoderShape, DecoderWeights, decode};
pub use norm::{layer_norm, rms_factor, rms_norm, softmax, visible};
pub use rope::{rope, rope_turns};
pub use search::{cosine_scores, cosine_scores_int8, embed, int8_rows, top_k};

/// The same numbers in f64.
fn wide(values: &[f32]) -> Vec<f64> {
    values.iter().map(|&v| f64::from(v)).collect()
}
