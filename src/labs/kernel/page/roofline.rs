//! The roofline: what this machine can do at most, and where each format stands below it.

use leptos::prelude::*;

use super::formats::{look, name};
use super::glide::{between, glide};
use super::lab::Lab;
use super::measured::{Ceilings, Measured};
use crate::labs::kernel::{BATCHES, Config, MAX_BATCH};
use crate::protocol::Tier;
use crate::text::{Lang, msg, significant};
use crate::ui::{Axis, Kind, Later, Look, Plot, PlotSpec, RunButton, RunStatus, Series, Slider, use_lang};

/// The stops of the slider: the batch sizes of a sweep.
const STOPS: [f64; BATCHES.len()] = {
    let mut stops = [0.0; BATCHES.len()];
    let mut i = 0;
    while i < stops.len() {
        stops[i] = BATCHES[i] as f64;
        i += 1;
    }
    stops
};

/// The picture reaches at least from here to there, in FLOP per byte, so that it does not jump while points arrive.
const SHOWN: (f64, f64) = (0.3, 200.0);
/// How much of the slope is seen at least: it begins at this part of the ridge.
const SLOPE_SHOWN: f64 = 0.25;
/// A point this much above the roof is no noise and needs a word.
const NOISE: f64 = 1.1;
/// The flat roof's words stand this much above it.
const ABOVE_ROOF: f64 = 1.12;
/// The vertical axis begins this far below the roof at its left end.
const ROOM_BELOW: f64 = 0.4;

fn plain(label: String, kind: Kind, points: Vec<[f64; 3]>, names: Vec<String>) -> Series {
    Series { label, look: Look { colour: "var(--ink-3)", nth: 0 }, kind, points, names }
}

/// The roof and its words.
fn roof(lang: Lang, ceilings: &Ceilings, measured: Option<&Measured>) -> [Series; 2] {
    let intensities = || measured.into_iter().flat_map(|m| m.rows.iter().map(|r| r.intensity));
    // The ridge is always in the picture, with some of the slope before it.
    let low = intensities().fold(SHOWN.0.min(ceilings.ridge() * SLOPE_SHOWN), f64::min);
    let high = intensities().fold(SHOWN.1.max(ceilings.ridge() * 4.0), f64::max);
    let ridge = ceilings.ridge().max(low);
    let at = |x: f64| [x, x, ceilings.at(x)];
    let digits = |v| significant(lang, v, 3);
    let slope = msg::kernel_slope(lang, &digits(ceilings.gigabytes_per_second));
    let flat = msg::kernel_flat(lang, &digits(ceilings.gflops));
    let line = plain(msg::kernel_roof(lang).into(), Kind::Line, vec![at(low), at(ridge), at(high)], vec![]);
    // The slope's words stand below it, near its foot; the flat part's above its beginning.
    let foot = low * 1.9;
    let notes = vec![[foot, foot, ceilings.at(foot) * 0.62], [ridge * 1.1, ridge * 1.1, ceilings.gflops * ABOVE_ROOF]];
    [line, plain(String::new(), Kind::Notes, notes, vec![slope, flat])]
}

/// The whole picture; `gliding` is the batch size that the points pass on their way to that of the configuration.
fn spec(
    lang: Lang,
    config: &Config,
    gliding: Option<f64>,
    ceilings: Option<&Ceilings>,
    measured: Option<&Measured>,
) -> PlotSpec {
    let mut series = Vec::new();
    if let Some(ceilings) = ceilings {
        series.extend(roof(lang, ceilings, measured));
    }
    let formats = measured.map_or(&[][..], |m| &m.config.formats);
    for format in formats {
        let rows = || measured.into_iter().flat_map(|m| m.rows.iter().filter(|r| r.format == *format));
        let point = |r: &super::measured::Row| [r.intensity, r.intensity, r.gflops];
        let named = |r: &super::measured::Row| msg::kernel_at_batch(lang, &r.batch.to_string(), name(*format));
        series.push(Series {
            label: name(*format).into(),
            look: look(*format),
            kind: Kind::Path,
            points: rows().map(point).collect(),
            names: rows().map(named).collect(),
        });
    }
    // The points of now lie above every path; on the way between two batch sizes they follow it.
    for format in formats {
        let rows = measured.into_iter().flat_map(|m| m.rows.iter().filter(|r| r.format == *format));
        let exact = || measured?.row(*format, config.batch).map(|r| (r.intensity, r.gflops));
        let Some((intensity, gflops)) = gliding.and_then(|batch| between(rows, batch)).or_else(exact) else { continue };
        series.push(Series {
            label: name(*format).into(),
            look: look(*format),
            kind: Kind::Labelled,
            points: vec![[intensity, intensity, gflops]],
            names: vec![name(*format).into()],
        });
    }
    let include = ceilings.map(|c| c.at(SHOWN.0) * ROOM_BELOW);
    PlotSpec {
        name: "roofline",
        title: msg::kernel_roofline(lang).to_owned(),
        note: msg::kernel_roofline_note(lang, &config.batch.to_string()),
        x: Axis { title: msg::kernel_axis_intensity(lang).into(), log: true, ..Axis::default() },
        y: Axis { title: "GFLOP/s".into(), log: true, include, ..Axis::default() },
        series,
        marks: Vec::new(),
    }
}

/// In words what the slider did to the points: how many formats stand left of the ridge.
fn words(lang: Lang, batch: u32, ceilings: &Ceilings, measured: &Measured) -> String {
    let rows = measured.at(batch);
    let left = rows.iter().filter(|r| r.intensity < ceilings.ridge()).count();
    let of = rows.len();
    if of == 0 {
        msg::kernel_no_batch(lang).to_owned()
    } else if left == of {
        msg::kernel_all_memory(lang).to_owned()
    } else if left == 0 {
        msg::kernel_all_compute(lang).to_owned()
    } else {
        msg::kernel_some_memory(lang, &left.to_string(), &of.to_string())
    }
}

