//! Every method with every seed.

use super::Loaded;
use super::data::{Data, Example};
use super::kept::{About, KeptRun};
use super::measure::{Answers, answer, samples};
use super::shown::Shown;
use super::train::{Course, Trained, has_classes};
use super::unfinished::Unfinished;
use crate::labs::Ctx;
use crate::labs::tune::{Config, tables};
use crate::math::hash_u32;
use crate::math::peft::Method;
use crate::nets::peft::{Learner, Leaves, Sample};
use crate::protocol::{Cell, LabError, Table, numbers};

/// Training examples that are answered after the training, to see how far test data is from them.
const TRAIN_ANSWERED: usize = 48;
/// Answers of each training that are shown.
const SHOWN: usize = 6;

impl Loaded {
    /// Trains every method with every seed. One that was interrupted goes on where it was last kept.
    pub(super) async fn compare(&self, config: &Config, ctx: &Ctx) -> Result<(), LabError> {
        let data = self.data(config, ctx).await?;
        self.tell_data(&data, config, ctx);
        let runs: Vec<(Method, u32)> = (0..config.seeds)
            .flat_map(|i| config.methods.iter().map(move |m| (*m, config.seed.wrapping_add(i))))
            .collect();
        let stamp = self.stamp(&data);
        let (mut unfinished, mut saved) = match Unfinished::read(config, stamp, &runs, ctx).await {
            Some(resumed) => resumed,
            None => {
                let found = self.baseline(config, &data, ctx).await?;
                (Unfinished::new(config, stamp, runs.len(), found, ctx), None)
            }
        };
        unfinished.tell(ctx);
        let each = u64::from(config.train.steps);
        for (at, (method, seed)) in runs.iter().copied().enumerate().skip(unfinished.done) {
            let course = Course {
                method,
                seed,
                steps_before: at as u64 * each,
                steps_of_all: runs.len() as u64 * each,
                resumed: unfinished.going.take().zip(saved.take()),
                unfinished: Some(&mut unfinished),
            };
            let trained = self.train(config, course, &data, ctx).await?;
            self.judge(config, &trained, &data, &mut unfinished, ctx).await?;
            self.look_closely(&trained.learner, seed, true, &mut unfinished.microscope, ctx).await?;
            unfinished.training_over(trained.curves, ctx).await;
        }
        Ok(())
    }

    /// A number that another base or other examples hardly have.
    fn stamp(&self, data: &Data) -> u32 {
        let weights = self.base.checkpoint.tensors().iter().flatten().map(|weight| weight.to_bits());
        let splits = [&data.train, &data.validation, &data.test].into_iter().flatten();
        let numbers = splits.flat_map(|example| {
            let Sample { ids, answer } = &example.sample;
            [ids.len() as u32, *answer as u32].into_iter().chain(ids.iter().copied())
        });
        weights.chain(numbers).fold(0, hash_u32)
    }

    /// What the base says, and what always giving the commonest answer reaches, as the first of the tables. Gives the base's
    /// perplexity on text of the pretraining kind too.
    async fn baseline(&self, config: &Config, data: &Data, ctx: &Ctx) -> Result<(f64, Shown), LabError> {
        let base = Learner::new(&self.base, Method::Lora, &config.peft, 0, &[])?;
        let leaves = base.plain_leaves()?;
        let answers = answer(&base, &leaves, &samples(&data.test), true, ctx).await?;
        let mut table = Table::new(tables::BASELINE, &["kind", "accuracy", "loss"]);
        let mut row = vec!["base".into()];
        row.extend(numbers(&[answers.accuracy(), answers.loss()]));
        table.rows.push(row);
        if has_classes(config.data.subject) {
            let commonest = data.commonest();
            let right = data.test.iter().filter(|e| e.answer == commonest).count();
            let share = right as f64 / data.test.len().max(1) as f64;
            table.rows.push(vec!["majority".into(), share.into(), f64::NAN.into()]);
        }
        ctx.table(table.clone());
        Ok((self.remembered(&base, &leaves, ctx).await?.loss().exp(), Shown::new(table)))
    }

