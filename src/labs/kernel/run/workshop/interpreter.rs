//! The interpreter of [`crate::wgsl`] as a device: host wrappers and their comparisons run on it as on a GPU.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::gpu::{Access, Dispatch, Gpu, Interpreter};
use crate::protocol::LabError;
use crate::wgsl::interpret::{Counts, Machine, Program};
use crate::wgsl::{Diagnostic, Valid, check};

/// More than any dispatch of ours takes on the shapes that are tried.
const OWN_STEPS: u64 = 1 << 32;

/// Runs dispatches, and counts the work of one kernel.
pub(super) struct Counting {
    kernel: &'static str,
    /// Texts that were read.
    read: RefCell<Vec<(Rc<str>, Rc<Valid>)>>,
    /// Instructions that a dispatch of the kernel may take.
    limit: Cell<u64>,
    counts: Cell<Counts>,
    entries: RefCell<Vec<&'static str>>,
    stopped: RefCell<Option<Diagnostic>>,
}

/// What the dispatches of the kernel did since [`Counting::begin`].
pub(super) struct Counted {
    pub(super) counts: Counts,
    /// The entry points that ran.
    pub(super) entries: Vec<&'static str>,
    /// Where the text was stopped.
    pub(super) stopped: Option<Diagnostic>,
}

impl Counting {
    /// Counts the work of `kernel`; a GPU that it runs.
    pub(super) fn gpu(kernel: &'static str) -> (Rc<Counting>, Gpu) {
        let counting = Rc::new(Counting {
            kernel,
            read: RefCell::default(),
            limit: Cell::new(OWN_STEPS),
            counts: Cell::default(),
            entries: RefCell::default(),
            stopped: RefCell::default(),
        });
        (counting.clone(), Gpu::interpreted(counting))
    }

    /// Begins to count; a dispatch ends after `limit` instructions.
    pub(super) fn begin(&self, limit: Option<u64>) {
        self.limit.set(limit.unwrap_or(OWN_STEPS));
        self.counts.set(Counts::default());
        self.entries.borrow_mut().clear();
        self.stopped.borrow_mut().take();
    }

    /// What was counted.
    pub(super) fn end(&self) -> Counted {
        Counted { counts: self.counts.get(), entries: self.entries.take(), stopped: self.stopped.borrow_mut().take() }
    }

    fn valid(&self, source: &str) -> Result<Rc<Valid>, Diagnostic> {
        if let Some((_, valid)) = self.read.borrow().iter().find(|(text, _)| &**text == source) {
            return Ok(valid.clone());
        }
        let valid = Rc::new(check(source).map_err(|mut found| found.swap_remove(0))?);
        self.read.borrow_mut().push((source.into(), valid.clone()));
        Ok(valid)
    }

    fn execute(&self, dispatch: &Dispatch<'_>, is_counted: bool) -> Result<(), Diagnostic> {
        let valid = self.valid(dispatch.source)?;
        let program = Program::new(&valid, dispatch.kernel.entry, dispatch.overrides)?;
        let storage = || dispatch.kernel.bindings.iter().zip(dispatch.buffers);
        let mut given = vec![(0, 0, words_of(dispatch.params))];
        for ((binding, _), buffer) in storage() {
            given.push((0, *binding, buffer.words().map(|words| words.borrow().clone()).unwrap_or_default()));
        }
        let limit = if is_counted { self.limit.get() } else { OWN_STEPS };
        let mut machine = Machine::new(&program, given, limit);
        let (x, y) = dispatch.workgroups;
        let outcome = machine.dispatch([x, y, 1]);
        if is_counted {
            self.counts.set(self.counts.get() + machine.counts());
        }
        outcome?;
        for ((binding, access), buffer) in storage() {
            let result = machine.buffer(0, *binding);
            // A binding that the entry point does not use stays as it is.
            if let (Access::Write, Some(words), false) = (access, buffer.words(), result.is_empty()) {
                words.borrow_mut().copy_from_slice(result);
            }
        }
        Ok(())
    }
}

/// Parameters as words; a device binds more than they are, and what follows them is zeros.
fn words_of(bytes: &[u8]) -> Vec<u32> {
    let mut words: Vec<u32> = bytes
        .chunks(4)
        .map(|chunk| {
            let mut word = [0; 4];
            word[..chunk.len()].copy_from_slice(chunk);
            u32::from_le_bytes(word)
        })
        .collect();
    words.resize(words.len().next_multiple_of(4), 0);
    words
}

impl Interpreter for Counting {
    fn dispatch(&self, dispatch: &Dispatch<'_>) -> Result<(), LabError> {
        let is_counted = dispatch.kernel.name == self.kernel;
        if is_counted && !self.entries.borrow().contains(&dispatch.kernel.entry) {
            self.entries.borrow_mut().push(dispatch.kernel.entry);
        }
        self.execute(dispatch, is_counted).map_err(|stopped| {
            let message = format!("line {}: {}", stopped.line, stopped.message);
            if is_counted {
                *self.stopped.borrow_mut() = Some(stopped);
            }
            LabError::Kernel { kernel: dispatch.kernel.name.into(), message }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernels::{ALL, trials};
    use crate::labs::kernel::run::sources::entries;

    /// What a trial may take: about a second in a browser on a slow machine.
    const BEARABLE: u64 = 55_000_000;

    #[test]
    fn every_kernel_of_ours_agrees_with_its_reference_on_the_interpreter_in_every_version() {
        let mut faults = Vec::new();
        for kernel in ALL {
            let (counting, gpu) = Counting::gpu(kernel.name);
            let mut seen: Vec<&str> = Vec::new();
            for trial in trials::of(kernel.name) {
                counting.begin(None);
                let judged = pollster::block_on(trial.judge(&gpu));
                let counted = counting.end();
                let what = format!("{} {:?} {}", kernel.name, counted.entries, trial.shape);
                match judged {
                    Ok(worst) if worst <= 1.0 => {}
                    Ok(worst) => faults.push(format!("{what}: off by {worst} tolerances")),
                    Err(error) => faults.push(format!("{what}: {error}: {:?}", counted.stopped)),
                }
                if counted.counts.instructions > BEARABLE {
                    faults.push(format!("{what}: {} instructions", counted.counts.instructions));
                }
                seen.extend(counted.entries);
            }
            for entry in entries(kernel.source) {
                if !seen.contains(&entry) {
                    faults.push(format!("{}: {entry} is never tried", kernel.name));
                }
            }
        }
        assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
    }
}
