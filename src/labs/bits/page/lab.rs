//! The state of the lab and the runs that follow from it.

use std::sync::Arc;

use leptos::prelude::*;

use super::plan::Unit;
use crate::labs::Command;
use crate::labs::bits::{Config, Task, View, WeightFormat, plan_of, tables};
use crate::protocol::Table;
use crate::ui::{Later, Linked, RunStatus, RunView, Runner, Window};

/// A plan that is being painted is looked at this much later.
const LOOK_AFTER_MILLIS: u64 = 60;

/// Handles to everything on the page.
#[derive(Clone, Copy)]
pub(super) struct Lab {
    pub(super) runner: Runner,
    pub(super) config: RwSignal<Config>,
    /// What a cell becomes when it is painted; `None` only looks.
    pub(super) brush: RwSignal<Option<WeightFormat>>,
    pub(super) look: RunView,
    pub(super) picture: RunView,
    pub(super) grade: RunView,
    pub(super) sensitivity: RunView,
    /// The format that the last sensitivity chart was asked with.
    pub(super) lowered: RwSignal<WeightFormat>,
    pub(super) search: RunView,
    pub(super) outliers: RunView,
    pub(super) units: Memo<Arc<Vec<Unit>>>,
    pub(super) formats: Memo<Arc<Vec<WeightFormat>>>,
    /// What the look going on, or the last one, was asked with.
    pub(super) looked: RwSignal<Option<Config>>,
    /// The part of the selected unit in the heatmaps.
    view: RwSignal<View>,
    pub(super) linked: Linked,
    pictured: StoredValue<Option<(Config, View)>>,
}

/// Whether two configurations are measured alike; the selected unit and the limit do not matter.
pub(super) fn same_measurement(a: &Config, b: &Config) -> bool {
    a.plan == b.plan && a.group == b.group && a.prompt == b.prompt
}

/// The part of a unit of `size` rows and columns that a view shows.
pub(super) fn window_of(view: View, size: (u32, u32)) -> Window {
    let rows = if view.rows == 0 { size.0 } else { view.rows };
    let cols = if view.cols == 0 { size.1 } else { view.cols };
    Window { row: view.row, col: view.col, rows, cols }.inside(size)
}

impl Lab {
    /// The state at the start; nothing runs yet.
    pub(super) fn new(config: Config) -> Lab {
        let config = RwSignal::new(config);
        let (look, picture) = (RunView::new(), RunView::new());
        let view = RwSignal::new(View::default());
        let units = Memo::new(move |_| Arc::new(look.table(tables::UNITS).map(|t| Unit::all(&t)).unwrap_or_default()));
        let size = Memo::new(move |_| {
            let number = |t: &Table, column: &str| t.number(0, column).map(|v| v as u32);
            let table = picture.table(tables::UNIT);
            table.and_then(|t| Some((number(&t, "rows")?, number(&t, "cols")?))).unwrap_or((1, 1))
        });
        let linked = Linked {
            size: size.into(),
            window: Memo::new(move |_| window_of(view.get(), size.get())).into(),
            on_window: Callback::new(move |w: Window| {
                let whole = w == Window::all(size.get_untracked());
                let part = View { row: w.row, col: w.col, rows: w.rows, cols: w.cols };
                view.set(if whole { View::default() } else { part });
            }),
            cursor: RwSignal::new(None),
            pinned: RwSignal::new(false),
            index: Signal::derive(move || {
                super::pictures::grid(picture, view.get(), size.get(), super::pictures::INDEX)
            }),
        };
        Lab {
            runner: Runner::current(),
            config,
            brush: RwSignal::new(Some(WeightFormat::Int8)),
            look,
            picture,
            grade: RunView::new(),
            sensitivity: RunView::new(),
            lowered: RwSignal::new(WeightFormat::Int3),
            search: RunView::new(),
            outliers: RunView::new(),
            units,
            formats: Memo::new(move |_| Arc::new(config.with(|c| units.with(|u| c.formats(u.len()))))),
            looked: RwSignal::new(None),
            view,
            linked,
            pictured: StoredValue::new(None),
        }
    }

