//! Which entry points an edit touches: those that reach, through functions, constants, types and variables, a word that is
//! not what it was.

use std::collections::BTreeMap;

use super::tokens::{Token, tokens};

/// One declaration of a module: its words, and whether it is an entry point.
struct Item<'a> {
    words: Vec<&'a str>,
    is_entry: bool,
}

const DECLARING: [&str; 6] = ["fn", "struct", "const", "override", "alias", "var"];

/// The name that the words of a declaration declare.
fn declared<'a>(words: &[&'a str]) -> Option<&'a str> {
    // Attributes come first, and their arguments are no declarations.
    let mut at = 0;
    while let Some(word) = words.get(at) {
        if *word == "@" {
            at += 2;
            if words.get(at) == Some(&"(") {
                let mut depth = 0usize;
                while let Some(word) = words.get(at) {
                    depth = match *word {
                        "(" => depth + 1,
                        ")" => depth - 1,
                        _ => depth,
                    };
                    at += 1;
                    if depth == 0 {
                        break;
                    }
                }
            }
        } else if DECLARING.contains(word) {
            at += 1;
            // `var<storage, read>`
            if words.get(at) == Some(&"<") {
                at += words[at..].iter().position(|w| *w == ">")? + 1;
            }
            return words.get(at).copied();
        } else {
            return None;
        }
    }
    None
}

/// Every named declaration of a text.
fn items(text: &str) -> BTreeMap<&str, Item<'_>> {
    let mut out = BTreeMap::new();
    let (mut depth, mut words) = (0usize, Vec::new());
    for Token { text, .. } in tokens(text) {
        words.push(text);
        match text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 && matches!(text, ";" | "}") {
            let words = std::mem::take(&mut words);
            if let Some(name) = declared(&words) {
                let is_entry = words.windows(2).any(|pair| pair == ["@", "compute"]);
                out.insert(name, Item { words, is_entry });
            }
        }
    }
    out
}

/// The declarations that `from` reaches, itself included.
fn reached<'a>(items: &BTreeMap<&'a str, Item<'a>>, from: &'a str) -> BTreeMap<&'a str, Vec<&'a str>> {
    let (mut out, mut open) = (BTreeMap::new(), vec![from]);
    while let Some(name) = open.pop() {
        if let Some(item) = items.get(name)
            && !out.contains_key(name)
        {
            open.extend(item.words.iter().copied());
            out.insert(name, item.words.clone());
        }
    }
    out
}

/// The entry points of `edited` that are not, word for word, those of `original`, in alphabetical order. Comments and
/// white space are no words.
pub fn changed_entries(original: &str, edited: &str) -> Vec<String> {
    let (before, after) = (items(original), items(edited));
    let entries = after.iter().filter(|(_, item)| item.is_entry).map(|(name, _)| *name);
    entries.filter(|name| reached(&before, name) != reached(&after, name)).map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "struct Params { n: u32, }
@group(0) @binding(1) var<storage, read> x: array<f32>;
const ONE: f32 = 1.0; // one
fn deep() -> f32 { return ONE; }
fn shallow() -> f32 { if true { return deep(); } return 0.0; }
@compute @workgroup_size(8, 8) fn a() { let v = shallow(); }
@compute @workgroup_size(64)
fn b(@builtin(global_invocation_id) id: vec3<u32>) { let v = x[id.x]; }
";

    #[test]
    fn an_edit_touches_what_reaches_it() {
        let edited = |from: &str, to: &str| {
            assert!(TEXT.contains(from));
            changed_entries(TEXT, &TEXT.replace(from, to))
        };
        assert_eq!(edited("// one", "// two").len(), 0);
        assert_eq!(edited("{ return ONE; }", "{ return  ONE ; }").len(), 0);
        assert_eq!(edited("1.0;", "2.0;"), ["a"]);
        assert_eq!(edited("x[id.x]", "x[id.y]"), ["b"]);
        assert_eq!(edited("(64)", "(32)"), ["b"]);
        assert_eq!(edited("read> x", "read> y"), ["b"]);
        assert_eq!(edited("n: u32", "m: u32").len(), 0, "nobody uses it");
    }
}
