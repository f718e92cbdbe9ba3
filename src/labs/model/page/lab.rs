//! The state of the lab and the runs that follow from it.

use std::sync::Arc;

use leptos::prelude::*;

use super::words::Words;
use crate::labs::Command;
use crate::labs::model::{Candidate, Config, Task, series, tables, tensors};
use crate::protocol::Tensor;
use crate::ui::{Later, RunStatus, RunView, Runner};

/// A prompt that is being typed is looked at this much later.
const LOOK_AFTER_MILLIS: u64 = 350;

/// Handles to everything on the page.
#[derive(Clone, Copy)]
pub(super) struct Lab {
    pub(super) runner: Runner,
    pub(super) config: RwSignal<Config>,
    /// Looks and generations: the later one replaces what the former brought.
    pub(super) run: RunView,
    pub(super) cache: RunView,
    /// What the run going on, or the last one, was asked with.
    pub(super) asked: RwSignal<Option<Config>>,
    /// The tokens after the prompt, as they arrive: number and milliseconds.
    pub(super) generated: Memo<Arc<Vec<[f64; 2]>>>,
    /// The numbers of the prompt's tokens, the one that begins a text first.
    pub(super) prompt: Memo<Arc<Vec<u32>>>,
    pub(super) words: Memo<Arc<Words>>,
    /// The step whose probabilities are shown; `None` follows the last one.
    pub(super) at: RwSignal<Option<usize>>,
    /// Whether a generation was asked for since the prompt changed.
    pub(super) is_generation: RwSignal<bool>,
}

/// Whether two configurations have the same tokens before the first one that is drawn.
fn same_beginning(a: &Config, b: &Config) -> bool {
    a.prompt == b.prompt && a.given == b.given
}

impl Lab {
    /// The state at the start; nothing runs yet.
    pub(super) fn new(config: Config) -> Lab {
        let run = RunView::new();
        Lab {
            runner: Runner::current(),
            config: RwSignal::new(config),
            run,
            cache: RunView::new(),
            asked: RwSignal::new(None),
            generated: Memo::new(move |_| run.series.with(|s| s.get(series::GENERATED).cloned().unwrap_or_default())),
            prompt: Memo::new(move |_| {
                let table = run.table(tables::TOKENS);
                let ids =
                    table.map(|t| (0..t.rows.len()).filter_map(|i| t.number(i, "id").map(|v| v as u32)).collect());
                Arc::new(ids.unwrap_or_default())
            }),
            words: Memo::new(move |_| {
                Arc::new(run.table(tables::VOCABULARY).map(|t| Words::new(&t)).unwrap_or_default())
            }),
            at: RwSignal::new(None),
            is_generation: RwSignal::new(false),
        }
    }

    /// Looks at the prompt, and again whenever it is another one.
    pub(super) fn start(self) {
        // A link with chosen tokens shows the text that follows them, as its sender saw it.
        if self.config.with_untracked(|c| c.given.is_empty()) {
            self.look()
        } else {
            self.generate()
        }
        let due = Later::new(Callback::new(move |()| {
            if self.is_outdated() {
                self.look();
            }
        }));
        Effect::new(move || {
            self.config.track();
            if self.is_outdated() {
                due.within(LOOK_AFTER_MILLIS);
            }
        });
    }

    fn is_outdated(self) -> bool {
        self.config.with_untracked(|c| self.asked.with_untracked(|a| a.as_ref().is_none_or(|a| !same_beginning(a, c))))
    }

    fn ask(self, task: fn(Config) -> Task) {
        let config = self.config.get_untracked();
        self.asked.set(Some(config.clone()));
        self.at.set(None);
        self.runner.run(self.run, &Command::Model { task: task(config) });
    }

    /// Sends the prompt through the model once.
    pub(super) fn look(self) {
        self.is_generation.set(false);
        self.ask(|config| Task::Look { config });
    }

    /// Generates with the configuration as it is.
    pub(super) fn generate(self) {
        self.is_generation.set(true);
        self.ask(|config| Task::Generate { config });
    }

    /// Generates from the prompt, without any chosen token.
    pub(super) fn generate_anew(self) {
        if self.config.with_untracked(|c| !c.given.is_empty()) {
            self.config.update(|c| c.given.clear());
        }
        self.generate();
    }

    /// Puts `id` at `step` and generates from there.
    pub(super) fn choose(self, step: usize, id: u32) {
        let mut given: Vec<u32> = self.generated.with_untracked(|g| g.iter().take(step).map(|t| t[0] as u32).collect());
        given.push(id);
        self.config.update(|c| c.given = given);
        self.generate();
    }

    /// Another experiment; what was chosen by hand belongs to the old one.
    pub(super) fn set_prompt(self, prompt: String) {
        self.config.update(|c| {
            c.prompt = prompt;
            c.given.clear();
        });
    }

    /// The step whose probabilities are shown: the chosen one, or the last that has arrived.
    pub(super) fn step(self) -> usize {
        let last = self.generated.with(|g| g.len());
        let known = |step: usize| self.run.tensors.with(|t| t.contains_key(&tensors::logits(step)));
        match self.at.get() {
            Some(step) if step <= last => step,
            _ if known(last) || last == 0 => last,
            _ => last - 1,
        }
    }

    /// The logits of a step.
    pub(super) fn logits(self, step: usize) -> Option<Arc<Tensor>> {
        self.run.tensors.with(|t| t.get(&tensors::logits(step)).cloned())
    }

    /// The candidates of a step under the settings of this moment.
    pub(super) fn candidates(self, step: usize) -> Option<Vec<Candidate>> {
        let logits = self.logits(step)?;
        Some(self.config.with(|c| c.candidates(&logits.values)))
    }

    /// Whether the run that feeds the page is going on.
    pub(super) fn is_busy(self) -> bool {
        self.run.status.with(RunStatus::is_busy)
    }
}
