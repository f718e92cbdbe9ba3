//! The fine-tuning lab: *how much of a model must change for it to learn a task?*
//!
//! The lecture's table of methods, filled in by the visitor's own machine. This file is what the page, a share link, a
//! command file and the engine agree on.

use serde::{Deserialize, Serialize};

use crate::protocol::{LabError, in_range};

#[cfg(feature = "ui")]
pub mod page;

pub use crate::math::peft::{
    Activation, LoraSettings, Method, ModelShape, Optimizer, PeftSettings, Placement, Schedule, Target, trainable_count,
};
pub use crate::math::{Extent, Ledger, NF4_DOUBLE_BITS, Plan, Precision, mean_interval, memory_ledger, share_interval};

/// The base of every training: the model that ships with the page, `www/models/afina-small`.
pub const BASE: ModelShape = ModelShape {
    vocabulary: 2048,
    channels: 128,
    inner: 384,
    layers: 6,
    heads: 4,
    key_heads: 2,
    head_dim: 32,
    tied: true,
};

#[cfg(all(feature = "train", feature = "text-models"))]
pub mod run;

/// Most steps of one training.
pub const MAX_STEPS: u32 = 2_000;
/// Most training examples.
pub const MAX_EXAMPLES: u32 = 4_000;
/// Most test examples.
pub const MAX_TESTED: u32 = 600;
/// Longest prompt to write after, in bytes.
pub const MAX_PROMPT_BYTES: usize = 600;
/// Sizes of the training set in the overfitting chart.
pub const SHRUNK: [u32; 5] = [8, 16, 32, 96, 288];

/// What is learned.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Subject {
    /// Was a medical visit good, bad or neither? Three classes.
    Sentiment,
    /// The span of a document that answers a question.
    Questions,
    /// A headline for a short report.
    Headlines,
    /// A file that the visitor opened: CSV (`text, label`) or JSONL (`prompt, completion`).
    Own,
}

impl Subject {
    pub const ALL: [Subject; 4] = [Subject::Sentiment, Subject::Questions, Subject::Headlines, Subject::Own];
}

/// The language of the little world's tasks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tongue {
    Spanish,
    English,
}

/// Which data a training sees.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DataSettings {
    pub subject: Subject,
    pub tongue: Tongue,
    /// Training examples.
    pub examples: u32,
    /// Held-out test examples.
    pub tested: u32,
    /// Name of the visitor's file, for [`Subject::Own`].
    pub file: String,
}

/// How a training goes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrainSettings {
    pub optimizer: Optimizer,
    /// The highest learning rate; 0 takes each method's usual one ([`Method::usual_rate`]).
    pub rate: f64,
    pub schedule: Schedule,
    /// Part of the steps in which the rate rises, in per cent.
    pub warmup_percent: f32,
    pub weight_decay: f32,
    /// Gradients longer than this are scaled down; 0 leaves them.
    pub clip: f32,
    pub steps: u32,
    /// Examples that go through the model together.
    pub batch: u32,
    /// Batches a step.
    pub accumulate: u32,
    /// Looks at validation data without a better loss after which training ends; 0 never ends early.
    pub patience: u32,
    /// Learns the answer alone; otherwise the prompt too.
    pub mask_prompt: bool,
    /// Frozen matrices in f16; inputs of products and gradients rounded to f16, but computed and kept in f32; masters in f32 and a
    /// scaled loss.
    pub mixed_precision: bool,
    /// Keeps the input of each layer alone and computes the rest again in the backward pass.
    pub checkpointing: bool,
}

/// The whole state of the lab; what a share link carries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    pub methods: Vec<Method>,
    pub data: DataSettings,
    pub train: TrainSettings,
    pub peft: PeftSettings,
    /// The first seed: of the added matrices, of the order of the examples and of dropout.
    pub seed: u32,
    /// Trainings of each method, with seeds one after the other.
    pub seeds: u32,
}

/// What the engine can be asked; one variant of `labs::Command` wraps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// The data and what each method would train, without training: tables [`tables::BASE`], [`tables::DATA`],
    /// [`tables::PREVIEW`], [`tables::METHODS`].
    Look { config: Config },
    /// Every method with every seed, one after the other: all tables and series.
    Train { config: Config },
    /// Each method with less and less data: table [`tables::SHRINK`], which grows.
    Shrink { config: Config },
    /// Continues a prompt with the base and with each kept training, one token each in turn: table [`tables::WRITTEN`],
    /// which grows. The adapters are swapped on one base.
    Write { prompt: String, runs: Vec<String>, tokens: u32 },
    /// Which trainings are kept: table [`tables::KEPT`].
    Kept,
    /// Gives a kept training another name. Answers as [`Task::Kept`].
    Rename { run: String, name: String },
    /// Forgets a kept training. Answers as [`Task::Kept`].
    Forget { run: String },
    /// Sends a kept training as files (`Event::File`).
    Export { run: String, what: Export },
    /// Reads a PEFT folder of files that the visitor opened and keeps it as a training. Answers as [`Task::Kept`].
    Import { files: Vec<String> },
}

