//! The table of numbers, the lecture's table beside it, and everything that leaves the page.

use leptos::prelude::*;

use super::lab::{Lab, Results};
use super::{label, link};
use crate::labs::quant::{Format, tables};
use crate::text::{Lang, bytes, msg, number, percent, significant};
use crate::ui::{CopyButton, DataTable, Row, Shown, csv, download, use_lang};

fn shown(text: String, sort: f64) -> Shown {
    Shown { text, sort: Some(sort) }
}

fn metric_rows(lang: Lang, results: &Results) -> Vec<Row> {
    let formats = &results.config.formats;
    let looks = label::looks(formats);
    formats
        .iter()
        .enumerate()
        .map(|(i, spec)| {
            let get = |column| results.metric(i, column).unwrap_or(f64::NAN);
            let digits = |column, n| shown(significant(lang, get(column), n), get(column));
            let fixed = |column, n| shown(number(lang, get(column), n), get(column));
            let cells = vec![
                Shown { text: label::spec(lang, spec), sort: None },
                fixed("bits_per_weight", 3),
                shown(bytes(lang, get("size_bytes") as u64), get("size_bytes")),
                shown(number(lang, get("ratio"), 2) + "×", get("ratio")),
                fixed("sqnr_db", 1),
                digits("mse", 3),
                digits("max_error", 3),
                fixed("cosine", 5),
                shown(percent(lang, get("output_error"), 2), get("output_error")),
                digits("millis", 3),
            ];
            Row { cells, look: Some(looks[i]) }
        })
        .collect()
}

/// Every result as JSON: what was asked and what was measured.
fn results_json(results: &Results) -> Option<String> {
    let tables: Vec<_> = results.tables.values().map(|t| &**t).collect();
    let all = serde_json::json!({
        "lab": "quant",
        "config": serde_json::to_value(&results.config).ok()?,
        "elapsed_millis": results.elapsed_millis,
        "tables": serde_json::to_value(&tables).ok()?,
    });
    serde_json::to_string_pretty(&all).ok()
}

fn metrics_csv(results: &Results) -> Option<String> {
    let table = results.table(tables::METRICS)?;
    let mut rows = vec![table.columns.clone()];
    for (i, row) in table.rows.iter().enumerate() {
        let mut cells: Vec<String> = row
            .iter()
            .map(|c| c.as_text().map_or_else(|| c.as_f64().unwrap_or(f64::NAN).to_string(), str::to_owned))
            .collect();
        if let (Some(cell), Some(spec)) = (cells.first_mut(), results.config.formats.get(i)) {
            *cell = label::spec(Lang::En, spec);
        }
        rows.push(cells);
    }
    Some(csv(&rows))
}

/// The table of metrics and the buttons below it.
#[component]
pub(super) fn Numbers(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let columns = vec![
        msg::quant_format(lang),
        msg::quant_col_bits(lang),
        msg::quant_col_size(lang),
        msg::quant_col_ratio(lang),
        "SQNR (dB)",
        "MSE",
        msg::quant_col_max(lang),
        msg::quant_col_cosine(lang),
        msg::quant_col_output(lang),
        "ms",
    ];
    let rows = Memo::new(move |_| lab.results.with(|r| r.as_ref().map(|r| metric_rows(lang, r)).unwrap_or_default()));
    let selected = Signal::derive(move || lab.config.with(|c| c.view.selected as usize));
    let save = move |name: &'static str, mime: &'static str, make: fn(&Results) -> Option<String>| {
        move |_| {
            if let Some(text) = lab.results.with_untracked(|r| make(r.as_ref()?)) {
                download(name, mime, text.as_bytes());
            }
        }
    };
    let address = Callback::new(move |()| lab.config.with_untracked(link::address_of).unwrap_or_default());
    view! {
        <section class="fig" aria-labelledby="numbers">
            <h2 id="numbers">{msg::quant_numbers(lang)}</h2>
            <DataTable caption=msg::quant_numbers(lang) columns rows selected on_select=Callback::new(move |i| lab.select(i))/>
            <div class="actions">
                <button type="button" on:click=save("afina-quant.csv", "text/csv", metrics_csv)>{msg::quant_save_csv(lang)}</button>
                <button type="button" on:click=save("afina-quant.json", "application/json", results_json)>{msg::quant_save_json(lang)}</button>
                <CopyButton label=msg::quant_copy_link(lang) text=address/>
            </div>
        </section>
    }
    .into_any()
}

/// What the lecture's table says a format takes, as a share of FP32.
fn slide_share(format: Format) -> Option<f64> {
    match format {
        Format::Fp32 => Some(1.0),
        Format::Fp16 => Some(0.5),
        Format::Int(8) => Some(0.25),
        Format::Int(4) => Some(0.125),
        _ => None,
    }
}

fn lecture_rows(lang: Lang, results: &Results) -> Vec<Row> {
    let formats = &results.config.formats;
    let looks = label::looks(formats);
    let row = |(i, spec): (usize, &crate::labs::quant::QuantSpec)| {
        let measured = 1.0 / results.metric(i, "ratio")?;
        let codes = f64::from(spec.format.bits()) / 32.0;
        let cell = |v: f64| shown([number(lang, v, 3).as_str(), "×"].concat(), v);
        let slide = slide_share(spec.format);
        let cells = vec![
            Shown { text: label::spec(lang, spec), sort: None },
            slide.map_or(Shown { text: "–".to_owned(), sort: None }, cell),
            cell(measured),
            shown(["+", &percent(lang, measured / codes - 1.0, 1)].concat(), measured / codes - 1.0),
        ];
        Some(Row { cells, look: Some(looks[i]) })
    };
    formats.iter().enumerate().filter_map(row).collect()
}

/// The lecture's memory column beside the measured one.
#[component]
pub(super) fn Lecture(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let columns = vec![
        msg::quant_format(lang),
        msg::quant_col_slide(lang),
        msg::quant_col_measured(lang),
        msg::quant_col_overhead(lang),
    ];
    let rows = Memo::new(move |_| lab.results.with(|r| r.as_ref().map(|r| lecture_rows(lang, r)).unwrap_or_default()));
    view! {
        <section class="fig" aria-labelledby="lecture">
            <h2 id="lecture">{msg::quant_lecture(lang)}</h2>
            <p class="hint">{msg::quant_lecture_hint(lang)}</p>
            <DataTable caption=msg::quant_lecture(lang) columns rows/>
        </section>
    }
    .into_any()
}
