//! The computation of the fine-tuning lab, the same code on both tiers.
//!
//! ```text
//! data.rs     examples as token numbers
//! train.rs    one training: steps, looks at validation data
//! memory.rs   what a training holds
//! measure.rs  answers on test data, and what was forgotten
//! compare.rs  every method with every seed
//! shown.rs    the tables that it fills
//! spectrum.rs what a training changed
//! shrink.rs   the same with less and less data
//! kept.rs     trainings that are kept in the browser
//! unfinished.rs  a comparison that is not over
//! files.rs    kept trainings as files, and back
//! write.rs    text, with adapters swapped on one base
//! ```

mod compare;
mod data;
mod files;
mod kept;
mod measure;
mod memory;
mod shown;
mod shrink;
mod spectrum;
mod train;
mod unfinished;
mod write;

use std::rc::Rc;

use crate::data::held_out::{HeldOutText, windows_for};
use crate::data::world::Language;
use crate::labs::Ctx;
use crate::labs::tune::Task;
use crate::model::TextModel;
use crate::nets::Place;
use crate::nets::peft::{Base, Sample};
use crate::protocol::LabError;

/// Held-out tokens of each language that forgetting is measured on.
const FORGETTING_TOKENS: usize = 512;

/// What stays in memory between two commands.
#[derive(Default)]
pub struct Session {
    loaded: Option<Rc<Loaded>>,
}

/// The model that is fine-tuned.
struct Loaded {
    model: TextModel,
    base: Base,
    /// Text of the pretraining kind, in windows.
    pretraining: Vec<Sample>,
}

/// Executes one task; its tables and points go to `ctx`.
///
/// # Errors
/// Whatever is wrong with the configuration, the visitor's data or the model's files, or what the device says.
pub async fn run(task: Task, ctx: &Ctx, session: &mut Session) -> Result<(), LabError> {
    match task {
        Task::Look { config } => {
            let config = config.checked()?;
            session.ready(ctx).await?.look(&config, ctx).await
        }
        Task::Train { config } => {
            let config = config.checked()?;
            session.ready(ctx).await?.compare(&config, ctx).await
        }
        Task::Shrink { config } => {
            let config = config.checked()?;
            session.ready(ctx).await?.shrink(&config, ctx).await
        }
        Task::Write { prompt, runs, tokens } => session.ready(ctx).await?.write(&prompt, &runs, tokens, ctx).await,
        Task::Kept => kept::tell(&session.ready(ctx).await?.base, ctx).await,
        Task::Rename { run, name } => {
            let loaded = session.ready(ctx).await?;
            kept::rename(&run, name, &loaded.base, ctx).await?;
            kept::tell(&loaded.base, ctx).await
        }
        Task::Forget { run } => {
            kept::forget(&run, ctx).await?;
            kept::tell(&session.ready(ctx).await?.base, ctx).await
        }
        Task::Export { run, what } => session.ready(ctx).await?.export(&run, what, ctx).await,
        Task::Import { files } => {
            let loaded = session.ready(ctx).await?;
            loaded.import(&files, ctx).await?;
            kept::tell(&loaded.base, ctx).await
        }
    }
}

impl Session {
    /// The model, read now if it is not at hand.
    async fn ready(&mut self, ctx: &Ctx) -> Result<Rc<Loaded>, LabError> {
        if let Some(loaded) = &self.loaded {
            return Ok(loaded.clone());
        }
        let model = TextModel::shipped(async |path| ctx.site_file(path).await).await?;
        ctx.checkpoint().await?;
        let place = match ctx.device.gpu() {
            Some(gpu) => Place::Gpu(gpu.clone()),
            None => Place::Cpu,
        };
        let base = Base::new(place, model.checkpoint.clone());
        let mut pretraining = Vec::new();
        for language in Language::ALL {
            let mut text = HeldOutText::new(language);
            for _ in 0..windows_for(FORGETTING_TOKENS) {
                let (mut ids, targets) = text.next_window(&model.tokenizer)?;
                ids.extend(targets.last());
                pretraining.push(Sample { ids, answer: 1 });
            }
        }
        Ok(self.loaded.insert(Rc::new(Loaded { model, base, pretraining })).clone())
    }
}
