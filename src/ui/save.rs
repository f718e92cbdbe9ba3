//! Out of the page: downloads, the clipboard, and what the browser keeps for the student.

use js_sys::{Array, Uint8Array};
use leptos::prelude::{document, window};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};

use crate::protocol::LabError;

/// Offers `bytes` as a file.
pub fn download(name: &str, mime: &str, bytes: &[u8]) {
    if let Some(blob) = blob(mime, bytes) {
        download_blob(name, &blob);
    }
}

fn blob(mime: &str, bytes: &[u8]) -> Option<web_sys::Blob> {
    let options = web_sys::BlobPropertyBag::new();
    options.set_type(mime);
    let parts = Array::of1(&Uint8Array::from(bytes));
    web_sys::Blob::new_with_u8_array_sequence_and_options(&parts, &options).ok()
}

fn download_blob(name: &str, blob: &web_sys::Blob) {
    let Ok(url) = web_sys::Url::create_object_url_with_blob(blob) else { return };
    if let Ok(anchor) = document().create_element("a") {
        let anchor: web_sys::HtmlAnchorElement = anchor.unchecked_into();
        anchor.set_href(&url);
        anchor.set_download(name);
        anchor.click();
    }
    // The browser has taken what it needs once the click is handled; a little later is safe everywhere.
    leptos::prelude::set_timeout(
        move || drop(web_sys::Url::revoke_object_url(&url)),
        std::time::Duration::from_secs(20),
    );
}

/// Offers a canvas as a PNG.
pub fn download_canvas(name: String, canvas: &web_sys::HtmlCanvasElement) {
    let done = Closure::once_into_js(move |blob: JsValue| {
        if let Ok(blob) = blob.dyn_into::<web_sys::Blob>() {
            download_blob(&name, &blob);
        }
    });
    drop(canvas.to_blob(done.unchecked_ref()));
}

/// Pixels of a saved PNG for each CSS pixel: sharp on paper and on a projector.
const PNG_SCALE: f64 = 2.0;

/// Draws a standalone SVG of `width` x `height` and offers it as a PNG.
pub fn download_svg_as_png(name: String, svg: &str, width: f64, height: f64) {
    let Some(blob) = blob("image/svg+xml", svg.as_bytes()) else { return };
    let Ok(url) = web_sys::Url::create_object_url_with_blob(&blob) else { return };
    let Ok(image) = web_sys::HtmlImageElement::new() else { return };
    let drawn = image.clone();
    let address = url.clone();
    let ready = Closure::once_into_js(move || {
        if let Some((canvas, context)) = new_canvas((width * PNG_SCALE) as u32, (height * PNG_SCALE) as u32) {
            let (w, h) = (f64::from(canvas.width()), f64::from(canvas.height()));
            if context.draw_image_with_html_image_element_and_dw_and_dh(&drawn, 0.0, 0.0, w, h).is_ok() {
                download_canvas(name, &canvas);
            }
        }
        drop(web_sys::Url::revoke_object_url(&address));
    });
    image.set_onload(Some(ready.unchecked_ref()));
    image.set_src(&url);
}

/// A canvas outside the page.
pub fn new_canvas(width: u32, height: u32) -> Option<(web_sys::HtmlCanvasElement, web_sys::CanvasRenderingContext2d)> {
    let canvas: web_sys::HtmlCanvasElement = document().create_element("canvas").ok()?.unchecked_into();
    canvas.set_width(width);
    canvas.set_height(height);
    let context = canvas.get_context("2d").ok()??.unchecked_into();
    Some((canvas, context))
}

/// `text` with every `var(--name)` replaced by its value in the current theme, so that it stands alone.
pub fn resolve_colours(text: &str) -> String {
    let style = document().document_element().and_then(|root| window().get_computed_style(&root).ok().flatten());
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("var(") {
        out += before;
        let (name, tail) = after.split_once(')').unwrap_or((after, ""));
        let value = style.as_ref().and_then(|s| s.get_property_value(name).ok()).unwrap_or_default();
        // The value lands in an XML attribute.
        out += &value.trim().replace('"', "'").replace('<', "&lt;");
        rest = tail;
    }
    out + rest
}

/// Rows of a CSV file: dots as decimal signs, cells quoted where they must be.
pub fn csv(rows: &[Vec<String>]) -> String {
    let mut out = String::new();
    for row in rows {
        for (i, cell) in row.iter().enumerate() {
            if i > 0 {
                out.push(',');
            }
            if cell.contains([',', '"', '\n', '\r']) {
                out.push('"');
                out += &cell.replace('"', "\"\"");
                out.push('"');
            } else {
                out += cell;
            }
        }
        out += "\r\n";
    }
    out
}

/// Puts a text on the clipboard; `done` hears whether it worked.
pub fn copy(text: &str, done: impl FnOnce(bool) + 'static) {
    let navigator = window().navigator();
    // Absent outside secure contexts.
    let has = js_sys::Reflect::get(&navigator, &"clipboard".into()).is_ok_and(|c| !c.is_undefined());
    if !has {
        return done(false);
    }
    let promise = navigator.clipboard().write_text(text);
    wasm_bindgen_futures::spawn_local(async move {
        done(wasm_bindgen_futures::JsFuture::from(promise).await.is_ok());
    });
}

/// What was kept under `key`, if the browser lets us look.
pub fn kept(key: &str) -> Option<String> {
    window().local_storage().ok()??.get_item(key).ok()?
}

/// Forgets what was kept under `key`.
pub fn forget(key: &str) {
    if let Ok(Some(storage)) = window().local_storage() {
        drop(storage.remove_item(key));
    }
}

/// Keeps a text under `key` for the next visit.
///
/// # Errors
/// [`LabError::NotSaved`] when storage is full or forbidden.
pub fn keep(key: &str, text: &str) -> Result<(), LabError> {
    let refused = |message: String| LabError::NotSaved { what: key.to_owned(), message };
    let storage = window().local_storage().ok().flatten().ok_or_else(|| refused("localStorage".into()))?;
    storage
        .set_item(key, text)
        .map_err(|e| refused(e.dyn_into::<js_sys::Error>().map_or_else(|_| String::new(), |e| e.message().into())))
}
