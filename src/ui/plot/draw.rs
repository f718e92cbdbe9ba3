//! From a [`PlotSpec`] to SVG elements, for a width in CSS pixels.

use web_sys::Element;

use super::label::labels;
use super::pen::{add, path, push_px, px, segment, text};
use super::{Cursor, Kind, PlotSpec, Series, axis::Scale};
use crate::text::Lang;

/// Height of a line of text and of a lane of marks.
pub(super) const LINE: f64 = 18.0;
/// Mean width of a character at 12 px; good enough to place a legend.
pub(super) const CHARACTER: f64 = 6.6;

/// A range to compare with: wide and pale, so that what lies on it stays readable.
const BAND: &[(&str, &str)] = &[("stroke-width", "22"), ("stroke-opacity", "0.22")];
/// A path that leads to a point: present, not loud.
const FAINT: &[(&str, &str)] = &[("stroke-width", "1.2"), ("stroke-opacity", "0.55"), ("stroke-linejoin", "round")];

/// Where a point landed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Spot {
    pub(super) series: usize,
    pub(super) point: usize,
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) colour: &'static str,
}

/// What the cursor needs to know of a drawn plot.
#[derive(Clone, Debug, Default)]
pub(super) struct Drawn {
    pub(super) spots: Vec<Spot>,
    top: f64,
    bottom: f64,
}

impl Drawn {
    /// Marks the point under the cursor.
    pub(super) fn show_cursor(&self, svg: &Element, cursor: Cursor) {
        if let Ok(Some(old)) = svg.query_selector(".cursor") {
            old.remove();
        }
        let Some((s, p)) = cursor else { return };
        let Some(spot) = self.spots.iter().find(|spot| spot.series == s && spot.point == p) else { return };
        let Some(group) = add(svg, "g", &[("class", "cursor")]) else { return };
        let line = segment(spot.x, self.top, spot.x, self.bottom);
        path(&group, &line, "var(--ink-3)", "none", &[("stroke-dasharray", "2 2")]);
        let attributes = [
            ("cx", &*px(spot.x)),
            ("cy", &px(spot.y)),
            ("r", "4.5"),
            ("fill", spot.colour),
            ("stroke", "var(--sheet)"),
            ("stroke-width", "2"),
        ];
        add(&group, "circle", &attributes);
    }
}

/// A row of swatches with labels; gives the height it took.
fn legend(group: &Element, spec: &PlotSpec, width: f64) -> f64 {
    let listed = |s: &&Series| !matches!(s.kind, Kind::Path | Kind::Labelled | Kind::Notes | Kind::Spans);
    if spec.series.len() < 2 || !spec.series.iter().any(|s| listed(&s)) {
        return 0.0;
    }
    let (mut x, mut y) = (0.0, LINE * 0.5);
    for series in spec.series.iter().filter(listed) {
        let wide = 30.0 + series.label.chars().count() as f64 * CHARACTER + 14.0;
        if x > 0.0 && x + wide > width {
            (x, y) = (0.0, y + LINE);
        }
        let colour = series.look.colour;
        match series.kind {
            Kind::Bars | Kind::Stack => {
                path(group, &segment(x, y, x + 14.0, y), colour, "none", &[("stroke-width", "10")]);
            }
            Kind::Bands => path(group, &segment(x, y, x + 24.0, y), colour, "none", BAND),
            Kind::Points => path(group, &series.look.marker(x + 8.0, y, 4.5), "none", colour, &[]),
            _ => {
                let more = [("stroke-width", "2.5"), ("stroke-dasharray", series.look.dash())];
                path(group, &segment(x, y, x + 24.0, y), colour, "none", &more);
            }
        }
        text(group, x + 30.0, y + 4.0, "start", "var(--ink-2)", &series.label);
        x += wide;
    }
    y + LINE * 0.8
}

