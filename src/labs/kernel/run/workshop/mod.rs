//! The workshop: a learner's text is read, compared with the interface it must keep, run and judged.
//!
//! ```text
//! texts.rs        skeletons and hints of the puzzles, in every language
//! cases.rs        what a puzzle is given, and what a reference in f64 expects
//! judge.rs        one text on one case, by the interpreter
//! compare.rs      a version of one of our kernels: shape by shape against the reference, then beside ours
//! interpreter.rs  the interpreter as a device that our host wrappers run on
//! device.rs       a puzzle on a real device
//! compiled.rs     a learner's text on a real device, and what its compiler says
//! timing.rs       two texts timed in turn
//! ```
//!
//! Both tiers judge with the interpreter of [`crate::wgsl`] first: it is stricter than any GPU, ends loops that never
//! would, and gives everyone the same verdict. On the CPU tier speed is work counted beside ours, not time.

mod cases;
mod compare;
mod compiled;
mod device;
mod interpreter;
mod judge;
mod texts;
mod timing;

use crate::kernels;
use crate::labs::kernel::{Attempt, MAX_SOURCE_BYTES, Puzzle, tables};
use crate::labs::{Ctx, Device};
use crate::protocol::{LabError, Phase, Table};
use crate::wgsl::{Diagnostic, Valid, check, interface};

/// Executes one attempt; its tables go to `ctx`.
///
/// # Errors
/// A kernel that does not exist, a text that is too long, or Stop.
pub async fn run(attempt: Attempt, ctx: &Ctx) -> Result<(), LabError> {
    match attempt {
        Attempt::Puzzles => {
            ctx.table(texts::table());
            Ok(())
        }
        Attempt::Check { kernel, source } => {
            ctx.table(diagnostics(&read(original(&kernel)?, &source)?.err().unwrap_or_default()));
            Ok(())
        }
        Attempt::Try { kernel, source, config } => {
            let config = config.checked()?;
            let unknown = || LabError::Unknown { field: "kernel".into(), got: kernel.clone() };
            let entry = kernels::ALL.iter().find(|k| k.name == kernel).ok_or_else(unknown)?;
            compare::compare(entry, &source, &config, ctx).await
        }
        Attempt::Solve { puzzle, source } => solve(puzzle, &source, ctx).await,
    }
}

/// The text whose interface must be kept: a kernel of ours, or the skeleton of a puzzle.
fn original(kernel: &str) -> Result<&'static str, LabError> {
    let ours = kernels::ALL.iter().find(|k| k.name == kernel).map(|k| k.source);
    let puzzle = || Puzzle::ALL.into_iter().find(|p| p.key() == kernel).map(texts::solution);
    ours.or_else(puzzle).ok_or_else(|| LabError::Unknown { field: "kernel".into(), got: kernel.into() })
}

/// A text that is valid and fits, or what is wrong with it.
fn read(original: &str, source: &str) -> Result<Result<Valid, Vec<Diagnostic>>, LabError> {
    let size = source.len() as u64;
    if size > MAX_SOURCE_BYTES {
        let (max, got) = (MAX_SOURCE_BYTES as f64, size as f64);
        return Err(LabError::OutOfRange { field: "source".into(), min: 0.0, max, got });
    }
    let valid = match check(source) {
        Ok(valid) => valid,
        Err(found) => return Ok(Err(found)),
    };
    let unfit = check(original).map_or_else(|_| Vec::new(), |ours| interface(&ours, &valid));
    Ok(if unfit.is_empty() { Ok(valid) } else { Err(unfit) })
}

fn diagnostics(found: &[Diagnostic]) -> Table {
    let mut table = Table::new(tables::DIAGNOSTICS, &["line", "column", "length", "message", "hint"]);
    table.rows = found
        .iter()
        .map(|d| {
            let hint = d.hint.as_ref().map_or(String::new(), |h| h.to_cell());
            let place = [d.line, d.column, d.length].map(|n| f64::from(n).into());
            place.into_iter().chain([d.message.as_str().into(), hint.as_str().into()]).collect()
        })
        .collect();
    table
}

