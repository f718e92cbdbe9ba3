//! `adapter_config.json`: what `peft` needs to know beside the matrices.
//!
//! # Source
//! `LoraConfig`, `PromptTuningConfig` and `PrefixTuningConfig` of `peft` 0.12, as `save_pretrained` writes them.

use serde_json::{Value, json};

use super::{MOST, MOST_ALPHA};
use crate::data::fields::Fields;
use crate::math::peft::{LoraSettings, Method, ModelShape, PeftSettings, PrefixSettings, PromptSettings, Target};
use crate::protocol::LabError;

/// Fields that change what the matrices of LoRA mean, and the value that leaves the meaning alone; `null` does so as well.
/// Those that 0.12 does not write are of later versions.
const PLAIN_LORA: [(&str, &[&str]); 17] = [
    ("alpha_pattern", &["{}"]),
    ("rank_pattern", &["{}"]),
    ("bias", &["\"none\""]),
    ("lora_bias", &["false"]),
    ("fan_in_fan_out", &["false"]),
    // Others subtract something from the base before training.
    ("init_lora_weights", &["true", "false", "\"gaussian\""]),
    ("layer_replication", &[]),
    ("layers_pattern", &["[]", "\"\""]),
    ("layers_to_transform", &[]),
    ("megatron_config", &[]),
    ("modules_to_save", &["[]"]),
    ("target_parameters", &["[]"]),
    ("trainable_token_indices", &[]),
    ("alora_invocation_tokens", &[]),
    ("use_dora", &["false"]),
    ("use_qalora", &["false"]),
    ("loftq_config", &["{}"]),
];

/// The text of `adapter_config.json`; `None` for a method that `peft` does not have.
pub(super) fn to_json(shape: &ModelShape, method: Method, settings: &PeftSettings, base: &str) -> Option<String> {
    let config = match method {
        Method::Lora | Method::Qlora => {
            let LoraSettings { rank, alpha, dropout, targets, rank_stabilized } = &settings.lora;
            json!({
                "alpha_pattern": {},
                "auto_mapping": null,
                "base_model_name_or_path": base,
                "bias": "none",
                "fan_in_fan_out": false,
                "inference_mode": true,
                "init_lora_weights": true,
                "layer_replication": null,
                "layers_pattern": null,
                "layers_to_transform": null,
                "loftq_config": {},
                "lora_alpha": number(*alpha),
                "lora_dropout": decimal(*dropout),
                "megatron_config": null,
                "megatron_core": "megatron.core",
                "modules_to_save": null,
                "peft_type": "LORA",
                "r": rank,
                "rank_pattern": {},
                "revision": null,
                "target_modules": targets.iter().map(|target| target.module()).collect::<Vec<_>>(),
                "task_type": "CAUSAL_LM",
                "use_dora": false,
                "use_rslora": rank_stabilized,
            })
        }
        Method::Prompt => {
            let PromptSettings { tokens, text } = &settings.prompt;
            let told = (!text.is_empty()).then_some(text);
            json!({
                "auto_mapping": null,
                "base_model_name_or_path": base,
                "inference_mode": true,
                "num_attention_heads": shape.heads,
                "num_layers": shape.layers,
                "num_transformer_submodules": 1,
                "num_virtual_tokens": tokens,
                "peft_type": "PROMPT_TUNING",
                "prompt_tuning_init": if told.is_some() { "TEXT" } else { "RANDOM" },
                "prompt_tuning_init_text": told,
                "revision": null,
                "task_type": "CAUSAL_LM",
                "token_dim": shape.channels,
                "tokenizer_kwargs": null,
                // `peft` refuses a text without one, although it is read no more.
                "tokenizer_name_or_path": told.map(|_| base),
            })
        }
        Method::Prefix | Method::DeepPrompt => {
            let keys = shape.key_heads * shape.head_dim;
            let encoded = method == Method::Prefix;
            json!({
                "auto_mapping": null,
                "base_model_name_or_path": base,
                "encoder_hidden_size": if encoded { settings.prefix.hidden as usize } else { keys },
                "inference_mode": true,
                "num_attention_heads": shape.key_heads,
                "num_layers": shape.layers,
                "num_transformer_submodules": 1,
                "num_virtual_tokens": settings.prefix.tokens,
                "peft_type": "PREFIX_TUNING",
                // True although the table is saved: what is loaded for use has no encoder in any case.
                "prefix_projection": encoded,
                "revision": null,
                "task_type": "CAUSAL_LM",
                "token_dim": keys,
            })
        }
        Method::Full | Method::Head | Method::Adapter => return None,
    };
    Some(format!("{config:#}\n"))
}

/// An f32 by its own decimal digits, not those of its expansion in f64.
fn decimal(value: f32) -> Value {
    json!(value.to_string().parse::<f64>().unwrap_or(f64::from(value)))
}

