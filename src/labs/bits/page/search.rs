//! Mixed precision found by the machine: bytes against perplexity, uniform plans beside it.

use leptos::prelude::*;

use super::lab::Lab;
use super::plan::look;
use crate::labs::Command;
use crate::labs::bits::{Config, Task, format_of_digit, tables};
use crate::protocol::Table;
use crate::text::{Lang, bytes, msg, number, significant};
use crate::ui::{Axis, Kind, Look, Plot, PlotSpec, RunButton, Series, use_lang};

/// The rows of one kind, fewest bytes first.
fn rows_of(table: &Table, kind: &str) -> Vec<usize> {
    let mut rows: Vec<usize> = (0..table.rows.len()).filter(|i| table.text(*i, "kind") == Some(kind)).collect();
    let size = |i: &usize| table.number(*i, "packed_bytes").unwrap_or(f64::NAN);
    rows.sort_by(|a, b| size(a).total_cmp(&size(b)));
    rows
}

/// Plans beyond so many times the lowest perplexity would squeeze all others into a line; they are named instead.
const SHOWN_TIMES: f64 = 12.0;

fn plot(lang: Lang, table: &Table) -> PlotSpec {
    let perplexity = |i: usize| table.number(i, "perplexity").unwrap_or(f64::NAN);
    let lowest = (0..table.rows.len()).map(perplexity).fold(f64::INFINITY, f64::min);
    let is_shown = |i: &usize| perplexity(*i) <= lowest * SHOWN_TIMES;
    let point = |i: usize| {
        let kilobytes = table.number(i, "packed_bytes").unwrap_or(f64::NAN) / 1024.0;
        [kilobytes, kilobytes, perplexity(i)]
    };
    let mixed: Vec<usize> = rows_of(table, "mixed").into_iter().filter(is_shown).collect();
    let mut series = vec![Series {
        label: msg::bits_search_mixed(lang).to_owned(),
        look: Look { colour: "var(--accent)", nth: 1 },
        kind: Kind::Path,
        points: mixed.iter().map(|i| point(*i)).collect(),
        names: mixed.iter().map(|i| table.text(*i, "plan").unwrap_or_default().to_owned()).collect(),
    }];
    series.push(Series { kind: Kind::Points, ..series[0].clone() });
    let mut outside = Vec::new();
    for i in rows_of(table, "uniform") {
        let Some(format) = table.text(i, "plan").and_then(|p| format_of_digit(p.chars().next()?)) else { continue };
        if !is_shown(&i) {
            outside.push([format.name().as_str(), ": ", &significant(lang, perplexity(i), 3)].concat());
            continue;
        }
        series.push(Series {
            label: format.name(),
            look: look(format),
            kind: Kind::Labelled,
            points: vec![point(i)],
            names: vec![format.name()],
        });
    }
    PlotSpec {
        name: "mixed-precision",
        title: msg::bits_search_title(lang).to_owned(),
        note: if outside.is_empty() { String::new() } else { msg::bits_search_outside(lang, &outside.join(", ")) },
        x: Axis { title: msg::bits_search_bytes(lang).to_owned(), log: true, ..Axis::default() },
        y: Axis { title: msg::bits_search_perplexity(lang).to_owned(), log: true, ..Axis::default() },
        series,
        marks: Vec::new(),
    }
}

/// The search.
#[component]
pub(super) fn Search(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let run = Callback::new(move |()| {
        let config = lab.config.get_untracked();
        lab.runner.run(lab.search, &Command::Bits { task: Task::Search { config } });
    });
    let table = Memo::new(move |_| lab.search.table(tables::SEARCH));
    let spec: Signal<PlotSpec> = Memo::new(move |_| table.get().map(|t| plot(lang, &t)).unwrap_or_default()).into();
    let plans = move || {
        let table = table.get()?;
        let front = rows_of(&table, "mixed").into_iter().filter(|i| table.number(*i, "on_front") == Some(1.0));
        let entry = |i: usize| {
            let plan = table.text(i, "plan").unwrap_or_default().to_owned();
            let words = msg::bits_search_entry(
                lang,
                &bytes(lang, table.number(i, "packed_bytes").unwrap_or(0.0) as u64),
                &number(lang, table.number(i, "perplexity").unwrap_or(f64::NAN), 2),
            );
            let load = move |_| {
                let plan = plan.clone();
                lab.config.update(|c: &mut Config| c.plan = plan);
            };
            view! { <li><span>{words}</span><button type="button" class="button" on:click=load>{msg::bits_search_load(lang)}</button></li> }.into_any()
        };
        Some(front.map(entry).collect_view())
    };
    let empty = move || table.with(Option::is_none);
    view! {
        <section class="fig sweep" aria-labelledby="search">
            <div class="head"><h2 id="search">{msg::bits_search(lang)}</h2></div>
            <p class="hint">{msg::bits_search_hint(lang)}</p>
            <RunButton view=lab.search label=msg::bits_search_run(lang) on_run=run/>
            <div class="swept" hidden=empty>
                <Plot spec=spec height=320.0/>
                <ul class="plans">{plans}</ul>
            </div>
        </section>
    }
    .into_any()
}
