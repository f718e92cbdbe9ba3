//! What a fine-tuning takes in memory, by formula: the same terms as the lab's measured ledger, for models that no
//! browser holds.
//!
//! Dimension legend: as [`super::peft`], and `B` sequences of `T` tokens.

use serde::{Deserialize, Serialize};

use super::peft::{Method, ModelShape, Optimizer, PeftSettings, Placement, Target};

/// NF4 with double quantization: 4 bits, 8 bits of scale for 64 weights, 32 for 256 scales.
///
/// # Source
/// Dettmers et al. 2023, arXiv:2305.14314, section 3: 0.127 bits for the scales.
pub const NF4_DOUBLE_BITS: f64 = 4.0 + 8.0 / 64.0 + 32.0 / (64.0 * 256.0);

/// The dimensions of a transformer, as far as memory goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Extent {
    pub parameters: u64,
    /// `V`
    pub vocabulary: u64,
    /// `C`
    pub channels: u64,
    /// `F`
    pub inner: u64,
    /// `L`
    pub layers: u64,
    /// `H`
    pub heads: u64,
    /// `H D`
    pub query: u64,
    /// `J D`
    pub key: u64,
    /// Whether the feed-forward part has a gate.
    pub gated: bool,
}

impl Extent {
    /// BERT-base, 110 M. Devlin et al. 2018, arXiv:1810.04805, section 3.
    pub const BERT_BASE: Extent = Extent::plain(110_000_000, 30_522, 768, 12, 12);
    /// GPT-3 175B. Brown et al. 2020, arXiv:2005.14165, table 2.1.
    pub const GPT3: Extent = Extent::plain(175_000_000_000, 50_257, 12_288, 96, 96);
    /// LLaMA-7B. Touvron et al. 2023, arXiv:2302.13971, table 2.
    pub const LLAMA_7B: Extent = Extent::llama(4096, 11_008, 32, 32);
    /// LLaMA-65B. The same.
    pub const LLAMA_65B: Extent = Extent::llama(8192, 22_016, 80, 64);

    /// A model with a feed-forward part of four times its channels and no gate; its parameters as published.
    const fn plain(parameters: u64, vocabulary: u64, channels: u64, layers: u64, heads: u64) -> Extent {
        let (inner, query, key) = (4 * channels, channels, channels);
        Extent { parameters, vocabulary, channels, inner, layers, heads, query, key, gated: false }
    }

    const fn llama(channels: u64, inner: u64, layers: u64, heads: u64) -> Extent {
        let vocabulary = 32_000;
        let layer = 4 * channels * channels + 3 * channels * inner + 2 * channels;
        let parameters = 2 * vocabulary * channels + layers * layer + channels;
        let (query, key) = (channels, channels);
        Extent { parameters, vocabulary, channels, inner, layers, heads, query, key, gated: true }
    }

    /// Outputs and inputs of a matrix; `None` for the gate of a model without.
    fn sides(&self, target: Target) -> Option<(u64, u64)> {
        Some(match target {
            Target::Query => (self.query, self.channels),
            Target::Key | Target::Value => (self.key, self.channels),
            Target::Output => (self.channels, self.query),
            Target::Gate if !self.gated => return None,
            Target::Gate | Target::Up => (self.inner, self.channels),
            Target::Down => (self.channels, self.inner),
        })
    }

    /// Weights in the matrices of all layers.
    fn matrices(&self) -> u64 {
        self.layers * Target::ALL.iter().filter_map(|t| self.sides(*t)).map(|(rows, cols)| rows * cols).sum::<u64>()
    }

    /// Numbers that `method` trains; as [`super::peft::trainable_count`], in 64 bits on every machine.
    pub fn trained(&self, method: Method, settings: &PeftSettings) -> u64 {
        let keys = 2 * self.layers * self.key;
        match method {
            Method::Full => self.parameters,
            Method::Head => self.vocabulary * self.channels,
            Method::Lora | Method::Qlora => {
                let pair = |target: &Target| self.sides(*target).map(|(rows, cols)| rows + cols);
                let sides: u64 = settings.lora.targets.iter().filter_map(pair).sum();
                self.layers * u64::from(settings.lora.rank) * sides
            }
            Method::Adapter => {
                let bottleneck = u64::from(settings.adapter.bottleneck);
                let sites = if settings.adapter.placement == Placement::Houlsby { 2 } else { 1 };
                self.layers * sites * (2 * bottleneck * self.channels + bottleneck + self.channels)
            }
            Method::Prompt => u64::from(settings.prompt.tokens) * self.channels,
            Method::Prefix => {
                let (tokens, hidden) = (u64::from(settings.prefix.tokens), u64::from(settings.prefix.hidden));
                tokens * self.key + hidden * (self.key + 1) + keys * (hidden + 1)
            }
            Method::DeepPrompt => u64::from(settings.prefix.tokens) * keys,
        }
    }
}