    /// Looks once, and from then on whenever the configuration changes.
    pub(super) fn start(self) {
        self.again();
        let due = Later::new(Callback::new(move |()| {
            if self.is_pictured_otherwise() {
                self.picture_now();
            }
            if self.is_outdated() {
                self.look_now();
            }
        }));
        Effect::new(move || {
            self.config.track();
            self.view.track();
            if self.is_outdated() || self.is_pictured_otherwise() {
                due.within(LOOK_AFTER_MILLIS);
            }
        });
    }

    /// Whether the numbers on the page are of another plan.
    pub(super) fn is_outdated(self) -> bool {
        self.config.with(|c| self.looked.with(|l| l.as_ref().is_none_or(|l| !same_measurement(l, c))))
    }

    fn is_pictured_otherwise(self) -> bool {
        self.config.with_untracked(|c| {
            self.pictured.with_value(|p| {
                p.as_ref().is_none_or(|(p, view)| {
                    let format = |c: &Config| {
                        let count = self.units.with_untracked(|u| u.len()).max(c.selected as usize + 1);
                        c.formats(count)[c.selected as usize]
                    };
                    p.selected != c.selected
                        || p.group != c.group
                        || format(p) != format(c)
                        || *view != self.view.get_untracked()
                })
            })
        })
    }

    /// Draws the selected unit.
    fn picture_now(self) {
        let (config, view) = (self.config.get_untracked(), self.view.get_untracked());
        self.pictured.set_value(Some((config.clone(), view)));
        self.runner.run(self.picture, &Command::Bits { task: Task::Picture { config, view } });
    }

    /// Measures the plan on a few held-out tokens.
    pub(super) fn look_now(self) {
        let config = self.config.get_untracked();
        self.looked.set(Some(config.clone()));
        self.runner.run(self.look, &Command::Bits { task: Task::Look { config } });
    }

    /// Draws and measures: at the start, and after a failure.
    pub(super) fn again(self) {
        self.picture_now();
        self.look_now();
    }

    /// Asks which unit bears least.
    pub(super) fn lower_each(self, format: WeightFormat) {
        let config = self.config.get_untracked();
        self.lowered.set(format);
        self.runner.run(self.sensitivity, &Command::Bits { task: Task::Sensitivity { config, format } });
    }

    /// Gives units a format.
    pub(super) fn paint(self, units: impl Iterator<Item = usize>, format: WeightFormat) {
        let mut formats = self.formats.with_untracked(|f| f.to_vec());
        for unit in units {
            if let Some(cell) = formats.get_mut(unit) {
                *cell = format;
            }
        }
        self.set_plan(&formats);
    }

    /// Another plan.
    pub(super) fn set_plan(self, formats: &[WeightFormat]) {
        let plan = plan_of(formats);
        if !plan.is_empty() && self.config.with_untracked(|c| c.plan != plan) {
            self.config.update(|c| c.plan = plan);
        }
    }

    /// Another unit in the pictures.
    pub(super) fn select(self, unit: usize) {
        if self.config.with_untracked(|c| c.selected as usize != unit) {
            self.view.set(View::default());
            self.linked.cursor.set(None);
            self.linked.pinned.set(false);
            self.config.update(|c| c.selected = unit as u32);
        }
    }

    /// The heatmaps of this moment.
    pub(super) fn grid(self, name: &'static str) -> Signal<Option<crate::ui::Grid>> {
        Signal::derive(move || super::pictures::grid(self.picture, self.view.get(), self.linked.size.get(), name))
    }

    /// Whether the numbers on the page are about to be replaced.
    pub(super) fn is_stale(self) -> bool {
        self.look.status.with(RunStatus::is_busy) || self.is_outdated()
    }
}
