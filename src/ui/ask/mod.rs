//! A question that wants a guess first: predict, run, explain. What is right is read off a measurement, never stored.

mod parts;
mod several;

use leptos::prelude::*;

use self::parts::{Entered, Reason, Steps, judged, kept_guess};
use super::{RunStatus, RunView, unique_id, use_lang};
use crate::text::msg;

pub use several::{AskSeveral, Finding, Guess};

/// One question with its three steps.
#[component]
pub fn Ask(
    /// Where guess and explanation are kept: `afina.quant.slide`.
    key: &'static str,
    question: &'static str,
    options: Vec<&'static str>,
    /// The option that the measurement supports, and its numbers in words; none before it ran.
    answer: Signal<Option<(usize, String)>>,
    /// Why it is so.
    why: &'static str,
    on_run: Callback<()>,
    /// The run that answers, if its beginning is to be seen here.
    #[prop(optional)]
    run: Option<RunView>,
) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let entered = Entered::found(key);
    let guess = kept_guess(key);
    let name = unique_id();
    let choices: Vec<_> = options
        .iter()
        .enumerate()
        .map(|(i, words)| {
            let choose = move |_| {
                guess.set(Some(i));
                entered.store_guess(key, i);
            };
            view! {
                <label>
                    <input type="radio" name=name.clone() prop:checked=move || guess.get() == Some(i) on:change=choose/>
                    <span>{*words}</span>
                </label>
            }
        })
        .collect();
    let busy = Memo::new(move |_| run.is_some_and(|r| r.status.with(RunStatus::is_busy)));
    let is_asked = asked_until_over(busy);
    let ask = move |_| {
        is_asked.set(true);
        on_run.run(());
    };
    let verdict = move || {
        let Some((right, numbers)) = answer.get() else {
            let is_coming = is_asked.get() && busy.get();
            return is_coming.then(|| view! { <p class="verdict">{msg::ui_computing(lang)}</p> }.into_any());
        };
        let words = |i: usize| options.get(i).copied().unwrap_or_default();
        let verdict = judged(lang, guess.get().map(words), guess.get() == Some(right), words(right));
        Some(view! { <p class="verdict"><b>{verdict}</b> " " {numbers}</p><p>{why}</p> }.into_any())
    };
    let guessed = Signal::derive(move || guess.get().is_some());
    let ran = Signal::derive(move || answer.with(Option::is_some));
    view! {
        <section class="ask" aria-label=question>
            <Steps guessed ran entered/>
            <fieldset class="guess">
                <legend>{question}</legend>
                <div>{choices}</div>
            </fieldset>
            <button type="button" class="go" disabled=move || !guessed.get() on:click=ask>{msg::ui_check_guess(lang)}</button>
            <div class="answer" role="status">{verdict}</div>
            <Reason ran entered/>
        </section>
    }
    .into_any()
}

/// Whether this question asked for the run that is going on, once set: a run for any other reason must not move the page
/// under somebody's hand.
fn asked_until_over(busy: Memo<bool>) -> RwSignal<bool> {
    let is_asked = RwSignal::new(false);
    Effect::new(move |was_busy: Option<bool>| {
        let now = busy.get();
        if was_busy == Some(true) && !now {
            is_asked.set(false);
        }
        now
    });
    is_asked
}
