//! Questions that want a guess first. What is right is read off the run, never stored.

use leptos::prelude::*;

use super::lab::Lab;
use super::numbers::accuracy;
use super::results::{Summary, extreme};
use super::words::method_name;
use crate::labs::tune::{Config, Method};
use crate::text::{Lang, bytes, msg, number, percent};
use crate::ui::{Ask, AskSeveral, Finding, Guess, RunStatus, use_lang};

/// Accuracies that differ by less are called equal in the questions' answers.
const NEARLY: f64 = 0.02;

fn place(method: Method) -> Option<usize> {
    Method::SIX.iter().position(|m| *m == method)
}

/// Who answered best; and who, by their intervals, cannot be told from it.
fn best(lang: Lang, summaries: &[Summary]) -> Option<Finding> {
    let best = extreme(summaries, |s| s.accuracy, true)?;
    let ties = summaries.iter().filter(|s| s.accuracy == best.accuracy);
    let close = summaries.iter().filter(|s| s.method != best.method && s.interval.1 >= best.interval.0);
    let names: Vec<&str> = close.map(|s| method_name(lang, s.method)).collect();
    let found = msg::tune_q_best_numbers(lang, &accuracy(lang, best), method_name(lang, best.method));
    let apart = if names.is_empty() {
        msg::tune_q_best_clear(lang).to_owned()
    } else {
        msg::tune_q_best_close(lang, &names.join(", "))
    };
    let right: Vec<usize> = ties.filter_map(|s| place(s.method)).collect();
    (!right.is_empty()).then(|| Finding { right, numbers: [found, apart].join(" ") })
}

/// Who needs least of something that is counted in bytes; a tie is right for all.
fn least(lang: Lang, summaries: &[Summary], read: fn(&Summary) -> f64) -> Option<Finding> {
    let (least, most) = (extreme(summaries, read, false)?, extreme(summaries, read, true)?);
    let of = |s: &Summary| [method_name(lang, s.method), ": ", &bytes(lang, read(s) as u64)].concat();
    let right: Vec<usize> =
        summaries.iter().filter(|s| read(s) == read(least)).filter_map(|s| place(s.method)).collect();
    (!right.is_empty()).then(|| Finding { right, numbers: msg::tune_q_least_numbers(lang, &of(least), &of(most)) })
}

/// The guesses of the page: what the lecture's table claims, for this machine.
#[component]
pub(super) fn Opening(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let options: Vec<String> = Method::SIX.iter().map(|m| method_name(lang, *m).to_owned()).collect();
    let guess = |key, question| Guess { key, question, options: options.clone() };
    let guesses = vec![
        guess("afina.tune.best", msg::tune_q_best(lang)),
        guess("afina.tune.memory", msg::tune_q_memory(lang)),
        guess("afina.tune.saved", msg::tune_q_saved(lang)),
    ];
    let findings = Signal::derive(move || {
        let RunStatus::Done { .. } = lab.train.status.get() else { return None };
        lab.summaries.with(|all| {
            let found = vec![best(lang, all), least(lang, all, |s| s.peak_bytes), least(lang, all, |s| s.saved_bytes)];
            found.iter().any(Option::is_some).then_some(found)
        })
    });
    // The guesses are about the six; a run of something else would not judge them.
    let run = Callback::new(move |()| {
        lab.config.update(|c| c.methods = Method::SIX.to_vec());
        lab.train_now();
    });
    view! {
        <AskSeveral key="afina.tune.opening" heading=msg::tune_q_heading(lang) hint=msg::tune_q_hint(lang) guesses findings why=msg::tune_q_why(lang) label=msg::tune_run_six(lang) on_run=run run=lab.train/>
    }
    .into_any()
}

/// The summary of a method, once the run is over and was asked with what `is_meant` accepts.
fn finished(lab: Lab, is_meant: impl Fn(&Config) -> bool, methods: &[Method]) -> Option<Vec<Summary>> {
    let RunStatus::Done { .. } = lab.train.status.get() else { return None };
    if !lab.trained.with(|c| c.as_ref().is_some_and(is_meant)) {
        return None;
    }
    lab.summaries.with(|all| methods.iter().map(|m| all.iter().find(|s| s.method == *m).cloned()).collect())
}

/// Which of three a difference of two accuracies is: less, about equal, more.
fn compared(first: f64, second: f64) -> usize {
    if (first - second).abs() <= NEARLY {
        1
    } else if first < second {
        0
    } else {
        2
    }
}

