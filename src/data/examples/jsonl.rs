//! JSON lines: an object a line, with a prompt and a completion.

use serde_json::{Map, Value};

use super::{COMPLETIONS, Field, Kept, PROMPTS, malformed, place_of};
use crate::protocol::{Fault, LabError};

/// Both fields with every byte escaped (`\u00e1`), and room for fields that are not read. Keeps the memory that a
/// hostile line can ask for within a small multiple of this.
const MAX_LINE_BYTES: usize = 64 << 10;
/// What a line looks like, for those who brought something else.
const EXPECTED: &str = r#"{"prompt": "…", "completion": "…"}"#;

/// Reads every line that is not blank.
pub(super) fn read(source: &str, text: &str, kept: &mut Kept<'_>) -> Result<(), LabError> {
    for (number, line) in (1u64..).zip(text.lines()) {
        let fail = |fault| malformed(source, format!("L{number}"), fault);
        if line.trim().is_empty() {
            continue;
        }
        if line.len() > MAX_LINE_BYTES {
            return Err(fail(Fault::TooLong { limit: MAX_LINE_BYTES as u64, got: line.len() as u64 }));
        }
        if !line.trim_start().starts_with('{') {
            return Err(fail(Fault::WrongKind { expected: EXPECTED.into() }));
        }
        let fields: Map<String, Value> = serde_json::from_str(line)
            .map_err(|error| fail(Fault::BadJson { line: number, column: error.column() as u64 }))?;
        let field = |names: &[&'static str]| {
            let at = |name: &str, fault| malformed(source, format!("L{number}: {name}"), fault);
            let place = place_of(names, fields.keys().map(String::as_str)).map_err(|fault| at(names[0], fault))?;
            let (name, value) = fields.iter().nth(place).ok_or_else(|| at(names[0], Fault::Missing))?;
            let text = value.as_str().ok_or_else(|| at(name, Fault::WrongKind { expected: "\"…\"".into() }))?;
            Ok(Field { name, text, bytes: text.len() as u64 })
        };
        kept.push(number, field(&PROMPTS)?, field(&COMPLETIONS)?)?;
    }
    Ok(())
}
