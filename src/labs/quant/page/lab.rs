//! The state of the lab and the runs that follow from it.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;

use crate::labs::Command;
use crate::labs::quant::{Config, QuantSpec, Source, Task, View, tables, tensors};
use crate::protocol::Table;
use crate::ui::{Grid, Later, Linked, RunStatus, RunView, Runner, Window};

/// A slider that moves asks for a new measurement at most this often.
const MEASURE_EVERY_MILLIS: u64 = 80;
/// A measurement this young is let finish before a newer one takes its place, so that a fast device draws while the
/// slider moves; an older one is stopped, so that a slow device answers the latest wish.
const LET_FINISH_MILLIS: f64 = 300.0;
const LOOK_EVERY_MILLIS: u64 = 40;
const WEIGHT_EVERY_MILLIS: u64 = 60;

/// What one measurement gave, whole.
#[derive(Clone, Debug)]
pub(super) struct Results {
    pub(super) config: Config,
    pub(super) tables: BTreeMap<String, Arc<Table>>,
    pub(super) elapsed_millis: f64,
}

impl Results {
    pub(super) fn table(&self, name: &str) -> Option<&Table> {
        self.tables.get(name).map(|t| &**t)
    }

    /// A number of the table of metrics.
    pub(super) fn metric(&self, format: usize, column: &str) -> Option<f64> {
        self.table(tables::METRICS)?.number(format, column)
    }

    /// A number of the one row that describes the matrix.
    pub(super) fn matrix(&self, column: &str) -> Option<f64> {
        self.table(tables::MATRIX)?.number(0, column)
    }

    /// The rows of one format in a table that lists several rows a format.
    pub(super) fn rows_of<const N: usize>(&self, name: &str, format: usize, columns: [&str; N]) -> Vec<[f64; N]> {
        self.table(name).map_or(Vec::new(), |t| rows_of(t, format, columns))
    }
}

/// The rows of one format, each as its numbers in `columns`.
pub(super) fn rows_of<const N: usize>(table: &Table, format: usize, columns: [&str; N]) -> Vec<[f64; N]> {
    let mine = |i: &usize| table.number(*i, "format") == Some(format as f64);
    let numbers = |i| columns.map(|c| table.number(i, c).unwrap_or(f64::NAN));
    (0..table.rows.len()).filter(mine).map(numbers).collect()
}

/// The arithmetic of one weight, and the levels that its scale groups can take.
#[derive(Clone, Debug)]
pub(super) struct Sums {
    pub(super) formats: Vec<QuantSpec>,
    pub(super) weight: Arc<Table>,
    pub(super) levels: Arc<Table>,
}

impl Sums {
    /// Row and column of the weight.
    fn place(&self) -> Option<(u32, u32)> {
        Some((self.weight.number(0, "row")? as u32, self.weight.number(0, "col")? as u32))
    }
}

/// The heatmaps of one view.
#[derive(Clone, Debug)]
pub(super) struct Picture {
    pub(super) view: View,
    pub(super) original: Grid,
    pub(super) dequantized: Grid,
    pub(super) error: Grid,
    pub(super) index: Grid,
}

/// Handles to everything on the page.
#[derive(Clone, Copy)]
pub(super) struct Lab {
    pub(super) runner: Runner,
    pub(super) config: RwSignal<Config>,
    pub(super) measure: RunView,
    pub(super) look: RunView,
    pub(super) weight: RunView,
    pub(super) sweep: RunView,
    pub(super) open: RunView,
    pub(super) results: RwSignal<Option<Arc<Results>>>,
    pub(super) picture: RwSignal<Option<Arc<Picture>>>,
    pub(super) sums: RwSignal<Option<Arc<Sums>>>,
    pub(super) linked: Linked,
    /// What the measurement going on, or the last one, was asked with; and when.
    asked: StoredValue<Option<(Config, f64)>>,
    looked: StoredValue<Option<Config>>,
    summed: StoredValue<Option<Config>>,
}

/// Whether two configurations need the same measurement; the view does not matter.
pub(super) fn same_measurement(a: &Config, b: &Config) -> bool {
    a.source == b.source && a.formats == b.formats && a.activations == b.activations
}

fn now_millis() -> f64 {
    window().performance().map_or(0.0, |p| p.now())
}

/// The window that a view means in a matrix of this size.
fn window_of(view: View, size: (u32, u32)) -> Window {
    let rows = if view.rows == 0 { size.0 } else { view.rows };
    let cols = if view.cols == 0 { size.1 } else { view.cols };
    Window { row: view.row, col: view.col, rows, cols }.inside(size)
}

