//! Time as the page needs it.

use wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;

/// Milliseconds of a clock that never goes back.
pub fn now_millis() -> f64 {
    web_sys::window().and_then(|w| w.performance()).map_or_else(js_sys::Date::now, |p| p.now())
}

/// The moment as `2026-11-23T21:05:09.123Z`.
pub fn timestamp() -> String {
    js_sys::Date::new_0().to_iso_string().into()
}

/// The promise's value, or `None` once `millis` have passed.
///
/// # Errors
/// What the promise was rejected with.
pub async fn within(millis: i32, promise: js_sys::Promise) -> Option<Result<JsValue, JsValue>> {
    let late = JsValue::from_str("afina: late");
    let timeout = {
        let late = late.clone();
        js_sys::Promise::new(&mut |resolve, _| {
            let resolve = resolve.bind1(&JsValue::NULL, &late);
            if let Some(window) = web_sys::window() {
                // Without a timer the promise decides alone.
                let _ = window.set_timeout_with_callback_and_timeout_and_arguments_0(resolve.unchecked_ref(), millis);
            }
        })
    };
    let race = js_sys::Promise::race(&js_sys::Array::of2(&promise, &timeout));
    match wasm_bindgen_futures::JsFuture::from(race).await {
        Ok(value) if value == late => None,
        other => Some(other),
    }
}
