//! A puzzle on a real device: every shape again, then timed beside the model solution.

use super::cases::{self, Case};
use super::compiled::{Replaced, compile, complaint};
use super::judge::Verdict;
use super::{diagnostics, texts, timing};
use crate::gpu::{Access, Batch, Gpu, GpuBuffer, Kernel, Recorded};
use crate::labs::Ctx;
use crate::labs::kernel::Puzzle;
use crate::protocol::{Cell, LabError, Phase, Table};
use crate::wgsl::interpret::Counts;

/// A text is quick enough if it takes at most this many times as long as the model solution, each in its best round: what
/// disturbs a measurement only ever makes it slower.
const SLOWER: f64 = 2.0;
/// What a verdict of a device says behind its shape.
const ON_DEVICE: &str = " · GPU";

/// Bindings of the puzzles: two inputs and a result, one and a result, four and a result.
const fn bindings(puzzle: Puzzle) -> &'static [(u32, Access)] {
    use Access::{Read, Write};
    match puzzle {
        Puzzle::UnpackInt4 => &[(1, Read), (2, Write)],
        Puzzle::DequantizeInt8 | Puzzle::TiledMatmul => &[(1, Read), (2, Read), (3, Write)],
        Puzzle::LoraForward => &[(1, Read), (2, Read), (3, Read), (4, Read), (5, Write)],
    }
}

fn kernel(puzzle: Puzzle) -> Kernel {
    let (name, source) = (puzzle.key(), texts::solution(puzzle));
    Kernel { name, source, entry: name, bindings: bindings(puzzle) }
}

/// Runs a case; the words of its output, and the dispatch itself.
async fn execute(gpu: &Gpu, kernel: &Kernel, case: &Case, ctx: &Ctx) -> Result<(Vec<u32>, Vec<Recorded>), LabError> {
    let mut buffers = Vec::new();
    for words in &case.inputs {
        buffers.push(gpu.upload(kernel.name, words)?);
    }
    let output = gpu.allocate(kernel.name, case.expected.len() as u64 * 4)?;
    buffers.push(output.clone());
    let buffers: Vec<&GpuBuffer> = buffers.iter().collect();
    let params: &[u8] = bytemuck::cast_slice(&case.params);
    let mut batch = Batch::new(gpu);
    gpu.start_tape();
    let recorded = batch.run_grid(kernel, &[], params, &buffers, (case.groups[0], case.groups[1]));
    let tape = gpu.take_tape();
    recorded?;
    let slot = batch.read(&output, 0, case.expected.len() as u64 * 4);
    compile(gpu, kernel.name, &tape, ctx).await?;
    Ok((batch.finish().await?.get(&slot), tape))
}

/// Adds the device's verdicts to those of the interpreter, and table `beside`.
///
/// # Errors
/// Stop, or what the device says.
pub(super) async fn solve(
    gpu: &Gpu,
    puzzle: Puzzle,
    source: &str,
    cases: &[Case],
    mut verdicts: Table,
    ctx: &Ctx,
) -> Result<(), LabError> {
    let kernel = kernel(puzzle);
    let large = cases::timed(puzzle);
    for (done, case) in cases.iter().chain([&large]).enumerate() {
        ctx.progress(Phase::Verifying, done as u64, cases.len() as u64 + 1);
        ctx.checkpoint().await?;
        let executed = {
            let _replaced = Replaced::new(gpu, kernel.name, source);
            execute(gpu, &kernel, case, ctx).await
        };
        let words = match executed {
            Ok((words, _)) => words,
            Err(error) => {
                ctx.table(diagnostics(&[complaint(kernel.name, error)?]));
                return Ok(());
            }
        };
        let verdict = Verdict::new(&words, case, Counts::default(), Counts::default());
        verdicts.rows.push(verdict.row(case, ON_DEVICE));
        ctx.table(verdicts.clone());
        if !verdict.is_ok() {
            return Ok(());
        }
    }
    let (_, tape) = execute(gpu, &kernel, &large, ctx).await?;
    let mut beside = timing::table();
    beside.rows = timing::rows(gpu, kernel.entry, &large.shape, &tape, source, ctx).await?;
    if let [Some(ours), Some(yours)] = [0, 1].map(|row| beside.number(row, "least")) {
        verdicts.rows.push(speed_row(&large, ours, yours));
        ctx.table(verdicts);
    }
    ctx.table(beside);
    Ok(())
}

/// The row about time; `millis` is a key.
fn speed_row(case: &Case, ours: f64, yours: f64) -> Vec<Cell> {
    let share = yours / ours / SLOWER;
    let shape = [&case.shape, ON_DEVICE].concat();
    vec![
        "speed".into(),
        shape.as_str().into(),
        f64::from(u8::from(share <= 1.0)).into(),
        share.into(),
        "millis".into(),
        ours.into(),
        yours.into(),
    ]
}
