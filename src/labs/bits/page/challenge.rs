//! Questions that want a guess first. What is right is read off the run, never stored.

use leptos::prelude::*;

use super::lab::Lab;
use super::quality::both;
use crate::labs::bits::{Config, WeightFormat, digit, tables};
use crate::text::{msg, number, percent};
use crate::ui::{Ask, RunStatus, use_lang};

/// Whether a configuration has everything in `format`.
fn is_uniform(config: &Config, format: WeightFormat) -> bool {
    config.plan == digit(format).to_string()
}

/// The question of the page: what halving the bits twice does to the text.
#[component]
pub(super) fn Opening(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let asked = RwSignal::new(false);
    let found = RwSignal::new(None::<(usize, String)>);
    Effect::new(move || {
        let RunStatus::Done { .. } = lab.look.status.get() else { return };
        if !asked.get() || !lab.looked.with(|l| l.as_ref().is_some_and(|l| is_uniform(l, WeightFormat::Int3))) {
            return;
        }
        let Some(quality) = lab.look.table(tables::QUALITY) else { return };
        let (Some(now), Some(base)) = (both(&quality, "perplexity"), both(&quality, "reference")) else { return };
        let rise = now / base - 1.0;
        let right = if rise < 0.01 { 0 } else { 1 + usize::from(rise > 0.1) };
        let numbers =
            msg::bits_q1_numbers(lang, &number(lang, base, 2), &number(lang, now, 2), &percent(lang, rise, 1));
        found.set(Some((right, numbers)));
    });
    let run = Callback::new(move |()| {
        asked.set(true);
        lab.config.update(|c| c.plan = digit(WeightFormat::Int3).into());
    });
    let options = vec![msg::bits_q1_none(lang), msg::bits_q1_little(lang), msg::bits_q1_much(lang)];
    view! {
        <Ask key="afina.bits.three" question=msg::bits_q1(lang) options answer=found.into() why=msg::bits_q1_why(lang) on_run=run run=lab.look/>
    }
    .into_any()
}

/// The question of the lesson: which unit bears least.
#[component]
pub(super) fn Weakest(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let asked = RwSignal::new(false);
    let answer = Signal::derive(move || {
        let RunStatus::Done { .. } = lab.sensitivity.status.get() else { return None };
        if !asked.get() || lab.lowered.get() != WeightFormat::Int2 {
            return None;
        }
        let table = lab.sensitivity.table(tables::SENSITIVITY)?;
        let rows = 0..table.rows.len();
        let worst = rows.max_by(|a, b| {
            let rise = |i: usize| table.number(i, "increase").unwrap_or(f64::NEG_INFINITY);
            rise(*a).total_cmp(&rise(*b))
        })?;
        let unit = lab.units.with(|u| u.get(table.number(worst, "unit")? as usize).cloned())?;
        let layers = lab.units.with(|u| u.iter().filter_map(|u| u.layer).max()).unwrap_or(0);
        let right = match unit.layer {
            None => 0,
            Some(0) => 1,
            Some(l) if l == layers => 3,
            Some(_) => 2,
        };
        let rise = number(lang, table.number(worst, "increase")?, 2);
        Some((right, msg::bits_q2_numbers(lang, &rise, &unit.name(lang))))
    });
    let run = Callback::new(move |()| {
        asked.set(true);
        lab.lower_each(WeightFormat::Int2);
    });
    let options = vec![
        msg::bits_q2_embedding(lang),
        msg::bits_q2_first(lang),
        msg::bits_q2_middle(lang),
        msg::bits_q2_last(lang),
    ];
    view! {
        <Ask key="afina.bits.weakest" question=msg::bits_q2(lang) options answer why=msg::bits_q2_why(lang) on_run=run run=lab.sensitivity/>
    }
    .into_any()
}

/// The question of the lesson: smaller groups cost bytes, and what do they buy?
#[component]
pub(super) fn Groups(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let measured = RwSignal::new([None::<f64>; 2]);
    let asked = RwSignal::new(false);
    Effect::new(move || {
        let RunStatus::Done { .. } = lab.look.status.get() else { return };
        let Some(config) = lab.looked.get() else { return };
        if !asked.get() || !is_uniform(&config, WeightFormat::Int3) {
            return;
        }
        let Some(now) = lab.look.table(tables::QUALITY).and_then(|t| both(&t, "perplexity")) else { return };
        match config.group {
            128 => measured.update(|m| m[0] = Some(now)),
            32 => measured.update(|m| m[1] = Some(now)),
            _ => return,
        }
        // The second half of the experiment follows the first.
        if config.group == 128 && measured.with_untracked(|m| m[1].is_none()) {
            lab.config.update(|c| c.group = 32);
        }
    });
    let answer = Signal::derive(move || {
        let [Some(large), Some(small)] = measured.get() else { return None };
        let right = if (large / small - 1.0).abs() < 0.01 {
            1
        } else if small < large {
            0
        } else {
            2
        };
        Some((right, msg::bits_q3_numbers(lang, &number(lang, large, 2), &number(lang, small, 2))))
    });
    let run = Callback::new(move |()| {
        measured.set([None, None]);
        asked.set(true);
        lab.config.update(|c| {
            c.plan = digit(WeightFormat::Int3).into();
            c.group = 128;
        });
        lab.look_now();
    });
    let options = vec![msg::bits_q3_better(lang), msg::bits_q3_same(lang), msg::bits_q3_worse(lang)];
    view! {
        <Ask key="afina.bits.groups" question=msg::bits_q3(lang) options answer why=msg::bits_q3_why(lang) on_run=run run=lab.look/>
    }
    .into_any()
}
