//! A chart in SVG: lines, steps, points and bars, with axes, legend, hover, a table twin and Save.
//!
//! The text keeps its size at every width: the chart is drawn for the pixels it really has.

mod axis;
mod draw;
mod label;
mod pen;
mod save;
mod twin;

use leptos::prelude::*;

pub use axis::Axis;
pub(crate) use pen::push_px;
pub use pen::{add, path, px, segment, text};

use super::{Look, follow_width, use_lang};
use crate::text::{Lang, msg, number, significant};
use twin::Twin;

/// How a series is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Line,
    /// A horizontal piece for each interval.
    Steps,
    /// A filled bar for each interval.
    Bars,
    Points,
    /// Large points with their names beside them; not in the legend.
    Labelled,
    /// The thin way that leads to a labelled point; not in the legend.
    Path,
    /// Names alone, at their places; not in the legend.
    Notes,
    /// Bars that lie, from `from` to `to` at the height `value`; not in the legend.
    Spans,
    /// As spans, wide and pale: a range to compare with.
    Bands,
    /// Parts of bars that lie, one series a part: each point goes from where the part before it ends. In the legend.
    Stack,
}

impl Kind {
    /// Whether the place of a point counts in both directions, as in a scatter; in a histogram only the interval does.
    fn is_scattered(self) -> bool {
        !matches!(self, Kind::Line | Kind::Steps | Kind::Bars)
    }
}

/// One series.
#[derive(Clone, Debug, PartialEq)]
pub struct Series {
    pub label: String,
    pub look: Look,
    pub kind: Kind,
    /// From, to, value; from and to are equal where a point is meant.
    pub points: Vec<[f64; 3]>,
    /// One a point, or none.
    pub names: Vec<String>,
}

/// Positions on the x axis, drawn in a lane of their own below it.
#[derive(Clone, Debug, PartialEq)]
pub struct Marks {
    pub label: String,
    pub look: Look,
    pub at: Vec<f64>,
}

/// Everything a plot shows.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlotSpec {
    /// Stem of the names of saved files.
    pub name: &'static str,
    pub title: String,
    /// A remark at the right of the title.
    pub note: String,
    pub x: Axis,
    pub y: Axis,
    pub series: Vec<Series>,
    pub marks: Vec<Marks>,
}

/// The point under the cursor: series and point.
type Cursor = Option<(usize, usize)>;

/// The point of `spots` (series, point, x, y in pixels) nearest to a place.
fn nearest(spec: &PlotSpec, spots: &[draw::Spot], x: f64, y: f64) -> Cursor {
    let mut best = (f64::INFINITY, None);
    for spot in spots {
        if spec.series[spot.series].kind == Kind::Notes {
            continue;
        }
        let weight = if spec.series[spot.series].kind.is_scattered() { 1.0 } else { 0.02 };
        let distance = (spot.x - x).powi(2) + weight * (spot.y - y).powi(2);
        if distance < best.0 {
            best = (distance, Some((spot.series, spot.point)));
        }
    }
    best.1
}

/// A value of a plot: whole numbers stay whole.
fn value_text(lang: Lang, value: f64) -> String {
    if value == value.trunc() && value.abs() < 1e9 { number(lang, value, 0) } else { significant(lang, value, 4) }
}

/// The place of a point on the x axis, or the interval that it covers.
fn place_text(lang: Lang, from: f64, to: f64) -> String {
    if from == to {
        value_text(lang, from)
    } else {
        let end = |v: f64| if v == v.trunc() { value_text(lang, v) } else { significant(lang, v, 3) };
        msg::ui_interval(lang, &end(from), &end(to))
    }
}

/// What the cursor is on, in words.
fn reading(lang: Lang, spec: &PlotSpec, cursor: Cursor) -> String {
    let Some((s, p)) = cursor else { return msg::ui_plot_hint(lang).to_owned() };
    let Some((series, &[from, to, value])) = spec.series.get(s).and_then(|s| Some((s, s.points.get(p)?))) else {
        return String::new();
    };
    let name = series.names.get(p).unwrap_or(&series.label);
    if series.kind == Kind::Stack {
        let row = spec.y.names.get(value as usize).map_or("", String::as_str);
        return [row, " · ", name, ": ", &value_text(lang, to - from)].concat();
    }
    let x = place_text(lang, from, to);
    if matches!(series.kind, Kind::Spans | Kind::Bands) {
        // The height is a name already; a bar from zero is its end.
        let x = if from == 0.0 { value_text(lang, to) } else { x };
        return [name, " · ", &spec.x.title, ": ", &x].concat();
    }
    [name, " · ", &spec.x.title, ": ", &x, " · ", &spec.y.title, ": ", &value_text(lang, value)].concat()
}