impl Lab {
    /// The state at the start; nothing runs yet.
    pub(super) fn new(config: Config) -> Lab {
        let config = RwSignal::new(config);
        let results = RwSignal::new(None::<Arc<Results>>);
        let picture = RwSignal::new(None::<Arc<Picture>>);
        let size = Memo::new(move |_| {
            let measured = results.with(|r| {
                let r = r.as_ref()?;
                let same = config.with(|c| c.source == r.config.source);
                same.then_some((r.matrix("rows")? as u32, r.matrix("cols")? as u32))
            });
            measured.unwrap_or_else(|| {
                config.with(|c| match c.source {
                    Source::Seeded { rows, cols, .. } => (rows, cols),
                    // Not known before it was read.
                    Source::File { .. } => (1, 1),
                })
            })
        });
        let linked = Linked {
            size: size.into(),
            window: Memo::new(move |_| window_of(config.with(|c| c.view), size.get())).into(),
            on_window: Callback::new(move |w: Window| {
                let whole = w == Window::all(size.get_untracked());
                config.update(|c| {
                    let selected = c.view.selected;
                    c.view = if whole {
                        View { selected, ..View::default() }
                    } else {
                        View { row: w.row, col: w.col, rows: w.rows, cols: w.cols, selected }
                    };
                });
            }),
            cursor: RwSignal::new(None),
            pinned: RwSignal::new(false),
            index: Signal::derive(move || picture.with(|p| p.as_ref().map(|p| p.index.clone()))),
        };
        Lab {
            runner: Runner::current(),
            config,
            measure: RunView::new(),
            look: RunView::new(),
            weight: RunView::new(),
            sweep: RunView::new(),
            open: RunView::new(),
            results,
            picture,
            sums: RwSignal::new(None),
            linked,
            asked: StoredValue::new(None),
            looked: StoredValue::new(None),
            summed: StoredValue::new(None),
        }
    }

    /// Measures once, and from then on whenever the configuration changes.
    pub(super) fn start(self) {
        self.measure_now();
        let soon = StoredValue::new(None::<Later>);
        let due = Later::new(Callback::new(move |()| {
            let young = self.asked.with_value(|a| a.as_ref().is_some_and(|a| now_millis() - a.1 < LET_FINISH_MILLIS));
            if young && self.measure.status.with_untracked(RunStatus::is_busy) {
                if let Some(later) = soon.get_value() {
                    later.within(MEASURE_EVERY_MILLIS);
                }
            } else if self.is_outdated() {
                self.measure_now();
            }
        }));
        soon.set_value(Some(due));
        let look_due = Later::new(Callback::new(move |()| self.look_now()));
        Effect::new(move || {
            self.config.track();
            if self.is_outdated() {
                due.within(MEASURE_EVERY_MILLIS);
            } else {
                look_due.within(LOOK_EVERY_MILLIS);
            }
        });
        Effect::new(move || {
            if let RunStatus::Done { elapsed_millis } = self.measure.status.get()
                && let Some((config, _)) = self.asked.get_value()
            {
                self.take_sums(self.measure, &config);
                self.take_picture(self.measure, &config);
                let tables = self.measure.tables.get_untracked();
                self.results.set(Some(Arc::new(Results { config, tables, elapsed_millis })));
                // The view may have moved while this was measured.
                look_due.within(LOOK_EVERY_MILLIS);
            }
        });
        Effect::new(move || {
            if let RunStatus::Done { .. } = self.look.status.get()
                && let Some(config) = self.looked.get_value()
            {
                self.take_picture(self.look, &config);
                look_due.within(LOOK_EVERY_MILLIS);
            }
        });
        Effect::new(move || {
            if let RunStatus::Done { .. } = self.weight.status.get()
                && let Some(config) = self.summed.get_value()
            {
                self.take_sums(self.weight, &config);
            }
        });
        self.follow_cursor();
    }

    /// Asks for the arithmetic of the weight under the cursor whenever it, or the measurement, is another one.
    fn follow_cursor(self) {
        let again = StoredValue::new(None::<Later>);
        let due = Later::new(Callback::new(move |()| {
            if self.weight.status.with_untracked(RunStatus::is_busy) {
                if let Some(later) = again.get_value() {
                    later.within(WEIGHT_EVERY_MILLIS);
                }
                return;
            }
            let config = self.results.with_untracked(|r| r.as_ref().map(|r| r.config.clone()));
            if let (Some(config), Some((row, col))) = (config, self.linked.cursor.get_untracked()) {
                let known = self.sums.with_untracked(|s| {
                    s.as_ref().is_some_and(|s| s.place() == Some((row, col)) && s.formats == config.formats)
                });
                let same_weights = self.summed.with_value(|s| s.as_ref().is_some_and(|s| same_measurement(s, &config)));
                if known && same_weights {
                    return;
                }
                self.summed.set_value(Some(config.clone()));
                self.runner.run(self.weight, &Command::Quant { task: Task::Weight { config, row, col } });
            }
        }));
        again.set_value(Some(due));
        Effect::new(move || {
            self.results.track();
            if self.linked.cursor.get().is_some() {
                due.within(WEIGHT_EVERY_MILLIS);
            }
        });
    }

