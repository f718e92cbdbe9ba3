//! The folders of `tests/fixtures/llama.py`, and the logits that `transformers` gives for them.

use std::ops::Range;
use std::path::PathBuf;
use std::rc::Rc;

use afina::data::llama::{Checkpoint, Folder, Part};
use afina::math::{DecoderLayer, DecoderShape, DecoderWeights, decode};
use afina::protocol::LabError;
use pollster::block_on;

use crate::models::{distance, in_f32, logits, on_both};

/// A folder on disk.
pub struct Disk(PathBuf);

impl Disk {
    pub fn fixture(name: &str) -> Disk {
        Disk([env!("CARGO_MANIFEST_DIR"), "tests/fixtures/llama", name].iter().collect())
    }

    pub fn whole(&self, name: &str) -> Option<Vec<u8>> {
        std::fs::read(self.0.join(name)).ok()
    }
}

/// The model that ships.
fn shipped() -> Disk {
    Disk([env!("CARGO_MANIFEST_DIR"), "www/models/afina-small"].iter().collect())
}

impl Folder for Disk {
    async fn size(&self, name: &str) -> Result<u64, LabError> {
        self.whole(name).map(|bytes| bytes.len() as u64).ok_or_else(|| LabError::FileGone { source: name.into() })
    }

    async fn read(&self, name: &str, range: Range<u64>) -> Result<Vec<u8>, LabError> {
        let bytes = self.whole(name).ok_or_else(|| LabError::FileGone { source: name.into() })?;
        Ok(bytes[range.start as usize..range.end as usize].to_vec())
    }
}

pub fn checkpoint(name: &str) -> Rc<Checkpoint> {
    let folder = Disk::fixture(name);
    Rc::new(block_on(Checkpoint::read(&folder, async |_, _| Ok(()))).unwrap_or_else(|error| panic!("{name}: {error}")))
}

#[derive(serde::Deserialize)]
struct Expected {
    ids: Vec<u32>,
    logits: Vec<Vec<f32>>,
}

fn expected(name: &str) -> (Vec<u32>, Vec<f32>) {
    let bytes = Disk::fixture(name).whole("expected.json").expect("the fixture");
    let Expected { ids, logits } = serde_json::from_slice(&bytes).expect("JSON");
    (ids, logits.concat())
}

/// What the issue asks for; both sides are f32, and logits are a few units large.
const TRANSFORMERS: f32 = 1e-4;

#[test]
fn logits_are_those_of_transformers() {
    on_both(|place| {
        for name in ["tied", "untied"] {
            let (ids, expected) = expected(name);
            let got = logits(&in_f32(place, &checkpoint(name)), &ids);
            let off = distance(&got, &expected);
            println!("{name}: {off:e} of {}", expected.iter().fold(0f32, |most, v| most.max(v.abs())));
            assert!(off <= TRANSFORMERS, "{name}: {off}");
        }
    });
}

/// The weights of a model as the reference takes them.
fn weights(checkpoint: &Checkpoint) -> DecoderWeights<'_> {
    let of = |layer: Option<usize>, part: Part| checkpoint.tensor(layer, part).expect("a tensor of the model");
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
    DecoderWeights {
        embedding: of(None, Part::Embedding),
        layers: (0..checkpoint.config.layers).map(layer).collect(),
        final_norm: of(None, Part::FinalNorm),
        head: of(None, Part::Head),
    }
}

pub fn reference(checkpoint: &Checkpoint, ids: &[u32]) -> afina::math::Decoded {
    let c = &checkpoint.config;
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
    decode(&shape, &weights(checkpoint), ids)
}

#[test]
fn the_reference_agrees_with_transformers() {
    for name in ["tied", "untied"] {
        let (ids, expected) = expected(name);
        let checkpoint = checkpoint(name);
        let logits: Vec<f32> = reference(&checkpoint, &ids).logits.iter().map(|&v| v as f32).collect();
        // The reference has no rounding to speak of, transformers those of f32.
        assert!(distance(&logits, &expected) <= 2e-5, "{name}: {}", distance(&logits, &expected));
    }
}

/// A probability is off by the relative error of its exponential and of the sum: scores are a few units, of 2 layers.
const ATTENTION: f64 = 2e-5;

#[test]
fn attention_maps_are_those_of_the_reference() {
    on_both(|place| {
        for name in ["tied", "untied"] {
            let (ids, _) = expected(name);
            let checkpoint = checkpoint(name);
            let decoder = in_f32(place, &checkpoint);
            let got = block_on(decoder.attention(&ids, crate::models::go_on)).expect("attention");
            let reference = reference(&checkpoint, &ids).attention;
            assert_eq!(got.len(), reference.len());
            let worst = got.iter().zip(&reference).map(|(a, b)| (f64::from(*a) - b).abs()).fold(0.0, f64::max);
            assert!(worst <= ATTENTION, "{name}: {worst}");
            let rows = got.chunks_exact(ids.len());
            assert!(rows.clone().all(|row| (row.iter().sum::<f32>() - 1.0).abs() < 1e-6), "{name}");
            assert!(rows.enumerate().all(|(i, row)| row[i % ids.len() + 1..].iter().all(|p| *p == 0.0)), "{name}");
        }
    });
}

#[test]
fn the_shipped_folder_is_small_and_gives_the_logits_of_transformers() {
    let folder = shipped();
    let sizes = std::fs::read_dir(&folder.0).unwrap().map(|file| file.unwrap().metadata().unwrap().len());
    let size: u64 = sizes.sum();
    assert!(size <= 6_000_000, "{size} bytes");
    on_both(|place| {
        let checkpoint = Rc::new(block_on(Checkpoint::read(&shipped(), async |_, _| Ok(()))).unwrap());
        assert!((1_000_000..=3_000_000).contains(&checkpoint.config.parameters()));
        let bytes = Disk::fixture("").whole("shipped.json").expect("the fixture");
        let Expected { ids, logits: last } = serde_json::from_slice(&bytes).expect("JSON");
        let got = logits(&in_f32(place, &checkpoint), &ids);
        let off = distance(&got[got.len() - last[0].len()..], &last[0]);
        assert!(off <= TRANSFORMERS, "{off}");
    });
}
