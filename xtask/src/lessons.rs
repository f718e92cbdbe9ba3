//! Lessons: CommonMark with `$formulas$` in, HTML with MathML out, at build time, so that the page ships no parser.

use std::path::{Path, PathBuf};

use pulldown_cmark::{CowStr, Event, Options, Parser, html};
use pulldown_latex::config::{DisplayMode, RenderConfig};
use pulldown_latex::{Storage, push_mathml};

use crate::run::{Outcome, files_below, read_text, root, write};

/// Renders `www/lessons/<lab>.<lang>.md` to `<folder>/lessons/<lab>.<lang>.html`; the folder is the argument, or the one
/// that Trunk is filling.
///
/// # Errors
/// The first lesson with a formula that cannot be read.
pub fn lessons(arguments: &[&str]) -> Outcome {
    let folder = match arguments {
        [] => std::env::var_os("TRUNK_STAGING_DIR").map(PathBuf::from),
        [folder] => Some(PathBuf::from(folder)),
        _ => None,
    };
    let folder = folder.ok_or("Which folder shall the lessons be rendered into?")?;
    for path in files_below(&root().join("www/lessons")) {
        let Some(name) = path.file_name().and_then(|n| n.to_str()).and_then(|n| n.strip_suffix(".md")) else {
            continue;
        };
        let rendered = rendered(&read_text(&path)?).map_err(|e| format!("{}: {e}", path.display()))?;
        write(&folder.join("lessons").join(Path::new(&format!("{name}.html"))), rendered.as_bytes())?;
    }
    Ok(())
}

/// One lesson as an HTML fragment. Markup inside of a lesson is shown as text: lessons are prose and formulas.
fn rendered(lesson: &str) -> Outcome<String> {
    let options = Options::ENABLE_MATH | Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH;
    let mut events = Vec::new();
    for event in Parser::new_ext(lesson, options) {
        events.push(match event {
            Event::InlineMath(formula) => Event::InlineHtml(mathml(&formula, DisplayMode::Inline)?.into()),
            Event::DisplayMath(formula) => Event::Html(mathml(&formula, DisplayMode::Block)?.into()),
            Event::Html(text) | Event::InlineHtml(text) => Event::Text(text),
            Event::Text(text) if text.contains('$') => return Err(format!("a formula without end: `{text}`")),
            other => other,
        });
    }
    let mut out = String::with_capacity(lesson.len() * 2);
    html::push_html(&mut out, events.into_iter());
    // The page's policy forbids style attributes; `app.css` knows these classes.
    for side in ["left", "center", "right"] {
        out = out.replace(&format!(" style=\"text-align: {side}\""), &format!(" class=\"{side}\""));
    }
    Ok(out)
}

fn mathml(formula: &CowStr<'_>, display_mode: DisplayMode) -> Outcome<String> {
    let storage = Storage::new();
    let parser = pulldown_latex::Parser::new(formula, &storage);
    // The parser's faults are part of its events; the renderer would draw them in red, and nobody would notice.
    let events = parser.collect::<Result<Vec<_>, _>>().map_err(|e| format!("the formula `{formula}`: {e}"))?;
    let config = RenderConfig { display_mode, annotation: None, ..RenderConfig::default() };
    let mut out = String::new();
    let faultless = events.into_iter().map(Ok::<_, std::convert::Infallible>);
    push_mathml(&mut out, faultless, config).map_err(|e| format!("the formula `{formula}`: {e}"))?;
    out = with_spaces_outside(&out);
    if let Some(tag) = misfit(&out) {
        return Err(format!(
            "the formula `{formula}` gives a <{tag}> with too many or too few parts; word it otherwise."
        ));
    }
    if out.contains(" style=") {
        return Err(format!(
            "the formula `{formula}` needs a style attribute, which the page's policy forbids; word it otherwise."
        ));
    }
    Ok(out)
}

