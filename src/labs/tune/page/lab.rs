//! The state of the lab and the runs that follow from it.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;

use super::results::{Summary, Training, summaries, trainings};
use crate::labs::Command;
use crate::labs::tune::{Config, DataSettings, Method, Subject, Task, tables};
use crate::ui::{Later, RunStatus, RunView, Runner};

/// Data that are being chosen are looked at this much later.
const LOOK_AFTER_MILLIS: u64 = 250;

/// Handles to everything on the page.
#[derive(Clone, Copy)]
pub(super) struct Lab {
    pub(super) runner: Runner,
    pub(super) config: RwSignal<Config>,
    pub(super) look: RunView,
    pub(super) train: RunView,
    pub(super) shrink: RunView,
    pub(super) write: RunView,
    /// The list of kept trainings, and what changes it.
    pub(super) keep: RunView,
    pub(super) export: RunView,
    /// What the look going on, or the last one, was asked with.
    looked: RwSignal<Option<(DataSettings, u32)>>,
    /// What the training going on, or the last one, was asked with.
    pub(super) trained: RwSignal<Option<Config>>,
    /// The finished trainings of that run.
    pub(super) trainings: Memo<Arc<Vec<Training>>>,
    /// The same, a method a row.
    pub(super) summaries: Memo<Arc<Vec<Summary>>>,
    /// Whether nothing was asked for yet, neither by the address nor by the visitor: the guess is all there is to do.
    pub(super) is_fresh: Memo<bool>,
}

impl Lab {
    /// The state at the start; nothing runs yet. `is_asked` says that the address had a configuration, right or wrong.
    pub(super) fn new(config: Config, is_asked: bool) -> Lab {
        let train = RunView::new();
        let start = StoredValue::new(config.clone());
        let (config, trained) = (RwSignal::new(config), RwSignal::new(None));
        let finished =
            Memo::new(move |_| Arc::new(train.table(tables::RESULTS).map(|t| trainings(&t)).unwrap_or_default()));
        Lab {
            runner: Runner::current(),
            config,
            look: RunView::new(),
            train,
            shrink: RunView::new(),
            write: RunView::new(),
            keep: RunView::new(),
            export: RunView::new(),
            looked: RwSignal::new(None),
            trained,
            trainings: finished,
            summaries: Memo::new(move |_| Arc::new(finished.with(|all| summaries(all)))),
            is_fresh: Memo::new(move |_| {
                !is_asked && trained.with(Option::is_none) && config.with(|c| start.with_value(|s| c == s))
            }),
        }
    }

    /// Looks at the data and at what is kept, and from then on whenever the data change or a training ends.
    pub(super) fn start(self) {
        self.look_if_new();
        self.list_kept();
        let due = Later::new(Callback::new(move |()| self.look_if_new()));
        Effect::new(move || {
            self.config.track();
            if self.is_looked_otherwise() {
                due.within(LOOK_AFTER_MILLIS);
            }
        });
        Effect::new(move |was_busy: Option<bool>| {
            let busy = self.train.status.with(RunStatus::is_busy);
            if was_busy == Some(true) && !busy {
                self.list_kept();
                due.within(LOOK_AFTER_MILLIS);
            }
            busy
        });
    }

    /// Whether the task wants a file that nobody has opened yet.
    pub(super) fn lacks_file(self) -> bool {
        self.config.with(|c| c.data.subject == Subject::Own && c.data.file.is_empty())
    }

    fn is_looked_otherwise(self) -> bool {
        self.config
            .with(|c| self.looked.with(|l| l.as_ref().is_none_or(|(data, seed)| *data != c.data || *seed != c.seed)))
    }

    /// Looks at the data, unless that was done, there are none yet, or the worker trains: the look would wait for its end.
    fn look_if_new(self) {
        let wanted =
            untrack(|| self.is_looked_otherwise() && !self.lacks_file() && !self.train.status.with(RunStatus::is_busy));
        if wanted {
            self.look_now();
        }
    }

    /// Looks at the data: tables of the data and a few examples.
    pub(super) fn look_now(self) {
        let config = self.config.get_untracked();
        self.looked.set(Some((config.data.clone(), config.seed)));
        self.runner.run(self.look, &Command::Tune { task: Task::Look { config } });
    }

    /// Lists what is kept.
    pub(super) fn list_kept(self) {
        self.runner.run(self.keep, &Command::Tune { task: Task::Kept });
    }

    /// Trains every chosen method. What an earlier run found goes: its table would stand beside the new curves.
    pub(super) fn train_now(self) {
        if untrack(|| self.lacks_file()) {
            return;
        }
        let config = self.config.get_untracked();
        self.train.tables.update(BTreeMap::clear);
        self.trained.set(Some(config.clone()));
        self.runner.run(self.train, &Command::Tune { task: Task::Train { config } });
    }

    /// Trains what `change` makes of the starting point, and leaves the controls at it.
    pub(super) fn train_changed(self, change: impl FnOnce(&mut Config)) {
        let mut config = Config::default();
        config.data.tongue = self.config.with_untracked(|c| c.data.tongue);
        change(&mut config);
        self.config.set(config);
        self.train_now();
    }

    /// The mean length of the examples that are learned, in tokens, once they were looked at.
    pub(super) fn mean_tokens(self) -> Option<f64> {
        let table = self.look.table(tables::DATA)?;
        let row = (0..table.rows.len()).find(|i| table.text(*i, "split") == Some("train"))?;
        Some(table.number(row, "prompt_tokens")? + table.number(row, "answer_tokens")?)
    }

    /// Whether a training goes on, which everything else would have to wait for.
    pub(super) fn is_training(self) -> bool {
        self.train.status.with(RunStatus::is_busy) || self.shrink.status.with(RunStatus::is_busy)
    }

    /// The methods and the first seed of the last run; what the pictures draw.
    pub(super) fn drawn(self) -> Option<(Vec<Method>, u32)> {
        self.trained.with(|t| t.as_ref().map(|c| (in_order(&c.methods), c.seed)))
    }
}

/// Methods in the order of every table and legend.
pub(super) fn in_order(methods: &[Method]) -> Vec<Method> {
    Method::ALL.into_iter().filter(|m| methods.contains(m)).collect()
}

/// The sentence of a run that failed.
pub(super) fn failure(view: RunView, lang: crate::text::Lang) -> Signal<Option<String>> {
    Signal::derive(move || match view.status.get() {
        RunStatus::Failed(error) => Some(error.sentence(lang)),
        _ => None,
    })
}
