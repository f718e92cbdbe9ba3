//! The task itself: how many examples there are, how long they are, and a few of them, before anything is learned.

use leptos::prelude::*;

use super::chapter::Chapter;
use super::lab::{Lab, failure};
use super::words::subject_name;
use crate::labs::tune::{Subject, tables};
use crate::protocol::Table;
use crate::text::{Lang, integer, msg, number};
use crate::ui::{DataTable, Details, Notice, Row, RunStatus, Shown, use_lang};

/// The name of a split.
fn split_name(lang: Lang, split: &str) -> &'static str {
    match split {
        "train" => msg::tune_split_train(lang),
        "validation" => msg::tune_split_validation(lang),
        _ => msg::tune_split_test(lang),
    }
}

fn split_rows(lang: Lang, table: &Table) -> Vec<Row> {
    let row = |i: usize| {
        let value = |column: &str| table.number(i, column).unwrap_or(f64::NAN);
        let whole = |column: &str| Shown { text: integer(lang, value(column) as u64), sort: Some(value(column)) };
        let mean = |column: &str| Shown { text: number(lang, value(column), 1), sort: Some(value(column)) };
        let name = split_name(lang, table.text(i, "split").unwrap_or_default()).to_owned();
        let cells = vec![
            Shown { text: name, sort: None },
            whole("examples"),
            mean("prompt_tokens"),
            mean("answer_tokens"),
            whole("longest"),
        ];
        Row { cells, look: None }
    };
    (0..table.rows.len()).map(row).collect()
}

/// One example: what the model reads, and what it should answer.
fn example(table: &Table, i: usize) -> AnyView {
    let cell = |column: &str| table.text(i, column).unwrap_or_default().trim().to_owned();
    view! {
        <div class="example">
            <p class="asked">{cell("prompt")}</p>
            <p class="told">{cell("answer")}</p>
        </div>
    }
    .into_any()
}

/// The section.
#[component]
pub(super) fn Data(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let preview = Memo::new(move |_| lab.look.table(tables::PREVIEW));
    let splits = Memo::new(move |_| lab.look.table(tables::DATA));
    let of_split = move |wanted: &'static str, most: usize| {
        preview.with(|t| {
            let t = t.as_ref()?;
            let rows = (0..t.rows.len()).filter(|i| t.text(*i, "split") == Some(wanted)).take(most);
            Some(rows.map(|i| example(t, i)).collect_view())
        })
    };
    let rows: Signal<Vec<Row>> =
        Memo::new(move |_| splits.with(|t| t.as_ref().map(|t| split_rows(lang, t)).unwrap_or_default())).into();
    let columns = vec![
        msg::tune_split(lang),
        msg::tune_col_examples(lang),
        msg::tune_col_prompt_tokens(lang),
        msg::tune_col_answer_tokens(lang),
        msg::tune_col_longest(lang),
    ];
    let about = move || {
        lab.config.with(|c| match c.data.subject {
            Subject::Sentiment => msg::tune_about_sentiment(lang),
            Subject::Questions => msg::tune_about_questions(lang),
            Subject::Headlines => msg::tune_about_headlines(lang),
            Subject::Own => msg::tune_about_own(lang),
        })
    };
    let failed = failure(lab.look, lang);
    let waiting = move || {
        let is_empty = preview.with(Option::is_none) && failed.with(Option::is_none);
        let is_coming = lab.look.status.with(|s| !matches!(s, RunStatus::Done { .. }));
        is_empty && is_coming && !lab.lacks_file()
    };
    let empty = move || preview.with(Option::is_none) || failed.with(Option::is_some);
    let finding = Signal::derive(move || lab.config.with(|c| subject_name(lang, c.data.subject).to_owned()));
    // Before a training there is nothing else to see; from then on the results come first.
    let open = Memo::new(move |_| lab.trained.with(Option::is_none) || failed.with(Option::is_some));
    view! {
        <Chapter id="task" title=msg::tune_task(lang) finding open>
            <p class="hint">{about}</p>
            <Notice text=failed/>
            <div hidden=move || failed.with(Option::is_none)>
                <button type="button" class="button" on:click=move |_| lab.look_now()>{msg::model_retry(lang)}</button>
            </div>
            <p class="hint" role="status" hidden=move || !waiting()>{msg::tune_task_waiting(lang)}</p>
            <div class="task-body" hidden=empty>
                <div class="examples">{move || of_split("train", 2)}</div>
                <Details summary=msg::tune_more_examples(lang).to_owned()>
                    <h3>{msg::tune_split_validation(lang)}</h3>
                    <div class="examples">{move || of_split("validation", 3)}</div>
                    <h3>{msg::tune_split_test(lang)}</h3>
                    <div class="examples">{move || of_split("test", 3)}</div>
                    <DataTable caption=msg::tune_task(lang) columns rows/>
                </Details>
            </div>
        </Chapter>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_split_is_a_row_with_its_means() {
        let mut table = Table::new("data", &["split", "examples", "prompt_tokens", "answer_tokens", "longest"]);
        table.rows = vec![vec!["train".into(), 288.0.into(), 41.25.into(), 1.0.into(), 77.0.into()]];
        let rows = split_rows(Lang::Es, &table);
        let texts: Vec<&str> = rows[0].cells.iter().skip(1).map(|c| c.text.as_str()).collect();
        assert_eq!(texts, ["288", "41,2", "1,0", "77"]);
    }
}
