//! What every kind of question shares: its three steps, what it keeps in the browser, and the place for an explanation.

use leptos::prelude::*;

use super::super::{keep, kept, unique_id, use_lang};
use crate::text::msg;

/// What a student entered for one question, kept under `key.guess` and `key.why`.
#[derive(Clone, Copy)]
pub(super) struct Entered {
    key: &'static str,
    pub(super) reason: RwSignal<String>,
    unsaved: RwSignal<bool>,
}

impl Entered {
    /// What was kept at an earlier visit.
    pub(super) fn found(key: &'static str) -> Entered {
        let reason = RwSignal::new(kept(&place(key, "why")).unwrap_or_default());
        Entered { key, reason, unsaved: RwSignal::new(false) }
    }

    fn store(self, key: &str, what: &str, text: &str) {
        self.unsaved.set(keep(&place(key, what), text).is_err());
    }

    /// Keeps a guess; `key` may be a part of the question.
    pub(super) fn store_guess(self, key: &str, guess: usize) {
        self.store(key, "guess", &guess.to_string());
    }
}

/// The guess that was kept for a question.
pub(super) fn kept_guess(key: &str) -> RwSignal<Option<usize>> {
    RwSignal::new(kept(&place(key, "guess")).and_then(|g| g.parse().ok()))
}

fn place(key: &str, what: &str) -> String {
    [key, ".", what].concat()
}

/// Predict, run, explain: which of them are done.
#[component]
pub(super) fn Steps(guessed: Signal<bool>, ran: Signal<bool>, entered: Entered) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let explained = Signal::derive(move || entered.reason.with(|r| !r.trim().is_empty()));
    let step = |on: Signal<bool>, place: &'static str, words: &'static str| {
        view! { <li class:on=on><b>{place}</b>{words}</li> }.into_any()
    };
    view! {
        <ol class="steps">
            {step(guessed, "1", msg::ui_predict(lang))}
            {step(ran, "2", msg::ui_run_step(lang))}
            {step(explained, "3", msg::ui_explain(lang))}
        </ol>
    }
    .into_any()
}

/// The explanation in the student's own words, once there is something to explain.
#[component]
pub(super) fn Reason(ran: Signal<bool>, entered: Entered) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let write = move |ev| {
        let text = event_target_value(&ev);
        entered.store(entered.key, "why", &text);
        entered.reason.set(text);
    };
    let hidden = move || !ran.get() && entered.reason.with(|r| r.trim().is_empty());
    let id = unique_id();
    view! {
        <div class="why" hidden=hidden>
            <label for=id.clone()>{msg::ui_in_your_words(lang)}</label>
            <textarea id=id rows="2" maxlength="2000" prop:value=entered.reason on:input=write></textarea>
            <p class="hint">{move || if entered.unsaved.get() { msg::ui_not_kept(lang) } else { msg::ui_kept(lang) }}</p>
        </div>
    }
    .into_any()
}

/// Whether a guess was right, in words.
pub(super) fn judged(lang: crate::text::Lang, guess: Option<&str>, is_right: bool, answer: &str) -> String {
    match guess {
        Some(guess) if is_right => msg::ui_guess_right(lang, guess),
        Some(guess) => msg::ui_guess_wrong(lang, answer, guess),
        None => msg::ui_guess_none(lang, answer),
    }
}
