//! Token after token, each from the logits that the one before it gave.

use super::super::{Checked, series, tables, tensors};
use super::Loaded;
use crate::labs::Ctx;
use crate::math::draw_token;
use crate::protocol::{LabError, Phase, Table, numbers};

/// Tokens are told of together when they come faster than a page is drawn.
const TELL_EVERY_MILLIS: f64 = 30.0;

impl Loaded {
    /// Continues `ids`, then says what looked at what.
    pub(super) async fn generate(&self, mut ids: Vec<u32>, config: &Checked, ctx: &Ctx) -> Result<(), LabError> {
        if !config.given.is_empty() {
            self.given_steps(&ids, config, ctx).await?;
        }
        self.draw(&mut ids, config, ctx).await?;
        self.attend(&ids, ctx).await
    }

    async fn draw(&self, ids: &mut Vec<u32>, config: &Checked, ctx: &Ctx) -> Result<(), LabError> {
        let llama = self.decoder.config();
        let wide = llama.vocabulary;
        let given = config.given.len();
        let length = (config.length as usize).min(llama.context - ids.len());
        let mut cache = self.decoder.cache(llama.context)?;
        let sampling = config.sampling();
        let mut logits = self.decoder.extend(&mut cache, ids, async || ctx.checkpoint().await).await?;
        let begun = ctx.host.now_millis();
        let mut ended = false;
        let mut drawn = 0;
        let (mut untold, mut told) = (Vec::new(), f64::NEG_INFINITY);
        let tell = |untold: &mut Vec<[f64; 2]>, drawn: usize| {
            ctx.points(series::GENERATED, std::mem::take(untold));
            ctx.progress(Phase::Computing, drawn as u64, length as u64);
        };
        loop {
            let step = given + drawn;
            ctx.tensor(&tensors::logits(step), &[wide], logits.clone());
            if drawn == length || ended {
                break;
            }
            if let Err(stopped) = ctx.checkpoint().await {
                tell(&mut untold, drawn);
                return Err(stopped);
            }
            let id = draw_token(&logits, &sampling, ids.len() as u32);
            ids.push(id);
            drawn += 1;
            let now = ctx.host.now_millis();
            untold.push([f64::from(id), now - begun]);
            if now - told >= TELL_EVERY_MILLIS {
                told = now;
                tell(&mut untold, drawn);
            }
            // What would follow is computed and shown even then: it is the beginning of another text.
            ended = id == self.model.end;
            if cache.held() == cache.capacity() {
                break;
            }
            logits = self.decoder.extend(&mut cache, &[id], async || ctx.checkpoint().await).await?;
        }
        tell(&mut untold, drawn);
        let millis = ctx.host.now_millis() - begun;
        let columns = ["tokens", "millis", "cache_bytes", "cache_capacity_bytes", "ended"];
        let mut table = Table::new(tables::SPEED, &columns);
        let each = cache.size_bytes() as f64 / cache.capacity() as f64;
        let held = each * cache.held() as f64;
        table.rows.push(numbers(&[drawn as f64, millis, held, cache.size_bytes() as f64, f64::from(u8::from(ended))]));
        ctx.table(table);
        Ok(())
    }
}
