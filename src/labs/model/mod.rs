//! The model lab: *how does text come out of numbers?*
//!
//! This file is what the page, a share link, a command file and the engine agree on: the configuration with its bounds
//! and defaults, and the names of the tables, tensors and series that a run emits.
//!
//! Dimension legend: `V` vocabulary, `L` layers, `H` heads, `T` tokens.

use serde::{Deserialize, Serialize};

use crate::math::{Candidate, Sampling, sample};
use crate::protocol::{LabError, in_range};

#[cfg(feature = "ui")]
pub mod page;
#[cfg(all(feature = "gpu", feature = "text-models"))]
pub mod run;

/// Longest prompt, in bytes: keeps a share link under its 2 KB.
pub const MAX_PROMPT_BYTES: usize = 600;
/// Most tokens that one press generates.
pub const MAX_LENGTH: u32 = 128;
/// Candidates that the bars show.
pub const SHOWN_CANDIDATES: usize = 20;
/// Attention is drawn for the first so many tokens: beyond, a cell would be too small to point at.
pub const MAX_ATTENTION: usize = 40;

/// The whole state of the lab; what a share link carries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    pub prompt: String,
    /// Tokens after the prompt that are given, not drawn: the student chose one of them, the others came before it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub given: Vec<u32>,
    /// 0 always takes the most probable token.
    pub temperature: f32,
    /// 0 keeps them all.
    pub top_k: u32,
    /// 1 keeps them all.
    pub top_p: f32,
    pub seed: u32,
    /// Tokens to generate after those given.
    pub length: u32,
}

/// What the engine can be asked; one variant of `labs::Command` wraps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// The prompt through the model: tables [`tables::MODEL`], [`tables::VOCABULARY`], [`tables::TOKENS`], the logits of
    /// step 0 and the attention.
    Look { config: Config },
    /// As `Look`, then token after token, and the attention of everything.
    Generate { config: Config },
    /// How long one more token takes with the cache and without it: table [`tables::CACHE`], one row a length.
    Cache { config: Config },
}

/// Names of the tables that a run emits.
pub mod tables {
    /// One row: `parameters, layers, heads, key_heads, channels, vocabulary, context, file_bytes, weight_bytes, load_millis`.
    pub const MODEL: &str = "model";
    /// `token`, one row a token number: as tokenizer.json has it. Sent by a look and a generation.
    pub const VOCABULARY: &str = "vocabulary";
    /// `id`: the token that begins a text, and those of the prompt.
    pub const TOKENS: &str = "tokens";
    /// `tokens, with_millis, without_millis, cache_bytes`, one row a length.
    pub const CACHE: &str = "cache";
    /// One row: `tokens, millis, cache_bytes, cache_capacity_bytes, ended` of a generation; `ended` is 1 if the model
    /// ended its text.
    pub const SPEED: &str = "speed";
}

/// Names of the tensors that a run emits.
pub mod tensors {
    /// `[V]` for each step: `logits.0` belongs to the first token after the prompt.
    pub fn logits(step: usize) -> String {
        format!("logits.{step}")
    }
    /// Probabilities `[L, H, T, T]`: row is the token that looks, column the one that is looked at.
    pub const ATTENTION: &str = "attention";
}

/// Names of the series that a run emits.
pub mod series {
    /// `[id, millis since the run began]`, one point a token after the prompt; the given ones first.
    pub const GENERATED: &str = "generated";
}

/// A configuration whose every value was checked; the only thing a run accepts.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked(Config);

impl std::ops::Deref for Checked {
    type Target = Config;
    fn deref(&self) -> &Config {
        &self.0
    }
}

impl Config {
    /// Checks every bound.
    ///
    /// # Errors
    /// [`LabError::OutOfRange`] naming the first field that is off.
    pub fn checked(self) -> Result<Checked, LabError> {
        in_range("prompt", self.prompt.len() as f64, 0.0, MAX_PROMPT_BYTES as f64)?;
        in_range("given", self.given.len() as f64, 0.0, f64::from(MAX_LENGTH))?;
        in_range("temperature", f64::from(self.temperature), 0.0, 2.0)?;
        in_range("top_k", f64::from(self.top_k), 0.0, 1000.0)?;
        in_range("top_p", f64::from(self.top_p), 0.01, 1.0)?;
        in_range("length", f64::from(self.length), 1.0, f64::from(MAX_LENGTH))?;
        Ok(Checked(self))
    }

    /// How the next token is drawn.
    pub fn sampling(&self) -> Sampling {
        Sampling { temperature: self.temperature, top_k: self.top_k, top_p: self.top_p, seed: self.seed }
    }

    /// The candidates for one step, the most probable first.
    pub fn candidates(&self, logits: &[f32]) -> Vec<Candidate> {
        // The table is the same at every position; only the draw differs.
        if logits.is_empty() { Vec::new() } else { sample(logits, &self.sampling(), 0).candidates }
    }
}

impl Default for Config {
    /// A good start: a story of the little world.
    fn default() -> Self {
        Config {
            prompt: "En Villaluna vivía una chica que se llamaba Marta.".into(),
            given: Vec::new(),
            temperature: 0.8,
            top_k: 0,
            top_p: 0.95,
            seed: 1,
            length: 60,
        }
    }
}
