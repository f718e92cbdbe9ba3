//! What is on or off: one thing, or several of a list, each with its colour.

use leptos::prelude::*;

use super::{Look, Swatch};

/// A checkbox with its label.
#[component]
pub fn Toggle(label: &'static str, #[prop(into)] on: Signal<bool>, on_change: Callback<bool>) -> impl IntoView {
    view! {
        <label class="toggle">
            <input type="checkbox" prop:checked=move || on.get() on:change=move |ev| on_change.run(event_target_checked(&ev))/>
            <span>{label}</span>
        </label>
    }
    .into_any()
}

/// One line of a [`ToggleList`].
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    pub name: String,
    /// What stands at the end of the line.
    pub note: String,
    pub look: Option<Look>,
    pub on: bool,
}

/// Several of a list.
#[component]
pub fn ToggleList(
    label: &'static str,
    #[prop(into)] choices: Signal<Vec<Choice>>,
    /// Hears which line was pressed; what is on comes back through `choices`.
    on_toggle: Callback<usize>,
    /// Side by side instead of one below the other.
    #[prop(optional)]
    across: bool,
) -> impl IntoView {
    // A line is made once: only its note and its state change, so that the keyboard stays where it is.
    let count = Memo::new(move |_| choices.with(Vec::len));
    let lines = move || {
        let line = |i: usize| {
            let read = move |f: fn(&Choice) -> String| move || choices.with(|c| c.get(i).map(f).unwrap_or_default());
            let on = Memo::new(move |_| choices.with(|c| c.get(i).is_some_and(|c| c.on)));
            let swatch = choices.with_untracked(|c| c.get(i).and_then(|c| c.look)).map(|look| view! { <Swatch look/> });
            // A press that is refused (the last one cannot be taken away) leaves the box as it was.
            let press = move |ev: web_sys::Event| {
                on_toggle.run(i);
                let field: web_sys::HtmlInputElement = event_target(&ev);
                field.set_checked(on.get_untracked());
            };
            view! {
                <label class="toggle">
                    <input type="checkbox" prop:checked=move || on.get() on:change=press/>
                    {swatch}
                    <span>{read(|c| c.name.clone())}</span>
                    <span class="count">{read(|c| c.note.clone())}</span>
                </label>
            }
            .into_any()
        };
        (0..count.get()).map(line).collect_view()
    };
    view! { <fieldset class="toggles" class:across=across><legend>{label}</legend><div>{lines}</div></fieldset> }
        .into_any()
}