/// Draws one series and notes where its points are.
fn draw_series(group: &Element, index: usize, series: &Series, x: &Scale, y: &Scale, base: f64, spots: &mut Vec<Spot>) {
    let mut line = String::new();
    // A missing value interrupts the line.
    let mut broken = true;
    for (point, &[from, to, value]) in series.points.iter().enumerate() {
        if !value.is_finite() {
            broken = true;
            continue;
        }
        let (left, right, up) = (x.px(from), x.px(to), y.px(value));
        // A bar that lies is read at its end.
        let at = if series.kind == Kind::Spans { right } else { (left + right) / 2.0 };
        spots.push(Spot { series: index, point, x: at, y: up, colour: series.look.colour });
        match series.kind {
            Kind::Bars => {
                // A hairline between bars that are wide enough to spare it.
                let gap = if right - left > 3.0 { 0.5 } else { 0.0 };
                for (command, px, py) in
                    [("M", left + gap, base), ("L", left + gap, up), ("L", right - gap, up), ("L", right - gap, base)]
                {
                    line += command;
                    push_px(&mut line, px);
                    push_px(&mut line, py);
                }
                line.push('Z');
            }
            Kind::Points => line += &series.look.marker(left, up, 4.0),
            Kind::Labelled => line += &series.look.marker(left, up, 6.0),
            Kind::Notes => {}
            Kind::Spans | Kind::Bands | Kind::Stack => line += &segment(left, up, right, up),
            Kind::Line | Kind::Steps | Kind::Path => {
                line += if broken { "M" } else { "L" };
                broken = false;
                push_px(&mut line, left);
                push_px(&mut line, up);
                if series.kind == Kind::Steps {
                    line.push('L');
                    push_px(&mut line, right);
                    push_px(&mut line, up);
                }
            }
        }
    }
    let colour = series.look.colour;
    match series.kind {
        Kind::Bars => path(group, &line, "none", colour, &[]),
        Kind::Points | Kind::Labelled => path(group, &line, "var(--sheet)", colour, &[]),
        Kind::Path => path(group, &line, colour, "none", FAINT),
        Kind::Bands => path(group, &line, colour, "none", BAND),
        Kind::Spans => path(group, &line, colour, "none", &[("stroke-width", "10")]),
        Kind::Stack => path(group, &line, colour, "none", &[("stroke-width", "18")]),
        Kind::Notes => {}
        Kind::Line | Kind::Steps => {
            let more =
                [("stroke-width", "1.8"), ("stroke-dasharray", series.look.dash()), ("stroke-linejoin", "round")];
            path(group, &line, colour, "none", &more);
        }
    }
}

/// Draws the whole plot into `svg`, replacing what was there.
pub(super) fn draw(svg: &Element, lang: Lang, spec: &PlotSpec, width: f64, height: f64) -> Drawn {
    svg.set_text_content(None);
    let Some(group) = add(svg, "g", &[("font-size", "12"), ("font-family", "var(--sans)")]) else {
        return Drawn::default();
    };
    let legend_height = legend(&group, spec, width);
    let top = legend_height + LINE + 4.0;
    let bottom = top + height - 60.0;
    let values = || spec.series.iter().flat_map(|s| s.points.iter().map(|p| p[2]));
    let y = if spec.y.names.is_empty() {
        Scale::fit(lang, &spec.y, values(), bottom, top, ((bottom - top) / 34.0).max(2.0))
    } else {
        Scale::named(&spec.y.names, top, bottom)
    };
    // Names are mostly capitals, which are wider than figures.
    let room = if spec.y.names.is_empty() { 10.0 } else { 22.0 };
    let widest = |labels: &mut dyn Iterator<Item = usize>| labels.max().unwrap_or(0) as f64 * CHARACTER;
    let left = widest(&mut y.ticks.iter().map(|t| t.1.chars().count()))
        .max(widest(&mut spec.marks.iter().map(|m| m.label.chars().count())))
        .min(width * 0.4)
        + room;
    let right = width - 12.0;
    let positions = spec.series.iter().flat_map(|s| s.points.iter().flat_map(|p| [p[0], p[1]]));
    let positions = positions.chain(spec.marks.iter().flat_map(|m| m.at.iter().copied()));
    let x = Scale::fit(lang, &spec.x, positions, left, right, ((right - left) / 64.0).max(2.0));

    for (value, label) in &y.ticks {
        let at = y.px(*value);
        path(&group, &segment(left, at, right, at), "var(--rule)", "none", &[]);
        text(&group, left - 6.0, at + 4.0, "end", "var(--ink-3)", label);
    }
    text(&group, 0.0, top - 9.0, "start", "var(--ink-3)", &spec.y.title);
    let mut drawn = Drawn { spots: Vec::new(), top, bottom };
    for (i, series) in spec.series.iter().enumerate() {
        draw_series(&group, i, series, &x, &y, bottom, &mut drawn.spots);
    }
    labels(&group, spec, &drawn.spots, (left, right), (top, bottom));
    path(&group, &segment(left, bottom, right, bottom), "var(--rule-2)", "none", &[]);
    let mut under = bottom + 6.0;
    for marks in &spec.marks {
        text(&group, left - 6.0, under + 11.0, "end", "var(--ink-3)", &marks.label);
        let lines: String = marks.at.iter().map(|v| segment(x.px(*v), under, x.px(*v), under + 13.0)).collect();
        // Many levels are drawn thinner, so that they stay apart as long as the pixels allow.
        let thin = if marks.at.len() > 40 { "1" } else { "2" };
        path(&group, &lines, marks.look.colour, "none", &[("stroke-width", thin)]);
        under += LINE;
    }
    for (value, label) in &x.ticks {
        let at = x.px(*value);
        path(&group, &segment(at, bottom, at, bottom + 4.0), "var(--rule-2)", "none", &[]);
        text(&group, at, under + 12.0, "middle", "var(--ink-3)", label);
    }
    text(&group, (left + right) / 2.0, under + 30.0, "middle", "var(--ink-3)", &spec.x.title);
    let all = under + 38.0;
    for (name, value) in [("width", width), ("height", all)] {
        drop(svg.set_attribute(name, &px(value)));
    }
    drawn
}
