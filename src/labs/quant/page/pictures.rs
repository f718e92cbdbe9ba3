//! Original, back again, and what was lost: three heatmaps with one zoom and one cursor.

use leptos::prelude::*;

use super::lab::{Lab, Picture, Results};
use super::label;
use crate::labs::quant::tables;
use crate::protocol::Table;
use crate::text::{integer, msg, number};
use crate::ui::{ColourMap, FormatChips, Grid, Heatmap, Notice, RunStatus, use_lang};

/// Share of the weights that the colours tell apart; the few beyond take the end colours, or one outlier channel would
/// leave everything else in one shade.
const SHOWN_SHARE: f64 = 0.995;

/// The magnitude below which [`SHOWN_SHARE`] of a histogram's counts lie.
fn magnitude(rows: impl Iterator<Item = [f64; 3]>) -> Option<f64> {
    let mut bins: Vec<(f64, f64)> = rows.map(|[from, to, count]| (from.abs().max(to.abs()), count)).collect();
    bins.sort_by(|a, b| a.0.total_cmp(&b.0));
    let wanted = bins.iter().map(|b| b.1).sum::<f64>() * SHOWN_SHARE;
    let mut sum = 0.0;
    let found = bins.iter().find(|(_, count)| {
        sum += count;
        sum >= wanted
    });
    found.map(|b| b.0).filter(|m| *m > 0.0 && wanted > 0.0)
}

fn histogram(table: &Table) -> impl Iterator<Item = [f64; 3]> + '_ {
    (0..table.rows.len()).map(|i| ["from", "to", "count"].map(|c| table.number(i, c).unwrap_or(0.0)))
}

/// The largest magnitude in a grid.
fn largest(grid: &Grid) -> f64 {
    grid.tensor.values.iter().fold(0f32, |m, v| m.max(v.abs())).into()
}

fn limits(results: &Results, picture: &Picture) -> (f64, f64) {
    let weights = results.table(tables::HISTOGRAM).and_then(|t| magnitude(histogram(t)));
    let rows = results.rows_of(tables::ERROR_HISTOGRAM, picture.view.selected as usize, ["from", "to", "count"]);
    let errors = magnitude(rows.into_iter());
    (weights.unwrap_or_else(|| largest(&picture.original)), errors.unwrap_or_else(|| largest(&picture.error)))
}

/// The heatmaps.
#[component]
pub(super) fn Pictures(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let grid = move |pick: fn(&Picture) -> &Grid| {
        Signal::derive(move || lab.picture.with(|p| p.as_ref().map(|p| pick(p).clone())))
    };
    let both = Memo::new(move |_| {
        lab.results.with(|r| lab.picture.with(|p| Some(limits(r.as_ref()?, p.as_ref()?)))).unwrap_or((1.0, 1.0))
    });
    let weights = Signal::derive(move || both.get().0);
    let errors = Signal::derive(move || both.get().1);
    let selected_name = move || {
        lab.results.with(|r| {
            let shown = lab.picture.with(|p| p.as_ref().map(|p| p.view.selected as usize))?;
            Some(label::spec(lang, r.as_ref()?.config.formats.get(shown)?))
        })
    };
    let size = Signal::derive(move || {
        let (rows, cols) = lab.linked.size.get();
        [integer(lang, rows.into()).as_str(), " × ", &integer(lang, cols.into())].concat()
    });
    let from = Signal::derive(move || selected_name().map(|n| msg::quant_from(lang, &n)).unwrap_or_default());
    let signed = Signal::derive(move || msg::quant_signed(lang).to_owned());
    let times = Signal::derive(move || {
        let (weights, errors) = both.get();
        ["× ", &number(lang, weights / errors, if weights < errors * 10.0 { 1 } else { 0 })].concat()
    });
    let none = Signal::derive(String::new);
    let chips = Signal::derive(move || {
        lab.config.with(|c| {
            let names = c.formats.iter().map(|s| label::spec(lang, s));
            label::looks(&c.formats).into_iter().zip(names).collect::<Vec<_>>()
        })
    });
    let selected = Signal::derive(move || lab.config.with(|c| c.view.selected as usize));
    let zoomed = move || {
        let (w, (rows, cols)) = (lab.linked.window.get(), lab.linked.size.get());
        if (w.rows, w.cols) == (rows, cols) {
            return msg::quant_whole(lang).to_owned();
        }
        let range = |start: u32, length: u32| {
            [integer(lang, start.into()).as_str(), "–", &integer(lang, (start + length - 1).into())].concat()
        };
        msg::quant_part(lang, &range(w.col, w.cols), &range(w.row, w.rows))
    };
    let failed = Signal::derive(move || match (lab.measure.status.get(), lab.look.status.get()) {
        (RunStatus::Failed(error), _) | (_, RunStatus::Failed(error)) => Some(error.sentence(lang)),
        _ => None,
    });
    let stale = move || lab.measure.status.with(RunStatus::is_busy);
    let linked = lab.linked;
    view! {
        <section class="fig pictures" class:stale=stale aria-label=msg::quant_pictures(lang) aria-busy=move || stale().to_string()>
            <Notice text=failed/>
            <div class="bar">
                <FormatChips label=msg::quant_shown_format(lang) options=chips selected on_select=Callback::new(move |i| lab.select(i))/>
                <div class="zoom" role="group" aria-label=msg::quant_zoom(lang)>
                    <span>{zoomed}</span>
                    <button type="button" aria-label=msg::quant_zoom_in(lang) on:click=move |_| linked.zoom(0.5)>"+"</button>
                    <button type="button" aria-label=msg::quant_zoom_out(lang) on:click=move |_| linked.zoom(2.0)>"−"</button>
                    <button type="button" on:click=move |_| linked.reset()>{msg::quant_zoom_all(lang)}</button>
                </div>
            </div>
            <div class="maps">
                <Heatmap name="original" title=msg::quant_original(lang).to_owned() subtitle=none note=size grid=grid(|p| &p.original) map=ColourMap::Viridis limit=weights linked/>
                <Heatmap name="dequantized" title=msg::quant_back(lang).to_owned() subtitle=from note=none grid=grid(|p| &p.dequantized) map=ColourMap::Viridis limit=weights linked/>
                <Heatmap name="error" title=msg::quant_error(lang).to_owned() subtitle=signed note=times grid=grid(|p| &p.error) map=ColourMap::Diverging limit=errors linked/>
            </div>
            <p class="hint">{msg::quant_heat_hint(lang)}</p>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_few_outliers_do_not_set_the_colours() {
        let bins = [[-1.0, 0.0, 500.0], [0.0, 1.0, 499.0], [1.0, 9.0, 1.0]];
        assert_eq!(magnitude(bins.into_iter()), Some(1.0));
        assert_eq!(magnitude([[0.0, 0.0, 10.0]].into_iter()), None);
        assert_eq!(magnitude([].into_iter()), None);
    }
}