/// A chart.
#[component]
pub fn Plot(#[prop(into)] spec: Signal<PlotSpec>, #[prop(default = 220.0)] height: f64) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let svg = NodeRef::<leptos::svg::Svg>::new();
    let width = RwSignal::new(0.0);
    let cursor = RwSignal::new(None::<(usize, usize)>);
    let drawn = StoredValue::new(draw::Drawn::default());
    Effect::new(move || {
        if let Some(svg) = svg.get() {
            follow_width(&svg.parent_element().unwrap_or_else(|| svg.clone().into()), width);
        }
    });
    Effect::new(move || {
        let (Some(svg), w) = (svg.get(), width.get()) else { return };
        if w > 0.0 {
            spec.with(|spec| drawn.set_value(draw::draw(&svg, lang, spec, w, height)));
            cursor.update(|_| ());
        }
    });
    Effect::new(move || {
        let at = cursor.get();
        if let Some(svg) = svg.get_untracked() {
            drawn.with_value(|d| d.show_cursor(&svg, at));
        }
    });
    let point_at = move |ev: web_sys::PointerEvent| {
        let Some(svg) = svg.get_untracked() else { return };
        let frame = svg.get_bounding_client_rect();
        let (x, y) = (f64::from(ev.client_x()) - frame.left(), f64::from(ev.client_y()) - frame.top());
        cursor.set(spec.with_untracked(|spec| drawn.with_value(|d| nearest(spec, &d.spots, x, y))));
    };
    let on_key = move |ev: web_sys::KeyboardEvent| {
        let (mut s, mut p) = cursor.get_untracked().map_or((0, 0), |(s, p)| (s as isize, p as isize));
        match ev.key().as_str() {
            "ArrowRight" => p += 1,
            "ArrowLeft" => p -= 1,
            "ArrowUp" => s -= 1,
            "ArrowDown" => s += 1,
            "Escape" => return cursor.set(None),
            _ => return,
        }
        ev.prevent_default();
        spec.with_untracked(|spec| {
            let s = s.clamp(0, (spec.series.len() as isize - 1).max(0)) as usize;
            if let Some(series) = spec.series.get(s).filter(|s| !s.points.is_empty()) {
                cursor.set(Some((s, p.clamp(0, series.points.len() as isize - 1) as usize)));
            }
        });
    };
    let save = move |kind: save::Kind| {
        if let Some(svg) = svg.get_untracked() {
            cursor.set(None);
            spec.with_untracked(|spec| save::save(kind, &svg, spec, width.get_untracked()));
        }
    };
    let buttons = save::Kind::ALL.map(|kind| {
        let name = move || msg::ui_save_as(lang, kind.word(), &spec.with(|s| s.title.clone()));
        view! { <button type="button" aria-label=name on:click=move |_| save(kind)>{kind.word()}</button> }
    });
    view! {
        <figure class="plot">
            <figcaption>
                <b>{move || spec.with(|s| s.title.clone())}</b>
                <span class="note">{move || spec.with(|s| s.note.clone())}</span>
            </figcaption>
            <div class="plot-body">
                <svg
                    node_ref=svg
                    role="img"
                    tabindex="0"
                    aria-label=move || spec.with(|s| msg::ui_plot_label(lang, &s.title, &s.x.title, &s.y.title))
                    on:pointermove=point_at
                    on:pointerdown=point_at
                    on:pointerleave=move |_| cursor.set(None)
                    on:keydown=on_key
                ></svg>
            </div>
            <p class="reading" aria-live="polite">{move || spec.with(|s| reading(lang, s, cursor.get()))}</p>
            <div class="under"><Twin spec=spec/><span class="save">{buttons.into_iter().collect_view()}</span></div>
        </figure>
    }
    .into_any()
}
