//! Tokenizers: text to token numbers and back, from a standard `tokenizer.json`; and the training of the little world's
//! own one.
//!
//! A byte-level BPE has a token for each of the 256 bytes, so that any text can be written and read back. The crate
//! `tokenizers` does the work; it panics on some malformed files, so that [`check`] reads a file first.

mod check;
mod training;

pub use training::{DOCUMENTS, END_OF_TEXT, SEED, SPECIAL_TOKENS, VOCABULARY, trained};

use crate::protocol::{Fault, LabError};

/// A tokenizer that was read from a file and checked.
#[derive(Clone, Debug)]
pub struct Tokenizer {
    inner: tokenizers::Tokenizer,
}

impl Tokenizer {
    /// Reads a `tokenizer.json` with a BPE model over bytes, as GPT-2, SmolLM2 and the little world have it. Truncation,
    /// padding and added special tokens, if the file asks for them, are left out: a lab does that itself.
    ///
    /// # Errors
    /// [`LabError::TooLarge`], or [`LabError::Malformed`] with the field at fault, such as `model.merges[3]`.
    pub fn read(source: &str, bytes: &[u8]) -> Result<Tokenizer, LabError> {
        let checked = check::checked(source, bytes)?;
        // What is left are fields of the crate's own, whose reader says what it does not know.
        let inner = tokenizers::Tokenizer::from_bytes(checked).map_err(|error| LabError::Malformed {
            source: source.to_owned(),
            at: "tokenizer.json".to_owned(),
            fault: Fault::WrongKind { expected: short(&error.to_string()) },
        })?;
        Ok(Tokenizer { inner })
    }

    /// The token numbers of a text.
    ///
    /// # Errors
    /// [`LabError::Malformed`] if the tokenizer's rules do not apply to the text.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, LabError> {
        let encoding = self.inner.encode_fast(text, false).map_err(|error| failed("text", &error.to_string()))?;
        Ok(encoding.get_ids().to_vec())
    }

    /// The text of token numbers, special tokens included; bytes that are no UTF-8 become U+FFFD.
    ///
    /// # Errors
    /// [`LabError::Malformed`] for a number that is no token.
    pub fn decode(&self, ids: &[u32]) -> Result<String, LabError> {
        if let Some(id) = ids.iter().find(|id| self.inner.id_to_token(**id).is_none()) {
            let fault = Fault::WrongKind { expected: format!("0..{}", self.size()) };
            return Err(LabError::Malformed { source: "tokens".into(), at: id.to_string(), fault });
        }
        self.inner.decode(ids, false).map_err(|error| failed("tokens", &error.to_string()))
    }

    /// How many tokens there are, added ones included.
    pub fn size(&self) -> usize {
        self.inner.get_vocab_size(true)
    }

    /// The number of a token by its text in the file.
    pub fn id(&self, token: &str) -> Option<u32> {
        self.inner.token_to_id(token)
    }

    /// The number of the token that stands between two texts.
    ///
    /// # Errors
    /// [`LabError::Malformed`] if there is none.
    pub fn end_of_text(&self) -> Result<u32, LabError> {
        let missing =
            || LabError::Malformed { source: "tokenizer.json".into(), at: END_OF_TEXT.into(), fault: Fault::Missing };
        self.id(END_OF_TEXT).ok_or_else(missing)
    }

    /// The text of one token as the file has it (spaces are `Ġ` in byte-level tokenizers).
    pub fn token(&self, id: u32) -> Option<String> {
        self.inner.id_to_token(id)
    }
}

/// Messages of the crate may quote half a file.
fn short(message: &str) -> String {
    const MOST: usize = 160;
    message.chars().take(MOST).collect()
}

fn failed(at: &str, message: &str) -> LabError {
    let fault = Fault::WrongKind { expected: short(message) };
    LabError::Malformed { source: "tokenizer".into(), at: at.to_owned(), fault }
}
