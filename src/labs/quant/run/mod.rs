//! The computation of the quantization lab, the same code on both tiers.
//!
//! ```text
//! Source -> weights (generated, or a window of a file) -> quantize -> dequantize -> statistics, histograms, heatmaps
//! ```
//!
//! A [`Session`] keeps the weights and the codes of the last measurement on the device, so that a slider recomputes
//! only what it changes and a look at another part of the matrix quantizes nothing again.

mod contents;
mod files;
mod measure;
mod source;
mod sweep;
mod tier;

use super::{Checked, Config, Task};
use crate::labs::Ctx;
use crate::protocol::{LabError, Phase};

use files::{Fetched, Files};
use measure::Measured;
use source::Loaded;

/// What stays on the device between two commands.
#[derive(Default)]
pub struct Session {
    loaded: Option<Loaded>,
    measured: Option<Measured>,
    fetched: Fetched,
}

/// Executes one task; its tables and tensors go to `ctx`.
///
/// # Errors
/// Whatever is wrong with the configuration or the file, or what the device says.
pub async fn run(task: Task, ctx: &Ctx, session: &mut Session) -> Result<(), LabError> {
    match task {
        Task::Open { name } => contents::list(&name, &Files { ctx, fetched: &session.fetched }).await,
        Task::Measure { config } => {
            let config = config.checked()?;
            session.measure(&config, ctx).await?;
            let measured = session.measured.as_mut().ok_or(LabError::Stopped)?;
            measured.look(&config, ctx).await
        }
        Task::Look { config } => {
            let config = config.checked()?;
            session.ready(&config, ctx).await?.look(&config, ctx).await
        }
        Task::Weight { config, row, col } => {
            let config = config.checked()?;
            session.ready(&config, ctx).await?.weight(row, col, ctx).await
        }
        Task::Sweep { config } => {
            let config = config.checked()?;
            let loaded = session.weights(&config, ctx).await?;
            sweep::run(&loaded.weights, ctx).await
        }
    }
}

impl Session {
    /// The weights of `config`, loaded if they are not at hand.
    async fn weights(&mut self, config: &Checked, ctx: &Ctx) -> Result<&Loaded, LabError> {
        let at_hand = self.loaded.take();
        ctx.progress(Phase::Reading, 0, 1);
        let loaded = source::load(&config.source, at_hand, &self.fetched, ctx).await?;
        Ok(self.loaded.insert(loaded))
    }

    /// Quantizes and measures, and remembers it.
    async fn measure(&mut self, config: &Checked, ctx: &Ctx) -> Result<(), LabError> {
        self.measured = None;
        let loaded = self.weights(config, ctx).await?;
        let measured = measure::measure(loaded, config, ctx).await?;
        self.measured = Some(measured);
        Ok(())
    }

    /// The measurement that fits `config`; made now if the last one was of something else.
    async fn ready(&mut self, config: &Checked, ctx: &Ctx) -> Result<&mut Measured, LabError> {
        if !self.measured.as_ref().is_some_and(|m| m.fits(config)) {
            self.measure(config, ctx).await?;
        }
        self.measured.as_mut().ok_or(LabError::Stopped)
    }
}

/// Whether two configurations measure the same numbers; the view may differ.
fn same_numbers(a: &Config, b: &Config) -> bool {
    a.source == b.source && a.formats == b.formats && a.activations == b.activations
}
