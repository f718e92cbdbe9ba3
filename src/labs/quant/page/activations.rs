//! The input of `y = W x`: seeded, or a vector of a file.

use leptos::prelude::*;

use super::lab::Lab;
use super::source::ACCEPT;
use crate::labs::Command;
use crate::labs::quant::{Activations, Task, tables};
use crate::text::msg;
use crate::ui::{DropZone, Notice, RunStatus, RunView, Select, Slider, use_lang};

/// Seed or file.
#[component]
pub(super) fn ActivationControls(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let contents = RunView::new();
    let file = RwSignal::new(String::new());
    let seed = Signal::derive(move || {
        lab.config.with(|c| if let Activations::Seeded { seed } = c.activations { f64::from(seed) } else { 0.0 })
    });
    let set_seed = Callback::new(move |v: f64| {
        lab.config.update(|c| c.activations = Activations::Seeded { seed: v as u32 });
    });
    let opened = Callback::new(move |handles: Vec<web_sys::File>| {
        let Some(handle) = handles.into_iter().next() else { return };
        let name = lab.runner.give_file(handle);
        file.set(name.clone());
        if name.to_lowercase().ends_with(".safetensors") {
            lab.runner.run(contents, &Command::Quant { task: Task::Open { name } });
        } else {
            lab.config.update(|c| c.activations = Activations::File { name, tensor: String::new() });
        }
    });
    let failed = Signal::derive(move || match contents.status.get() {
        RunStatus::Failed(error) => Some(error.sentence(lang)),
        _ => None,
    });
    let names = Memo::new(move |_| {
        let table = contents.table(tables::CONTENTS);
        let names = table.iter().flat_map(|t| {
            (0..t.rows.len()).filter(|i| t.number(*i, "readable") == Some(1.0)).filter_map(|i| t.text(i, "name"))
        });
        names.map(str::to_owned).collect::<Vec<String>>()
    });
    let choose = move || {
        let options = names.get();
        (!options.is_empty()).then(|| {
            let mut shown = vec![msg::quant_choose(lang).to_owned()];
            shown.extend(options.iter().cloned());
            let selected = Signal::derive(move || {
                lab.config.with(|c| match &c.activations {
                    Activations::File { tensor, .. } => {
                        names.with(|n| n.iter().position(|n| n == tensor).map_or(0, |i| i + 1))
                    }
                    Activations::Seeded { .. } => 0,
                })
            });
            let set = Callback::new(move |i: usize| {
                let tensor = names.with_untracked(|n| i.checked_sub(1).and_then(|i| n.get(i).cloned()));
                if let Some(tensor) = tensor {
                    lab.config.update(|c| c.activations = Activations::File { name: file.get_untracked(), tensor });
                }
            });
            view! { <Select label=msg::quant_activation_tensor(lang) options=shown selected on_select=set/> }.into_any()
        })
    };
    let using = move || {
        lab.config.with(|c| match &c.activations {
            Activations::File { name, .. } => name.clone(),
            Activations::Seeded { .. } => String::new(),
        })
    };
    view! {
        <p class="hint">{msg::quant_activations_hint(lang)}</p>
        <Slider label=msg::quant_seed(lang) value=seed on_input=set_seed min=0.0 max=999.0/>
        <DropZone label=msg::quant_open_vector(lang) accept=ACCEPT on_files=opened>
            <b class="file-name">{using}</b>
        </DropZone>
        <Notice text=failed/>
        {choose}
    }
    .into_any()
}
