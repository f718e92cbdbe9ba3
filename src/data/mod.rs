//! Readers for the files that visitors bring: safetensors, `.npy`, CSV, examples to learn from and adapters; what is
//! handed out as files; the text of share links; and the little world that language models are trained on.
//!
//! Pure functions over ranges of bytes: the caller reads the first bytes, then the header, then the rows that are
//! wanted, so that a 5 GB file opens at once. Every length is checked against the bytes that are left before anything
//! is allocated, and every failure names the file, the place and the reason.

mod byte_level;
pub mod csv;
pub mod examples;
mod fields;
#[cfg(feature = "text-models")]
pub mod held_out;
pub mod llama;
pub mod notebook;
pub mod npy;
pub mod peft;
pub mod safetensors;
pub mod share;
#[cfg(feature = "text-models")]
pub mod tokenizer;
mod window;
pub mod world;
pub mod zip;

pub use byte_level::bytes_of_token;
pub use window::{Matrix, Window, matrix_shape};
