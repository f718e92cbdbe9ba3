//! The panel of controls.

use leptos::prelude::*;

use super::formats::{look, name};
use super::lab::Lab;
use super::preset::PRESETS;
use crate::labs::kernel::{Config, GROUPS, MAX_RANK, MAX_SIDE, Multiply};
use crate::text::{Lang, msg};
use crate::ui::{Details, RunButton, Segmented, Select, Slider, Swatch, use_lang};

/// Below this width the panel starts folded, so that the picture comes first.
const FOLD_BELOW_PX: f64 = 900.0;
const SIDES: &[f64] = &[64.0, 128.0, 256.0, 384.0, 512.0, 768.0, 1024.0, 1536.0, 2048.0, 3072.0, 4096.0, 8192.0];
const RANKS: &[f64] = &[0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];

/// A slider bound to one number of the configuration.
fn slider(
    lab: Lab,
    label: &'static str,
    (min, max): (u32, u32),
    stops: &'static [f64],
    part: fn(&mut Config) -> &mut u32,
) -> AnyView {
    let value = Signal::derive(move || f64::from(*part(&mut lab.config.get())));
    let set = Callback::new(move |v: f64| lab.config.update(|c| *part(c) = v as u32));
    view! { <Slider label value on_input=set min=f64::from(min) max=f64::from(max) stops/> }.into_any()
}

/// A yes or no bound to one part of the configuration.
fn check(lab: Lab, label: &'static str, part: fn(&mut Config) -> &mut bool) -> AnyView {
    let checked = Signal::derive(move || *part(&mut lab.config.get()));
    let set = move |ev| lab.config.update(|c| *part(c) = event_target_checked(&ev));
    view! { <label class="check"><input type="checkbox" prop:checked=checked on:change=set/>{label}</label> }.into_any()
}

/// Which formats are compared; FP32 stays, since every factor is relative to it.
fn formats(lab: Lab, lang: Lang) -> AnyView {
    let chip = |format: Multiply| {
        let checked = Signal::derive(move || lab.config.with(|c| c.formats.contains(&format)));
        let set = move |ev| {
            let on = event_target_checked(&ev);
            lab.config.update(|c| {
                c.formats = Multiply::ALL
                    .into_iter()
                    .filter(|f| if *f == format { on } else { c.formats.contains(f) })
                    .collect();
            });
        };
        view! {
            <label class="pick">
                <input type="checkbox" prop:checked=checked disabled=format == Multiply::Fp32 on:change=set/>
                <span><Swatch look=look(format)/>{name(format)}</span>
            </label>
        }
        .into_any()
    };
    let chips: Vec<AnyView> = Multiply::ALL.into_iter().map(chip).collect();
    view! { <fieldset class="picks"><legend>{msg::kernel_formats(lang)}</legend><div>{chips}</div></fieldset> }
        .into_any()
}

/// Presets, run, and everything that can be set.
#[component]
pub(super) fn Controls(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let wide = window().inner_width().ok().and_then(|w| w.as_f64()).is_none_or(|w| w >= FOLD_BELOW_PX);
    // The last entry stands for any state that is no preset.
    let chosen = Memo::new(move |_| {
        lab.config.with(|c| PRESETS.iter().position(|p| (p.config)() == *c).unwrap_or(PRESETS.len()))
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
    let group = Signal::derive(move || lab.config.with(|c| GROUPS.iter().position(|g| *g == c.group).unwrap_or(0)));
    let set_group = Callback::new(move |i: usize| {
        if let Some(group) = GROUPS.get(i) {
            lab.config.update(|c| c.group = *group);
        }
    });
    let reset = move |_| lab.config.set(Config::default());
    view! {
        <section class="panel" aria-label=msg::quant_controls(lang)>
            <div class="quick">
                <Select label=msg::quant_try(lang) options=titles selected=chosen on_select=choose/>
                <p class="notice-this">{notice}</p>
                <RunButton view=lab.times label=msg::kernel_run(lang) on_run=Callback::new(move |()| lab.run())/>
            </div>
            <Details summary=msg::kernel_shape(lang).to_owned() open=wide>
                {slider(lab, msg::kernel_inputs(lang), (1, MAX_SIDE), SIDES, |c| &mut c.inputs)}
                {slider(lab, msg::kernel_outputs(lang), (1, MAX_SIDE), SIDES, |c| &mut c.outputs)}
                {slider(lab, msg::kernel_rank(lang), (0, MAX_RANK), RANKS, |c| &mut c.rank)}
            </Details>
            <Details summary=msg::quant_weights(lang).to_owned() open=wide>
                {formats(lab, lang)}
                <Segmented
                    label=msg::kernel_group(lang)
                    options=GROUPS.map(|g| g.to_string()).to_vec()
                    selected=group
                    on_select=set_group
                />
                {check(lab, msg::kernel_asymmetric(lang), |c| &mut c.asymmetric)}
                {check(lab, msg::kernel_double(lang), |c| &mut c.double_quant)}
                {slider(lab, msg::quant_seed(lang), (0, 999), &[], |c| &mut c.seed)}
            </Details>
            <button type="button" class="quiet" on:click=reset>{msg::quant_reset(lang)}</button>
        </section>
    }
    .into_any()
}
