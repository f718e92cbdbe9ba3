//! A plot as a file.

use wasm_bindgen::JsCast;
use web_sys::{Element, XmlSerializer};

use super::super::save::{csv, download, download_svg_as_png, resolve_colours};
use super::PlotSpec;

/// What to save as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Png,
    Svg,
    Csv,
}

impl Kind {
    pub(super) const ALL: [Kind; 3] = [Kind::Png, Kind::Svg, Kind::Csv];

    /// The word on the button; the same in every language.
    pub(super) fn word(self) -> &'static str {
        match self {
            Kind::Png => "PNG",
            Kind::Svg => "SVG",
            Kind::Csv => "CSV",
        }
    }
}

/// The rows behind a plot, the head first.
pub(super) fn rows(spec: &PlotSpec) -> Vec<Vec<String>> {
    let mut rows = vec![vec!["series".to_owned(), "from".into(), "to".into(), "value".into()]];
    for series in &spec.series {
        for (i, [from, to, value]) in series.points.iter().enumerate() {
            let name = series.names.get(i).unwrap_or(&series.label);
            rows.push(vec![name.clone(), from.to_string(), to.to_string(), value.to_string()]);
        }
    }
    for marks in &spec.marks {
        for at in &marks.at {
            rows.push(vec![marks.label.clone(), at.to_string(), at.to_string(), String::new()]);
        }
    }
    rows
}

/// The drawn plot as a standalone file: resolved colours, its own background.
fn standalone(svg: &Element) -> Option<String> {
    let copy: Element = svg.clone_node_with_deep(true).ok()?.dyn_into().ok()?;
    for name in ["class", "role", "tabindex", "aria-label"] {
        drop(copy.remove_attribute(name));
    }
    let background = super::add(&copy, "rect", &[("width", "100%"), ("height", "100%"), ("fill", "var(--sheet)")])?;
    copy.insert_before(&background, copy.first_child().as_ref()).ok()?;
    let text = XmlSerializer::new().ok()?.serialize_to_string(&copy).ok()?;
    Some(resolve_colours(&text))
}

/// Saves the plot.
pub(super) fn save(kind: Kind, svg: &Element, spec: &PlotSpec, width: f64) {
    let name = |extension: &str| ["afina-", spec.name, extension].concat();
    match kind {
        Kind::Csv => download(&name(".csv"), "text/csv", csv(&rows(spec)).as_bytes()),
        Kind::Svg => {
            if let Some(text) = standalone(svg) {
                download(&name(".svg"), "image/svg+xml", text.as_bytes());
            }
        }
        Kind::Png => {
            let height = svg.get_attribute("height").and_then(|h| h.parse().ok()).unwrap_or(width);
            if let Some(text) = standalone(svg) {
                download_svg_as_png(name(".png"), &text, width, height);
            }
        }
    }
}
