//! The lecture's table, filled in by this machine: a method a row.

use std::sync::Arc;

use leptos::prelude::*;

use super::lab::Lab;
use super::lecture::claim;
use super::results::Summary;
use super::words::{look, method_name};
use crate::labs::tune::{Config, tables};
use crate::protocol::{Cell, Table};
use crate::text::{Lang, bytes, duration, integer, msg, number, percent, significant};
use crate::ui::{DataTable, Row, Shown, csv, download, use_lang};

/// `93,8 % (88–97)`
pub(super) fn accuracy(lang: Lang, summary: &Summary) -> String {
    let end = |share: f64| number(lang, share * 100.0, 0);
    let (low, high) = summary.interval;
    [percent(lang, summary.accuracy, 1).as_str(), " (", &end(low), "–", &end(high), ")"].concat()
}

fn row(lang: Lang, s: &Summary) -> Row {
    let shown = |text: String, sort: f64| Shown { text, sort: Some(sort) };
    let trained = integer(lang, s.trainable as u64) + " (" + &significant(lang, s.percent, 2) + "\u{a0}%)";
    let forgot = [number(lang, s.forgot_before, 2), number(lang, s.forgot_after, 2)].join("\u{a0}→\u{a0}");
    let claim = claim(s.method).map_or_else(|| "–".to_owned(), |c| c.parameters(lang));
    let cells = vec![
        Shown { text: method_name(lang, s.method).to_owned(), sort: None },
        shown(trained, s.trainable),
        Shown { text: claim, sort: None },
        shown(accuracy(lang, s), s.accuracy),
        shown(percent(lang, s.token_accuracy, 1), s.token_accuracy),
        shown(percent(lang, s.train_accuracy, 1), s.train_accuracy),
        shown(significant(lang, s.step_millis, 3), s.step_millis),
        shown(duration(lang, s.total_millis), s.total_millis),
        shown(bytes(lang, s.peak_bytes as u64), s.peak_bytes),
        shown(bytes(lang, s.saved_bytes as u64), s.saved_bytes),
        shown(forgot, s.forgetting()),
    ];
    Row { cells, look: Some(look(s.method)) }
}

/// A table as the rows of a file, the head first.
pub(super) fn file_rows(table: &Table) -> Vec<Vec<String>> {
    let text = |cell: &Cell| match cell {
        Cell::Number(value) => value.to_string(),
        Cell::Text(text) => text.clone(),
    };
    let mut rows = vec![table.columns.clone()];
    rows.extend(table.rows.iter().map(|row| row.iter().map(text).collect()));
    rows
}

/// Everything that was measured, and what was asked, as JSON, a table a line.
fn results_json(config: &Config, tables: &[Arc<Table>]) -> Option<String> {
    let config = serde_json::to_string(config).ok()?;
    let tables: Vec<String> = tables.iter().map(|t| serde_json::to_string(&**t).ok()).collect::<Option<_>>()?;
    let open = "{\"lab\":\"tune\",\n\"config\":";
    Some([open, &config, ",\n\"tables\":[\n", &tables.join(",\n"), "\n]}\n"].concat())
}

/// The table and the buttons below it.
#[component]
pub(super) fn Numbers(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let columns = vec![
        msg::tune_method(lang),
        msg::tune_col_trained(lang),
        msg::tune_col_lecture(lang),
        msg::tune_col_test(lang),
        msg::tune_col_tokens(lang),
        msg::tune_col_train(lang),
        msg::tune_col_step(lang),
        msg::tune_col_total(lang),
        msg::tune_col_peak(lang),
        msg::tune_col_saved(lang),
        msg::tune_col_forgot(lang),
    ];
    let rows: Signal<Vec<Row>> =
        Memo::new(move |_| lab.summaries.with(|all| all.iter().map(|s| row(lang, s)).collect::<Vec<_>>())).into();
    let empty = move || lab.summaries.with(|s| s.is_empty());
    let how = move || {
        let seeds = lab.trained.with(|t| t.as_ref().map_or(1, |c| c.seeds));
        if seeds > 1 {
            msg::tune_interval_seeds(lang, &seeds.to_string())
        } else {
            msg::tune_interval_one(lang).to_owned()
        }
    };
    let save_csv = move |_| {
        if let Some(table) = untrack(|| lab.train.table(tables::RESULTS)) {
            download("afina-tune.csv", "text/csv", csv(&file_rows(&table)).as_bytes());
        }
    };
    let save_json = move |_| {
        let tables: Vec<_> = lab.train.tables.with_untracked(|all| all.values().cloned().collect());
        if let Some(text) = lab.trained.with_untracked(|c| results_json(c.as_ref()?, &tables)) {
            download("afina-tune.json", "application/json", text.as_bytes());
        }
    };
    view! {
        <section class="fig" aria-labelledby="numbers" hidden=move || lab.trained.with(Option::is_none)>
            <div class="head"><h2 id="numbers">{msg::tune_numbers(lang)}</h2></div>
            <p class="hint" hidden=move || !empty()>{msg::tune_numbers_empty(lang)}</p>
            <div hidden=empty>
                <DataTable caption=msg::tune_numbers(lang) columns rows/>
                <p class="hint">{how} " " {msg::tune_numbers_hint(lang)}</p>
                <div class="actions">
                    <button type="button" on:click=save_csv>{msg::tune_save_csv(lang)}</button>
                    <button type="button" on:click=save_json>{msg::tune_save_json(lang)}</button>
                </div>
            </div>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::super::results::{sample, summaries, trainings};
    use super::*;

    #[test]
    fn a_row_says_what_was_measured_in_the_language() {
        let all = summaries(&trainings(&sample()));
        let texts: Vec<String> = row(Lang::Es, &all[0]).cells.into_iter().map(|c| c.text).collect();
        assert_eq!(texts[1], "1\u{202f}400\u{202f}000 (100\u{a0}%)");
        assert_eq!(texts[2], "100\u{a0}%");
        assert_eq!(texts[3], "80,0\u{a0}% (71–87)");
        assert_eq!(texts[4], "91,0\u{a0}%");
        assert_eq!(texts[10], "2,00\u{a0}→\u{a0}4,00");
    }

    #[test]
    fn a_file_has_dots_and_every_training() {
        let rows = file_rows(&sample());
        assert_eq!(rows.len(), 4);
        assert_eq!(rows[1][..2], ["lora-1", "lora"]);
        assert_eq!(rows[3][5], "0.94");
    }

    #[test]
    fn what_is_saved_reads_back() {
        let (config, table) = (Config::default(), sample());
        let text = results_json(&config, &[Arc::new(table.clone()), Arc::new(table.clone())]).unwrap();
        let all: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(serde_json::from_value::<Config>(all["config"].clone()).unwrap(), config);
        let tables: Vec<Table> = serde_json::from_value(all["tables"].clone()).unwrap();
        assert_eq!(tables, [table.clone(), table]);
        assert_eq!(text.lines().count(), 6);
    }
}
