//! The files of a model, as `transformers` reads them.

use super::{CONFIG, LlamaConfig, WEIGHTS};
use crate::data::safetensors::{Writing, write};

/// How generation goes on, for whoever loads the folder.
const GENERATION: &str = "generation_config.json";

/// `config.json`, `generation_config.json` and `model.safetensors` of a model, by name.
///
/// # Shapes
/// `tensors` in the order of [`LlamaConfig::tensors`]
pub fn model_files(config: &LlamaConfig, tensors: &[Vec<f32>]) -> Vec<(String, Vec<u8>)> {
    let specs = config.tensors();
    let written: Vec<Writing<'_>> = specs
        .iter()
        .zip(tensors)
        .map(|(spec, values)| Writing { name: &spec.name, shape: spec.shape(), values })
        .collect();
    let generation = serde_json::json!({
        "bos_token_id": config.begin_token,
        "eos_token_id": config.end_token,
        "do_sample": true,
    });
    vec![
        (CONFIG.into(), config.to_json().into_bytes()),
        (GENERATION.into(), format!("{generation:#}\n").into_bytes()),
        (WEIGHTS.into(), write(&written, &[("format", "pt")])),
    ]
}
