//! Code to write.

use leptos::prelude::*;
use wasm_bindgen::JsCast;
use web_sys::{HtmlTextAreaElement, KeyboardEvent};

use super::super::{Later, forget, keep, kept, unique_id, use_lang};
use super::indent::{Edit, enter, tab};
use super::paint::{Mark, Painter};
use super::view::scroll_to;
use crate::text::msg;

/// Storage is written at most this often, and once more when the editor goes.
const KEEP_EVERY_MILLIS: u64 = 300;

/// The one way into the browser's own undo: `document.execCommand`, deprecated and without a successor.
fn exec_command(name: &str, value: &str) -> Option<bool> {
    let document = document();
    let command: js_sys::Function = js_sys::Reflect::get(&document, &"execCommand".into()).ok()?.dyn_into().ok()?;
    command.call3(&document, &name.into(), &false.into(), &value.into()).ok()?.as_bool()
}

/// Carries out an edit so that the browser can undo it.
fn apply(area: &HtmlTextAreaElement, edit: &Edit) {
    let at = |n: usize| n as u32;
    drop(area.set_selection_range(at(edit.from), at(edit.to)));
    let command = if edit.words.is_empty() { "delete" } else { "insertText" };
    let done = exec_command(command, &edit.words);
    if !done.unwrap_or(false) {
        let _ = area.set_range_text(&edit.words);
        if let Ok(event) = web_sys::Event::new("input") {
            drop(area.dispatch_event(&event));
        }
    }
    drop(area.set_selection_range(at(edit.select.0), at(edit.select.1)));
}

/// Tab, Shift+Tab and Enter. After Escape, Tab moves on as anywhere else, so that nobody is caught in here.
fn on_key(event: &KeyboardEvent, area: &HtmlTextAreaElement, free: RwSignal<bool>) {
    if event.is_composing() || event.ctrl_key() || event.meta_key() || event.alt_key() {
        return;
    }
    let selection = || {
        let place = |at: Result<Option<u32>, _>| at.ok().flatten().unwrap_or(0) as usize;
        (place(area.selection_start()), place(area.selection_end()))
    };
    let edit = match event.key().as_str() {
        "Escape" => return free.set(true),
        "Tab" if !free.get_untracked() => {
            event.prevent_default();
            let (start, end) = selection();
            tab(&area.value(), start, end, event.shift_key())
        }
        "Enter" if !event.shift_key() => {
            event.prevent_default();
            let (start, end) = selection();
            Some(enter(&area.value(), start, end))
        }
        "Tab" | "Shift" => return,
        _ => return free.set(false),
    };
    if let Some(edit) = edit {
        apply(area, &edit);
    }
}

/// The UTF-16 place of a line and column, both from 1.
fn place_of(text: &str, line: usize, column: usize) -> usize {
    let before: usize = text.split('\n').take(line - 1).map(|l| l.encode_utf16().count() + 1).sum();
    let here = text.split('\n').nth(line - 1).unwrap_or_default();
    let place = before + here.chars().take(column - 1).map(char::len_utf16).sum::<usize>();
    place.min(text.encode_utf16().count())
}

