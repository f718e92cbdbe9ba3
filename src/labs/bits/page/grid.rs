//! The plan as a grid of cells to paint: layers downwards, the four products of a layer across.

use leptos::prelude::*;
use wasm_bindgen::JsCast;

use super::lab::Lab;
use super::plan::{look, part_name};
use crate::labs::bits::{WeightFormat, format_of_digit};
use crate::text::{integer, msg};
use crate::ui::{FormatChips, Look, use_lang};

/// The four products of a layer.
const PARTS: [&str; 4] = ["query_key_value", "output", "gate_up", "down"];

/// Pixels between two places that are looked at while a pointer moves: less than any cell.
const STRIDE: f32 = 8.0;

/// Where a pointer is.
fn place(ev: &web_sys::PointerEvent) -> (f32, f32) {
    (ev.client_x() as f32, ev.client_y() as f32)
}

/// The unit of the cell at a place, wherever the button was pressed.
fn unit_at((x, y): (f32, f32)) -> Option<usize> {
    let element = document().element_from_point(x, y)?;
    element.closest("[data-unit]").ok()??.get_attribute("data-unit")?.parse().ok()
}

/// Moves the keyboard to the cell of a unit.
fn focus(unit: usize) {
    let selector = format!("[data-unit=\"{unit}\"]");
    if let Ok(Some(cell)) = document().query_selector(&selector) {
        drop(cell.unchecked_into::<web_sys::HtmlElement>().focus());
    }
}

/// What a brush can be: looking only, or a format.
fn brush_at(index: usize) -> Option<WeightFormat> {
    index.checked_sub(1).and_then(|i| WeightFormat::ALL.get(i).copied())
}

/// The brushes.
#[component]
fn Brushes(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let options = Signal::derive(move || {
        let nothing = (Look { colour: "var(--ink-3)", nth: 1 }, msg::bits_brush_none(lang).to_owned());
        std::iter::once(nothing).chain(WeightFormat::ALL.iter().map(|f| (look(*f), f.name()))).collect::<Vec<_>>()
    });
    let selected = Signal::derive(move || {
        let brush = lab.brush.get();
        brush.and_then(|b| WeightFormat::ALL.iter().position(|f| *f == b)).map_or(0, |i| i + 1)
    });
    view! {
        <FormatChips label=msg::bits_brush(lang) options selected on_select=Callback::new(move |i| lab.brush.set(brush_at(i)))/>
    }
    .into_any()
}

/// One cell.
fn cell(lab: Lab, unit: usize) -> AnyView {
    let lang = use_lang().get_untracked();
    let format = move || lab.formats.with(|f| f.get(unit).copied()).unwrap_or_default();
    let label = move || {
        lab.units.with(|units| {
            units.get(unit).map_or(String::new(), |u| {
                msg::bits_cell(lang, &format().name(), &u.name(lang), &integer(lang, u.count()))
            })
        })
    };
    let selected = move || lab.config.with(|c| c.selected as usize == unit);
    let press = move |ev: web_sys::MouseEvent| {
        // A press by keyboard has no pointer; the others were painted when the pointer went down.
        if ev.detail() == 0 {
            lab.select(unit);
            if let Some(format) = lab.brush.get_untracked() {
                lab.paint(std::iter::once(unit), format);
            }
        }
    };
    view! {
        <button
            type="button"
            class="plan-cell"
            data-unit=unit.to_string()
            style:--f=move || look(format()).colour
            aria-label=label
            aria-pressed=move || selected().to_string()
            tabindex=move || if selected() { "0" } else { "-1" }
            on:click=press
        >
            {move || format().name()}
        </button>
    }
    .into_any()
}

/// A head of a row or column that paints all of it.
fn head(lab: Lab, words: String, units: Vec<usize>) -> AnyView {
    let lang = use_lang().get_untracked();
    let label = msg::bits_paint_all(lang, &words);
    let press = move |_| {
        if let Some(format) = lab.brush.get_untracked() {
            lab.paint(units.iter().copied(), format);
        }
    };
    view! {
        <button type="button" class="plan-head" aria-label=label disabled=move || lab.brush.with(Option::is_none) on:click=press>{words}</button>
    }
    .into_any()
}

