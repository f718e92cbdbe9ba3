//! What one more token costs: with the cache, and with everything before it computed again.

use super::super::{Checked, tables};
use super::Loaded;
use crate::labs::Ctx;
use crate::math::median;
use crate::protocol::{LabError, Phase, Table, numbers};

/// Texts of so many tokens.
const LENGTHS: [usize; 6] = [8, 32, 64, 128, 192, 256];
/// Repetitions of a step; the median counts.
const REPEATS: usize = 5;
/// A step without the cache is repeated this often.
const SLOW_REPEATS: usize = 2;

impl Loaded {
    /// Measures both at growing lengths; the table grows with them.
    pub(super) async fn cache(&self, config: &Checked, ctx: &Ctx) -> Result<(), LabError> {
        let llama = self.decoder.config();
        // Any tokens will do: the time does not depend on which they are.
        let prompt = self.model.prompt(&config.prompt)?;
        let text: Vec<u32> = prompt.iter().copied().cycle().take(llama.context).collect();
        let lengths: Vec<usize> = LENGTHS.into_iter().filter(|n| *n <= llama.context).collect();
        let mut table = Table::new(tables::CACHE, &["tokens", "with_millis", "without_millis", "cache_bytes"]);
        let mut cache = self.decoder.cache(llama.context)?;
        let each = cache.size_bytes() as f64 / cache.capacity() as f64;
        for (done, &tokens) in lengths.iter().enumerate() {
            ctx.progress(Phase::Computing, done as u64, lengths.len() as u64);
            let before = tokens - 1;
            cache.shorten(0);
            if before > 0 {
                self.decoder.extend(&mut cache, &text[..before], async || ctx.checkpoint().await).await?;
            }
            let mut with = Vec::with_capacity(REPEATS);
            for _ in 0..REPEATS {
                ctx.checkpoint().await?;
                cache.shorten(before);
                let begun = ctx.host.now_millis();
                self.decoder.extend(&mut cache, &text[before..tokens], async || Ok(())).await?;
                with.push(ctx.host.now_millis() - begun);
            }
            let mut without = Vec::with_capacity(SLOW_REPEATS);
            for _ in 0..SLOW_REPEATS {
                ctx.checkpoint().await?;
                cache.shorten(0);
                let begun = ctx.host.now_millis();
                self.decoder.extend(&mut cache, &text[..tokens], async || ctx.checkpoint().await).await?;
                without.push(ctx.host.now_millis() - begun);
            }
            let (with, without) = (median(with), median(without));
            table.rows.push(numbers(&[tokens as f64, with, without, each * tokens as f64]));
            ctx.table(table.clone());
        }
        Ok(())
    }
}
