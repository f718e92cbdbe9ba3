//! The microscope on `Delta W`: how many directions a fine-tuning really uses, and whether LoRA finds the same ones.

use leptos::prelude::*;

use super::chapter::Chapter;
use super::lab::Lab;
use super::settings::RankAndAlpha;
use super::words::{look, method_name, target_name};
use crate::labs::tune::{Method, Target, tables};
use crate::protocol::Table;
use crate::text::{Lang, integer, msg, percent};
use crate::ui::{Axis, HeatCells, HeatTable, Kind, Plot, PlotSpec, Segmented, Series, Slider, use_lang};

/// What the spectrum of one matrix is asked for.
#[derive(Clone, Debug, Default, PartialEq)]
struct Place {
    layer: f64,
    target: String,
    /// The last step is meant where this is not measured.
    step: Option<f64>,
}

/// The values of a column, each once, in ascending order.
fn distinct(table: &Table, column: &str) -> Vec<f64> {
    let mut all: Vec<f64> = (0..table.rows.len()).filter_map(|i| table.number(i, column)).collect();
    all.sort_by(f64::total_cmp);
    all.dedup();
    all
}

/// The matrices of a table in the order in which they come.
fn targets(table: &Table) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for i in 0..table.rows.len() {
        let target = table.text(i, "target").unwrap_or_default();
        if !all.iter().any(|t| t == target) {
            all.push(target.to_owned());
        }
    }
    all
}

/// The rows of one method at a place: index, value, share; of the first seed, at the step that is asked for or the last,
/// which is told with them.
fn values(table: &Table, place: &Place, method: Method) -> (f64, Vec<[f64; 3]>) {
    let rows = (0..table.rows.len()).filter(|i| {
        table.text(*i, "method") == Some(method.word())
            && table.number(*i, "layer") == Some(place.layer)
            && table.text(*i, "target") == Some(&place.target)
    });
    let rows: Vec<usize> = rows.collect();
    let seed = rows.iter().filter_map(|i| table.number(*i, "seed")).fold(f64::INFINITY, f64::min);
    let steps =
        || rows.iter().filter(|i| table.number(**i, "seed") == Some(seed)).filter_map(|i| table.number(*i, "step"));
    let last = steps().fold(f64::NEG_INFINITY, f64::max);
    let step = place.step.filter(|wanted| steps().any(|s| s == *wanted)).unwrap_or(last);
    let at = rows.iter().filter(|i| table.number(**i, "seed") == Some(seed) && table.number(**i, "step") == Some(step));
    (step, at.map(|i| ["index", "value", "share"].map(|c| table.number(*i, c).unwrap_or(f64::NAN))).collect())
}

/// `Wq` for `q_proj`; a word that is no module stays.
fn matrix_name(word: &str) -> String {
    let found = Target::ALL.into_iter().find(|t| t.module() == word);
    found.map_or_else(|| word.to_owned(), |t| target_name(t).to_owned())
}

fn plot(lang: Lang, table: &Table, place: &Place) -> PlotSpec {
    let curve = |method: Method| {
        let (step, all) = values(table, place, method);
        // A logarithmic axis has no zero: beyond LoRA's rank there is nothing to draw.
        let points: Vec<[f64; 3]> = all.iter().filter(|v| v[1] > 0.0).map(|v| [v[0] + 1.0, v[0] + 1.0, v[1]]).collect();
        let label = msg::tune_of_step(lang, method_name(lang, method), &integer(lang, step as u64));
        let line = Series { label, look: look(method), kind: Kind::Line, points, names: Vec::new() };
        (!line.points.is_empty()).then_some(line)
    };
    PlotSpec {
        name: "delta-w-spectrum",
        title: msg::tune_spectrum_title(lang, &integer(lang, place.layer as u64 + 1), &matrix_name(&place.target)),
        note: String::new(),
        x: Axis { title: msg::tune_axis_direction(lang).to_owned(), ..Axis::default() },
        y: Axis { title: msg::tune_axis_singular(lang).to_owned(), log: true, ..Axis::default() },
        series: Method::ALL.into_iter().filter_map(curve).collect(),
        marks: Vec::new(),
    }
}

/// How many directions hold nine tenths of full fine-tuning's change, in words.
fn effective(lang: Lang, table: &Table, place: &Place) -> Option<String> {
    let (_, all) = values(table, place, Method::Full);
    let enough = all.iter().find(|v| v[2] >= 0.9);
    let last = all.last()?;
    Some(match enough {
        Some(v) => msg::tune_spectrum_enough(lang, &integer(lang, v[0] as u64 + 1), &percent(lang, v[2], 0)),
        None => msg::tune_spectrum_more(lang, &integer(lang, last[0] as u64 + 1), &percent(lang, last[2], 0)),
    })
}

