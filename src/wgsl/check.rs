//! Reads and validates a text as a browser does, and says what is wrong at the learner's own line.

use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};
use naga::{Module, Span};

use crate::protocol::Hint;

use super::explain;
use super::guard::guard;
use super::place::Place;

/// One thing that is wrong with a text.
#[derive(Clone, Debug, PartialEq)]
pub struct Diagnostic {
    /// Line and column from 1, length in characters.
    pub line: u32,
    pub column: u32,
    pub length: u32,
    /// What the compiler says, in its own English; empty where only the workshop noticed it.
    pub message: String,
    /// What to do about it.
    pub hint: Option<Hint>,
}

impl Diagnostic {
    pub(super) fn at(place: Place, message: String, hint: Option<Hint>) -> Diagnostic {
        Diagnostic { line: place.line, column: place.column, length: place.length, message, hint }
    }

    /// One that no compiler would give.
    pub(super) fn ours(place: Place, hint: Hint) -> Diagnostic {
        Diagnostic::at(place, String::new(), Some(hint))
    }
}

/// A text that is valid WGSL within WebGPU's core: no f16, no subgroups.
pub struct Valid {
    pub(super) module: Module,
    pub(super) info: ModuleInfo,
    pub(super) text: String,
}

/// Reads and validates `text`.
///
/// # Errors
/// What is wrong, the first thing first; never empty.
pub fn check(text: &str) -> Result<Valid, Vec<Diagnostic>> {
    guard(text).map_err(|refused| vec![refused])?;
    let module = naga::front::wgsl::parse_str(text).map_err(|error| {
        let labels: Vec<(Span, &str)> = error.labels().collect();
        let notes: Vec<&str> = error.notes().collect();
        vec![explain::unreadable(text, error.message(), &labels, &notes)]
    })?;
    // No capabilities: nothing that WebGPU makes optional.
    let info = Validator::new(ValidationFlags::all(), Capabilities::empty())
        .validate(&module)
        .map_err(|error| vec![explain::invalid(text, &module, &error)])?;
    Ok(Valid { module, info, text: text.to_owned() })
}
