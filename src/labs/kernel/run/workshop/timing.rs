//! Two texts of one kernel, timed in turn on the very same operands.

use crate::gpu::{Batch, Gpu, Recorded};
use crate::kernels::product::{Pass, chosen};
use crate::labs::Ctx;
use crate::labs::kernel::run::{gpu as products, ladder};
use crate::labs::kernel::{Checked, tables};
use crate::math;
use crate::protocol::{Cell, LabError, Phase, Table};

use super::compiled::{Replaced, compile};

/// Rounds in which each text is timed once, ours first in every other one.
pub(super) const ROUNDS: usize = 9;
/// What a sample should take: long against a clock of 0.1 ms, short against a frame.
const SAMPLE_MILLIS: f64 = 12.0;
/// Dispatches in a submission at most; a batch takes 256.
const MAX_DISPATCHES: usize = 240;
/// Entry points that are timed at most, if an edit touches many.
const MOST_TIMED: usize = 2;
/// The name under which a learner's text is compiled, so that ours stays compiled beside it.
const YOURS: &str = "yours";

/// Table [`tables::BESIDE`] without rows.
pub(super) fn table() -> Table {
    Table::new(tables::BESIDE, &["version", "entry", "shape", "millis", "least", "rounds"])
}

/// Which of the touched entry points are timed, those of a group together: a few each by itself; where an edit touches
/// many, of a product the one that is in use, of another kernel all that work together.
pub(super) fn timed(watched: &[&'static str], kernel: &str, config: &Checked, gpu: &Gpu) -> Vec<Vec<&'static str>> {
    if watched.len() <= MOST_TIMED {
        return watched.iter().map(|entry| vec![*entry]).collect();
    }
    let in_use = ladder::format_of(kernel)
        .ok()
        .map(|format| chosen(gpu, products::storage(format, config), Pass::Forward, config.batch as usize, None));
    match in_use.filter(|entry| watched.contains(entry)) {
        Some(entry) => vec![vec![entry]],
        None => vec![watched.to_vec()],
    }
}

/// Times both texts; the rows `ours` and `yours` of table [`tables::BESIDE`].
///
/// # Errors
/// Stop, or what the device says.
pub(super) async fn rows(
    gpu: &Gpu,
    entry: &str,
    shape: &str,
    tape: &[Recorded],
    source: &str,
    ctx: &Ctx,
) -> Result<Vec<Vec<Cell>>, LabError> {
    let ours: Vec<Recorded> = tape.iter().take(MAX_DISPATCHES).cloned().collect();
    let yours: Vec<Recorded> = ours.iter().map(|recorded| recorded.named(YOURS)).collect();
    let _replaced = Replaced::new(gpu, YOURS, source);
    let timed = both(gpu, &ours, &yours, ctx).await?;
    let rows = ["ours", "yours"].into_iter().zip(timed).map(|(version, millis)| {
        let least = millis.iter().copied().fold(f64::INFINITY, f64::min);
        let numbers = [math::median(millis), least, ROUNDS as f64].map(Cell::from);
        [Cell::from(version), entry.into(), shape.into()].into_iter().chain(numbers).collect()
    });
    Ok(rows.collect())
}

/// Ours and theirs round by round, in milliseconds a pass over the tape.
async fn both(gpu: &Gpu, ours: &[Recorded], yours: &[Recorded], ctx: &Ctx) -> Result<[Vec<f64>; 2], LabError> {
    compile(gpu, YOURS, yours, ctx).await?;
    let mut trips = Vec::new();
    for _ in 0..3 {
        let begun = ctx.host.now_millis();
        Batch::new(gpu).finish().await?;
        trips.push(ctx.host.now_millis() - begun);
    }
    let trip = math::median(trips);
    let mut slowest = 0f64;
    for tape in [ours, yours] {
        // The first run warms up.
        sample(gpu, tape, 1, trip, ctx).await?;
        slowest = slowest.max(sample(gpu, tape, 1, trip, ctx).await?);
    }
    let most = (MAX_DISPATCHES / ours.len().max(1)).max(1);
    // As many for one as for the other, so that what a submission costs is in both.
    let repeats = ((SAMPLE_MILLIS / slowest.max(1e-3)) as usize).clamp(1, most);
    let mut millis = [Vec::new(), Vec::new()];
    for round in 0..ROUNDS {
        ctx.progress(Phase::Computing, round as u64, ROUNDS as u64);
        for turn in 0..2 {
            let which = (round + turn) % 2;
            millis[which].push(sample(gpu, [ours, yours][which], repeats, trip, ctx).await?);
        }
    }
    Ok(millis)
}

/// Milliseconds of one pass over the tape, of `repeats` in a submission: by the GPU's clock where it has one, else by the
/// wall's less an empty round trip.
async fn sample(gpu: &Gpu, tape: &[Recorded], repeats: usize, trip: f64, ctx: &Ctx) -> Result<f64, LabError> {
    ctx.checkpoint().await?;
    let mut batch = Batch::new(gpu).timed();
    for recorded in (0..repeats).flat_map(|_| tape) {
        batch.again(recorded)?;
    }
    let begun = ctx.host.now_millis();
    let by_gpu = batch.finish().await?.gpu_millis;
    let by_wall = ctx.host.now_millis() - begun;
    // Browsers round the GPU's clock, some to nothing.
    let millis = match by_gpu {
        Some(millis) if millis > 0.0 && millis <= by_wall => millis,
        _ => (by_wall - trip).max(by_wall * 0.01),
    };
    Ok(millis / repeats as f64)
}
