//! The same training with less and less data: what was learned by heart is not what was understood.

use super::Loaded;
use super::measure::{answer, samples};
use super::train::Course;
use crate::labs::Ctx;
use crate::labs::tune::{Config, SHRUNK, tables};
use crate::protocol::{LabError, Table, numbers};

/// Training examples that are answered afterwards.
const ANSWERED: usize = 48;

impl Loaded {
    /// Each method with each size of the training set; the table grows.
    pub(super) async fn shrink(&self, config: &Config, ctx: &Ctx) -> Result<(), LabError> {
        let data = self.data(config, ctx).await?;
        let columns = ["method", "examples", "train_accuracy", "test_accuracy", "train_loss", "test_loss"];
        let mut table = Table::new(tables::SHRINK, &columns);
        let sizes: Vec<usize> =
            SHRUNK.iter().map(|size| *size as usize).filter(|size| *size <= data.train.len()).collect();
        let steps = u64::from(config.train.steps);
        let all = (sizes.len() * config.methods.len()) as u64 * steps;
        let mut before = 0;
        for method in &config.methods {
            for size in &sizes {
                let some = data.shrunk(*size);
                let course = Course {
                    method: *method,
                    seed: config.seed,
                    steps_before: before,
                    steps_of_all: all,
                    unfinished: None,
                    resumed: None,
                };
                let trained = self.train(config, course, &some, ctx).await?;
                before += steps;
                let leaves = trained.learner.plain_leaves()?;
                let known = &some.train[..some.train.len().min(ANSWERED)];
                let known = answer(&trained.learner, &leaves, &samples(known), true, ctx).await?;
                let test = answer(&trained.learner, &leaves, &samples(&some.test), true, ctx).await?;
                let mut row = vec![method.word().into()];
                let measured = [*size as f64, known.accuracy(), test.accuracy(), known.loss(), test.loss()];
                row.extend(numbers(&measured));
                table.rows.push(row);
                ctx.table(table.clone());
            }
        }
        Ok(())
    }
}
