//! Everything that is kept, as one file to take along: `{"afina": 1, "build": .., "saved": .., "entries": {name: text}}`.
//!
//! A file that comes back may be anything. It is read in full before a single entry is written.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::protocol::{Fault, LabError, Resource};

/// Version of the file.
const VERSION: u64 = 1;
/// Browsers keep about 5 MB a site; a larger file is not one of ours.
pub const MAX_BYTES: u64 = 5 * 1024 * 1024;
/// Far more entries than the page ever makes.
const MAX_ENTRIES: usize = 1_000;

#[derive(Serialize)]
struct Bundle<'a> {
    afina: u64,
    build: &'a str,
    saved: &'a str,
    entries: BTreeMap<&'a str, &'a str>,
}

/// The file's text.
pub fn text_from_entries(build: &str, saved: &str, entries: &[(String, String)]) -> String {
    let entries = entries.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let bundle = Bundle { afina: VERSION, build, saved, entries };
    serde_json::to_string_pretty(&bundle).expect("texts always serialise")
}

/// The entries of a file. `prefix` is how every name of ours begins.
///
/// # Errors
/// [`LabError::TooLarge`], or [`LabError::Malformed`] naming the file, the field and the reason.
pub fn entries_from_text(source: &str, prefix: &str, text: &str) -> Result<Vec<(String, String)>, LabError> {
    let malformed = |at: &str, fault: Fault| LabError::Malformed { source: source.into(), at: at.into(), fault };
    let got = text.len() as u64;
    if got > MAX_BYTES {
        return Err(LabError::TooLarge { what: source.into(), limit: MAX_BYTES, got, resource: Resource::Bytes });
    }
    let root: Value = serde_json::from_str(text)
        .map_err(|e| malformed("JSON", Fault::BadJson { line: e.line() as u64, column: e.column() as u64 }))?;
    match root.get("afina") {
        None => return Err(malformed("afina", Fault::BadMagic)),
        Some(version) if version.as_u64() != Some(VERSION) => {
            return Err(malformed("afina", Fault::BadVersion { got: version.to_string() }));
        }
        Some(_) => {}
    }
    let entries = root.get("entries").ok_or_else(|| malformed("entries", Fault::Missing))?;
    let entries =
        entries.as_object().ok_or_else(|| malformed("entries", Fault::WrongKind { expected: "{}".into() }))?;
    if entries.len() > MAX_ENTRIES {
        let (limit, got) = (MAX_ENTRIES as u64, entries.len() as u64);
        return Err(malformed("entries", Fault::TooLong { limit, got }));
    }
    let entry = |(name, value): (&String, &Value)| {
        if !name.starts_with(prefix) {
            return Err(malformed(name, Fault::WrongKind { expected: format!("{prefix}…") }));
        }
        let text = value.as_str().ok_or_else(|| malformed(name, Fault::WrongKind { expected: "\"…\"".into() }))?;
        Ok((name.clone(), text.to_owned()))
    };
    entries.iter().map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_exported_comes_back() {
        let entries =
            vec![("afina.lang".to_owned(), "es".to_owned()), ("afina.x".to_owned(), "{\"a\":\"ñ\"}".to_owned())];
        let text = text_from_entries("b1", "2026-11-23", &entries);
        assert_eq!(entries_from_text("f.json", "afina.", &text), Ok(entries));
    }

    #[test]
    fn files_that_are_not_ours_are_refused_by_name_and_place() {
        let at = |text: &str| match entries_from_text("f.json", "afina.", text) {
            Err(LabError::Malformed { source, at, fault }) => {
                assert_eq!(source, "f.json");
                (at, fault)
            }
            other => panic!("{text}: {other:?}"),
        };
        assert!(matches!(at("{\n\"afina\": 1,,}").1, Fault::BadJson { line: 2, .. }));
        assert_eq!(at("[]"), ("afina".into(), Fault::BadMagic));
        assert_eq!(at("{\"afina\":2}"), ("afina".into(), Fault::BadVersion { got: "2".into() }));
        assert_eq!(at("{\"afina\":1}"), ("entries".into(), Fault::Missing));
        assert_eq!(at("{\"afina\":1,\"entries\":[]}").0, "entries");
        assert_eq!(at("{\"afina\":1,\"entries\":{\"afina.lang\":3}}").0, "afina.lang");
        assert_eq!(at("{\"afina\":1,\"entries\":{\"other\":\"x\"}}").0, "other");
        assert!(matches!(at(&["[".repeat(100_000), "]".repeat(100_000)].concat()).1, Fault::BadJson { .. }));
    }

    #[test]
    fn a_file_that_the_browser_could_not_keep_is_refused_unread() {
        let text = " ".repeat(MAX_BYTES as usize + 1);
        assert!(matches!(entries_from_text("f", "afina.", &text), Err(LabError::TooLarge { .. })));
    }
}
