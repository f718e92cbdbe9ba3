//! Questions that want a guess first. What is right is read off the run, never stored.

use leptos::prelude::*;

use super::lab::Lab;
use super::preset;
use crate::labs::model::{Config, Sampling, sample};
use crate::text::{msg, percent};
use crate::ui::{Ask, RunStatus, use_lang};

/// What a base model makes of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Reply {
    Answers,
    Asks,
    Ends,
}

/// What a text after questions is: mostly questions, mostly something else, or nothing.
fn reply(text: &str) -> Reply {
    let sentences: Vec<&str> =
        text.split_inclusive(['?', '.', '!', '\n']).map(str::trim).filter(|s| s.len() > 3).collect();
    let asked = sentences.iter().filter(|s| s.ends_with('?')).count();
    match sentences.len() {
        0 => Reply::Ends,
        all if 2 * asked >= all => Reply::Asks,
        _ => Reply::Answers,
    }
}

/// The question of the page, above everything.
#[component]
pub(super) fn Opening(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let found = RwSignal::new(None::<(usize, String)>);
    Effect::new(move || {
        let RunStatus::Done { .. } = lab.run.status.get() else { return };
        let experiment = lab.asked.with_untracked(|a| a.as_ref().is_some_and(|a| *a == preset::questions()));
        if !experiment || !lab.is_generation.get_untracked() {
            return;
        }
        let ids: Vec<u32> = lab.generated.with_untracked(|g| g.iter().map(|t| t[0] as u32).collect());
        let text = lab.words.with_untracked(|w| w.text(&ids));
        let right = reply(&text) as usize;
        let quoted: String = text.trim().replace('\n', " ").chars().take(110).collect();
        found.set(Some((right, msg::model_q1_numbers(lang, &quoted))));
    });
    let run = Callback::new(move |()| {
        lab.config.set(preset::questions());
        lab.generate();
    });
    let options = vec![msg::model_q1_answers(lang), msg::model_q1_asks(lang), msg::model_q1_ends(lang)];
    view! {
        <Ask key="afina.model.question" question=msg::model_q1(lang) options answer=found.into() why=msg::model_q1_why(lang) on_run=run run=lab.run/>
    }
    .into_any()
}

/// The probability of the likeliest token at a temperature.
fn highest(logits: &[f32], temperature: f32) -> f64 {
    let sampling = Sampling { temperature, top_k: 0, top_p: 1.0, seed: 0 };
    sample(logits, &sampling, 0).candidates.first().map_or(0.0, |c| c.heated)
}

/// The question of the lesson: what the temperature does to the first choice.
#[component]
pub(super) fn Heat(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let asked = RwSignal::new(false);
    let answer = Signal::derive(move || {
        let logits = lab.logits(lab.step()).filter(|l| asked.get() && !l.values.is_empty())?;
        let [cold, one, hot] = [0.5, 1.0, 2.0].map(|t| highest(&logits.values, t));
        let right = if (hot - one).abs() < 0.001 { 2 } else { usize::from(hot < one) };
        let [cold, one, hot] = [cold, one, hot].map(|p| percent(lang, p, 1));
        Some((right, msg::model_q2_numbers(lang, &cold, &hot, &one)))
    });
    let run = Callback::new(move |()| {
        asked.set(true);
        lab.config.update(|c: &mut Config| c.temperature = 2.0);
    });
    let options = vec![msg::model_q2_up(lang), msg::model_q2_down(lang), msg::model_q2_same(lang)];
    view! {
        <Ask key="afina.model.heat" question=msg::model_q2(lang) options answer why=msg::model_q2_why(lang) on_run=run/>
    }
    .into_any()
}

/// The question of the lesson: what a seed changes where nothing is drawn.
#[component]
pub(super) fn Seed(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let asked = RwSignal::new(false);
    let answer = Signal::derive(move || {
        let logits = lab.logits(lab.step()).filter(|l| asked.get() && !l.values.is_empty())?;
        let first = |temperature: f32| {
            let mut tokens: Vec<u32> = (1..=20)
                .map(|seed| sample(&logits.values, &Sampling { temperature, top_k: 0, top_p: 1.0, seed }, 0).token)
                .collect();
            tokens.sort_unstable();
            tokens.dedup();
            tokens.len()
        };
        let (cold, warm) = (first(0.0), first(1.0));
        Some((if cold == 1 { 0 } else { 1 }, msg::model_q3_numbers(lang, &cold.to_string(), &warm.to_string())))
    });
    let options = vec![msg::model_q3_nothing(lang), msg::model_q3_all(lang), msg::model_q3_first(lang)];
    view! {
        <Ask key="afina.model.seed" question=msg::model_q3(lang) options answer why=msg::model_q3_why(lang) on_run=Callback::new(move |()| asked.set(true))/>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reply_is_told_by_its_sentences() {
        assert_eq!(reply("¿Qué come el gato? ¿Dónde vive Ana? ¿Cu"), Reply::Asks);
        assert_eq!(reply("La vaca come hierba. Vive en el prado."), Reply::Answers);
        assert_eq!(reply("  \n"), Reply::Ends);
    }

    #[test]
    fn heat_flattens() {
        let logits = [3.0, 1.0, 0.0];
        assert!(highest(&logits, 2.0) < highest(&logits, 1.0));
        assert!(highest(&logits, 1.0) < highest(&logits, 0.5));
    }
}
