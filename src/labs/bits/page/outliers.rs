//! A few weights made much larger: one scale for the whole matrix against one a group.

use leptos::prelude::*;

use super::lab::Lab;
use crate::labs::Command;
use crate::labs::bits::{OUTLIERS, Outliers, Task, WeightFormat, tables};
use crate::protocol::Table;
use crate::text::{Lang, msg, number, significant};
use crate::ui::{
    Axis, DataTable, Kind, Look, Plot, PlotSpec, Row, RunButton, Segmented, Series, Shown, Slider, use_lang,
};

const FORMATS: [WeightFormat; 2] = [WeightFormat::Int8, WeightFormat::Int4];
/// Colours of the two ways of scaling, and of the weights themselves.
const WEIGHT: Look = Look { colour: "var(--ink-3)", nth: 0 };
const TENSOR: Look = Look { colour: "var(--m-lora)", nth: 1 };
const GROUPED: Look = Look { colour: "var(--m-full)", nth: 2 };

fn plot(lang: Lang, table: &Table) -> PlotSpec {
    let series = |label: &'static str, column: &str, look: Look, kind: Kind| Series {
        label: label.to_owned(),
        look,
        kind,
        points: (0..table.rows.len())
            .filter_map(|i| {
                let place = table.number(i, "place")?;
                Some([place, place, table.number(i, column)?])
            })
            .collect(),
        names: Vec::new(),
    };
    PlotSpec {
        name: "outliers",
        title: msg::bits_outlier_row(lang).to_owned(),
        note: String::new(),
        x: Axis { title: msg::quant_axis_column(lang).to_owned(), ..Axis::default() },
        y: Axis { title: msg::quant_axis_weight(lang).to_owned(), ..Axis::default() },
        series: vec![
            series(msg::bits_outlier_weight(lang), "weight", WEIGHT, Kind::Line),
            series(msg::bits_outlier_tensor(lang), "tensor", TENSOR, Kind::Points),
            series(msg::bits_outlier_group(lang), "group", GROUPED, Kind::Points),
        ],
        marks: Vec::new(),
    }
}

fn rows(lang: Lang, table: &Table) -> Vec<Row> {
    let case = |i: usize| {
        let (name, look) = match table.text(i, "case")? {
            "clean" => (msg::bits_case_clean(lang), WEIGHT),
            "clean_tensor" => (msg::bits_case_clean_tensor(lang), TENSOR),
            "clean_group" => (msg::bits_case_clean_group(lang), GROUPED),
            "outliers" => (msg::bits_case_outliers(lang), WEIGHT),
            "tensor" => (msg::bits_case_tensor(lang), TENSOR),
            _ => (msg::bits_case_group(lang), GROUPED),
        };
        let value = |column: &str| table.number(i, column).unwrap_or(f64::NAN);
        let (perplexity, sqnr) = (value("perplexity"), value("sqnr_db"));
        let shown = |text: String, v: f64| Shown { text, sort: Some(v) };
        let sqnr_text = if sqnr.is_finite() { number(lang, sqnr, 1) } else { "–".to_owned() };
        let cells = vec![
            Shown { text: name.to_owned(), sort: None },
            shown(significant(lang, perplexity, 4), perplexity),
            shown(sqnr_text, sqnr),
        ];
        Some(Row { cells, look: Some(look) })
    };
    (0..table.rows.len()).filter_map(case).collect()
}

/// The injector.
#[component]
pub(super) fn Injector(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let factor = RwSignal::new(24.0f64);
    let format = RwSignal::new(1usize);
    let run = Callback::new(move |()| {
        let (unit, group) = lab.config.with_untracked(|c| (c.selected, c.group));
        let outliers =
            Outliers { unit, factor: factor.get_untracked() as f32, format: FORMATS[format.get_untracked()], group };
        lab.runner.run(lab.outliers, &Command::Bits { task: Task::Outliers { outliers } });
    });
    let cases = Memo::new(move |_| lab.outliers.table(tables::OUTLIERS));
    let table: Signal<Vec<Row>> = Memo::new(move |_| cases.get().map(|t| rows(lang, &t)).unwrap_or_default()).into();
    let spec: Signal<PlotSpec> =
        Memo::new(move |_| lab.outliers.table(tables::OUTLIER_ROW).map(|t| plot(lang, &t)).unwrap_or_default()).into();
    let unit = move || {
        lab.units.with(|u| lab.config.with(|c| u.get(c.selected as usize).map(|u| u.name(lang))).unwrap_or_default())
    };
    let columns = vec![msg::bits_case(lang), msg::bits_search_perplexity(lang), "SQNR (dB)"];
    let empty = move || cases.with(Option::is_none);
    view! {
        <section class="fig sweep" aria-labelledby="outliers">
            <div class="head"><h2 id="outliers">{msg::bits_outliers(lang)}</h2><span class="note">{unit}</span></div>
            <p class="hint">{msg::bits_outliers_hint(lang, &OUTLIERS.to_string())}</p>
            <div class="knobs">
                <Slider label=msg::bits_outlier_factor(lang) value=factor on_input=Callback::new(move |v| factor.set(v)) min=1.0 max=128.0 unit="×"/>
                <Segmented label=msg::bits_outlier_format(lang) options=FORMATS.map(WeightFormat::name).to_vec() selected=format on_select=Callback::new(move |i| format.set(i))/>
            </div>
            <RunButton view=lab.outliers label=msg::bits_outliers_run(lang) on_run=run/>
            <div class="swept" hidden=empty>
                <DataTable caption=msg::bits_outliers(lang) columns rows=table/>
                <Plot spec=spec height=260.0/>
            </div>
        </section>
    }
    .into_any()
}