/// The grid.
#[component]
pub(super) fn Plan(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    // Where the pointer was while it paints. A busy page hears of few places, so that the way between them counts.
    let painting = StoredValue::new(None::<(f32, f32)>);
    let touch = move |at: (f32, f32)| {
        if let Some(unit) = unit_at(at) {
            lab.select(unit);
            if let Some(format) = lab.brush.get_untracked() {
                lab.paint(std::iter::once(unit), format);
            }
        }
    };
    let down = move |ev: web_sys::PointerEvent| {
        if ev.button() == 0 && unit_at(place(&ev)).is_some() {
            painting.set_value(Some(place(&ev)));
            touch(place(&ev));
        }
    };
    let moved = move |ev: web_sys::PointerEvent| {
        let Some(from) = painting.get_value().filter(|_| ev.buttons() & 1 == 1) else { return };
        let to = place(&ev);
        let (dx, dy) = (to.0 - from.0, to.1 - from.1);
        let steps = (dx.abs().max(dy.abs()) / STRIDE).ceil().max(1.0);
        for step in 1..=steps as u32 {
            let part = step as f32 / steps;
            touch((from.0 + part * dx, from.1 + part * dy));
        }
        painting.set_value(Some(to));
    };
    let ended = move |_: web_sys::PointerEvent| painting.set_value(None);
    let key = move |ev: web_sys::KeyboardEvent| {
        let here = lab.config.with_untracked(|c| c.selected as i64);
        let last = lab.units.with_untracked(|u| u.len() as i64) - 1;
        let there = match ev.key().as_str() {
            // The first unit is alone in its row, and so may be the last.
            "ArrowRight" => here + 1,
            "ArrowLeft" => here - 1,
            "ArrowDown" => {
                if here == 0 {
                    1
                } else {
                    here + 4
                }
            }
            "ArrowUp" => {
                if here <= 4 {
                    0
                } else {
                    here - 4
                }
            }
            "Home" => 0,
            "End" => last,
            digit => {
                let mut digits = digit.chars();
                let number = digits.next().and_then(|d| d.to_digit(10)).filter(|_| digits.next().is_none());
                let format = number
                    .and_then(|n| n.checked_sub(1))
                    .and_then(|n| char::from_digit(n, 10))
                    .and_then(format_of_digit);
                if let Some(format) = format {
                    ev.prevent_default();
                    lab.paint(std::iter::once(here as usize), format);
                }
                return;
            }
        };
        ev.prevent_default();
        let there = there.clamp(0, last.max(0)) as usize;
        lab.select(there);
        focus(there);
    };
    let rows = move || {
        let units = lab.units.get();
        let layers = units.iter().filter_map(|u| u.layer).max().map_or(0, |l| l + 1);
        let of = |part: &str| -> Vec<usize> { (0..units.len()).filter(|i| units[*i].part == part).collect() };
        let alone = |part: &'static str| {
            of(part).first().map(|unit| {
                view! {
                    <div class="plan-row alone">{head(lab, part_name(lang, part).to_owned(), vec![*unit])}{cell(lab, *unit)}</div>
                }
                .into_any()
            })
        };
        let heads: Vec<_> = PARTS.iter().map(|part| head(lab, part_name(lang, part).to_owned(), of(part))).collect();
        let all = head(lab, msg::bits_all(lang).to_owned(), (0..units.len()).collect());
        let body: Vec<_> = (0..layers)
            .map(|layer| {
                let mine: Vec<usize> = (0..units.len()).filter(|i| units[*i].layer == Some(layer)).collect();
                let name = msg::bits_layer(lang, &integer(lang, layer as u64 + 1));
                let cells: Vec<_> = mine.iter().map(|unit| cell(lab, *unit)).collect();
                view! { <div class="plan-row">{head(lab, name, mine)}{cells}</div> }.into_any()
            })
            .collect();
        view! {
            {alone("embedding")}
            <div class="plan-row heads">{all}{heads}</div>
            {body}
            {alone("head")}
        }
        .into_any()
    };
    let empty = move || lab.units.with(|u| u.is_empty());
    view! {
        <section class="fig plan" aria-labelledby="plan">
            <div class="head"><h2 id="plan">{msg::bits_plan(lang)}</h2></div>
            <Brushes lab/>
            <p class="hint" hidden=move || !empty()>{msg::bits_plan_waiting(lang)}</p>
            <div
                class="plan-grid"
                role="group"
                aria-label=msg::bits_plan(lang)
                hidden=empty
                on:pointerdown=down
                on:pointermove=moved
                on:pointerup=ended
                on:pointercancel=ended
                on:keydown=key
            >
                {rows}
            </div>
            <p class="hint">{msg::bits_plan_hint(lang)}</p>
        </section>
    }
    .into_any()
}
