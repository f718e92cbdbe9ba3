//! What a training changed, under the microscope: the singular values of `Delta W`, and how much of full fine-tuning's change
//! LoRA found too.

use super::Loaded;
use crate::labs::Ctx;
use crate::labs::tune::tables;
use crate::math::peft::{Method, Target};
use crate::math::{Svd, subspace_overlap, svd};
use crate::nets::peft::Learner;
use crate::protocol::{LabError, Table, numbers};

/// The matrices that are looked at; all seven would take as long as a training.
const LOOKED_AT: [Target; 3] = [Target::Query, Target::Value, Target::Down];
/// Singular values that are told.
const TOLD: usize = 32;
/// First singular vectors whose spans are compared.
const COMPARED: [usize; 4] = [1, 2, 4, 8];

/// The singular vectors of the changes that full fine-tuning and LoRA made, and the tables.
pub(super) struct Microscope {
    spectrum: Table,
    full: Vec<Option<Svd>>,
    lora: Vec<Option<Svd>>,
}

impl Microscope {
    /// Nothing was looked at yet.
    pub fn new() -> Microscope {
        let columns = ["method", "seed", "step", "layer", "target", "index", "value", "share"];
        Microscope { spectrum: Table::new(tables::SPECTRUM, &columns), full: vec![], lora: vec![] }
    }
}

impl Loaded {
    /// Looks at what a learner has changed by now, if it changes matrices; the tables grow.
    ///
    /// # Errors
    /// Those of reading the device; [`LabError::Stopped`].
    pub(super) async fn look_closely(
        &self,
        learner: &Learner,
        seed: u32,
        microscope: &mut Microscope,
        ctx: &Ctx,
    ) -> Result<(), LabError> {
        let kept = match learner.method {
            Method::Full => &mut microscope.full,
            Method::Lora => &mut microscope.lora,
            _ => return Ok(()),
        };
        let values = learner.trained.parameters().await?;
        let step = f64::from(learner.trained.steps());
        kept.clear();
        for layer in 0..self.base.shape.layers {
            for target in LOOKED_AT {
                ctx.checkpoint().await?;
                let Some(change) = learner.change(&values, layer, target) else {
                    kept.push(None);
                    continue;
                };
                let found = svd(&change, self.base.shape.sides(target));
                let all: f64 = found.values.iter().map(|value| value * value).sum();
                let mut sum = 0.0;
                for (index, value) in found.values.iter().take(TOLD).enumerate() {
                    sum += value * value;
                    let mut row = vec![learner.method.word().into(), f64::from(seed).into(), step.into()];
                    row.extend([(layer as f64).into(), target.module().into()]);
                    row.extend(numbers(&[index as f64, *value, sum / all]));
                    microscope.spectrum.rows.push(row);
                }
                kept.push(Some(found));
            }
        }
        ctx.table(microscope.spectrum.clone());
        if !microscope.full.is_empty() && !microscope.lora.is_empty() {
            ctx.table(overlap(microscope));
        }
        Ok(())
    }
}

/// How much the first vectors of both have in common.
fn overlap(microscope: &Microscope) -> Table {
    let mut table = Table::new(tables::OVERLAP, &["layer", "target", "full_rank", "lora_rank", "overlap"]);
    for (at, (full, lora)) in microscope.full.iter().zip(&microscope.lora).enumerate() {
        let (Some(full), Some(lora)) = (full, lora) else { continue };
        let (layer, target) = (at / LOOKED_AT.len(), LOOKED_AT[at % LOOKED_AT.len()]);
        for i in COMPARED {
            for j in COMPARED {
                let found = subspace_overlap(&full.left, &lora.left, i, j);
                let mut row = vec![(layer as f64).into(), target.module().into()];
                row.extend(numbers(&[i as f64, j as f64, found]));
                table.rows.push(row);
            }
        }
    }
    table
}
