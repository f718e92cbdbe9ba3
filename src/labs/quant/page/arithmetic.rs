//! One weight by hand: the lines a student could write on paper, for every format.

use leptos::prelude::*;

use super::lab::Lab;
use super::label;
use crate::labs::quant::{Format, QuantSpec, ScaleRule, Symmetry};
use crate::protocol::Table;
use crate::text::{Lang, integer, msg, number, percent, significant};
use crate::ui::{Swatch, use_lang};

/// Digits of a weight: enough to redo the sum.
const DIGITS: usize = 5;

/// How a scale came about, as a formula.
fn scale_formula(lang: Lang, spec: &QuantSpec) -> String {
    let top = match spec.format {
        Format::Int(bits) => match spec.symmetry {
            Symmetry::Symmetric => (1u32 << (bits - 1)) - 1,
            Symmetry::FullRange => 1u32 << (bits - 1),
            Symmetry::Asymmetric => (1u32 << bits) - 1,
        }
        .to_string(),
        Format::Fp8E4m3 => "448".into(),
        Format::Fp8E5m2 => integer(lang, 57_344),
        _ => String::new(),
    };
    // NF4's levels end at 1: its scale is the largest magnitude itself.
    let over = if top.is_empty() { top.clone() } else { [" / ", &top].concat() };
    match (spec.scale_rule, spec.symmetry) {
        (ScaleRule::LeastSquares, _) => msg::quant_scale_least(lang).to_owned(),
        (ScaleRule::Percentile { percent }, _) => {
            msg::quant_scale_percentile(lang, &over, &significant(lang, percent.into(), 4))
        }
        (ScaleRule::AbsMax, Symmetry::Symmetric) => msg::quant_scale_absmax(lang, &over),
        (ScaleRule::AbsMax, Symmetry::FullRange) => msg::quant_scale_full(lang, &top),
        (ScaleRule::AbsMax, Symmetry::Asymmetric) => msg::quant_scale_span(lang, &top),
    }
}

/// A line: what is computed, how, and what comes out.
struct Line {
    name: &'static str,
    how: String,
    value: String,
}

/// The lines of one format.
fn lines(lang: Lang, spec: &QuantSpec, table: &Table, row: usize) -> Vec<Line> {
    let get = |column: &str| table.number(row, column).unwrap_or(f64::NAN);
    let shown = |v: f64| significant(lang, v, DIGITS);
    let (value, scale, zero, code) = (get("value"), get("scale"), get("zero"), get("code"));
    let (back, error, level) = (get("back"), get("error"), get("level"));
    let mut out = Vec::new();
    let mut line = |name, how: String, value: String| out.push(Line { name, how, value });
    if spec.format.is_scaled() {
        line(msg::quant_line_scale(lang), scale_formula(lang, spec), shown(scale));
    }
    let whole = |v: f64| number(lang, v, 0);
    // A negative factor is written in brackets.
    let factor = |text: String| if text.starts_with('−') { ["(", &text, ")"].concat() } else { text };
    match spec.format {
        Format::Int(_) if spec.symmetry == Symmetry::Asymmetric => {
            line(msg::quant_line_code(lang), msg::quant_code_zero(lang, &whole(zero)), whole(code));
            let how = ["(", &whole(code), " − ", &whole(zero), ") × ", &factor(shown(scale))].concat();
            line("ŵ", how, shown(back));
        }
        Format::Int(_) => {
            // The stored code is an index that starts at the lowest level; the formula's code is the level itself.
            line(msg::quant_line_code(lang), msg::quant_code_round(lang).to_owned(), whole(level));
            line("ŵ", [factor(whole(level)), factor(shown(scale))].join(" × "), shown(back));
        }
        Format::Nf4 | Format::Fp8E4m3 | Format::Fp8E5m2 => {
            let nearest = msg::quant_level_nearest(lang, &shown(value / scale));
            line(msg::quant_line_level(lang), nearest, shown(level));
            line("ŵ", [factor(shown(level)), factor(shown(scale))].join(" × "), shown(back));
        }
        Format::Fp32 | Format::Fp16 | Format::Bf16 => {
            line("ŵ", msg::quant_nearest_float(lang, &spec.format.name()), shown(back));
        }
    }
    let share =
        if value == 0.0 { String::new() } else { [" (", &percent(lang, error.abs() / value.abs(), 1), ")"].concat() };
    line(msg::quant_line_error(lang), "ŵ − w".to_owned(), shown(error) + &share);
    out
}

/// The arithmetic of the weight under the cursor.
#[component]
pub(super) fn Arithmetic(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let selected = move || lab.config.with(|c| c.view.selected as usize);
    let body = move || {
        lab.sums.with(|sums| {
            let sums = sums.as_ref()?;
            let table = &sums.weight;
            let value = table.number(0, "value")?;
            let looks = label::looks(&sums.formats);
            let blocks: Vec<_> = sums
                .formats
                .iter()
                .zip(looks)
                .enumerate()
                .map(|(i, (spec, look))| {
                    let lines = lines(lang, spec, table, i).into_iter().map(|l| {
                        view! { <tr><th scope="row">{l.name}</th><td>"= " {l.how}</td><td>"= " <b>{l.value}</b></td></tr> }
                    });
                    view! {
                        <div class="sum" class:selected=move || selected() == i>
                            <h3><Swatch look/>{label::spec(lang, spec)}</h3>
                            <table><tbody>{lines.collect::<Vec<_>>()}</tbody></table>
                        </div>
                    }
                })
                .collect();
            Some(view! { <p class="w">"w = " <b>{significant(lang, value, DIGITS)}</b></p> <div class="sums">{blocks}</div> }.into_any())
        })
    };
    let place = move || {
        lab.linked.cursor.get().map(|(r, c)| msg::ui_place(lang, &integer(lang, c.into()), &integer(lang, r.into())))
    };
    let pinned = move || if lab.linked.pinned.get() { msg::quant_pinned(lang) } else { "" };
    view! {
        <section class="fig arithmetic" aria-labelledby="by-hand">
            <div class="head"><h2 id="by-hand">{msg::quant_by_hand(lang)}</h2><span class="note">{place} " " {pinned}</span></div>
            {body}
        </section>
    }
    .into_any()
}
