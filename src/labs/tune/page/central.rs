//! The question of the page as one picture: parameters that were trained against answers that were right.

use leptos::prelude::*;

use super::lab::Lab;
use super::results::Summary;
use super::words::{look, method_name};
use crate::labs::tune::tables;
use crate::protocol::Table;
use crate::text::{Lang, msg};
use crate::ui::{Axis, Kind, Look, Plot, PlotSpec, Series, use_lang};

/// The colour of what nobody trained.
const UNTRAINED: Look = Look { colour: "var(--ink-3)", nth: 1 };

/// The accuracy of a kind of baseline, in per cent.
fn baseline(table: &Table, kind: &str) -> Option<f64> {
    let row = (0..table.rows.len()).find(|i| table.text(*i, "kind") == Some(kind))?;
    Some(table.number(row, "accuracy")? * 100.0)
}

fn plot(lang: Lang, summaries: &[Summary], baselines: Option<&Table>) -> PlotSpec {
    let mut series = Vec::new();
    let sizes = || summaries.iter().map(|s| s.trainable);
    let (least, most) = (sizes().fold(f64::INFINITY, f64::min), sizes().fold(0.0, f64::max));
    let kinds = [("base", msg::tune_baseline_base(lang)), ("majority", msg::tune_baseline_majority(lang))];
    for (kind, name) in kinds {
        let Some(value) = baselines.and_then(|t| baseline(t, kind)) else { continue };
        let points = vec![[least, least, value], [most, most, value]];
        series.push(Series {
            label: name.to_owned(),
            look: UNTRAINED,
            kind: Kind::Path,
            points: points.clone(),
            names: vec![name.to_owned(); 2],
        });
        let names = vec![name.to_owned()];
        series.push(Series {
            label: name.to_owned(),
            look: UNTRAINED,
            kind: Kind::Notes,
            points: points[..1].to_vec(),
            names,
        });
    }
    for s in summaries {
        let (name, look) = (method_name(lang, s.method).to_owned(), look(s.method));
        let at = |share: f64| [s.trainable, s.trainable, share * 100.0];
        series.push(Series {
            label: name.clone(),
            look,
            kind: Kind::Path,
            points: vec![at(s.interval.0), at(s.interval.1)],
            names: vec![msg::tune_interval_low(lang, &name), msg::tune_interval_high(lang, &name)],
        });
        series.push(Series {
            label: name.clone(),
            look,
            kind: Kind::Labelled,
            points: vec![at(s.accuracy)],
            names: vec![name],
        });
    }
    PlotSpec {
        name: "accuracy-by-parameters",
        title: msg::tune_central(lang).to_owned(),
        note: msg::tune_central_note(lang).to_owned(),
        x: Axis { title: msg::tune_axis_trained(lang).to_owned(), log: true, ..Axis::default() },
        y: Axis { title: msg::tune_axis_test(lang).to_owned(), ..Axis::default() },
        series,
        marks: Vec::new(),
    }
}

/// The picture.
#[component]
pub(super) fn Central(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let spec: Signal<PlotSpec> = Memo::new(move |_| {
        let baselines = lab.train.table(tables::BASELINE);
        lab.summaries
            .with(|all| if all.is_empty() { PlotSpec::default() } else { plot(lang, all, baselines.as_deref()) })
    })
    .into();
    // One point answers nothing.
    let empty = move || lab.summaries.with(|s| s.len() < 2);
    view! {
        <section class="fig" aria-labelledby="central" hidden=empty>
            <div class="head"><h2 id="central">{msg::tune_central_heading(lang)}</h2></div>
            <Plot spec=spec height=320.0/>
            <p class="hint">{msg::tune_central_hint(lang)}</p>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::super::results::{sample, summaries, trainings};
    use super::*;

    #[test]
    fn every_method_is_a_point_with_its_interval_and_the_baselines_are_lines() {
        let all = summaries(&trainings(&sample()));
        let mut table = Table::new("baseline", &["kind", "accuracy", "loss"]);
        table.rows = vec![vec!["majority".into(), 0.4.into(), 0.0.into()]];
        let spec = plot(Lang::En, &all, Some(&table));
        let kinds: Vec<Kind> = spec.series.iter().map(|s| s.kind).collect();
        let method = [Kind::Path, Kind::Labelled];
        assert_eq!(kinds, [&[Kind::Path, Kind::Notes][..], &method, &method].concat());
        assert_eq!(spec.series[0].points, [[6e4, 6e4, 40.0], [1.4e6, 1.4e6, 40.0]]);
        assert_eq!(spec.series[5].points, [[6e4, 6e4, 92.0]]);
    }
}
