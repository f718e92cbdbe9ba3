//! Sliders, choices and buttons. Every choice is a real input, so that keyboard and screen reader work by themselves.

use std::cell::Cell;

use leptos::prelude::*;

use super::{Look, Swatch, use_lang};
use crate::text::{Lang, msg, number, parse_number};

thread_local! {
    static NEXT_ID: Cell<u32> = const { Cell::new(0) };
}

/// An id that no other element of this page has.
pub fn unique_id() -> String {
    NEXT_ID.with(|n| {
        n.set(n.get() + 1);
        ["u", &n.get().to_string()].concat()
    })
}

/// A value with a label, a range to drag and a field to type in, either decimal sign.
#[component]
pub fn Slider(
    label: &'static str,
    #[prop(into)] value: Signal<f64>,
    on_input: Callback<f64>,
    min: f64,
    max: f64,
    #[prop(default = 1.0)] step: f64,
    /// What follows the number: `×`, `%`.
    #[prop(default = "")]
    unit: &'static str,
    /// The range runs over these values instead; the field still takes any in between.
    #[prop(optional)]
    stops: &'static [f64],
) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let id = unique_id();
    let wrong = RwSignal::new(false);
    Effect::new(move || {
        value.track();
        wrong.set(false);
    });
    let at = move || {
        let v = value.get();
        if stops.is_empty() { v } else { stops.iter().take_while(|s| **s < v).count().min(stops.len() - 1) as f64 }
    };
    let (low, high, each) = if stops.is_empty() { (min, max, step) } else { (0.0, stops.len() as f64 - 1.0, 1.0) };
    let dragged = move |ev: web_sys::Event| {
        if let Ok(v) = event_target_value(&ev).parse::<f64>() {
            wrong.set(false);
            on_input.run(stops.get(v as usize).copied().filter(|_| !stops.is_empty()).unwrap_or(v));
        }
    };
    let typed = move |ev: web_sys::Event| {
        let field: web_sys::HtmlInputElement = event_target(&ev);
        match parse_number(&field.value()) {
            Some(v) if (min..=max).contains(&v) => {
                wrong.set(false);
                let v = if step >= 1.0 { v.round() } else { v };
                field.set_value(&shown(lang, v));
                on_input.run(v);
            }
            _ => wrong.set(true),
        }
    };
    let error = [id.as_str(), "e"].concat();
    let described = error.clone();
    view! {
        <div class="slider">
            <label for=id.clone()>{label}</label>
            <span class="typed">
                <input
                    id=id
                    type="text"
                    inputmode="decimal"
                    autocomplete="off"
                    prop:value=move || shown(lang, value.get())
                    aria-invalid=move || wrong.get().then_some("true")
                    aria-describedby=described
                    on:change=typed
                />
                <span aria-hidden="true">{unit}</span>
            </span>
            <input
                type="range"
                aria-label=label
                aria-valuetext=move || [shown(lang, value.get()).as_str(), unit].concat()
                min=low
                max=high
                step=each
                prop:value=move || at().to_string()
                on:input=dragged
            />
            <span id=error class="wrong" role="status">
                {move || wrong.get().then(|| msg::ui_between(lang, &shown(lang, max), &shown(lang, min)))}
            </span>
        </div>
    }
    .into_any()
}

/// A set value with as many decimals as it has: three at most, six where three would say nothing.
fn shown(lang: Lang, value: f64) -> String {
    let mut decimals = if value.abs() < 0.01 { 6 } else { 3 };
    let mut scaled = (value * 10f64.powi(decimals)).round() as i64;
    while decimals > 0 && scaled % 10 == 0 {
        (decimals, scaled) = (decimals - 1, scaled / 10);
    }
    number(lang, value, decimals as usize)
}

