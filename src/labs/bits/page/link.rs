//! The state of the lab in the address.

use leptos::prelude::*;

use crate::data::share::{LINK_VERSION, decode_link, encode_link};
use crate::labs::bits::Config;
use crate::protocol::{Fault, LabError};
use crate::ui::{Parameters, address_with, follow_address, from_address};

/// The name of the part of the address that holds the configuration.
const PARAMETER: &str = "c";

/// The configuration in a link's parameter.
///
/// # Errors
/// [`LabError::BadLink`] if it does not decode, or the error of [`Config::checked`].
fn config_from_link(encoded: &str) -> Result<Config, LabError> {
    let json = decode_link(encoded)?;
    let config: Config = serde_json::from_str(&json).map_err(|e| LabError::BadLink {
        fault: Fault::BadJson { line: e.line() as u64, column: e.column() as u64 },
    })?;
    Ok((*config.checked()?).clone())
}

/// The configuration of the address, if it holds one.
pub(super) fn config_of_address() -> Option<Result<Config, LabError>> {
    Some(config_from_link(&from_address(PARAMETER)?))
}

fn parameters(config: &Config) -> Parameters {
    let json = serde_json::to_string(config).unwrap_or_default();
    vec![(PARAMETER, encode_link(LINK_VERSION, &json).unwrap_or_default())]
}

/// The address of this page with `config` in it.
pub(super) fn address_of(config: &Config) -> Option<String> {
    address_with(&parameters(config))
}

/// Keeps the address equal to the configuration.
pub(super) fn follow(config: RwSignal<Config>) {
    follow_address(Signal::derive(move || config.with(parameters)));
}
