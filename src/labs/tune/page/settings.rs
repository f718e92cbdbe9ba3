//! The settings of each method, in folds.

use leptos::prelude::*;

use super::lab::Lab;
use super::words::target_name;
use crate::labs::tune::{Activation, Config, Placement, Target};
use crate::text::{msg, number};
use crate::ui::{Choice, Details, Segmented, Slider, Toggle, ToggleList, unique_id, use_lang};

/// Reads and writes one number of the configuration.
pub(super) fn number_of(
    lab: Lab,
    read: fn(&Config) -> f64,
    write: fn(&mut Config, f64),
) -> (Signal<f64>, Callback<f64>) {
    let value = Signal::derive(move || lab.config.with(read));
    (value, Callback::new(move |v| lab.config.update(|c| write(c, v))))
}

/// Reads and writes one switch of the configuration.
pub(super) fn switch_of(
    lab: Lab,
    read: fn(&Config) -> bool,
    write: fn(&mut Config, bool),
) -> (Signal<bool>, Callback<bool>) {
    let on = Signal::derive(move || lab.config.with(read));
    (on, Callback::new(move |v| lab.config.update(|c| write(c, v))))
}

/// Reads and writes one of a few.
pub(super) fn choice_of(
    lab: Lab,
    read: fn(&Config) -> usize,
    write: fn(&mut Config, usize),
) -> (Signal<usize>, Callback<usize>) {
    let chosen = Signal::derive(move || lab.config.with(read));
    (chosen, Callback::new(move |v| lab.config.update(|c| write(c, v))))
}

/// The place of a value in a list.
pub(super) fn place_in<T: PartialEq>(all: &[T], value: &T) -> usize {
    all.iter().position(|v| v == value).unwrap_or(0)
}

const RANKS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0];
const ALPHAS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// The two numbers of LoRA that the microscope is about, and the factor that they give.
#[component]
pub(super) fn RankAndAlpha(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let rank = number_of(lab, |c| c.peft.lora.rank.into(), |c, v| c.peft.lora.rank = v as u32);
    let alpha = number_of(lab, |c| c.peft.lora.alpha.into(), |c, v| c.peft.lora.alpha = v as f32);
    let scale = move || lab.config.with(|c| msg::tune_scale(lang, &number(lang, c.peft.lora.scale().into(), 3)));
    view! {
        <Slider label=msg::tune_rank(lang) value=rank.0 on_input=rank.1 min=1.0 max=128.0 stops=RANKS/>
        <Slider label=msg::tune_alpha(lang) value=alpha.0 on_input=alpha.1 min=0.1 max=512.0 step=0.1 stops=ALPHAS/>
        <p class="hint">{scale}</p>
    }
    .into_any()
}

/// LoRA and QLoRA.
#[component]
pub(super) fn LoraFold(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let dropout = number_of(lab, |c| c.peft.lora.dropout.into(), |c, v| c.peft.lora.dropout = v as f32);
    let stable = switch_of(lab, |c| c.peft.lora.rank_stabilized, |c, v| c.peft.lora.rank_stabilized = v);
    let targets = Signal::derive(move || {
        lab.config.with(|c| {
            let choice = |t: Target| Choice {
                name: target_name(t).to_owned(),
                note: String::new(),
                look: None,
                on: c.peft.lora.targets.contains(&t),
            };
            Target::ALL.map(choice).to_vec()
        })
    });
    // The last one stays: LoRA without a matrix trains nothing.
    let toggle = Callback::new(move |i: usize| {
        lab.config.update(|c| {
            let targets = &mut c.peft.lora.targets;
            match targets.iter().position(|t| *t == Target::ALL[i]) {
                Some(at) if targets.len() > 1 => drop(targets.remove(at)),
                Some(_) => {}
                None => targets.push(Target::ALL[i]),
            }
            targets.sort();
        });
    });
    view! {
        <Details summary=msg::tune_fold_lora(lang).to_owned()>
            <RankAndAlpha lab/>
            <Toggle label=msg::tune_stable(lang) on=stable.0 on_change=stable.1/>
            <Slider label=msg::tune_dropout(lang) value=dropout.0 on_input=dropout.1 min=0.0 max=0.9 step=0.05/>
            <ToggleList label=msg::tune_targets(lang) choices=targets on_toggle=toggle across=true/>
        </Details>
    }
    .into_any()
}

