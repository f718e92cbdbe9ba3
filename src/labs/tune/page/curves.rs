//! What the methods learn, step by step: the loss of each batch, and loss and accuracy on validation data.

use std::collections::BTreeMap;
use std::sync::Arc;

use leptos::prelude::*;

use super::lab::{Lab, in_order};
use super::words::{look, method_name};
use crate::labs::tune::{Config, Method, series};
use crate::text::{Lang, integer, msg};
use crate::ui::{Axis, Kind, Plot, PlotSpec, RunStatus, Segmented, Series, use_lang};

/// Points drawn of one curve at most: more than the pixels can tell apart.
const MOST_POINTS: usize = 200;
/// The line of the batches' loss is the mean of this part of all steps.
const SMOOTHED_PART: usize = 20;

/// What can be looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quantity {
    Loss,
    Validation,
    Accuracy,
}

impl Quantity {
    const ALL: [Quantity; 3] = [Quantity::Loss, Quantity::Validation, Quantity::Accuracy];

    fn series(self, method: Method, seed: u32) -> String {
        match self {
            Quantity::Loss => series::loss(method, seed),
            Quantity::Validation => series::validation(method, seed),
            Quantity::Accuracy => series::accuracy(method, seed),
        }
    }
}

type AllSeries = BTreeMap<String, Arc<Vec<[f64; 2]>>>;

/// Means of neighbours, so that at most `most` points are left.
fn thinned(points: &[[f64; 2]], most: usize) -> Vec<[f64; 2]> {
    let each = points.len().div_ceil(most).max(1);
    let mean = |part: &[[f64; 2]], i: usize| part.iter().map(|p| p[i]).sum::<f64>() / part.len() as f64;
    points.chunks(each).map(|part| [mean(part, 0), mean(part, 1)]).collect()
}

/// Each value as the mean of itself and of what came up to `window - 1` points before it.
fn smoothed(points: &[[f64; 2]], window: usize) -> Vec<[f64; 2]> {
    let value = |i: usize| {
        let part = &points[(i + 1).saturating_sub(window)..=i];
        part.iter().map(|p| p[1]).sum::<f64>() / part.len() as f64
    };
    (0..points.len()).map(|i| [points[i][0], value(i)]).collect()
}

/// The mean over seeds, at the steps that every one of them has reached.
fn mean_of(seeds: &[Arc<Vec<[f64; 2]>>]) -> Vec<[f64; 2]> {
    let shared = seeds.iter().map(|s| s.len()).min().unwrap_or(0);
    let mean = |i: usize| seeds.iter().map(|s| s[i][1]).sum::<f64>() / seeds.len() as f64;
    (0..shared).map(|i| [seeds[0][i][0], mean(i)]).collect()
}

/// How many steps the thick line of the batches' loss is the mean of.
fn window(config: &Config) -> usize {
    (config.train.steps as usize / SMOOTHED_PART).max(1)
}

/// The curves of one quantity: thin for what was measured, a line for its mean.
fn curves(lang: Lang, config: &Config, all: &AllSeries, quantity: Quantity) -> Vec<Series> {
    let percent = if quantity == Quantity::Accuracy { 100.0 } else { 1.0 };
    let points = |pairs: &[[f64; 2]]| -> Vec<[f64; 3]> {
        thinned(pairs, MOST_POINTS).iter().map(|[step, value]| [*step, *step, value * percent]).collect()
    };
    let mut out = Vec::new();
    for method in in_order(&config.methods) {
        let named = (config.seed..config.seed + config.seeds)
            .filter_map(|seed| Some((seed, all.get(&quantity.series(method, seed))?.clone())));
        let seeds: Vec<(u32, Arc<Vec<[f64; 2]>>)> = named.collect();
        if seeds.is_empty() {
            continue;
        }
        let (name, look) = (method_name(lang, method).to_owned(), look(method));
        // One seed of what is measured now and then is its own mean.
        if seeds.len() > 1 || quantity == Quantity::Loss {
            for (seed, pairs) in &seeds {
                let label = msg::tune_of_seed(lang, &name, &integer(lang, (*seed).into()));
                out.push(Series { label, look, kind: Kind::Path, points: points(pairs), names: Vec::new() });
            }
        }
        let only: Vec<Arc<Vec<[f64; 2]>>> = seeds.into_iter().map(|s| s.1).collect();
        let mut mean = mean_of(&only);
        if quantity == Quantity::Loss {
            mean = smoothed(&mean, window(config));
        }
        out.push(Series { label: name, look, kind: Kind::Line, points: points(&mean), names: Vec::new() });
    }
    out
}