/// The question of the lesson: does rank 1 suffice?
#[component]
pub(super) fn Rank(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let asked = RwSignal::new(false);
    let measured = RwSignal::new([None::<f64>; 2]);
    let of_rank = |c: &mut Config, rank: u32| {
        c.methods = vec![Method::Lora];
        c.peft.lora.rank = rank;
        c.peft.lora.alpha = 2.0 * rank as f32;
    };
    Effect::new(move || {
        if !asked.get() {
            return;
        }
        // Stopped or failed is over: a later run of somebody else's must not start the second half.
        if lab.train.status.with(|s| matches!(s, RunStatus::Stopped | RunStatus::Failed(_))) {
            return asked.set(false);
        }
        let ranks = [1, 16].map(|rank| finished(lab, |c| c.peft.lora.rank == rank, &[Method::Lora]));
        for (i, found) in ranks.into_iter().enumerate() {
            let Some(accuracy) = found.and_then(|s| s.first().map(|s| s.accuracy)) else { continue };
            let is_first = i == 0 && measured.with_untracked(|m| m[0].is_none());
            measured.update(|m| m[i] = Some(accuracy));
            if is_first {
                // The second half of the experiment follows the first.
                lab.train_changed(|c| of_rank(c, 16));
            } else {
                asked.set(false);
            }
        }
    });
    let answer = Signal::derive(move || {
        let [Some(one), Some(sixteen)] = measured.get() else { return None };
        let shown = |v| percent(lang, v, 1);
        Some((compared(one, sixteen), msg::tune_q_rank_numbers(lang, &shown(one), &shown(sixteen))))
    });
    let run = Callback::new(move |()| {
        measured.set([None, None]);
        lab.train_changed(|c| of_rank(c, 1));
        asked.set(true);
    });
    let options = vec![msg::tune_q_rank_worse(lang), msg::tune_q_rank_same(lang), msg::tune_q_rank_better(lang)];
    view! {
        <Ask key="afina.tune.rank" question=msg::tune_q_rank(lang) options answer why=msg::tune_q_rank_why(lang) on_run=run run=lab.train/>
    }
    .into_any()
}

/// The question of the lesson: what does a base of four bits cost?
#[component]
pub(super) fn Quantized(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let both = [Method::Qlora, Method::Lora];
    let asked = RwSignal::new(false);
    let answer = Signal::derive(move || {
        let found = asked.get().then(|| finished(lab, |c| c.methods.len() == 2, &both)).flatten()?;
        let right = compared(found[0].accuracy, found[1].accuracy);
        Some((right, msg::tune_q_qlora_numbers(lang, &accuracy(lang, &found[1]), &accuracy(lang, &found[0]))))
    });
    let run = Callback::new(move |()| {
        asked.set(true);
        lab.train_changed(|c| c.methods = vec![Method::Lora, Method::Qlora]);
    });
    let options = vec![msg::tune_q_qlora_worse(lang), msg::tune_q_qlora_same(lang), msg::tune_q_qlora_better(lang)];
    view! {
        <Ask key="afina.tune.qlora" question=msg::tune_q_qlora(lang) options answer why=msg::tune_q_qlora_why(lang) on_run=run run=lab.train/>
    }
    .into_any()
}

/// The question of the lesson: who forgets most?
#[component]
pub(super) fn Forgets(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let three = [Method::Full, Method::Lora, Method::Prompt];
    let asked = RwSignal::new(false);
    let answer = Signal::derive(move || {
        let found = asked.get().then(|| finished(lab, |c| c.methods == three, &three)).flatten()?;
        let most = extreme(&found, Summary::forgetting, true)?.method;
        let right = three.iter().position(|m| *m == most)?;
        let times: Vec<String> = found
            .iter()
            .map(|s| [method_name(lang, s.method), " ×", &number(lang, s.forgetting(), 2)].concat())
            .collect();
        Some((right, msg::tune_q_forget_numbers(lang, &times.join(" · "))))
    });
    let run = Callback::new(move |()| {
        asked.set(true);
        lab.train_changed(|c| c.methods = three.to_vec());
    });
    let options = three.iter().map(|m| method_name(lang, *m)).collect();
    view! {
        <Ask key="afina.tune.forget" question=msg::tune_q_forget(lang) options answer why=msg::tune_q_forget_why(lang) on_run=run run=lab.train/>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::super::results::{sample, summaries, trainings};
    use super::*;

    #[test]
    fn the_best_is_named_with_those_that_cannot_be_told_from_it() {
        let all = summaries(&trainings(&sample()));
        let found = best(Lang::En, &all).unwrap();
        assert_eq!(found.right, [1], "LoRA is the second of the six");
        let full = method_name(Lang::En, Method::Full);
        assert!(found.numbers.contains(full), "{}", found.numbers);
        let mut tied = all.clone();
        tied[0].accuracy = tied[1].accuracy;
        let found = best(Lang::En, &tied).unwrap();
        assert_eq!(found.right, [0, 1]);
        assert!(found.numbers.contains("LoRA") && found.numbers.contains(full), "a tie is told: {}", found.numbers);
        let mut apart = all.clone();
        apart[1].interval = (0.9, 0.95);
        assert!(!best(Lang::En, &apart).unwrap().numbers.contains(full));
        assert_eq!(best(Lang::En, &all[..1]), None, "one method wins against nobody");
    }

    #[test]
    fn a_tie_is_right_for_all() {
        let mut all = summaries(&trainings(&sample()));
        assert_eq!(least(Lang::En, &all, |s| s.saved_bytes).unwrap().right, [1]);
        all[0].saved_bytes = all[1].saved_bytes;
        assert_eq!(least(Lang::En, &all, |s| s.saved_bytes).unwrap().right, [0, 1]);
    }

    #[test]
    fn small_differences_are_none() {
        assert_eq!([compared(0.80, 0.90), compared(0.89, 0.90), compared(0.95, 0.90)], [0, 1, 2]);
    }
}
