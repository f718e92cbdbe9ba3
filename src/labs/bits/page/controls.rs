//! The panel of controls: ready-made plans, the size of a group, Measure, and what leaves the page.

use leptos::prelude::*;

use super::lab::Lab;
use super::link;
use super::preset::PRESETS;
use crate::labs::bits::{Config, GROUPS};
use crate::text::msg;
use crate::ui::{CopyButton, RunButton, Segmented, Select, use_lang};

/// The controls.
#[component]
pub(super) fn Controls(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    // The last entry stands for any state that is no preset.
    let chosen = Memo::new(move |_| {
        lab.units
            .with(|u| lab.formats.with(|f| PRESETS.iter().position(|p| p.formats(u) == **f)).unwrap_or(PRESETS.len()))
    });
    let mut titles: Vec<String> = PRESETS.iter().map(|p| (p.title)(lang).to_owned()).collect();
    titles.push(msg::bits_preset_own(lang).to_owned());
    let choose = Callback::new(move |i: usize| {
        if let Some(preset) = PRESETS.get(i) {
            lab.set_plan(&lab.units.with_untracked(|u| preset.formats(u)));
        }
    });
    let notice = move || match PRESETS.get(chosen.get()) {
        Some(preset) => (preset.notice)(lang),
        None => msg::bits_preset_own_notice(lang),
    };
    let group = Signal::derive(move || lab.config.with(|c| GROUPS.iter().position(|g| *g == c.group).unwrap_or(1)));
    let set_group = Callback::new(move |i: usize| lab.config.update(|c| c.group = GROUPS[i]));
    let address = Callback::new(move |()| lab.config.with_untracked(link::address_of).unwrap_or_default());
    view! {
        <section class="panel" aria-label=msg::bits_controls(lang)>
            <Select label=msg::bits_try(lang) options=titles selected=chosen on_select=choose/>
            <p class="notice-this">{notice}</p>
            <RunButton view=lab.look label=msg::bits_measure(lang) on_run=Callback::new(move |()| lab.look_now())/>
            <Segmented label=msg::bits_group(lang) options=GROUPS.map(|g| g.to_string()).to_vec() selected=group on_select=set_group/>
            <p class="hint">{msg::bits_group_hint(lang)}</p>
            <div class="actions">
                <button type="button" class="quiet" on:click=move |_| lab.config.set(Config::default())>{msg::bits_reset(lang)}</button>
                <CopyButton label=msg::bits_copy_link(lang) text=address/>
            </div>
        </section>
    }
    .into_any()
}
