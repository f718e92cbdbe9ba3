//! A decoder of the Llama family as a burn graph, for training: matrices come in, logits go out.
//!
//! ```text
//! mod.rs  the computation
//! net.rs  the matrices that it is done with, and what fine-tuning adds to them
//! ```
//!
//! Dimension legend: `B` sequences, `T` tokens, `P` virtual tokens, `V` vocabulary, `C` channels, `H` query heads, `J` key heads,
//! `G = H / J` query heads that share a key head, `D` numbers in a head.

mod net;

use burn::tensor::activation::{log_softmax, silu, softmax};
use burn::tensor::module::embedding;
use burn::tensor::{Int, Tensor, TensorData};

use crate::data::llama::{LlamaConfig, Part, TensorSpec};
use crate::kernels::shape_error;
use crate::math::peft::Target;
use crate::math::{self, Generator};
use crate::protocol::LabError;

use super::device::{BurnDevice, Place};
use net::Arithmetic;

pub use net::{Bottleneck, Dropout, Layer, Matrix, Net, Projection, Update, dropout_seed};

/// Added to the scores of keys that come later: far below any score, and its exponential is 0 in f32.
const UNSEEN: f32 = -1e9;
/// Spread of the embedding's weights before training (Radford et al. 2019, section 2.3).
const EMBEDDING_STD: f64 = 0.02;

/// The graph's fixed parts for sequences of a certain length.
pub struct Llama {
    config: LlamaConfig,
    arithmetic: Arithmetic,
    device: BurnDevice,
    /// Cosines and sines `[1, 1, T, D / 2]`.
    turns: [Tensor<4>; 2],
    /// `[1, 1, G T, P + T]`: 0 where a query sees a key.
    mask: Tensor<4>,
    tokens: usize,
}

impl Llama {
    /// The graph for sequences of `tokens` tokens, virtual ones of a prompt included, after a prefix of `prefix` keys.
    ///
    /// # Errors
    /// [`LabError::Shape`] for sequences longer than the model's context, or empty ones; as [`Place::device`].
    pub fn new(place: &Place, config: &LlamaConfig, tokens: usize, prefix: usize) -> Result<Llama, LabError> {
        if tokens == 0 || tokens + prefix > config.context {
            let got = (tokens + prefix).to_string();
            return Err(shape_error("llama", format!("1 to {} tokens", config.context), got));
        }
        let device = place.device()?;
        let half = config.head_dim / 2;
        let (mut cosines, mut sines) = (Vec::new(), Vec::new());
        for position in prefix..prefix + tokens {
            let turns = math::rope_turns(position, config.head_dim, config.rope_base);
            cosines.extend(turns[..half].iter().map(|&t| t as f32));
            sines.extend(turns[half..].iter().map(|&t| t as f32));
        }
        let turns =
            [cosines, sines].map(|turns| Tensor::<4>::from_data(TensorData::new(turns, [1, 1, tokens, half]), &device));
        let (rows, keys) = (config.heads / config.key_heads * tokens, prefix + tokens);
        let seen = |i: usize| if i % keys <= prefix + (i / keys) % tokens { 0.0 } else { UNSEEN };
        let mask: Vec<f32> = (0..rows * keys).map(seen).collect();
        let mask = Tensor::<4>::from_data(TensorData::new(mask, [1, 1, rows, keys]), &device);
        let arithmetic = Arithmetic { on_gpu: matches!(place, Place::Gpu(_)), half: false };
        Ok(Llama { config: config.clone(), arithmetic, device, turns, mask, tokens })
    }

    /// The same with products of f16 numbers, and gradients that are rounded to f16 between them; sums stay in f32.
    pub fn in_half_precision(mut self) -> Llama {
        self.arithmetic.half = true;
        self
    }