/// The same, a whole number as an integer: in Python that is another type.
fn number(value: f32) -> Value {
    let whole = value.fract() == 0.0 && value.abs() < 1e9;
    if whole { json!(value as i64) } else { decimal(value) }
}

/// Method and settings of an `adapter_config.json` for a model of this shape.
///
/// # Errors
/// [`LabError::Malformed`] at the field; what would change the meaning of the matrices is refused by name.
pub(super) fn read(source: &str, bytes: &[u8], shape: &ModelShape) -> Result<(Method, PeftSettings), LabError> {
    let from = Fields::read(source, super::ADAPTER_CONFIG, bytes)?;
    from.only("task_type", &json!("CAUSAL_LM"))?;
    let mut settings = PeftSettings::default();
    let method = match from.need("peft_type")?.as_str() {
        Some("LORA") => {
            settings.lora = lora(&from)?;
            Method::Lora
        }
        Some("PROMPT_TUNING") => {
            virtual_tokens(&from, shape, (shape.heads, shape.channels))?;
            let tokens = from.whole("num_virtual_tokens", MOST)? as u32;
            let text = from.get("prompt_tuning_init_text").and_then(Value::as_str).unwrap_or_default();
            settings.prompt = PromptSettings { tokens, text: text.into() };
            Method::Prompt
        }
        Some("PREFIX_TUNING") => {
            let keys = shape.key_heads * shape.head_dim;
            virtual_tokens(&from, shape, (shape.key_heads, keys))?;
            let tokens = from.whole("num_virtual_tokens", MOST)? as u32;
            let encoded = from.flag("prefix_projection", false)?;
            if encoded {
                let hidden = from.whole_or("encoder_hidden_size", MOST, keys)? as u32;
                settings.prefix = PrefixSettings { tokens, hidden };
                Method::Prefix
            } else {
                settings.prefix = PrefixSettings { tokens, ..settings.prefix };
                Method::DeepPrompt
            }
        }
        _ => return Err(from.wrong("peft_type", r#""LORA", "PROMPT_TUNING", "PREFIX_TUNING""#)),
    };
    Ok((method, settings))
}

/// Checks what the table of virtual tokens is to be seen as.
fn virtual_tokens(from: &Fields<'_>, shape: &ModelShape, (heads, width): (usize, usize)) -> Result<(), LabError> {
    let expected = [
        ("num_layers", shape.layers),
        ("num_attention_heads", heads),
        ("token_dim", width),
        ("num_transformer_submodules", 1),
    ];
    expected.iter().try_for_each(|(key, value)| from.only(key, &json!(value)))
}

fn lora(from: &Fields<'_>) -> Result<LoraSettings, LabError> {
    for (key, plain) in PLAIN_LORA {
        if let Some(value) = from.get(key)
            && !plain.contains(&value.to_string().as_str())
        {
            return Err(from.wrong(key, plain.first().copied().unwrap_or("null")));
        }
    }
    let rank = from.whole("r", MOST)? as u32;
    let alpha = from.positive("lora_alpha", from.need("lora_alpha")?, MOST_ALPHA.into())? as f32;
    if alpha < f32::MIN_POSITIVE {
        return Err(from.wrong("lora_alpha", format!("0 < x < {MOST_ALPHA}")));
    }
    let share = |value: &Value| value.as_f64().map(|share| share as f32).filter(|share| (0.0..1.0).contains(share));
    let dropout = from.get("lora_dropout").map_or(Some(0.0), share);
    let dropout = dropout.ok_or_else(|| from.wrong("lora_dropout", "0 <= x < 1"))?;
    let rank_stabilized = from.flag("use_rslora", false)?;
    Ok(LoraSettings { rank, alpha, dropout, targets: targets(from)?, rank_stabilized })
}

/// `target_modules`: names of modules, with or without the block that they are in, or `"all-linear"`.
fn targets(from: &Fields<'_>) -> Result<Vec<Target>, LabError> {
    const KEY: &str = "target_modules";
    let known = |value: &Value| {
        let text = value.as_str()?;
        Target::ALL.into_iter().find(|t| text == t.module() || text == format!("{}.{}", t.block(), t.module()))
    };
    let modules = || Target::ALL.map(Target::module).join(", ");
    let value = from.need(KEY)?;
    let mut targets = match value {
        Value::String(text) if text == "all-linear" => Target::ALL.to_vec(),
        // One name; a pattern is none.
        Value::String(_) => vec![known(value).ok_or_else(|| from.wrong(KEY, modules()))?],
        Value::Array(list) => {
            let each =
                list.iter().map(|item| known(item).ok_or_else(|| from.wrong(&format!("{KEY}: {item}"), modules())));
            each.collect::<Result<Vec<_>, _>>()?
        }
        _ => return Err(from.wrong(KEY, modules())),
    };
    targets.sort_unstable();
    targets.dedup();
    if targets.is_empty() { Err(from.wrong(KEY, modules())) } else { Ok(targets) }
}
