//! A file of our own: the matrices of any method, and its settings in the free text of the header.

use serde::{Deserialize, Serialize};

use super::weights::{self, Weights};
use super::{Adapter, MOST, MOST_ALPHA, kept, names};
use crate::data::llama::LlamaConfig;
use crate::math::peft::{Method, ModelShape, PeftSettings};
use crate::protocol::{Fault, LabError};

/// What the file is called.
pub const OWN_FILE: &str = "adapter.safetensors";
/// The key of the settings.
pub(super) const SETTINGS: &str = "afina_adapter";
/// Of what is written now.
const VERSION: u32 = 1;

#[derive(Serialize, Deserialize)]
struct Told {
    version: u32,
    /// Of the model that it was trained on.
    shape: ModelShape,
    method: Method,
    settings: PeftSettings,
}

/// The bytes of [`OWN_FILE`].
///
/// # Errors
/// [`LabError::Shape`] if the adapter is another model's.
pub fn write_own(adapter: &Adapter, model: &LlamaConfig) -> Result<Vec<u8>, LabError> {
    let Adapter { method, settings, matrices } = adapter;
    let shape = ModelShape::from(model);
    let kept = adapter.check(&shape)?;
    let names = names::in_own(model, *method, settings);
    let told = Told { version: VERSION, shape, method: *method, settings: settings.clone() };
    // Settings are numbers, words and one text: JSON has all of them.
    let told = serde_json::to_string(&told).unwrap_or_default();
    Ok(weights::write(&kept, &names, matrices, &[("format", "pt"), (SETTINGS, &told)]))
}

/// Reads a file whose settings were found in its header.
///
/// # Errors
/// [`LabError::Malformed`] at the settings; [`LabError::Shape`] for another model's; those of [`Weights::matrices`].
pub(super) fn read(source: &str, told: &str, weights: &Weights<'_>, model: &LlamaConfig) -> Result<Adapter, LabError> {
    let fail = |fault| LabError::Malformed { source: source.into(), at: SETTINGS.into(), fault };
    let Told { version, shape: trained_on, method, settings } = serde_json::from_str(told)
        .map_err(|e| fail(Fault::BadJson { line: e.line() as u64, column: e.column() as u64 }))?;
    if version != VERSION {
        return Err(fail(Fault::BadVersion { got: version.to_string() }));
    }
    let shape = ModelShape::from(model);
    if trained_on != shape {
        let (expected, got) = (format!("{shape:?}"), format!("{trained_on:?}"));
        return Err(LabError::Shape { operation: source.into(), expected, got });
    }
    let PeftSettings { lora, adapter, prompt, prefix } = &settings;
    let counts = [lora.rank, adapter.bottleneck, prompt.tokens, prefix.tokens, prefix.hidden];
    if let Some(count) = counts.iter().find(|count| !(1..=MOST).contains(&u64::from(**count))) {
        return Err(fail(Fault::TooLong { limit: MOST, got: (*count).into() }));
    }
    // Twice the same target would be twice the same matrix.
    let sorted = lora.targets.is_sorted_by(|a, b| a < b) && !lora.targets.is_empty();
    if !sorted || !(f32::MIN_POSITIVE..MOST_ALPHA).contains(&lora.alpha) || !(0.0..1.0).contains(&lora.dropout) {
        return Err(fail(Fault::NotDecodable));
    }
    let matrices = weights.matrices(&kept(&shape, method, &settings), &names::in_own(model, method, &settings))?;
    Adapter::new(&shape, method, settings, matrices)
}
