//! Where the weights come from: a seed, or a file that is dropped or opened.

use leptos::prelude::*;

use super::lab::Lab;
use crate::labs::Command;
use crate::labs::quant::{Config, Distribution, MAX_SIDE, MODEL_FILE, SITE, Source, Task, tables};
use crate::text::{integer, msg};
use crate::ui::{DropZone, Notice, RunStatus, RunView, Segmented, Select, Slider, unique_id, use_lang};

/// Sides worth stopping at: the widths of real layers, and a few small ones.
const SIDES: &[f64] = &[32.0, 64.0, 128.0, 192.0, 256.0, 384.0, 512.0, 768.0, 1024.0, 1536.0, 2048.0, 3072.0, 4096.0];
/// Tensors listed at once; the search finds the others.
const MOST_LISTED: usize = 200;
/// What the weight files may be called; the worker looks at the content all the same.
pub(super) const ACCEPT: &str = ".safetensors,.npy,.csv,.txt";

/// The tensor of the model that is looked at first.
const FIRST_TENSOR: &str = "model.layers.0.self_attn.q_proj.weight";

/// Whether a source is a file of the site.
fn is_of_site(source: &Source) -> bool {
    matches!(source, Source::File { name, .. } if name.starts_with(SITE))
}

/// Seed, the page's model, or file.
#[component]
pub(super) fn SourceControls(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let is_file = Memo::new(move |_| lab.config.with(|c| matches!(c.source, Source::File { .. })));
    let is_model = Memo::new(move |_| lab.config.with(|c| is_of_site(&c.source)));
    // 0 seeded, 1 the page's model, 2 a file; a file tab without a file chosen yet changes nothing.
    let here = move || match (is_file.get(), is_model.get()) {
        (false, _) => 0,
        (true, true) => 1,
        (true, false) => 2,
    };
    let tab = RwSignal::new(untrack(here));
    Effect::new(move || tab.set(here()));
    let last_seeded = StoredValue::new(Config::default().source);
    Effect::new(move || {
        lab.config.with(|c| {
            if let Source::Seeded { .. } = c.source {
                last_seeded.set_value(c.source.clone());
            }
        });
    });
    let choose = Callback::new(move |i: usize| {
        tab.set(i);
        if i == 0 && is_file.get_untracked() {
            lab.set_source(last_seeded.get_value());
        }
        // The worker fetches the model only now.
        if i == 1 && !is_model.get_untracked() {
            lab.set_source(Source::File { name: MODEL_FILE.into(), tensor: FIRST_TENSOR.into(), first_row: 0 });
        }
    });
    view! {
        <Segmented
            label=msg::quant_source(lang)
            options=vec![
                msg::quant_source_seeded(lang).into(),
                msg::quant_source_model(lang).into(),
                msg::quant_source_file(lang).into(),
            ]
            selected=tab
            on_select=choose
        />
        <div hidden=move || tab.get() != 0><Seeded lab/></div>
        <div hidden=move || tab.get() != 1><FromModel lab is_model/></div>
        <div hidden=move || tab.get() != 2><FromFile lab/></div>
    }
    .into_any()
}

/// One number of the seeded source.
fn number_of(lab: Lab, read: fn(&Source) -> f64) -> Signal<f64> {
    Signal::derive(move || lab.config.with(|c| read(&c.source)))
}

/// Writes one number of the seeded source.
fn write_to(lab: Lab, write: fn(&mut Source, f64)) -> Callback<f64> {
    Callback::new(move |v| {
        let mut source = lab.config.with_untracked(|c| c.source.clone());
        write(&mut source, v);
        // An outlier channel needs a column of its own.
        if let Source::Seeded { cols, outlier_channels, .. } = &mut source {
            *outlier_channels = (*outlier_channels).min(*cols).min(64);
        }
        let resized = lab.config.with_untracked(|c| match (&c.source, &source) {
            (Source::Seeded { rows: a, cols: b, .. }, Source::Seeded { rows: c, cols: d, .. }) => (a, b) != (c, d),
            _ => true,
        });
        if resized { lab.set_source(source) } else { lab.config.update(|c| c.source = source) }
    })
}

