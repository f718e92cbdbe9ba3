//! The state of the lab in the address.

use leptos::prelude::*;

use crate::data::share::{link_of_state, state_of_link};
use crate::labs::quant::Config;
use crate::protocol::LabError;
use crate::ui::{Parameters, address_with, follow_address, from_address};

/// The name of the part of the address that holds the configuration.
const PARAMETER: &str = "c";

/// The configuration of the address, if it holds one; an error if it does not decode or is out of bounds.
pub(super) fn config_of_address() -> Option<Result<Config, LabError>> {
    let link = from_address(PARAMETER)?;
    Some(state_of_link(&link).and_then(Config::checked).map(|checked| (*checked).clone()))
}

fn parameters(config: &Config) -> Parameters {
    vec![(PARAMETER, link_of_state(config))]
}

/// The address of this page with `config` in it.
pub(super) fn address_of(config: &Config) -> Option<String> {
    address_with(&parameters(config))
}

/// Keeps the address equal to the configuration.
pub(super) fn follow(config: RwSignal<Config>) {
    follow_address(Signal::derive(move || config.with(parameters)));
}
