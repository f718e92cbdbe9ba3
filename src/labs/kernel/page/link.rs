//! The state of the page in its address: the configuration, the source and the work that are open.

use leptos::prelude::*;

use super::lab::Lab;
use crate::data::share::{link_of_state, state_of_link};
use crate::labs::kernel::Config;
use crate::protocol::LabError;
use crate::ui::{Parameters, address_with, follow_address, from_address};

/// The parts of the address.
const CONFIG: &str = "c";
const ENTRY: &str = "source";
const BENCH: &str = "work";
/// Names of kernels, versions and puzzles are shorter; anything longer is none.
const MAX_NAME_BYTES: usize = 64;

/// The configuration of the address, if it holds one; an error if it does not decode or is out of bounds.
pub(super) fn config_of_address() -> Option<Result<Config, LabError>> {
    let link = from_address(CONFIG)?;
    Some(state_of_link(&link).and_then(Config::checked).map(|checked| (*checked).clone()))
}

fn parameters(lab: Lab) -> Parameters {
    let link = lab.config.with(|config| {
        // The starting point needs no link.
        if *config == Config::default() {
            return String::new();
        }
        link_of_state(config)
    });
    vec![(CONFIG, link), (ENTRY, lab.entry.get()), (BENCH, lab.bench.get())]
}

/// The address of this page as it is now.
pub(super) fn address_of(lab: Lab) -> Option<String> {
    address_with(&untrack(|| parameters(lab)))
}

/// Takes up what the address asks for, and keeps it equal to the state from then on.
pub(super) fn follow(lab: Lab) {
    for (name, signal) in [(ENTRY, lab.entry), (BENCH, lab.bench)] {
        if let Some(value) = from_address(name).filter(|v| v.len() <= MAX_NAME_BYTES) {
            signal.set(value);
        }
    }
    follow_address(Signal::derive(move || parameters(lab)));
}