/// What a kept training is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Export {
    /// `adapter_config.json` and `adapter_model.safetensors` in a zip file, as Hugging Face's `peft` reads them.
    Peft,
    /// `model.safetensors` of the whole model with the update merged into it.
    Merged,
    /// A notebook that trains the same with `transformers` and `peft`.
    Notebook,
}

/// Names of the tables that a run emits.
pub mod tables {
    /// One row: `parameters, layers, channels, vocabulary, bytes`.
    pub const BASE: &str = "base";
    /// `split, examples, prompt_tokens, answer_tokens, longest`: means and the longest example in tokens; `split` is `train`,
    /// `validation` or `test`.
    pub const DATA: &str = "data";
    /// `split, prompt, answer`: a few examples of each split.
    pub const PREVIEW: &str = "preview";
    /// `method, trainable, percent`: what each method of the configuration trains.
    pub const METHODS: &str = "methods";
    /// One row a finished training, of [`RESULTS_COLUMNS`].
    pub const RESULTS: &str = "results";
    /// `accuracy` and `train_accuracy` are shares of answers that are right as a whole, `token_accuracy` is that of the test
    /// answers' tokens, each given the right ones before it; `forgot_*` are perplexities on held-out
    /// text of the pretraining kind; `step_millis` is the median, `kept` is 0 where the browser gave no storage.
    pub const RESULTS_COLUMNS: [&str; 19] = [
        "run",
        "method",
        "seed",
        "trainable",
        "percent",
        "accuracy",
        "train_accuracy",
        "token_accuracy",
        "tested",
        "loss",
        "step_millis",
        "train_millis",
        "measure_millis",
        "peak_bytes",
        "saved_bytes",
        "forgot_before",
        "forgot_after",
        "steps",
        "kept",
    ];
    /// `kind, accuracy, loss`: what the base says without training (`base`), and what always giving the commonest
    /// answer of the training data would reach (`majority`).
    pub const BASELINE: &str = "baseline";
    /// One row a training: `method, seed, weights, trained, gradients, optimizer, activations, workspace, peak` in bytes, from
    /// what was allocated in its steps. `weights` are the frozen ones; `trained` the parameters being trained.
    pub const LEDGER: &str = "ledger";
    /// `method, seed, prompt, expected, answer, right`: a few test examples after the training.
    pub const ANSWERS: &str = "answers";
    /// `method, seed, step, layer, target, index, value, share`: the largest singular values of `Delta W`, and the share of
    /// its square sum that they and those before them hold. Of the matrices `q`, `v` and `down`, of full fine-tuning and LoRA;
    /// it grows as the first seed's trainings go on, and by the end of each other one. LoRA has as many values as its rank.
    pub const SPECTRUM: &str = "spectrum";
    /// `layer, target, full_rank, lora_rank, overlap`: the overlap of the subspaces of the first singular vectors of full
    /// fine-tuning's and LoRA's changes (Hu et al. 2021, section 7.2), where both were trained with one seed. No rank is larger
    /// than the change's own.
    pub const OVERLAP: &str = "overlap";
    /// `method, examples, train_accuracy, test_accuracy, train_loss, test_loss`.
    pub const SHRINK: &str = "shrink";
    /// `run, text, tokens, millis`; `run` is empty for the base.
    pub const WRITTEN: &str = "written";
    /// `run, name, method, seed, subject, accuracy, saved_bytes, made`: `made` in milliseconds since 1970.
    pub const KEPT: &str = "kept";
    /// One row where a comparison was interrupted, none otherwise: `config, done, all`; `config` as JSON, trainings that were
    /// over and all of them. Sent with [`KEPT`]; [`super::Task::Train`] with that configuration goes on with it.
    pub const UNFINISHED: &str = "unfinished";
}

/// Names of the series that a run emits.
pub mod series {
    use crate::math::peft::Method;

