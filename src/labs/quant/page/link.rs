//! The state of the lab in the address, and what the student wrote in the browser's storage.

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use crate::data::share::{LINK_VERSION, decode_link, encode_link};
use crate::labs::quant::Config;
use crate::protocol::{Fault, LabError};
use crate::ui::Later;

/// The name of the part of the address that holds the configuration.
const PARAMETER: &str = "c";
/// Browsers refuse more than about 100 changes of the address in 30 seconds.
const WRITE_EVERY_MILLIS: u64 = 400;

fn search() -> Option<web_sys::UrlSearchParams> {
    web_sys::UrlSearchParams::new_with_str(&window().location().search().ok()?).ok()
}

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
    Some(config_from_link(&search()?.get(PARAMETER)?))
}

/// The address of this page with `config` in it.
pub(super) fn address_of(config: &Config) -> Option<String> {
    let encoded = encode_link(LINK_VERSION, &serde_json::to_string(config).ok()?).ok()?;
    let location = window().location();
    let parameters = search()?;
    parameters.set(PARAMETER, &encoded);
    Some([location.origin().ok()?, location.pathname().ok()?, "?".into(), parameters.to_string().into()].concat())
}

/// Keeps the address equal to the configuration.
pub(super) fn follow(config: RwSignal<Config>) {
    let write = Later::new(Callback::new(move |()| {
        let Ok(history) = window().history() else { return };
        if let Some(address) = config.with_untracked(address_of) {
            let state = history.state().unwrap_or(JsValue::NULL);
            // A browser that refuses leaves the old address: the page works on, and Copy link gives the new one.
            drop(history.replace_state_with_url(&state, "", Some(&address)));
        }
    }));
    let began = StoredValue::new(config.get_untracked());
    Effect::new(move || {
        // An untouched page keeps its clean address.
        if config.with(|c| began.with_value(|b| b != c)) || search().is_some_and(|s| s.has(PARAMETER)) {
            write.within(WRITE_EVERY_MILLIS);
        }
    });
}
