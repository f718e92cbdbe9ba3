//! The visitor's own examples: what the model is given and what it should write, from CSV or JSON lines.
//!
//! ```text
//! mod.rs    examples, limits, which kind a file is
//! csv.rs    a header and quoted fields, as spreadsheets write them
//! jsonl.rs  one JSON object a line
//! parts.rs  what is trained on, looked at and tested
//! ```

mod csv;
mod jsonl;
mod parts;

use std::collections::{BTreeMap, HashSet};

use crate::protocol::{Fault, LabError, Resource};

pub use parts::{MIN_EXAMPLES, Parts, parts};

/// 8 MiB: every example as long as it may be would be more, but nobody trains on that in a browser.
pub const MAX_FILE_BYTES: u64 = 8 << 20;
/// More than a lab's training looks at.
pub const MAX_EXAMPLES: u64 = 10_000;
/// Longest prompt or completion: more tokens than the lab's models can attend to.
pub const MAX_FIELD_BYTES: u64 = 4_000;
/// With more different completions than this they are answers, not labels.
pub const MAX_CLASSES: usize = 20;

/// What the fields are called, the first being the name that errors use.
const PROMPTS: [&str; 3] = ["text", "texto", "prompt"];
const COMPLETIONS: [&str; 3] = ["label", "etiqueta", "completion"];

/// One example; neither text is empty, and neither begins or ends with white space.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Example {
    /// What the model is given.
    pub prompt: String,
    /// What it should write: a label or an answer.
    pub completion: String,
}

/// What a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Csv,
    JsonLines,
}

/// The examples of a file, in its order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examples {
    pub kind: Kind,
    pub all: Vec<Example>,
    /// How many of them stand in the file before as well; they are kept.
    pub duplicates: usize,
}

impl Examples {
    /// Reads a file; whether it is CSV or JSON lines is seen from its first character.
    ///
    /// # Errors
    /// [`LabError::TooLarge`] above [`MAX_FILE_BYTES`] or [`MAX_EXAMPLES`]; [`LabError::Malformed`] at `L12` (the line, from
    /// 1) or `L12: label` for everything else.
    pub fn read(source: &str, bytes: &[u8]) -> Result<Examples, LabError> {
        let size = bytes.len() as u64;
        if size > MAX_FILE_BYTES {
            let (limit, resource) = (MAX_FILE_BYTES, Resource::Bytes);
            return Err(LabError::TooLarge { what: source.into(), limit, got: size, resource });
        }
        let text = std::str::from_utf8(bytes).map_err(|error| {
            let line = 1 + bytes[..error.valid_up_to()].iter().filter(|byte| **byte == b'\n').count();
            malformed(source, format!("L{line}"), Fault::NotUtf8)
        })?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut kept = Kept { source, all: Vec::new() };
        let kind = match text.trim_start().chars().next() {
            None => return Err(malformed(source, "L1", Fault::Empty)),
            Some('{' | '[') => Kind::JsonLines,
            Some(_) => Kind::Csv,
        };
        match kind {
            Kind::Csv => csv::read(source, text, &mut kept)?,
            Kind::JsonLines => jsonl::read(source, text, &mut kept)?,
        }
        if kept.all.is_empty() {
            return Err(malformed(source, "L2", Fault::Empty));
        }
        let different: HashSet<&Example> = kept.all.iter().collect();
        let duplicates = kept.all.len() - different.len();
        Ok(Examples { kind, all: kept.all, duplicates })
    }

    /// The completions and how often each occurs, in alphabetical order, if they are labels: at most [`MAX_CLASSES`], and
    /// each twice on average.
    pub fn classes(&self) -> Option<BTreeMap<&str, usize>> {
        classes(&self.all)
    }
}

fn classes(examples: &[Example]) -> Option<BTreeMap<&str, usize>> {
    let mut counts = BTreeMap::new();
    for example in examples {
        *counts.entry(example.completion.as_str()).or_insert(0) += 1;
        if counts.len() > MAX_CLASSES {
            return None;
        }
    }
    (2 * counts.len() <= examples.len()).then_some(counts)
}

/// The examples read so far.
struct Kept<'a> {
    source: &'a str,
    all: Vec<Example>,
}

impl Kept<'_> {
    /// Keeps an example that begins at `line`; the sizes are those of the fields in the file, of which not more than
    /// [`MAX_FIELD_BYTES`] need be given.
    fn push(&mut self, line: u64, prompt: Field<'_>, completion: Field<'_>) -> Result<(), LabError> {
        let text = |name: &str, field: Field<'_>| {
            let fail = |fault| malformed(self.source, format!("L{line}: {name}"), fault);
            let text = field.text.trim();
            if field.bytes > MAX_FIELD_BYTES {
                return Err(fail(Fault::TooLong { limit: MAX_FIELD_BYTES, got: field.bytes }));
            }
            if text.is_empty() { Err(fail(Fault::Empty)) } else { Ok(text.replace("\r\n", "\n")) }
        };
        let example = Example { prompt: text(prompt.name, prompt)?, completion: text(completion.name, completion)? };
        if self.all.len() as u64 == MAX_EXAMPLES {
            let (what, got) = (self.source.into(), MAX_EXAMPLES + 1);
            return Err(LabError::TooLarge { what, limit: MAX_EXAMPLES, got, resource: Resource::Examples });
        }
        self.all.push(example);
        Ok(())
    }
}

/// A text of the file under the name that it has there.
#[derive(Clone, Copy, Debug)]
struct Field<'a> {
    name: &'a str,
    text: &'a str,
    bytes: u64,
}

fn malformed(source: &str, at: impl Into<String>, fault: Fault) -> LabError {
    LabError::Malformed { source: source.into(), at: at.into(), fault }
}

/// The place of the one field that has one of `names`.
///
/// # Errors
/// [`Fault::Missing`] or, where two have one, [`Fault::Duplicate`].
fn place_of<'a>(names: &[&str], fields: impl Iterator<Item = &'a str>) -> Result<usize, Fault> {
    let known = |field: &str| names.iter().any(|name| field.trim().to_lowercase() == *name);
    let mut found = fields.enumerate().filter(|(_, field)| known(field));
    match (found.next(), found.next()) {
        (None, _) => Err(Fault::Missing),
        (Some((at, _)), None) => Ok(at),
        (_, Some((_, twice))) => Err(Fault::Duplicate { name: twice.trim().into() }),
    }
}
