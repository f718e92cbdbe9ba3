//! Adapters as files: those that `peft` wrote (`tests/fixtures/peft.py`), our own, and broken ones.

mod broken;
mod merging;
mod models;
mod notebooks;
mod own;

use std::collections::BTreeMap;

use afina::data::peft::{ADAPTER_CONFIG, ADAPTER_WEIGHTS, kept, read, write};
use afina::data::{safetensors, zip};
use afina::math::peft::{
    LoraSettings, Method, ModelShape, PeftSettings, PrefixSettings, PromptSettings, Target, trainable_count,
};
use serde_json::Value;

use models::{Files, fixture, folder, tied};

/// The folders that `peft` wrote, with the settings that it was given.
fn folders() -> Vec<(&'static str, Method, PeftSettings)> {
    use Target::{Down, Query, Value};
    let lora = |rank, alpha, dropout, targets: &[Target], rank_stabilized| PeftSettings {
        lora: LoraSettings { rank, alpha, dropout, targets: targets.to_vec(), rank_stabilized },
        ..PeftSettings::default()
    };
    let prefix = |hidden| PeftSettings { prefix: PrefixSettings { tokens: 3, hidden }, ..PeftSettings::default() };
    let prompt = PromptSettings { tokens: 5, text: String::new() };
    vec![
        ("lora_all", Method::Lora, lora(3, 5.0, 0.1, &Target::ALL, false)),
        ("lora_query_value", Method::Lora, lora(4, 8.0, 0.0, &[Query, Value], true)),
        ("lora_half", Method::Lora, lora(2, 1.0, 0.0, &[Down], false)),
        ("lora_brain", Method::Lora, lora(2, 1.0, 0.0, &[Down], false)),
        ("prompt", Method::Prompt, PeftSettings { prompt, ..PeftSettings::default() }),
        ("prefix", Method::Prefix, prefix(6)),
        ("deep_prompt", Method::DeepPrompt, prefix(PrefixSettings::default().hidden)),
    ]
}

/// The tensors of a safetensors file by name: shape and values.
fn tensors(bytes: &[u8]) -> BTreeMap<String, (Vec<u64>, Vec<f32>)> {
    let size = bytes.len() as u64;
    let length = safetensors::header_length("f", &bytes[..8], size).unwrap() as usize;
    let entries = safetensors::parse_header("f", &bytes[8..8 + length], size).unwrap();
    let one = |entry: safetensors::TensorEntry| {
        let part = &bytes[entry.begin as usize..entry.end as usize];
        let values = safetensors::decode("f", &entry.name, &entry.dtype, part).unwrap();
        (entry.name, (entry.shape, values))
    };
    entries.into_iter().map(one).collect()
}

fn file<'a>(files: &'a Files, name: &str) -> &'a [u8] {
    &files.iter().find(|(known, _)| known == name).unwrap_or_else(|| panic!("no {name}")).1
}

#[test]
fn folders_of_peft_are_read() {
    let model = tied();
    for (name, method, settings) in folders() {
        let files = folder(name);
        let adapter = read(&files, &model.config).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!((adapter.method, &adapter.settings), (method, &settings), "{name}");
        let in_file = tensors(file(&files, ADAPTER_WEIGHTS));
        let kept = kept(&ModelShape::from(&model.config), method, &settings);
        assert_eq!(kept.len(), in_file.len(), "{name}");
        for (spec, matrix) in kept.iter().zip(adapter.matrices()) {
            let layer = spec.layer.map(|layer| format!("layers.{layer}.")).unwrap_or_default();
            let found = in_file.iter().find(|(key, (_, values))| key.contains(&layer) && values == matrix);
            let (key, (shape, _)) = found.unwrap_or_else(|| panic!("{name}: {spec:?} is not in the file"));
            assert_eq!(*shape, [spec.rows as u64, spec.cols as u64], "{name}: {key}");
        }
    }
}

#[test]
fn what_peft_wrote_is_written_alike() {
    let model = tied();
    for (name, ..) in folders() {
        let files = folder(name);
        let adapter = read(&files, &model.config).unwrap();
        let written = write(&adapter, &model.config, "tied").unwrap();
        let json = |files: &Files| -> Value { serde_json::from_slice(file(files, ADAPTER_CONFIG)).unwrap() };
        assert_eq!(json(&written), json(&files), "{name}");
        assert_eq!(tensors(file(&written, ADAPTER_WEIGHTS)), tensors(file(&files, ADAPTER_WEIGHTS)), "{name}");
        assert_eq!(read(&written, &model.config).as_ref(), Ok(&adapter), "{name}");
    }
}

#[test]
fn a_quantized_base_and_a_text_to_begin_with_are_remembered() {
    let model = tied();
    let mut adapter = read(&folder("lora_query_value"), &model.config).unwrap();
    adapter.method = Method::Qlora;
    assert_eq!(read(&write(&adapter, &model.config, "b").unwrap(), &model.config), Ok(adapter));
    let mut adapter = read(&folder("prompt"), &model.config).unwrap();
    adapter.settings.prompt.text = "¿Cómo fue la visita?".into();
    assert_eq!(read(&write(&adapter, &model.config, "b").unwrap(), &model.config), Ok(adapter));
}

#[test]
fn a_zip_file_and_files_beside_are_read_too() {
    let model = tied();
    let expected = read(&folder("prefix"), &model.config).unwrap();
    let mut files: Files = folder("prefix");
    files.insert(0, ("README.md".into(), b"# card".to_vec()));
    assert_eq!(read(&files, &model.config).as_ref(), Ok(&expected));
    let inside: Files = files.into_iter().map(|(name, bytes)| (format!("run 1/{name}"), bytes)).collect();
    let zipped = vec![("run 1.zip".to_owned(), zip::write(&inside).unwrap())];
    assert_eq!(read(&zipped, &model.config).as_ref(), Ok(&expected));
    let renamed = |name: &str| name.replace(".json", " (1).json").replace(".safetensors", " (2).safetensors");
    let files: Files = folder("prefix").into_iter().map(|(name, bytes)| (renamed(&name), bytes)).collect();
    assert_eq!(read(&files, &model.config).as_ref(), Ok(&expected));
}

#[derive(serde::Deserialize)]
struct Counted {
    shape: ModelShape,
    method: Method,
    #[serde(default)]
    rank: u32,
    #[serde(default)]
    targets: Vec<String>,
    #[serde(default)]
    tokens: u32,
    #[serde(default)]
    hidden: u32,
    trainable: usize,
}

#[test]
fn as_many_parameters_are_trained_as_peft_says() {
    let rows: Vec<Counted> = serde_json::from_slice(&fixture("peft/counts.json")).unwrap();
    assert!(rows.len() >= 40);
    for row in rows {
        let targets = row
            .targets
            .iter()
            .map(|name| Target::ALL.into_iter().find(|target| target.module() == name).expect("a module of the model"));
        let settings = PeftSettings {
            lora: LoraSettings { rank: row.rank, targets: targets.collect(), ..LoraSettings::default() },
            prompt: PromptSettings { tokens: row.tokens, text: String::new() },
            prefix: PrefixSettings { tokens: row.tokens, hidden: row.hidden },
            ..PeftSettings::default()
        };
        let got = trainable_count(&row.shape, row.method, &settings);
        assert_eq!(got, row.trainable, "{:?} with {settings:?} on {:?}", row.method, row.shape);
    }
}
