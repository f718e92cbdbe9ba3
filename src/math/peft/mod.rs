//! Parameter-efficient fine-tuning: the methods, their settings, and which matrices each trains.
//!
//! ```text
//! mod.rs        methods and settings
//! course.rs     optimizers and schedules
//! trainable.rs  what a method trains, and how many numbers that is
//! ```
//!
//! Dimension legend: `V` vocabulary, `C` channels, `F` inner channels, `L` layers, `H` query heads, `J` key heads, `D` numbers
//! in a head, `R` LoRA rank, `M` bottleneck of an adapter, `P` virtual tokens, `E` hidden channels of the prefix encoder.

mod course;
mod trainable;

use serde::{Deserialize, Serialize};

pub use course::{Optimizer, Schedule};
pub use trainable::{Role, Trainable, trainable, trainable_count};

/// The dimensions of a decoder of the Llama family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelShape {
    pub vocabulary: usize,
    pub channels: usize,
    pub inner: usize,
    pub layers: usize,
    pub heads: usize,
    pub key_heads: usize,
    pub head_dim: usize,
    /// Whether the embedding is also the last matrix.
    pub tied: bool,
}

impl ModelShape {
    /// All weights of the model.
    pub fn parameters(&self) -> usize {
        let matrices: usize = Target::ALL.iter().map(|t| self.sides(*t)).map(|(rows, cols)| rows * cols).sum();
        let layer = matrices + 2 * self.channels;
        let tables = if self.tied { 1 } else { 2 };
        tables * self.vocabulary * self.channels + self.layers * layer + self.channels
    }

    /// Rows and columns of a matrix: outputs, inputs.
    pub fn sides(&self, target: Target) -> (usize, usize) {
        let (query, key) = (self.heads * self.head_dim, self.key_heads * self.head_dim);
        match target {
            Target::Query => (query, self.channels),
            Target::Key | Target::Value => (key, self.channels),
            Target::Output => (self.channels, query),
            Target::Gate | Target::Up => (self.inner, self.channels),
            Target::Down => (self.channels, self.inner),
        }
    }
}

/// A way to fine-tune.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// Every weight.
    Full,
    /// The last matrix alone, on frozen features: the baseline.
    Head,
    /// Low-rank updates of frozen matrices.
    Lora,
    /// The same on a base in NF4 with double quantization.
    Qlora,
    /// Bottleneck modules between frozen parts.
    Adapter,
    /// Virtual tokens before the input.
    Prompt,
    /// Virtual keys and values in every layer, from an encoder that is thrown away after training.
    Prefix,
    /// The same without an encoder: P-Tuning v2.
    DeepPrompt,
}

impl Method {
    /// All methods, in the order of every table and legend.
    pub const ALL: [Method; 8] = [
        Method::Full,
        Method::Lora,
        Method::Qlora,
        Method::Adapter,
        Method::Prompt,
        Method::Prefix,
        Method::DeepPrompt,
        Method::Head,
    ];
    /// The six of the lecture's table.
    pub const SIX: [Method; 6] =
        [Method::Full, Method::Lora, Method::Qlora, Method::Adapter, Method::Prompt, Method::Prefix];

    /// The word in tables, series and files.
    pub fn word(self) -> &'static str {
        match self {
            Method::Full => "full",
            Method::Head => "head",
            Method::Lora => "lora",
            Method::Qlora => "qlora",
            Method::Adapter => "adapter",
            Method::Prompt => "prompt",
            Method::Prefix => "prefix",
            Method::DeepPrompt => "deep_prompt",
        }
    }

    /// The method of a word.
    pub fn from_word(word: &str) -> Option<Method> {
        Method::ALL.into_iter().find(|m| m.word() == word)
    }

    /// The highest learning rate that it is trained with unless another one is asked for, for AdamW: of four rates a method, three
    /// times apart or less, about the one with the lowest loss on validation data after 120 steps on the little world's reviews.
    pub fn usual_rate(self) -> f64 {
        match self {
            Method::Full => 1e-3,
            Method::Head => 3e-2,
            Method::Lora | Method::Qlora => 4e-3,
            Method::Adapter => 1e-2,
            Method::Prompt => 3e-1,
            Method::Prefix => 1e-2,
            Method::DeepPrompt => 1e-1,
        }
    }
}

