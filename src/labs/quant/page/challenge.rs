//! A question that wants a guess first: predict, run, explain. What is right is read off the measurement, never stored.

use std::sync::Arc;

use leptos::prelude::*;

use super::lab::{Lab, Results, same_measurement};
use super::preset::{int, seeded};
use crate::labs::quant::{Config, Distribution, Granularity, QuantSpec, ScaleStorage, presets};
use crate::text::{Lang, msg, number};
use crate::ui::{Ask, use_lang};

/// Decibels within which two formats count as equal.
const EQUAL_DB: f64 = 1.0;
const GROUP: Granularity = Granularity::Group(32);

/// A question, the experiment that answers it, and how to read the answer.
pub(super) struct Challenge {
    /// Where guess and explanation are kept.
    key: &'static str,
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
    key: "afina.quant.bits-or-scale",
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
        key: "afina.quant.slide",
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
        key: "afina.quant.nf4",
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
        key: "afina.quant.bits",
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
    view! { <Question lab challenge=&OPENING/> }
}

/// One question with its three steps.
#[component]
pub(super) fn Question(lab: Lab, challenge: &'static Challenge) -> impl IntoView {
    let lang = use_lang().get_untracked();
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
    let run = Callback::new(move |()| {
        asked.set(true);
        lab.config.set((challenge.config)());
    });
    let answer = Signal::derive(move || (challenge.answer)(lang, &*measured.get()?));
    let options = challenge.options.iter().map(|words| words(lang)).collect();
    view! {
        <Ask key=challenge.key question=(challenge.question)(lang) options answer why=(challenge.why)(lang) on_run=run/>
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
            assert!(checked.is_ok(), "{}: {checked:?}", challenge.key);
            assert!(challenge.options.len() > 2, "{}", challenge.key);
        }
    }
}
