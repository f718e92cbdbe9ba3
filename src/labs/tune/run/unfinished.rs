//! A comparison that is not over: kept every few steps, so that a reload or a lost device costs no more than those.
//!
//! A line of JSON ([`Unfinished`]), and after it parameters and moments of the training going on as little-endian f32.

use serde::{Deserialize, Serialize};

use crate::labs::Ctx;
use crate::labs::tune::{Config, series};
use crate::math::Moments;
use crate::math::peft::Method;
use crate::nets::Saved;
use crate::nets::peft::Learner;
use crate::protocol::{LabError, Table};

/// What it is kept under; there is one at a time.
const NAME: &str = "tune/unfinished";
/// Steps between two times that it is kept: what is lost at most.
pub(super) const KEPT_EVERY: u32 = 25;

/// The curves of a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Curves {
    pub method: Method,
    pub seed: u32,
    pub loss: Vec<[f64; 2]>,
    pub validation: Vec<[f64; 2]>,
    pub accuracy: Vec<[f64; 2]>,
    pub memory: Vec<[f64; 2]>,
}

impl Curves {
    /// Curves without points.
    pub fn new(method: Method, seed: u32) -> Curves {
        let (loss, validation, accuracy, memory) = (vec![], vec![], vec![], vec![]);
        Curves { method, seed, loss, validation, accuracy, memory }
    }

    /// Draws all points.
    pub fn tell(&self, ctx: &Ctx) {
        let (method, seed) = (self.method, self.seed);
        ctx.points(&series::loss(method, seed), self.loss.clone());
        ctx.points(&series::validation(method, seed), self.validation.clone());
        ctx.points(&series::accuracy(method, seed), self.accuracy.clone());
        ctx.points(&series::memory(method, seed), self.memory.clone());
    }
}

/// A training in the middle.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Going {
    pub curves: Curves,
    /// What each step took, in milliseconds.
    pub took: Vec<f64>,
    /// The best validation loss so far, and looks since then.
    pub best: f64,
    pub worse: u32,
    /// What f16 gradients are enlarged by, and usable steps since that changed.
    pub loss_scale: f32,
    pub usable: u32,
}

/// A comparison in the middle.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Unfinished {
    pub config: Config,
    /// Trainings that are over.
    pub done: usize,
    pub tables: Vec<Table>,
    pub finished: Vec<Curves>,
    /// The base's perplexity on text of the pretraining kind.
    pub before: f64,
    pub going: Option<Going>,
    /// Steps of the training going on, and how many numbers it trains.
    steps: u32,
    count: usize,
}

impl Unfinished {
    /// A comparison that has only begun.
    pub fn new(config: &Config, before: f64, tables: Vec<Table>) -> Unfinished {
        let config = config.clone();
        Unfinished { config, done: 0, tables, finished: vec![], before, going: None, steps: 0, count: 0 }
    }

    /// Keeps it, with a training in the middle. Where nothing can be kept the training goes on all the same.
    ///
    /// # Errors
    /// Those of reading the device.
    pub async fn keep(&mut self, going: &Going, learner: &Learner, ctx: &Ctx) -> Result<(), LabError> {
        let Saved { steps, state } = learner.trained.export().await?;
        (self.steps, self.count, self.going) = (steps, state.p.len(), Some(going.clone()));
        let mut bytes = serde_json::to_vec(self).expect("plain data always serialises");
        bytes.push(b'\n');
        for part in [&state.p, &state.m, &state.v] {
            bytes.extend(part.iter().flat_map(|v| (*v as f32).to_le_bytes()));
        }
        let _ = ctx.host.keep(NAME, &bytes).await;
        Ok(())
    }

    /// What was kept of a comparison with the very same configuration; anything else, or anything broken, is as good as
    /// nothing.
    pub async fn read(config: &Config, ctx: &Ctx) -> Option<(Unfinished, Option<Saved>)> {
        let bytes = ctx.host.kept(NAME).await.ok()??;
        let (unfinished, saved) = Unfinished::from_bytes(&bytes)?;
        (unfinished.config == *config).then_some((unfinished, saved))
    }

    /// The configuration of what was kept, and how many trainings are over.
    pub async fn pending(ctx: &Ctx) -> Option<(Config, usize)> {
        let bytes = ctx.host.kept(NAME).await.ok()??;
        let (unfinished, _) = Unfinished::from_bytes(&bytes)?;
        Some((unfinished.config, unfinished.done))
    }

    fn from_bytes(bytes: &[u8]) -> Option<(Unfinished, Option<Saved>)> {
        let end = bytes.iter().position(|b| *b == b'\n')?;
        let unfinished: Unfinished = serde_json::from_slice(&bytes[..end]).ok()?;
        let (words, rest) = bytes[end + 1..].as_chunks::<4>();
        if !rest.is_empty() || Some(words.len()) != unfinished.count.checked_mul(3) {
            return None;
        }
        let values: Vec<f64> = words.iter().map(|word| f64::from(f32::from_le_bytes(*word))).collect();
        let part = |at: usize| values[at * unfinished.count..][..unfinished.count].to_vec();
        let state = Moments { p: part(0), m: part(1), v: part(2) };
        let saved = unfinished.going.is_some().then_some(Saved { steps: unfinished.steps, state });
        Some((unfinished, saved))
    }

    /// Forgets what was kept: the comparison is over.
    pub async fn forget(ctx: &Ctx) {
        // What cannot be forgotten now is overwritten by the next comparison.
        let _ = ctx.host.erase(NAME).await;
    }
}