fn plot(lang: Lang, config: &Config, all: &AllSeries, quantity: Quantity) -> PlotSpec {
    let (name, title, axis) = match quantity {
        Quantity::Loss => ("loss", msg::tune_curve_loss(lang), msg::tune_axis_loss(lang)),
        Quantity::Validation => ("validation", msg::tune_curve_validation(lang), msg::tune_axis_loss(lang)),
        Quantity::Accuracy => ("accuracy", msg::tune_curve_accuracy(lang), msg::tune_axis_accuracy(lang)),
    };
    let note = match quantity {
        Quantity::Loss if window(config) > 1 => msg::tune_curve_smoothed(lang, &integer(lang, window(config) as u64)),
        _ if config.seeds > 1 => msg::tune_curve_seeds(lang).to_owned(),
        _ => String::new(),
    };
    PlotSpec {
        name,
        title: title.to_owned(),
        note,
        x: Axis { title: msg::tune_axis_step(lang).to_owned(), include: Some(0.0), ..Axis::default() },
        y: Axis { title: axis.to_owned(), ..Axis::default() },
        series: curves(lang, config, all, quantity),
        marks: Vec::new(),
    }
}

/// The training that goes on: it has a curve and no result yet.
fn under_way(lab: Lab) -> Option<(Method, u32)> {
    let config = lab.trained.get()?;
    let seeds = config.seed..config.seed + config.seeds;
    let pairs = config.methods.iter().flat_map(|m| seeds.clone().map(|s| (*m, s)));
    let is_done = |(method, seed): (Method, u32)| {
        lab.trainings.with(|all| all.iter().any(|t| t.method == method && t.seed == seed))
    };
    let has_begun =
        |(method, seed): (Method, u32)| lab.train.series.with(|all| all.contains_key(&series::loss(method, seed)));
    pairs.into_iter().find(|pair| has_begun(*pair) && !is_done(*pair))
}

/// The curves with their switch.
#[component]
pub(super) fn Curves(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let shown = RwSignal::new(0usize);
    let options = [msg::tune_show_loss(lang), msg::tune_show_validation(lang), msg::tune_show_accuracy(lang)];
    let spec: Signal<PlotSpec> = Memo::new(move |_| {
        let quantity = Quantity::ALL[shown.get()];
        lab.train.series.with(|all| lab.trained.with(|c| plot(lang, &c.clone().unwrap_or_default(), all, quantity)))
    })
    .into();
    let now = move || {
        let (method, seed) = under_way(lab).filter(|_| lab.train.status.with(RunStatus::is_busy))?;
        Some(msg::tune_under_way(lang, method_name(lang, method), &integer(lang, seed.into())))
    };
    let empty = move || lab.train.series.with(BTreeMap::is_empty);
    view! {
        <section class="fig curves" aria-labelledby="curves" hidden=move || lab.trained.with(Option::is_none)>
            <div class="head"><h2 id="curves">{msg::tune_curves(lang)}</h2><span class="note" role="status">{now}</span></div>
            <p class="hint" hidden=move || !empty()>{msg::tune_curves_empty(lang)}</p>
            <div class="swept" hidden=empty>
                <Segmented label=msg::tune_show(lang) options=options.map(str::to_owned).to_vec() selected=shown on_select=Callback::new(move |i| shown.set(i))/>
                <Plot spec=spec height=340.0/>
            </div>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(values: &[f64]) -> Vec<[f64; 2]> {
        values.iter().enumerate().map(|(i, v)| [i as f64 + 1.0, *v]).collect()
    }

    #[test]
    fn many_points_become_their_means_and_few_stay() {
        assert_eq!(thinned(&line(&[1.0, 3.0, 5.0]), 2), [[1.5, 2.0], [3.0, 5.0]]);
        assert_eq!(thinned(&line(&[1.0, 3.0]), 2), line(&[1.0, 3.0]));
        assert_eq!(thinned(&[], 2), Vec::<[f64; 2]>::new());
    }

    #[test]
    fn a_smoothed_line_looks_back_only() {
        assert_eq!(smoothed(&line(&[4.0, 2.0, 0.0]), 2), line(&[4.0, 3.0, 1.0]));
        assert_eq!(smoothed(&line(&[4.0, 2.0]), 1), line(&[4.0, 2.0]));
    }

    #[test]
    fn seeds_are_drawn_thin_and_their_mean_as_a_line() {
        let config = Config { methods: vec![Method::Lora, Method::Full], seed: 5, seeds: 2, ..Config::default() };
        let mut all = AllSeries::new();
        all.insert("accuracy.lora.5".into(), Arc::new(line(&[0.5, 0.7])));
        all.insert("accuracy.lora.6".into(), Arc::new(line(&[0.3])));
        all.insert("loss.full.5".into(), Arc::new(line(&[2.0])));
        let drawn = curves(Lang::En, &config, &all, Quantity::Accuracy);
        assert_eq!(drawn.iter().map(|s| s.kind).collect::<Vec<_>>(), [Kind::Path, Kind::Path, Kind::Line]);
        assert_eq!(drawn[2].points, [[1.0, 1.0, 40.0]], "where both are, in per cent");
        let drawn = curves(Lang::En, &config, &all, Quantity::Loss);
        assert_eq!(drawn.iter().map(|s| s.kind).collect::<Vec<_>>(), [Kind::Path, Kind::Line]);
    }
}
