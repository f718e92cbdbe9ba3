//! What a page keeps in its own address.

use leptos::prelude::*;
use wasm_bindgen::JsValue;

use super::Later;

/// Browsers refuse more than about 100 changes of the address in 30 seconds.
const WRITE_EVERY_MILLIS: u64 = 400;

/// Names and values of an address; an empty value leaves the name out.
pub type Parameters = Vec<(&'static str, String)>;

fn search() -> Option<web_sys::UrlSearchParams> {
    web_sys::UrlSearchParams::new_with_str(&window().location().search().ok()?).ok()
}

/// A value of the address.
pub fn from_address(name: &str) -> Option<String> {
    search()?.get(name)
}

/// The address of this page with these values in it; what else it holds stays.
pub fn address_with(parameters: &Parameters) -> Option<String> {
    let location = window().location();
    let all = search()?;
    for (name, value) in parameters {
        if value.is_empty() {
            all.delete(name);
        } else {
            all.set(name, value);
        }
    }
    let query: String = all.to_string().into();
    let mark = if query.is_empty() { "" } else { "?" };
    Some([&location.origin().ok()?, &location.pathname().ok()?, mark, &query].concat())
}

/// Keeps the address equal to the values; an untouched page keeps its clean address.
pub fn follow_address(parameters: Signal<Parameters>) {
    let write = Later::new(Callback::new(move |()| {
        let Ok(history) = window().history() else { return };
        if let Some(address) = parameters.with_untracked(address_with) {
            let state = history.state().unwrap_or(JsValue::NULL);
            // A browser that refuses leaves the old address: the page works on, and Copy link gives the new one.
            drop(history.replace_state_with_url(&state, "", Some(&address)));
        }
    }));
    let began = StoredValue::new(parameters.get_untracked());
    Effect::new(move || {
        let is_there = |now: &Parameters| now.iter().any(|(name, _)| from_address(name).is_some());
        if parameters.with(|now| began.with_value(|b| b != now) || is_there(now)) {
            write.within(WRITE_EVERY_MILLIS);
        }
    });
}
