//! How the training goes: everything beyond steps and seeds, in a fold.

use leptos::prelude::*;

use super::lab::Lab;
use super::settings::{choice_of, number_of, place_in, switch_of};
use super::words::method_name;
use crate::labs::tune::{Config, Optimizer, Schedule};
use crate::text::{Lang, msg, significant};
use crate::ui::{Details, Segmented, Slider, Toggle, use_lang};

/// Learning rates worth stopping at; 0 takes each method's own.
const RATES: &[f64] =
    &[0.0, 1e-5, 2e-5, 5e-5, 1e-4, 2e-4, 5e-4, 1e-3, 2e-3, 5e-3, 1e-2, 2e-2, 5e-2, 0.1, 0.2, 0.5, 1.0];
const OPTIMIZERS: [Optimizer; 2] = [Optimizer::AdamW, Optimizer::Sgd];
const SCHEDULES: [Schedule; 3] = [Schedule::Constant, Schedule::Linear, Schedule::Cosine];
const BATCHES: &[f64] = &[1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0];

/// The rate of every chosen method: `Full 0,001 · LoRA 0,005`.
fn rates(lang: Lang, config: &Config) -> String {
    let rate = |method| [method_name(lang, method), " ", &significant(lang, config.rate_of(method), 1)].concat();
    config.methods.iter().map(|m| rate(*m)).collect::<Vec<_>>().join(" · ")
}

/// The fold.
#[component]
pub(super) fn TrainingFold(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let optimizer =
        choice_of(lab, |c| place_in(&OPTIMIZERS, &c.train.optimizer), |c, i| c.train.optimizer = OPTIMIZERS[i]);
    let schedule = choice_of(lab, |c| place_in(&SCHEDULES, &c.train.schedule), |c, i| c.train.schedule = SCHEDULES[i]);
    let schedules = [msg::tune_constant(lang), msg::tune_linear(lang), msg::tune_cosine(lang)].map(str::to_owned);
    let rate = number_of(lab, |c| c.train.rate, |c, v| c.train.rate = v);
    let warmup = number_of(lab, |c| c.train.warmup_percent.into(), |c, v| c.train.warmup_percent = v as f32);
    let decay = number_of(lab, |c| c.train.weight_decay.into(), |c, v| c.train.weight_decay = v as f32);
    let clip = number_of(lab, |c| c.train.clip.into(), |c, v| c.train.clip = v as f32);
    let batch = number_of(lab, |c| c.train.batch.into(), |c, v| c.train.batch = v as u32);
    let accumulate = number_of(lab, |c| c.train.accumulate.into(), |c, v| c.train.accumulate = v as u32);
    let patience = number_of(lab, |c| c.train.patience.into(), |c, v| c.train.patience = v as u32);
    let tested = number_of(lab, |c| c.data.tested.into(), |c, v| c.data.tested = v as u32);
    let seed = number_of(lab, |c| c.seed.into(), |c, v| c.seed = v as u32);
    let mask = switch_of(lab, |c| c.train.mask_prompt, |c, v| c.train.mask_prompt = v);
    let mixed = switch_of(lab, |c| c.train.mixed_precision, |c, v| c.train.mixed_precision = v);
    let checkpoints = switch_of(lab, |c| c.train.checkpointing, |c, v| c.train.checkpointing = v);
    let rates = move || lab.config.with(|c| msg::tune_rates(lang, &rates(lang, c)));
    view! {
        <Details summary=msg::tune_fold_training(lang).to_owned()>
            <Segmented label=msg::tune_optimizer(lang) options=vec!["AdamW".into(), "SGD".into()] selected=optimizer.0 on_select=optimizer.1/>
            <Slider label=msg::tune_rate(lang) value=rate.0 on_input=rate.1 min=0.0 max=10.0 step=0.00001 stops=RATES/>
            <p class="hint">{rates}</p>
            <Segmented label=msg::tune_schedule(lang) options=schedules.to_vec() selected=schedule.0 on_select=schedule.1/>
            <Slider label=msg::tune_warmup(lang) value=warmup.0 on_input=warmup.1 min=0.0 max=100.0 unit="%"/>
            <Slider label=msg::tune_batch(lang) value=batch.0 on_input=batch.1 min=1.0 max=64.0 stops=BATCHES/>
            <Slider label=msg::tune_accumulate(lang) value=accumulate.0 on_input=accumulate.1 min=1.0 max=16.0/>
            <Slider label=msg::tune_clip(lang) value=clip.0 on_input=clip.1 min=0.0 max=10.0 step=0.1/>
            <Slider label=msg::tune_decay(lang) value=decay.0 on_input=decay.1 min=0.0 max=1.0 step=0.01/>
            <Slider label=msg::tune_patience(lang) value=patience.0 on_input=patience.1 min=0.0 max=20.0/>
            <Slider label=msg::tune_tested(lang) value=tested.0 on_input=tested.1 min=6.0 max=600.0/>
            <Slider label=msg::tune_seed(lang) value=seed.0 on_input=seed.1 min=0.0 max=999.0/>
            <Toggle label=msg::tune_mask(lang) on=mask.0 on_change=mask.1/>
            <Toggle label=msg::tune_mixed(lang) on=mixed.0 on_change=mixed.1/>
            <Toggle label=msg::tune_checkpointing(lang) on=checkpoints.0 on_change=checkpoints.1/>
            <p class="hint">{msg::tune_switches_hint(lang)}</p>
        </Details>
    }
    .into_any()
}
