//! Answers on data that was not trained on, and what was forgotten.

use super::data::Example;
use crate::labs::Ctx;
use crate::nets::peft::{Batch, Learner, Leaves, Sample, Scored, score};
use crate::protocol::LabError;

/// Examples that are answered together.
const TOGETHER: usize = 4;
/// Lengths are rounded up to this many tokens on the processor, and on the device, where each new shape costs.
pub(super) const MULTIPLES: [usize; 2] = [8, 32];

/// What a set of examples was answered with.
#[derive(Clone, Debug, Default)]
pub(super) struct Answers {
    loss: f64,
    places: usize,
    right_places: usize,
    pub right: Vec<bool>,
    pub said: Vec<Vec<u32>>,
}

impl Answers {
    /// The mean loss in nats a token.
    pub fn loss(&self) -> f64 {
        self.loss / self.places.max(1) as f64
    }

    /// The share of examples whose whole answer is right.
    pub fn accuracy(&self) -> f64 {
        self.right.iter().filter(|right| **right).count() as f64 / self.right.len().max(1) as f64
    }

    /// The share of answers' tokens that are the likeliest where the right ones stand before them.
    pub fn token_accuracy(&self) -> f64 {
        self.right_places as f64 / self.places.max(1) as f64
    }

    fn take(&mut self, scored: Scored) {
        self.loss += scored.loss;
        self.places += scored.places;
        self.right_places += scored.right_places;
        self.right.extend(scored.right);
        self.said.extend(scored.said);
    }
}

/// The length that batches are rounded up to.
pub(super) fn multiple(ctx: &Ctx) -> usize {
    MULTIPLES[usize::from(ctx.device.gpu().is_some())]
}

/// Answers samples in their order; shorter batches where few are long.
///
/// # Errors
/// Those of the graph; [`LabError::Stopped`].
pub(super) async fn answer(
    learner: &Learner,
    leaves: &Leaves,
    samples: &[&Sample],
    mask: bool,
    ctx: &Ctx,
) -> Result<Answers, LabError> {
    let mut out = Answers::default();
    for some in samples.chunks(TOGETHER) {
        let batch = Batch::of(some, mask, multiple(ctx))?;
        out.take(score(learner, leaves, &batch, async || ctx.checkpoint().await).await?);
    }
    Ok(out)
}

/// The samples of examples.
pub(super) fn samples(examples: &[Example]) -> Vec<&Sample> {
    examples.iter().map(|example| &example.sample).collect()
}
