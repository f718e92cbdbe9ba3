//! One training: steps, looks at validation data, and what is kept of it in between.

use super::Loaded;
use super::data::Data;
use super::measure::{Answers, answer, multiple, samples};
use super::memory::Memory;
use super::unfinished::{Curves, Going, KEPT_EVERY, Unfinished};
use crate::labs::Ctx;
use crate::labs::tune::{Config, Optimizer, Schedule, Subject, series};
use crate::math::peft::Method;
use crate::math::{AdamW, Decay, Generator, Rule, Sgd, hash_u32, median, rate_of_step};
use crate::nets::peft::{Batch, Held, Learner, Meter, Passing, Sample, add_slope, pass};
use crate::nets::{Saved, Slopes, values};
use crate::protocol::{LabError, Phase};

/// Looks at validation data in one training.
const LOOKS: u32 = 6;
/// Sets the order of examples apart from everything else that a seed decides.
const ORDER: u32 = 0x0bde;
/// Batches whose examples are sorted by length together: more would leave little to chance.
const SORTED_BATCHES: usize = 4;
/// What f16 gradients are enlarged by at first; halved when one overflows, doubled after so many steps without.
const FIRST_LOSS_SCALE: f32 = 1024.0;
const DOUBLED_AFTER: u32 = 50;

/// A training that ended.
pub(super) struct Trained {
    pub learner: Learner,
    pub memory: Memory,
    pub curves: Curves,
    pub steps: u32,
    /// The median of all steps.
    pub step_millis: f64,
    /// All steps, without looks.
    pub train_millis: f64,
}

/// Batches of examples: each example once, then all again in another order. Examples of about the same length go together,
/// so that little is computed for padding.
struct Order<'a> {
    random: Generator,
    left: Vec<Vec<&'a Sample>>,
    all: Vec<&'a Sample>,
    batch: usize,
}

impl<'a> Order<'a> {
    fn new(seed: u32, data: &'a Data, batch: usize) -> Order<'a> {
        Order { random: Generator::new(hash_u32(seed, ORDER)), left: Vec::new(), all: samples(&data.train), batch }
    }

    /// Fisher & Yates 1938, in Durstenfeld's form.
    fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.random.below(i as u32 + 1) as usize);
        }
    }

    fn next(&mut self) -> Vec<&'a Sample> {
        if self.left.is_empty() {
            let mut all = self.all.clone();
            self.shuffle(&mut all);
            // The last ones fill up their batch from the beginning.
            let missing = all.len().next_multiple_of(self.batch) - all.len();
            all.extend_from_within(..missing.min(all.len()));
            all.chunks_mut(self.batch * SORTED_BATCHES).for_each(|some| some.sort_by_key(|sample| sample.ids.len()));
            let mut batches: Vec<Vec<&Sample>> = all.chunks(self.batch).map(<[&Sample]>::to_vec).collect();
            self.shuffle(&mut batches);
            self.left = batches;
        }
        self.left.pop().unwrap_or_default()
    }
}

/// A training among others.
pub(super) struct Course<'a> {
    pub method: Method,
    pub seed: u32,
    /// Steps of the trainings before it, and of all.
    pub steps_before: u64,
    pub steps_of_all: u64,
    /// Where it is kept every few steps, if it is.
    pub unfinished: Option<&'a mut Unfinished>,
    /// What it goes on from.
    pub resumed: Option<(Going, Saved)>,
}

fn rule(config: &Config, method: Method, step: u32) -> Rule {
    let train = &config.train;
    let decay = match train.schedule {
        Schedule::Constant => Decay::Constant,
        Schedule::Linear => Decay::Linear { last: 0.0 },
        Schedule::Cosine => Decay::Cosine { last: 0.0 },
    };
    let part = rate_of_step(step, train.steps, f64::from(train.warmup_percent) / 100.0, decay);
    let rate = (config.rate_of(method) * part) as f32;
    match train.optimizer {
        Optimizer::AdamW => Rule::AdamW(AdamW { rate, decay: train.weight_decay, ..AdamW::default() }),
        Optimizer::Sgd => Rule::Sgd(Sgd { rate, momentum: 0.9, decay: train.weight_decay }),
    }
}

