//! Random models, and their runs.

use std::rc::Rc;

use afina::data::llama::{Checkpoint, LlamaConfig};
use afina::math::{Generator, WeightFormat};
use afina::model::{Decoder, Place, Plan};
use afina::protocol::LabError;
use pollster::block_on;

/// Sizes that fit no tile.
pub fn ragged() -> LlamaConfig {
    LlamaConfig {
        vocabulary: 131,
        channels: 96,
        inner: 80,
        layers: 2,
        heads: 4,
        key_heads: 2,
        head_dim: 24,
        context: 64,
        epsilon: 1e-5,
        rope_base: 10_000.0,
        tied: true,
        begin_token: None,
        end_token: None,
    }
}

/// Widths that are no multiples of 32 either: products pad what they read.
pub fn narrow() -> LlamaConfig {
    LlamaConfig {
        vocabulary: 37,
        channels: 40,
        inner: 33,
        layers: 1,
        heads: 5,
        key_heads: 5,
        head_dim: 8,
        tied: false,
        ..ragged()
    }
}

/// Matrices that keep the size of what they multiply, gains around 1.
pub fn random(config: LlamaConfig, seed: u32) -> Rc<Checkpoint> {
    let tensor = |(number, spec): (usize, afina::data::llama::TensorSpec)| {
        let mut numbers = Generator::new(seed * 1000 + number as u32);
        let (middle, spread) = if spec.part.is_matrix() { (0.0, 1.2 / (spec.cols as f64).sqrt()) } else { (1.0, 0.3) };
        (0..spec.count()).map(|_| (middle + spread * numbers.normal()) as f32).collect()
    };
    let tensors = config.tensors().into_iter().enumerate().map(tensor).collect();
    Rc::new(Checkpoint::new(config, tensors).expect("tensors of the right sizes"))
}

/// A text of random tokens.
pub fn text(config: &LlamaConfig, tokens: usize, seed: u32) -> Vec<u32> {
    let mut numbers = Generator::new(seed);
    (0..tokens).map(|_| numbers.below(config.vocabulary as u32)).collect()
}

pub fn decoder(place: &Place, checkpoint: &Rc<Checkpoint>, plan: &Plan) -> Decoder {
    Decoder::new(place.clone(), checkpoint, plan).expect("a decoder")
}

pub fn in_f32(place: &Place, checkpoint: &Rc<Checkpoint>) -> Decoder {
    decoder(place, checkpoint, &Plan::uniform(&checkpoint.config, WeightFormat::Fp32, 64))
}

pub async fn go_on() -> Result<(), LabError> {
    Ok(())
}

/// `[T, V]`
pub fn logits(decoder: &Decoder, ids: &[u32]) -> Vec<f32> {
    block_on(decoder.logits(ids, go_on)).expect("logits")
}

/// Runs a test on both tiers.
pub fn on_both(test: impl Fn(&Place) + Send + Sync + 'static) {
    test(&Place::Processor);
    crate::shared::on_gpu(move |gpu| test(&Place::Gpu(gpu.clone())));
}

/// The largest distance of two rows of numbers.
pub fn distance(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, |most, d| if d.is_nan() { f32::INFINITY } else { most.max(d) })
}