async fn solve(puzzle: Puzzle, source: &str, ctx: &Ctx) -> Result<(), LabError> {
    let mine = match read(texts::solution(puzzle), source)? {
        Ok(valid) => valid,
        Err(found) => {
            ctx.table(diagnostics(&found));
            return Ok(());
        }
    };
    let model = check(texts::solution(puzzle)).expect("the model solutions are valid: a test says so");
    let cases = cases::of(puzzle);
    let mut verdicts = Table::new(tables::VERDICTS, &["check", "shape", "ok", "worst", "at", "expected", "got"]);
    let mut work = judge::Work::default();
    for (done, case) in cases.iter().enumerate() {
        ctx.progress(Phase::Verifying, done as u64, cases.len() as u64);
        ctx.checkpoint().await?;
        match judge::judge(&mine, &model, puzzle, case) {
            Ok(verdict) => {
                work.add(&verdict);
                verdicts.rows.push(verdict.row(case, ""));
            }
            Err(stopped) => {
                // Where a GPU would silently go wrong, the text is stopped at its line; other shapes say nothing more.
                ctx.table(diagnostics(&[stopped]));
                verdicts.rows.push(judge::stopped_row(case));
                ctx.table(verdicts);
                return Ok(());
            }
        }
    }
    verdicts.rows.push(work.row());
    ctx.table(diagnostics(&[]));
    ctx.table(verdicts.clone());
    let is_right = (0..verdicts.rows.len()).all(|row| verdicts.number(row, "ok") == Some(1.0));
    match &ctx.device {
        // What the interpreter refused, or found wasteful, does not get to the device.
        Device::Gpu(gpu) if is_right => device::solve(gpu, puzzle, source, &cases, verdicts, ctx).await,
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(puzzle: Puzzle, source: &str) -> Vec<bool> {
        let mine = read(texts::solution(puzzle), source).unwrap().unwrap_or_else(|d| panic!("{d:?}"));
        let model = check(texts::solution(puzzle)).ok().unwrap();
        let mut work = judge::Work::default();
        let mut out = Vec::new();
        for case in cases::of(puzzle) {
            let verdict = judge::judge(&mine, &model, puzzle, &case).unwrap_or_else(|d| panic!("{puzzle:?}: {d:?}"));
            work.add(&verdict);
            out.push(verdict.is_ok());
        }
        out.push(work.is_ok());
        out
    }

    #[test]
    fn model_solutions_pass_and_skeletons_do_not() {
        for puzzle in Puzzle::ALL {
            assert!(verdict(puzzle, texts::solution(puzzle)).into_iter().all(|ok| ok), "{puzzle:?}");
            for lang in texts::LANGUAGES {
                assert!(!verdict(puzzle, &texts::skeleton(puzzle, lang)).into_iter().all(|ok| ok), "{puzzle:?}");
            }
        }
    }

    #[test]
    fn a_right_but_wasteful_text_fails_for_its_speed_alone() {
        let text = texts::solution(Puzzle::LoraForward);
        let wasteful = text.replace(
            "correction += z[j] * b[col * params.r + j];",
            "var again = 0.0;\n for (var i = 0u; i < params.k; i++) { again += x[row * params.k + i] * a[j * params.k + i]; }\n\
             correction += again * b[col * params.r + j];",
        );
        assert_ne!(text, wasteful);
        let mut found = verdict(Puzzle::LoraForward, &wasteful);
        assert_eq!(found.pop(), Some(false));
        assert!(found.into_iter().all(|ok| ok));
    }

    #[test]
    fn a_loop_without_end_is_stopped_at_its_line() {
        let text = texts::solution(Puzzle::UnpackInt4).replace("k++", "k += 0u");
        let mine = check(&text).unwrap_or_else(|d| panic!("{d:?}"));
        let model = check(texts::solution(Puzzle::UnpackInt4)).ok().unwrap();
        let case = &cases::of(Puzzle::UnpackInt4)[0];
        let found = judge::judge(&mine, &model, Puzzle::UnpackInt4, case).err().unwrap();
        let line = text.lines().position(|l| l.contains("k += 0u")).unwrap() as u32 + 1;
        assert_eq!(found.line, line, "{found:?}");
    }
}
