//! What the base could do before: its perplexity on the texts it was made from, before and after each training.

use leptos::prelude::*;

use super::chapter::Chapter;
use super::lab::Lab;
use super::results::{Summary, extreme};
use super::words::{look, method_name};
use crate::text::{Lang, msg, number};
use crate::ui::{Axis, Kind, Look, Plot, PlotSpec, Series, use_lang};

fn plot(lang: Lang, summaries: &[Summary]) -> PlotSpec {
    let names: Vec<String> = summaries.iter().map(|s| method_name(lang, s.method).to_owned()).collect();
    let way = |(at, s): (usize, &Summary)| Series {
        label: names[at].clone(),
        look: look(s.method),
        kind: Kind::Spans,
        points: vec![[s.forgot_before.min(s.forgot_after), s.forgot_before.max(s.forgot_after), at as f64]],
        names: vec![names[at].clone()],
    };
    let mut series: Vec<Series> = summaries.iter().enumerate().map(way).collect();
    let point = |read: fn(&Summary) -> f64| -> Vec<[f64; 3]> {
        summaries.iter().enumerate().map(|(at, s)| [read(s), read(s), at as f64]).collect()
    };
    // On the bars, so that it is seen at which end a training began.
    series.push(Series {
        label: msg::tune_before(lang).to_owned(),
        look: Look { colour: "var(--ink)", nth: 3 },
        kind: Kind::Points,
        points: point(|s| s.forgot_before),
        names: names.iter().map(|name| [name.as_str(), ", ", msg::tune_before(lang)].concat()).collect(),
    });
    PlotSpec {
        name: "forgetting",
        title: msg::tune_forgot_title(lang).to_owned(),
        note: msg::tune_forgot_note(lang).to_owned(),
        x: Axis { title: msg::tune_axis_perplexity(lang).to_owned(), log: true, ..Axis::default() },
        y: Axis { title: msg::tune_method(lang).to_owned(), names, ..Axis::default() },
        series,
        marks: Vec::new(),
    }
}

/// Who has forgotten most and least, in words.
fn verdict(lang: Lang, summaries: &[Summary]) -> Option<String> {
    let (most, least) =
        (extreme(summaries, Summary::forgetting, true)?, extreme(summaries, Summary::forgetting, false)?);
    let times = |s: &Summary| number(lang, s.forgetting(), 2);
    let name = |s: &Summary| method_name(lang, s.method);
    Some(msg::tune_forgot_verdict(lang, name(least), &times(least), name(most), &times(most)))
}

/// The same in one line.
fn finding(lang: Lang, summaries: &[Summary]) -> String {
    let of = |largest| {
        let s = extreme(summaries, Summary::forgetting, largest)?;
        Some(["×", &number(lang, s.forgetting(), 2), " (", method_name(lang, s.method), ")"].concat())
    };
    match (of(false), of(true)) {
        (Some(least), Some(most)) => msg::tune_range(lang, &least, &most),
        _ => msg::tune_chapter_waits(lang).to_owned(),
    }
}

/// The picture.
#[component]
pub(super) fn Forgetting(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let spec: Signal<PlotSpec> = Memo::new(move |_| {
        lab.summaries.with(|all| if all.is_empty() { PlotSpec::default() } else { plot(lang, all) })
    })
    .into();
    let words = move || lab.summaries.with(|all| verdict(lang, all));
    let height = Memo::new(move |_| lab.summaries.with(|s| s.len().max(1)) as f64 * 30.0 + 66.0);
    let empty = move || lab.summaries.with(|s| s.is_empty());
    let finding = Signal::derive(move || lab.summaries.with(|all| finding(lang, all)));
    view! {
        <Chapter id="forgetting" title=msg::tune_forgot(lang) finding>
            <p class="hint">{msg::tune_forgot_hint(lang)}</p>
            <div class="swept" hidden=empty>
                {move || view! { <Plot spec=spec height=height.get()/> }}
                <p>{words}</p>
            </div>
        </Chapter>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::super::results::{sample, summaries, trainings};
    use super::*;

    #[test]
    fn a_bar_leads_from_before_to_after() {
        let all = summaries(&trainings(&sample()));
        let spec = plot(Lang::En, &all);
        assert_eq!(spec.y.names.len(), 2);
        assert_eq!(spec.series[0].points, [[2.0, 4.0, 0.0]]);
        assert_eq!(spec.series[2].points, [[2.0, 2.0, 0.0], [2.0, 2.0, 1.0]]);
        let words = verdict(Lang::En, &all).unwrap();
        assert!(words.contains("2.00") && words.contains("1.15"), "{words}");
        let line = finding(Lang::En, &all);
        assert!(line.contains("×1.15 (LoRA)") && line.contains("×2.00"), "{line}");
        assert_eq!(finding(Lang::En, &[]), msg::tune_chapter_waits(Lang::En));
    }
}
