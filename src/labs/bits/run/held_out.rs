//! The held-out text, and what FP32 says to it.

pub use crate::data::held_out::{WINDOW, windows_for};

use crate::data::held_out::HeldOutText;
use crate::data::world::Language;
use crate::model::TextModel;
use crate::protocol::LabError;

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

/// The languages in the order of the tables, with their words there.
pub const LANGUAGES: [(Language, &str); 2] = [(Language::Spanish, "es"), (Language::English, "en")];

/// The windows of both languages, made as they are needed.
pub struct HeldOut {
    made: [(HeldOutText, Vec<Window>); 2],
}

impl Default for HeldOut {
    fn default() -> HeldOut {
        HeldOut { made: LANGUAGES.map(|(language, _)| (HeldOutText::new(language), Vec::new())) }
    }
}

impl HeldOut {
    /// At least the first `count` windows of a language.
    ///
    /// # Errors
    /// Those of the tokenizer.
    pub fn windows(&mut self, language: usize, count: usize, model: &TextModel) -> Result<&mut [Window], LabError> {
        let (text, windows) = &mut self.made[language];
        while windows.len() < count {
            let (inputs, targets) = text.next_window(&model.tokenizer)?;
            windows.push(Window { inputs, targets, reference: None });
        }
        Ok(&mut windows[..count])
    }
}
