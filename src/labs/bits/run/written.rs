//! The same prompt continued by both models, always with the likeliest token.

use super::Loaded;
use crate::labs::Ctx;
use crate::labs::bits::{Checked, WRITTEN_TOKENS, tables};
use crate::math::likeliest;
use crate::model::Decoder;
use crate::protocol::{LabError, Phase, Table};

impl Loaded {
    /// What both write.
    pub(super) async fn write(&mut self, config: &Checked, ctx: &Ctx) -> Result<(), LabError> {
        let prompt = self.model.prompt(&config.prompt)?;
        ctx.progress(Phase::Collecting, 0, 0);
        if self.written.as_ref().is_none_or(|(of, _)| *of != config.prompt) {
            let base = continued(&self.base, &prompt, self.model.end, ctx).await?;
            self.written = Some((config.prompt.clone(), base));
        }
        let plan = continued(&self.plan, &prompt, self.model.end, ctx).await?;
        let base = self.written.as_ref().map(|(_, ids)| ids.as_slice()).unwrap_or_default();
        let mut table = Table::new(tables::WRITTEN, &["place", "base", "plan"]);
        for place in 0..base.len().max(plan.len()) {
            let text = |ids: &[u32]| ids.get(place).map_or(Ok(String::new()), |id| self.model.tokenizer.decode(&[*id]));
            table.rows.push(vec![(place as f64).into(), text(base)?.into(), text(&plan)?.into()]);
        }
        ctx.table(table);
        Ok(())
    }
}

/// The likeliest tokens after a prompt, up to the end of the text.
async fn continued(decoder: &Decoder, prompt: &[u32], end: u32, ctx: &Ctx) -> Result<Vec<u32>, LabError> {
    let context = decoder.config().context;
    let prompt = &prompt[..prompt.len().min(context - 1)];
    let length = WRITTEN_TOKENS.min(context - prompt.len());
    let mut cache = decoder.cache(prompt.len() + length)?;
    let mut logits = decoder.extend(&mut cache, prompt, async || ctx.checkpoint().await).await?;
    let mut out = Vec::with_capacity(length);
    while out.len() < length {
        ctx.checkpoint().await?;
        let id = likeliest(&logits) as u32;
        if id == end {
            break;
        }
        out.push(id);
        logits = decoder.extend(&mut cache, &[id], async || Ok(())).await?;
    }
    Ok(out)
}