    /// Random weights to begin with, in the order of [`LlamaConfig::tensors`]: gains of 1, matrices with a spread of
    /// `1 / sqrt(inputs)`, those that write to the residual stream smaller by `sqrt(2 L)`.
    ///
    /// # Source
    /// Radford et al. 2019, "Language Models are Unsupervised Multitask Learners", section 2.3 (the residual's factor).
    pub fn initial(config: &LlamaConfig, seed: u32) -> Vec<Vec<f32>> {
        let made = |(index, spec): (usize, &TensorSpec)| -> Vec<f32> {
            let inputs = (spec.cols as f64).sqrt();
            let std = match spec.part {
                Part::AttentionNorm | Part::FeedForwardNorm | Part::FinalNorm => return vec![1.0; spec.count()],
                Part::Embedding | Part::Head => EMBEDDING_STD,
                Part::Output | Part::Down => 1.0 / inputs / (2.0 * config.layers as f64).sqrt(),
                Part::Query | Part::Key | Part::Value | Part::Gate | Part::Up => 1.0 / inputs,
            };
            let mut random = Generator::new(math::hash_u32(seed, index as u32));
            (0..spec.count()).map(|_| (random.normal() * std) as f32).collect()
        };
        config.tensors().iter().enumerate().map(made).collect()
    }

    /// Token numbers as burn wants them.
    ///
    /// # Shapes
    /// `ids [B T]`, `T` tokens each -> `[B, T]`
    pub fn ids(&self, ids: &[u32], tokens: usize) -> Tensor<2, Int> {
        let ids: Vec<i32> = ids.iter().map(|&id| id as i32).collect();
        let shape = [ids.len() / tokens, tokens];
        Tensor::from_data(TensorData::new(ids, shape), &self.device)
    }

    /// Logits of the next token at every place.
    ///
    /// # Shapes
    /// `ids [B, T]` -> `[B, P + T, V]`, where `P` counts the tokens of a prompt
    /// # Errors
    /// [`LabError::Shape`] for other lengths than this graph was made for; on the device those of our kernels.
    /// # Source
    /// Touvron et al. 2023, arXiv:2302.13971, section 2.2.
    pub fn logits(&self, net: &Net, ids: Tensor<2, Int>) -> Result<Tensor<3>, LabError> {
        let mut x = self.embed(net, ids)?;
        for layer in &net.layers {
            x = self.layer(x, layer)?;
        }
        self.head(x, net)
    }

    /// What the first layer reads: the embeddings of a prompt's virtual tokens and of the text.
    ///
    /// # Shapes
    /// `ids [B, T]` -> `[B, P + T, C]`
    /// # Errors
    /// [`LabError::Shape`] for other lengths than this graph was made for.
    pub fn embed(&self, net: &Net, ids: Tensor<2, Int>) -> Result<Tensor<3>, LabError> {
        let [sequences, tokens] = ids.dims();
        let mut x = embedding(net.embedding.clone(), ids);
        let mut all = tokens;
        if let Some(prompt) = &net.prompt {
            let virtual_tokens: Tensor<3> = prompt.clone().unsqueeze();
            x = Tensor::cat(vec![virtual_tokens.repeat_dim(0, sequences), x], 1);
            all += prompt.dims()[0];
        }
        if all == self.tokens { Ok(x) } else { Err(shape_error("llama", self.tokens.to_string(), all.to_string())) }
    }

    /// Logits from what the last layer wrote.
    ///
    /// # Shapes
    /// `x [B, T, C]` -> `[B, T, V]`
    /// # Errors
    /// On the device those of our kernels.
    pub fn head(&self, x: Tensor<3>, net: &Net) -> Result<Tensor<3>, LabError> {
        let x = self.norm(x, &net.norm);
        self.arithmetic.product(x, &net.head)
    }

    /// The mean of `-ln p(target)` over all places.
    ///
    /// # Shapes
    /// `logits [B, T, V]`, `targets [B, T]` -> `[1]`
    pub fn loss(&self, logits: Tensor<3>, targets: Tensor<2, Int>) -> Tensor<1> {
        log_softmax(logits, 2).gather(2, targets.unsqueeze_dim(2)).mean().neg()
    }