/// One of a few, side by side: a group of radio buttons.
#[component]
pub fn Segmented(
    label: &'static str,
    options: Vec<String>,
    #[prop(into)] selected: Signal<usize>,
    on_select: Callback<usize>,
) -> impl IntoView {
    let name = unique_id();
    let choices: Vec<_> = options
        .into_iter()
        .enumerate()
        .map(|(i, words)| {
            view! {
                <label>
                    <input
                        type="radio"
                        name=name.clone()
                        prop:checked=move || selected.get() == i
                        on:change=move |_| on_select.run(i)
                    />
                    <span>{words}</span>
                </label>
            }
        })
        .collect();
    view! { <fieldset class="segmented"><legend>{label}</legend><div>{choices}</div></fieldset> }.into_any()
}

/// One of several formats, each with its colour: a group of radio buttons that looks like chips.
#[component]
pub fn FormatChips(
    label: &'static str,
    options: Signal<Vec<(Look, String)>>,
    selected: Signal<usize>,
    on_select: Callback<usize>,
) -> impl IntoView {
    let name = unique_id();
    let chips = move || {
        let chip = |(i, (look, words)): (usize, (Look, String))| {
            view! {
                <label class="pick">
                    <input
                        type="radio"
                        name=name.clone()
                        prop:checked=move || selected.get() == i
                        on:change=move |_| on_select.run(i)
                    />
                    <span><Swatch look/>{words}</span>
                </label>
            }
        };
        options.get().into_iter().enumerate().map(chip).collect_view()
    };
    view! { <fieldset class="picks"><legend>{label}</legend><div>{chips}</div></fieldset> }.into_any()
}

/// One of many.
#[component]
pub fn Select(
    label: &'static str,
    options: Vec<String>,
    #[prop(into)] selected: Signal<usize>,
    on_select: Callback<usize>,
) -> impl IntoView {
    let id = unique_id();
    let options: Vec<_> = options
        .into_iter()
        .enumerate()
        .map(|(i, words)| view! { <option value=i.to_string() selected=move || selected.get() == i>{words}</option> })
        .collect();
    let changed = move |ev| {
        if let Ok(i) = event_target_value(&ev).parse() {
            on_select.run(i);
        }
    };
    view! {
        <div class="select">
            <label for=id.clone()>{label}</label>
            <select id=id on:change=changed prop:value=move || selected.get().to_string()>{options}</select>
        </div>
    }
    .into_any()
}

/// A piece that opens on demand.
#[component]
pub fn Details(summary: String, #[prop(default = false)] open: bool, children: Children) -> impl IntoView {
    view! { <details class="details" open=open><summary>{summary}</summary><div>{children()}</div></details> }
        .into_any()
}

/// What a notice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    Plain,
    Error,
}

/// A sentence in place; with `on_close` it can be put away. Shows nothing while the text is `None`.
#[component]
pub fn Notice(
    #[prop(into)] text: Signal<Option<String>>,
    #[prop(default = Tone::Error)] tone: Tone,
    #[prop(optional)] on_close: Option<Callback<()>>,
) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let close = on_close.map(|close| {
        view! { <button type="button" on:click=move |_| close.run(())>{msg::ui_close(lang)}</button> }
    });
    let class = if tone == Tone::Error { "notice error" } else { "notice" };
    view! {
        <div class=class role=if tone == Tone::Error { "alert" } else { "status" } hidden=move || text.with(Option::is_none)>
            <p>{move || text.get()}</p>
            {close}
        </div>
    }
    .into_any()
}

/// Copies what `text` gives, and says so.
#[component]
pub fn CopyButton(label: &'static str, text: Callback<(), String>) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let outcome = RwSignal::new(None::<bool>);
    let press = move |_| super::copy(&text.run(()), move |worked| outcome.set(Some(worked)));
    let said = move || outcome.get().map(|worked| if worked { msg::ui_copied(lang) } else { msg::ui_not_copied(lang) });
    view! {
        <button type="button" on:click=press>{label}</button>
        <span class="said" role="status">{said}</span>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_value_shows_the_decimals_that_it_has() {
        let values = [8.0, 3.5, 99.95, 0.125, f64::from(99.9f32), -2.0, 0.0, 2e-5, 0.005];
        let texts = ["8", "3,5", "99,95", "0,125", "99,9", "−2", "0", "0,00002", "0,005"];
        assert_eq!(values.map(|v| shown(Lang::Es, v)), texts);
    }
}
