//! A model with the tokenizer that it was trained with: everything that turns text into text.

use std::rc::Rc;

use crate::data::llama::{CONFIG, Checkpoint, FilesInMemory, WEIGHTS};
use crate::data::tokenizer::Tokenizer;
use crate::protocol::{Fault, LabError};

/// The folder of the model that ships, below the site's root.
const FOLDER: &str = "models/afina-small";
/// The tokenizer in a folder.
const TOKENIZER: &str = "tokenizer.json";

/// Weights and tokenizer of one folder.
pub struct TextModel {
    pub checkpoint: Rc<Checkpoint>,
    pub tokenizer: Tokenizer,
    /// The token between two texts; it comes before every prompt, as it came before every text of the training.
    pub end: u32,
    /// Of all files together.
    pub file_bytes: u64,
}

impl TextModel {
    /// The model that ships with the site, whose files `fetch` brings by their paths below the site's root.
    ///
    /// # Errors
    /// As [`TextModel::read`].
    pub async fn shipped(mut fetch: impl AsyncFnMut(&str) -> Result<Vec<u8>, LabError>) -> Result<TextModel, LabError> {
        TextModel::read(async |name| fetch(&[FOLDER, "/", name].concat()).await).await
    }

    /// Reads a folder whose files `fetch` brings, whole.
    ///
    /// # Errors
    /// Those of `fetch`, [`Checkpoint::read`] and [`Tokenizer::read`]; [`LabError::Malformed`] if the tokenizer has no end
    /// of text, or more tokens than the model knows.
    pub async fn read(mut fetch: impl AsyncFnMut(&str) -> Result<Vec<u8>, LabError>) -> Result<TextModel, LabError> {
        let config = fetch(CONFIG).await?;
        let tokens = fetch(TOKENIZER).await?;
        let weights = fetch(WEIGHTS).await?;
        let file_bytes = (config.len() + tokens.len() + weights.len()) as u64;
        let tokenizer = Tokenizer::read(TOKENIZER, &tokens)?;
        let mut files = FilesInMemory::default();
        files.0.insert(CONFIG.into(), config);
        files.0.insert(WEIGHTS.into(), weights);
        let checkpoint = Checkpoint::read(&files, async |_, _| Ok(())).await?;
        let fault = |at: &str, fault| LabError::Malformed { source: TOKENIZER.into(), at: at.into(), fault };
        let (expected, got) = (checkpoint.config.vocabulary as u64, tokenizer.size() as u64);
        if got > expected {
            return Err(fault("model.vocab", Fault::SizeMismatch { expected, got }));
        }
        let end = tokenizer.end_of_text()?;
        Ok(TextModel { checkpoint: Rc::new(checkpoint), tokenizer, end, file_bytes })
    }

    /// The numbers of a prompt's tokens, the one between texts first.
    ///
    /// # Errors
    /// Those of the tokenizer.
    pub fn prompt(&self, text: &str) -> Result<Vec<u32>, LabError> {
        let mut ids = vec![self.end];
        ids.extend(self.tokenizer.encode(text)?);
        Ok(ids)
    }
}
