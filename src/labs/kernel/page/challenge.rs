//! The questions of the lab, and how a measurement answers them.

use std::sync::Arc;

use leptos::prelude::*;

use super::formats::{claim, name};
use super::lab::Lab;
use super::measured::{Measured, same_products};
use crate::labs::kernel::{Config, Multiply};
use crate::text::{Lang, msg, number, significant};
use crate::ui::{Ask, use_lang};

/// Two times this close count as equal: a measured time has about this noise.
const SAME: f64 = 1.1;
/// One vector, and the largest batch of a sweep.
const ONE: u32 = 1;
const MANY: u32 = 256;

/// A question, the batch size that it starts with, and how to read the answer off a measurement of the default shape.
pub(super) struct Challenge {
    /// Where guess and explanation are kept.
    key: &'static str,
    question: fn(Lang) -> &'static str,
    options: fn(Lang) -> Vec<&'static str>,
    batch: u32,
    /// The option that the measurement supports, and its numbers in words.
    answer: fn(Lang, &Measured) -> Option<(usize, String)>,
    why: fn(Lang) -> &'static str,
}

fn times(lang: Lang, factor: f64) -> String {
    number(lang, factor, 1) + "×"
}

/// The question of the page.
const OPENING: Challenge = Challenge {
    key: "afina.kernel.one",
    question: msg::kernel_q1,
    options: |_| Multiply::ALL.map(name).to_vec(),
    batch: ONE,
    answer: |lang, measured| {
        let fastest = measured.fastest(ONE, &Multiply::ALL)?;
        let slow = measured.row(Multiply::Fp32, ONE)?;
        let right = Multiply::ALL.iter().position(|f| *f == fastest.format)?;
        let factor = times(lang, measured.speed(fastest.format, ONE)?);
        let millis = |v| significant(lang, v, 3);
        Some((right, msg::kernel_q1_numbers(lang, &millis(fastest.millis), &millis(slow.millis), &factor)))
    },
    why: msg::kernel_q1_why,
};

/// The questions of the lesson.
pub(super) const QUESTIONS: [Challenge; 3] = [
    Challenge {
        key: "afina.kernel.many",
        question: msg::kernel_q2,
        options: |lang| vec![msg::kernel_q2_more(lang), msg::kernel_q2_less(lang), msg::kernel_q2_none(lang)],
        batch: MANY,
        answer: |lang, measured| {
            let [one, many] = [ONE, MANY].map(|batch| measured.speed(Multiply::Int4, batch));
            let (one, many) = (one?, many?);
            let right = if many < SAME { 2 } else { usize::from(many < one) };
            Some((right, msg::kernel_q2_numbers(lang, &times(lang, many), &times(lang, one))))
        },
        why: msg::kernel_q2_why,
    },
    Challenge {
        key: "afina.kernel.slide",
        question: msg::kernel_q3,
        options: |lang| vec![msg::kernel_q3_below(lang), msg::kernel_q3_within(lang), msg::kernel_q3_above(lang)],
        batch: ONE,
        answer: |lang, measured| {
            let factor = measured.speed(Multiply::Int8, ONE)?;
            let right = claim(Multiply::Int8)?.judge(factor) as usize;
            Some((right, msg::kernel_q3_numbers(lang, &times(lang, factor))))
        },
        why: msg::kernel_q3_why,
    },
    Challenge {
        key: "afina.kernel.integers",
        question: msg::kernel_q4,
        options: |lang| vec![msg::kernel_q4_weights(lang), msg::kernel_q4_both(lang), msg::kernel_q4_same(lang)],
        batch: MANY,
        answer: |lang, measured| {
            let [weights, both] = [Multiply::Int8, Multiply::W8a8].map(|f| measured.row(f, MANY).map(|r| r.millis));
            let (weights, both) = (weights?, both?);
            let right = if weights.max(both) < weights.min(both) * SAME { 2 } else { usize::from(both < weights) };
            let millis = |v| significant(lang, v, 3);
            Some((right, msg::kernel_q4_numbers(lang, &millis(both), &millis(weights))))
        },
        why: msg::kernel_q4_why,
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
    // The last measurement of this experiment; it stays when the student moves on to try something else.
    let kept = RwSignal::new(None::<Arc<Measured>>);
    let asked = RwSignal::new(false);
    Effect::new(move || {
        lab.measured.with(|m| {
            if let Some(m) = m
                && asked.get()
                && same_products(&m.config, &Config::default())
            {
                kept.set(Some(m.clone()));
            }
        });
    });
    let run = Callback::new(move |()| {
        asked.set(true);
        lab.config.set(Config { batch: challenge.batch, ..Config::default() });
        lab.run();
    });
    let answer = Signal::derive(move || (challenge.answer)(lang, &*kept.get()?));
    view! {
        <Ask
            key=challenge.key
            question=(challenge.question)(lang)
            options=(challenge.options)(lang)
            answer
            why=(challenge.why)(lang)
            on_run=run
            run=lab.times
        />
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::kernel::tables;
    use crate::protocol::Table;

    fn measured(rows: &[(&str, u32, f64)]) -> Measured {
        let mut table = Table::new(tables::SWEEP, &["format", "batch", "millis"]);
        table.rows = rows.iter().map(|(f, b, ms)| vec![(*f).into(), f64::from(*b).into(), (*ms).into()]).collect();
        let mut measured = Measured { config: Config::default(), tier: None, rows: Vec::new() };
        measured.take(&table);
        measured
    }

    #[test]
    fn answers_are_read_off_the_measurement() {
        let numbers = measured(&[
            ("fp32", 1, 4.0),
            ("int8", 1, 1.5),
            ("int4", 1, 1.0),
            ("fp32", 256, 10.0),
            ("int8", 256, 9.5),
            ("w8a8", 256, 5.0),
            ("int4", 256, 10.5),
        ]);
        let rights: Vec<_> = [&OPENING, &QUESTIONS[0], &QUESTIONS[1], &QUESTIONS[2]]
            .iter()
            .map(|c| (c.answer)(Lang::En, &numbers).map(|a| a.0))
            .collect();
        assert_eq!(rights, [Some(4), Some(2), Some(1), Some(1)]);
        assert!((OPENING.answer)(Lang::En, &measured(&[])).is_none(), "nothing is answered before it ran");
    }

    #[test]
    fn every_answer_is_an_option() {
        for challenge in QUESTIONS.iter().chain([&OPENING]) {
            assert!((challenge.options)(Lang::Es).len() > 2, "{}", challenge.key);
        }
    }
}