/// The overlap of the two methods' directions at a place.
fn overlap(lang: Lang, table: &Table, place: &Place) -> Option<HeatCells> {
    let mine: Vec<usize> = (0..table.rows.len())
        .filter(|i| table.number(*i, "layer") == Some(place.layer) && table.text(*i, "target") == Some(&place.target))
        .collect();
    let sides = |column: &str| {
        let mut all: Vec<f64> = mine.iter().filter_map(|i| table.number(*i, column)).collect();
        all.sort_by(f64::total_cmp);
        all.dedup();
        all
    };
    let (rows, cols) = (sides("full_rank"), sides("lora_rank"));
    let at = |r: f64, c: f64| {
        let is = |i: &&usize| table.number(**i, "full_rank") == Some(r) && table.number(**i, "lora_rank") == Some(c);
        mine.iter().find(is).and_then(|i| table.number(*i, "overlap")).unwrap_or(f64::NAN)
    };
    let values = rows.iter().flat_map(|r| cols.iter().map(|c| at(*r, *c))).collect();
    let names = |all: &[f64]| all.iter().map(|v| integer(lang, *v as u64)).collect();
    (!mine.is_empty()).then(|| HeatCells {
        caption: msg::tune_overlap(lang).to_owned(),
        axes: [msg::tune_overlap_full(lang).to_owned(), msg::tune_overlap_lora(lang).to_owned()],
        rows: names(&rows),
        cols: names(&cols),
        values,
    })
}

/// The look nearest to a step that is asked for; `None` for the newest.
fn looked_at(steps: &[f64], wanted: f64) -> Option<f64> {
    let near = steps.iter().min_by(|a, b| (**a - wanted).abs().total_cmp(&(**b - wanted).abs())).copied();
    near.filter(|step| Some(step) != steps.last())
}

