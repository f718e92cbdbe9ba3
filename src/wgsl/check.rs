//! Reads and validates a text as a browser does, and says what is wrong at the learner's own line.

use naga::front::wgsl::{Frontend, Options};
use naga::valid::{Capabilities, ModuleInfo, ValidationFlags, Validator};
use naga::{Module, Span};

use crate::protocol::Hint;

use super::guard::guard;
use super::place::Place;
use super::{reading, validity};

/// Nothing that WebGPU makes optional; unpack2x16float and its relatives are core.
const CORE: Capabilities = Capabilities::SHADER_FLOAT16_IN_FLOAT32;
/// Compilers quote whole functions; a student needs the beginning.
const SHOWN_CHARACTERS: usize = 240;

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
        let first = message.lines().next().unwrap_or_default();
        let mut shown: String = first.chars().take(SHOWN_CHARACTERS).collect();
        if shown.len() < first.len() {
            shown.push('…');
        }
        Diagnostic { line: place.line, column: place.column, length: place.length, message: shown, hint }
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

impl Valid {
    /// Names of the entry points, in their order.
    pub fn entries(&self) -> impl Iterator<Item = &str> {
        self.module.entry_points.iter().map(|entry| entry.name.as_str())
    }
}

/// Reads and validates `text`.
///
/// # Errors
/// What is wrong, the first thing first; never empty.
pub fn check(text: &str) -> Result<Valid, Vec<Diagnostic>> {
    guard(text).map_err(|refused| vec![refused])?;
    let options = Options { parse_doc_comments: false, capabilities: CORE };
    let module = Frontend::new_with_options(options).parse(text).map_err(|error| {
        let labels: Vec<(Span, &str)> = error.labels().collect();
        let notes: Vec<&str> = error.notes().collect();
        vec![reading::unreadable(text, error.message(), &labels, &notes)]
    })?;
    let info = Validator::new(ValidationFlags::all(), CORE)
        .validate(&module)
        .map_err(|error| vec![validity::invalid(text, &module, &error)])?;
    Ok(Valid { module, info, text: text.to_owned() })
}
