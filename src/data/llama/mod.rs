//! Folders of language models of the Llama family: `config.json`, `model.safetensors` and their tensors' names, as
//! Hugging Face writes them. No size is built in.
//!
//! Dimension legend: `V` vocabulary, `C` channels, `F` inner channels, `H` query heads, `J` key heads, `D` numbers in a
//! head, `L` layers.

mod checkpoint;
mod config;
mod files;
mod folder;
mod index;
mod tensors;
mod units;

pub use checkpoint::{CONFIG, Checkpoint, WEIGHTS};
pub use config::LlamaConfig;
pub use files::model_files;
pub use folder::{FilesInMemory, Folder};
pub use index::{INDEX, shards_from_index};
pub use tensors::{Part, TensorSpec};
pub use units::{UnitKind, UnitSpec, unit_matrix};
