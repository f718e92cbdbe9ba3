//! Histograms with levels, and where the error sits.

use leptos::prelude::*;

use super::lab::{Lab, Results, Sums, rows_of};
use super::label;
use crate::labs::quant::tables;
use crate::text::{Lang, msg, significant};
use crate::ui::{Axis, Kind, Look, Marks, Plot, PlotSpec, Series, use_lang};

/// An empty plot until there are results.
fn plotted(lab: Lab, make: impl Fn(&Results) -> PlotSpec + Send + Sync + 'static) -> Signal<PlotSpec> {
    Memo::new(move |_| lab.results.with(|r| r.as_ref().map(|r| make(r)).unwrap_or_default())).into()
}

fn axis(title: &'static str) -> Axis {
    Axis { title: title.to_owned(), ..Axis::default() }
}

fn from_zero(title: &'static str) -> Axis {
    Axis { include: Some(0.0), ..axis(title) }
}

/// One series of steps for each format of a table with `from, to` and a value.
fn steps(lang: Lang, results: &Results, table: &str, value: &'static str) -> Vec<Series> {
    let formats = &results.config.formats;
    let looks = label::looks(formats);
    let series = |(i, spec)| Series {
        label: label::spec(lang, spec),
        look: looks[i],
        kind: Kind::Steps,
        points: results.rows_of(table, i, ["from", "to", value]),
        names: Vec::new(),
    };
    formats.iter().enumerate().map(series).collect()
}

/// The error histograms as densities: the bins of a format span its own errors, so that counts would not compare.
fn densities(lang: Lang, results: &Results) -> Vec<Series> {
    let mut all = steps(lang, results, tables::ERROR_HISTOGRAM, "count");
    for series in &mut all {
        let total: f64 = series.points.iter().map(|p| p[2]).sum();
        for [from, to, value] in &mut series.points {
            // An empty bin is a gap: a logarithm has no zero.
            *value = if *value > 0.0 { *value / (total * (*to - *from)) } else { f64::NAN };
        }
    }
    all
}

/// The levels of each format, for the scale groups of the weight under the cursor.
fn marks(lang: Lang, sums: &Sums) -> Vec<Marks> {
    let looks = label::looks(&sums.formats);
    let lane = |(i, look): (usize, Look)| Marks {
        label: label::short(lang, &sums.formats, i),
        look,
        at: rows_of(&sums.levels, i, ["level"]).into_iter().map(|[v]| v).collect(),
    };
    looks.into_iter().enumerate().map(lane).filter(|m| !m.at.is_empty()).collect()
}

/// The histogram of the weights with the levels of each format below it.
#[component]
pub(super) fn Levels(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let spec = plotted(lab, move |results| {
        let bins = results.table(tables::HISTOGRAM).map_or(Vec::new(), |t| {
            (0..t.rows.len()).map(|i| ["from", "to", "count"].map(|c| t.number(i, c).unwrap_or(f64::NAN))).collect()
        });
        let marks = lab.sums.with(|sums| sums.as_ref().map_or(Vec::new(), |sums| marks(lang, sums)));
        let bars = Series {
            label: msg::quant_weights(lang).to_owned(),
            look: Look { colour: "var(--bars)", nth: 0 },
            kind: Kind::Bars,
            points: bins,
            names: Vec::new(),
        };
        PlotSpec {
            name: "histogram",
            title: msg::quant_histogram(lang).to_owned(),
            note: results.matrix("std").map_or(String::new(), |s| msg::quant_spread(lang, &significant(lang, s, 3))),
            x: axis(msg::quant_axis_weight(lang)),
            y: from_zero(msg::quant_axis_count(lang)),
            series: vec![bars],
            marks,
        }
    });
    view! {
        <section class="fig">
            <Plot spec=spec height=250.0/>
            <p class="hint">{msg::quant_levels_hint(lang)}</p>
        </section>
    }
    .into_any()
}

/// The histogram of the errors, and the error by row and by column.
#[component]
pub(super) fn Errors(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let histogram = plotted(lab, move |results| PlotSpec {
        name: "error-histogram",
        title: msg::quant_error_histogram(lang).to_owned(),
        note: String::new(),
        x: axis(msg::quant_axis_error(lang)),
        y: Axis { log: true, ..axis(msg::quant_axis_density(lang)) },
        series: densities(lang, results),
        marks: Vec::new(),
    });
    let by_row = plotted(lab, move |results| PlotSpec {
        name: "error-by-row",
        title: msg::quant_by_row(lang).to_owned(),
        note: String::new(),
        x: axis(msg::quant_axis_row(lang)),
        y: from_zero(msg::quant_axis_rmse(lang)),
        series: steps(lang, results, tables::ERROR_BY_ROW, "rmse"),
        marks: Vec::new(),
    });
    let by_column = plotted(lab, move |results| PlotSpec {
        name: "error-by-column",
        title: msg::quant_by_column(lang).to_owned(),
        note: String::new(),
        x: axis(msg::quant_axis_column(lang)),
        y: from_zero(msg::quant_axis_rmse(lang)),
        series: steps(lang, results, tables::ERROR_BY_COLUMN, "rmse"),
        marks: Vec::new(),
    });
    view! {
        <div class="three">
            <section class="fig"><Plot spec=histogram/></section>
            <section class="fig"><Plot spec=by_column/></section>
            <section class="fig"><Plot spec=by_row/></section>
        </div>
    }
    .into_any()
}
