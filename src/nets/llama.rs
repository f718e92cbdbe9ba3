//! A decoder of the Llama family as a burn graph, for training: parameters come in as leaves, logits go out.
//!
//! Dimension legend: `B` sequences, `T` tokens, `V` vocabulary, `C` channels, `H` query heads, `J` key heads,
//! `G = H / J` query heads that share a key head, `D` numbers in a head.

use burn::tensor::activation::{log_softmax, silu, softmax};
use burn::tensor::module::embedding;
use burn::tensor::{Int, Tensor, TensorData};

use crate::data::llama::{LlamaConfig, Part, TensorSpec};
use crate::kernels::shape_error;
use crate::math::{self, Generator};
use crate::protocol::LabError;

use super::bridge::dense_linear;
use super::device::{BurnDevice, Place};

/// Added to the scores of keys that come later: far below any score, and its exponential is 0 in f32.
const UNSEEN: f32 = -1e9;
/// Spread of the embedding's weights before training (Radford et al. 2019, section 2.3).
const EMBEDDING_STD: f64 = 0.02;

/// The graph's fixed parts for sequences of a certain length.
pub struct Llama {
    config: LlamaConfig,
    specs: Vec<TensorSpec>,
    on_gpu: bool,
    device: BurnDevice,
    /// Cosines and sines `[1, 1, T, D / 2]`.
    turns: [Tensor<4>; 2],
    /// `[1, 1, G T, T]`: 0 where a query sees a key.
    mask: Tensor<4>,
    tokens: usize,
}

impl Llama {
    /// The graph for sequences of `tokens` tokens.
    ///
    /// # Errors
    /// [`LabError::Shape`] for sequences longer than the model's context, or empty ones; as [`Place::device`].
    pub fn new(place: &Place, config: &LlamaConfig, tokens: usize) -> Result<Llama, LabError> {
        if tokens == 0 || tokens > config.context {
            return Err(shape_error("llama", format!("1 to {} tokens", config.context), tokens.to_string()));
        }
        let device = place.device()?;
        let half = config.head_dim / 2;
        let (mut cosines, mut sines) = (Vec::new(), Vec::new());
        for position in 0..tokens {
            let turns = math::rope_turns(position, config.head_dim, config.rope_base);
            cosines.extend(turns[..half].iter().map(|&t| t as f32));
            sines.extend(turns[half..].iter().map(|&t| t as f32));
        }
        let turns =
            [cosines, sines].map(|turns| Tensor::<4>::from_data(TensorData::new(turns, [1, 1, tokens, half]), &device));
        let rows = config.heads / config.key_heads * tokens;
        let seen = |i: usize| if i % tokens <= (i / tokens) % tokens { 0.0 } else { UNSEEN };
        let mask: Vec<f32> = (0..rows * tokens).map(seen).collect();
        let mask = Tensor::<4>::from_data(TensorData::new(mask, [1, 1, rows, tokens]), &device);
        let on_gpu = matches!(place, Place::Gpu(_));
        Ok(Llama { config: config.clone(), specs: config.tensors(), on_gpu, device, turns, mask, tokens })
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
    /// `ids [B T]` -> `[B, T]`
    pub fn tokens(&self, ids: &[u32]) -> Tensor<2, Int> {
        let ids: Vec<i32> = ids.iter().map(|&id| id as i32).collect();
        let shape = [ids.len() / self.tokens, self.tokens];
        Tensor::from_data(TensorData::new(ids, shape), &self.device)
    }

    /// Logits of the next token at every place. The parameters come as [`LlamaConfig::tensors`] lists them, gains as one
    /// row; with gradients if they require them.
    ///
    /// # Shapes
    /// `ids [B, T]` -> `[B, T, V]`
    /// # Errors
    /// [`LabError::Shape`] if these are not the model's parameters; on the device those of our kernels.
    /// # Source
    /// Touvron et al. 2023, arXiv:2302.13971, section 2.2.
    pub fn logits(&self, parameters: &[Tensor<2>], ids: Tensor<2, Int>) -> Result<Tensor<3>, LabError> {
        let fit = self.specs.iter().map(|spec| [spec.rows, spec.cols]).eq(parameters.iter().map(Tensor::dims));
        if !fit || ids.dims()[1] != self.tokens {
            let expected = format!("{} parameters, [B, {}] tokens", self.specs.len(), self.tokens);
            return Err(shape_error("llama", expected, format!("{}, {:?}", parameters.len(), ids.dims())));
        }
        let (table, rest) = (&parameters[0], &parameters[1..]);
        let mut x = embedding(table.clone(), ids);
        let (layers, last) = rest.split_at(self.config.layers * Part::LAYER.len());
        for layer in layers.chunks_exact(Part::LAYER.len()) {
            x = self.layer(x, layer)?;
        }
        let x = self.norm(x, &last[0]);
        self.linear(x, last.get(1).unwrap_or(table))
    }

    /// The mean of `-ln p(target)` over all places.
    ///
    /// # Shapes
    /// `logits [B, T, V]`, `targets [B, T]` -> `[1]`
    pub fn loss(&self, logits: Tensor<3>, targets: Tensor<2, Int>) -> Tensor<1> {
        log_softmax(logits, 2).gather(2, targets.unsqueeze_dim(2)).mean().neg()
    }

    fn linear(&self, x: Tensor<3>, w: &Tensor<2>) -> Result<Tensor<3>, LabError> {
        // On the processor burn's own product is on several threads.
        if self.on_gpu { dense_linear(x, w.clone()) } else { Ok(x.matmul(w.clone().transpose().unsqueeze())) }
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

    fn layer(&self, x: Tensor<3>, parameters: &[Tensor<2>]) -> Result<Tensor<3>, LabError> {
        let [norm, q, k, v, o, next_norm, gate, up, down] = parameters else {
            return Err(shape_error("llama", Part::LAYER.len().to_string(), parameters.len().to_string()));
        };
        let LlamaConfig { heads, key_heads, head_dim, .. } = self.config;
        let (sequences, tokens, shared) = (x.dims()[0], self.tokens, heads / key_heads);
        let h = self.norm(x.clone(), norm);
        let q = self.heads(self.linear(h.clone(), q)?, heads, true);
        let k = self.heads(self.linear(h.clone(), k)?, key_heads, true);
        let v = self.heads(self.linear(h, v)?, key_heads, false);
        // Query heads that share a key head lie one after the other, so that keys are not repeated.
        let q = q.reshape([sequences, key_heads, shared * tokens, head_dim]);
        let scores = q.matmul(k.swap_dims(2, 3)).mul_scalar(1.0 / (head_dim as f32).sqrt()) + self.mask.clone();
        let y = softmax(scores, 3).matmul(v).reshape([sequences, heads, tokens, head_dim]);
        let y = y.swap_dims(1, 2).reshape([sequences, tokens, heads * head_dim]);
        let x = x + self.linear(y, o)?;
        let h = self.norm(x.clone(), next_norm);
        let h = silu(self.linear(h.clone(), gate)?) * self.linear(h, up)?;
        Ok(x + self.linear(h, down)?)
    }
}
