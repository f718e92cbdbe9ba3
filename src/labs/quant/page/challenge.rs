//! A question that wants a guess first: predict, run, explain. What is right is read off the measurement, never stored.

use std::sync::Arc;

use leptos::prelude::*;

use super::lab::{Lab, Results, same_measurement};
use super::preset::{int, seeded};
use crate::labs::quant::{Config, Distribution, Granularity, QuantSpec, ScaleStorage, presets};
use crate::text::{Lang, msg, number};
use crate::ui::{keep, kept, unique_id, use_lang};

/// Decibels within which two formats count as equal.
const EQUAL_DB: f64 = 1.0;
const GROUP: Granularity = Granularity::Group(32);

/// A question, the experiment that answers it, and how to read the answer.
pub(super) struct Challenge {
    /// Part of the keys under which guess and explanation are kept.
    id: &'static str,
    question: fn(Lang) -> &'static str,
    options: &'static [fn(Lang) -> &'static str],
    config: fn() -> Config,
    /// The option that the measurement supports, and its numbers in words.
    answer: fn(Lang, &Results) -> Option<(usize, String)>,
    /// Why it is so.
    why: fn(Lang) -> &'static str,
}

fn db(lang: Lang, value: f64) -> String {
    number(lang, value, 1)
}

/// The question of the page.
const OPENING: Challenge = Challenge {
    id: "bits-or-scale",
    question: msg::quant_q1,
    options: &[msg::quant_q1_bits, msg::quant_q1_scale, msg::quant_q1_same],
    config: || {
        let formats = vec![int(8, GROUP), int(4, GROUP), int(8, Granularity::Tensor)];
        seeded(Distribution::Gaussian, 2, 8.0, formats, 2)
    },
    answer: |lang, results| {
        let [start, fewer, one] = [0, 1, 2].map(|i| results.metric(i, "sqnr_db"));
        let (bits, scale) = (start? - fewer?, start? - one?);
        let right = if (bits - scale).abs() < EQUAL_DB { 2 } else { usize::from(scale > bits) };
        Some((right, msg::quant_q1_numbers(lang, &db(lang, bits), &db(lang, scale))))
    },
    why: msg::quant_q1_why,
};

/// The questions of the lesson.
pub(super) const QUESTIONS: [Challenge; 3] = [
    Challenge {
        id: "slide",
        question: msg::quant_q2,
        options: &[msg::quant_q2_exact, msg::quant_q2_little, msg::quant_q2_double],
        config: || seeded(Distribution::Gaussian, 0, 1.0, vec![int(4, GROUP), presets::Q8_0, presets::FP16], 0),
        answer: |lang, results| {
            let share = 1.0 / results.metric(0, "ratio")?;
            let bits = results.metric(0, "bits_per_weight")?;
            let right = if share < 0.126 { 0 } else { 1 + usize::from(share > 0.2) };
            Some((right, msg::quant_q2_numbers(lang, &number(lang, bits, 2), &number(lang, share, 3))))
        },
        why: msg::quant_q2_why,
    },
    Challenge {
        id: "nf4",
        question: msg::quant_q3,
        options: &[msg::quant_q3_int4, msg::quant_q3_nf4, msg::quant_q3_same],
        config: || {
            let int4 = QuantSpec { scale_storage: ScaleStorage::F32, ..int(4, Granularity::Block(64)) };
            seeded(Distribution::Gaussian, 0, 1.0, vec![int4, presets::NF4], 1)
        },
        answer: |lang, results| {
            let (int4, nf4) = (results.metric(0, "sqnr_db")?, results.metric(1, "sqnr_db")?);
            let right = if (int4 - nf4).abs() < 0.1 { 2 } else { usize::from(nf4 > int4) };
            Some((right, msg::quant_q3_numbers(lang, &db(lang, int4), &db(lang, nf4))))
        },
        why: msg::quant_q3_why,
    },
    Challenge {
        id: "bits",
        question: msg::quant_q4,
        options: &[msg::quant_q4_2, msg::quant_q4_3, msg::quant_q4_4, msg::quant_q4_5],
        config: || seeded(Distribution::HeavyTailed, 0, 1.0, [2, 3, 4, 5].map(|b| int(b, GROUP)).to_vec(), 0),
        answer: |lang, results| {
            let measured: Vec<f64> = (0..4).filter_map(|i| results.metric(i, "sqnr_db")).collect();
            let enough = measured.iter().position(|v| *v >= 20.0).unwrap_or(3);
            let words: Vec<String> = measured.iter().map(|v| db(lang, *v)).collect();
            Some((enough, msg::quant_q4_numbers(lang, &words.join(" · "))))
        },
        why: msg::quant_q4_why,
    },
];