    /// `x gain / sqrt(mean(x^2) + epsilon)`.
    fn norm(&self, x: Tensor<3>, gain: &Tensor<2>) -> Tensor<3> {
        let squares = x.clone().powi_scalar(2).mean_dim(2);
        x / squares.add_scalar(self.config.epsilon).sqrt() * gain.clone().unsqueeze()
    }

    /// `[B, T, N D]` -> `[B, N, T, D]`, rotated by position if asked for.
    fn heads(&self, x: Tensor<3>, count: usize, turned: bool) -> Tensor<4> {
        let dim = self.config.head_dim;
        let x = x.reshape([-1, self.tokens as i32, count as i32, dim as i32]).swap_dims(1, 2);
        if !turned {
            return x;
        }
        let [cosines, sines] = self.turns.clone();
        let (left, right) = (x.clone().narrow(3, 0, dim / 2), x.narrow(3, dim / 2, dim / 2));
        let a = left.clone() * cosines.clone() - right.clone() * sines.clone();
        let b = right * cosines + left * sines;
        Tensor::cat(vec![a, b], 3)
    }

    /// Virtual keys or values before those of the text.
    ///
    /// # Shapes
    /// `prefix [P, 2 J D]`, `x [B, J, T, D]` -> `[B, J, P + T, D]`
    fn after_prefix(&self, prefix: Option<&Tensor<2>>, first: usize, x: Tensor<4>) -> Tensor<4> {
        let Some(prefix) = prefix else { return x };
        let LlamaConfig { key_heads, head_dim, .. } = self.config;
        let (sequences, wide) = (x.dims()[0], key_heads * head_dim);
        let rows = prefix.dims()[0];
        let part = prefix.clone().narrow(1, first * wide, wide).reshape([1, rows, key_heads, head_dim]).swap_dims(1, 2);
        Tensor::cat(vec![part.repeat_dim(0, sequences), x], 2)
    }

    /// One layer.
    ///
    /// # Shapes
    /// `x [B, T, C]` -> `[B, T, C]`
    /// # Errors
    /// On the device those of our kernels.
    pub fn layer(&self, x: Tensor<3>, layer: &Layer) -> Result<Tensor<3>, LabError> {
        let LlamaConfig { heads, key_heads, head_dim, .. } = self.config;
        let (sequences, tokens, shared) = (x.dims()[0], self.tokens, heads / key_heads);
        let by = self.arithmetic;
        let project = |x: Tensor<3>, target| by.project(x, layer.projection(target));
        let h = self.norm(x.clone(), &layer.attention_norm);
        let q = self.heads(project(h.clone(), Target::Query)?, heads, true);
        let k = self.heads(project(h.clone(), Target::Key)?, key_heads, true);
        let v = self.heads(project(h, Target::Value)?, key_heads, false);
        let k = self.after_prefix(layer.prefix.as_ref(), 0, k);
        let v = self.after_prefix(layer.prefix.as_ref(), 1, v);
        // Query heads that share a key head lie one after the other, so that keys are not repeated.
        let q = q.reshape([sequences, key_heads, shared * tokens, head_dim]);
        let scores = q.matmul(k.swap_dims(2, 3)).mul_scalar(1.0 / (head_dim as f32).sqrt()) + self.mask.clone();
        let y = softmax(scores, 3).matmul(v).reshape([sequences, heads, tokens, head_dim]);
        let y = y.swap_dims(1, 2).reshape([sequences, tokens, heads * head_dim]);
        let x = x + by.adapted(project(y, Target::Output)?, layer.after_attention.as_ref())?;
        let h = self.norm(x.clone(), &layer.feed_forward_norm);
        let h = silu(project(h.clone(), Target::Gate)?) * project(h, Target::Up)?;
        Ok(x + by.adapted(project(h, Target::Down)?, layer.after_feed_forward.as_ref())?)
    }
}
