//! What a page sees of the engine: start a run, watch it, stop it. The app provides the bridge behind it.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;

use crate::protocol::{LabError, Phase, RunId, Table, Tensor, Tier, TierReason};

/// How far a run is.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum RunStatus {
    #[default]
    Idle,
    /// The worker is loading or choosing its tier.
    Starting,
    Running {
        phase: Phase,
        done: u64,
        total: u64,
    },
    Done {
        elapsed_millis: f64,
    },
    Stopped,
    Failed(LabError),
}

impl RunStatus {
    /// Whether Stop would do something.
    pub fn is_busy(&self) -> bool {
        matches!(self, RunStatus::Starting | RunStatus::Running { .. })
    }
}

/// One place on a page where results arrive. A new run replaces each table and tensor when its successor arrives, so
/// the last picture stays until the next one is there.
#[derive(Clone, Copy)]
pub struct RunView {
    /// The run whose events count; events of any other are dropped.
    pub current: RwSignal<Option<RunId>>,
    pub status: RwSignal<RunStatus>,
    pub tier: RwSignal<Option<Tier>>,
    pub tables: RwSignal<BTreeMap<String, Arc<Table>>>,
    pub tensors: RwSignal<BTreeMap<String, Arc<Tensor>>>,
    pub series: RwSignal<BTreeMap<String, Arc<Vec<[f64; 2]>>>>,
}

impl RunView {
    /// An empty place.
    pub fn new() -> RunView {
        RunView {
            current: RwSignal::new(None),
            status: RwSignal::new(RunStatus::Idle),
            tier: RwSignal::new(None),
            tables: RwSignal::default(),
            tensors: RwSignal::default(),
            series: RwSignal::default(),
        }
    }

    /// The latest table of this name; tracks.
    pub fn table(&self, name: &'static str) -> Option<Arc<Table>> {
        self.tables.with(|t| t.get(name).cloned())
    }

    /// The latest tensor of this name; tracks.
    pub fn tensor(&self, name: &'static str) -> Option<Arc<Tensor>> {
        self.tensors.with(|t| t.get(name).cloned())
    }
}

impl Default for RunView {
    fn default() -> Self {
        RunView::new()
    }
}

/// The engine as pages see it; the app implements it over workers.
pub trait Bridge {
    /// Starts a `labs::Command`, given as JSON, whose events go to `view`. A run still going in `view` is stopped.
    fn run(&self, view: RunView, command: String);
    /// Stops the run in `view`, within 300 ms.
    fn stop(&self, view: RunView);
    /// Makes a file known to the workers under its name, and gives that name back (made unique).
    fn give_file(&self, file: web_sys::File) -> String;
    /// The tier and why, once it is known; tracks.
    fn tier(&self) -> Option<(Tier, TierReason)>;
}

/// Handle to the bridge, from context.
#[derive(Clone, Copy)]
pub struct Runner(StoredValue<std::rc::Rc<dyn Bridge>, LocalStorage>);

impl Runner {
    /// Puts a bridge into the context of the whole page.
    pub fn provide(bridge: std::rc::Rc<dyn Bridge>) {
        provide_context(Runner(StoredValue::new_local(bridge)));
    }

    /// The bridge of this page.
    pub fn current() -> Runner {
        expect_context::<Runner>()
    }

    /// Starts a command; see [`Bridge::run`].
    pub fn run(self, view: RunView, command: &impl serde::Serialize) {
        let json = serde_json::to_string(command).expect("commands are plain data and always serialise");
        self.0.with_value(|b| b.clone()).run(view, json);
    }

    /// Stops; see [`Bridge::stop`].
    pub fn stop(self, view: RunView) {
        self.0.with_value(|b| b.clone()).stop(view);
    }

    /// Makes a file known; see [`Bridge::give_file`].
    pub fn give_file(self, file: web_sys::File) -> String {
        self.0.with_value(|b| b.clone()).give_file(file)
    }

    /// The tier; see [`Bridge::tier`].
    pub fn tier(self) -> Option<(Tier, TierReason)> {
        self.0.with_value(|b| b.clone()).tier()
    }
}
