//! Text after a prompt, by the base and by what was trained on it: one token each in turn, with the adapters swapped on one
//! base.

use super::Loaded;
use super::kept::KeptRun;
use crate::labs::Ctx;
use crate::labs::tune::{MAX_PROMPT_BYTES, tables};
use crate::math::likeliest;
use crate::math::peft::{Method, PeftSettings};
use crate::nets::peft::{Learner, Leaves, next_logits};
use crate::protocol::{LabError, Phase, Table, in_range, numbers};

/// Most trainings that write side by side.
const MAX_WRITERS: usize = 8;
/// Most tokens that each writes.
const MAX_TOKENS: u32 = 64;

/// One of those that write.
struct Writer {
    run: String,
    learner: Learner,
    leaves: Leaves,
    ids: Vec<u32>,
    written: Vec<u32>,
    millis: f64,
    ended: bool,
}

impl Loaded {
    /// Continues a prompt with the base and with each of `runs`; the table grows.
    pub(super) async fn write(&self, prompt: &str, runs: &[String], tokens: u32, ctx: &Ctx) -> Result<(), LabError> {
        in_range("prompt", prompt.len() as f64, 1.0, MAX_PROMPT_BYTES as f64)?;
        in_range("runs", runs.len() as f64, 0.0, MAX_WRITERS as f64)?;
        in_range("tokens", f64::from(tokens), 1.0, f64::from(MAX_TOKENS))?;
        let ids = self.model.prompt(prompt)?;
        let bare = Learner::new(&self.base, Method::Lora, &PeftSettings::default(), 0, &[])?;
        let mut learners = vec![(String::new(), bare)];
        for run in runs {
            ctx.checkpoint().await?;
            learners.push((run.clone(), KeptRun::read(run, &self.base, ctx).await?.learner(&self.base)?));
        }
        let mut writers = Vec::new();
        for (run, learner) in learners {
            let leaves = learner.plain_leaves()?;
            let taken = learner.prompt_tokens() + learner.prefix_tokens();
            let room = self.base.config().context - taken - tokens as usize;
            let ids = ids[ids.len().saturating_sub(room)..].to_vec();
            writers.push(Writer { run, learner, leaves, ids, written: Vec::new(), millis: 0.0, ended: false });
        }
        for done in 0..tokens {
            ctx.progress(Phase::Computing, u64::from(done), u64::from(tokens));
            for writer in writers.iter_mut().filter(|writer| !writer.ended) {
                ctx.checkpoint().await?;
                let begun = ctx.host.now_millis();
                let logits = next_logits(&writer.learner, &writer.leaves, &writer.ids).await?;
                let id = likeliest(&logits) as u32;
                writer.millis += ctx.host.now_millis() - begun;
                writer.ended = id == self.model.end;
                if !writer.ended {
                    writer.ids.push(id);
                    writer.written.push(id);
                }
            }
            let mut table = Table::new(tables::WRITTEN, &["run", "text", "tokens", "millis"]);
            for writer in &writers {
                let mut row = vec![writer.run.clone().into(), self.model.tokenizer.decode(&writer.written)?.into()];
                row.extend(numbers(&[writer.written.len() as f64, writer.millis]));
                table.rows.push(row);
            }
            ctx.table(table);
            if writers.iter().all(|writer| writer.ended) {
                break;
            }
        }
        Ok(())
    }
}
