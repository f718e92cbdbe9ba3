//! Folders of language models of the Llama family: `config.json`, `model.safetensors` and their tensors' names, as
//! Hugging Face writes them. No size is built in.
//!
//! Dimension legend: `V` vocabulary, `C` channels, `F` inner channels, `H` query heads, `J` key heads, `D` numbers in a
//! head, `L` layers.

mod config;
mod tensors;

pub use config::LlamaConfig;
pub use tensors::{Part, TensorSpec};
