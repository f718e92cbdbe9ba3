//! Up to four formats, each with everything that can be said about it.

use leptos::prelude::*;

use super::lab::Lab;
use super::label::{self, FORMATS, GRANULARITIES};
use super::preset::int;
use crate::labs::quant::{
    Format, Granularity, MAX_FORMATS, QuantSpec, Rounding, ScaleRule, ScaleStorage, Symmetry, presets,
};
use crate::text::{Lang, msg};
use crate::ui::{Segmented, Select, Slider, Swatch, use_lang};

/// The list of formats, and the menu that adds one.
#[component]
pub(super) fn FormatControls(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let count = Memo::new(move |_| lab.config.with(|c| c.formats.len()));
    let editors = move || (0..count.get()).map(|place| view! { <Editor lab place/> }).collect_view();
    let (names, specs): (Vec<String>, Vec<QuantSpec>) = menu(lang).into_iter().unzip();
    let mut options = vec![msg::quant_add_format(lang).to_owned()];
    options.extend(names);
    let add = Callback::new(move |i: usize| {
        if let Some(spec) = i.checked_sub(1).and_then(|i| specs.get(i).copied()) {
            lab.config.update(|c| {
                if c.formats.len() < MAX_FORMATS {
                    c.formats.push(spec);
                    c.view.selected = c.formats.len() as u32 - 1;
                }
            });
        }
    });
    // After each addition the menu stands on its first entry again.
    let menu = move || {
        (count.get() < MAX_FORMATS).then(|| {
            let options = options.clone();
            view! { <Select label=msg::quant_add(lang) options selected=Signal::from(0) on_select=add/> }.into_any()
        })
    };
    view! { <div class="formats">{editors}</div>{menu} }.into_any()
}

/// What can be added: the published definitions first.
fn menu(lang: Lang) -> Vec<(String, QuantSpec)> {
    let mut menu = vec![
        (msg::quant_ggml_q8(lang).to_owned(), presets::Q8_0),
        (msg::quant_ggml_q4(lang).to_owned(), presets::Q4_0),
        (msg::quant_bnb_nf4(lang).to_owned(), presets::NF4),
        (msg::quant_bnb_nf4_double(lang).to_owned(), presets::NF4_DOUBLE),
    ];
    let others = FORMATS.into_iter().filter(|f| *f != Format::Nf4);
    menu.extend(others.map(|format| (format.name(), QuantSpec { format, ..int(8, Granularity::Row) })));
    menu
}

/// Makes what is left of a format valid after one of its parts changed.
fn settle(spec: &mut QuantSpec) {
    if !matches!(spec.format, Format::Int(_)) {
        spec.symmetry = Symmetry::Symmetric;
    }
    if spec.symmetry != Symmetry::Symmetric && spec.scale_storage == ScaleStorage::Double {
        spec.scale_storage = ScaleStorage::F16;
    }
}

/// A menu bound to one part of a format.
fn part<T: Copy + PartialEq + Send + Sync + 'static>(
    lab: Lab,
    place: usize,
    label: &'static str,
    options: Vec<(String, T)>,
    read: fn(&QuantSpec) -> T,
    write: fn(&mut QuantSpec, T),
) -> AnyView {
    let (names, values): (Vec<String>, Vec<T>) = options.into_iter().unzip();
    let mine = values.clone();
    let selected = Signal::derive(move || {
        let now = lab.config.with(|c| c.formats.get(place).map(read));
        mine.iter().position(|v| Some(*v) == now).unwrap_or(0)
    });
    let set = Callback::new(move |i: usize| {
        if let Some(value) = values.get(i) {
            lab.edit(place, |spec| {
                write(spec, *value);
                settle(spec);
            });
        }
    });
    view! { <Select label options=names selected on_select=set/> }.into_any()
}

#[component]
fn Editor(lab: Lab, place: usize) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let spec = Memo::new(move |_| lab.config.with(|c| c.formats.get(place).copied()));
    let look = Memo::new(move |_| lab.config.with(|c| label::looks(&c.formats).get(place).copied()));
    let title = move || spec.get().map(|s| label::spec(lang, &s));
    let swatch = move || look.get().map(|look| view! { <Swatch look/> });
    // The parts on offer depend on the family only; a slider that moves must keep its focus.
    let family = Memo::new(move |_| spec.get().map(|s| (s.format, s.symmetry)));
    let percent = Memo::new(move |_| matches!(spec.get()?.scale_rule, ScaleRule::Percentile { .. }).then_some(()));
    let seeded = Memo::new(move |_| matches!(spec.get()?.rounding, Rounding::Stochastic { .. }).then_some(()));
    let parts = move || family.get().map(|(format, symmetry)| parts(lab, place, lang, format, symmetry));
    let remove = move |_| {
        lab.config.update(|c| {
            if c.formats.len() > 1 {
                c.formats.remove(place);
                c.view.selected = c.view.selected.min(c.formats.len() as u32 - 1);
            }
        });
    };
    let only = Memo::new(move |_| lab.config.with(|c| c.formats.len() == 1));
    view! {
        <details class="format">
            <summary>{swatch}<span>{title}</span></summary>
            <div>
                {parts}
                {move || percent.get().map(|()| percent_slider(lab, place, lang))}
                {move || seeded.get().map(|()| seed_slider(lab, place, lang))}
                <button type="button" class="quiet" disabled=only on:click=remove>{msg::quant_remove(lang)}</button>
            </div>
        </details>
    }
    .into_any()
}

