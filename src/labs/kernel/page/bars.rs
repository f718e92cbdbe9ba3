//! The lecture's two columns, speed and memory, with what was measured beside what the slide promises.

use leptos::prelude::*;

use super::formats::{Verdict, claim, look, name};
use super::lab::Lab;
use super::measured::Measured;
use crate::labs::kernel::Multiply;
use crate::text::{Lang, bytes, msg, number, significant};
use crate::ui::{Axis, Kind, Look, Plot, PlotSpec, Series, use_lang};

/// The share of memory has no range; drawn this wide it can be seen.
const MEMORY_BAND: f64 = 0.012;

/// One bar a format, from zero to `value`, and one band where the slide promises something.
fn bars(
    lang: Lang,
    formats: &[Multiply],
    value: impl Fn(Multiply) -> Option<(f64, String)>,
    band: impl Fn(Multiply) -> Option<(f64, f64)>,
) -> Vec<Series> {
    let places = || formats.iter().enumerate().map(|(i, f)| (i as f64, *f));
    let bands: Vec<[f64; 3]> = places().filter_map(|(i, f)| band(f).map(|(from, to)| [from, to, i])).collect();
    let names = places().filter(|(_, f)| band(*f).is_some()).map(|(_, f)| msg::kernel_slide_of(lang, name(f)));
    let mut series = vec![Series {
        label: msg::kernel_slide(lang).to_owned(),
        look: Look { colour: "var(--accent)", nth: 0 },
        kind: Kind::Bands,
        points: bands,
        names: names.collect(),
    }];
    for (i, format) in places() {
        if let Some((to, words)) = value(format) {
            series.push(Series {
                label: name(format).to_owned(),
                look: look(format),
                kind: Kind::Spans,
                points: vec![[0.0, to, i]],
                names: vec![words],
            });
        }
    }
    series
}

fn axis(formats: &[Multiply]) -> Axis {
    Axis { names: formats.iter().map(|f| name(*f).to_owned()).collect(), ..Axis::default() }
}

/// The verdict on the slide's promise, in words.
pub(super) fn verdict(lang: Lang, format: Multiply, times: f64) -> Option<&'static str> {
    Some(match claim(format)?.judge(times) {
        Verdict::Below => msg::kernel_below(lang),
        Verdict::Within => msg::kernel_within(lang),
        Verdict::Above => msg::kernel_above(lang),
    })
}

fn speed(lang: Lang, batch: u32, measured: &Measured) -> PlotSpec {
    let formats = &measured.config.formats;
    let value = |format| {
        let times = measured.speed(format, batch)?;
        let words = verdict(lang, format, times).map_or(String::new(), |v| [" (", v, ")"].concat());
        Some((times, [name(format), &words].concat()))
    };
    PlotSpec {
        name: "speed",
        title: msg::kernel_speed(lang).to_owned(),
        note: msg::kernel_roofline_note(lang, &batch.to_string()),
        x: Axis { title: msg::kernel_axis_times(lang).into(), include: Some(0.0), ..Axis::default() },
        y: axis(formats),
        series: bars(lang, formats, value, |f| claim(f).map(|c| c.speed)),
        marks: Vec::new(),
    }
}

fn memory(lang: Lang, batch: u32, measured: &Measured) -> PlotSpec {
    let formats = &measured.config.formats;
    let value = |format| {
        let share = measured.memory(format, batch)?;
        let size = bytes(lang, measured.row(format, batch)?.weight_bytes as u64);
        Some((share, [name(format), " · ", &size].concat()))
    };
    let band = |f| claim(f).map(|c| (c.memory - MEMORY_BAND / 2.0, c.memory + MEMORY_BAND / 2.0));
    PlotSpec {
        name: "memory",
        title: msg::kernel_memory(lang).to_owned(),
        note: String::new(),
        x: Axis { title: msg::kernel_axis_memory(lang).into(), include: Some(0.0), ..Axis::default() },
        y: axis(formats),
        series: bars(lang, formats, value, band),
        marks: Vec::new(),
    }
}

/// The slide's sentences, each with its verdict.
fn sentences(lang: Lang, batch: u32, measured: &Measured) -> Vec<AnyView> {
    let line = |format: &Multiply| {
        let times = measured.speed(*format, batch)?;
        let claim = claim(*format)?;
        let (from, to) = (significant(lang, claim.speed.0, 2), significant(lang, claim.speed.1, 2));
        let trim = |t: String| t.strip_suffix(",0").or(t.strip_suffix(".0")).map(str::to_owned).unwrap_or(t);
        let verdict = verdict(lang, *format, times)?;
        let words = msg::kernel_promise(lang, &trim(from), name(*format), &number(lang, times, 1), &trim(to));
        Some(view! { <li>{words}" "<b>{verdict}</b></li> }.into_any())
    };
    measured.config.formats.iter().filter_map(line).collect()
}

/// Speed and memory beside the slide.
#[component]
pub(super) fn Bars(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let batch = Memo::new(move |_| lab.config.with(|c| c.batch));
    let plotted = move |make: fn(Lang, u32, &Measured) -> PlotSpec| {
        let nothing = Measured { config: lab.config.get_untracked(), tier: None, rows: Vec::new() };
        Memo::new(move |_| {
            let measured = lab.measured.get();
            make(lang, batch.get(), measured.as_deref().unwrap_or(&nothing))
        })
    };
    let said = move || lab.measured.get().map(|m| sentences(lang, batch.get(), &m));
    view! {
        <section class="fig bars" class:stale=move || lab.is_stale()>
            <Plot spec=plotted(speed) height=250.0/>
            <ul class="promises">{said}</ul>
            <Plot spec=plotted(memory) height=210.0/>
        </section>
    }
    .into_any()
}
