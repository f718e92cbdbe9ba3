//! PEFT folders: `adapter_config.json` and `adapter_model.safetensors`.

use super::weights::{self, Weights};
use super::{Adapter, config, kept, names, own};
use crate::data::llama::LlamaConfig;
use crate::data::zip;
use crate::math::peft::{Method, ModelShape};
use crate::protocol::{Fault, LabError};

/// The settings in a PEFT folder.
pub const ADAPTER_CONFIG: &str = "adapter_config.json";
/// The matrices in a PEFT folder.
pub const ADAPTER_WEIGHTS: &str = "adapter_model.safetensors";
/// Tells an adapter that was trained on a quantized base from one that was not; `peft` does not read it.
const METHOD: &str = "afina_method";

/// The files of a PEFT folder, by name. `base` is what the model is called there.
///
/// # Errors
/// [`LabError::Conflict`] for a method that `peft` does not have; [`LabError::Shape`] if the adapter is another model's.
pub fn write(adapter: &Adapter, model: &LlamaConfig, base: &str) -> Result<Vec<(String, Vec<u8>)>, LabError> {
    let shape = ModelShape::from(model);
    let kept = adapter.check(&shape)?;
    let names: Option<Vec<String>> = kept.iter().map(names::in_peft).collect();
    let text = config::to_json(&shape, adapter.method, &adapter.settings, base);
    let (Some(names), Some(text)) = (names, text) else {
        return Err(LabError::Conflict { field: adapter.method.word().into(), with: "Hugging Face PEFT".into() });
    };
    let metadata = [("format", "pt"), (METHOD, adapter.method.word())];
    let weights = weights::write(&kept, &names, &adapter.matrices, &metadata);
    Ok(vec![(ADAPTER_CONFIG.into(), text.into_bytes()), (ADAPTER_WEIGHTS.into(), weights)])
}

/// Reads an adapter for `model` from the files that a visitor opened: a PEFT folder, a file of our own, or a zip file with
/// either. Other files are passed over.
///
/// # Errors
/// [`LabError::FileGone`] naming what is missing; [`LabError::Malformed`] with file, field or tensor, and reason;
/// [`LabError::NoSuchTensor`]; those of [`zip::read`].
pub fn read(files: &[(String, Vec<u8>)], model: &LlamaConfig) -> Result<Adapter, LabError> {
    let inside: Vec<(String, Vec<u8>)>;
    let files = match files {
        [(source, bytes)] if zip::is_zip(bytes) => {
            inside = zip::read(source, bytes)?;
            &inside
        }
        files => files,
    };
    let find = |begin: &str, end: &str| {
        let fits = |(name, _): &&(String, Vec<u8>)| {
            let name = name.rsplit(['/', '\\']).next().unwrap_or_default();
            name.starts_with(begin) && name.ends_with(end)
        };
        files.iter().find(fits).map(|(name, bytes)| (name.as_str(), bytes.as_slice()))
    };
    // Browsers write `adapter_model (1).safetensors` for a second one.
    let weights = find("adapter_model", ".safetensors").or_else(|| find("", ".safetensors"));
    let Some((source, bytes)) = weights else {
        return Err(match find("adapter_model", ".bin") {
            // A pickle, which is a program: it is not run.
            Some((source, _)) => {
                let fault = Fault::WrongKind { expected: ADAPTER_WEIGHTS.into() };
                LabError::Malformed { source: source.into(), at: ".bin".into(), fault }
            }
            None => LabError::FileGone { source: ADAPTER_WEIGHTS.into() },
        });
    };
    let weights = Weights::read(source, bytes)?;
    let metadata = weights.metadata()?;
    if let Some(text) = metadata.get(own::SETTINGS) {
        return own::read(source, text, &weights, model);
    }
    let Some((config_source, config_bytes)) = find("adapter_config", ".json") else {
        return Err(LabError::FileGone { source: ADAPTER_CONFIG.into() });
    };
    let shape = ModelShape::from(model);
    let (mut method, settings) = config::read(config_source, config_bytes, &shape)?;
    let kept = kept(&shape, method, &settings);
    let names: Vec<String> = kept.iter().filter_map(names::in_peft).collect();
    let matrices = weights.matrices(&kept, &names)?;
    if method == Method::Lora && metadata.get(METHOD).is_some_and(|word| word == Method::Qlora.word()) {
        method = Method::Qlora;
    }
    Adapter::new(&shape, method, settings, matrices)
}
