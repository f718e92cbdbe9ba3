//! Writes SVG elements. Imperative on purpose: a plot is redrawn whole up to 30 times a second, and one function that
//! sets attributes is far smaller than a component for each shape.

use leptos::prelude::document;
use web_sys::Element;

const SVG: &str = "http://www.w3.org/2000/svg";

/// `value` in pixels, to a tenth, after a separating space.
pub(crate) fn push_px(out: &mut String, value: f64) {
    let tenths = (value * 10.0).round() as i64;
    out.push(' ');
    if tenths < 0 {
        out.push('-');
    }
    *out += &(tenths.abs() / 10).to_string();
    if tenths % 10 != 0 {
        out.push('.');
        *out += &(tenths.abs() % 10).to_string();
    }
}

/// `value` in pixels, to a tenth.
pub fn px(value: f64) -> String {
    let mut out = String::new();
    push_px(&mut out, value);
    out.remove(0);
    out
}

/// Appends a child to `parent`.
pub fn add(parent: &Element, tag: &str, attributes: &[(&str, &str)]) -> Option<Element> {
    let element = document().create_element_ns(Some(SVG), tag).ok()?;
    for (name, value) in attributes {
        element.set_attribute(name, value).ok()?;
    }
    parent.append_child(&element).ok()?;
    Some(element)
}

/// Appends a text; `anchor` is `start`, `middle` or `end`.
pub fn text(parent: &Element, x: f64, y: f64, anchor: &str, fill: &str, words: &str) {
    if let Some(t) = add(parent, "text", &[("x", &px(x)), ("y", &px(y)), ("text-anchor", anchor), ("fill", fill)]) {
        t.set_text_content(Some(words));
    }
}

/// Appends a path.
pub fn path(parent: &Element, data: &str, stroke: &str, fill: &str, more: &[(&str, &str)]) {
    if let Some(p) = add(parent, "path", &[("d", data), ("stroke", stroke), ("fill", fill)]) {
        for (name, value) in more {
            drop(p.set_attribute(name, value));
        }
    }
}

/// The data of a straight line.
pub fn segment(x1: f64, y1: f64, x2: f64, y2: f64) -> String {
    let mut out = String::from("M");
    push_px(&mut out, x1);
    push_px(&mut out, y1);
    out.push('L');
    push_px(&mut out, x2);
    push_px(&mut out, y2);
    out
}