    /// Answers to text of the pretraining kind.
    async fn remembered(&self, learner: &Learner, leaves: &Leaves, ctx: &Ctx) -> Result<Answers, LabError> {
        let text: Vec<&Sample> = self.pretraining.iter().collect();
        answer(learner, leaves, &text, false, ctx).await
    }

    /// Adds what a training reached to the tables, and sends them. The training is kept.
    async fn judge(
        &self,
        config: &Config,
        trained: &Trained,
        data: &Data,
        unfinished: &mut Unfinished,
        ctx: &Ctx,
    ) -> Result<(), LabError> {
        let begun = ctx.host.now_millis();
        let (learner, curves) = (&trained.learner, &trained.curves);
        let (method, seed) = (curves.method, curves.seed);
        let leaves = learner.plain_leaves()?;
        let test = answer(learner, &leaves, &samples(&data.test), true, ctx).await?;
        let known = &data.train[..data.train.len().min(TRAIN_ANSWERED)];
        let known = answer(learner, &leaves, &samples(known), true, ctx).await?;
        let after = self.remembered(learner, &leaves, ctx).await?.loss().exp();
        let measure_millis = ctx.host.now_millis() - begun;
        let made = ctx.host.today_millis();
        let (config, accuracy) = (config.clone(), test.accuracy());
        let name = format!("{} {seed}", method.word());
        let kept = KeptRun::of(learner, About { name, seed, config, accuracy: Some(accuracy), made }).await?;
        // By the comparison's beginning: one that goes on keeps the same training under the same name.
        let run = format!("{}-{seed}-{:.0}", method.word(), unfinished.begun);
        let is_kept = match kept.keep(&run, &self.base, ctx).await {
            Ok(()) => true,
            // The results are there all the same; the page says that nothing was kept.
            Err(LabError::NotSaved { .. }) => false,
            Err(error) => return Err(error),
        };
        for (example, (said, right)) in data.test.iter().zip(test.said.iter().zip(&test.right)).take(SHOWN) {
            let row = self.answer_row(method, seed, example, said, *right)?;
            unfinished.shown.answers.rows.push(row);
        }
        let count: usize = learner.parts.iter().map(|part| part.count()).sum();
        let loss = curves.loss.last().map_or(f64::NAN, |point| point[1]);
        let mut row = vec![run.into(), method.word().into()];
        row.extend(numbers(&[
            f64::from(seed),
            count as f64,
            100.0 * count as f64 / self.base.shape.parameters() as f64,
            accuracy,
            known.accuracy(),
            test.token_accuracy(),
            data.test.len() as f64,
            loss,
            trained.step_millis,
            trained.train_millis,
            measure_millis,
            trained.memory.peak() as f64,
            4.0 * kept.adapter.count() as f64,
            unfinished.before,
            after,
            f64::from(trained.steps),
            f64::from(u8::from(is_kept)),
        ]));
        unfinished.shown.results.rows.push(row);
        trained.memory.row(method, seed, &mut unfinished.shown.ledger);
        unfinished.shown.tell(ctx);
        Ok(())
    }

    fn answer_row(
        &self,
        method: Method,
        seed: u32,
        example: &Example,
        said: &[u32],
        right: bool,
    ) -> Result<Vec<Cell>, LabError> {
        // After its first mistake the model was shown the right tokens: what it would have written then is not known.
        let wanted = &example.sample.ids[example.sample.answer..];
        let first_wrong = said.iter().zip(wanted).position(|(said, wanted)| said != wanted);
        let known = &said[..first_wrong.map_or(said.len(), |at| at + 1)];
        let end = known.iter().position(|id| *id == self.model.end).unwrap_or(known.len());
        let mut text = self.model.tokenizer.decode(&known[..end])?;
        if first_wrong.is_some() && end == known.len() {
            text.push('…');
        }
        Ok(vec![
            method.word().into(),
            f64::from(seed).into(),
            example.prompt.clone().into(),
            example.answer.clone().into(),
            text.trim().into(),
            f64::from(u8::from(right)).into(),
        ])
    }
}
