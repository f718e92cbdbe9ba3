//! Folders that are not what they should be: which file, which field, and why.

use afina::data::peft::{ADAPTER_CONFIG, ADAPTER_WEIGHTS, OWN_FILE, read, write_own};
use afina::data::safetensors::{Writing, write};
use afina::math::peft::{Method, PeftSettings};
use afina::protocol::{Fault, LabError};
use serde_json::{Value, json};

use crate::models::{Files, folder, tied};
use crate::own::trained;

fn fault(files: &Files) -> (String, String, Fault) {
    match read(files, &tied().config) {
        Err(LabError::Malformed { source, at, fault }) => (source, at, fault),
        other => panic!("{other:?}"),
    }
}

/// A folder with another value in a field of its configuration; `null` removes it.
fn with(name: &str, key: &str, value: Value) -> Files {
    let mut files = folder(name);
    let mut config: Value = serde_json::from_slice(&files[0].1).unwrap();
    config[key] = value;
    files[0].1 = config.to_string().into_bytes();
    files
}

#[test]
fn settings_that_change_the_meaning_are_refused_by_name() {
    for (key, value) in [
        ("rank_pattern", json!({"q_proj": 2})),
        ("alpha_pattern", json!({"q_proj": 2})),
        ("bias", json!("all")),
        ("use_dora", json!(true)),
        ("fan_in_fan_out", json!(true)),
        ("init_lora_weights", json!("pissa")),
        ("layers_to_transform", json!([0])),
        ("modules_to_save", json!(["lm_head"])),
        ("trainable_token_indices", json!([1])),
        ("task_type", json!("SEQ_CLS")),
        ("peft_type", json!("IA3")),
        ("r", json!(0)),
        ("r", json!(1.5)),
        ("lora_alpha", json!("16")),
        ("lora_alpha", json!(-1)),
        ("lora_dropout", json!(1)),
        ("use_rslora", json!("yes")),
        ("target_modules", json!(".*proj")),
        ("target_modules", json!([])),
        ("target_modules", json!(7)),
    ] {
        let (source, at, fault) = fault(&with("lora_all", key, value.clone()));
        assert_eq!((source.as_str(), at.as_str()), (ADAPTER_CONFIG, key), "{value}");
        assert!(matches!(fault, Fault::WrongKind { .. }), "{value}: {fault:?}");
    }
    let (_, at, _) = fault(&with("lora_all", "target_modules", json!(["q_proj", "lm_head"])));
    assert_eq!(at, "target_modules: \"lm_head\"");
    for key in ["r", "lora_alpha", "peft_type", "target_modules"] {
        assert_eq!(fault(&with("lora_all", key, Value::Null)), (ADAPTER_CONFIG.into(), key.into(), Fault::Missing));
    }
    for (name, key) in [("prompt", "token_dim"), ("prefix", "num_attention_heads"), ("deep_prompt", "num_layers")] {
        let (_, at, fault) = fault(&with(name, key, json!(77)));
        assert!(at == key && matches!(fault, Fault::WrongKind { .. }), "{name}: {at}, {fault:?}");
    }
    for name in ["prompt", "prefix"] {
        let (_, at, _) = fault(&with(name, "num_virtual_tokens", json!(1u64 << 40)));
        assert_eq!(at, "num_virtual_tokens");
    }
}

#[test]
fn settings_that_say_the_same_are_read() {
    let expected = read(&folder("lora_all"), &tied().config).unwrap();
    let order = ["self_attn.v_proj", "down_proj", "up_proj", "mlp.gate_proj", "o_proj", "k_proj", "q_proj"];
    for (key, value) in [
        ("target_modules", json!(order)),
        ("target_modules", json!("all-linear")),
        ("init_lora_weights", json!("gaussian")),
        ("rank_pattern", Value::Null),
        ("modules_to_save", json!([])),
        ("layers_to_transform", Value::Null),
        ("task_type", Value::Null),
        ("something_new", json!({"a": 1})),
    ] {
        assert_eq!(
            read(&with("lora_all", key, value.clone()), &tied().config).as_ref(),
            Ok(&expected),
            "{key}: {value}"
        );
    }
    let half = read(&folder("lora_half"), &tied().config).unwrap();
    assert_eq!(read(&with("lora_half", "target_modules", json!("down_proj")), &tied().config), Ok(half));
}

