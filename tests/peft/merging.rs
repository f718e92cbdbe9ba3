//! Updates in the weights: the logits of `peft`, and the way back.

use afina::data::llama::{Checkpoint, Part, model_files};
use afina::data::peft::{Adapter, merged, read, unmerged};
use afina::math::peft::{Method, ModelShape, PeftSettings};
use afina::math::{DecoderLayer, DecoderShape, DecoderWeights, Generator, decode};
use afina::protocol::LabError;

use crate::models::{checkpoint, fixture, folder, tied, untied};

#[derive(serde::Deserialize)]
struct Expected {
    ids: Vec<u32>,
    logits: Vec<Vec<f64>>,
}

fn expected(name: &str) -> Expected {
    serde_json::from_slice(&fixture(&format!("peft/{name}/expected.json"))).expect("JSON")
}

fn logits(model: &Checkpoint, ids: &[u32]) -> Vec<f64> {
    let c = &model.config;
    let shape = DecoderShape {
        vocabulary: c.vocabulary,
        channels: c.channels,
        inner: c.inner,
        heads: c.heads,
        key_heads: c.key_heads,
        head_dim: c.head_dim,
        epsilon: c.epsilon,
        rope_base: c.rope_base,
    };
    let of = |layer: Option<usize>, part: Part| model.tensor(layer, part).expect("a tensor of the model");
    let layer = |layer: usize| {
        let of = |part| of(Some(layer), part);
        DecoderLayer {
            attention_norm: of(Part::AttentionNorm),
            query: of(Part::Query),
            key: of(Part::Key),
            value: of(Part::Value),
            output: of(Part::Output),
            feed_forward_norm: of(Part::FeedForwardNorm),
            gate: of(Part::Gate),
            up: of(Part::Up),
            down: of(Part::Down),
        }
    };
    let weights = DecoderWeights {
        embedding: of(None, Part::Embedding),
        layers: (0..c.layers).map(layer).collect(),
        final_norm: of(None, Part::FinalNorm),
        head: of(None, Part::Head),
    };
    decode(&shape, &weights, ids).logits
}

fn distance(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// What the lab is asked for. `peft` computes base and update in f32 one beside the other; logits are up to 20.
const PEFT: f64 = 1e-4;

#[test]
fn a_merged_model_gives_the_logits_of_peft() {
    let base = tied();
    for name in ["lora_all", "lora_query_value", "lora_half", "lora_brain"] {
        let adapter = read(&folder(name), &base.config).unwrap();
        let Expected { ids, logits: expected } = expected(name);
        let merged = merged(&base, &adapter).unwrap();
        let (far, off) =
            (distance(&logits(&base, &ids), &expected.concat()), distance(&logits(&merged, &ids), &expected.concat()));
        println!("{name}: {off:e}, without the update {far}");
        assert!(off <= PEFT, "{name}: {off}");
        assert!(far > 0.1, "{name}: the update does nothing");
        // And as files, through `model.safetensors`.
        let back = checkpoint(model_files(&merged.config, merged.tensors()));
        assert_eq!((&back.config, back.tensors()), (&merged.config, merged.tensors()), "{name}");
    }
}

#[test]
fn what_was_merged_is_taken_away_again() {
    let base = tied();
    let adapter = read(&folder("lora_all"), &base.config).unwrap();
    let merged = merged(&base, &adapter).unwrap();
    let back = unmerged(&merged, &adapter).unwrap();
    for ((before, after), between) in base.tensors().iter().zip(back.tensors()).zip(merged.tensors()) {
        for ((w, back), sum) in before.iter().zip(after).zip(between) {
            // Half a unit in the last place of the sum, and half of one of what comes back.
            let bound = f32::EPSILON / 2.0 * (sum.abs() + back.abs());
            assert!((w - back).abs() <= bound, "{w} came back as {back}");
        }
    }
}

#[test]
fn trained_weights_and_a_trained_head_replace_those_of_the_base() {
    let (base, other) = (tied(), untied());
    let settings = PeftSettings::default;
    let full = |model: &Checkpoint| {
        let shifted = model.tensors().iter().map(|t| t.iter().map(|w| w + 1.0).collect()).collect::<Vec<Vec<f32>>>();
        let shape = ModelShape::from(&model.config);
        let adapter = Adapter::new(&shape, Method::Full, settings(), shifted.clone()).unwrap();
        assert_eq!(merged(model, &adapter).unwrap().tensors(), shifted);
    };
    full(&base);
    full(&other);
    for model in [&base, &other] {
        let mut random = Generator::new(9);
        let count = model.config.vocabulary * model.config.channels;
        let head: Vec<f32> = (0..count).map(|_| random.normal() as f32).collect();
        let shape = ModelShape::from(&model.config);
        let adapter = Adapter::new(&shape, Method::Head, settings(), vec![head.clone()]).unwrap();
        let merged = merged(model, &adapter).unwrap();
        assert!(!merged.config.tied);
        assert_eq!(merged.tensor(None, Part::Head), Some(head.as_slice()));
        assert_eq!(merged.tensor(None, Part::Embedding), model.tensor(None, Part::Embedding));
        assert_eq!(merged.tensor(None, Part::FinalNorm), model.tensor(None, Part::FinalNorm));
    }
}

#[test]
fn what_is_not_in_the_weights_is_not_merged() {
    let base = tied();
    for name in ["prompt", "prefix", "deep_prompt"] {
        let adapter = read(&folder(name), &base.config).unwrap();
        for result in [merged(&base, &adapter), unmerged(&base, &adapter)] {
            let error = result.expect_err("no weights");
            assert!(matches!(&error, LabError::Conflict { field, .. } if field == name), "{error:?}");
        }
    }
    let lora = read(&folder("lora_all"), &base.config).unwrap();
    assert!(matches!(merged(&untied(), &lora), Err(LabError::Shape { .. })), "another model's");
}

#[test]
fn a_shape_has_as_many_parameters_as_its_configuration() {
    for model in [tied(), untied()] {
        let shape = ModelShape::from(&model.config);
        assert_eq!(shape.parameters() as u64, model.config.parameters());
        assert_eq!(shape.parameters(), model.tensors().iter().map(Vec::len).sum::<usize>());
    }
}