impl From<&ModelShape> for Extent {
    fn from(shape: &ModelShape) -> Extent {
        Extent {
            parameters: shape.parameters() as u64,
            vocabulary: shape.vocabulary as u64,
            channels: shape.channels as u64,
            inner: shape.inner as u64,
            layers: shape.layers as u64,
            heads: shape.heads as u64,
            query: (shape.heads * shape.head_dim) as u64,
            key: (shape.key_heads * shape.head_dim) as u64,
            gated: true,
        }
    }
}

/// In what numbers a training computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// Everything in 32 bits.
    Single,
    /// Weights, gradients and activations in 16 bits, and a 32-bit master of every trained weight: Micikevicius et al.
    /// 2017, arXiv:1710.03740.
    Mixed,
    /// The same without masters.
    Half,
}

impl Precision {
    /// Bytes of a number that is computed with.
    fn bytes(self) -> u64 {
        if self == Precision::Single { 4 } else { 2 }
    }
}

/// A training to be planned.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Plan<'a> {
    pub method: Method,
    pub settings: &'a PeftSettings,
    /// Bits of a frozen weight in the matrices of the layers, scales included: 32, 16, [`NF4_DOUBLE_BITS`].
    pub base_bits: f64,
    /// Bits of the other frozen weights: embeddings, norms, the last matrix.
    pub other_bits: f64,
    pub precision: Precision,
    pub optimizer: Optimizer,
    /// `B`
    pub batch: u64,
    /// `T`
    pub tokens: u64,
    /// Keeps the input of each layer alone and computes the rest again.
    pub checkpointing: bool,
}

/// Bytes by what they are for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ledger {
    /// Frozen ones.
    pub weights: u64,
    /// Those being trained, masters included.
    pub trained: u64,
    pub gradients: u64,
    pub optimizer: u64,
    pub activations: u64,
    /// The scores of the last matrix with their gradient, and one dequantized matrix.
    pub workspace: u64,
}

impl Ledger {
    /// All of it.
    pub fn total(&self) -> u64 {
        let Ledger { weights, trained, gradients, optimizer, activations, workspace } = self;
        weights + trained + gradients + optimizer + activations + workspace
    }
}

/// The ledger of a training, by formula; what an allocator adds is not in it.
///
/// ```text
/// weights      (matrices base_bits + others other_bits) / 8, nothing where everything is trained
/// trained      4 bytes each; 2 + 4 with masters beside 16 bits; 2 without
/// gradients    as the numbers computed with
/// optimizer    AdamW two, SGD with momentum one f32 for each trained number
/// activations  what the backward pass reads, of every layer; with checkpointing each layer's input, and one layer in full
/// workspace    2 B T V f32, and the largest matrix in 16 bits where the base has fewer than that
/// ```
///
/// # Source
/// Weights to optimizer: Rajbhandari et al. 2019, arXiv:1910.02054, section 3.1. Activations: Korthikanti et al. 2022,
/// arXiv:2205.05198, section 4.1, without dropout: two norms, queries, keys and values, the attention's inputs and outputs,
/// the feed-forward part's input and inner numbers, and the scores of every head.
pub fn memory_ledger(model: &Extent, plan: &Plan<'_>) -> Ledger {
    let trained = model.trained(plan.method, plan.settings);
    let frozen = if plan.method == Method::Full { 0.0 } else { 1.0 };
    let (matrices, all) = (model.matrices(), model.parameters);
    let bits = matrices as f64 * plan.base_bits + all.saturating_sub(matrices) as f64 * plan.other_bits;
    let master = if plan.precision == Precision::Mixed { 4 } else { 0 };
    let moments = match plan.optimizer {
        Optimizer::AdamW => 2,
        Optimizer::Sgd => 1,
    };
    let (batch, tokens) = (plan.batch, plan.tokens);
    // Of a token in a layer.
    let inner = if model.gated { 4 } else { 2 } * model.inner;
    let kept = 5 * model.channels + model.query + 2 * model.key + inner + model.heads * tokens;
    let kept = if plan.checkpointing { model.layers * model.channels + kept } else { model.layers * kept };
    let largest = Target::ALL.iter().filter_map(|t| model.sides(*t)).map(|(rows, cols)| rows * cols).max();
    let dequantized = if plan.base_bits < 16.0 { 2 * largest.unwrap_or(0) } else { 0 };
    Ledger {
        weights: (frozen * bits / 8.0) as u64,
        trained: trained * (plan.precision.bytes() + master),
        gradients: trained * plan.precision.bytes(),
        optimizer: trained * moments * 4,
        activations: batch * tokens * kept * plan.precision.bytes(),
        workspace: 2 * batch * tokens * model.vocabulary * 4 + dequantized,
    }
}

#[cfg(test)]
#[path = "memory_tests.rs"]
mod tests;