/// A matrix of a layer that LoRA may update.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    Query,
    Key,
    Value,
    Output,
    Gate,
    Up,
    Down,
}

impl Target {
    /// All, in the order of the computation.
    pub const ALL: [Target; 7] =
        [Target::Query, Target::Key, Target::Value, Target::Output, Target::Gate, Target::Up, Target::Down];

    /// Hugging Face's name of the module.
    pub fn module(self) -> &'static str {
        match self {
            Target::Query => "q_proj",
            Target::Key => "k_proj",
            Target::Value => "v_proj",
            Target::Output => "o_proj",
            Target::Gate => "gate_proj",
            Target::Up => "up_proj",
            Target::Down => "down_proj",
        }
    }

    /// The block that the module is in.
    pub fn block(self) -> &'static str {
        match self {
            Target::Query | Target::Key | Target::Value | Target::Output => "self_attn",
            Target::Gate | Target::Up | Target::Down => "mlp",
        }
    }
}

/// Settings of LoRA.
///
/// # Source
/// Hu et al. 2021, arXiv:2106.09685; rsLoRA: Kalajdzievski 2023, arXiv:2312.03732.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoraSettings {
    /// `R`
    pub rank: u32,
    pub alpha: f32,
    /// The share of inputs of `A` that is left out in training.
    pub dropout: f32,
    /// In the order of [`Target::ALL`].
    pub targets: Vec<Target>,
    /// Scales by `alpha / sqrt(R)` instead of `alpha / R`.
    pub rank_stabilized: bool,
}

impl LoraSettings {
    /// The factor of `B A`.
    pub fn scale(&self) -> f32 {
        let rank = self.rank as f32;
        self.alpha / if self.rank_stabilized { rank.sqrt() } else { rank }
    }
}

impl Default for LoraSettings {
    fn default() -> LoraSettings {
        LoraSettings { rank: 8, alpha: 16.0, dropout: 0.0, targets: Target::ALL.to_vec(), rank_stabilized: false }
    }
}

/// Where adapters stand in a layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Placement {
    /// After attention and after the feed-forward part: Houlsby et al. 2019, arXiv:1902.00751.
    Houlsby,
    /// After the feed-forward part: Pfeiffer et al. 2020, arXiv:2005.00052.
    Pfeiffer,
}

/// What is between the two matrices of an adapter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    Relu,
    Gelu,
    Silu,
}

impl Activation {
    pub const ALL: [Activation; 3] = [Activation::Relu, Activation::Gelu, Activation::Silu];
}

/// Settings of bottleneck adapters: `h + up(activation(down(h)))`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct AdapterSettings {
    pub placement: Placement,
    /// `M`
    pub bottleneck: u32,
    pub activation: Activation,
    /// Whether `h` itself is added; without it the module replaces what it reads.
    pub residual: bool,
}

impl Default for AdapterSettings {
    fn default() -> AdapterSettings {
        AdapterSettings { placement: Placement::Houlsby, bottleneck: 16, activation: Activation::Relu, residual: true }
    }
}

/// Settings of prompt tuning.
///
/// # Source
/// Lester et al. 2021, arXiv:2104.08691.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PromptSettings {
    /// `P`
    pub tokens: u32,
    /// Begins as the embeddings of this text, repeated as often as needed; random where it is empty.
    pub text: String,
}

impl Default for PromptSettings {
    fn default() -> PromptSettings {
        PromptSettings { tokens: 8, text: String::new() }
    }
}

/// Settings of prefix tuning and P-Tuning v2.
///
/// # Source
/// Li & Liang 2021, arXiv:2101.00190, section 4.3 (the encoder); Liu et al. 2021, arXiv:2110.07602 (without it).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct PrefixSettings {
    /// `P`
    pub tokens: u32,
    /// `E`; P-Tuning v2 has no encoder.
    pub hidden: u32,
}

impl Default for PrefixSettings {
    fn default() -> PrefixSettings {
        PrefixSettings { tokens: 8, hidden: 64 }
    }
}

/// The settings of every method; one run uses one of them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PeftSettings {
    pub lora: LoraSettings,
    pub adapter: AdapterSettings,
    pub prompt: PromptSettings,
    pub prefix: PrefixSettings,
}
