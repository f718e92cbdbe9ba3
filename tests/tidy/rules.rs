//! Rules about a single text.

use std::collections::BTreeSet;

/// A file that is longer is two ideas.
const MAX_LINES: usize = 400;

/// The text without comments, without what stands in quotes, and without its test module at the end.
pub fn production(text: &str) -> String {
    let code = without_comments(text);
    let tests = code.find("#[cfg(test)]\nmod ").or_else(|| code.find("#[cfg(all(test"));
    code[..tests.unwrap_or(code.len())].to_owned()
}

fn without_comments(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    while at < bytes.len() {
        let rest = &text[at..];
        let end = if rest.starts_with("//") {
            rest.find('\n').unwrap_or(rest.len())
        } else if rest.starts_with("/*") {
            rest.find("*/").map_or(rest.len(), |e| e + 2)
        } else if let Some(hashes) = raw_string(rest) {
            out.push_str("\"\"");
            let close = format!("\"{}", "#".repeat(hashes));
            let start = hashes + 2;
            rest[start..].find(&close).map_or(rest.len(), |e| start + e + close.len())
        } else if rest.starts_with('"') {
            out.push_str("\"\"");
            string_end(rest)
        } else if rest.starts_with("'\"'") || rest.starts_with("'\\\"'") {
            rest[1..].find('\'').map_or(1, |e| e + 2)
        } else {
            let length = rest.chars().next().map_or(1, char::len_utf8);
            out.push_str(&rest[..length]);
            length
        };
        at += end;
    }
    out
}

/// The number of `#` if a raw string begins here.
fn raw_string(rest: &str) -> Option<usize> {
    let tail = rest.strip_prefix('r')?;
    let hashes = tail.len() - tail.trim_start_matches('#').len();
    tail[hashes..].starts_with('"').then_some(hashes)
}

fn string_end(rest: &str) -> usize {
    let mut escaped = false;
    for (at, c) in rest.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}

fn lines_with<'a>(code: &'a str, wanted: &'a str) -> impl Iterator<Item = &'a str> {
    code.lines().filter(move |l| l.contains(wanted)).map(str::trim)
}

/// leptos outside of pages, `ui` and `app`; burn outside of `nets`.
pub fn strangers(file: &str, text: &str) -> Vec<String> {
    let code = production(text);
    let starts = |rooms: &[&str]| rooms.iter().any(|r| file.starts_with(&format!("src/{r}")));
    let is_page = file.starts_with("src/labs/") && (file.contains("/page/") || file.ends_with("/page.rs"));
    let mut out = Vec::new();
    if !is_page && !starts(&["ui/", "app/"]) {
        out.extend(lines_with(&code, "leptos").map(|l| format!("{file}: leptos does not belong here: {l}")));
    }
    if !starts(&["nets/"]) {
        let burns = code.lines().filter(|l| mentions(l, "burn::") || mentions(l, "use burn"));
        out.extend(burns.map(|l| format!("{file}: burn does not belong here: {}", l.trim())));
    }
    out
}

/// Whether `path` occurs in a line and not as the end of a longer name.
fn mentions(line: &str, path: &str) -> bool {
    line.match_indices(path).any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'))
}

/// `unwrap()` outside of tests.
pub fn unwraps(file: &str, text: &str) -> Vec<String> {
    let code = production(text);
    lines_with(&code, ".unwrap()").map(|l| format!("{file}: `unwrap()`: {l}")).collect()
}

/// A file beyond [`MAX_LINES`].
pub fn too_long(file: &str, text: &str) -> Option<String> {
    let lines = text.lines().count();
    (lines > MAX_LINES).then(|| format!("{file}: {lines} lines; more than {MAX_LINES} are two ideas"))
}

/// The routes that xtask writes a page for: `const ROUTES: [&str; 3] = ["quant", ..];`.
pub fn routes(xtask: &str) -> Option<BTreeSet<String>> {
    let list = xtask.split_once("const ROUTES")?.1.split_once("= [")?.1.split_once(']')?.0;
    Some(list.split('"').skip(1).step_by(2).map(str::to_owned).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_strings_and_tests_are_not_code() {
        let text = "a(); // b\n/* c\n d */ e(\"f \\\" g\", r#\"h \"i\" \"#, '\"', j);\n#[cfg(test)]\nmod tests { k }\n";
        let code = production(text);
        for kept in ["a();", "e(", "j)"] {
            assert!(code.contains(kept), "{code}");
        }
        for gone in ["b", "c", "d", "f", "g", "h", "i", "k"] {
            assert!(!code.replace("cfg", "").contains(gone), "{gone} in {code}");
        }
    }

    #[test]
    fn strangers_are_found_and_guests_are_not() {
        assert_eq!(strangers("src/kernels/x.rs", "use leptos::prelude::*;").len(), 1);
        assert_eq!(strangers("src/labs/quant/run/x.rs", "use leptos::prelude::*;").len(), 1);
        assert_eq!(strangers("src/gpu/x.rs", "let t = burn::tensor::Tensor::new();").len(), 1);
        assert_eq!(strangers("src/labs/quant/run.rs", "use burn;").len(), 1);
        for (file, text) in [
            ("src/labs/quant/page.rs", "use leptos::prelude::*;"),
            ("src/labs/quant/page/lab.rs", "use leptos::prelude::*;"),
            ("src/ui/x.rs", "use leptos::prelude::*;"),
            ("src/nets/check.rs", "use burn::tensor::Tensor;"),
            ("src/engine/x.rs", "// burn::x\nCommand::Burn => burn(cfg), sideburn::x()"),
        ] {
            assert!(strangers(file, text).is_empty(), "{file}");
        }
    }

    #[test]
    fn unwraps_are_found_outside_of_tests_only() {
        assert_eq!(unwraps("src/a.rs", "x.unwrap();\n// y.unwrap();\n\"z.unwrap()\";\nw.unwrap_or(1);").len(), 1);
        assert!(unwraps("src/a.rs", "x();\n#[cfg(test)]\nmod tests { fn t() { x.unwrap(); } }").is_empty());
    }

    #[test]
    fn long_files_are_found() {
        assert!(too_long("src/a.rs", &"x\n".repeat(MAX_LINES + 1)).is_some());
        assert!(too_long("src/a.rs", &"x\n".repeat(MAX_LINES)).is_none());
    }

    #[test]
    fn routes_are_read() {
        let source = "pub const ROUTES: [&str; 2] = [\"quant\", \"device\"];\nconst OTHER: [&str; 1] = [\"x\"];";
        assert_eq!(routes(source), Some(BTreeSet::from(["device".to_owned(), "quant".to_owned()])));
        assert_eq!(routes("nothing"), None);
    }
}
