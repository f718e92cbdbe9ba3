//! What a training changed, under the microscope: the singular values of `Delta W`, and how much of full fine-tuning's change
//! LoRA found too.
//!
//! While a training goes on there is a look at each look at validation data, with values alone, of the comparison's first
//! seed; after each training there is one that gives vectors too. Both go through the eigenvalues of `Delta W Delta W^T`, and
//! LoRA's through its factors: of the model that ships a look takes 60 ms with full fine-tuning and 1 ms with LoRA of rank 8
//! where a step takes 260 and 130 ms, so that six looks in 120 steps are 1 % of a training. (Jacobi's rotations, exact to the
//! last value, would take 1 s.) None of it counts as a step's time.

use serde::{Deserialize, Serialize};

use super::Loaded;
use crate::labs::Ctx;
use crate::labs::tune::tables;
use crate::math::peft::{Method, Target};
use crate::math::{Leading, leading, leading_of_product, subspace_overlap};
use crate::nets::peft::Learner;
use crate::protocol::{LabError, Table, exact, numbers};

/// The matrices that are looked at: a square one, the smallest and the largest.
const LOOKED_AT: [Target; 3] = [Target::Query, Target::Value, Target::Down];
/// Singular values that are told.
const TOLD: usize = 32;
/// First singular vectors whose spans are compared.
const COMPARED: [usize; 4] = [1, 2, 4, 8];

/// The first singular vectors of a training's changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Directions {
    seed: u32,
    /// Of each matrix that is looked at, a layer after the other; none where it was left as it is.
    #[serde(with = "exact")]
    left: Vec<Vec<Vec<f64>>>,
}

/// What was found so far.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Microscope {
    #[serde(with = "exact")]
    spectrum: Table,
    #[serde(with = "exact")]
    overlap: Table,
    full: Option<Directions>,
    lora: Option<Directions>,
}

impl Microscope {
    /// Nothing was looked at yet.
    pub fn new() -> Microscope {
        let columns = ["method", "seed", "step", "layer", "target", "index", "value", "share"];
        let spectrum = Table::new(tables::SPECTRUM, &columns);
        let columns = ["layer", "target", "full_rank", "lora_rank", "overlap"];
        Microscope { spectrum, overlap: Table::new(tables::OVERLAP, &columns), full: None, lora: None }
    }

    /// Sends the tables, where there is something in them.
    pub fn tell(&self, ctx: &Ctx) {
        let tables = [&self.spectrum, &self.overlap].into_iter().filter(|table| !table.rows.is_empty());
        tables.for_each(|table| ctx.table(table.clone()));
    }

    /// How much the first vectors of both methods have in common, where both were trained with the same seed.
    fn compare(&mut self) {
        let (Some(full), Some(lora)) = (&self.full, &self.lora) else { return };
        if full.seed != lora.seed {
            return;
        }
        self.overlap.rows.clear();
        for (at, (full, lora)) in full.left.iter().zip(&lora.left).enumerate() {
            let (layer, target) = (at / LOOKED_AT.len(), LOOKED_AT[at % LOOKED_AT.len()]);
            for i in COMPARED.into_iter().filter(|i| *i <= full.len()) {
                for j in COMPARED.into_iter().filter(|j| *j <= lora.len()) {
                    let mut row = vec![(layer as f64).into(), target.module().into()];
                    row.extend(numbers(&[i as f64, j as f64, subspace_overlap(full, lora, i, j)]));
                    self.overlap.rows.push(row);
                }
            }
        }
    }
}

/// The singular values of a matrix's change; nothing where the method leaves it as it is.
fn spectrum_of(
    learner: &Learner,
    values: &[Vec<f32>],
    (layer, target): (usize, Target),
    vectors: usize,
) -> Option<Leading> {
    let (rows, cols) = learner.base.shape.sides(target);
    if let Some((b, a, scale)) = learner.factors(values, layer, target) {
        let rank = b.len() / rows;
        // Beyond that the factors are more work than their product.
        if 2 * rank <= rows {
            return Some(leading_of_product(b, a, (rows, rank, cols), scale, vectors));
        }
    }
    Some(leading(&learner.change(values, layer, target)?, (rows, cols), vectors))
}

impl Loaded {
    /// Looks at what a learner has changed by now, if it changes matrices; the tables grow. Vectors are found when the
    /// training `is_over`.
    ///
    /// # Errors
    /// Those of reading the device; [`LabError::Stopped`].
    pub(super) async fn look_closely(
        &self,
        learner: &Learner,
        seed: u32,
        is_over: bool,
        microscope: &mut Microscope,
        ctx: &Ctx,
    ) -> Result<(), LabError> {
        if !matches!(learner.method, Method::Full | Method::Lora) {
            return Ok(());
        }
        let values = learner.trained.parameters().await?;
        let step = f64::from(learner.trained.steps());
        let vectors = if is_over { COMPARED[COMPARED.len() - 1] } else { 0 };
        let mut left = Vec::new();
        for layer in 0..self.base.shape.layers {
            for target in LOOKED_AT {
                ctx.checkpoint().await?;
                let Some(found) = spectrum_of(learner, &values, (layer, target), vectors) else {
                    left.push(Vec::new());
                    continue;
                };
                let all: f64 = found.values.iter().map(|value| value * value).sum();
                let mut sum = 0.0;
                for (index, value) in found.values.iter().take(TOLD).enumerate() {
                    sum += value * value;
                    let mut row = vec![learner.method.word().into(), f64::from(seed).into(), step.into()];
                    row.extend([(layer as f64).into(), target.module().into()]);
                    row.extend(numbers(&[index as f64, *value, sum / all]));
                    microscope.spectrum.rows.push(row);
                }
                left.push(found.left);
            }
        }
        if is_over {
            let found = Some(Directions { seed, left });
            match learner.method {
                Method::Full => microscope.full = found,
                _ => microscope.lora = found,
            }
            microscope.compare();
        }
        microscope.tell(ctx);
        Ok(())
    }
}