/// An editor. What is written stays in this browser under `key` until it is restored.
#[component]
pub fn CodeEditor(
    key: String,
    /// What Restore brings back.
    original: String,
    label: String,
    /// The text, always up to date.
    text: RwSignal<String>,
    #[prop(into)] marks: Signal<Vec<Mark>>,
) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let (area_ref, pre) = (NodeRef::<leptos::html::Textarea>::new(), NodeRef::<leptos::html::Pre>::new());
    let scroller = NodeRef::<leptos::html::Div>::new();
    let painter = StoredValue::new_local(Painter::default());
    let free = RwSignal::new(false);
    let unsaved = RwSignal::new(false);
    let key = StoredValue::new(key);
    let original = StoredValue::new(original);
    text.set(key.with_value(|k| kept(k)).unwrap_or_else(|| original.get_value()));
    let begun = text.get_untracked();
    let store = move || {
        let Some(now) = text.try_get_untracked() else { return };
        let failed = key.with_value(|key| {
            if original.with_value(|o| *o == now) {
                forget(key);
                return false;
            }
            keep(key, &now).is_err()
        });
        let _ = unsaved.try_set(failed);
    };
    let later = Later::new(Callback::new(move |()| store()));
    on_cleanup(store);
    Effect::new(move || {
        let Some(pre) = pre.get() else { return };
        painter.update_value(|p| text.with(|text| marks.with(|marks| p.paint(&pre, text, marks, &(0..0)))));
    });
    let typed = move |event| {
        text.set(event_target_value(&event));
        later.within(KEEP_EVERY_MILLIS);
    };
    let keyed = move |event: KeyboardEvent| {
        if let Some(area) = area_ref.get_untracked() {
            on_key(&event, &area, free);
        }
    };
    let restore = move |_| {
        if let Some(area) = area_ref.get_untracked() {
            let length = area.value().encode_utf16().count();
            // Only a focused field takes an edit that can be undone.
            drop(area.focus());
            apply(&area, &Edit { from: 0, to: length, words: original.get_value(), select: (0, 0) });
        }
    };
    let go = move |line: usize, column: usize| {
        let (Some(area), Some(pre), Some(scroller)) =
            (area_ref.get_untracked(), pre.get_untracked(), scroller.get_untracked())
        else {
            return;
        };
        let at = text.with_untracked(|text| place_of(text, line.max(1), column.max(1))) as u32;
        drop(area.focus());
        drop(area.set_selection_range(at, at));
        scroll_to(&scroller, &pre, line - 1);
    };
    let faults = move || {
        marks.with(|marks| {
            let one = |mark: &Mark| {
                let (line, column) = (mark.line, mark.column);
                let place = msg::ui_line_column(lang, &column.to_string(), &line.to_string());
                view! { <li><button type="button" on:click=move |_| go(line, column)>{place}</button>" "{mark.message.clone()}</li> }
            };
            (!marks.is_empty()).then(|| view! { <ul class="faults">{marks.iter().map(one).collect_view()}</ul> }.into_any())
        })
    };
    let changed = move || text.with(|t| original.with_value(|o| o != t));
    let state = move || match (unsaved.get(), changed()) {
        (true, _) => msg::ui_not_kept(lang),
        (_, true) => msg::ui_kept(lang),
        _ => "",
    };
    let (hint, list) = (unique_id(), unique_id());
    view! {
        <div class="editor">
            <div class="code" node_ref=scroller>
                <div class="paper">
                    <pre node_ref=pre aria-hidden="true"></pre>
                    <textarea
                        node_ref=area_ref
                        aria-label=label
                        aria-describedby=[hint.as_str(), " ", &list].concat()
                        aria-invalid=move || marks.with(|m| (!m.is_empty()).then_some("true"))
                        spellcheck="false"
                        autocomplete="off"
                        autocapitalize="off"
                        wrap="off"
                        prop:value=begun
                        on:input=typed
                        on:keydown=keyed
                        on:blur=move |_| free.set(false)
                    ></textarea>
                </div>
            </div>
            <div id=list role="status">{faults}</div>
            <p class="hint editor-foot">
                <span id=hint>{msg::ui_editor_hint(lang)}</span>
                <span>{state}</span>
                <button type="button" class="quiet" disabled=move || !changed() on:click=restore>{msg::ui_restore(lang)}</button>
            </p>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::place_of;

    #[test]
    fn places_count_as_the_browser_does() {
        let text = "ab\né𝄞c\n";
        assert_eq!(place_of(text, 1, 1), 0);
        assert_eq!(place_of(text, 2, 3), 3 + 1 + 2, "𝄞 is two units");
        assert_eq!(place_of(text, 9, 9), 8);
    }
}
