//! What a fine-tuning leaves behind, as files: folders that Hugging Face's `peft` reads and writes, one file of our own
//! for what `peft` does not know, and models with the update merged into them.
//!
//! ```text
//! mod.rs      what is kept of a training
//! names.rs    what the matrices are called in files
//! config.rs   adapter_config.json, written and read
//! folder.rs   PEFT folders
//! own.rs      adapter.safetensors, for every method
//! weights.rs  matrices out of a safetensors file, checked
//! merge.rs    updates added to a model and taken away again
//! ```
//!
//! Dimension legend: as [`crate::math::peft`].

mod config;
mod folder;
mod merge;
mod names;
mod own;
mod weights;

use crate::math::peft::{Method, ModelShape, PeftSettings, Trainable, trainable};
use crate::protocol::LabError;

pub use folder::{ADAPTER_CONFIG, ADAPTER_WEIGHTS, read, write};
pub use merge::{merged, unmerged};
pub use own::{OWN_FILE, write_own};

/// More than any setting that counts something; keeps every product of a hostile file within `u64`.
const MOST: u64 = 1 << 16;
/// Alphas are tens.
const MOST_ALPHA: f32 = 1e6;

/// The matrices that are kept of a training, in the order of [`trainable`]: those that were trained, but of prefix tuning
/// the one table that its encoder computes, which is all that `peft` saves too.
pub fn kept(shape: &ModelShape, method: Method, settings: &PeftSettings) -> Vec<Trainable> {
    trainable(shape, if method == Method::Prefix { Method::DeepPrompt } else { method }, settings)
}

/// A training's result: what must be saved for one task.
#[derive(Clone, Debug, PartialEq)]
pub struct Adapter {
    pub method: Method,
    /// Those of `method`; the others are the defaults where the adapter was read from a file.
    pub settings: PeftSettings,
    matrices: Vec<Vec<f32>>,
}

impl Adapter {
    /// The result of a training on a model of this shape.
    ///
    /// # Shapes
    /// `matrices` as [`kept`]
    /// # Errors
    /// [`LabError::Shape`] if their number or the size of one of them is wrong.
    pub fn new(
        shape: &ModelShape,
        method: Method,
        settings: PeftSettings,
        matrices: Vec<Vec<f32>>,
    ) -> Result<Adapter, LabError> {
        let adapter = Adapter { method, settings, matrices };
        adapter.check(shape)?;
        Ok(adapter)
    }

    /// The matrices, in the order of [`kept`].
    pub fn matrices(&self) -> &[Vec<f32>] {
        &self.matrices
    }

    /// Numbers in all.
    pub fn count(&self) -> usize {
        self.matrices.iter().map(Vec::len).sum()
    }

    /// The matrices and what they are, if the adapter is one of a model of this shape.
    ///
    /// # Errors
    /// [`LabError::Shape`]
    fn check(&self, shape: &ModelShape) -> Result<Vec<Trainable>, LabError> {
        let kept = kept(shape, self.method, &self.settings);
        let wrong = |expected: String, got: usize| {
            let operation = format!("adapter ({})", self.method.word());
            Err(LabError::Shape { operation, expected, got: format!("[{got}]") })
        };
        if kept.len() != self.matrices.len() {
            return wrong(kept.len().to_string(), self.matrices.len());
        }
        for (spec, matrix) in kept.iter().zip(&self.matrices) {
            if spec.count() != matrix.len() {
                return wrong(format!("{:?} [{}, {}]", spec.role, spec.rows, spec.cols), matrix.len());
            }
        }
        Ok(kept)
    }
}