#[component]
fn Seeded(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let distribution = Signal::derive(move || {
        lab.config.with(|c| match &c.source {
            Source::Seeded { distribution: Distribution::HeavyTailed, .. } => 1,
            _ => 0,
        })
    });
    let set_distribution = Callback::new(move |i: usize| {
        lab.config.update(|c| {
            if let Source::Seeded { distribution, .. } = &mut c.source {
                *distribution = if i == 1 { Distribution::HeavyTailed } else { Distribution::Gaussian };
            }
        });
    });
    macro_rules! field {
        ($field:ident, $kind:ty) => {
            (
                number_of(lab, |s| match s {
                    Source::Seeded { $field, .. } => f64::from(*$field),
                    Source::File { .. } => 0.0,
                }),
                write_to(lab, |s, v| {
                    if let Source::Seeded { $field, .. } = s {
                        *$field = v as $kind;
                    }
                }),
            )
        };
    }
    let (scale, set_scale) = field!(outlier_scale, f32);
    let (channels, set_channels) = field!(outlier_channels, u32);
    let (rows, set_rows) = field!(rows, u32);
    let (cols, set_cols) = field!(cols, u32);
    let (seed, set_seed) = field!(seed, u32);
    let side = f64::from(MAX_SIDE);
    view! {
        <Segmented
            label=msg::quant_distribution(lang)
            options=vec![msg::quant_gaussian(lang).into(), msg::quant_heavy(lang).into()]
            selected=distribution
            on_select=set_distribution
        />
        <Slider label=msg::quant_outlier_channels(lang) value=channels on_input=set_channels min=0.0 max=64.0/>
        <Slider label=msg::quant_outlier_scale(lang) value=scale on_input=set_scale min=1.0 max=100.0 step=0.5 unit="×"/>
        <Slider label=msg::quant_rows(lang) value=rows on_input=set_rows min=1.0 max=side stops=SIDES/>
        <Slider label=msg::quant_cols(lang) value=cols on_input=set_cols min=1.0 max=side stops=SIDES/>
        <Slider label=msg::quant_seed(lang) value=seed on_input=set_seed min=0.0 max=999.0/>
    }
    .into_any()
}

/// The matrices of the model that ships with the page.
#[component]
fn FromModel(lab: Lab, is_model: Memo<bool>) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let contents = RunView::new();
    let asked = StoredValue::new(false);
    Effect::new(move || {
        // After the measurement that fetched the file, so that it is fetched once.
        if is_model.get() && lab.results.with(Option::is_some) && !asked.get_value() {
            asked.set_value(true);
            lab.runner.run(contents, &Command::Quant { task: Task::Open { name: MODEL_FILE.into() } });
        }
    });
    let names = Memo::new(move |_| {
        let table = contents.table(tables::CONTENTS);
        let rows = table.iter().flat_map(|t| {
            // A vector of gains is no matrix.
            (0..t.rows.len()).filter(|i| t.number(*i, "rows") > Some(1.0)).filter_map(|i| t.text(i, "name"))
        });
        let mut names: Vec<String> = rows.map(str::to_owned).collect();
        if names.is_empty() {
            names.push(FIRST_TENSOR.to_owned());
        }
        names
    });
    let choose = move || {
        let selected = Signal::derive(move || {
            lab.config.with(|c| match &c.source {
                Source::File { tensor, .. } => names.with(|n| n.iter().position(|n| n == tensor).unwrap_or(0)),
                Source::Seeded { .. } => 0,
            })
        });
        let set = Callback::new(move |i: usize| {
            if let Some(tensor) = names.with_untracked(|n| n.get(i).cloned()) {
                lab.set_source(Source::File { name: MODEL_FILE.into(), tensor, first_row: 0 });
            }
        });
        view! { <Select label=msg::quant_model_tensor(lang) options=names.get() selected on_select=set/> }.into_any()
    };
    view! { {choose} }.into_any()
}