const PLACEMENTS: [Placement; 2] = [Placement::Houlsby, Placement::Pfeiffer];
const BOTTLENECKS: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];

/// Bottleneck adapters.
#[component]
pub(super) fn AdapterFold(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let bottleneck = number_of(lab, |c| c.peft.adapter.bottleneck.into(), |c, v| c.peft.adapter.bottleneck = v as u32);
    let placement = choice_of(
        lab,
        |c| place_in(&PLACEMENTS, &c.peft.adapter.placement),
        |c, i| c.peft.adapter.placement = PLACEMENTS[i],
    );
    let activation = choice_of(
        lab,
        |c| place_in(&Activation::ALL, &c.peft.adapter.activation),
        |c, i| c.peft.adapter.activation = Activation::ALL[i],
    );
    let residual = switch_of(lab, |c| c.peft.adapter.residual, |c, v| c.peft.adapter.residual = v);
    let names = ["ReLU", "GELU", "SiLU"].map(str::to_owned).to_vec();
    view! {
        <Details summary=msg::tune_fold_adapter(lang).to_owned()>
            <Slider label=msg::tune_bottleneck(lang) value=bottleneck.0 on_input=bottleneck.1 min=1.0 max=256.0 stops=BOTTLENECKS/>
            <Segmented label=msg::tune_placement(lang) options=vec!["Houlsby".into(), "Pfeiffer".into()] selected=placement.0 on_select=placement.1/>
            <p class="hint">{msg::tune_placement_hint(lang)}</p>
            <Segmented label=msg::tune_activation(lang) options=names selected=activation.0 on_select=activation.1/>
            <Toggle label=msg::tune_residual(lang) on=residual.0 on_change=residual.1/>
        </Details>
    }
    .into_any()
}

/// Longest text that a prompt may begin as, in bytes; the configuration's bound.
const MAX_TEXT_BYTES: usize = 300;

/// Prompt tuning.
#[component]
pub(super) fn PromptFold(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let tokens = number_of(lab, |c| c.peft.prompt.tokens.into(), |c, v| c.peft.prompt.tokens = v as u32);
    let id = unique_id();
    let typed = move |ev| {
        let text: String = event_target_value(&ev);
        let end = (0..=text.len().min(MAX_TEXT_BYTES)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        lab.config.update(|c| c.peft.prompt.text = text[..end].to_owned());
    };
    view! {
        <Details summary=msg::tune_fold_prompt(lang).to_owned()>
            <Slider label=msg::tune_virtual(lang) value=tokens.0 on_input=tokens.1 min=1.0 max=64.0/>
            <div class="search">
                <label for=id.clone()>{msg::tune_prompt_text(lang)}</label>
                <input id=id type="text" maxlength=MAX_TEXT_BYTES prop:value=move || lab.config.with(|c| c.peft.prompt.text.clone()) on:change=typed/>
            </div>
            <p class="hint">{msg::tune_prompt_text_hint(lang)}</p>
        </Details>
    }
    .into_any()
}

/// Prefix tuning and P-Tuning v2.
#[component]
pub(super) fn PrefixFold(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let tokens = number_of(lab, |c| c.peft.prefix.tokens.into(), |c, v| c.peft.prefix.tokens = v as u32);
    let hidden = number_of(lab, |c| c.peft.prefix.hidden.into(), |c, v| c.peft.prefix.hidden = v as u32);
    view! {
        <Details summary=msg::tune_fold_prefix(lang).to_owned()>
            <Slider label=msg::tune_virtual(lang) value=tokens.0 on_input=tokens.1 min=1.0 max=64.0/>
            <Slider label=msg::tune_hidden(lang) value=hidden.0 on_input=hidden.1 min=1.0 max=512.0/>
            <p class="hint">{msg::tune_hidden_hint(lang)}</p>
        </Details>
    }
    .into_any()
}
