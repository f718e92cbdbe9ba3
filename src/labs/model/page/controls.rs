//! The panel of controls: prompt, presets, how the next token is drawn.

use leptos::prelude::*;

use super::lab::Lab;
use super::link;
use super::preset::PRESETS;
use crate::labs::model::{Config, MAX_LENGTH, MAX_PROMPT_BYTES};
use crate::text::msg;
use crate::ui::{CopyButton, Details, RunButton, Select, Slider, unique_id, use_lang};

/// Below this width the settings start folded, so that the text comes first.
const FOLD_BELOW_PX: f64 = 900.0;

/// Presets, prompt, Generate, and the settings of the draw.
#[component]
pub(super) fn Controls(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let wide = window().inner_width().ok().and_then(|w| w.as_f64()).is_none_or(|w| w >= FOLD_BELOW_PX);
    // The last entry stands for any state that is no preset; what was chosen by hand does not count.
    let chosen = Memo::new(move |_| {
        lab.config.with(|c| {
            let plain = Config { given: Vec::new(), ..c.clone() };
            PRESETS.iter().position(|p| (p.config)() == plain).unwrap_or(PRESETS.len())
        })
    });
    let mut titles: Vec<String> = PRESETS.iter().map(|p| (p.title)(lang).to_owned()).collect();
    titles.push(msg::model_preset_own(lang).to_owned());
    let choose = Callback::new(move |i: usize| {
        if let Some(preset) = PRESETS.get(i) {
            lab.config.set((preset.config)());
            lab.generate();
        }
    });
    let notice = move || match PRESETS.get(chosen.get()) {
        Some(preset) => (preset.notice)(lang),
        None => msg::model_preset_own_notice(lang),
    };
    let id = unique_id();
    let written = move |ev| {
        let text: String = event_target_value(&ev);
        // The field's own limit counts characters, a link counts bytes.
        let end = (0..=text.len().min(MAX_PROMPT_BYTES)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        lab.set_prompt(text[..end].to_owned());
    };
    let address = Callback::new(move |()| lab.config.with_untracked(link::address_of).unwrap_or_default());
    view! {
        <section class="panel" aria-label=msg::model_controls(lang)>
            <Select label=msg::model_try(lang) options=titles selected=chosen on_select=choose/>
            <p class="notice-this">{notice}</p>
            <div class="prompt">
                <label for=id.clone()>{msg::model_prompt(lang)}</label>
                <textarea id=id rows="4" maxlength=MAX_PROMPT_BYTES spellcheck="false" prop:value=move || lab.config.with(|c| c.prompt.clone()) on:input=written></textarea>
            </div>
            <RunButton view=lab.run label=msg::model_generate(lang) on_run=Callback::new(move |()| lab.generate_anew())/>
            <Details summary=msg::model_draw(lang).to_owned() open=wide><Draw lab/></Details>
            <div class="actions">
                <button type="button" class="quiet" on:click=move |_| {
                    lab.config.set(Config::default());
                    lab.look();
                }>{msg::model_reset(lang)}</button>
                <CopyButton label=msg::model_copy_link(lang) text=address/>
            </div>
        </section>
    }
    .into_any()
}

/// A number of the configuration: what it is, and how it is set.
fn number(lab: Lab, read: fn(&Config) -> f64, write: fn(&mut Config, f64)) -> (Signal<f64>, Callback<f64>) {
    let value = Signal::derive(move || lab.config.with(read));
    (value, Callback::new(move |v| lab.config.update(|c| write(c, v))))
}

/// The decimal that was meant, not the expansion of its f32.
fn decimal(value: f32) -> f64 {
    (f64::from(value) * 1000.0).round() / 1000.0
}

/// How the next token is drawn.
#[component]
fn Draw(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let (temperature, set_temperature) = number(lab, |c| decimal(c.temperature), |c, v| c.temperature = v as f32);
    let (top_k, set_top_k) = number(lab, |c| c.top_k.into(), |c, v| c.top_k = v as u32);
    let (top_p, set_top_p) = number(lab, |c| decimal(c.top_p), |c, v| c.top_p = v as f32);
    let (seed, set_seed) = number(lab, |c| c.seed.into(), |c, v| c.seed = v as u32);
    let (length, set_length) = number(lab, |c| c.length.into(), |c, v| c.length = v as u32);
    view! {
        <fieldset class="draw">
            <legend class="hidden">{msg::model_draw(lang)}</legend>
            <Slider label=msg::model_temperature(lang) value=temperature on_input=set_temperature min=0.0 max=2.0 step=0.05/>
            <Slider label=msg::model_top_k(lang) value=top_k on_input=set_top_k min=0.0 max=100.0/>
            <Slider label=msg::model_top_p(lang) value=top_p on_input=set_top_p min=0.05 max=1.0 step=0.01/>
            <Slider label=msg::model_seed(lang) value=seed on_input=set_seed min=0.0 max=99.0/>
            <Slider label=msg::model_length(lang) value=length on_input=set_length min=1.0 max=f64::from(MAX_LENGTH)/>
            <p class="hint">{msg::model_draw_hint(lang)}</p>
        </fieldset>
    }
    .into_any()
}
