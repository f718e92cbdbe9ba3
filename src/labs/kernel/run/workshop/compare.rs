//! A learner's version of one of our kernels: on every ragged shape against the reference, then beside ours.
//!
//! Each shape is tried by the interpreter first: it is stricter than any GPU and ends what never would, at its line. On
//! the GPU tier the text then takes the place of the kernel's own on the device, is compared again there, and only a text
//! that is right everywhere is timed. On the CPU tier work is counted instead: a stopwatch on an interpreter says nothing.

use super::compiled::{Replaced, compile, complaint};
use super::interpreter::{Counted, Counting};
use super::{diagnostics, read, timing};
use crate::gpu::Gpu;
use crate::kernels::KernelEntry;
use crate::kernels::trials::{self, Sides, Trial};
use crate::labs::kernel::{Checked, tables};
use crate::labs::{Ctx, Device};
use crate::protocol::{Cell, LabError, Phase, Table};
use crate::wgsl::interpret::Counts;
use crate::wgsl::{Diagnostic, changed_entries};

/// A text may take so many times the work of ours ...
const MORE: u64 = 30;
/// ... but not so much more that a learner waits for seconds before being told that it never ends ...
const MOST_MORE: u64 = 60_000_000;
/// ... and at least this much.
const LEAST: u64 = 200_000;

/// What one shape showed.
enum Outcome {
    /// In multiples of what is allowed.
    Worst(f64),
    /// The text cannot go on, here.
    Stopped(Diagnostic),
}

/// A learner's version, while it is compared.
struct Comparison<'a> {
    kernel: &'static KernelEntry,
    source: &'a str,
    ctx: &'a Ctx,
    counting: std::rc::Rc<Counting>,
    interpreted: Gpu,
    /// The entry points that are looked at.
    watched: Vec<&'static str>,
    verdicts: Table,
    /// Work of ours and of theirs on the shapes that both finished.
    work: [Counts; 2],
}

/// Executes the attempt; emits [`tables::DIAGNOSTICS`], [`tables::VERDICTS`], [`tables::WORK`] and, on the GPU tier,
/// [`tables::BESIDE`].
///
/// # Errors
/// Stop, or what the device says.
pub(super) async fn compare(
    kernel: &'static KernelEntry,
    source: &str,
    config: &Checked,
    ctx: &Ctx,
) -> Result<(), LabError> {
    if let Err(found) = read(kernel.source, source)? {
        ctx.table(diagnostics(&found));
        return Ok(());
    }
    let all = crate::labs::kernel::run::sources::entries(kernel.source);
    let changed = changed_entries(kernel.source, source);
    let is_changed = |entry: &&str| changed.is_empty() || changed.iter().any(|c| c == entry);
    let (counting, mut interpreted) = Counting::gpu(kernel.name);
    if let Device::Gpu(gpu) = &ctx.device {
        // What the host would run on this device is what is looked at.
        interpreted.is_software = gpu.is_software();
    }
    let mut comparison = Comparison {
        kernel,
        source,
        ctx,
        counting,
        interpreted,
        watched: all.into_iter().filter(is_changed).collect(),
        verdicts: Table::new(tables::VERDICTS, &["check", "shape", "ok", "worst", "at", "expected", "got", "entry"]),
        work: [Counts::default(); 2],
    };
    if !comparison.on_ragged_shapes().await? {
        return Ok(());
    }
    ctx.table(comparison.work_table());
    if let Device::Gpu(gpu) = &ctx.device {
        comparison.beside(gpu, config).await?;
    }
    Ok(())
}

