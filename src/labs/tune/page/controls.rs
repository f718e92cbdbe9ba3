//! The panel of controls: ready-made experiments, the one button, the task, the methods, and everything that can be set.

use leptos::prelude::*;

use super::estimate::{estimate_millis, measured_flops, run_flops};
use super::lab::Lab;
use super::methods::Methods;
use super::preset::PRESETS;
use super::settings::{AdapterFold, LoraFold, PrefixFold, PromptFold, number_of};
use super::source::Source;
use super::training::TrainingFold;
use super::{link, words};
use crate::labs::tune::{Config, MAX_EXAMPLES, MAX_STEPS, Method};
use crate::text::{Lang, duration, integer, msg, number, significant};
use crate::ui::{CopyButton, RunButton, RunStatus, Select, Slider, use_lang};

/// Numbers of steps worth stopping at.
const STEPS: &[f64] = &[4.0, 10.0, 20.0, 40.0, 60.0, 90.0, 120.0, 200.0, 300.0, 500.0, 1000.0, 2000.0];
/// Sizes of a training set worth stopping at.
const EXAMPLES: &[f64] = &[4.0, 8.0, 16.0, 32.0, 64.0, 96.0, 144.0, 288.0, 500.0, 1000.0, 2000.0, 4000.0];

/// Below this width the settings would push what they change off the screen: they begin folded.
const FOLD_BELOW_PX: f64 = 900.0;
const GIGA: f64 = 1e9;
/// Operations a second for which a time is told before this machine has measured any: about what burn's processor backend
/// reaches in a browser on one core, and ten times that.
const RATES: [f64; 2] = [5.0 * GIGA, 50.0 * GIGA];

/// How long the run will take, or how much it computes, in words.
fn foretold(lang: Lang, lab: Lab) -> String {
    let tokens = lab.mean_tokens();
    let measured = lab.trained.get().and_then(|measured| {
        let elapsed = lab
            .train
            .status
            .with(|s| if let RunStatus::Done { elapsed_millis } = s { Some(*elapsed_millis) } else { None });
        let millis = lab.config.with(|c| lab.trainings.with(|all| estimate_millis(c, &measured, all, elapsed)))?;
        let flops = lab.trainings.with(|all| measured_flops(&measured, tokens?, all))?;
        Some((millis, flops))
    });
    if let Some((millis, flops)) = measured {
        return msg::tune_estimate(lang, &significant(lang, flops / GIGA, 2), &duration(lang, millis));
    }
    let Some(flops) = tokens.map(|tokens| lab.config.with(|c| run_flops(c, tokens))) else { return String::new() };
    let [slow, fast] = RATES.map(|rate| duration(lang, flops / rate * 1000.0));
    let [low, high] = RATES.map(|rate| number(lang, rate / GIGA, 0));
    msg::tune_flops(lang, &fast, &high, &low, &slow, &significant(lang, flops / GIGA, 2))
}

/// What the button says.
fn label(lang: Lang, config: &Config) -> String {
    match config.methods[..] {
        _ if config.methods == Method::SIX => msg::tune_run_unguessed(lang).to_owned(),
        [one] => msg::tune_run_one(lang, words::method_name(lang, one)),
        _ => msg::tune_run_some(lang, &integer(lang, config.methods.len() as u64)),
    }
}

/// The controls.
#[component]
pub(super) fn Controls(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    // The last entry stands for any state that is no preset.
    let chosen = Memo::new(move |_| {
        lab.config.with(|c| PRESETS.iter().position(|p| p.config(c) == *c).unwrap_or(PRESETS.len()))
    });
    let mut titles: Vec<String> = PRESETS.iter().map(|p| (p.title)(lang).to_owned()).collect();
    titles.push(msg::tune_preset_own(lang).to_owned());
    let choose = Callback::new(move |i: usize| {
        if let Some(preset) = PRESETS.get(i) {
            lab.config.update(|c| *c = preset.config(c));
        }
    });
    let notice = move || match PRESETS.get(chosen.get()) {
        Some(preset) => (preset.notice)(lang),
        None => msg::tune_preset_own_notice(lang),
    };
    let label = Signal::derive(move || lab.config.with(|c| label(lang, c)));
    let foretold = move || match () {
        // The run itself says how long it still takes.
        () if lab.is_training() => String::new(),
        () if lab.lacks_file() => msg::tune_needs_file(lang).to_owned(),
        () => foretold(lang, lab),
    };
    let wide = window().inner_width().ok().and_then(|w| w.as_f64()).is_none_or(|w| w >= FOLD_BELOW_PX);
    // The page begins with one thing to do, the guess and its button; the second button comes with the settings.
    let open = Memo::new(move |_| wide && !lab.is_fresh.get());
    let unfolded = RwSignal::new(open.get_untracked());
    let folded = move |ev: web_sys::Event| unfolded.set(event_target::<web_sys::Element>(&ev).has_attribute("open"));
    let has_no_button = move || lab.is_fresh.get() && !unfolded.get();
    let steps = number_of(lab, |c| c.train.steps.into(), |c, v| c.train.steps = v as u32);
    let examples = number_of(lab, |c| c.data.examples.into(), |c, v| c.data.examples = v as u32);
    let seeds = number_of(lab, |c| c.seeds.into(), |c, v| c.seeds = v as u32);
    let address = Callback::new(move |()| lab.config.with_untracked(link::address_of).unwrap_or_default());
    let reset = move |_| {
        lab.config.update(|c| {
            c.data.tongue = words::tongue(lang);
            *c = PRESETS[0].config(c);
        });
    };
    view! {
        <section class="panel" aria-label=msg::tune_controls(lang)>
            <div class:barred=move || lab.lacks_file() hidden=has_no_button>
                <RunButton view=lab.train label on_run=Callback::new(move |()| lab.train_now())/>
            </div>
            <p class="hint">{foretold}</p>
            <details class="details change" prop:open=open on:toggle=folded>
                <summary>{msg::tune_change(lang)}</summary>
                <div>
                    <Select label=msg::tune_try(lang) options=titles selected=chosen on_select=choose/>
                    <p class="notice-this">{notice}</p>
                    <Source lab/>
                    <Methods lab/>
                    <Slider label=msg::tune_steps(lang) value=steps.0 on_input=steps.1 min=1.0 max=f64::from(MAX_STEPS) stops=STEPS/>
                    <Slider label=msg::tune_examples(lang) value=examples.0 on_input=examples.1 min=4.0 max=f64::from(MAX_EXAMPLES) stops=EXAMPLES/>
                    <Slider label=msg::tune_seeds(lang) value=seeds.0 on_input=seeds.1 min=1.0 max=5.0/>
                    <p class="hint">{msg::tune_seeds_hint(lang)}</p>
                    <p class="hint">{msg::tune_flops_how(lang)}</p>
                    <TrainingFold lab/>
                    <LoraFold lab/>
                    <AdapterFold lab/>
                    <PromptFold lab/>
                    <PrefixFold lab/>
                    <div class="actions">
                        <button type="button" class="quiet" on:click=reset>{msg::tune_reset(lang)}</button>
                        <CopyButton label=msg::tune_copy_link(lang) text=address/>
                    </div>
                </div>
            </details>
        </section>
    }
    .into_any()
}
