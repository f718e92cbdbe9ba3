//! A comparison that is not over: kept every few steps, so that a reload or a lost device costs no more than those.
//!
//! A line of JSON ([`Unfinished`]), after it parameters and moments of the training going on as little-endian f32, as they are
//! computed with, and a checksum of all that. It is kept under one name and in one piece, so that no two comparisons can mix:
//! of two tabs that train, the one that kept last can be resumed, and the other's end leaves it there.

use serde::{Deserialize, Serialize};

use super::shown::Shown;
use super::spectrum::Microscope;
use crate::labs::Ctx;
use crate::labs::tune::{Config, series, tables};
use crate::math::peft::Method;
use crate::math::{Moments, hash_u32};
use crate::nets::Saved;
use crate::nets::peft::Learner;
use crate::protocol::{LabError, exact};

/// What it is kept under; there is one at a time.
const NAME: &str = "tune/unfinished";
/// Steps between two times that it is kept: what is lost at most.
pub(super) const KEPT_EVERY: u32 = 25;

/// The curves of a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Curves {
    pub method: Method,
    pub seed: u32,
    #[serde(with = "exact")]
    pub loss: Vec<[f64; 2]>,
    #[serde(with = "exact")]
    pub validation: Vec<[f64; 2]>,
    #[serde(with = "exact")]
    pub accuracy: Vec<[f64; 2]>,
    #[serde(with = "exact")]
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
    #[serde(with = "exact")]
    pub took: Vec<f64>,
    /// The best validation loss so far, infinite before the first look, and looks since then.
    #[serde(with = "exact")]
    pub best: f64,
    pub worse: u32,
    /// What f16 gradients are enlarged by, and usable steps since that changed.
    pub loss_scale: f32,
    pub usable: u32,
}

/// A comparison in the middle.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Unfinished {
    config: Config,
    /// Of the base and the examples; others would not go on with the same training.
    stamp: u32,
    /// When it was begun, in milliseconds since 1970; what its trainings are named by.
    #[serde(with = "exact")]
    pub begun: f64,
    /// Trainings that are over, and all of them.
    pub done: usize,
    all: usize,
    pub shown: Shown,
    pub microscope: Microscope,
    pub finished: Vec<Curves>,
    /// The base's perplexity on text of the pretraining kind.
    #[serde(with = "exact")]
    pub before: f64,
    pub going: Option<Going>,
    /// Steps of the training going on, and how many numbers it trains.
    steps: u32,
    count: usize,
}

/// What a comparison goes on from.
pub(super) type Resumed = (Unfinished, Option<Saved>);

/// Whether two configurations ask the same. A learning rate loses its last bits on its way through JSON, to the page and back.
fn ask_the_same(one: &Config, other: &Config) -> bool {
    let mut one = one.clone();
    let (a, b) = (&mut one.train.rate, other.train.rate);
    if (*a - b).abs() <= 8.0 * f64::EPSILON * b {
        *a = b;
    }
    one == *other
}

/// A number that other bytes hardly have.
fn checksum(bytes: &[u8]) -> u32 {
    let (words, rest) = bytes.as_chunks::<4>();
    let sum = words.iter().fold(bytes.len() as u32, |sum, word| hash_u32(sum, u32::from_le_bytes(*word)));
    rest.iter().fold(sum, |sum, byte| hash_u32(sum, u32::from(*byte)))
}

impl Unfinished {
    /// A comparison of `all` trainings that has only begun.
    pub fn new(config: &Config, stamp: u32, all: usize, (before, shown): (f64, Shown), ctx: &Ctx) -> Unfinished {
        Unfinished {
            config: config.clone(),
            stamp,
            begun: ctx.host.today_millis(),
            done: 0,
            all,
            shown,
            microscope: Microscope::new(),
            finished: vec![],
            before,
            going: None,
            steps: 0,
            count: 0,
        }
    }

    /// Shows everything that was found so far.
    pub fn tell(&self, ctx: &Ctx) {
        self.shown.tell(ctx);
        self.microscope.tell(ctx);
        self.finished.iter().for_each(|curves| curves.tell(ctx));
    }