/// Tier and device of what is shown.
fn place(lang: Lang, tier: Option<Tier>, ceilings: Option<&Ceilings>) -> String {
    let tier = match tier {
        Some(Tier::Gpu) => msg::kernel_on_gpu(lang),
        Some(Tier::Cpu) => msg::kernel_on_cpu(lang),
        None => return String::new(),
    };
    match ceilings.map(|c| c.device.as_str()).filter(|d| !d.is_empty()) {
        Some(device) => [tier, " · ", device].concat(),
        None => tier.to_owned(),
    }
}

/// How long the walk through the batch sizes rests at each.
const STEP_MILLIS: u64 = 900;

/// A button that walks through the batch sizes, from one vector to the largest, so that both hands are free to point.
#[component]
fn Walk(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let walking = RwSignal::new(false);
    let again = StoredValue::new(None::<Later>);
    let step = Later::new(Callback::new(move |()| {
        let at = lab.config.with_untracked(|c| c.batch);
        match BATCHES.into_iter().find(|b| *b > at).filter(|_| walking.get_untracked()) {
            Some(next) => {
                lab.config.update(|c| c.batch = next);
                if let Some(later) = again.get_value() {
                    later.within(STEP_MILLIS);
                }
            }
            None => walking.set(false),
        }
    }));
    again.set_value(Some(step));
    let press = move |_| {
        if walking.get_untracked() {
            return walking.set(false);
        }
        walking.set(true);
        lab.config.update(|c| c.batch = BATCHES[0]);
        step.within(STEP_MILLIS);
    };
    let label = move || if walking.get() { msg::ui_stop(lang) } else { msg::kernel_walk(lang) };
    view! { <button type="button" class="quiet" on:click=press>{label}</button> }.into_any()
}

/// The picture with the slider that makes its points travel.
#[component]
pub(super) fn Roofline(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let gliding = glide(Memo::new(move |_| lab.config.with(|c| c.batch)));
    let shown = Memo::new(move |_| {
        let (measured, ceilings, gliding) = (lab.measured.get(), lab.ceilings.get(), gliding.get());
        lab.config.with(|config| spec(lang, config, gliding, ceilings.as_ref(), measured.as_deref()))
    });
    let batch = Signal::derive(move || f64::from(lab.config.with(|c| c.batch)));
    let set_batch = Callback::new(move |v: f64| lab.config.update(|c| c.batch = v as u32));
    let said = move || {
        if lab.is_stale() {
            return msg::kernel_stale(lang).to_owned();
        }
        let (Some(measured), Some(ceilings)) = (lab.measured.get(), lab.ceilings.get()) else {
            return msg::kernel_nothing_yet(lang).to_owned();
        };
        let batch = lab.config.with(|c| c.batch);
        let above = measured.at(batch).iter().any(|r| r.gflops > ceilings.at(r.intensity) * NOISE);
        let more = if above { msg::kernel_above_roof(lang) } else { "" };
        [words(lang, batch, &ceilings, &measured).as_str(), " ", more].concat()
    };
    let tier = move || lab.ceilings.with(|c| place(lang, lab.measured.get().and_then(|m| m.tier), c.as_ref()));
    let sweeping = move || lab.sweep.status.with(RunStatus::is_busy);
    let stop_sweep = move || {
        sweeping().then(|| {
            let again = Callback::new(move |()| lab.run());
            view! { <RunButton view=lab.sweep label=msg::kernel_run(lang) on_run=again/> }.into_any()
        })
    };
    view! {
        <section class="fig roofline" class:stale=move || lab.is_stale()>
            <div class="travel">
                <Slider label=msg::kernel_batch(lang) value=batch on_input=set_batch min=1.0 max=f64::from(MAX_BATCH) stops=&STOPS/>
                <div class="ends"><span>{msg::kernel_gemv(lang)}</span><Walk lab/><span>{msg::kernel_gemm(lang)}</span></div>
            </div>
            <Plot spec=shown height=430.0/>
            <p class="notice-this" role="status">{said}</p>
            <p class="hint tier">{tier}</p>
            {stop_sweep}
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::kernel::tables;
    use crate::protocol::Table;

    #[test]
    fn points_are_named_and_the_roof_reaches_beyond_them() {
        let roof = Ceilings { gflops: 50.0, gigabytes_per_second: 10.0, dispatch_micros: 1.0, device: String::new() };
        let mut table = Table::new(tables::TIMES, &["format", "batch", "gflops", "intensity"]);
        table.rows = vec![vec!["int8".into(), 1.0.into(), 8.0.into(), 0.1.into()]];
        let mut measured = Measured { config: Config::default(), tier: None, rows: Vec::new() };
        measured.take(&table);
        let spec = spec(Lang::En, &Config::default(), None, Some(&roof), Some(&measured));
        let line = spec.series.iter().find(|s| s.kind == Kind::Line).unwrap();
        assert_eq!(line.points.first().unwrap()[0], 0.1);
        assert_eq!(line.points[1], [5.0, 5.0, 50.0]);
        let points: Vec<_> = spec.series.iter().filter(|s| s.kind == Kind::Labelled).map(|s| &s.names).collect();
        assert_eq!(points, [&["INT8".to_owned()]]);
        assert_eq!(words(Lang::En, 1, &roof, &measured), msg::kernel_all_memory(Lang::En));
    }
}
