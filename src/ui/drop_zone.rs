//! Where a file is dropped or opened. The page keeps a handle and never reads the file: the worker does.

use leptos::prelude::*;

use super::{unique_id, use_lang};
use crate::text::msg;

/// A place to drop a file, with a button to open one.
#[component]
pub fn DropZone(
    label: &'static str,
    accept: &'static str,
    on_file: Callback<web_sys::File>,
    children: Children,
) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let id = unique_id();
    let over = RwSignal::new(false);
    let take = move |files: Option<web_sys::FileList>| {
        if let Some(file) = files.and_then(|f| f.get(0)) {
            on_file.run(file);
        }
    };
    let chosen = move |ev: web_sys::Event| {
        let input: web_sys::HtmlInputElement = event_target(&ev);
        take(input.files());
        // The same file may be opened again after it was changed.
        input.set_value("");
    };
    let dragged = move |ev: web_sys::DragEvent| {
        ev.prevent_default();
        over.set(true);
    };
    let dropped = move |ev: web_sys::DragEvent| {
        ev.prevent_default();
        over.set(false);
        take(ev.data_transfer().and_then(|d| d.files()));
    };
    view! {
        <div class="drop" class:over=over on:dragover=dragged on:dragleave=move |_| over.set(false) on:drop=dropped>
            <div>{children()}</div>
            <input id=id.clone() type="file" accept=accept class="hidden" on:change=chosen/>
            <label class="open" for=id>{label}</label>
            <span class="hint">{msg::ui_or_drop(lang)}</span>
        </div>
    }
    .into_any()
}