impl Comparison<'_> {
    /// Every shape; whether all are right.
    async fn on_ragged_shapes(&mut self) -> Result<bool, LabError> {
        let is_watched = |trial: &Trial| trial.entry.is_none_or(|entry| self.watched.contains(&entry));
        let trials: Vec<Trial> = trials::of(self.kernel.name).into_iter().filter(is_watched).collect();
        let mut is_right = true;
        // Theirs stays in the kernel's place over all shapes, so that it is compiled once; ours comes back at the end of
        // this function, however it ends.
        let ctx = self.ctx;
        let _replaced = match &ctx.device {
            Device::Gpu(gpu) => Some(Replaced::new(gpu, self.kernel.name, self.source)),
            Device::Cpu => None,
        };
        for (done, trial) in trials.iter().enumerate() {
            self.ctx.progress(Phase::Verifying, done as u64, trials.len() as u64);
            self.ctx.checkpoint().await?;
            self.counting.begin(None);
            trial.judge(&self.interpreted).await?;
            let ours = self.counting.end();
            self.ctx.progress(Phase::Verifying, done as u64, trials.len() as u64);
            self.ctx.checkpoint().await?;
            let Some(entry) = ours.entries.iter().find(|e| self.watched.contains(e)).copied() else { continue };
            let outcome = match self.interpret(trial, &ours).await? {
                Outcome::Worst(worst) if worst <= 1.0 => self.on_device(trial, worst).await?,
                other => other,
            };
            let stopped = match &outcome {
                Outcome::Worst(_) => None,
                Outcome::Stopped(found) => Some(found.clone()),
            };
            is_right &= matches!(outcome, Outcome::Worst(worst) if worst <= 1.0);
            self.push(trial, entry, &outcome);
            self.ctx.table(self.verdicts.clone());
            if let Some(found) = stopped {
                self.ctx.table(diagnostics(&[found]));
                return Ok(false);
            }
        }
        self.ctx.table(diagnostics(&[]));
        Ok(is_right)
    }

    /// Their text on the interpreter; keeps what it would run on a device.
    async fn interpret(&mut self, trial: &Trial, ours: &Counted) -> Result<Outcome, LabError> {
        let steps = ours.counts.instructions;
        self.counting.begin(Some((steps * MORE).min(steps + MOST_MORE) + LEAST));
        self.interpreted.replace_source(self.kernel.name, Some(self.source));
        self.interpreted.start_tape();
        let judged = trial.judge(&self.interpreted).await;
        self.interpreted.replace_source(self.kernel.name, None);
        let theirs = self.counting.end();
        if let Some(found) = theirs.stopped {
            return Ok(Outcome::Stopped(found));
        }
        let worst = judged?;
        self.work = [self.work[0] + ours.counts, self.work[1] + theirs.counts];
        Ok(Outcome::Worst(worst))
    }

    /// Their text on the device, where there is one: the worse of its disagreement and the interpreter's.
    async fn on_device(&self, trial: &Trial, interpreted: f64) -> Result<Outcome, LabError> {
        let tape = self.interpreted.take_tape();
        let Device::Gpu(gpu) = &self.ctx.device else { return Ok(Outcome::Worst(interpreted)) };
        let judged = match compile(gpu, self.kernel.name, &tape, self.ctx).await {
            Ok(()) => trial.judge(gpu).await,
            Err(error) => Err(error),
        };
        match judged {
            Ok(worst) => Ok(Outcome::Worst(worst.max(interpreted))),
            Err(error) => complaint(self.kernel.name, error).map(Outcome::Stopped),
        }
    }

    fn push(&mut self, trial: &Trial, entry: &str, outcome: &Outcome) {
        let ok = matches!(outcome, Outcome::Worst(worst) if *worst <= 1.0);
        let worst = match outcome {
            Outcome::Worst(worst) => Cell::from_f64(*worst),
            Outcome::Stopped(_) => "–".into(),
        };
        let nothing = || Cell::from("–");
        self.verdicts.rows.push(vec![
            "odd_shape".into(),
            trial.shape.as_str().into(),
            f64::from(u8::from(ok)).into(),
            worst,
            nothing(),
            nothing(),
            nothing(),
            entry.into(),
        ]);
    }

    fn work_table(&self) -> Table {
        let columns = ["version", "reads", "multiplications", "steps", "writes", "barriers"];
        let mut table = Table::new(tables::WORK, &columns);
        for (version, counts) in ["ours", "yours"].into_iter().zip(self.work) {
            let numbers =
                [counts.words_read, counts.multiplications, counts.instructions, counts.words_written, counts.barriers];
            let cells = numbers.map(|n| Cell::from(n as f64));
            table.rows.push(std::iter::once(version.into()).chain(cells).collect());
        }
        table
    }

    /// At the lab's shape: right there as well, then timed.
    async fn beside(&mut self, gpu: &Gpu, config: &Checked) -> Result<(), LabError> {
        let [m, k, n, r] = [config.batch, config.inputs, config.outputs, config.rank].map(|v| v as usize);
        let trials = trials::at(gpu, self.kernel.name, Sides { m, k, n, r });
        let mut table = timing::table();
        for entries in timing::timed(&self.watched, self.kernel.name, config, gpu) {
            let entry = if entries.len() == 1 { entries[0] } else { self.kernel.name };
            let is_it = |trial: &&Trial| trial.entry.is_none_or(|e| entries.contains(&e));
            for trial in trials.iter().filter(is_it) {
                self.ctx.progress(Phase::Computing, table.rows.len() as u64, self.watched.len() as u64);
                self.ctx.checkpoint().await?;
                gpu.start_tape();
                let judged = trial.judge(gpu).await;
                let mut tape = gpu.take_tape();
                judged?;
                tape.retain(|recorded| entries.contains(&recorded.kernel.entry));
                if tape.is_empty() {
                    continue;
                }
                let outcome = {
                    let _replaced = Replaced::new(gpu, self.kernel.name, self.source);
                    compile(gpu, self.kernel.name, &tape, self.ctx).await?;
                    Outcome::Worst(trial.judge(gpu).await?)
                };
                self.push(trial, entry, &outcome);
                self.ctx.table(self.verdicts.clone());
                if !matches!(outcome, Outcome::Worst(worst) if worst <= 1.0) {
                    return Ok(());
                }
                table.rows.extend(timing::rows(gpu, entry, &trial.shape, &tape, self.source, self.ctx).await?);
                self.ctx.table(table.clone());
                break;
            }
        }
        Ok(())
    }
}
