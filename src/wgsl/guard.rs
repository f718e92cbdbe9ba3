//! Texts that a front end of recursive functions must not be given: a worker's stack is about a megabyte, and running out
//! of it ends the worker without a word.

use crate::protocol::Hint;

use super::check::Diagnostic;
use super::place::Place;
use super::tokens::tokens;

/// The longest text that is read, as the lab's own bound.
const MAX_BYTES: usize = 64 * 1024;
/// Brackets of every kind, open at once. Written code stays below 12.
const MAX_DEPTH: usize = 48;
/// Operators in one statement: each may be one level of recursion. Written code stays below 60.
const MAX_OPERATORS: usize = 400;
/// `else if` after `else if`: each is one level of recursion.
const MAX_ELSE_IF: usize = 64;

/// Refuses a text that is too long or too deep to be read safely.
pub fn guard(text: &str) -> Result<(), Diagnostic> {
    if text.len() > MAX_BYTES {
        let place = Place { line: 1, column: 1, length: 1 };
        return Err(Diagnostic::ours(place, Hint::TooLong { limit: MAX_BYTES as u64, got: text.len() as u64 }));
    }
    let (mut depth, mut operators, mut else_ifs) = (0usize, 0usize, 0usize);
    let mut before = "";
    for token in tokens(text) {
        match token.text {
            "(" | "[" | "{" => depth += 1,
            ")" | "]" | "}" => depth = depth.saturating_sub(1),
            "if" if before == "else" => else_ifs += 1,
            _ => {}
        }
        match token.text {
            ";" | "{" | "}" => operators = 0,
            // Commas and names do not nest.
            sign if !token.is_word() && sign != "," && !sign.starts_with(|c: char| c.is_ascii_digit()) => {
                operators += 1
            }
            "fn" => else_ifs = 0,
            _ => {}
        }
        if depth > MAX_DEPTH || operators > MAX_OPERATORS || else_ifs > MAX_ELSE_IF {
            return Err(Diagnostic::ours(Place::of(text, token.begin, token.end()), Hint::TooNested));
        }
        before = token.text;
    }
    Ok(())
}
