//! What the shell shows of the engine, as signals in the context of the whole page.

use std::rc::Rc;

use leptos::prelude::*;

use super::WorkerBridge;
use crate::app::keep;
use crate::protocol::{RunId, Tier, TierReason};

/// The engine's outward signs, and the handle to it.
#[derive(Clone, Copy)]
pub struct Engine {
    /// Known once a worker is ready.
    pub tier: RwSignal<Option<(Tier, TierReason)>>,
    /// Adapter and driver in use; empty on the CPU tier and before the first run.
    pub adapter: RwSignal<String>,
    /// Whether every kernel agreed with its reference on this adapter and build.
    pub verified: RwSignal<Option<bool>>,
    /// Workers that were lost and replaced since the page was opened.
    pub recoveries: RwSignal<u32>,
    /// Workers started since the page was opened.
    pub spawned: RwSignal<u32>,
    /// Runs that have been silent for long.
    pub quiet: RwSignal<Vec<RunId>>,
    bridge: StoredValue<Option<Rc<WorkerBridge>>, LocalStorage>,
}

impl Engine {
    /// No sign yet.
    pub fn new() -> Engine {
        Engine {
            tier: RwSignal::new(None),
            adapter: RwSignal::default(),
            verified: RwSignal::new(None),
            recoveries: RwSignal::new(0),
            spawned: RwSignal::new(0),
            quiet: RwSignal::default(),
            bridge: StoredValue::new_local(None),
        }
    }

    /// The engine of this page, from context.
    pub fn current() -> Engine {
        expect_context::<Engine>()
    }

    /// Ties the handle to the bridge.
    pub fn connect(self, bridge: Rc<WorkerBridge>) {
        self.bridge.set_value(Some(bridge));
    }

    /// The bridge, once it is connected.
    pub fn bridge(self) -> Option<Rc<WorkerBridge>> {
        self.bridge.get_value()
    }

    pub(super) fn greet(self, adapter: &str, health: Option<bool>) {
        let verified = match health {
            None if adapter.is_empty() => None,
            None => Some(keep::verified_adapters().iter().any(|v| v.adapter == adapter)),
            some => some,
        };
        self.adapter.set(adapter.to_owned());
        self.verified.set(verified);
    }

    pub(super) fn set_quiet(self, run: RunId, quiet: bool) {
        self.quiet.update(|all| {
            all.retain(|r| *r != run);
            if quiet {
                all.push(run);
            }
        });
    }

    /// The tier will be chosen anew.
    pub(super) fn forget(self) {
        self.tier.set(None);
        self.adapter.set(String::new());
        self.verified.set(None);
    }
}
