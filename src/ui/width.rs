//! The width that an element really has.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use wasm_bindgen::prelude::Closure;

/// Follows the width of `element` in CSS pixels until the owner goes.
pub fn follow_width(element: &web_sys::Element, width: RwSignal<f64>) {
    let seen = element.clone();
    let tell: Closure<dyn FnMut()> = Closure::new(move || {
        let now = f64::from(seen.client_width());
        if now > 0.0 && width.try_get_untracked().is_some_and(|w| w != now) {
            width.set(now);
        }
    });
    let Ok(observer) = web_sys::ResizeObserver::new(tell.as_ref().unchecked_ref()) else { return };
    observer.observe(element);
    let kept = StoredValue::new_local((observer, tell));
    on_cleanup(move || {
        kept.try_with_value(|(observer, _)| observer.disconnect());
    });
}
