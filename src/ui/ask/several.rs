//! Several guesses before one run that judges them all.

use leptos::prelude::*;

use super::super::{RunStatus, RunView, unique_id, use_lang};
use super::parts::{Entered, Reason, Steps, judged, kept_guess};
use crate::text::msg;

/// One of the guesses.
#[derive(Clone, Debug)]
pub struct Guess {
    /// Where it is kept: `afina.tune.best`.
    pub key: &'static str,
    pub question: &'static str,
    pub options: Vec<String>,
}

/// What the measurement says of one guess.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// The options that it supports, the best first; several where they cannot be told apart.
    pub right: Vec<usize>,
    /// The numbers in words.
    pub numbers: String,
}

/// The guesses with their three steps.
#[component]
pub fn AskSeveral(
    /// Where the explanation is kept: `afina.tune.opening`.
    key: &'static str,
    heading: &'static str,
    /// What a visitor needs to know to guess.
    hint: &'static str,
    guesses: Vec<Guess>,
    /// One a guess, once the run is over; none where it could not tell.
    findings: Signal<Option<Vec<Option<Finding>>>>,
    /// Why it is so.
    why: &'static str,
    /// The word on the button.
    label: &'static str,
    on_run: Callback<()>,
    run: RunView,
) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let entered = Entered::found(key);
    let made: Vec<RwSignal<Option<usize>>> = guesses.iter().map(|g| kept_guess(g.key)).collect();
    let fields: Vec<AnyView> = guesses.iter().zip(&made).map(|(guess, made)| field(guess, *made, entered)).collect();
    let busy = Memo::new(move |_| run.status.with(RunStatus::is_busy));
    let is_asked = super::asked_until_over(busy);
    let ask = move |_| {
        is_asked.set(true);
        on_run.run(());
    };
    let all = made.clone();
    let guessed = Signal::derive(move || all.iter().all(|g| g.get().is_some()));
    let ran = Signal::derive(move || findings.with(Option::is_some));
    let verdicts = move || {
        let Some(findings) = findings.get() else {
            let is_coming = is_asked.get() && busy.get();
            return is_coming.then(|| view! { <p class="verdict">{msg::ui_computing(lang)}</p> }.into_any());
        };
        let judge = |((guess, made), finding): ((&Guess, &RwSignal<Option<usize>>), Option<Finding>)| {
            let Finding { right, numbers } = finding?;
            let words = |i: usize| guess.options.get(i).map(String::as_str).unwrap_or_default();
            let made = made.get();
            let is_right = made.is_some_and(|g| right.contains(&g));
            let verdict = judged(lang, made.map(words), is_right, words(*right.first()?));
            let question = guess.question;
            Some(view! { <p class="verdict">{question} " " <b>{verdict}</b> " " {numbers}</p> }.into_any())
        };
        let said: Vec<AnyView> = guesses.iter().zip(&made).zip(findings).filter_map(judge).collect();
        Some(view! { {said}<p>{why}</p> }.into_any())
    };
    view! {
        <section class="ask" aria-label=heading>
            <Steps guessed ran entered/>
            <h2>{heading}</h2>
            <p class="hint">{hint}</p>
            <div class="guesses">{fields}</div>
            <button type="button" class="go" disabled=move || !guessed.get() || busy.get() on:click=ask>{label}</button>
            <div class="answer" role="status">{verdicts}</div>
            <Reason ran entered/>
        </section>
    }
    .into_any()
}

/// One guess: its question, and a list to choose from.
fn field(guess: &Guess, made: RwSignal<Option<usize>>, entered: Entered) -> AnyView {
    let lang = use_lang().get_untracked();
    let (id, key) = (unique_id(), guess.key);
    let options: Vec<AnyView> = guess
        .options
        .iter()
        .enumerate()
        .map(|(i, words)| {
            let words = words.clone();
            view! { <option value=i.to_string() selected=move || made.get() == Some(i)>{words}</option> }.into_any()
        })
        .collect();
    let choose = move |ev| {
        if let Ok(i) = event_target_value(&ev).parse() {
            made.set(Some(i));
            entered.store_guess(key, i);
        }
    };
    view! {
        <div class="select">
            <label for=id.clone()>{guess.question}</label>
            <select id=id on:change=choose>
                <option value="" disabled=true selected=move || made.get().is_none()>{msg::ui_choose(lang)}</option>
                {options}
            </select>
        </div>
    }
    .into_any()
}
