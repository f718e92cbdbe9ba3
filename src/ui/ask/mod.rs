//! A question that wants a guess first: predict, run, explain. What is right is read off a measurement, never stored.

use leptos::prelude::*;

use super::{RunStatus, RunView, keep, kept, unique_id, use_lang};
use crate::text::msg;

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
    let place = move |what: &str| [key, ".", what].concat();
    let guess = RwSignal::new(kept(&place("guess")).and_then(|g| g.parse::<usize>().ok()));
    let reason = RwSignal::new(kept(&place("why")).unwrap_or_default());
    let unsaved = RwSignal::new(false);
    let store = move |what: &str, text: &str| unsaved.set(keep(&place(what), text).is_err());
    let name = unique_id();
    let choices: Vec<_> = options
        .iter()
        .enumerate()
        .map(|(i, words)| {
            let choose = move |_| {
                guess.set(Some(i));
                store("guess", &i.to_string());
            };
            view! {
                <label>
                    <input type="radio" name=name.clone() prop:checked=move || guess.get() == Some(i) on:change=choose/>
                    <span>{*words}</span>
                </label>
            }
        })
        .collect();
    // Whether this question asked for the run that is going on: a run for any other reason must not move the page under
    // somebody's hand.
    let is_asked = RwSignal::new(false);
    let busy = Memo::new(move |_| run.is_some_and(|r| r.status.with(RunStatus::is_busy)));
    Effect::new(move |was_busy: Option<bool>| {
        let now = busy.get();
        if was_busy == Some(true) && !now {
            is_asked.set(false);
        }
        now
    });
    let ask = move |_| {
        is_asked.set(true);
        on_run.run(());
    };
    let verdict = move || {
        let Some((right, numbers)) = answer.get() else {
            let is_coming = is_asked.get() && busy.get();
            return is_coming.then(|| view! { <p class="verdict">{msg::ui_computing(lang)}</p> }.into_any());
        };
        let words = options.get(right).copied().unwrap_or_default();
        let verdict = match guess.get() {
            Some(g) if g == right => msg::ui_guess_right(lang, words),
            Some(g) => msg::ui_guess_wrong(lang, words, options.get(g).copied().unwrap_or_default()),
            None => msg::ui_guess_none(lang, words),
        };
        Some(view! { <p class="verdict"><b>{verdict}</b> " " {numbers}</p><p>{why}</p> }.into_any())
    };
    let write = move |ev| {
        let text = event_target_value(&ev);
        store("why", &text);
        reason.set(text);
    };
    let step = |on: Signal<bool>, place: &'static str, words: &'static str| {
        view! { <li class:on=on><b>{place}</b>{words}</li> }
    };
    let guessed = Signal::derive(move || guess.get().is_some());
    let ran = Signal::derive(move || answer.with(Option::is_some));
    let explained = Signal::derive(move || reason.with(|r| !r.trim().is_empty()));
    let id = unique_id();
    view! {
        <section class="ask" aria-label=question>
            <ol class="steps">
                {step(guessed, "1", msg::ui_predict(lang))}
                {step(ran, "2", msg::ui_run_step(lang))}
                {step(explained, "3", msg::ui_explain(lang))}
            </ol>
            <fieldset class="guess">
                <legend>{question}</legend>
                <div>{choices}</div>
            </fieldset>
            <button type="button" class="go" disabled=move || !guessed.get() on:click=ask>{msg::ui_check_guess(lang)}</button>
            <div class="answer" role="status">{verdict}</div>
            <div class="why" hidden=move || !ran.get() && !explained.get()>
                <label for=id.clone()>{msg::ui_in_your_words(lang)}</label>
                <textarea id=id rows="2" maxlength="2000" prop:value=reason on:input=write></textarea>
                <p class="hint">{move || if unsaved.get() { msg::ui_not_kept(lang) } else { msg::ui_kept(lang) }}</p>
            </div>
        </section>
    }
    .into_any()
}
