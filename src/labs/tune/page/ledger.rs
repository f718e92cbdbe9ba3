//! Where the memory goes: what was allocated, as bars of parts, and how much was in use within the steps.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;

use super::lab::Lab;
use super::words::{look, method_name};
use crate::labs::tune::{Method, series, tables};
use crate::protocol::Table;
use crate::text::{Lang, integer, msg};
use crate::ui::{Axis, Kind, Look, Plot, PlotSpec, Series, use_lang};

const MEBIBYTE: f64 = 1_048_576.0;
/// Steps of the picture over time; the others go the same way.
const SHOWN_STEPS: f64 = 8.0;

type Title = fn(Lang) -> &'static str;

/// The parts in the order in which they lie, from what is always there to what comes and goes.
const PARTS: [(&str, Title, &str); 6] = [
    ("weights", msg::tune_part_weights, "var(--mem-weights)"),
    ("trained", msg::tune_part_trained, "var(--mem-trained)"),
    ("gradients", msg::tune_part_gradients, "var(--mem-gradients)"),
    ("optimizer", msg::tune_part_optimizer, "var(--mem-optimizer)"),
    ("activations", msg::tune_part_activations, "var(--mem-activations)"),
    ("workspace", msg::tune_part_workspace, "var(--mem-workspace)"),
];

/// The first row of each method, in the order of every table.
fn first_rows(table: &Table) -> Vec<(Method, usize)> {
    let row = |m: Method| (0..table.rows.len()).find(|i| table.text(*i, "method") == Some(m.word())).map(|i| (m, i));
    Method::ALL.into_iter().filter_map(row).collect()
}

fn bars(lang: Lang, table: &Table) -> PlotSpec {
    let rows = first_rows(table);
    let mut ends = vec![0.0; rows.len()];
    let part = |(column, title, colour): (&str, Title, &'static str)| {
        let piece = |(at, (_, row)): (usize, &(Method, usize))| {
            let from = ends[at];
            ends[at] += table.number(*row, column).unwrap_or(0.0) / MEBIBYTE;
            [from, ends[at], at as f64]
        };
        let points = rows.iter().enumerate().map(piece).collect();
        let look = Look { colour, nth: 0 };
        Series { label: title(lang).to_owned(), look, kind: Kind::Stack, points, names: Vec::new() }
    };
    let series = PARTS.map(part).to_vec();
    PlotSpec {
        name: "memory-parts",
        title: msg::tune_ledger_parts(lang).to_owned(),
        note: String::new(),
        x: Axis { title: "MiB".to_owned(), include: Some(0.0), ..Axis::default() },
        y: Axis {
            title: msg::tune_method(lang).to_owned(),
            names: rows.iter().map(|(m, _)| method_name(lang, *m).to_owned()).collect(),
            ..Axis::default()
        },
        series,
        marks: Vec::new(),
    }
}

fn over_time(lang: Lang, methods: &[Method], seed: u32, all: &BTreeMap<String, Arc<Vec<[f64; 2]>>>) -> PlotSpec {
    let curve = |method: Method| {
        let points = all.get(&series::memory(method, seed))?;
        let first = points.first()?[0];
        let shown = points.iter().take_while(|p| p[0] < first + SHOWN_STEPS);
        let points = shown.map(|[step, bytes]| [*step, *step, bytes / MEBIBYTE]).collect();
        let label = method_name(lang, method).to_owned();
        Some(Series { label, look: look(method), kind: Kind::Line, points, names: Vec::new() })
    };
    PlotSpec {
        name: "memory-over-time",
        title: msg::tune_ledger_time(lang).to_owned(),
        note: msg::tune_ledger_time_note(lang, &integer(lang, SHOWN_STEPS as u64)),
        x: Axis { title: msg::tune_axis_step(lang).to_owned(), ..Axis::default() },
        y: Axis { title: "MiB".to_owned(), include: Some(0.0), ..Axis::default() },
        series: methods.iter().filter_map(|m| curve(*m)).collect(),
        marks: Vec::new(),
    }
}

/// Both pictures.
#[component]
pub(super) fn Ledger(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let table = Memo::new(move |_| lab.train.table(tables::LEDGER));
    let parts: Signal<PlotSpec> =
        Memo::new(move |_| table.with(|t| t.as_ref().map(|t| bars(lang, t)).unwrap_or_default())).into();
    let time: Signal<PlotSpec> = Memo::new(move |_| {
        let Some((methods, seed)) = lab.drawn() else { return PlotSpec::default() };
        lab.train.series.with(|all| over_time(lang, &methods, seed, all))
    })
    .into();
    // A bar and its name for each method, and the axis.
    let height = Memo::new(move |_| lab.drawn().map_or(1, |d| d.0.len()) as f64 * 34.0 + 70.0);
    let empty = move || table.with(Option::is_none);
    view! {
        <section class="fig sweep" aria-labelledby="ledger">
            <div class="head"><h2 id="ledger">{msg::tune_ledger(lang)}</h2></div>
            <p class="hint">{msg::tune_ledger_hint(lang)}</p>
            <div class="swept" hidden=empty>
                {move || view! { <Plot spec=parts height=height.get()/> }}
                <Plot spec=time height=240.0/>
            </div>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_lie_end_to_end() {
        let columns =
            ["method", "seed", "weights", "trained", "gradients", "optimizer", "activations", "workspace", "peak"];
        let mut table = Table::new("ledger", &columns);
        let mebibytes = |all: [f64; 7]| all.map(|v| (v * MEBIBYTE).into());
        let mut lora = vec!["lora".into(), 1.0.into()];
        lora.extend(mebibytes([5.0, 0.5, 0.5, 1.0, 4.0, 2.0, 12.0]));
        table.rows = vec![lora];
        let spec = bars(Lang::En, &table);
        let ends: Vec<[f64; 3]> = spec.series.iter().map(|s| s.points[0]).collect();
        assert_eq!(ends[0], [0.0, 5.0, 0.0]);
        assert_eq!(ends[3], [6.0, 7.0, 0.0]);
        assert_eq!(ends[5], [11.0, 13.0, 0.0]);
        assert_eq!(spec.y.names, ["LoRA"]);
    }

    #[test]
    fn only_the_first_steps_are_drawn_over_time() {
        let points = (0..60).map(|i| [f64::from(i) / 3.0, MEBIBYTE]).collect();
        let all = BTreeMap::from([("memory.lora.1".to_owned(), Arc::new(points))]);
        let spec = over_time(Lang::En, &[Method::Full, Method::Lora], 1, &all);
        assert_eq!(spec.series.len(), 1);
        assert_eq!(spec.series[0].points.len(), 24);
    }
}
