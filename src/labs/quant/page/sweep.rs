//! Every format at one press: fidelity against bits per weight, and the front that nothing beats.

use leptos::prelude::*;

use super::lab::Lab;
use crate::labs::Command;
use crate::labs::quant::{Task, tables};
use crate::protocol::Table;
use crate::text::{Lang, msg, number};
use crate::ui::{Axis, Kind, Look, Plot, PlotSpec, RunButton, Series, format_colour, use_lang};

/// Bits worth a tick: the widths of the formats themselves.
const BIT_TICKS: [f64; 7] = [2.0, 3.0, 4.0, 5.0, 6.0, 8.0, 16.0];

/// Row numbers of the Pareto front, fewest bits first.
fn front(table: &Table) -> Vec<usize> {
    let finite = |i: &usize| table.number(*i, "sqnr_db").is_some_and(f64::is_finite);
    let mut rows: Vec<usize> =
        (0..table.rows.len()).filter(|i| table.number(*i, "on_front") == Some(1.0)).filter(finite).collect();
    let bits = |i: &usize| table.number(*i, "bits_per_weight").unwrap_or(f64::NAN);
    rows.sort_by(|a, b| bits(a).total_cmp(&bits(b)));
    rows
}

fn plot(lang: Lang, table: &Table) -> PlotSpec {
    let point = |i: usize| {
        let bits = table.number(i, "bits_per_weight")?;
        Some([bits, bits, table.number(i, "sqnr_db").filter(|v| v.is_finite())?])
    };
    let name = |i: usize| table.text(i, "label").unwrap_or_default().to_owned();
    let front = front(table);
    let mut series = vec![Series {
        label: msg::quant_front(lang).to_owned(),
        look: Look { colour: "var(--ink-3)", nth: 0 },
        kind: Kind::Line,
        points: front.iter().filter_map(|i| point(*i)).collect(),
        names: front.iter().map(|i| name(*i)).collect(),
    }];
    for i in 0..table.rows.len() {
        let (Some(format), Some(at)) = (table.text(i, "format"), point(i)) else { continue };
        let place = series.iter().skip(1).position(|s| s.label == format).map(|p| p + 1).unwrap_or_else(|| {
            let look = Look { colour: format_colour(format), nth: (series.len() - 1) % 4 };
            series.push(Series {
                label: format.to_owned(),
                look,
                kind: Kind::Points,
                points: Vec::new(),
                names: Vec::new(),
            });
            series.len() - 1
        });
        series[place].points.push(at);
        series[place].names.push(name(i));
    }
    PlotSpec {
        name: "sweep",
        title: msg::quant_sweep_title(lang).to_owned(),
        note: String::new(),
        x: Axis {
            title: msg::quant_col_bits(lang).to_owned(),
            log: true,
            ticks: BIT_TICKS.to_vec(),
            ..Axis::default()
        },
        y: Axis { title: "SQNR (dB)".to_owned(), ..Axis::default() },
        series,
        marks: Vec::new(),
    }
}

/// The sweep.
#[component]
pub(super) fn Sweep(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let run = Callback::new(move |()| {
        let config = lab.config.get_untracked();
        lab.runner.run(lab.sweep, &Command::Quant { task: Task::Sweep { config } });
    });
    let table = Memo::new(move |_| lab.sweep.table(tables::SWEEP));
    let spec: Signal<PlotSpec> = Memo::new(move |_| table.get().map(|t| plot(lang, &t)).unwrap_or_default()).into();
    let words = move || {
        let table = table.get()?;
        let entry = |i: usize| {
            let at = |column, n| number(lang, table.number(i, column).unwrap_or(f64::NAN), n);
            msg::quant_front_entry(
                lang,
                &at("bits_per_weight", 2),
                &at("sqnr_db", 1),
                table.text(i, "label").unwrap_or_default(),
            )
        };
        let entries: Vec<_> = front(&table).into_iter().map(|i| view! { <li>{entry(i)}</li> }).collect();
        Some(view! { <p>{msg::quant_front_words(lang)}</p><ol class="front">{entries}</ol> }.into_any())
    };
    let empty = move || table.with(Option::is_none);
    view! {
        <section class="fig sweep" aria-labelledby="sweep">
            <div class="head"><h2 id="sweep">{msg::quant_sweep(lang)}</h2></div>
            <p class="hint">{msg::quant_sweep_hint(lang)}</p>
            <RunButton view=lab.sweep label=msg::quant_sweep_run(lang) on_run=run/>
            <div class="swept" hidden=empty>
                <Plot spec=spec height=340.0/>
                <div>{words}</div>
            </div>
        </section>
    }
    .into_any()
}