#[component]
fn FromFile(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let file = RwSignal::new(lab.config.with_untracked(|c| match &c.source {
        Source::File { name, .. } if !name.starts_with(SITE) => name.clone(),
        _ => String::new(),
    }));
    let search = RwSignal::new(String::new());
    let opened = Callback::new(move |handles: Vec<web_sys::File>| {
        let Some(handle) = handles.into_iter().next() else { return };
        let name = lab.runner.give_file(handle);
        file.set(name.clone());
        search.set(String::new());
        lab.runner.run(lab.open, &Command::Quant { task: Task::Open { name } });
    });
    let choose = move |tensor: String| {
        lab.set_source(Source::File { name: file.get_untracked(), tensor, first_row: 0 });
    };
    // A file with one matrix needs no choice.
    Effect::new(move || {
        if let RunStatus::Done { .. } = lab.open.status.get()
            && let Some(contents) = lab.open.table(tables::CONTENTS)
            && contents.rows.len() == 1
            && contents.number(0, "readable") == Some(1.0)
        {
            choose(contents.text(0, "name").unwrap_or_default().to_owned());
        }
    });
    let failed = Signal::derive(move || match lab.open.status.get() {
        RunStatus::Failed(error) => Some(error.sentence(lang)),
        _ => None,
    });
    let current = move || {
        lab.config.with(|c| match &c.source {
            Source::File { name, tensor, .. } if !name.starts_with(SITE) => Some(tensor.clone()),
            _ => None,
        })
    };
    let list = move || {
        let contents = lab.open.table(tables::CONTENTS).filter(|_| !lab.open.status.with(RunStatus::is_busy))?;
        let wanted = search.with(|s| s.to_lowercase());
        let rows: Vec<_> = (0..contents.rows.len())
            .filter(|i| contents.text(*i, "name").is_some_and(|n| n.to_lowercase().contains(&wanted)))
            .take(MOST_LISTED)
            .map(|i| {
                let name = contents.text(i, "name").filter(|n| !n.is_empty()).map_or_else(|| file.get(), str::to_owned);
                let dtype = contents.text(i, "dtype").unwrap_or_default().to_owned();
                let shape = contents.text(i, "shape").unwrap_or_default().to_owned();
                let readable = contents.number(i, "readable") == Some(1.0);
                // Files that hold one matrix have no name for it.
                let tensor = contents.text(i, "name").unwrap_or_default().to_owned();
                let mine = tensor.clone();
                let pressed = move || current().is_some_and(|c| c == mine).to_string();
                view! {
                    <li>
                        <button type="button" disabled=!readable aria-pressed=pressed on:click=move |_| choose(tensor.clone())>
                            <b>{name}</b>
                            <span>{shape}</span>
                            <span>{dtype}</span>
                        </button>
                    </li>
                }
            })
            .collect();
        let count = msg::quant_tensor_count(
            lang,
            &integer(lang, contents.rows.len() as u64),
            &integer(lang, rows.len() as u64),
        );
        Some(view! { <p class="hint" role="status">{count}</p><ul class="tensors">{rows}</ul> }.into_any())
    };
    let id = unique_id();
    let many = move || lab.open.table(tables::CONTENTS).is_some_and(|t| t.rows.len() > 8);
    view! {
        <DropZone label=msg::quant_open_file(lang) accept=ACCEPT on_files=opened>
            <b class="file-name">{move || file.get()}</b>
            <span class="hint">{msg::quant_file_kinds(lang)}</span>
        </DropZone>
        <Notice text=failed/>
        <div class="search" hidden=move || !many()>
            <label for=id.clone()>{msg::quant_search(lang)}</label>
            <input id=id type="search" prop:value=search on:input=move |e| search.set(event_target_value(&e))/>
        </div>
        {list}
        <FirstRow lab/>
    }
    .into_any()
}

/// Where the window of whole rows begins, for a tensor that is too large to look at whole.
#[component]
fn FirstRow(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let last = Memo::new(move |_| {
        lab.results.with(|r| {
            let r = r.as_ref()?;
            let hidden = r.matrix("total_rows")? - r.matrix("rows")?;
            (hidden > 0.0 && lab.config.with(|c| c.source == r.config.source)).then_some(hidden)
        })
    });
    // While a new window is read its table is not there yet; the slider must not vanish under the finger.
    let kept = Memo::new(move |old: Option<&Option<f64>>| {
        let file = lab.config.with(|c| matches!(c.source, Source::File { .. }));
        if !file { None } else { last.get().or(old.copied().flatten().filter(|_| lab.results.with(Option::is_some))) }
    });
    let value = Signal::derive(move || {
        lab.config.with(|c| if let Source::File { first_row, .. } = c.source { first_row as f64 } else { 0.0 })
    });
    let set = Callback::new(move |v: f64| {
        lab.config.update(|c| {
            if let Source::File { first_row, .. } = &mut c.source {
                *first_row = v as u64;
            }
        });
    });
    move || {
        kept.get().map(|max| {
            view! { <Slider label=msg::quant_first_row(lang) value=value on_input=set min=0.0 max=max/> }.into_any()
        })
    }
}
