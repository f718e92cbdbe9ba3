//! Notebooks that train the same with `transformers` and `peft`. That they are valid and run was tried with
//! `tests/fixtures/peft.py notebook`; here is what can be seen without Python.

use afina::data::examples::Example;
use afina::data::notebook::{Recipe, notebook};
use afina::data::world::Language;
use afina::math::peft::{Method, Optimizer, PeftSettings, Schedule};
use serde_json::Value;

fn example(prompt: &str, completion: &str) -> Example {
    Example { prompt: prompt.into(), completion: completion.into() }
}

fn recipe<'a>(method: Method, settings: &'a PeftSettings, examples: &'a [Example]) -> Recipe<'a> {
    Recipe {
        language: Language::Spanish,
        base: "afina-small",
        method,
        settings,
        seed: 7,
        optimizer: Optimizer::AdamW,
        rate: 0.005,
        schedule: Schedule::Cosine,
        warmup: 6,
        weight_decay: 0.0,
        clip: 1.0,
        steps: 60,
        batch: 8,
        accumulate: 1,
        patience: 0,
        look_every: 10,
        mask_prompt: true,
        mixed_precision: false,
        checkpointing: false,
        before: &[0],
        after: &[0],
        train: examples,
        validation: &examples[..1],
        test: &[],
        accuracy: Some(0.75),
    }
}

/// The text of each cell, its kind before it.
fn cells(recipe: &Recipe<'_>) -> Vec<(String, String)> {
    let json: Value = serde_json::from_slice(&notebook(recipe)).expect("JSON");
    assert_eq!((json["nbformat"].as_u64(), json["nbformat_minor"].as_u64()), (Some(4), Some(5)));
    let mut ids = Vec::new();
    let cells = json["cells"].as_array().expect("cells").iter().map(|cell| {
        let id = cell["id"].as_str().expect("an id");
        assert!(!ids.contains(&id) && id.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'), "{id}");
        ids.push(id);
        let kind = cell["cell_type"].as_str().expect("a kind");
        let lines = cell["source"].as_array().expect("lines");
        assert!(cell["metadata"].is_object() && !lines.is_empty());
        if kind == "code" {
            assert!(cell["outputs"].as_array().is_some_and(Vec::is_empty) && cell["execution_count"].is_null());
        }
        (kind.to_owned(), lines.iter().map(|line| line.as_str().expect("a text")).collect())
    });
    cells.collect()
}

#[test]
fn every_method_has_its_code_and_both_languages_their_words() {
    let (settings, examples) = (PeftSettings::default(), [example("a", "b")]);
    for (method, sign) in [
        (Method::Full, "model.requires_grad_(True)"),
        (Method::Head, "model.lm_head.weight = torch.nn.Parameter"),
        (Method::Lora, "LoraConfig(\n    task_type=\"CAUSAL_LM\",\n    r=8,\n    lora_alpha=16,"),
        (Method::Qlora, "bnb_4bit_quant_type=\"nf4\""),
        (Method::Adapter, "site.adapter = Adapter(model.config.hidden_size, 16)"),
        (Method::Prompt, "PromptTuningConfig(\n    task_type=\"CAUSAL_LM\",\n    num_virtual_tokens=8,"),
        (Method::Prefix, "prefix_projection=True,\n    encoder_hidden_size=64"),
        (Method::DeepPrompt, "PrefixTuningConfig(\n    task_type=\"CAUSAL_LM\",\n    num_virtual_tokens=8,\n)"),
    ] {
        let spanish = cells(&recipe(method, &settings, &examples));
        let model = &spanish[7];
        assert!(model.0 == "code" && model.1.contains(sign), "{method:?}: {}", model.1);
        let english = cells(&Recipe { language: Language::English, ..recipe(method, &settings, &examples) });
        for (spanish, english) in spanish.iter().zip(&english) {
            // Code is the same in both, words are not.
            assert_eq!(spanish == english, spanish.0 == "code", "{spanish:?}");
        }
        assert_eq!(spanish.len(), english.len());
    }
}

#[test]
fn what_was_set_stands_in_the_settings() {
    let (settings, examples) = (PeftSettings::default(), [example("a", "b")]);
    let changed = Recipe {
        optimizer: Optimizer::Sgd,
        schedule: Schedule::Constant,
        rate: 0.25,
        mixed_precision: true,
        before: &[],
        after: &[3, 4],
        accuracy: None,
        ..recipe(Method::Lora, &settings, &examples)
    };
    let code: String = cells(&changed).into_iter().filter(|cell| cell.0 == "code").map(|cell| cell.1).collect();
    for line in [
        "SEED = 7\n",
        "STEPS, BATCH, ACCUMULATE = 60, 8, 1\n",
        "RATE, WEIGHT_DECAY, CLIP = 0.25, 0, 1\n",
        "SCHEDULE, WARMUP = \"constant_with_warmup\", 6\n",
        "MIXED_PRECISION = True\n",
        "BEFORE, AFTER = [], [3, 4]\n",
        "torch.optim.SGD(groups, lr=RATE, momentum=0.9)\n",
        "in_afina = None\n",
        "model.save_pretrained(\"afina-lora\")",
    ] {
        assert!(code.contains(line), "{line:?} is not in\n{code}");
    }
}

#[test]
fn hostile_examples_stay_data() {
    let settings = PeftSettings::default();
    let hostile =
        [example("'''\nimport os\nos.remove('x')\n'''", "\\"), example("\\'\\'\\' \"\"\" \u{2028} ñ 😀", "a\nb\t'")];
    let mut recipe = recipe(Method::Prompt, &settings, &hostile);
    let base = "x\"; import os #\n";
    recipe.base = base;
    let cells = cells(&recipe);
    let data = &cells[5].1;
    // Raw strings end at three quotes, of which there are the six that the notebook has itself.
    assert_eq!(data.matches("'''").count(), 6, "{data}");
    let train = data.split("'''").nth(1).expect("the training examples");
    let read: Vec<Value> =
        train.split('\n').filter(|line| !line.is_empty()).map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(read.len(), hostile.len());
    for (line, example) in read.iter().zip(&hostile) {
        assert_eq!(
            (line["prompt"].as_str(), line["completion"].as_str()),
            (Some(&*example.prompt), Some(&*example.completion))
        );
    }
    assert!(cells[3].1.contains("BASE = \"x\\\"; import os #\\n\"\n"), "{}", cells[3].1);
}
