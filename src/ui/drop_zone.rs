//! Where files are dropped or opened. The page keeps handles and never reads a file: the worker does.

use leptos::prelude::*;

use super::{unique_id, use_lang};
use crate::text::msg;

/// A place to drop a file, with a button to open one.
#[component]
pub fn DropZone(
    label: &'static str,
    accept: &'static str,
    /// Hears of what was dropped or chosen together: one file, unless `several` may be given.
    on_files: Callback<Vec<web_sys::File>>,
    #[prop(optional)] several: bool,
    children: Children,
) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let id = unique_id();
    let over = RwSignal::new(false);
    let take = move |files: Option<web_sys::FileList>| {
        let Some(files) = files else { return };
        let count = if several { files.length() } else { files.length().min(1) };
        let files: Vec<web_sys::File> = (0..count).filter_map(|i| files.get(i)).collect();
        if !files.is_empty() {
            on_files.run(files);
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
            <input id=id.clone() type="file" accept=accept multiple=several class="hidden" on:change=chosen/>
            <label class="open" for=id>{label}</label>
            <span class="hint">{msg::ui_or_drop(lang)}</span>
        </div>
    }
    .into_any()
}
