//! Text that a model of the little world has not read, about combinations that it was not trained on, in windows: what the
//! labs measure perplexity on, and the model's card.

use super::tokenizer::Tokenizer;
use super::world::{Language, Split, World};
use crate::protocol::LabError;

/// Tokens that are read together; each window begins anew, so that its first tokens are hard for everybody alike.
pub const WINDOW: usize = 128;
/// The world that the shipped model was trained in.
pub const SEED: u32 = 1;

/// The windows of a language one after the other: documents, the end of text before each.
pub struct HeldOutText {
    language: Language,
    tokens: Vec<u32>,
    documents: u32,
}

impl HeldOutText {
    /// The text from its beginning.
    pub fn new(language: Language) -> HeldOutText {
        HeldOutText { language, tokens: Vec::new(), documents: 0 }
    }

    /// The next window: what goes in, and what comes next at each place.
    ///
    /// # Shapes
    /// `([WINDOW], [WINDOW])`
    /// # Errors
    /// Those of the tokenizer; [`LabError::Malformed`] if it has no end of text.
    pub fn next_window(&mut self, tokenizer: &Tokenizer) -> Result<(Vec<u32>, Vec<u32>), LabError> {
        while self.tokens.len() < WINDOW + 1 {
            self.tokens.push(tokenizer.end_of_text()?);
            let text = World::new(SEED).document(self.language, Split::Test, self.documents).text;
            self.tokens.extend(tokenizer.encode(&text)?);
            self.documents += 1;
        }
        let window = (self.tokens[..WINDOW].to_vec(), self.tokens[1..=WINDOW].to_vec());
        self.tokens.drain(..WINDOW);
        Ok(window)
    }
}

/// Windows that hold at least `tokens` tokens.
pub fn windows_for(tokens: usize) -> usize {
    tokens.div_ceil(WINDOW)
}
