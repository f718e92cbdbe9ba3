//! The text as the model sees it: one chip a token, the prompt's and the generated ones.

use leptos::prelude::*;

use super::lab::Lab;
use crate::text::{integer, msg, number, percent};
use crate::ui::{Notice, RunStatus, use_lang};

/// Tints that alternate, so that neighbours are told apart; they mean nothing else.
const TINTS: u32 = 4;

/// Tokens a second over the tokens that were drawn, from the times at which they arrived in the worker.
fn speed(generated: &[[f64; 2]], given: usize) -> Option<f64> {
    let drawn = generated.get(given..)?;
    let (first, last) = (drawn.first()?, drawn.last()?);
    let millis = last[1] - first[1];
    (drawn.len() > 2 && millis > 0.0).then(|| (drawn.len() - 1) as f64 / millis * 1000.0)
}

/// The prompt and what follows it.
#[component]
pub(super) fn Text(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let prompt = move || {
        let words = lab.words.get();
        let chips: Vec<_> = lab
            .prompt
            .get()
            .iter()
            .enumerate()
            .map(|(place, id)| {
                let text = words.shown(*id);
                let title = if place == 0 {
                    msg::model_begin_title(lang, &id.to_string())
                } else {
                    msg::model_token_title(lang, &id.to_string(), &integer(lang, place as u64))
                };
                view! { <span class="chip-token" data-tint=(place as u32 % TINTS).to_string() title=title>{text}</span> }.into_any()
            })
            .collect();
        chips
    };
    // Each chip is made once: a growing text adds to its end.
    let count = Memo::new(move |_| lab.generated.with(|g| g.len()));
    let token = move |step: usize| lab.generated.with(|g| g.get(step).map(|t| t[0] as u32));
    let chip = move |step: usize| {
        let chance = Memo::new(move |_| {
            let id = token(step)?;
            let all = lab.candidates(step)?;
            all.iter().find(|c| c.token == id).map(|c| c.model)
        });
        let text = move || token(step).map(|id| lab.words.with(|w| w.shown(id))).unwrap_or_default();
        let title = move || {
            let id = token(step).unwrap_or_default();
            let chance = chance.get().map_or_else(String::new, |p| percent(lang, p, 1));
            msg::model_generated_title(lang, &chance, &id.to_string())
        };
        let pressed = move || (lab.at.get() == Some(step)).to_string();
        let is_given = move || lab.asked.with(|a| a.as_ref().is_some_and(|a| step < a.given.len()));
        view! {
            <button type="button" class="chip-token drawn" class:given=is_given title=title aria-pressed=pressed
                on:click=move |_| lab.at.update(|at| *at = if *at == Some(step) { None } else { Some(step) })>{text}</button>
        }
    };
    let generated = view! { <For each=move || 0..count.get() key=|step| *step children=chip/> };
    let said = move || {
        let given = lab.asked.with(|a| a.as_ref().map_or(0, |a| a.given.len()));
        lab.generated.with(|g| {
            let all = g.len().saturating_sub(given);
            if all == 0 {
                return String::new();
            }
            let tokens = integer(lang, all as u64);
            match speed(g, given) {
                Some(speed) => msg::model_speed(lang, &number(lang, speed, 0), &tokens),
                None => msg::model_drawn(lang, &tokens),
            }
        })
    };
    let failed = Signal::derive(move || match lab.run.status.get() {
        RunStatus::Failed(error) => Some(error.sentence(lang)),
        _ => None,
    });
    let retry = move |_| if lab.is_generation.get_untracked() { lab.generate() } else { lab.look() };
    let busy = move || lab.is_busy();
    view! {
        <section class="fig text-fig" aria-labelledby="the-text">
            <div class="head">
                <h2 id="the-text">{msg::model_text(lang)}</h2>
                <span class="note speed">{said}</span>
            </div>
            <Notice text=failed/>
            <div hidden=move || failed.with(Option::is_none)>
                <button type="button" class="button" on:click=retry>{msg::model_retry(lang)}</button>
            </div>
            <p class="token-text" aria-busy=move || busy().to_string()>{prompt}{generated}<span class="caret" class:on=busy aria-hidden="true"></span></p>
            <p class="hint">{move || if count.get() == 0 { msg::model_text_hint(lang) } else { msg::model_text_hint_drawn(lang) }}</p>
            <Plain lab/>
        </section>
    }
    .into_any()
}

/// The text without chips, for reading aloud and copying.
#[component]
fn Plain(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let text = move || {
        let words = lab.words.get();
        let ids: Vec<u32> = lab.prompt.with(|p| p.iter().skip(1).copied().collect());
        let more: Vec<u32> = lab.generated.with(|g| g.iter().map(|t| t[0] as u32).collect());
        [words.text(&ids), words.text(&more)].concat()
    };
    view! {
        <details class="twin">
            <summary>{msg::model_plain(lang)}</summary>
            <p class="plain-text">{text}</p>
        </details>
    }
    .into_any()
}
