//! One text on one case, beside the model solution.

use super::cases::Case;
use crate::labs::kernel::Puzzle;
use crate::protocol::Cell;
use crate::wgsl::interpret::{Counts, Machine, Program};
use crate::wgsl::{Diagnostic, Valid};

/// A text that does this many times the work of the model solution never ends, for all that a learner waits.
const ENDLESS: u64 = 30;
/// What even the smallest case may take.
const LEAST_STEPS: u64 = 200_000;
/// The model solution's own limit; its cases take a hundredth of that.
const MODEL_STEPS: u64 = 50_000_000;
/// A text is quick enough if it reads at most this much more, and executes at most this many times as much, as the model.
const MORE_READS: f64 = 1.25;
const MORE_STEPS: f64 = 2.0;

/// What one case showed.
pub(super) struct Verdict {
    /// The largest error in multiples of what is allowed, and where it was.
    worst: f64,
    at: usize,
    expected: f64,
    got: f64,
    mine: Counts,
    model: Counts,
}

impl Verdict {
    /// Compares the words of an output with what is expected.
    pub(super) fn new(words: &[u32], case: &Case, mine: Counts, model: Counts) -> Verdict {
        let value = |word: &u32| if case.integers { f64::from(*word as i32) } else { f64::from(f32::from_bits(*word)) };
        let mut verdict = Verdict { worst: 0.0, at: 0, expected: 0.0, got: 0.0, mine, model };
        for (at, (got, expected)) in words.iter().map(value).zip(&case.expected).enumerate() {
            let error = (got - expected.value).abs();
            // An exact value allows nothing: any error is endless; so is one that is not a number.
            let worst = if error == 0.0 {
                0.0
            } else if expected.allowed > 0.0 && error.is_finite() {
                error / expected.allowed
            } else {
                f64::INFINITY
            };
            if worst > verdict.worst {
                verdict = Verdict { worst, at, expected: expected.value, got, ..verdict };
            }
        }
        verdict
    }

    pub(super) fn is_ok(&self) -> bool {
        self.worst <= 1.0
    }

    /// The row of the table; `note` follows the shape.
    pub(super) fn row(&self, case: &Case, note: &str) -> Vec<Cell> {
        let shape = [&case.shape, note].concat();
        let ok = f64::from(u8::from(self.is_ok()));
        let at = format!("[{}]", self.at);
        vec![
            check(case).into(),
            shape.as_str().into(),
            ok.into(),
            Cell::from_f64(self.worst),
            at.as_str().into(),
            Cell::from_f64(self.expected),
            Cell::from_f64(self.got),
        ]
    }
}

fn check(case: &Case) -> &'static str {
    if case.is_odd { "odd_shape" } else { "correct" }
}

/// The row of a case on which the text was stopped.
pub(super) fn stopped_row(case: &Case) -> Vec<Cell> {
    let nothing = || Cell::from("–");
    vec![check(case).into(), case.shape.as_str().into(), 0.0.into(), nothing(), nothing(), nothing(), nothing()]
}

/// The work of all cases.
#[derive(Default)]
pub(super) struct Work {
    reads: (u64, u64),
    steps: (u64, u64),
}

impl Work {
    pub(super) fn add(&mut self, verdict: &Verdict) {
        let Verdict { mine, model, .. } = verdict;
        self.reads = (self.reads.0 + mine.words_read, self.reads.1 + model.words_read);
        self.steps = (self.steps.0 + mine.instructions, self.steps.1 + model.instructions);
    }

    /// How many times the allowed work was done: reads, steps.
    fn shares(&self) -> (f64, f64) {
        let share = |(mine, model): (u64, u64), more| mine as f64 / (model as f64 * more);
        (share(self.reads, MORE_READS), share(self.steps, MORE_STEPS))
    }

    pub(super) fn is_ok(&self) -> bool {
        let (reads, steps) = self.shares();
        reads.max(steps) <= 1.0
    }

    /// The row about speed; `reads` and `steps` are keys.
    pub(super) fn row(&self) -> Vec<Cell> {
        let (reads, steps) = self.shares();
        let (what, (mine, model)) = if reads >= steps { ("reads", self.reads) } else { ("steps", self.steps) };
        let ok = f64::from(u8::from(self.is_ok()));
        let numbers = [mine as f64, model as f64];
        vec![
            "speed".into(),
            "".into(),
            ok.into(),
            reads.max(steps).into(),
            what.into(),
            numbers[1].into(),
            numbers[0].into(),
        ]
    }
}

fn execute(text: &Valid, puzzle: Puzzle, case: &Case, limit: u64) -> Result<(Vec<u32>, Counts), Diagnostic> {
    let program = Program::new(text, puzzle.key(), &[])?;
    let output = case.inputs.len() as u32 + 1;
    let mut given = vec![(0, 0, case.params.clone())];
    given.extend(case.inputs.iter().enumerate().map(|(i, words)| (0, i as u32 + 1, words.clone())));
    given.push((0, output, vec![0; case.expected.len()]));
    let mut machine = Machine::new(&program, given, limit);
    machine.dispatch(case.groups)?;
    Ok((machine.buffer(0, output).to_vec(), machine.counts()))
}

/// Runs both texts on a case and compares the learner's result with the reference.
///
/// # Errors
/// Where the text was stopped.
pub(super) fn judge(mine: &Valid, model: &Valid, puzzle: Puzzle, case: &Case) -> Result<Verdict, Diagnostic> {
    let (_, model) = execute(model, puzzle, case, MODEL_STEPS)?;
    let limit = model.instructions * ENDLESS + LEAST_STEPS;
    let (words, mine) = execute(mine, puzzle, case, limit)?;
    Ok(Verdict::new(&words, case, mine, model))
}
