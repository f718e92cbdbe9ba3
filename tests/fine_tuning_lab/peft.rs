//! Adapters that Python's `peft` wrote (`tests/fixtures/peft.py`), in the graph that the lab trains: its logits on both tiers.

use std::rc::Rc;

use afina::data::llama::{Checkpoint, FilesInMemory};
use afina::data::peft::{ADAPTER_CONFIG, ADAPTER_WEIGHTS, read};
use afina::math::peft::{Method, PeftSettings};
use afina::nets::Place;
use afina::nets::peft::{Base, Learner, next_logits};
use pollster::block_on;

use crate::shared::on_gpu;

/// What the lab is asked for. Both sides compute in f32, in another order; logits are up to 20.
const PEFT: f64 = 1e-4;

#[derive(serde::Deserialize)]
struct Expected {
    ids: Vec<u32>,
    logits: Vec<Vec<f64>>,
}

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).expect(&path)
}

/// The model that the adapters were made on.
fn base(place: &Place) -> Base {
    let file = |name: &str| (name.to_owned(), fixture(&format!("llama/tied/{name}")));
    let files = FilesInMemory([file("config.json"), file("model.safetensors")].into());
    let checkpoint = block_on(Checkpoint::read(&files, async |_, _| Ok(()))).expect("a whole model");
    Base::new(place.clone(), Rc::new(checkpoint))
}

/// The largest distance of the logits after each beginning of a text.
fn distance(learner: &Learner, Expected { ids, logits }: &Expected) -> f64 {
    let leaves = learner.plain_leaves().unwrap();
    let mut far = 0.0f64;
    for (end, expected) in logits.iter().enumerate() {
        let got = block_on(next_logits(learner, &leaves, &ids[..=end])).unwrap();
        assert_eq!(got.len(), expected.len());
        far = got.iter().zip(expected).map(|(a, b)| (f64::from(*a) - b).abs()).fold(far, f64::max);
    }
    far
}

fn logits_are_those_of_peft(place: &Place) {
    let base = base(place);
    let bare = Learner::new(&base, Method::Lora, &PeftSettings::default(), 0, &[]).unwrap();
    for name in ["lora_all", "lora_query_value", "lora_half", "lora_brain", "prompt", "prefix", "deep_prompt"] {
        let file = |file: &str| (file.to_owned(), fixture(&format!("peft/{name}/{file}")));
        let adapter = read(&[file(ADAPTER_CONFIG), file(ADAPTER_WEIGHTS)], base.config()).unwrap();
        // Of a prefix the table alone is in the file, as in ours: the encoder is thrown away.
        let method = if adapter.method == Method::Prefix { Method::DeepPrompt } else { adapter.method };
        let learner = Learner::of(&base, method, &adapter.settings, adapter.matrices()).unwrap();
        let expected: Expected = serde_json::from_slice(&fixture(&format!("peft/{name}/expected.json"))).unwrap();
        assert_eq!(expected.logits.len(), expected.ids.len());
        let (off, far) = (distance(&learner, &expected), distance(&bare, &expected));
        println!("{name}: {off:e}, without the adapter {far}");
        assert!(off <= PEFT, "{name}: {off}");
        assert!(far > 0.1, "{name}: the adapter does nothing");
    }
}

#[test]
fn the_graph_gives_the_logits_of_peft_on_the_processor() {
    logits_are_those_of_peft(&Place::Cpu);
}

#[test]
fn the_graph_gives_the_logits_of_peft_on_the_device() {
    on_gpu(|gpu| logits_are_those_of_peft(&Place::Gpu(gpu.clone())));
}