/// The microscope.
#[component]
pub(super) fn Spectrum(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let table = Memo::new(move |_| lab.train.table(tables::SPECTRUM));
    let read = move |f: fn(&Table) -> Vec<f64>| table.with(|t| t.as_ref().map(|t| f(t)).unwrap_or_default());
    let layers = Memo::new(move |_| read(|t| distinct(t, "layer")));
    let steps = Memo::new(move |_| read(|t| distinct(t, "step")));
    let names = Memo::new(move |_| table.with(|t| t.as_ref().map(|t| targets(t)).unwrap_or_default()));
    let (layer, target, step) = (RwSignal::new(0usize), RwSignal::new(0usize), RwSignal::new(None::<f64>));
    let place = Memo::new(move |_| Place {
        layer: layers.with(|l| l.get(layer.get()).copied()).unwrap_or(0.0),
        target: names.with(|n| n.get(target.get()).cloned()).unwrap_or_default(),
        step: step.get(),
    });
    let spec: Signal<PlotSpec> =
        Memo::new(move |_| table.with(|t| t.as_ref().map(|t| plot(lang, t, &place.get())).unwrap_or_default())).into();
    let words = move || table.with(|t| effective(lang, t.as_ref()?, &place.get()));
    let shared = Memo::new(move |_| overlap(lang, &*lab.train.table(tables::OVERLAP)?, &place.get()));
    let choices = move || {
        let layers = layers.get().iter().map(|l| integer(lang, *l as u64 + 1)).collect();
        let matrices = names.with(|n| n.iter().map(|word| matrix_name(word)).collect());
        let on_layer = Callback::new(move |i| layer.set(i));
        let on_target = Callback::new(move |i| target.set(i));
        view! {
            <Segmented label=msg::tune_layer(lang) options=layers selected=layer on_select=on_layer/>
            <Segmented label=msg::tune_matrix(lang) options=matrices selected=target on_select=on_target/>
        }
        .into_any()
    };
    // The slider goes to the last step that is planned, so that it stays as it is while looks arrive.
    let are_several = Memo::new(move |_| steps.with(|s| s.len() > 1));
    let over_steps = move || {
        let last = lab.trained.with(|c| c.as_ref().map(|c| f64::from(c.train.steps)))?;
        let value = Signal::derive(move || step.get().or(steps.with(|s| s.last().copied())).unwrap_or(last));
        // `None` once more where the newest look is meant: the picture goes on with the training.
        let set = Callback::new(move |v: f64| step.set(steps.with_untracked(|all| looked_at(all, v))));
        let label = msg::tune_spectrum_step(lang);
        are_several.get().then(|| view! { <Slider label value on_input=set min=1.0 max=last/> }.into_any())
    };
    let waits = msg::tune_spectrum_waits(lang);
    let finding = Signal::derive(move || words().unwrap_or_else(|| waits.to_owned()));
    let again = move |_| {
        lab.config.update(|c| c.methods = vec![Method::Full, Method::Lora]);
        lab.train_now();
    };
    let busy = move || lab.is_training() || lab.lacks_file();
    let empty = move || table.with(Option::is_none);
    let cells = Signal::derive(move || shared.get().unwrap_or_default());
    view! {
        <Chapter id="spectrum" title=msg::tune_spectrum(lang) finding>
            <p class="hint">{msg::tune_spectrum_hint(lang)}</p>
            <div class="knobs">
                <RankAndAlpha lab/>
                <button type="button" class="button" disabled=busy on:click=again>{msg::tune_spectrum_run(lang)}</button>
            </div>
            <div class="swept" hidden=empty>
                <div class="knobs">{choices}{over_steps}</div>
                <div class="two">
                    <div><Plot spec=spec height=280.0/><p>{words}</p></div>
                    <div hidden=move || shared.with(Option::is_none)>
                        <HeatTable cells/>
                        <p class="hint">{msg::tune_overlap_hint(lang)}</p>
                    </div>
                </div>
            </div>
        </Chapter>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Table {
        let columns = ["method", "seed", "step", "layer", "target", "index", "value", "share"];
        let mut table = Table::new("spectrum", &columns);
        let row = |method: &str, seed: f64, step: f64, index: f64, value: f64, share: f64| {
            let numbers = [index, value, share].map(Into::into);
            let mut cells = vec![method.into(), seed.into(), step.into(), 2.0.into(), "q".into()];
            cells.extend(numbers);
            cells
        };
        table.rows = vec![
            row("full", 1.0, 10.0, 0.0, 0.5, 0.8),
            row("full", 1.0, 20.0, 0.0, 1.0, 0.85),
            row("full", 1.0, 20.0, 1.0, 0.4, 0.95),
            row("full", 2.0, 20.0, 0.0, 9.0, 1.0),
            row("lora", 1.0, 20.0, 0.0, 2.0, 1.0),
            row("lora", 1.0, 20.0, 1.0, 0.0, 1.0),
        ];
        table
    }

    #[test]
    fn the_last_step_of_the_first_seed_is_shown_unless_another_is_asked_for() {
        let (table, mut place) = (table(), Place { layer: 2.0, target: "q".into(), step: None });
        assert_eq!(values(&table, &place, Method::Full).1, [[0.0, 1.0, 0.85], [1.0, 0.4, 0.95]]);
        place.step = Some(10.0);
        assert_eq!(values(&table, &place, Method::Full).1, [[0.0, 0.5, 0.8]]);
        assert_eq!(values(&table, &place, Method::Lora).1, [[0.0, 2.0, 1.0], [1.0, 0.0, 1.0]], "it has no step 10");
        assert_eq!(values(&table, &Place { layer: 0.0, ..place }, Method::Full).1, Vec::<[f64; 3]>::new());
    }

    #[test]
    fn the_slider_stops_at_looks_and_its_end_follows_the_training() {
        let steps = [20.0, 40.0, 60.0];
        assert_eq!([10.0, 29.0, 41.0].map(|v| looked_at(&steps, v)), [Some(20.0), Some(20.0), Some(40.0)]);
        assert_eq!(looked_at(&steps, 120.0), None);
        assert_eq!(looked_at(&[6.0], 1.0), None);
    }

    #[test]
    fn what_is_beyond_the_rank_is_not_drawn_on_a_logarithmic_axis() {
        let place = Place { layer: 2.0, target: "q".into(), step: None };
        let spec = plot(Lang::En, &table(), &place);
        assert_eq!(spec.series.iter().map(|s| s.points.len()).collect::<Vec<_>>(), [2, 1]);
        assert_eq!([matrix_name("q_proj"), matrix_name("other")], ["Wq", "other"]);
        assert!(
            spec.series[1].label.contains("LoRA") && spec.series[1].label.contains("20"),
            "{}",
            spec.series[1].label
        );
        assert!(effective(Lang::En, &table(), &place).unwrap().contains("95"));
    }

    #[test]
    fn an_overlap_becomes_a_matrix_with_gaps_where_nothing_was_measured() {
        let mut table = Table::new("overlap", &["layer", "target", "full_rank", "lora_rank", "overlap"]);
        let row = |full: f64, lora: f64, v: f64| vec![2.0.into(), "q".into(), full.into(), lora.into(), v.into()];
        table.rows = vec![row(1.0, 1.0, 0.9), row(2.0, 1.0, 0.5), row(2.0, 4.0, 0.25)];
        let place = Place { layer: 2.0, target: "q".into(), step: None };
        let cells = overlap(Lang::En, &table, &place).unwrap();
        assert_eq!((cells.rows.len(), cells.cols.len()), (2, 2));
        assert_eq!(cells.values[0], 0.9);
        assert!(cells.values[1].is_nan());
        assert_eq!(cells.values[3], 0.25);
        assert_eq!(overlap(Lang::En, &table, &Place::default()), None);
    }
}
