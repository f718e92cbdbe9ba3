//! The state of the lab and the runs that follow from it.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;

use super::measured::{Ceilings, Measured, same_products};
use crate::labs::Command;
use crate::labs::kernel::{Config, Task, tables};
use crate::protocol::Table;
use crate::ui::{Later, RunStatus, RunView, Runner};

/// A batch size that the sweep did not measure is measured once the slider rests this long.
const MEASURE_AFTER_MILLIS: u64 = 250;

/// Handles to everything on the page.
#[derive(Clone, Copy)]
pub(super) struct Lab {
    pub(super) runner: Runner,
    pub(super) config: RwSignal<Config>,
    /// The kernel whose source is shown, and the version in it; empty until one is chosen.
    pub(super) kernel: RwSignal<String>,
    pub(super) entry: RwSignal<String>,
    /// What the workshop works on: the key of a puzzle, or the name of a kernel.
    pub(super) bench: RwSignal<String>,
    pub(super) times: RunView,
    pub(super) sweep: RunView,
    pub(super) ladder: RunView,
    pub(super) sources: RunView,
    pub(super) measured: RwSignal<Option<Arc<Measured>>>,
    pub(super) ceilings: Memo<Option<Ceilings>>,
    /// What the latest times and the latest sweep were asked with.
    timed: StoredValue<Option<Config>>,
    swept: StoredValue<Option<Config>>,
    /// A sweep follows the times that are being measured.
    then_sweep: StoredValue<bool>,
}

type Tables = BTreeMap<String, Arc<Table>>;

impl Lab {
    /// The state at the start; nothing runs yet.
    pub(super) fn new(config: Config) -> Lab {
        let (times, sweep, roof) = (RunView::new(), RunView::new(), RunView::new());
        let runner = Runner::current();
        runner.run(roof, &Command::Kernel { task: Task::Ceilings });
        let ceilings = Memo::new(move |_| {
            let read = |view: RunView| view.table(tables::CEILINGS).and_then(|t| Ceilings::read(&t));
            read(times).or_else(|| read(sweep)).or_else(|| read(roof))
        });
        Lab {
            runner,
            config: RwSignal::new(config),
            kernel: RwSignal::default(),
            entry: RwSignal::default(),
            bench: RwSignal::default(),
            times,
            sweep,
            ladder: RunView::new(),
            sources: RunView::new(),
            measured: RwSignal::new(None),
            ceilings,
            timed: StoredValue::new(None),
            swept: StoredValue::new(None),
            then_sweep: StoredValue::new(false),
        }
    }

    /// Takes up what runs bring.
    pub(super) fn start(self) {
        self.runner.run(self.sources, &Command::Kernel { task: Task::Sources });
        Effect::new(move || self.times.tables.with(|t| self.take(t, tables::TIMES, self.timed, self.times)));
        Effect::new(move || self.sweep.tables.with(|t| self.take(t, tables::SWEEP, self.swept, self.sweep)));
        Effect::new(move || {
            let done = matches!(self.times.status.get(), RunStatus::Done { .. });
            if done && self.then_sweep.get_value() {
                self.then_sweep.set_value(false);
                if let Some(config) = self.timed.get_value() {
                    self.swept.set_value(Some(config.clone()));
                    self.runner.run(self.sweep, &Command::Kernel { task: Task::Sweep { config } });
                }
            }
        });
        let rested = Later::new(Callback::new(move |()| self.measure_batch()));
        Effect::new(move || {
            self.config.track();
            rested.within(MEASURE_AFTER_MILLIS);
        });
    }

    /// Measures the shape of the configuration: first its own batch size, then all the others.
    pub(super) fn run(self) {
        let config = self.config.get_untracked();
        self.runner.stop(self.sweep);
        self.then_sweep.set_value(true);
        self.time(config);
    }

    fn time(self, config: Config) {
        self.timed.set_value(Some(config.clone()));
        self.runner.run(self.times, &Command::Kernel { task: Task::Time { config } });
    }

    /// Measures the batch size of the slider, if all that is missing is that.
    fn measure_batch(self) {
        let config = self.config.get_untracked();
        let missing = self.measured.with_untracked(|m| {
            m.as_ref().is_some_and(|m| same_products(&m.config, &config) && m.at(config.batch).is_empty())
        });
        let busy = |view: RunView| view.status.with_untracked(RunStatus::is_busy);
        if missing && !busy(self.times) && !busy(self.sweep) {
            self.time(config);
        }
    }

    /// Puts the rows of a table to those of the same products; other products begin anew.
    fn take(self, all: &Tables, name: &str, asked: StoredValue<Option<Config>>, from: RunView) {
        let (Some(table), Some(config)) = (all.get(name), asked.get_value()) else { return };
        let tier = from.tier.get_untracked();
        self.measured.update(|measured| {
            let mut now = match measured {
                Some(m) if same_products(&m.config, &config) && m.tier == tier => (**m).clone(),
                _ => Measured { config, tier, rows: Vec::new() },
            };
            now.take(table);
            *measured = Some(Arc::new(now));
        });
    }

    /// What is known of the products that the controls describe; tracks.
    pub(super) fn current(self) -> Option<Arc<Measured>> {
        let measured = self.measured.get()?;
        self.config.with(|c| same_products(&measured.config, c)).then_some(measured)
    }

    /// Whether the controls have left what the pictures show; tracks.
    pub(super) fn is_stale(self) -> bool {
        self.measured.with(Option::is_some) && self.current().is_none()
    }
}