/// The question of the page, above everything.
#[component]
pub(super) fn Opening(lab: Lab) -> impl IntoView {
    view! { <Ask lab challenge=&OPENING/> }
}

/// One question with its three steps.
#[component]
pub(super) fn Ask(lab: Lab, challenge: &'static Challenge) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let key = move |what: &str| ["afina.quant.", challenge.id, ".", what].concat();
    let guess = RwSignal::new(kept(&key("guess")).and_then(|g| g.parse::<usize>().ok()));
    let reason = RwSignal::new(kept(&key("why")).unwrap_or_default());
    let unsaved = RwSignal::new(false);
    let store = move |what: &str, text: &str| unsaved.set(keep(&key(what), text).is_err());
    // The last measurement of this very experiment; it stays when the student moves on to try something else.
    let measured = RwSignal::new(None::<Arc<Results>>);
    let asked = RwSignal::new(false);
    Effect::new(move || {
        lab.results.with(|r| {
            if let Some(r) = r
                && asked.get()
                && same_measurement(&r.config, &(challenge.config)())
            {
                measured.set(Some(r.clone()));
            }
        });
    });
    let run = move |_| {
        asked.set(true);
        lab.config.set((challenge.config)());
    };
    let name = unique_id();
    let options: Vec<_> = challenge
        .options
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
                    <span>{words(lang)}</span>
                </label>
            }
        })
        .collect();
    let verdict = move || {
        let results = measured.get()?;
        let (right, numbers) = (challenge.answer)(lang, &results)?;
        let answer = challenge.options.get(right).map_or("", |o| o(lang));
        let verdict = match guess.get() {
            Some(g) if g == right => msg::quant_guess_right(lang, answer),
            Some(g) => msg::quant_guess_wrong(lang, answer, challenge.options.get(g).map_or("", |o| o(lang))),
            None => msg::quant_guess_none(lang, answer),
        };
        Some(view! { <p class="verdict"><b>{verdict}</b> " " {numbers}</p><p>{(challenge.why)(lang)}</p> }.into_any())
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
    let ran = Signal::derive(move || measured.with(Option::is_some));
    let explained = Signal::derive(move || reason.with(|r| !r.trim().is_empty()));
    let id = unique_id();
    view! {
        <section class="ask" aria-label=(challenge.question)(lang)>
            <ol class="steps">
                {step(guessed, "1", msg::quant_predict(lang))}
                {step(ran, "2", msg::quant_run_step(lang))}
                {step(explained, "3", msg::quant_explain(lang))}
            </ol>
            <fieldset class="guess">
                <legend>{(challenge.question)(lang)}</legend>
                <div>{options}</div>
            </fieldset>
            <button type="button" class="go" disabled=move || !guessed.get() on:click=run>{msg::quant_check_guess(lang)}</button>
            <div class="answer" role="status">{verdict}</div>
            <div class="why" hidden=move || !ran.get() && !explained.get()>
                <label for=id.clone()>{msg::quant_in_your_words(lang)}</label>
                <textarea id=id rows="2" maxlength="2000" prop:value=reason on:input=write></textarea>
                <p class="hint">{move || if unsaved.get() { msg::quant_not_kept(lang) } else { msg::quant_kept(lang) }}</p>
            </div>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_question_runs_a_valid_experiment() {
        for challenge in QUESTIONS.iter().chain([&OPENING]) {
            let checked = (challenge.config)().checked();
            assert!(checked.is_ok(), "{}: {checked:?}", challenge.id);
            assert!(challenge.options.len() > 2, "{}", challenge.id);
        }
    }
}
