//! The text that the model is pretrained on, as sequences of token numbers: documents one after the other, the end of text
//! before each, Spanish three times out of five.

use crate::data::tokenizer::Tokenizer;
use crate::data::world::{Language, Split, World};
use crate::protocol::LabError;

/// Of so many sequences ...
const CYCLE: u64 = 5;
/// ... so many are Spanish, the first language of the lab.
const SPANISH: u64 = 3;

/// An endless text.
pub struct Stream<'a> {
    world: World,
    tokenizer: &'a Tokenizer,
    end: u32,
    /// Documents used so far, Spanish and English.
    used: [u32; 2],
    sequences: u64,
}

impl<'a> Stream<'a> {
    /// The text of a world from its beginning.
    ///
    /// # Errors
    /// [`LabError::Malformed`] if the tokenizer has no end of text.
    pub fn new(world: World, tokenizer: &'a Tokenizer) -> Result<Stream<'a>, LabError> {
        Ok(Stream { world, end: tokenizer.end_of_text()?, tokenizer, used: [0; 2], sequences: 0 })
    }

    /// Passes over sequences, as a resumed run does.
    ///
    /// # Errors
    /// Those of the tokenizer.
    pub fn skip(&mut self, sequences: u64, tokens: usize) -> Result<(), LabError> {
        (0..sequences).try_for_each(|_| self.next_sequence(tokens).map(drop))
    }

    /// The next sequence, all of one language; what does not fit is cut off.
    ///
    /// # Errors
    /// Those of the tokenizer.
    pub fn next_sequence(&mut self, tokens: usize) -> Result<Vec<u32>, LabError> {
        // 3 of 5 evenly: S E S E S.
        let spanish = self.sequences * SPANISH % CYCLE < SPANISH;
        self.sequences += 1;
        let language = if spanish { Language::Spanish } else { Language::English };
        let used = &mut self.used[usize::from(!spanish)];
        let mut out = Vec::with_capacity(tokens + 128);
        while out.len() < tokens {
            out.push(self.end);
            let text = self.world.document(language, Split::Train, *used).text;
            out.extend(self.tokenizer.encode(&text)?);
            *used += 1;
        }
        out.truncate(tokens);
        Ok(out)
    }
}
