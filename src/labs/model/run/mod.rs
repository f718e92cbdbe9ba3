//! The computation of the model lab, the same code on both tiers.
//!
//! ```text
//! prompt -> tokens -> decoder -> logits -> the page's bars; a token drawn -> decoder, with the cache -> logits ..
//! ```

mod cache;
mod generate;

use std::rc::Rc;

use super::{Config, MAX_ATTENTION, Task, tables, tensors};
use crate::labs::Ctx;
use crate::math::WeightFormat;
use crate::model::{Decoder, Place, Plan, TextModel};
use crate::protocol::{LabError, Phase, Table, numbers};

/// What stays in memory between two commands.
#[derive(Default)]
pub struct Session {
    loaded: Option<Rc<Loaded>>,
}

/// The model in FP32, ready to run.
struct Loaded {
    model: TextModel,
    decoder: Decoder,
    load_millis: f64,
}

/// Executes one task; its tables, tensors and points go to `ctx`.
///
/// # Errors
/// Whatever is wrong with the configuration or the model's files, or what the device says.
pub async fn run(task: Task, ctx: &Ctx, session: &mut Session) -> Result<(), LabError> {
    match task {
        Task::Look { config } => {
            let config = config.checked()?;
            let loaded = session.ready(ctx).await?;
            let ids = loaded.begin(&config, ctx)?;
            loaded.given_steps(&ids, &config, ctx).await?;
            loaded.attend(&ids, ctx).await
        }
        Task::Generate { config } => {
            let config = config.checked()?;
            let loaded = session.ready(ctx).await?;
            let ids = loaded.begin(&config, ctx)?;
            loaded.generate(ids, &config, ctx).await
        }
        Task::Cache { config } => {
            let config = config.checked()?;
            session.ready(ctx).await?.cache(&config, ctx).await
        }
    }
}

impl Session {
    /// The model, read now if it is not at hand.
    async fn ready(&mut self, ctx: &Ctx) -> Result<Rc<Loaded>, LabError> {
        if let Some(loaded) = &self.loaded {
            return Ok(loaded.clone());
        }
        let begun = ctx.host.now_millis();
        let model = TextModel::shipped(async |path| ctx.site_file(path).await).await?;
        ctx.checkpoint().await?;
        let plan = Plan::uniform(&model.checkpoint.config, WeightFormat::Fp32, WeightFormat::GROUP);
        let decoder = Decoder::new(Place::of(ctx.device.gpu()), &model.checkpoint, &plan)?;
        let load_millis = ctx.host.now_millis() - begun;
        Ok(self.loaded.insert(Rc::new(Loaded { model, decoder, load_millis })).clone())
    }
}

impl Loaded {
    /// Says what the model is and what the prompt's tokens are; the prompt's and the given ones' numbers.
    fn begin(&self, config: &Config, ctx: &Ctx) -> Result<Vec<u32>, LabError> {
        let llama = self.decoder.config();
        let columns = [
            "parameters",
            "layers",
            "heads",
            "key_heads",
            "channels",
            "vocabulary",
            "context",
            "file_bytes",
            "weight_bytes",
            "load_millis",
        ];
        let mut table = Table::new(tables::MODEL, &columns);
        let weights: u64 = self.decoder.sizes().iter().map(|s| s.allocated_bytes).sum();
        table.rows.push(numbers(&[
            llama.parameters() as f64,
            llama.layers as f64,
            llama.heads as f64,
            llama.key_heads as f64,
            llama.channels as f64,
            llama.vocabulary as f64,
            llama.context as f64,
            self.model.file_bytes as f64,
            weights as f64,
            self.load_millis,
        ]));
        ctx.table(table);
        let mut table = Table::new(tables::VOCABULARY, &["token"]);
        let token = |id| self.model.tokenizer.token(id).unwrap_or_default();
        table.rows = (0..llama.vocabulary as u32).map(|id| vec![token(id).into()]).collect();
        ctx.table(table);
        let mut ids = self.model.prompt(&config.prompt)?;
        // Room for what follows: the model was made for so many tokens and not more.
        let (most, got) = ((llama.context - 1) as f64, (ids.len() + config.given.len()) as f64);
        if got > most {
            return Err(LabError::OutOfRange { field: "prompt".into(), min: 0.0, max: most, got });
        }
        let mut table = Table::new(tables::TOKENS, &["id"]);
        table.rows = ids.iter().map(|id| numbers(&[f64::from(*id)])).collect();
        ctx.table(table);
        ids.extend(&config.given);
        Ok(ids)
    }

    /// The logits before each given token and after the last, and the given tokens.
    async fn given_steps(&self, ids: &[u32], config: &Config, ctx: &Ctx) -> Result<(), LabError> {
        let wide = self.decoder.config().vocabulary;
        let first = ids.len() - config.given.len() - 1;
        let logits = self.decoder.logits(ids, async || ctx.checkpoint().await).await?;
        for (step, row) in logits.chunks_exact(wide).skip(first).enumerate() {
            ctx.tensor(&tensors::logits(step), &[wide], row.to_vec());
            if let Some(id) = config.given.get(step) {
                ctx.points(super::series::GENERATED, vec![[f64::from(*id), 0.0]]);
            }
        }
        Ok(())
    }

    /// What looks at what, of the first tokens.
    async fn attend(&self, ids: &[u32], ctx: &Ctx) -> Result<(), LabError> {
        let llama = self.decoder.config();
        let shown = &ids[..ids.len().min(MAX_ATTENTION)];
        ctx.progress(Phase::Collecting, 0, 0);
        let values = self.decoder.attention(shown, async || ctx.checkpoint().await).await?;
        ctx.tensor(tensors::ATTENTION, &[llama.layers, llama.heads, shown.len(), shown.len()], values);
        Ok(())
    }
}
