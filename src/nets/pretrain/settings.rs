//! What is asked for at the terminal.

use std::path::PathBuf;

use crate::data::llama::LlamaConfig;

use super::Failure;

/// Where to train.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wish {
    /// A real GPU if there is one, else the processor.
    Auto,
    Cpu,
    Gpu,
}

/// A pretraining run.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The model folder; holds `tokenizer.json` already.
    pub out: PathBuf,
    /// What an interrupted run goes on from.
    pub state: PathBuf,
    pub resume: bool,
    pub config: LlamaConfig,
    /// Of the weights and of the world.
    pub seed: u32,
    pub steps: u32,
    /// Ends earlier, as if interrupted.
    pub stop_after: Option<u32>,
    /// Sequences a step.
    pub batch: usize,
    /// Tokens a sequence.
    pub context: usize,
    /// The highest learning rate.
    pub rate: f64,
    pub device: Wish,
    /// Steps between two lines of progress.
    pub say_every: u32,
    /// Sequences that a perplexity is measured on.
    pub measured: usize,
}

/// The model that ships: 1.44 million parameters.
pub fn shipped() -> LlamaConfig {
    LlamaConfig {
        vocabulary: crate::data::tokenizer::VOCABULARY,
        channels: 128,
        inner: 384,
        layers: 6,
        heads: 4,
        key_heads: 2,
        head_dim: 32,
        context: 256,
        epsilon: 1e-5,
        rope_base: 10_000.0,
        tied: true,
        begin_token: Some(0),
        end_token: Some(0),
    }
}

impl Default for Settings {
    fn default() -> Settings {
        Settings {
            out: "www/models/afina-small".into(),
            state: "target/pretrain/state.bin".into(),
            resume: false,
            config: shipped(),
            seed: 1,
            steps: 2400,
            stop_after: None,
            batch: 8,
            context: 256,
            rate: 3e-3,
            device: Wish::Auto,
            say_every: 10,
            measured: 32,
        }
    }
}

const USAGE: &str = "pretrain [--out FOLDER] [--state FILE] [--resume] [--config FILE] [--seed N] [--steps N] \
                     [--stop-after N] [--batch N] [--context N] [--rate X] [--device auto|cpu|gpu] [--measured N]";

impl Settings {
    /// Reads the arguments after the program's name.
    ///
    /// # Errors
    /// A sentence for an option that does not exist or has no sense.
    pub fn from_arguments(given: &[String]) -> Result<Settings, Failure> {
        let mut settings = Settings::default();
        let mut given = given.iter();
        while let Some(name) = given.next() {
            if name == "--resume" {
                settings.resume = true;
                continue;
            }
            let value = given.next().ok_or_else(|| format!("{name}: {USAGE}"))?;
            let wrong = |e: &dyn std::fmt::Display| format!("{name} {value}: {e}; {USAGE}");
            let whole = || {
                value
                    .parse::<u32>()
                    .map_err(|e| wrong(&e))
                    .and_then(|n| if n > 0 { Ok(n) } else { Err(wrong(&"not 0")) })
            };
            match name.as_str() {
                "--out" => settings.out = value.into(),
                "--state" => settings.state = value.into(),
                "--config" => {
                    let bytes = std::fs::read(value).map_err(|e| wrong(&e))?;
                    settings.config = LlamaConfig::read(value, &bytes)?;
                }
                "--seed" => settings.seed = value.parse().map_err(|e| wrong(&e))?,
                "--steps" => settings.steps = whole()?,
                "--stop-after" => settings.stop_after = Some(whole()?),
                "--batch" => settings.batch = whole()? as usize,
                "--context" => settings.context = whole()? as usize,
                "--measured" => settings.measured = whole()? as usize,
                "--rate" => settings.rate = value.parse().map_err(|e| wrong(&e))?,
                "--device" => {
                    settings.device = match value.as_str() {
                        "auto" => Wish::Auto,
                        "cpu" => Wish::Cpu,
                        "gpu" => Wish::Gpu,
                        _ => return Err(wrong(&"auto, cpu or gpu").into()),
                    }
                }
                _ => return Err(format!("{name}: {USAGE}").into()),
            }
        }
        Ok(settings)
    }

    /// Tokens that a step learns from.
    pub fn step_tokens(&self) -> usize {
        self.batch * self.context
    }

    /// Where this run ends.
    pub fn last_step(&self) -> u32 {
        self.stop_after.map_or(self.steps, |last| last.min(self.steps))
    }
}
