//! Overfitting: the same training with less and less data, right on what it saw against right on what it did not see.

use leptos::prelude::*;

use super::chapter::Chapter;
use super::lab::{Lab, in_order};
use super::words::{look, method_name};
use crate::labs::Command;
use crate::labs::tune::{Method, SHRUNK, Task, tables};
use crate::protocol::Table;
use crate::text::{Lang, integer, msg};
use crate::ui::{Axis, Kind, Look, Plot, PlotSpec, RunButton, Segmented, Series, use_lang};

/// What everybody knows from books; every size and method more is a training more.
const TWO: [Method; 2] = [Method::Full, Method::Lora];

/// One measure of a method over the sizes of the training set.
fn line(table: &Table, method: Method, column: &str, factor: f64) -> Vec<[f64; 3]> {
    let rows = (0..table.rows.len()).filter(|i| table.text(*i, "method") == Some(method.word()));
    let point = |i: usize| {
        let examples = table.number(i, "examples")?;
        Some([examples, examples, table.number(i, column)? * factor])
    };
    let mut points: Vec<[f64; 3]> = rows.filter_map(point).collect();
    points.sort_by(|a, b| a[0].total_cmp(&b[0]));
    points
}

fn plot(lang: Lang, table: &Table, of_loss: bool) -> PlotSpec {
    let mut series = Vec::new();
    for method in Method::ALL {
        let (test, train, factor) =
            if of_loss { ("test_loss", "train_loss", 1.0) } else { ("test_accuracy", "train_accuracy", 100.0) };
        let name = method_name(lang, method);
        for (column, label, nth) in
            [(test, msg::tune_on_test(lang, name), 0), (train, msg::tune_on_train(lang, name), 2)]
        {
            let points = line(table, method, column, factor);
            if points.is_empty() {
                continue;
            }
            let look = Look { nth, ..look(method) };
            let line = Series { label, look, kind: Kind::Line, points, names: Vec::new() };
            series.push(line);
        }
    }
    let y = if of_loss { msg::tune_axis_loss(lang) } else { msg::tune_axis_right(lang) };
    PlotSpec {
        name: "overfitting",
        title: msg::tune_shrink_title(lang).to_owned(),
        note: String::new(),
        x: Axis {
            title: msg::tune_axis_examples(lang).to_owned(),
            log: true,
            ticks: SHRUNK.map(f64::from).to_vec(),
            ..Axis::default()
        },
        y: Axis { title: y.to_owned(), ..Axis::default() },
        series,
        marks: Vec::new(),
    }
}

/// The chart with its own button.
#[component]
pub(super) fn Shrink(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let (all, of_loss) = (RwSignal::new(0usize), RwSignal::new(0usize));
    let run = Callback::new(move |()| {
        if untrack(|| lab.lacks_file()) {
            return;
        }
        let mut config = lab.config.get_untracked();
        if all.get_untracked() == 0 {
            config.methods = TWO.to_vec();
        }
        // One seed: the chart is about sizes, and each of them is a training.
        config.seeds = 1;
        lab.runner.run(lab.shrink, &Command::Tune { task: Task::Shrink { config } });
    });
    let table = Memo::new(move |_| lab.shrink.table(tables::SHRINK));
    let spec: Signal<PlotSpec> =
        Memo::new(move |_| table.with(|t| t.as_ref().map(|t| plot(lang, t, of_loss.get() == 1)).unwrap_or_default()))
            .into();
    let which = [msg::tune_shrink_two(lang), msg::tune_shrink_all(lang)].map(str::to_owned).to_vec();
    let measures = [msg::tune_shrink_accuracy(lang), msg::tune_shrink_loss(lang)].map(str::to_owned).to_vec();
    let cost = move || {
        let methods = if all.get() == 0 { TWO.len() } else { lab.config.with(|c| in_order(&c.methods).len()) };
        // A size that there are not enough examples for is left out.
        let sizes = lab.config.with(|c| SHRUNK.iter().filter(|size| **size <= c.data.examples).count());
        msg::tune_shrink_cost(lang, &integer(lang, (methods * sizes) as u64))
    };
    let empty = move || table.with(Option::is_none);
    view! {
        <Chapter id="shrink" title=msg::tune_shrink(lang) finding=Signal::stored(msg::tune_shrink_finding(lang).to_owned())>
            <p class="hint">{msg::tune_shrink_hint(lang)}</p>
            <div class="knobs">
                <Segmented label=msg::tune_methods(lang) options=which selected=all on_select=Callback::new(move |i| all.set(i))/>
                <p class="hint">{cost}</p>
            </div>
            <RunButton view=lab.shrink label=msg::tune_shrink_run(lang) on_run=run/>
            <div class="swept" hidden=empty>
                <Segmented label=msg::tune_show(lang) options=measures selected=of_loss on_select=Callback::new(move |i| of_loss.set(i))/>
                <Plot spec=spec height=300.0/>
            </div>
        </Chapter>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_drawn_from_small_to_large_test_before_training() {
        let columns = ["method", "examples", "train_accuracy", "test_accuracy", "train_loss", "test_loss"];
        let mut table = Table::new("shrink", &columns);
        let row = |n: f64, train: f64, test: f64| {
            vec!["lora".into(), n.into(), train.into(), test.into(), 0.1.into(), 0.9.into()]
        };
        table.rows = vec![row(32.0, 1.0, 0.75), row(8.0, 1.0, 0.5)];
        let spec = plot(Lang::En, &table, false);
        assert_eq!(spec.series.len(), 2);
        assert_eq!(spec.series[0].points, [[8.0, 8.0, 50.0], [32.0, 32.0, 75.0]]);
        assert_eq!(spec.series[1].points, [[8.0, 8.0, 100.0], [32.0, 32.0, 100.0]]);
        assert_eq!(plot(Lang::En, &table, true).series[0].points[0][2], 0.9);
    }
}