/// Elements whose number of parts MathML fixes.
const FIXED: [(&str, usize); 8] = [
    ("msub", 2),
    ("msup", 2),
    ("mfrac", 2),
    ("mroot", 2),
    ("munder", 2),
    ("mover", 2),
    ("msubsup", 3),
    ("munderover", 3),
];

/// The renderer puts the space before `\log_{10}` inside of the `<msub>`, as a third part; browsers refuse that.
fn with_spaces_outside(mathml: &str) -> String {
    let mut out = mathml.to_owned();
    for (tag, _) in FIXED {
        let open = format!("<{tag}><mspace");
        while let Some(at) = out.find(&open) {
            let space = at + tag.len() + 2;
            let Some(end) = out[space..].find("/>").map(|e| space + e + 2) else { break };
            out = [&out[..at], &out[space..end], &out[at..space], &out[end..]].concat();
        }
    }
    out
}

/// The first element that has another number of parts than MathML wants.
fn misfit(mathml: &str) -> Option<&str> {
    let mut open: Vec<(&str, usize)> = Vec::new();
    for piece in mathml.split('<').skip(1) {
        let tag = piece.split('>').next().unwrap_or_default();
        let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
        if tag.starts_with('/') {
            let (_, parts) = open.pop()?;
            if FIXED.iter().any(|(fixed, wanted)| *fixed == name && *wanted != parts) {
                return Some(name);
            }
            continue;
        }
        if let Some((_, parts)) = open.last_mut() {
            *parts += 1;
        }
        if !tag.ends_with('/') {
            open.push((name, 0));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prose_and_formulas_become_html_and_mathml() {
        let html =
            rendered("## Bits\n\nEl *error* de $q = \\operatorname{round}(x/s)$.\n\n$$\\frac{\\Delta^2}{12}$$\n")
                .unwrap();
        assert!(html.contains("<h2>Bits</h2>") && html.contains("<em>error</em>"), "{html}");
        assert!(html.contains("<math") && html.contains("<mfrac>"), "{html}");
        assert!(html.contains("display=\"block\""), "{html}");
        assert!(!html.contains('$'), "{html}");
    }

    #[test]
    fn a_space_before_an_operator_is_no_part_of_its_script() {
        let html = rendered("$10 \\log_{10} x$ and $a \\max_i^n b$").unwrap();
        assert!(html.contains("/><msub><mi>log</mi>"), "{html}");
    }

    #[test]
    fn misfits_are_found() {
        assert_eq!(misfit("<math><msub><mspace width=\"1em\" /><mi>a</mi><mn>1</mn></msub></math>"), Some("msub"));
        assert_eq!(misfit("<math><mfrac><mrow><mi>a</mi><mi>b</mi></mrow></mfrac></math>"), Some("mfrac"));
        assert_eq!(misfit("<math><msub><mi>a</mi><mrow><mn>1</mn><mn>0</mn></mrow></msub></math>"), None);
    }

    #[test]
    fn tables_are_tables() {
        let html = rendered("| a | b |\n| --- | ---: |\n| 1 | 2 |\n").unwrap();
        assert!(html.contains("<table>") && html.contains("<td class=\"right\">2</td>"), "{html}");
    }

    #[test]
    fn a_broken_formula_is_refused_and_named() {
        assert!(rendered("$\\nonsense x$").unwrap_err().contains("\\nonsense x"));
        assert!(rendered("half of $\\frac{1}{2}").unwrap_err().contains("without end"));
    }

    #[test]
    fn a_formula_that_the_policy_would_break_is_refused() {
        assert!(rendered("$\\color{red} x$").unwrap_err().contains("policy"));
    }

    #[test]
    fn markup_is_text() {
        let html = rendered("a <script>alert(1)</script> b\n\n<div onclick=x>\n").unwrap();
        assert!(!html.contains("<script") && !html.contains("<div"), "{html}");
    }

    #[test]
    fn every_lesson_of_the_project_renders() {
        for path in files_below(&root().join("www/lessons")) {
            let html = rendered(&read_text(&path).unwrap()).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
            assert!(!html.is_empty(), "{}", path.display());
        }
    }
}
