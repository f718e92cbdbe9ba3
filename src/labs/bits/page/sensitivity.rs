//! One unit at a time in few bits, everything else in FP32: which one spoils the text most.

use leptos::prelude::*;

use super::lab::Lab;
use super::plan::{Unit, look};
use crate::labs::bits::{WeightFormat, tables};
use crate::protocol::Table;
use crate::text::{Lang, msg};
use crate::ui::{Axis, FormatChips, Kind, Plot, PlotSpec, RunButton, Series, use_lang};

/// Formats worth asking about: the others spoil next to nothing.
pub(super) const ASKED: [WeightFormat; 4] =
    [WeightFormat::Int4, WeightFormat::Nf4, WeightFormat::Int3, WeightFormat::Int2];

fn plot(lang: Lang, table: &Table, units: &[Unit], format: WeightFormat) -> PlotSpec {
    let mut rows: Vec<(usize, f64)> = (0..table.rows.len())
        .filter_map(|i| Some((table.number(i, "unit")? as usize, table.number(i, "increase")?)))
        .collect();
    rows.sort_by(|a, b| b.1.total_cmp(&a.1));
    let names: Vec<String> =
        rows.iter().map(|(u, _)| units.get(*u).map(|u| u.name(lang)).unwrap_or_default()).collect();
    let points = rows.iter().enumerate().map(|(rank, (_, rise))| [rise.min(0.0), rise.max(0.0), rank as f64]).collect();
    PlotSpec {
        name: "sensitivity",
        title: msg::bits_sensitivity_title(lang, &format.name()),
        note: String::new(),
        x: Axis { title: msg::bits_sensitivity_axis(lang).to_owned(), include: Some(0.0), ..Axis::default() },
        y: Axis { title: msg::bits_sensitivity_units(lang).to_owned(), names: names.clone(), ..Axis::default() },
        series: vec![Series { label: format.name(), look: look(format), kind: Kind::Spans, points, names }],
        marks: Vec::new(),
    }
}

/// The chart.
#[component]
pub(super) fn Sensitivity(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let format = RwSignal::new(WeightFormat::Int3);
    let run = Callback::new(move |()| lab.lower_each(format.get_untracked()));
    let options = Signal::derive(move || ASKED.iter().map(|f| (look(*f), f.name())).collect::<Vec<_>>());
    let selected = Signal::derive(move || ASKED.iter().position(|f| *f == format.get()).unwrap_or(0));
    let choose = Callback::new(move |i: usize| format.set(ASKED[i]));
    let table = Memo::new(move |_| lab.sensitivity.table(tables::SENSITIVITY));
    let spec: Signal<PlotSpec> = Memo::new(move |_| {
        table.get().map(|t| lab.units.with(|u| plot(lang, &t, u, lab.lowered.get()))).unwrap_or_default()
    })
    .into();
    let empty = move || table.with(Option::is_none);
    // A line of text for each unit.
    let height = lab.units.with_untracked(|u| u.len()).max(25) as f64 * 19.0 + 60.0;
    view! {
        <section class="fig sweep" aria-labelledby="sensitivity">
            <div class="head"><h2 id="sensitivity">{msg::bits_sensitivity(lang)}</h2></div>
            <p class="hint">{msg::bits_sensitivity_hint(lang)}</p>
            <FormatChips label=msg::bits_sensitivity_format(lang) options selected on_select=choose/>
            <RunButton view=lab.sensitivity label=msg::bits_sensitivity_run(lang) on_run=run/>
            <div class="swept" hidden=empty><Plot spec=spec height=height/></div>
        </section>
    }
    .into_any()
}
