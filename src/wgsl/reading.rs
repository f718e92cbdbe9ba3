//! A text that cannot be read: the place that is the student's, and a hint.

use naga::Span;

use crate::protocol::Hint;

use super::check::Diagnostic;
use super::names::{foreign, nearest};
use super::place::Place;
use super::tokens::{Token, tokens};

/// The part of a text between a pair of backquotes, counted from 0.
pub fn quoted(message: &str, number: usize) -> &str {
    message.split('`').nth(2 * number + 1).unwrap_or_default()
}

pub fn owned(text: &str) -> String {
    text.to_owned()
}

/// The bytes that a span covers, cut to what exists.
pub fn piece(text: &str, span: Span) -> &str {
    span.to_range().and_then(|range| text.get(range)).unwrap_or_default()
}

/// A text that could not be read: what the front end says about it.
pub fn unreadable(text: &str, message: &str, labels: &[(Span, &str)], notes: &[&str]) -> Diagnostic {
    let mut spans = labels.iter().map(|(span, _)| *span).filter(|span| span.is_defined());
    // A conversion that does not exist: the value that should be converted is what the student looks at.
    let second = message.starts_with("automatic conversions") && labels.len() > 1;
    let span = if second { spans.nth(1) } else { spans.next() };
    let span = span.or_else(|| constant_index(text, message)).unwrap_or_default();
    let all = tokens(text);
    let begin = span.to_range().map_or(0, |range| range.start);
    // An error at the end of the text has no token of its own.
    let at = all.iter().position(|token| token.begin >= begin).unwrap_or(all.len());
    let (before, here) = (at.checked_sub(1).and_then(|i| all.get(i)), all.get(at));
    let mut place = Place::of_span(text, span);
    let comment = piece(text, span).starts_with("/*");
    let hint = reading_hint(text, message, span, &all, at);
    // What is missing is missing at the end of the line before, where a student would write it.
    let missing = matches!(hint, Some(Hint::MissingSemicolon)) || (here.is_none() && !comment);
    if let (true, Some(before)) = (missing, before) {
        place = Place::of(text, before.begin, before.end());
    }
    if let Some(Hint::Unclosed { bracket }) = &hint
        && let Some(open) = last_unclosed(text, &all, bracket)
    {
        place = Place::of(text, open.begin, open.end());
    }
    let notes: String = notes.iter().take(2).map(|note| format!("; {note}")).collect();
    Diagnostic::at(place, format!("{message}{notes}"), hint)
}

/// An index beyond the end comes without a place: the first index with that value.
fn constant_index(text: &str, message: &str) -> Option<Span> {
    let index = message.strip_prefix("Index ")?.split(' ').next()?;
    let all = tokens(text);
    let is_it = |words: &[Token<'_>]| {
        words[0].text == "[" && words[1].text.trim_end_matches(['u', 'i']) == index && words[2].text == "]"
    };
    let found = all.windows(3).find(|words| is_it(words))?;
    Some(Span::from(found[1].begin..found[1].end()))
}

/// Spaces before the first sign of the line that `at` is on, if nothing else stands before it.
fn indent(text: &str, at: usize) -> (usize, bool) {
    let line = text[..at].rfind('\n').map_or(0, |i| i + 1);
    let spaces = text[line..].chars().take_while(|c| c.is_whitespace()).count();
    (spaces, text[line..at].trim().is_empty())
}

/// The `bracket` that stays open if the text ends too early: one whose partner, by indentation, belongs to somebody
/// else, or the innermost one that has none.
fn last_unclosed<'a>(text: &str, all: &[Token<'a>], bracket: &str) -> Option<Token<'a>> {
    let mut open: Vec<Token<'a>> = Vec::new();
    for token in all {
        match token.text {
            "(" | "[" | "{" => open.push(*token),
            ")" | "]" | "}" => {
                let Some(partner) = open.pop() else { continue };
                let (outer, first) = indent(text, token.begin);
                if token.text == "}" && bracket == "{" && first && outer < indent(text, partner.begin).0 {
                    return Some(partner);
                }
            }
            _ => {}
        }
    }
    open.into_iter().rev().find(|token| token.text == bracket)
}

