//! The selected unit: its weights, what the format leaves of them, and what is lost.

use leptos::prelude::*;

use super::lab::{Lab, window_of};
use super::plan::look;
use crate::labs::bits::{View, WeightFormat, tables, tensors};
use crate::protocol::Table;
use crate::text::{bytes, integer, msg, number, significant};
use crate::ui::{
    Axis, ColourMap, Grid, Heatmap, Kind, Look, Notice, Plot, PlotSpec, RunStatus, RunView, Series, use_lang,
};

/// The tensor that says which weight a cell shows.
pub(super) const INDEX: &str = tensors::INDEX;

/// A tensor of a picture with the part of the unit that it covers.
pub(super) fn grid(picture: RunView, view: View, size: (u32, u32), name: &'static str) -> Option<Grid> {
    Some(Grid { window: window_of(view, size), tensor: picture.tensor(name)? })
}

/// Share of the weights that the colours tell apart; the few beyond take the end colours.
const SHOWN_SHARE: f64 = 0.995;

/// The magnitude below which [`SHOWN_SHARE`] of the weights lie.
fn magnitude(table: &Table) -> Option<f64> {
    let row = |i| ["from", "to", "before"].map(|c| table.number(i, c).unwrap_or(0.0));
    let mut bins: Vec<(f64, f64)> = (0..table.rows.len()).map(row).map(|[f, t, n]| (f.abs().max(t.abs()), n)).collect();
    bins.sort_by(|a, b| a.0.total_cmp(&b.0));
    let wanted = bins.iter().map(|b| b.1).sum::<f64>() * SHOWN_SHARE;
    let mut sum = 0.0;
    let found = bins.iter().find(|(_, count)| {
        sum += count;
        sum >= wanted
    });
    found.map(|b| b.0).filter(|m| *m > 0.0 && wanted > 0.0)
}

fn histogram(lang: crate::text::Lang, table: &Table, format: WeightFormat) -> PlotSpec {
    let bins = |column: &str| -> Vec<[f64; 3]> {
        (0..table.rows.len()).map(|i| ["from", "to", column].map(|c| table.number(i, c).unwrap_or(0.0))).collect()
    };
    let before = Series {
        label: msg::bits_before(lang).to_owned(),
        look: Look { colour: "var(--bars)", nth: 0 },
        kind: Kind::Bars,
        points: bins("before"),
        names: Vec::new(),
    };
    let after = Series {
        label: format.name(),
        look: look(format),
        kind: Kind::Steps,
        points: bins("after"),
        names: Vec::new(),
    };
    PlotSpec {
        name: "unit-histogram",
        title: msg::bits_histogram(lang).to_owned(),
        note: String::new(),
        x: Axis { title: msg::quant_axis_weight(lang).to_owned(), ..Axis::default() },
        y: Axis { title: msg::quant_axis_count(lang).to_owned(), include: Some(0.0), ..Axis::default() },
        series: vec![before, after],
        marks: Vec::new(),
    }
}

/// Heatmaps and histogram.
#[component]
pub(super) fn Pictures(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let unit = move || lab.config.with(|c| c.selected as usize);
    let format = move || lab.formats.with(|f| f.get(unit()).copied()).unwrap_or_default();
    let table = Memo::new(move |_| lab.picture.table(tables::HISTOGRAM));
    let weights = Memo::new(move |_| table.with(|t| t.as_ref().and_then(|t| magnitude(t))).unwrap_or(1.0));
    let errors = Memo::new(move |_| {
        let facts = lab.picture.table(tables::UNIT);
        // Three standard deviations hold nearly every error of a sound format.
        facts.and_then(|t| t.number(0, "rmse")).filter(|r| *r > 0.0).map_or(1e-6, |r| 3.0 * r)
    });
    let name = move || lab.units.with(|u| u.get(unit()).map(|u| u.name(lang)).unwrap_or_default());
    let title = move || [name().as_str(), " · ", &format().name()].concat();
    let size = Signal::derive(move || {
        let (rows, cols) = lab.linked.size.get();
        [integer(lang, rows.into()).as_str(), " × ", &integer(lang, cols.into())].concat()
    });
    let facts = move || {
        let table = lab.picture.table(tables::UNIT)?;
        let get = |column: &str| table.number(0, column).unwrap_or(f64::NAN);
        let size = |column: &str| bytes(lang, get(column) as u64);
        Some(msg::bits_unit_facts(
            lang,
            &significant(lang, get("absmax"), 3),
            &size("allocated_bytes"),
            &size("packed_bytes"),
            &number(lang, get("sqnr_db"), 1),
        ))
    };
    let spec: Signal<PlotSpec> =
        Memo::new(move |_| table.get().map(|t| histogram(lang, &t, format())).unwrap_or_default()).into();
    let from = Signal::derive(move || msg::quant_from(lang, &format().name()));
    let signed = Signal::derive(move || msg::quant_signed(lang).to_owned());
    let none = Signal::derive(String::new);
    let failed = Signal::derive(move || match lab.picture.status.get() {
        RunStatus::Failed(error) => Some(error.sentence(lang)),
        _ => None,
    });
    let linked = lab.linked;
    view! {
        <section class="fig pictures" aria-labelledby="unit">
            <div class="head"><h2 id="unit">{title}</h2><span class="note">{facts}</span></div>
            <Notice text=failed/>
            <div class="maps">
                <Heatmap name="unit-original" title=msg::quant_original(lang).to_owned() subtitle=none note=size grid=lab.grid(tensors::ORIGINAL) map=ColourMap::Viridis limit=weights.into() linked/>
                <Heatmap name="unit-dequantized" title=msg::quant_back(lang).to_owned() subtitle=from note=none grid=lab.grid(tensors::DEQUANTIZED) map=ColourMap::Viridis limit=weights.into() linked/>
                <Heatmap name="unit-error" title=msg::quant_error(lang).to_owned() subtitle=signed note=none grid=lab.grid(tensors::ERROR) map=ColourMap::Diverging limit=errors.into() linked/>
            </div>
            <p class="hint">{msg::bits_pictures_hint(lang)}</p>
            <Plot spec=spec height=230.0/>
        </section>
    }
    .into_any()
}
