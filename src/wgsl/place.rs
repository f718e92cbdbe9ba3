//! From bytes of a text to lines and columns as a person counts them.

use naga::Span;

/// A stretch of a text: line and column from 1, all in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub line: u32,
    pub column: u32,
    pub length: u32,
}

/// `at` or the nearest character boundary before it.
fn boundary(text: &str, at: usize) -> usize {
    let mut at = at.min(text.len());
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

impl Place {
    /// The place of the bytes `begin..end`; cut at the end of the line, so that one line is marked.
    pub fn of(text: &str, begin: usize, end: usize) -> Place {
        let begin = boundary(text, begin);
        let end = boundary(text, end.max(begin));
        let line_begin = text[..begin].rfind('\n').map_or(0, |i| i + 1);
        let first_line = text[begin..end].split(['\n', '\r']).next().unwrap_or_default();
        Place {
            line: text[..begin].matches('\n').count() as u32 + 1,
            column: text[line_begin..begin].chars().count() as u32 + 1,
            length: first_line.chars().count().max(1) as u32,
        }
    }

    /// The place of a span of naga's; of the whole text's beginning if it is undefined.
    pub fn of_span(text: &str, span: Span) -> Place {
        let range = span.to_range().unwrap_or(0..0);
        Place::of(text, range.start, range.end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_are_counted_not_bytes() {
        let text = "// ñandú\nlet é = x;\n";
        let at = text.find('x').expect("there is an x");
        assert_eq!(Place::of(text, at, at + 1), Place { line: 2, column: 9, length: 1 });
        // Inside a character, beyond the end, backwards: the nearest sensible place.
        assert_eq!(Place::of(text, 4, 5).column, 4);
        assert_eq!(Place::of(text, 500, 600), Place { line: 3, column: 1, length: 1 });
        assert_eq!(Place::of(text, 9, 2).line, 1);
    }
}
