//! Where the memory goes: what was allocated, as bars of parts, and how much was in use within the steps.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;

use super::chapter::Chapter;
use super::lab::Lab;
use super::plans::own;
use super::results::{Summary, extreme};
use super::words::{look, method_name};
use crate::labs::tune::{Ledger as Planned, Method, series, tables};
use crate::protocol::{Table, Tier};
use crate::text::{Lang, bytes, integer, msg, number};
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

/// The parts of a ledger of the formula, in the order of [`PARTS`].
pub(super) fn parts_of(ledger: &Planned) -> [u64; 6] {
    let Planned { weights, trained, gradients, optimizer, activations, workspace } = *ledger;
    [weights, trained, gradients, optimizer, activations, workspace]
}

/// Bars of parts, a name a row; the parts in the unit of the axis.
pub(super) fn stacked(
    lang: Lang,
    name: &'static str,
    title: String,
    unit: &str,
    rows: &[(String, [f64; 6])],
) -> PlotSpec {
    let mut ends = vec![0.0; rows.len()];
    let mut part = |(i, (_, title, colour)): (usize, (&str, Title, &'static str))| {
        let piece = |(at, (_, parts)): (usize, &(String, [f64; 6]))| {
            let from = ends[at];
            ends[at] += parts[i];
            [from, ends[at], at as f64]
        };
        let points = rows.iter().enumerate().map(piece).collect();
        let look = Look { colour, nth: 0 };
        Series { label: title(lang).to_owned(), look, kind: Kind::Stack, points, names: Vec::new() }
    };
    let series = PARTS.into_iter().enumerate().map(&mut part).collect();
    PlotSpec {
        name,
        title,
        note: String::new(),
        x: Axis { title: unit.to_owned(), include: Some(0.0), ..Axis::default() },
        y: Axis {
            title: msg::tune_method(lang).to_owned(),
            names: rows.iter().map(|(name, _)| name.clone()).collect(),
            ..Axis::default()
        },
        series,
        marks: Vec::new(),
    }
}

/// A method's bytes as they were measured, and as the formula has them.
struct Both {
    method: Method,
    measured: [f64; 6],
    foretold: Option<[u64; 6]>,
}

impl Both {
    /// How many times the formula's total was measured.
    fn times(&self) -> Option<f64> {
        let foretold = self.foretold?.iter().sum::<u64>() as f64;
        Some(self.measured.iter().sum::<f64>() / foretold)
    }
}

/// The first training of each method, in the order of every table.
fn both(table: &Table, foretell: impl Fn(Method) -> Option<Planned>) -> Vec<Both> {
    let of = |method: Method| {
        let row = (0..table.rows.len()).find(|i| table.text(*i, "method") == Some(method.word()))?;
        let measured = PARTS.map(|(column, ..)| table.number(row, column).unwrap_or(0.0));
        Some(Both { method, measured, foretold: foretell(method).map(|l| parts_of(&l)) })
    };
    Method::ALL.into_iter().filter_map(of).collect()
}

/// What was measured above what the formula foretells, method by method.
fn bars(lang: Lang, all: &[Both]) -> PlotSpec {
    let mut rows = Vec::new();
    for one in all {
        let name = method_name(lang, one.method);
        rows.push((name.to_owned(), one.measured.map(|bytes| bytes / MEBIBYTE)));
        if let Some(foretold) = one.foretold {
            rows.push((msg::tune_by_formula(lang).to_owned(), foretold.map(|bytes| bytes as f64 / MEBIBYTE)));
        }
    }
    stacked(lang, "memory-parts", msg::tune_ledger_parts(lang).to_owned(), "MiB", &rows)
}

/// How far the formula is from what was measured, in words.
fn agreement(lang: Lang, all: &[Both]) -> Option<String> {
    let times = || all.iter().filter_map(Both::times).filter(|t| t.is_finite());
    let (least, most) = (times().fold(f64::INFINITY, f64::min), times().fold(0.0, f64::max));
    (most > 0.0).then(|| msg::tune_ledger_agreement(lang, &number(lang, least, 2), &number(lang, most, 2)))
}

/// Who needs most and least, in one line.
fn finding(lang: Lang, summaries: &[Summary]) -> String {
    let of = |largest| {
        let s = extreme(summaries, |s| s.peak_bytes, largest)?;
        Some([&bytes(lang, s.peak_bytes as u64), " (", method_name(lang, s.method), ")"].concat())
    };
    match (of(false), of(true)) {
        (Some(least), Some(most)) => msg::tune_range(lang, &least, &most),
        _ => msg::tune_chapter_waits(lang).to_owned(),
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

/// The longest batch of a training, in tokens: its longest example, rounded up as batches are.
fn longest_tokens(lab: Lab) -> Option<u64> {
    let table = lab.train.table(tables::DATA)?;
    let row = (0..table.rows.len()).find(|i| table.text(*i, "split") == Some("train"))?;
    let multiple = if lab.train.tier.get() == Some(Tier::Gpu) { 32 } else { 8 };
    Some((table.number(row, "longest")? as u64).next_multiple_of(multiple))
}

/// The chapter.
#[component]
pub(super) fn Ledger(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let all = move || {
        let table = lab.train.table(tables::LEDGER)?;
        let tokens = longest_tokens(lab);
        let config = lab.trained.get()?;
        Some(both(&table, |method| Some(own(&config, method, tokens?))))
    };
    let parts: Signal<PlotSpec> = Memo::new(move |_| all().map(|a| bars(lang, &a)).unwrap_or_default()).into();
    let time: Signal<PlotSpec> = Memo::new(move |_| {
        let Some((methods, seed)) = lab.drawn() else { return PlotSpec::default() };
        lab.train.series.with(|all| over_time(lang, &methods, seed, all))
    })
    .into();
    // Two bars with their name for each method, and the axis.
    let height = Memo::new(move |_| parts.with(|p| p.y.names.len().max(1)) as f64 * 25.0 + 76.0);
    let empty = move || parts.with(|p| p.series.is_empty());
    let words = move || agreement(lang, &all()?);
    let finding = Signal::derive(move || lab.summaries.with(|all| finding(lang, all)));
    view! {
        <Chapter id="ledger" title=msg::tune_ledger(lang) finding>
            <p class="hint">{msg::tune_ledger_hint(lang)}</p>
            <div class="swept" hidden=empty>
                {move || view! { <Plot spec=parts height=height.get()/> }}
                <p class="hint">{words}</p>
                <Plot spec=time height=240.0/>
            </div>
        </Chapter>
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
        let foretold = Planned { weights: 5 << 20, activations: 5 << 20, ..Planned::default() };
        let all = both(&table, |_| Some(foretold));
        let spec = bars(Lang::En, &all);
        let ends: Vec<[f64; 3]> = spec.series.iter().map(|s| s.points[0]).collect();
        assert_eq!(ends[0], [0.0, 5.0, 0.0]);
        assert_eq!(ends[3], [6.0, 7.0, 0.0]);
        assert_eq!(ends[5], [11.0, 13.0, 0.0]);
        assert_eq!(spec.y.names, ["LoRA", msg::tune_by_formula(Lang::En)]);
        assert_eq!(spec.series[5].points[1], [10.0, 10.0, 1.0], "the formula's bar is the one below");
        let words = agreement(Lang::En, &all).unwrap();
        assert!(words.contains("1.30"), "13 MiB of 10: {words}");
        assert_eq!(agreement(Lang::En, &both(&table, |_| None)), None);
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
