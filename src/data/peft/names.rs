//! What the matrices of a training are called in files.

use crate::data::llama::LlamaConfig;
use crate::math::peft::{Method, ModelShape, PeftSettings, Role, Target, Trainable};

use super::kept;

/// The one table of prompt and prefix tuning.
const TABLE: &str = "prompt_embeddings";

/// The name that `peft` gives a matrix in `adapter_model.safetensors`; `None` for what it does not have.
pub(super) fn in_peft(matrix: &Trainable) -> Option<String> {
    let part = |target: Target, side: &str| {
        let (layer, block, module) = (matrix.layer?, target.block(), target.module());
        Some(format!("base_model.model.model.layers.{layer}.{block}.{module}.lora_{side}.weight"))
    };
    match matrix.role {
        Role::LoraA(target) => part(target, "A"),
        Role::LoraB(target) => part(target, "B"),
        Role::Prompt | Role::DeepPrompt => Some(TABLE.into()),
        _ => None,
    }
}

/// The names in a file of our own, in the order of [`kept`]: those of the model for its own matrices, those of `peft`
/// where it has one.
pub(super) fn in_own(config: &LlamaConfig, method: Method, settings: &PeftSettings) -> Vec<String> {
    if method == Method::Full {
        return config.tensors().into_iter().map(|spec| spec.name).collect();
    }
    let name = |matrix: &Trainable| in_peft(matrix).unwrap_or_else(|| added(matrix));
    kept(&ModelShape::from(config), method, settings).iter().map(name).collect()
}

/// `layers.0.attention_adapter.down.weight` and the like.
fn added(matrix: &Trainable) -> String {
    let site = |after_attention: bool, part: &str| {
        let layer = matrix.layer.unwrap_or_default();
        let block = if after_attention { "attention" } else { "feed_forward" };
        format!("layers.{layer}.{block}_adapter.{part}")
    };
    match matrix.role {
        Role::AdapterDown(at) => site(at, "down.weight"),
        Role::AdapterDownBias(at) => site(at, "down.bias"),
        Role::AdapterUp(at) => site(at, "up.weight"),
        Role::AdapterUpBias(at) => site(at, "up.bias"),
        // What is left is the last matrix: everything else is in the model, in `peft` or not kept.
        _ => "lm_head.weight".into(),
    }
}
