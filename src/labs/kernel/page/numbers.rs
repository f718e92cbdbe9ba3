//! The table of numbers, and everything that leaves the page.

use leptos::prelude::*;

use super::formats::{look, name};
use super::lab::Lab;
use super::link;
use super::measured::{Measured, Row as Measurement};
use crate::text::{Lang, bytes, msg, number, percent, significant};
use crate::ui::{CopyButton, DataTable, Row, Shown, csv, download, use_lang};

fn shown(text: String, sort: f64) -> Shown {
    Shown { text, sort: sort.is_finite().then_some(sort) }
}

fn cells(lang: Lang, measured: &Measured, row: &Measurement) -> Vec<Shown> {
    let digits = |v: f64, n| shown(significant(lang, v, n), v);
    let size = |v: f64| shown(bytes(lang, v.max(0.0) as u64), v);
    let times = measured.speed(row.format, row.batch).unwrap_or(f64::NAN);
    let is_within = row.max_error <= row.allowed;
    // Against a tolerance of one: 0.4 means that the largest error is 0.4 of what is allowed.
    let error = [significant(lang, row.max_error, 2).as_str(), if is_within { " ✓" } else { " ✗" }].concat();
    vec![
        Shown { text: name(row.format).to_owned(), sort: None },
        digits(row.millis, 3),
        shown(number(lang, times, 2) + "×", times),
        digits(row.gflops, 3),
        digits(row.gigabytes_per_second, 3),
        shown(percent(lang, row.ceiling_share, 0), row.ceiling_share),
        size(row.weight_bytes),
        size(row.moved_bytes),
        digits(row.intensity, 3),
        shown(error, row.max_error),
        Shown { text: row.variant.clone(), sort: None },
    ]
}

/// Every row as CSV: all batch sizes, keys instead of words.
fn as_csv(measured: &Measured) -> String {
    let head = "format,batch,millis,times_fp32,gflops,gigabytes_per_second,ceiling_share,weight_bytes,moved_bytes,\
                intensity,max_error,allowed,variant";
    let mut rows = vec![head.split(',').map(str::to_owned).collect::<Vec<_>>()];
    rows.extend(measured.rows.iter().map(|r| {
        let times = measured.speed(r.format, r.batch).unwrap_or(f64::NAN);
        let numbers = [
            r.millis,
            times,
            r.gflops,
            r.gigabytes_per_second,
            r.ceiling_share,
            r.weight_bytes,
            r.moved_bytes,
            r.intensity,
            r.max_error,
            r.allowed,
        ];
        let mut cells = vec![r.format.key().to_owned(), r.batch.to_string()];
        cells.extend(numbers.map(|v| v.to_string()));
        cells.push(r.variant.clone());
        cells
    }));
    csv(&rows)
}

/// The table of one batch size and the buttons below it.
#[component]
pub(super) fn Numbers(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let columns = vec![
        msg::kernel_format(lang),
        "ms",
        msg::kernel_col_times(lang),
        "GFLOP/s",
        "GB/s",
        msg::kernel_col_share(lang),
        msg::kernel_col_weights(lang),
        msg::kernel_col_moved(lang),
        "FLOP/byte",
        msg::kernel_col_error(lang),
        msg::kernel_col_variant(lang),
    ];
    let rows = Memo::new(move |_| {
        let batch = lab.config.with(|c| c.batch);
        let Some(m) = lab.measured.get() else { return Vec::new() };
        let line = |row: &Measurement| Row { cells: cells(lang, &m, row), look: Some(look(row.format)) };
        m.at(batch).into_iter().map(line).collect()
    });
    let note = move || lab.config.with(|c| msg::kernel_roofline_note(lang, &c.batch.to_string()));
    let save = move |_| {
        if let Some(measured) = lab.measured.get_untracked() {
            download("afina-kernel.csv", "text/csv", as_csv(&measured).as_bytes());
        }
    };
    let address = Callback::new(move |()| link::address_of(lab).unwrap_or_default());
    let dispatch = move || {
        let micros = lab.ceilings.get()?.dispatch_micros;
        // A clock that stood still measured nothing.
        (micros > 0.0 && micros.is_finite()).then(|| msg::kernel_dispatch(lang, &significant(lang, micros, 2)))
    };
    view! {
        <section class="fig" class:stale=move || lab.is_stale() aria-labelledby="numbers">
            <div class="head"><h2 id="numbers">{msg::kernel_numbers(lang)}</h2><span class="note">{note}</span></div>
            <DataTable caption=msg::kernel_numbers(lang) columns rows/>
            <p class="hint">{msg::kernel_error_hint(lang)} " " {dispatch}</p>
            <div class="actions">
                <button type="button" on:click=save>{msg::quant_save_csv(lang)}</button>
                <CopyButton label=msg::quant_copy_link(lang) text=address/>
            </div>
        </section>
    }
    .into_any()
}
