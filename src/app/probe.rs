//! What the browser says about its GPU before any worker runs: asked once, given up after 2 s.

use std::sync::Arc;

use js_sys::{Array, Function, Object, Promise, Reflect};
use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen::{JsCast, JsValue};

use super::bridge::field;
use super::clock::within;

/// FAULTS.md: the tier is decided in 2 s.
const LIMIT_MILLIS: i32 = 2_000;
/// Software adapters that do not always say that they are one.
const SOFTWARE: [&str; 4] = ["swiftshader", "llvmpipe", "software", "basic render"];

/// An adapter as the browser describes it.
#[derive(Debug, PartialEq)]
pub struct Seen {
    pub vendor: String,
    pub architecture: String,
    pub device: String,
    pub description: String,
    pub is_software: bool,
    pub features: Vec<String>,
    pub limits: Vec<(String, f64)>,
}

/// The browser's answer.
#[derive(Clone, Debug, PartialEq)]
pub enum Probe {
    Pending,
    NoWebGpu,
    NoAdapter,
    Late,
    Found(Arc<Seen>),
}

impl Probe {
    /// Asks the browser; the signal changes once.
    pub fn begun() -> RwSignal<Probe> {
        let answer = RwSignal::new(Probe::Pending);
        spawn_local(async move { answer.set(ask().await) });
        answer
    }

    /// The answer of this page, from context.
    pub fn current() -> RwSignal<Probe> {
        expect_context::<RwSignal<Probe>>()
    }
}

impl Seen {
    /// The shortest name that a person recognises.
    pub fn name(&self) -> String {
        if !self.description.is_empty() {
            return self.description.clone();
        }
        let parts: Vec<_> = [&self.vendor, &self.architecture].into_iter().filter(|p| !p.is_empty()).collect();
        parts.into_iter().map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}

async fn ask() -> Probe {
    let gpu = field(&window().navigator(), "gpu");
    let Ok(request) = field(&gpu, "requestAdapter").dyn_into::<Function>() else { return Probe::NoWebGpu };
    let options = Object::new();
    // A plain object takes any property.
    let _ = Reflect::set(&options, &"powerPreference".into(), &"high-performance".into());
    let Some(promise) = request.call1(&gpu, &options).ok().and_then(|p| p.dyn_into::<Promise>().ok()) else {
        return Probe::NoAdapter;
    };
    match within(LIMIT_MILLIS, promise).await {
        None => Probe::Late,
        Some(Ok(adapter)) if adapter.is_object() => Probe::Found(Arc::new(described(&adapter))),
        Some(_) => Probe::NoAdapter,
    }
}

fn described(adapter: &JsValue) -> Seen {
    let info = field(adapter, "info");
    let text = |name: &str| field(&info, name).as_string().unwrap_or_default();
    // The mark moved from the adapter to its info.
    let is_true = |of: &JsValue| field(of, "isFallbackAdapter").as_bool() == Some(true);
    let is_software = is_true(&info) || is_true(adapter) || {
        let all = [text("vendor"), text("architecture"), text("description")].join(" ").to_ascii_lowercase();
        SOFTWARE.iter().any(|name| all.contains(name))
    };
    Seen {
        vendor: text("vendor"),
        architecture: text("architecture"),
        device: text("device"),
        description: text("description"),
        is_software,
        features: features(&field(adapter, "features")),
        limits: limits(&field(adapter, "limits")),
    }
}

fn features(set: &JsValue) -> Vec<String> {
    // `Array.from` throws on what is no object.
    if !set.is_object() {
        return Vec::new();
    }
    Array::from(set).sort().iter().filter_map(|f| f.as_string()).collect()
}

fn limits(limits: &JsValue) -> Vec<(String, f64)> {
    if !limits.is_object() {
        return Vec::new();
    }
    // The limits are getters of the prototype, so the object itself has no keys.
    let names = Object::get_own_property_names(&Object::get_prototype_of(limits)).sort();
    let value = |name: JsValue| Some((name.as_string()?, Reflect::get(limits, &name).ok()?.as_f64()?));
    names.iter().filter_map(value).collect()
}