    /// Keeps it, with a training in the middle. Where nothing can be kept the training goes on all the same.
    ///
    /// # Errors
    /// Those of reading the device.
    pub async fn keep(&mut self, going: &Going, learner: &Learner, ctx: &Ctx) -> Result<(), LabError> {
        let Saved { steps, state } = learner.trained.export().await?;
        (self.steps, self.count, self.going) = (steps, state.p.len(), Some(going.clone()));
        self.write(&[&state.p, &state.m, &state.v], ctx).await;
        self.going = None;
        Ok(())
    }

    /// Keeps it between two trainings; after the last one it is forgotten.
    pub async fn training_over(&mut self, curves: Curves, ctx: &Ctx) {
        self.finished.push(curves);
        self.done += 1;
        (self.steps, self.count, self.going) = (0, 0, None);
        if self.done < self.all {
            self.write(&[], ctx).await;
        } else {
            self.forget(ctx).await;
        }
    }

    async fn write(&self, state: &[&Vec<f64>], ctx: &Ctx) {
        let mut bytes = serde_json::to_vec(self).expect("plain data always serialises");
        bytes.push(b'\n');
        for part in state {
            bytes.extend(part.iter().flat_map(|v| (*v as f32).to_le_bytes()));
        }
        let sum = checksum(&bytes);
        bytes.extend(sum.to_le_bytes());
        // The results are there all the same; the page says that nothing was kept.
        let _ = ctx.host.keep(NAME, &bytes).await;
    }

    /// What was kept of a comparison with the very same configuration, base and examples; anything else, or anything broken,
    /// is as good as nothing. `runs` are its trainings.
    pub async fn read(config: &Config, stamp: u32, runs: &[(Method, u32)], ctx: &Ctx) -> Option<Resumed> {
        let bytes = ctx.host.kept(NAME).await.ok()??;
        let (unfinished, state) = Unfinished::from_bytes(&bytes)?;
        // Another version of the page may fill other tables.
        let is_of_this_page = unfinished.shown.results.columns == tables::RESULTS_COLUMNS;
        let is_same = is_of_this_page && ask_the_same(&unfinished.config, config) && unfinished.stamp == stamp;
        let next = unfinished.going.as_ref().map(|going| (going.curves.method, going.curves.seed));
        let fits = unfinished.done < runs.len() && next.is_none_or(|next| next == runs[unfinished.done]);
        let saved = next.map(|_| {
            let part = |at: usize| {
                let bytes = state.chunks_exact(4 * unfinished.count.max(1)).nth(at).unwrap_or_default();
                bytes.as_chunks::<4>().0.iter().map(|word| f64::from(f32::from_le_bytes(*word))).collect()
            };
            Saved { steps: unfinished.steps, state: Moments { p: part(0), m: part(1), v: part(2) } }
        });
        (is_same && fits).then_some((unfinished, saved))
    }

    /// The configuration of what was kept, how many trainings are over, and how many there are.
    pub async fn pending(ctx: &Ctx) -> Option<(Config, usize, usize)> {
        let bytes = ctx.host.kept(NAME).await.ok()??;
        let (unfinished, _) = Unfinished::from_bytes(&bytes)?;
        Some((unfinished.config, unfinished.done, unfinished.all))
    }

    /// What [`Unfinished::write`] wrote, and the bytes of parameters and moments; nothing if a byte is not as it was.
    fn from_bytes(bytes: &[u8]) -> Option<(Unfinished, &[u8])> {
        let (bytes, sum) = bytes.split_last_chunk::<4>()?;
        if checksum(bytes) != u32::from_le_bytes(*sum) {
            return None;
        }
        let end = bytes.iter().position(|b| *b == b'\n')?;
        let unfinished: Unfinished = serde_json::from_slice(&bytes[..end]).ok()?;
        let state = &bytes[end + 1..];
        let steps = unfinished.going.as_ref().map_or(0, |going| going.took.len());
        let is_whole = Some(state.len()) == unfinished.count.checked_mul(12) && steps == unfinished.steps as usize;
        is_whole.then_some((unfinished, state))
    }

    /// Forgets what was kept, unless it is of another comparison: one that a second tab is at.
    async fn forget(&self, ctx: &Ctx) {
        if let Ok(Some(bytes)) = ctx.host.kept(NAME).await
            && Unfinished::from_bytes(&bytes).is_none_or(|(kept, _)| ask_the_same(&kept.config, &self.config))
        {
            // What cannot be forgotten now is overwritten by the next comparison.
            let _ = ctx.host.erase(NAME).await;
        }
    }
}