/// Steps between two looks at validation data.
pub(super) fn look_every(steps: u32) -> u32 {
    steps.div_ceil(LOOKS)
}

/// Divides gradients by what the loss was enlarged by; `false` if one of them is not finite.
async fn unscaled(slopes: &mut Slopes, scale: f32) -> Result<bool, LabError> {
    let mut sum = None;
    for slope in slopes.iter_mut().flatten() {
        *slope = slope.clone().mul_scalar(1.0 / scale);
        let part = slope.clone().abs().sum();
        sum = Some(match sum {
            Some(sum) => part + sum,
            None => part,
        });
    }
    match sum {
        Some(sum) => Ok(values(sum).await?[0].is_finite()),
        None => Ok(true),
    }
}

/// Goes on from what was kept; `false` if that does not fit: then it is of another version of the page.
fn taken_up(learner: &mut Learner, saved: Saved) -> Result<bool, LabError> {
    match learner.trained.import(saved) {
        Ok(()) => Ok(true),
        Err(LabError::Shape { .. }) => Ok(false),
        Err(error) => Err(error),
    }
}

impl Loaded {
    /// Trains a method with a seed; points go to `ctx`.
    ///
    /// # Errors
    /// Those of the graph and the device; [`LabError::Stopped`]; [`LabError::Kernel`] if the loss is no number any more.
    pub(super) async fn train(
        &self,
        config: &Config,
        mut course: Course<'_>,
        data: &Data,
        ctx: &Ctx,
    ) -> Result<Trained, LabError> {
        let (train, method, seed) = (&config.train, course.method, course.seed);
        let mut memory = Memory::new(Meter::new(&self.base.place)?);
        let text = &config.peft.prompt.text;
        let prompt = if text.is_empty() { Vec::new() } else { self.model.tokenizer.encode(text)? };
        let base = if train.mixed_precision { self.base.in_half_precision() } else { self.base.clone() };
        let mut learner = Learner::new(&base, method, &config.peft, seed, &prompt)?;
        let tokens = data.train.first().map_or(1, |example| example.sample.ids.len());
        learner.prepare(train.batch as usize * tokens).await?;
        memory.learner(&learner);
        let mut order = Order::new(seed, data, train.batch as usize);
        let taken = match course.resumed.take() {
            Some((going, saved)) => memory.giving_back(|| taken_up(&mut learner, saved))?.then_some(going),
            None => None,
        };
        let mut going = match taken {
            Some(going) => {
                (0..going.took.len() * train.accumulate as usize).for_each(|_| {
                    order.next();
                });
                going.curves.tell(ctx);
                going
            }
            None => Going {
                curves: Curves::new(method, seed),
                took: Vec::with_capacity(train.steps as usize),
                best: f64::INFINITY,
                worse: 0,
                loss_scale: FIRST_LOSS_SCALE,
                usable: 0,
            },
        };
        let every = look_every(train.steps);
        let is_over = |going: &Going| {
            going.took.len() >= train.steps as usize || (train.patience > 0 && going.worse >= train.patience)
        };
        while !is_over(&going) {
            let step = going.took.len() as u32 + 1;
            ctx.progress(Phase::Computing, course.steps_before + u64::from(step - 1), course.steps_of_all);
            ctx.checkpoint().await?;
            memory.step_begins();
            let begun = ctx.host.now_millis();
            let (loss, held) = self.step(config, &mut learner, &mut order, &mut going, &mut memory, ctx).await?;
            going.took.push(ctx.host.now_millis() - begun);
            memory.step_ends();
            let x = f64::from(step);
            going.curves.loss.push([x, loss]);
            ctx.points(&series::loss(method, seed), vec![[x, loss]]);
            let points = memory.points(step, held);
            going.curves.memory.extend(&points);
            ctx.points(&series::memory(method, seed), points);
            let is_look = step.is_multiple_of(every) || step == train.steps;
            if is_look {
                let leaves = learner.plain_leaves()?;
                let answers = answer(&learner, &leaves, &samples(&data.validation), true, ctx).await?;
                going.looked(x, &answers, ctx);
            }
            if let Some(unfinished) = &mut course.unfinished
                && !is_over(&going)
            {
                // Of the first seed alone: the others' would be as many rows again, and the picture shows one.
                if is_look && seed == config.seed {
                    self.look_closely(&learner, seed, false, &mut unfinished.microscope, ctx).await?;
                }
                if step.is_multiple_of(KEPT_EVERY) {
                    unfinished.keep(&going, &learner, ctx).await?;
                }
            }
        }
        let Going { curves, took, .. } = going;
        let (steps, train_millis) = (took.len() as u32, took.iter().sum());
        Ok(Trained { learner, memory, curves, steps, step_millis: median(took), train_millis })
    }

