//! Where the site lives: it may be served from any sub-path, so no address is written as absolute.

use std::cell::RefCell;

use wasm_bindgen::JsCast;
use wasm_bindgen_futures::JsFuture;

use crate::protocol::LabError;

thread_local! {
    static ROOT: RefCell<String> = const { RefCell::new(String::new()) };
}

/// Reads `<meta name="afina-root">` and resolves it against the address of this page; call once, before routing changes
/// that address. Without the mark the root is `/`.
pub fn init_root() {
    let content = leptos::prelude::document()
        .query_selector("meta[name=afina-root]")
        .ok()
        .flatten()
        .and_then(|m| m.get_attribute("content"))
        .unwrap_or_default();
    let content = if content.is_empty() { "/" } else { &content };
    let here = leptos::prelude::window().location().href().unwrap_or_default();
    let resolved = web_sys::Url::new_with_base(content, &here).map(|u| u.href()).unwrap_or_else(|_| "/".to_owned());
    let folder = if resolved.ends_with('/') { resolved } else { resolved + "/" };
    ROOT.with(|r| *r.borrow_mut() = folder);
}

/// The address of a file of this site: `root_url("lessons/quant.es.html")`.
pub fn root_url(path: &str) -> String {
    ROOT.with(|r| {
        let root = r.borrow();
        let root = if root.is_empty() { "/" } else { root.as_str() };
        [root, path.trim_start_matches('/')].concat()
    })
}

/// Fetches a text of this site.
///
/// # Errors
/// [`LabError::FileGone`] if there is no answer, or another one than 200.
pub async fn fetch_text(url: &str) -> Result<String, LabError> {
    let gone = || LabError::FileGone { source: url.to_owned() };
    let answer = JsFuture::from(leptos::prelude::window().fetch_with_str(url)).await.map_err(|_| gone())?;
    let answer: web_sys::Response = answer.dyn_into().map_err(|_| gone())?;
    if !answer.ok() {
        return Err(gone());
    }
    let text = JsFuture::from(answer.text().map_err(|_| gone())?).await.map_err(|_| gone())?;
    text.as_string().ok_or_else(gone)
}
