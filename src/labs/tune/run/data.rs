//! Examples of a task as token numbers.

use super::Loaded;
use crate::data::examples::{Examples, MAX_FILE_BYTES, parts};
use crate::data::held_out::SEED;
use crate::data::world::{Language, Split, World};
use crate::labs::Ctx;
use crate::labs::tune::{Config, DataSettings, Subject, Tongue, tables};
use crate::math::peft::trainable_count;
use crate::nets::peft::Sample;
use crate::protocol::{LabError, Phase, Resource, Table, numbers};

/// Validation examples of a training.
const VALIDATION: u32 = 24;
/// Examples of each split that are shown.
const SHOWN: usize = 4;

/// An example as text and as tokens.
#[derive(Clone, Debug)]
pub(super) struct Example {
    pub prompt: String,
    pub answer: String,
    pub sample: Sample,
}

/// The three splits.
#[derive(Clone, Debug, Default)]
pub(super) struct Data {
    pub train: Vec<Example>,
    pub validation: Vec<Example>,
    pub test: Vec<Example>,
}

impl Data {
    /// The first `count` training examples alone.
    pub fn shrunk(&self, count: usize) -> Data {
        Data { train: self.train[..count.min(self.train.len())].to_vec(), ..self.clone() }
    }

    /// The answer that most training examples have.
    pub fn commonest(&self) -> &str {
        let mut best = ("", 0);
        for example in &self.train {
            let count = self.train.iter().filter(|e| e.answer == example.answer).count();
            if count > best.1 {
                best = (&example.answer, count);
            }
        }
        best.0
    }
}

/// An example of the little world: what stands before the answer, and the answer; none of the visitor's file.
fn text_of(subject: Subject, language: Language, split: Split, index: u32) -> Option<(String, String)> {
    let world = World::new(SEED);
    Some(match subject {
        Subject::Own => return None,
        Subject::Sentiment => {
            let review = world.review(language, split, index);
            (review.prompt(), review.label().into())
        }
        Subject::Questions => {
            let question = world.question(language, split, index);
            (question.prompt(), question.answer)
        }
        Subject::Headlines => {
            let headline = world.headline(language, split, index);
            (headline.prompt(), headline.headline)
        }
    })
}

/// The visitor's file, divided: each part as far as it goes.
async fn own(config: &DataSettings, seed: u32, ctx: &Ctx) -> Result<[Vec<(String, String)>; 3], LabError> {
    let size = ctx.host.file_size(&config.file)?;
    if size > MAX_FILE_BYTES {
        let (limit, resource) = (MAX_FILE_BYTES, Resource::Bytes);
        return Err(LabError::TooLarge { what: config.file.clone(), limit, got: size, resource });
    }
    let bytes = ctx.host.read_file(&config.file, 0..size).await?;
    let examples = Examples::read(&config.file, &bytes)?;
    let parts = parts(&examples.all, seed)?;
    let most = |split| match split {
        Split::Train => config.examples,
        Split::Validation => VALIDATION,
        Split::Test => config.tested,
    };
    Ok(Split::ALL.map(|split| {
        let some = parts.of(split).iter().take(most(split) as usize).map(|at| &examples.all[*at]);
        some.map(|example| (example.prompt.clone(), example.completion.clone())).collect()
    }))
}

impl Loaded {
    /// Tokens of an example; the beginning of a prompt that is too long is left out, `room` tokens stay.
    ///
    /// # Errors
    /// Those of the tokenizer; [`LabError::OutOfRange`] if the answer alone does not fit.
    pub(super) fn example(&self, prompt: String, answer: String, room: usize) -> Result<Example, LabError> {
        let end = self.model.end;
        let before = self.model.tokenizer.encode(&prompt)?;
        let after = self.model.tokenizer.encode(&format!(" {answer}"))?;
        let most = room.saturating_sub(2);
        if after.is_empty() || after.len() + 1 > most {
            let (max, got) = (most as f64 - 1.0, after.len() as f64);
            return Err(LabError::OutOfRange { field: "answer".into(), min: 1.0, max, got });
        }
        let kept = before.len().min(most - after.len());
        let mut ids = vec![end];
        ids.extend(&before[before.len() - kept..]);
        let start = ids.len();
        ids.extend(after);
        ids.push(end);
        Ok(Example { prompt, answer, sample: Sample { ids, answer: start } })
    }

