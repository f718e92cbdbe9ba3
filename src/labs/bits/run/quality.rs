//! How well a plan predicts the held-out text, and how far it is from FP32.

use super::Loaded;
use super::held_out::{HeldOut, LANGUAGES, Reference, WINDOW, windows_for};
use crate::labs::Ctx;
use crate::labs::bits::{FULL_TOKENS, QUICK_TOKENS, tables};
use crate::math::{cross_entropy, kl_divergence, likeliest};
use crate::model::{Decoder, TextModel};
use crate::protocol::{LabError, Phase, Table, numbers};

/// Sums over windows.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    tokens: f64,
    nats: f64,
    reference: f64,
    kl: f64,
    equal: f64,
}

/// The likeliest token at every place.
fn first_choices(logits: &[f32], places: usize) -> Vec<u32> {
    logits.chunks_exact((logits.len() / places.max(1)).max(1)).map(|row| likeliest(row) as u32).collect()
}

/// Makes FP32's answers to the first `count` windows of a language; keeps their logits if `keep`.
async fn refer(
    held_out: &mut HeldOut,
    language: usize,
    count: usize,
    keep: bool,
    (model, base): (&TextModel, &Decoder),
    ctx: &Ctx,
) -> Result<(), LabError> {
    for window in held_out.windows(language, count, model)? {
        let is_known = window.reference.as_ref().is_some_and(|r| !keep || r.logits.is_some());
        if is_known {
            continue;
        }
        let logits = base.logits(&window.inputs, async || ctx.checkpoint().await).await?;
        ctx.checkpoint().await?;
        let losses = cross_entropy(&logits, &window.targets);
        let likeliest = first_choices(&logits, WINDOW);
        window.reference = Some(Reference { losses, likeliest, logits: keep.then_some(logits) });
    }
    Ok(())
}

impl Loaded {
    /// Perplexity, KL and agreement on a few tokens; the table comes when the first window of both languages is read and
    /// grows more certain from there.
    pub(super) async fn look(&mut self, ctx: &Ctx) -> Result<(), LabError> {
        self.measure(windows_for(QUICK_TOKENS), true, ctx).await
    }

    /// Perplexity and agreement on the whole held-out set.
    pub(super) async fn grade(&mut self, ctx: &Ctx) -> Result<(), LabError> {
        self.measure(windows_for(FULL_TOKENS), false, ctx).await
    }

    async fn measure(&mut self, windows: usize, with_kl: bool, ctx: &Ctx) -> Result<(), LabError> {
        let mut sums = [Sums::default(); 2];
        let total = 2 * windows as u64;
        for at in 0..windows {
            for (language, sums) in sums.iter_mut().enumerate() {
                ctx.progress(Phase::Computing, (2 * at + language) as u64, total);
                ctx.checkpoint().await?;
                let known = (&self.model, &self.base);
                refer(&mut self.held_out, language, at + 1, with_kl, known, ctx).await?;
                let window = &self.held_out.windows(language, at + 1, &self.model)?[at];
                let Some(reference) = &window.reference else { continue };
                let logits = self.plan.logits(&window.inputs, async || ctx.checkpoint().await).await?;
                ctx.checkpoint().await?;
                sums.tokens += WINDOW as f64;
                sums.nats += cross_entropy(&logits, &window.targets).iter().sum::<f64>();
                sums.reference += reference.losses.iter().sum::<f64>();
                let mine = first_choices(&logits, WINDOW);
                sums.equal += mine.iter().zip(&reference.likeliest).filter(|(a, b)| a == b).count() as f64;
                if let Some(base) = &reference.logits {
                    sums.kl += kl_divergence(base, &logits, WINDOW).iter().sum::<f64>();
                }
            }
            let (is_first, is_last) = (at == 0, at + 1 == windows);
            if is_last || with_kl && is_first {
                ctx.table(table(&sums, with_kl));
            }
        }
        Ok(())
    }

    /// The mean loss of a decoder over the first windows of both languages, in nats a token.
    pub(super) async fn loss(&mut self, windows: usize, ctx: &Ctx) -> Result<f64, LabError> {
        let mut nats = 0.0;
        for language in 0..LANGUAGES.len() {
            self.held_out.windows(language, windows, &self.model)?;
            for at in 0..windows {
                let window = &self.held_out.windows(language, windows, &self.model)?[at];
                let logits = self.plan.logits(&window.inputs, async || ctx.checkpoint().await).await?;
                ctx.checkpoint().await?;
                nats += cross_entropy(&logits, &window.targets).iter().sum::<f64>();
            }
        }
        Ok(nats / (LANGUAGES.len() * windows * WINDOW) as f64)
    }
}

fn table(sums: &[Sums; 2], with_kl: bool) -> Table {
    let columns = ["language", "tokens", "perplexity", "reference", "kl", "agreement"];
    let mut table = Table::new(tables::QUALITY, &columns);
    for ((_, language), s) in LANGUAGES.iter().zip(sums) {
        let mean = |sum: f64| sum / s.tokens;
        let kl = if with_kl { mean(s.kl) } else { f64::NAN };
        let mut cells = vec![(*language).into()];
        cells.extend(numbers(&[s.tokens, mean(s.nats).exp(), mean(s.reference).exp(), kl, mean(s.equal)]));
        table.rows.push(cells);
    }
    table
}
