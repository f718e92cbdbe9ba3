//! Draws lines of code into a `<pre>`, and of a changed text only the lines that changed. Text nodes only: whatever a
//! learner types is shown, never read as markup.

use std::ops::Range;

use leptos::prelude::document;
use web_sys::Element;

use super::highlight::pieces;

/// Something to say about a place in a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
    /// In characters.
    pub length: usize,
    pub message: String,
}

/// What a line looks like.
#[derive(Clone, Debug, Default, PartialEq)]
struct Line {
    text: String,
    /// Open block comments at its beginning.
    depth: u32,
    marks: Vec<Mark>,
    here: bool,
}

/// The lines that stand in a `<pre>` now.
#[derive(Default)]
pub(super) struct Painter {
    lines: Vec<Line>,
}

fn add(parent: &Element, class: &str, text: &str) {
    let Ok(span) = document().create_element("span") else { return };
    if !class.is_empty() {
        span.set_class_name(class);
    }
    span.set_text_content(Some(text));
    drop(parent.append_child(&span));
}

/// The byte range that a mark underlines in its line; at least one character, the last one if it points behind the end.
fn underlined(text: &str, mark: &Mark) -> Range<usize> {
    let places: Vec<usize> = text.char_indices().map(|(i, _)| i).chain([text.len()]).collect();
    let last = places.len() - 1;
    let from = mark.column.saturating_sub(1).min(last.saturating_sub(1));
    places[from]..places[(from + mark.length.max(1)).min(last)]
}

/// Cuts `text`, which begins at `start` in its line, where marks begin and end.
fn add_piece(parent: &Element, class: &str, text: &str, start: usize, wrong: &[Range<usize>]) {
    let mut cuts: Vec<usize> = wrong.iter().flat_map(|r| [r.start, r.end]).collect();
    cuts.extend([start, start + text.len()]);
    cuts.retain(|c| (start..=start + text.len()).contains(c));
    cuts.sort_unstable();
    cuts.dedup();
    for pair in cuts.windows(2) {
        let (from, to) = (pair[0], pair[1]);
        let is_wrong = wrong.iter().any(|r| r.start <= from && to <= r.end);
        let class = if is_wrong { [class, " wrong"].concat() } else { class.to_owned() };
        add(parent, &class, &text[from - start..to - start]);
    }
}

fn draw(element: &Element, line: &Line) {
    element.set_text_content(None);
    element.set_class_name(match (line.here, line.marks.is_empty()) {
        (_, false) => "line faulty",
        (true, true) => "line here",
        _ => "line",
    });
    let wrong: Vec<Range<usize>> = line.marks.iter().map(|m| underlined(&line.text, m)).collect();
    let mut at = 0;
    for (text, word) in pieces(&line.text, &mut line.depth.clone()) {
        add_piece(element, word.class(), text, at, &wrong);
        at += text.len();
    }
    if let Some(mark) = line.marks.first() {
        add(element, "says", &mark.message);
    }
}

impl Painter {
    /// Makes `pre` show `text`; `here` are the lines to point out, from 0.
    pub(super) fn paint(&mut self, pre: &Element, text: &str, marks: &[Mark], here: &Range<usize>) {
        let mut depth = 0;
        let mut count = 0;
        for (i, text) in text.split('\n').enumerate() {
            let line = Line {
                text: text.to_owned(),
                depth,
                marks: marks.iter().filter(|m| m.line == i + 1).cloned().collect(),
                here: here.contains(&i),
            };
            pieces(text, &mut depth);
            count = i + 1;
            if self.lines.get(i) == Some(&line) {
                continue;
            }
            let element = match pre.children().item(i as u32) {
                Some(element) => element,
                None => {
                    let Ok(element) = document().create_element("span") else { return };
                    drop(pre.append_child(&element));
                    element
                }
            };
            draw(&element, &line);
            if i < self.lines.len() {
                self.lines[i] = line;
            } else {
                self.lines.push(line);
            }
        }
        while self.lines.len() > count {
            self.lines.pop();
            if let Some(last) = pre.last_element_child() {
                last.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_underlines_whole_characters_wherever_it_points() {
        let mark = |column, length| Mark { line: 1, column, length, message: String::new() };
        assert_eq!(underlined("let é = 1;", &mark(5, 1)), 4..6);
        assert_eq!(underlined("abc", &mark(2, 99)), 1..3);
        assert_eq!(underlined("abc", &mark(99, 0)), 2..3, "behind the end: the last character");
        assert_eq!(underlined("", &mark(1, 1)), 0..0);
    }
}