    /// Tokens that a text may have beside the virtual tokens of every method.
    fn room(&self, config: &Config) -> usize {
        let taken = config.peft.prompt.tokens.max(config.peft.prefix.tokens) as usize;
        // The last token of an example is never read.
        self.base.config().context - taken + 1
    }

    /// The examples of a configuration.
    ///
    /// # Errors
    /// As [`Loaded::example`]; those of reading the visitor's file.
    pub(super) async fn data(&self, config: &Config, ctx: &Ctx) -> Result<Data, LabError> {
        let DataSettings { subject, tongue, examples, tested, .. } = &config.data;
        let language = match tongue {
            Tongue::Spanish => Language::Spanish,
            Tongue::English => Language::English,
        };
        let room = self.room(config);
        let mut data = Data::default();
        let splits = [
            (Split::Train, *examples, &mut data.train),
            (Split::Validation, VALIDATION, &mut data.validation),
            (Split::Test, *tested, &mut data.test),
        ];
        let mut given = match subject {
            Subject::Own => Some(own(&config.data, config.seed, ctx).await?),
            _ => None,
        };
        for (at, (split, count, into)) in splits.into_iter().enumerate() {
            let texts: Box<dyn Iterator<Item = (String, String)>> = match &mut given {
                Some(given) => Box::new(std::mem::take(&mut given[at]).into_iter()),
                None => Box::new((0..count).filter_map(|index| text_of(*subject, language, split, index))),
            };
            for (prompt, answer) in texts {
                if into.len().is_multiple_of(16) {
                    ctx.progress(Phase::Reading, into.len() as u64, u64::from(count));
                    ctx.checkpoint().await?;
                }
                into.push(self.example(prompt, answer, room)?);
            }
        }
        Ok(data)
    }

    /// Says what the data and the methods are, without training.
    pub(super) async fn look(&self, config: &Config, ctx: &Ctx) -> Result<(), LabError> {
        let data = self.data(config, ctx).await?;
        self.tell_data(&data, config, ctx);
        Ok(())
    }

    pub(super) fn tell_data(&self, data: &Data, config: &Config, ctx: &Ctx) {
        let shape = self.base.shape;
        let all = shape.parameters();
        let mut table = Table::new(tables::BASE, &["parameters", "layers", "channels", "vocabulary", "bytes"]);
        let row = [all, shape.layers, shape.channels, shape.vocabulary, 4 * all];
        table.rows.push(numbers(&row.map(|n| n as f64)));
        ctx.table(table);
        let mut about = Table::new(tables::DATA, &["split", "examples", "prompt_tokens", "answer_tokens", "longest"]);
        let mut preview = Table::new(tables::PREVIEW, &["split", "prompt", "answer"]);
        for (split, examples) in [("train", &data.train), ("validation", &data.validation), ("test", &data.test)] {
            let mean = |of: &dyn Fn(&Sample) -> usize| {
                examples.iter().map(|e| of(&e.sample)).sum::<usize>() as f64 / examples.len().max(1) as f64
            };
            let longest = examples.iter().map(|e| e.sample.ids.len()).max().unwrap_or(0);
            let (before, after) = (mean(&|s| s.answer), mean(&|s| s.ids.len() - s.answer));
            let mut row = vec![split.into()];
            row.extend(numbers(&[examples.len() as f64, before, after, longest as f64]));
            about.rows.push(row);
            for example in examples.iter().take(SHOWN) {
                preview.rows.push(vec![split.into(), example.prompt.clone().into(), example.answer.clone().into()]);
            }
        }
        ctx.table(about);
        ctx.table(preview);
        let mut methods = Table::new(tables::METHODS, &["method", "trainable", "percent"]);
        for method in &config.methods {
            let count = trainable_count(&shape, *method, &config.peft);
            let mut row = vec![method.word().into()];
            row.extend(numbers(&[count as f64, 100.0 * count as f64 / all as f64]));
            methods.rows.push(row);
        }
        ctx.table(methods);
    }
}
