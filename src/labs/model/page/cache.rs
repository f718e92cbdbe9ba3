//! What the KV cache holds and what it saves, measured.

use leptos::prelude::*;

use super::lab::Lab;
use crate::labs::Command;
use crate::labs::model::{Task, tables};
use crate::protocol::Table;
use crate::text::{Lang, bytes, integer, msg, number, significant};
use crate::ui::{Axis, Kind, Look, Plot, PlotSpec, RunButton, Series, use_lang};

fn plot(lang: Lang, table: &Table) -> PlotSpec {
    let series = |label: &'static str, column: &str, colour: &'static str, nth| Series {
        label: label.to_owned(),
        look: Look { colour, nth },
        kind: Kind::Line,
        points: (0..table.rows.len())
            .filter_map(|i| {
                let tokens = table.number(i, "tokens")?;
                Some([tokens, tokens, table.number(i, column)?])
            })
            .collect(),
        names: Vec::new(),
    };
    PlotSpec {
        name: "cache",
        title: msg::model_cache_plot(lang).to_owned(),
        note: String::new(),
        x: Axis { title: msg::model_cache_tokens(lang).to_owned(), include: Some(0.0), ..Axis::default() },
        y: Axis { title: msg::model_cache_millis(lang).to_owned(), include: Some(0.0), ..Axis::default() },
        series: vec![
            series(msg::model_cache_without(lang), "without_millis", "var(--m-lora)", 1),
            series(msg::model_cache_with(lang), "with_millis", "var(--m-full)", 0),
        ],
        marks: Vec::new(),
    }
}

/// The experiment and its numbers.
#[component]
pub(super) fn Cache(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let table = Memo::new(move |_| lab.cache.table(tables::CACHE));
    let spec: Signal<PlotSpec> = Memo::new(move |_| table.get().map(|t| plot(lang, &t)).unwrap_or_default()).into();
    let run = Callback::new(move |()| {
        let config = lab.config.get_untracked();
        lab.runner.run(lab.cache, &Command::Model { task: Task::Cache { config } });
    });
    let verdict = move || {
        let table = table.get()?;
        let last = table.rows.len().checked_sub(1)?;
        let get = |column: &str| table.number(last, column);
        let (with, without, tokens) = (get("with_millis")?, get("without_millis")?, get("tokens")?);
        Some(msg::model_cache_verdict(
            lang,
            &bytes(lang, get("cache_bytes")? as u64),
            &number(lang, without / with.max(1e-6), 1),
            &integer(lang, tokens as u64),
            &significant(lang, with, 2),
            &significant(lang, without, 2),
        ))
    };
    let empty = move || table.with(Option::is_none);
    view! {
        <section class="fig sweep" aria-labelledby="cache">
            <div class="head"><h2 id="cache">{msg::model_cache(lang)}</h2></div>
            <p class="hint">{msg::model_cache_hint(lang)}</p>
            <RunButton view=lab.cache label=msg::model_cache_run(lang) on_run=run/>
            <div class="swept" hidden=empty>
                <p class="verdict" role="status">{verdict}</p>
                <Plot spec=spec height=240.0/>
            </div>
        </section>
    }
    .into_any()
}