fn percent_slider(lab: Lab, place: usize, lang: Lang) -> AnyView {
    let value = Signal::derive(move || {
        lab.config.with(|c| match c.formats.get(place).map(|s| s.scale_rule) {
            Some(ScaleRule::Percentile { percent }) => f64::from(percent),
            _ => 100.0,
        })
    });
    let set = Callback::new(move |v: f64| {
        lab.edit(place, |s| s.scale_rule = ScaleRule::Percentile { percent: v as f32 });
    });
    view! { <Slider label=msg::quant_percentile(lang) value on_input=set min=50.0 max=100.0 step=0.1 unit="%"/> }
        .into_any()
}

fn seed_slider(lab: Lab, place: usize, lang: Lang) -> AnyView {
    let value = Signal::derive(move || {
        lab.config.with(|c| match c.formats.get(place).map(|s| s.rounding) {
            Some(Rounding::Stochastic { seed }) => f64::from(seed),
            _ => 0.0,
        })
    });
    let set = Callback::new(move |v: f64| lab.edit(place, |s| s.rounding = Rounding::Stochastic { seed: v as u32 }));
    view! { <Slider label=msg::quant_seed(lang) value on_input=set min=0.0 max=999.0/> }.into_any()
}

/// The menus that a family has.
fn parts(lab: Lab, place: usize, lang: Lang, format: Format, symmetry: Symmetry) -> Vec<AnyView> {
    let formats = FORMATS.map(|f| (f.name(), f)).to_vec();
    let mut out = vec![part(lab, place, msg::quant_format(lang), formats, |s| s.format, |s, v| s.format = v)];
    if format.is_scaled() {
        let mut options = GRANULARITIES.to_vec();
        if let Some(own) = lab.config.with_untracked(|c| c.formats.get(place).map(|s| s.granularity))
            && !options.contains(&own)
        {
            // A link may ask for a size that the menu does not offer.
            options.push(own);
        }
        let options = options.into_iter().map(|g| (label::granularity(lang, g), g)).collect();
        out.push(part(lab, place, msg::quant_scale_per(lang), options, |s| s.granularity, |s, v| s.granularity = v));
        if let Format::Int(_) = format {
            let options = vec![
                (msg::quant_symmetric(lang).to_owned(), Symmetry::Symmetric),
                (msg::quant_full_range(lang).to_owned(), Symmetry::FullRange),
                (msg::quant_asymmetric(lang).to_owned(), Symmetry::Asymmetric),
            ];
            out.push(part(lab, place, msg::quant_symmetry(lang), options, |s| s.symmetry, |s, v| s.symmetry = v));
        }
        let options = vec![
            (msg::quant_absmax(lang).to_owned(), 0),
            (msg::quant_percentile(lang).to_owned(), 1),
            (msg::quant_least_squares(lang).to_owned(), 2),
        ];
        let read = |s: &QuantSpec| match s.scale_rule {
            ScaleRule::AbsMax => 0,
            ScaleRule::Percentile { .. } => 1,
            ScaleRule::LeastSquares => 2,
        };
        let write = |s: &mut QuantSpec, rule: u8| {
            s.scale_rule = match rule {
                0 => ScaleRule::AbsMax,
                1 => ScaleRule::Percentile { percent: 99.5 },
                _ => ScaleRule::LeastSquares,
            }
        };
        out.push(part(lab, place, msg::quant_scale_rule(lang), options, read, write));
        let mut options = vec![("f16".to_owned(), ScaleStorage::F16), ("f32".to_owned(), ScaleStorage::F32)];
        if symmetry == Symmetry::Symmetric {
            options.push((msg::quant_double(lang).to_owned(), ScaleStorage::Double));
        }
        out.push(part(
            lab,
            place,
            msg::quant_scale_storage(lang),
            options,
            |s| s.scale_storage,
            |s, v| s.scale_storage = v,
        ));
    }
    let chosen = Signal::derive(move || {
        let stochastic = |s: &QuantSpec| matches!(s.rounding, Rounding::Stochastic { .. });
        usize::from(lab.config.with(|c| c.formats.get(place).is_some_and(stochastic)))
    });
    let set = Callback::new(move |i: usize| {
        lab.edit(place, |s| s.rounding = if i == 1 { Rounding::Stochastic { seed: 1 } } else { Rounding::Nearest });
    });
    let options = vec![msg::quant_nearest(lang).to_owned(), msg::quant_stochastic(lang).to_owned()];
    out.push(view! { <Segmented label=msg::quant_rounding(lang) options selected=chosen on_select=set/> }.into_any());
    out
}
