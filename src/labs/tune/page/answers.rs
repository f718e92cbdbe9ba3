//! A few test examples, and what each method answers after its training.

use leptos::prelude::*;

use super::chapter::Chapter;
use super::lab::Lab;
use super::words::{look, method_name};
use crate::labs::tune::{Method, tables};
use crate::protocol::Table;
use crate::text::{Lang, integer, msg};
use crate::ui::{Swatch, use_lang};

/// What one method answered.
#[derive(Clone, Debug, PartialEq)]
struct Answer {
    method: Method,
    text: String,
    is_right: bool,
}

/// A test example with the answers of every method.
#[derive(Clone, Debug, PartialEq)]
struct Example {
    prompt: String,
    expected: String,
    answers: Vec<Answer>,
}

/// The examples of a table, each once; of several seeds the first.
fn examples(table: &Table) -> Vec<Example> {
    let mut all: Vec<Example> = Vec::new();
    for i in 0..table.rows.len() {
        let text = |column: &str| table.text(i, column).unwrap_or_default().to_owned();
        let Some(method) = Method::from_word(&text("method")) else { continue };
        let (prompt, expected) = (text("prompt"), text("expected"));
        let at = all.iter().position(|e| e.prompt == prompt).unwrap_or(all.len());
        if at == all.len() {
            all.push(Example { prompt, expected, answers: Vec::new() });
        }
        let answers = &mut all[at].answers;
        if answers.iter().all(|a| a.method != method) {
            let is_right = table.number(i, "right") == Some(1.0);
            answers.push(Answer { method, text: text("answer"), is_right });
        }
    }
    for example in &mut all {
        example.answers.sort_by_key(|a| Method::ALL.iter().position(|m| *m == a.method));
    }
    all
}

/// How many of all answers are right, in words.
fn finding(lang: Lang, all: &[Example]) -> String {
    let answers = || all.iter().flat_map(|e| &e.answers);
    let right = answers().filter(|a| a.is_right).count();
    match answers().count() {
        0 => msg::tune_chapter_waits(lang).to_owned(),
        count => msg::tune_answers_right(lang, &integer(lang, count as u64), &integer(lang, right as u64)),
    }
}

/// One answer: who, what, and whether it is right, in words.
fn answer(lang: Lang, answer: Answer) -> AnyView {
    let Answer { method, text, is_right } = answer;
    let verdict = if is_right { msg::tune_right(lang) } else { msg::tune_wrong(lang) };
    // An answer of nothing but its end must not look like a fault of the page.
    let text = if text.trim().is_empty() { msg::tune_no_answer(lang).to_owned() } else { text.trim().to_owned() };
    view! {
        <li class=if is_right { "right" } else { "missed" }>
            <Swatch look=look(method)/>
            <b>{method_name(lang, method)}</b>
            <span class="told">{text}</span>
            <span class="verdict-word">{verdict}</span>
        </li>
    }
    .into_any()
}

/// The examples.
#[component]
pub(super) fn Answers(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let all = Memo::new(move |_| lab.train.table(tables::ANSWERS).map(|t| examples(&t)).unwrap_or_default());
    let cards = move || {
        let card = |example: Example| {
            let answers: Vec<AnyView> = example.answers.into_iter().map(|a| answer(lang, a)).collect();
            view! {
                <article class="answered">
                    <p class="asked">{example.prompt}</p>
                    <p class="hint">{msg::tune_expected(lang)} " " <b class="told">{example.expected.trim().to_owned()}</b></p>
                    <ul>{answers}</ul>
                </article>
            }
            .into_any()
        };
        all.get().into_iter().map(card).collect_view()
    };
    let finding = Signal::derive(move || all.with(|all| finding(lang, all)));
    view! {
        <Chapter id="answers" title=msg::tune_answers(lang) finding>
            <p class="hint">{msg::tune_answers_hint(lang)}</p>
            <div class="all-answers">{cards}</div>
        </Chapter>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn answers_to_one_example_stand_together() {
        let mut table = Table::new("answers", &["method", "seed", "prompt", "expected", "answer", "right"]);
        let row = |method: &str, seed: f64, prompt: &str, answer: &str, right: f64| {
            vec![method.into(), seed.into(), prompt.into(), "good".into(), answer.into(), right.into()]
        };
        table.rows = vec![
            row("lora", 1.0, "a", "good", 1.0),
            row("lora", 1.0, "b", "bad", 0.0),
            row("lora", 2.0, "a", "bad", 0.0),
            row("full", 1.0, "a", "bad", 0.0),
        ];
        let all = examples(&table);
        assert_eq!(all.len(), 2);
        let told: Vec<(Method, bool)> = all[0].answers.iter().map(|a| (a.method, a.is_right)).collect();
        assert_eq!(told, [(Method::Full, false), (Method::Lora, true)], "the first seed's answer counts");
        assert_eq!(finding(Lang::En, &all), msg::tune_answers_right(Lang::En, "3", "1"));
    }
}