fn reading_hint(text: &str, message: &str, span: Span, all: &[Token<'_>], at: usize) -> Option<Hint> {
    let word = piece(text, span);
    let before = at.checked_sub(1).and_then(|i| all.get(i)).map_or("", |token| token.text);
    let here = all.get(at).map_or("", |token| token.text);
    let next = all.get(at + 1).map_or("", |token| token.text);
    let begins = |start: &str| message.starts_with(start);
    if word.starts_with("/*") {
        return Some(Hint::Unclosed { bracket: owned("/*") });
    }
    if let Some(wgsl) = foreign(word).or_else(|| foreign(before)).filter(|_| begins("expected") || begins("no def")) {
        let name = if foreign(word).is_some() { word } else { before };
        return Some(Hint::ForeignType { name: owned(name), wgsl: owned(wgsl) });
    }
    if begins("expected") {
        return unexpected(text, message, all, at, [before, here, next]);
    }
    if begins("no definition in scope") || begins("unknown type") || begins("unknown scalar type") {
        let name = quoted(message, 0);
        return Some(Hint::UnknownName { name: owned(name), nearest: nearest(name, all, at) });
    }
    if begins("automatic conversions") || begins("the type of") {
        let (got, expected) = if begins("the type of") {
            (quoted(message, 2), quoted(message, 1))
        } else {
            (quoted(message, 0), quoted(message, 1))
        };
        return Some(Hint::Types { expected: owned(expected), got: owned(got) });
    }
    if begins("inconsistent type passed") || begins("wrong type passed") {
        return Some(if matches!(here, "atomicAdd" | "atomicMax" | "atomicMin") {
            Hint::NotAtomic
        } else {
            Hint::ArgumentType
        });
    }
    if begins("wrong number of arguments") {
        let counts = message.split_once(": expected ").and_then(|(_, rest)| rest.split_once(", found "));
        let (expected, got) = counts.unwrap_or_default();
        return Some(Hint::ArgumentCount { expected: owned(expected), got: owned(got) });
    }
    if begins("Index ") {
        return Some(Hint::IndexBeyond);
    }
    if begins("type mismatch for reject") {
        return Some(Hint::ArgumentType);
    }
    if message.contains("needs a 'binding'") || message.contains("needs a 'group'") {
        let mut rest = all.get(at..).unwrap_or_default().iter().skip_while(|token| token.text != ">");
        return Some(Hint::MissingBinding { name: rest.nth(1).map_or(String::new(), |token| owned(token.text)) });
    }
    let name = || owned(word.split(['.', '[', ' ']).next().unwrap_or_default());
    Some(match message {
        _ if begins("too many arguments") => Hint::ArgumentType,
        _ if begins("invalid field accessor") => Hint::NoSuchField { name: owned(quoted(message, 0)) },
        _ if begins("name `") => Hint::Reserved { name: owned(quoted(message, 0)) },
        _ if begins("redefinition") => Hint::Twice { name: owned(quoted(message, 0)) },
        _ if begins("invalid left-hand side") => assignment(word, text, span, all),
        _ if begins("declaration of") => Hint::Recursion { name: owned(quoted(message, 0)) },
        _ if begins("unknown address space") || begins("invalid address space") => Hint::WorkgroupInFunction,
        _ if begins("unknown builtin") => Hint::UnknownBuiltin,
        _ if begins("workgroup size is missing") => Hint::MissingWorkgroupSize,
        _ if begins("atomic variables cannot") => Hint::AtomicAccess,
        _ if begins("atomic operation") => Hint::NotAtomic,
        _ if begins("the `f16`") || begins("the `subgroups`") || begins("unknown enable") => Hint::NoExtension,
        _ if message.contains("enable extension") || message.contains("enable-extension") => Hint::NoExtension,
        _ if begins("Unexpected runtime-expression")
            || begins("must be a const-expression")
            || begins("this operation is not supported in a const") =>
        {
            Hint::ConstantNeeded
        }
        _ if begins("increment/decrement operation") => Hint::AssignToLet { name: name() },
        _ => return None,
    })
}

/// A token that the grammar does not allow here.
fn unexpected(text: &str, message: &str, all: &[Token<'_>], at: usize, words: [&str; 3]) -> Option<Hint> {
    let [before, here, next] = words;
    let on_new_line = match (at.checked_sub(1).and_then(|i| all.get(i)), all.get(at)) {
        (Some(before), Some(here)) => text.get(before.end()..here.begin).is_some_and(|between| between.contains('\n')),
        (_, None) => {
            let bracket = ["{", "(", "["].into_iter().find(|bracket| last_unclosed(text, all, bracket).is_some())?;
            return Some(Hint::Unclosed { bracket: owned(bracket) });
        }
        _ => false,
    };
    let cast = at >= 3 && before == ")" && all[at - 3].text == "(" && matches!(all[at - 2].text, "f32" | "u32" | "i32");
    if cast {
        let ty = all[at - 2].text;
        return Some(Hint::ForeignType { name: format!("({ty})x"), wgsl: format!("{ty}(x)") });
    }
    if let Some(bracket) =
        message.strip_prefix("expected `").and_then(|rest| rest.chars().next()).filter(|c| ")]".contains(*c))
    {
        return Some(Hint::Unbalanced { bracket: bracket.to_string() });
    }
    let statement_ends = message.starts_with("expected `;`") || message.starts_with("expected assignment");
    if here == "?" {
        return Some(Hint::Ternary);
    }
    if on_new_line && (statement_ends || before == "return" || message.starts_with("expected operation")) {
        return Some(Hint::MissingSemicolon);
    }
    if matches!((here, next), ("+", "+") | ("-", "-"))
        || (here == "=" && before != "=")
        || message.contains("assignment")
    {
        return Some(Hint::NotAnExpression);
    }
    if statement_ends && !on_new_line && (here == "}" || !next.is_empty()) && !before.is_empty() {
        return Some(Hint::MissingSemicolon);
    }
    if message.starts_with("expected identifier") && here.starts_with(|c: char| c.is_alphabetic()) {
        return Some(Hint::Reserved { name: owned(here) });
    }
    None
}

/// What the left side of an assignment that cannot be assigned to is.
fn assignment(word: &str, text: &str, span: Span, all: &[Token<'_>]) -> Hint {
    let name = word.split(['.', '[', ' ']).next().unwrap_or_default();
    let begin = span.to_range().map_or(0, |range| range.start);
    let declared = all.iter().take_while(|token| token.begin < begin).collect::<Vec<_>>();
    let by =
        declared.windows(2).rev().find(|pair| pair[1].text == name && pair[0].text != "." && is_keyword(pair[0].text));
    let argument = declared.windows(2).rev().find(|pair| pair[0].text == name && pair[1].text == ":");
    match (by, argument) {
        (None, Some(_)) if !text.is_empty() => Hint::AssignToArgument { name: owned(name) },
        _ => Hint::AssignToLet { name: owned(name) },
    }
}

fn is_keyword(word: &str) -> bool {
    matches!(word, "let" | "const" | "var" | "override")
}