    /// One step; gives the mean loss in nats a token, and what was held in its last pass.
    async fn step(
        &self,
        config: &Config,
        learner: &mut Learner,
        order: &mut Order<'_>,
        going: &mut Going,
        memory: &mut Memory,
        ctx: &Ctx,
    ) -> Result<(f64, Held), LabError> {
        let train = &config.train;
        let step = learner.trained.steps() + 1;
        let (method, seed) = (going.curves.method, going.curves.seed);
        let batches = (0..train.accumulate)
            .map(|_| Batch::of(&order.next(), train.mask_prompt, multiple(ctx)))
            .collect::<Result<Vec<Batch>, LabError>>()?;
        let of_places: usize = batches.iter().map(|batch| batch.places.len()).sum();
        let bare = memory.meter().held();
        let leaves = learner.trained.leaves()?;
        let copies = memory.meter().held().saturating_sub(bare);
        let mut slopes: Slopes = vec![None; leaves.len()];
        let (mut nats, mut held) = (0.0, Held::default());
        for (at, batch) in batches.iter().enumerate() {
            let passing = Passing {
                learner,
                meter: memory.meter(),
                leaves: &leaves,
                dropout: Some(hash_u32(hash_u32(seed, step), at as u32)),
                half: train.mixed_precision,
                loss_scale: if train.mixed_precision { going.loss_scale } else { 1.0 },
                checkpointing: train.checkpointing,
                of_places,
            };
            let passed = pass(&passing, batch, async || ctx.checkpoint().await).await?;
            nats += passed.loss;
            held = passed.held;
            memory.pass(held, copies, learner.trained.parameter_bytes());
            slopes.iter_mut().zip(passed.slopes).for_each(|(into, slope)| add_slope(into, slope));
        }
        drop(leaves);
        let loss = nats / of_places as f64;
        if !loss.is_finite() {
            let message = format!("step {step}: the loss is {loss}");
            return Err(LabError::Kernel { kernel: method.word().into(), message });
        }
        if train.mixed_precision && !unscaled(&mut slopes, going.loss_scale).await? {
            // An overflow: this step's gradients are of no use, the next ones are enlarged by less.
            going.loss_scale /= 2.0;
            going.usable = 0;
            slopes.iter_mut().for_each(|slope| *slope = None);
        } else {
            going.usable += 1;
            if going.usable.is_multiple_of(DOUBLED_AFTER) {
                going.loss_scale *= 2.0;
            }
        }
        let clip = (train.clip > 0.0).then_some(train.clip);
        learner.trained.step(slopes, &rule(config, method, step), clip).await?;
        Ok((loss, held))
    }
}

impl Going {
    /// Draws a look at validation data and remembers whether it was the best.
    fn looked(&mut self, step: f64, answers: &Answers, ctx: &Ctx) {
        let (loss, accuracy) = ([step, answers.loss()], [step, answers.accuracy()]);
        let (method, seed) = (self.curves.method, self.curves.seed);
        self.curves.validation.push(loss);
        self.curves.accuracy.push(accuracy);
        ctx.points(&series::validation(method, seed), vec![loss]);
        ctx.points(&series::accuracy(method, seed), vec![accuracy]);
        if answers.loss() < self.best {
            (self.best, self.worse) = (answers.loss(), 0);
        } else {
            self.worse += 1;
        }
    }
}

/// Whether answers come from a closed set, so that always giving the commonest one is a baseline.
pub(super) fn has_classes(subject: Subject) -> bool {
    matches!(subject, Subject::Sentiment | Subject::Own)
}
