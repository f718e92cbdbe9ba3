//! The operands of the measured products, seeded; `W` is made a block of rows at a time.

use crate::labs::Ctx;
use crate::labs::kernel::Config;
use crate::math;
use crate::protocol::{LabError, Phase};

/// Weights made between two looks at Stop: some 10 ms of quantizing on a slow processor.
const BLOCK_WEIGHTS: usize = 1 << 19;
/// Streams of the seed, so that no operand repeats another.
const STREAM_A: u32 = 0x51ED_270B;
const STREAM_B: u32 = 0x2545_F491;

/// Everything but the weights.
pub struct Inputs {
    /// `[M, K]` for the largest `M` that will be measured.
    pub x: Vec<f32>,
    /// `[R, K]`
    pub a: Vec<f32>,
    /// `[N, R]`
    pub b: Vec<f32>,
    pub rank: usize,
    /// `alpha / R` with `alpha = 2 R`, as most recipes have it.
    pub scale: f32,
}

impl Inputs {
    /// Operands for up to `batch` rows.
    pub fn new(config: &Config, batch: usize) -> Inputs {
        let [n, k, rank] = [config.outputs, config.inputs, config.rank].map(|v| v as usize);
        Inputs {
            x: math::activations(batch * k, config.seed),
            a: math::gaussian(rank, k, config.seed ^ STREAM_A),
            b: math::gaussian(n, rank, config.seed ^ STREAM_B),
            rank,
            scale: 2.0,
        }
    }
}

/// Hands the rows of `W` to `take`, block by block.
///
/// # Errors
/// [`LabError::Stopped`], and what `take` says.
pub async fn each_block(
    config: &Config,
    ctx: &Ctx,
    mut take: impl FnMut(&[f32]) -> Result<(), LabError>,
) -> Result<(), LabError> {
    let [n, k] = [config.outputs, config.inputs].map(|v| v as usize);
    let rows = (BLOCK_WEIGHTS / k).max(1);
    for first in (0..n).step_by(rows) {
        if first > 0 {
            ctx.progress(Phase::Reading, first as u64, n as u64);
        }
        ctx.checkpoint().await?;
        take(&math::gaussian_rows(first, rows.min(n - first), k, config.seed))?;
    }
    Ok(())
}
