//! Text that the model has not read, and that is about combinations it was not trained on.

use crate::data::world::{Language, Split, World};
use crate::model::TextModel;
use crate::protocol::LabError;

/// Tokens that are read together; each window begins anew, so that its first tokens are hard for every plan alike.
pub const WINDOW: usize = 128;
/// The world that the shipped model was trained in.
const SEED: u32 = 1;

/// A window: what goes in, and what comes next at each place.
pub struct Window {
    pub inputs: Vec<u32>,
    pub targets: Vec<u32>,
    /// What FP32 says: the mean loss in nats and the likeliest tokens; logits of the windows of a look only.
    pub reference: Option<Reference>,
}

/// FP32's answer to a window.
pub struct Reference {
    pub losses: Vec<f64>,
    pub likeliest: Vec<u32>,
    pub logits: Option<Vec<f32>>,
}

/// The windows of both languages, made as they are needed.
#[derive(Default)]
pub struct HeldOut {
    made: [Stream; 2],
}

#[derive(Default)]
struct Stream {
    tokens: Vec<u32>,
    documents: u32,
    windows: Vec<Window>,
}

/// The languages in the order of the tables, with their words there.
pub const LANGUAGES: [(Language, &str); 2] = [(Language::Spanish, "es"), (Language::English, "en")];

impl HeldOut {
    /// At least the first `count` windows of a language: documents one after the other, the end of text before each.
    ///
    /// # Errors
    /// Those of the tokenizer.
    pub fn windows(&mut self, language: usize, count: usize, model: &TextModel) -> Result<&mut [Window], LabError> {
        let made = &mut self.made[language];
        let world = World::new(SEED);
        while made.windows.len() < count {
            while made.tokens.len() < WINDOW + 1 {
                let text = world.document(LANGUAGES[language].0, Split::Test, made.documents).text;
                made.tokens.extend(model.prompt(&text)?);
                made.documents += 1;
            }
            let inputs = made.tokens[..WINDOW].to_vec();
            let targets = made.tokens[1..=WINDOW].to_vec();
            made.tokens.drain(..WINDOW);
            made.windows.push(Window { inputs, targets, reference: None });
        }
        Ok(&mut made.windows[..count])
    }
}

/// Windows that hold at least `tokens` tokens.
pub fn windows_for(tokens: usize) -> usize {
    tokens.div_ceil(WINDOW)
}
