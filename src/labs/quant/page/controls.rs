//! The panel of controls.

use leptos::prelude::*;

use super::activations::ActivationControls;
use super::formats::FormatControls;
use super::lab::{Lab, same_measurement};
use super::preset::PRESETS;
use super::source::SourceControls;
use crate::labs::quant::Config;
use crate::text::msg;
use crate::ui::{Details, RunButton, Select, use_lang};

/// Below this width the panel starts folded, so that the picture comes first.
const FOLD_BELOW_PX: f64 = 900.0;

/// Presets, run, and everything that can be set.
#[component]
pub(super) fn Controls(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let wide = window().inner_width().ok().and_then(|w| w.as_f64()).is_none_or(|w| w >= FOLD_BELOW_PX);
    // The last entry stands for any state that is no preset.
    let chosen = Memo::new(move |_| {
        lab.config.with(|c| PRESETS.iter().position(|p| same_measurement(&(p.config)(), c)).unwrap_or(PRESETS.len()))
    });
    let mut titles: Vec<String> = PRESETS.iter().map(|p| (p.title)(lang).to_owned()).collect();
    titles.push(msg::quant_preset_own(lang).to_owned());
    let choose = Callback::new(move |i: usize| {
        if let Some(preset) = PRESETS.get(i) {
            lab.config.set((preset.config)());
        }
    });
    let notice = move || match PRESETS.get(chosen.get()) {
        Some(preset) => (preset.notice)(lang),
        None => msg::quant_preset_own_notice(lang),
    };
    let reset = move |_| {
        lab.config.set(Config::default());
        lab.linked.pinned.set(false);
    };
    view! {
        <section class="panel" aria-label=msg::quant_controls(lang)>
            <div class="quick">
                <Select label=msg::quant_try(lang) options=titles selected=chosen on_select=choose/>
                <p class="notice-this">{notice}</p>
                <RunButton view=lab.measure label=msg::quant_run(lang) on_run=Callback::new(move |()| lab.measure_now())/>
            </div>
            <Details summary=msg::quant_weights(lang).to_owned() open=wide><SourceControls lab/></Details>
            <Details summary=msg::quant_formats(lang).to_owned() open=wide><FormatControls lab/></Details>
            <Details summary=msg::quant_activations(lang).to_owned()><ActivationControls lab/></Details>
            <button type="button" class="quiet" on:click=reset>{msg::quant_reset(lang)}</button>
        </section>
    }
    .into_any()
}