#[test]
fn matrices_that_are_missing_too_many_or_of_another_size_are_named() {
    let fewer = with("lora_all", "target_modules", json!(["q_proj"]));
    let (source, at, why) = fault(&fewer);
    assert_eq!((source.as_str(), why), (ADAPTER_WEIGHTS, Fault::Unexpected));
    assert!(at.starts_with("base_model.model.model.layers."), "{at}");
    let name = "base_model.model.model.layers.0.self_attn.q_proj.lora_A.weight";
    match read(&with("lora_half", "target_modules", json!(["down_proj", "q_proj"])), &tied().config) {
        Err(LabError::NoSuchTensor { source, name: missing }) => {
            assert_eq!((source.as_str(), &*missing), (ADAPTER_WEIGHTS, name))
        }
        other => panic!("{other:?}"),
    }
    let (_, at, why) = fault(&with("lora_all", "r", json!(4)));
    assert_eq!((at, why), (format!("{name}: shape"), Fault::BadShape { shape: "[3, 32] ≠ [4, 32]".into() }));
    let (_, at, _) = fault(&with("prompt", "num_virtual_tokens", json!(6)));
    assert_eq!(at, "prompt_embeddings: shape");
}

#[test]
fn missing_files_and_pickles_are_named() {
    let gone = |files: &[(String, Vec<u8>)]| match read(files, &tied().config) {
        Err(LabError::FileGone { source }) => source,
        other => panic!("{other:?}"),
    };
    let files = folder("prompt");
    assert_eq!(gone(&files[..1]), ADAPTER_WEIGHTS);
    assert_eq!(gone(&files[1..]), ADAPTER_CONFIG);
    assert_eq!(gone(&[]), ADAPTER_WEIGHTS);
    let pickle = vec![("adapter_model.bin".to_owned(), vec![128, 2])];
    assert_eq!(fault(&pickle).2, Fault::WrongKind { expected: ADAPTER_WEIGHTS.into() });
    let infinite = write(
        &[Writing { name: "prompt_embeddings", shape: vec![5, 32], values: &[f32::INFINITY; 160] }],
        &[("format", "pt")],
    );
    let files = vec![files[0].clone(), (ADAPTER_WEIGHTS.to_owned(), infinite)];
    assert_eq!(fault(&files).1, "prompt_embeddings[0]");
}

#[test]
fn our_own_settings_are_not_trusted() {
    let model = tied();
    let adapter = trained(&model.config, Method::Lora, PeftSettings::default());
    let bytes = write_own(&adapter, &model.config).unwrap();
    let with = |from: &str, to: &str| {
        let header = 8 + u64::from_le_bytes(*bytes.first_chunk().unwrap()) as usize;
        let text = std::str::from_utf8(&bytes[8..header]).unwrap();
        assert!(text.contains(from), "{from} is not in {text}");
        let text = text.replacen(from, to, 1);
        let mut file = (text.len() as u64).to_le_bytes().to_vec();
        file.extend(text.as_bytes());
        file.extend(&bytes[header..]);
        fault(&vec![(OWN_FILE.to_owned(), file)])
    };
    let at = "afina_adapter".to_owned();
    let source = OWN_FILE.to_owned();
    let version = Fault::BadVersion { got: "2".into() };
    assert_eq!(with("\\\"version\\\":1", "\\\"version\\\":2"), (source.clone(), at.clone(), version));
    let count = Fault::TooLong { limit: 65536, got: 4_000_000_000 };
    assert_eq!(with("\\\"rank\\\":8", "\\\"rank\\\":4000000000"), (source.clone(), at.clone(), count));
    assert_eq!(with("\\\"query\\\",", "\\\"key\\\","), (source.clone(), at.clone(), Fault::NotDecodable));
    let (.., why) = with("\\\"lora\\\"", "\\\"lore\\\"");
    assert!(matches!(why, Fault::BadJson { .. }), "{why:?}");
}
