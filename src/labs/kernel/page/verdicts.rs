//! What an attempt brought: faults at their lines, verdicts per shape, time beside ours.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;

use super::compared::{Counted, times};
use super::puzzles::of_key;
use super::workshop::{Tried, Work};
use crate::labs::kernel::tables;
use crate::protocol::{Hint, Table, Tier};
use crate::text::{Lang, msg, significant};
use crate::ui::{DataTable, Mark, Row, Shown, use_lang};

/// Most letters that may stand for a shape, a place or a value; they come from the run, and are shown as text.
const MOST_LETTERS: usize = 80;

/// The faults of a text as marks for the editor.
pub(super) fn marks(lang: Lang, tables: &BTreeMap<String, Arc<Table>>) -> Vec<Mark> {
    let Some(table) = tables.get(tables::DIAGNOSTICS) else { return Vec::new() };
    let mark = |i| {
        let place = |column| table.number(i, column).unwrap_or(1.0).max(1.0) as usize;
        // The hint is in the reader's language; the compiler's own English stands where there is none.
        let hint = table.text(i, "hint").and_then(Hint::from_cell).map(|h| h.sentence(lang));
        let message = hint.unwrap_or_else(|| table.text(i, "message").unwrap_or_default().to_owned());
        Mark { line: place("line"), column: place("column"), length: place("length"), message }
    };
    (0..table.rows.len()).map(mark).collect()
}

pub(super) fn is_ok(table: &Table, i: usize) -> bool {
    table.number(i, "ok") == Some(1.0)
}

/// Whether there are verdicts and all are good.
pub(super) fn all_good(table: &Table) -> bool {
    !table.rows.is_empty() && (0..table.rows.len()).all(|i| is_ok(table, i))
}

/// A cell that may be a number or a text.
fn cell(lang: Lang, table: &Table, i: usize, column: &str) -> String {
    match (table.number(i, column), table.text(i, column)) {
        (Some(v), _) => significant(lang, v, 5),
        (_, Some(words)) => words.chars().take(MOST_LETTERS).collect(),
        _ => String::new(),
    }
}

fn verdict_rows(lang: Lang, table: &Table) -> Vec<Row> {
    let check = |i| match table.text(i, "check") {
        Some("odd_shape") => msg::kernel_check_odd(lang),
        Some("speed") => msg::kernel_check_speed(lang),
        _ => msg::kernel_check_right(lang),
    };
    let row = |i| {
        let plain = |text: String| Shown { text, sort: None };
        let good = is_ok(table, i);
        // Where it went wrong is worth saying only if it did.
        let detail = |column| {
            let said = match table.text(i, column) {
                Some("reads") => msg::kernel_work_reads(lang).to_owned(),
                Some("steps") => msg::kernel_work_steps(lang).to_owned(),
                Some("millis") => msg::kernel_work_millis(lang).to_owned(),
                _ => cell(lang, table, i, column),
            };
            plain(if good { "–".to_owned() } else { said })
        };
        let verdict = if good { msg::kernel_ok(lang) } else { msg::kernel_not_ok(lang) };
        let cells = vec![
            plain(check(i).to_owned()),
            plain(cell(lang, table, i, "shape")),
            plain(verdict.to_owned()),
            plain(cell(lang, table, i, "worst")),
            detail("at"),
            detail("expected"),
            detail("got"),
        ];
        if table.text(i, "entry").is_none() {
            return Row { cells, look: None };
        }
        // Of a kernel of ours each row is about a version, and no single place is to blame.
        let mut cells: Vec<Shown> = cells.into_iter().take(OWN_COLUMNS).collect();
        cells[0] = plain(cell(lang, table, i, "entry"));
        Row { cells, look: None }
    };
    (0..table.rows.len()).map(row).collect()
}

/// Who checked it, and what that means.
fn checked_on(lang: Lang, tried: &Tried) -> &'static str {
    // Only what a GPU ran has a time.
    match (tried.tables.contains_key(tables::BESIDE), tried.tier, of_key(&tried.bench)) {
        (true, ..) => msg::kernel_checked_gpu(lang),
        (_, Some(Tier::Gpu), _) => msg::kernel_checked_gpu_none(lang),
        (_, _, Some(_)) => msg::kernel_checked_cpu(lang),
        _ => msg::kernel_checked_cpu_kernel(lang),
    }
}

/// Columns of the table about a kernel of ours: version, shape, verdict, error.
const OWN_COLUMNS: usize = 4;

/// Everything that the latest run said.
#[component]
pub(super) fn Verdicts(work: Work) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let ran = Memo::new(move |_| work.tried.get().filter(|t| t.ran && work.lab.bench.with(|b| *b == t.bench)));
    let verdicts = Memo::new(move |_| ran.with(|t| t.as_ref()?.tables.get(tables::VERDICTS).cloned()));
    let rows = Memo::new(move |_| verdicts.with(|t| t.as_ref().map_or(Vec::new(), |t| verdict_rows(lang, t))));
    let own = move || ran.with(|t| t.as_ref().is_some_and(|t| of_key(&t.bench).is_none()));
    let is_own = Memo::new(move |_| own());
    let puzzle_columns = vec![
        msg::kernel_col_check(lang),
        msg::kernel_col_shape(lang),
        msg::kernel_col_verdict(lang),
        msg::kernel_col_error(lang),
        msg::kernel_col_at(lang),
        msg::kernel_col_expected(lang),
        msg::kernel_col_got(lang),
    ];
    let head = move || {
        ran.with(|t| {
            let tried = t.as_ref()?;
            let table = tried.tables.get(tables::VERDICTS)?;
            let (class, words) = match (all_good(table), tried.finished) {
                (true, true) => ("good", msg::kernel_all_good(lang)),
                (true, false) => ("", ""),
                (false, _) => ("bad", msg::kernel_some_bad(lang)),
            };
            let time = tried.tables.get(tables::BESIDE).map_or(Vec::new(), |t| times(lang, t));
            let view = view! {
                <p><b class=class>{words}</b>" "<span class="hint">{checked_on(lang, tried)}</span></p>
                {time}
            };
            Some(view.into_any())
        })
    };
    let own_columns = vec![
        msg::kernel_col_entry(lang),
        msg::kernel_col_shape(lang),
        msg::kernel_col_verdict(lang),
        msg::kernel_col_error(lang),
    ];
    let table = move || {
        let columns = if is_own.get() { own_columns.clone() } else { puzzle_columns.clone() };
        view! { <DataTable caption=msg::kernel_verdicts(lang) columns rows/> }.into_any()
    };
    let is_old = move || work.tried.get().is_some() && work.current().is_none();
    view! {
        <div class="verdicts" class:stale=is_old hidden=move || rows.with(Vec::is_empty)>
            <div role="status">{head}</div>
            {table}
            <Counted ran/>
        </div>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_verdicts_that_are_there_and_good_count_as_solved() {
        let mut table = Table::new(tables::VERDICTS, &["check", "ok"]);
        assert!(!all_good(&table));
        table.rows.push(vec!["correct".into(), 1.0.into()]);
        assert!(all_good(&table));
        table.rows.push(vec!["odd_shape".into(), 0.0.into()]);
        assert!(!all_good(&table));
    }
}
