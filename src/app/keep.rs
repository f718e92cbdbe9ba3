//! What the page keeps in this browser: a few texts in `localStorage` under names that begin with `afina.`.
//!
//! In private windows and under strict policies the store may be absent or refuse to write; the page then works the
//! same, and only forgets. (gloo's `LocalStorage` throws where there is none, hence the plain interface.)

use serde_json::{Value, json};
use wasm_bindgen::JsValue;

use crate::protocol::Verified;
use crate::worker::{BUILD, TierWish};

/// Every name of ours begins like this.
pub const PREFIX: &str = "afina.";
/// The chosen language, by its code.
pub const LANG: &str = "afina.lang";
/// The chosen theme.
pub const THEME: &str = "afina.theme";
/// The chosen tier.
pub const TIER: &str = "afina.tier";
/// The adapters that passed their health check, with the build.
pub const VERIFIED: &str = "afina.verified";
/// The last health check, with build and adapter.
pub const HEALTH: &str = "afina.health";

/// Adapters remembered; the oldest goes first.
const MAX_VERIFIED: usize = 16;

fn store() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok()?
}

/// Whether this browser keeps anything for us.
pub fn is_available() -> bool {
    store().is_some_and(|s| {
        let probe = "afina.probe";
        let works = s.set_item(probe, "1").is_ok();
        // A store that took the probe also gives it back.
        let _ = s.remove_item(probe);
        works
    })
}

/// The text under a name.
pub fn read(name: &str) -> Option<String> {
    store()?.get_item(name).ok()?
}

/// Keeps a text; whether it was kept.
pub fn write(name: &str, text: &str) -> bool {
    store().is_some_and(|s| s.set_item(name, text).is_ok())
}

/// Forgets a name.
pub fn erase(name: &str) {
    if let Some(store) = store() {
        let _ = store.remove_item(name);
    }
}

/// Every name of ours with its text, sorted by name.
pub fn entries() -> Vec<(String, String)> {
    let Some(store) = store() else { return Vec::new() };
    let names: js_sys::Array =
        (0..store.length().unwrap_or(0)).filter_map(|at| store.key(at).ok()?).map(JsValue::from).collect();
    let ours = names.sort().into_iter().filter_map(|n| n.as_string()).filter(|n| n.starts_with(PREFIX));
    ours.filter_map(|name| Some((name.clone(), store.get_item(&name).ok()??))).collect()
}

/// `[{"build": .., "adapter": .., "choices": ..}]`; what does not look like that is forgotten.
fn verified() -> Vec<Value> {
    match read(VERIFIED).map(|text| serde_json::from_str(&text)) {
        Some(Ok(Value::Array(all))) => all,
        _ => Vec::new(),
    }
}

/// The adapters that passed their health check with this very build, and what was measured on them.
pub fn verified_adapters() -> Vec<Verified> {
    let text = |value: &Value| value.as_str().map(str::to_owned);
    let ours = verified().into_iter().filter(|v| v["build"] == BUILD);
    let known =
        |v: Value| Some(Verified { adapter: text(&v["adapter"])?, choices: text(&v["choices"]).unwrap_or_default() });
    ours.filter_map(known).collect()
}

/// Remembers that an adapter passed its health check with this build, and what was measured on it.
pub fn remember_verified(Verified { adapter, choices }: &Verified) {
    let mut all = verified();
    all.retain(|v| v["build"] != BUILD || v["adapter"] != *adapter);
    all.push(json!({ "build": BUILD, "adapter": adapter, "choices": choices }));
    let excess = all.len().saturating_sub(MAX_VERIFIED);
    all.drain(..excess);
    write(VERIFIED, &Value::Array(all).to_string());
}

/// A tier wish as it stands in addresses and in the store.
pub fn wish_name(wish: TierWish) -> &'static str {
    match wish {
        TierWish::Auto => "auto",
        TierWish::Gpu => "gpu",
        TierWish::Cpu => "cpu",
    }
}

/// The tier wish of a name.
pub fn wish_from_name(name: &str) -> Option<TierWish> {
    [TierWish::Auto, TierWish::Gpu, TierWish::Cpu].into_iter().find(|w| wish_name(*w) == name)
}
