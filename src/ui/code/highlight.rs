//! Which pieces of a line of WGSL mean what; a tokenizer, not a parser, so that unfinished text is coloured too.

/// What a piece of text is. The name is the class in the style sheet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Word {
    Plain,
    Comment,
    Keyword,
    Type,
    Attribute,
    Number,
    Call,
}

impl Word {
    pub(super) fn class(self) -> &'static str {
        match self {
            Word::Plain => "",
            Word::Comment => "c",
            Word::Keyword => "k",
            Word::Type => "t",
            Word::Attribute => "a",
            Word::Number => "n",
            Word::Call => "f",
        }
    }
}

const KEYWORDS: &[&str] = &[
    "alias",
    "break",
    "case",
    "const",
    "const_assert",
    "continue",
    "continuing",
    "default",
    "diagnostic",
    "discard",
    "else",
    "enable",
    "false",
    "fn",
    "for",
    "function",
    "if",
    "let",
    "loop",
    "override",
    "private",
    "read",
    "read_write",
    "requires",
    "return",
    "storage",
    "struct",
    "switch",
    "true",
    "uniform",
    "var",
    "while",
    "workgroup",
    "write",
];

const TYPES: &[&str] = &["array", "atomic", "bool", "f16", "f32", "i32", "ptr", "u32"];

fn is_type(word: &str) -> bool {
    TYPES.contains(&word) || ["vec2", "vec3", "vec4", "mat2x", "mat3x", "mat4x"].iter().any(|t| word.starts_with(t))
}

fn is_part(c: char) -> bool {
    c.is_alphanumeric() || c == '_'
}

/// The pieces of `line` in order, nothing left out. `depth` is how many block comments are open: WGSL nests them.
pub(super) fn pieces<'a>(line: &'a str, depth: &mut u32) -> Vec<(&'a str, Word)> {
    let mut out: Vec<(&str, Word)> = Vec::new();
    let mut at = 0;
    while at < line.len() {
        let rest = &line[at..];
        let first = rest.chars().next().unwrap_or(' ');
        let (length, word) = if *depth > 0 || rest.starts_with("/*") {
            (comment_length(rest, depth), Word::Comment)
        } else if rest.starts_with("//") {
            (rest.len(), Word::Comment)
        } else if first == '@' {
            (1 + rest[1..].find(|c| !is_part(c)).unwrap_or(rest.len() - 1), Word::Attribute)
        } else if first.is_ascii_digit() {
            let end = |(i, c): (usize, char)| (!is_part(c) && c != '.' && !is_sign_of_exponent(rest, i)).then_some(i);
            (rest.char_indices().find_map(end).unwrap_or(rest.len()), Word::Number)
        } else if is_part(first) {
            let end = rest.find(|c| !is_part(c)).unwrap_or(rest.len());
            (end, word_of(&rest[..end], &rest[end..]))
        } else {
            (first.len_utf8(), Word::Plain)
        };
        match out.last_mut() {
            // Neighbours of one kind are one piece.
            Some((text, last)) if *last == word => *text = &line[at - text.len()..at + length],
            _ => out.push((&rest[..length], word)),
        }
        at += length;
    }
    out
}

fn word_of(word: &str, after: &str) -> Word {
    if KEYWORDS.contains(&word) {
        Word::Keyword
    } else if is_type(word) {
        Word::Type
    } else if after.starts_with('(') {
        Word::Call
    } else {
        Word::Plain
    }
}

/// `1e-3` is one number; `2-1` is three pieces.
fn is_sign_of_exponent(rest: &str, at: usize) -> bool {
    rest[at..].starts_with(['+', '-']) && rest[..at].ends_with(['e', 'E', 'p', 'P']) && !rest.starts_with("0x")
}

/// The length of a comment that began earlier or begins here, as far as this line goes.
fn comment_length(rest: &str, depth: &mut u32) -> usize {
    let mut at = 0;
    while at < rest.len() {
        let tail = &rest[at..];
        if tail.starts_with("/*") {
            *depth += 1;
            at += 2;
        } else if tail.starts_with("*/") {
            *depth -= 1;
            at += 2;
            if *depth == 0 {
                break;
            }
        } else {
            at += tail.chars().next().map_or(1, char::len_utf8);
        }
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(line: &str) -> Vec<(&str, Word)> {
        pieces(line, &mut 0).into_iter().filter(|(_, w)| *w != Word::Plain).collect()
    }

    #[test]
    fn words_are_told_apart() {
        assert_eq!(
            words("@compute fn f(a: vec4<f32>) { let x = dot(a, 1e-3) - 2u; } // é"),
            [
                ("@compute", Word::Attribute),
                ("fn", Word::Keyword),
                ("f", Word::Call),
                ("vec4", Word::Type),
                ("f32", Word::Type),
                ("let", Word::Keyword),
                ("dot", Word::Call),
                ("1e-3", Word::Number),
                ("2u", Word::Number),
                ("// é", Word::Comment),
            ]
        );
    }

    #[test]
    fn comments_nest_and_go_on_over_lines() {
        let mut depth = 0;
        assert_eq!(pieces("a /* b /* c */", &mut depth), [("a ", Word::Plain), ("/* b /* c */", Word::Comment)]);
        assert_eq!(depth, 1);
        assert_eq!(pieces("ü */ 1", &mut depth), [("ü */", Word::Comment), (" ", Word::Plain), ("1", Word::Number)]);
    }

    #[test]
    fn nothing_is_lost_whatever_is_typed() {
        for line in ["", "@", "0x1fu+é\u{301}", "*/ /* ", "\"<img src=x>\"", "1..2--3e", "日本@語(", "/*/"] {
            let joined: String = pieces(line, &mut 0).into_iter().map(|p| p.0).collect();
            assert_eq!(joined, line);
        }
    }
}