    fn is_outdated(self) -> bool {
        self.config.with_untracked(|c| self.asked.with_value(|a| a.as_ref().is_none_or(|a| !same_measurement(&a.0, c))))
    }

    /// Measures the configuration as it is.
    pub(super) fn measure_now(self) {
        let config = self.config.get_untracked();
        self.asked.set_value(Some((config.clone(), now_millis())));
        self.runner.run(self.measure, &Command::Quant { task: Task::Measure { config } });
    }

    /// Draws the view of the configuration, if the picture shows another one and nothing newer is under way.
    fn look_now(self) {
        let config = self.config.get_untracked();
        let shown = self.picture.with_untracked(|p| p.as_ref().is_some_and(|p| p.view == config.view));
        let measuring = self.measure.status.with_untracked(RunStatus::is_busy);
        if shown || measuring || self.look.status.with_untracked(RunStatus::is_busy) || self.is_outdated() {
            return;
        }
        // A view that failed once is not asked for again and again.
        if matches!(self.look.status.get_untracked(), RunStatus::Failed(_))
            && self.looked.with_value(|l| l.as_ref() == Some(&config))
        {
            return;
        }
        self.looked.set_value(Some(config.clone()));
        self.runner.run(self.look, &Command::Quant { task: Task::Look { config } });
    }

    /// Takes the four tensors of a finished run as one picture.
    fn take_picture(self, from: RunView, config: &Config) {
        let size = from.tables.with_untracked(|t| {
            let matrix = t.get(tables::MATRIX)?;
            Some((matrix.number(0, "rows")? as u32, matrix.number(0, "cols")? as u32))
        });
        let window = window_of(config.view, size.unwrap_or_else(|| self.linked.size.get_untracked()));
        let picture = from.tensors.with_untracked(|all| {
            let grid = |name: &str| Some(Grid { window, tensor: all.get(name)?.clone() });
            Some(Picture {
                view: config.view,
                original: grid(tensors::ORIGINAL)?,
                dequantized: grid(tensors::DEQUANTIZED)?,
                error: grid(tensors::ERROR)?,
                index: grid(tensors::INDEX)?,
            })
        });
        let Some(picture) = picture else { return };
        let size = size.unwrap_or_else(|| self.linked.size.get_untracked());
        if !self.linked.cursor.get_untracked().is_some_and(|(r, c)| r < size.0 && c < size.1) {
            // The run chose the weight in view that suffers most: the most telling one to begin with.
            self.linked.cursor.set(self.sums.with_untracked(|s| s.as_ref()?.place()));
            self.linked.pinned.set(false);
        }
        self.picture.set(Some(Arc::new(picture)));
    }

    /// Takes the arithmetic that a finished run brought.
    fn take_sums(self, from: RunView, config: &Config) {
        let sums = from.tables.with_untracked(|t| {
            let (weight, levels) = (t.get(tables::WEIGHT)?.clone(), t.get(tables::LEVELS)?.clone());
            (weight.rows.len() == config.formats.len()).then(|| Sums {
                formats: config.formats.clone(),
                weight,
                levels,
            })
        });
        if let Some(sums) = sums {
            self.sums.set(Some(Arc::new(sums)));
        }
    }

    /// Which format the heatmaps show.
    pub(super) fn select(self, format: usize) {
        if self.config.with_untracked(|c| c.view.selected as usize != format && format < c.formats.len()) {
            self.config.update(|c| c.view.selected = format as u32);
        }
    }

    /// Changes one format.
    pub(super) fn edit(self, format: usize, change: impl FnOnce(&mut QuantSpec)) {
        self.config.update(|c| {
            if let Some(spec) = c.formats.get_mut(format) {
                change(spec);
            }
        });
    }

    /// Another source; the view of the old one means nothing there.
    pub(super) fn set_source(self, source: Source) {
        self.config.update(|c| {
            c.source = source;
            c.view = View { selected: c.view.selected, ..View::default() };
        });
        self.linked.cursor.set(None);
    }
}