    /// `[step, loss of the batch]`
    pub fn loss(method: Method, seed: u32) -> String {
        format!("loss.{}.{seed}", method.word())
    }
    /// `[step, loss on validation data]`
    pub fn validation(method: Method, seed: u32) -> String {
        format!("validation.{}.{seed}", method.word())
    }
    /// `[step, share of right answers on validation data]`
    pub fn accuracy(method: Method, seed: u32) -> String {
        format!("accuracy.{}.{seed}", method.word())
    }
    /// `[step, bytes in use at the end of the forward pass]`, step and parts of it: 0 before, 1/3 after forward, 2/3 after
    /// backward.
    pub fn memory(method: Method, seed: u32) -> String {
        format!("memory.{}.{seed}", method.word())
    }
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
    /// [`LabError::OutOfRange`] or [`LabError::Unknown`] naming the first field that is off.
    pub fn checked(self) -> Result<Checked, LabError> {
        let (train, peft, data) = (&self.train, &self.peft, &self.data);
        let whole = |field: &str, got: u32, min: u32, max: u32| in_range(field, got.into(), min.into(), max.into());
        in_range("methods", self.methods.len() as f64, 1.0, Method::ALL.len() as f64)?;
        if let Some(twice) = self.methods.iter().enumerate().find(|(i, m)| self.methods[..*i].contains(m)) {
            return Err(LabError::Unknown { field: "methods".into(), got: twice.1.word().into() });
        }
        whole("seeds", self.seeds, 1, 5)?;
        whole("examples", data.examples, 4, MAX_EXAMPLES)?;
        whole("tested", data.tested, 6, MAX_TESTED)?;
        if data.subject == Subject::Own && data.file.is_empty() {
            return Err(LabError::FileGone { source: String::new() });
        }
        in_range("rate", train.rate, 0.0, 10.0)?;
        in_range("warmup_percent", train.warmup_percent.into(), 0.0, 100.0)?;
        in_range("weight_decay", train.weight_decay.into(), 0.0, 1.0)?;
        in_range("clip", train.clip.into(), 0.0, 100.0)?;
        whole("steps", train.steps, 1, MAX_STEPS)?;
        whole("batch", train.batch, 1, 64)?;
        whole("accumulate", train.accumulate, 1, 16)?;
        whole("patience", train.patience, 0, 20)?;
        whole("rank", peft.lora.rank, 1, 128)?;
        in_range("alpha", peft.lora.alpha.into(), 0.1, 512.0)?;
        in_range("dropout", peft.lora.dropout.into(), 0.0, 0.9)?;
        in_range("targets", peft.lora.targets.len() as f64, 1.0, 7.0)?;
        if !peft.lora.targets.windows(2).all(|pair| pair[0] < pair[1]) {
            return Err(LabError::Unknown { field: "targets".into(), got: "order".into() });
        }
        whole("bottleneck", peft.adapter.bottleneck, 1, 256)?;
        whole("prompt_tokens", peft.prompt.tokens, 1, 64)?;
        in_range("prompt_text", peft.prompt.text.len() as f64, 0.0, 300.0)?;
        whole("prefix_tokens", peft.prefix.tokens, 1, 64)?;
        whole("prefix_hidden", peft.prefix.hidden, 1, 512)?;
        Ok(Checked(self))
    }

    /// The highest learning rate of a method.
    pub fn rate_of(&self, method: Method) -> f64 {
        if self.train.rate > 0.0 { self.train.rate } else { method.usual_rate() }
    }
}

impl Default for TrainSettings {
    fn default() -> TrainSettings {
        TrainSettings {
            optimizer: Optimizer::AdamW,
            rate: 0.0,
            schedule: Schedule::Cosine,
            warmup_percent: 10.0,
            weight_decay: 0.0,
            clip: 1.0,
            steps: 120,
            batch: 4,
            accumulate: 1,
            patience: 0,
            mask_prompt: true,
            mixed_precision: false,
            checkpointing: false,
        }
    }
}

impl Default for Config {
    /// A good start: the lecture's six methods on reviews of medical visits, one seed.
    fn default() -> Config {
        Config {
            methods: Method::SIX.to_vec(),
            data: DataSettings {
                subject: Subject::Sentiment,
                tongue: Tongue::Spanish,
                examples: 288,
                tested: 96,
                file: String::new(),
            },
            train: TrainSettings::default(),
            peft: PeftSettings::default(),
            seed: 1,
            seeds: 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_base_is_the_model_that_ships() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/www/models/afina-small/config.json");
        let config: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
        let side = |key: &str| config[key].as_u64().unwrap() as usize;
        let shipped = ModelShape {
            vocabulary: side("vocab_size"),
            channels: side("hidden_size"),
            inner: side("intermediate_size"),
            layers: side("num_hidden_layers"),
            heads: side("num_attention_heads"),
            key_heads: side("num_key_value_heads"),
            head_dim: side("head_dim"),
            tied: config["tie_word_embeddings"].as_bool().unwrap(),
        };
        assert_eq!(BASE, shipped);
    }

    #[test]
    fn what_is_off_is_named() {
        assert!(Config::default().checked().is_ok());
        let with = |change: &dyn Fn(&mut Config)| {
            let mut config = Config::default();
            change(&mut config);
            config.checked().expect_err("out of bounds").to_string()
        };
        assert!(with(&|c| c.methods.clear()).contains("methods"));
        assert!(with(&|c| c.methods.push(Method::Lora)).contains("methods"));
        assert!(with(&|c| c.train.steps = 0).contains("steps"));
        assert!(with(&|c| c.peft.lora.rank = 0).contains("rank"));
        assert!(with(&|c| c.peft.lora.targets.reverse()).contains("targets"));
        assert!(with(&|c| c.train.rate = f64::NAN).contains("rate"));
        assert!(with(&|c| c.seeds = 9).contains("seeds"));
    }
}
