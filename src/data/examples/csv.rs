//! CSV with texts: a header that names the columns, and fields in quotes that may hold separators and line breaks.
//!
//! `data::csv` reads numbers and knows that no number has a line break in it, so it works line by line; texts have
//! them. Of the `csv` crate, this is what would be left to do around it: which separator, which columns, which line.
//!
//! # Source
//! RFC 4180, with `\n` as well as `\r\n`, and semicolons and tabs as spreadsheets of other countries write them.

use super::{COMPLETIONS, Field, Kept, MAX_FIELD_BYTES, PROMPTS, malformed, place_of};
use crate::protocol::{Fault, LabError};

const SEPARATORS: [char; 3] = [',', ';', '\t'];
/// Columns that are looked at; those beyond are counted.
const MAX_COLUMNS: usize = 100;

/// Reads the header and every record below it in which something is written.
pub(super) fn read(source: &str, text: &str, kept: &mut Kept<'_>) -> Result<(), LabError> {
    let mut likeliest: Option<(usize, LabError)> = None;
    for separator in SEPARATORS {
        let mut records = Records { source, text, line: 1, separator };
        // What is told in the end is the fault with the separator that finds the most columns.
        let (columns, error) = match records.next() {
            Ok(None) => continue,
            Ok(Some(header)) => match places_in(source, &header) {
                Ok(places) => return below(&mut records, &header, places, kept),
                Err(error) => (header.count, error),
            },
            Err(error) => (0, error),
        };
        if likeliest.as_ref().is_none_or(|(most, _)| *most < columns) {
            likeliest = Some((columns, error));
        }
    }
    Err(likeliest.map_or_else(|| malformed(source, "L1", Fault::Empty), |(_, error)| error))
}

/// The columns of prompts and of completions.
fn places_in(source: &str, header: &Record) -> Result<(usize, usize), LabError> {
    let place = |names: &[&str]| {
        let found = place_of(names, header.fields.iter().map(|field| field.text.as_str()));
        found.map_err(|fault| malformed(source, format!("L{}: {}", header.line, names[0]), fault))
    };
    Ok((place(&PROMPTS)?, place(&COMPLETIONS)?))
}

/// Reads the records below a header whose columns `prompt` and `completion` are wanted.
fn below(
    records: &mut Records<'_>,
    header: &Record,
    (prompt, completion): (usize, usize),
    kept: &mut Kept<'_>,
) -> Result<(), LabError> {
    while let Some(record) = records.next()? {
        // A row that was emptied in a spreadsheet is written as separators alone.
        if record.fields.iter().all(|field| field.text.trim().is_empty()) {
            continue;
        }
        if record.count != header.count {
            let fault = Fault::RaggedRow { expected: header.count as u64, got: record.count as u64 };
            return Err(malformed(records.source, format!("L{}", record.line), fault));
        }
        let field = |at: usize| {
            let Text { text, bytes } = &record.fields[at];
            Field { name: header.fields[at].text.trim(), text, bytes: *bytes }
        };
        kept.push(record.line, field(prompt), field(completion))?;
    }
    Ok(())
}

/// A field without its quotes: as much of it as may be kept and one byte more, and how long it is.
#[derive(Debug, Default)]
struct Text {
    text: String,
    bytes: u64,
}

impl Text {
    fn push(&mut self, part: &str) {
        self.bytes += part.len() as u64;
        let room = (MAX_FIELD_BYTES as usize + 1).saturating_sub(self.text.len());
        self.text.push_str(&part[..part.floor_char_boundary(room)]);
    }
}

/// A line of a table, which may be several lines of text.
#[derive(Debug)]
struct Record {
    /// Where it begins, from 1.
    line: u64,
    /// At most [`MAX_COLUMNS`].
    fields: Vec<Text>,
    /// Fields in all.
    count: usize,
}

struct Records<'a> {
    source: &'a str,
    /// What is not read yet.
    text: &'a str,
    /// The line, from 1, at which it begins.
    line: u64,
    separator: char,
}

impl<'a> Records<'a> {
    /// The next record that is not a blank line.
    ///
    /// # Errors
    /// [`Fault::Quotes`] at the line where the field begins.
    fn next(&mut self) -> Result<Option<Record>, LabError> {
        loop {
            let end = self.text.find('\n').unwrap_or(self.text.len());
            if self.text.is_empty() {
                return Ok(None);
            }
            if !self.text[..end].trim().is_empty() {
                return self.record().map(Some);
            }
            self.take((end + 1).min(self.text.len()));
        }
    }

    fn record(&mut self) -> Result<Record, LabError> {
        let mut record = Record { line: self.line, fields: Vec::new(), count: 0 };
        loop {
            let field = self.field()?;
            record.count += 1;
            if record.fields.len() < MAX_COLUMNS {
                record.fields.push(field);
            }
            match self.text.chars().next() {
                Some(sign) if sign == self.separator => drop(self.take(sign.len_utf8())),
                _ => {
                    // The end of the line, or of the text.
                    self.take(self.text.len().min(1));
                    return Ok(record);
                }
            }
        }
    }

    /// One field; what follows is a separator, `\n` or the end.
    fn field(&mut self) -> Result<Text, LabError> {
        let mut field = Text::default();
        let separator = self.separator;
        let blank = |c: char| c.is_whitespace() && c != separator && c != '\n';
        let begin = self.text.len() - self.text.trim_start_matches(blank).len();
        if !self.text[begin..].starts_with('"') {
            let end = self.text.find([self.separator, '\n']).unwrap_or(self.text.len());
            field.push(self.take(end).trim());
            return Ok(field);
        }
        let opened = malformed(self.source, format!("L{}", self.line), Fault::Quotes);
        self.take(begin + 1);
        loop {
            let Some(end) = self.text.find('"') else { return Err(opened) };
            field.push(&self.take(end + 1)[..end]);
            if !self.text.starts_with('"') {
                break;
            }
            // Two quotes inside a field are one.
            field.push(self.take(1));
        }
        self.take(self.text.len() - self.text.trim_start_matches(blank).len());
        let ends = self.text.is_empty() || self.text.starts_with([self.separator, '\n']);
        if ends { Ok(field) } else { Err(opened) }
    }

    /// Moves on by `bytes` and gives what was there.
    fn take(&mut self, bytes: usize) -> &'a str {
        let (taken, rest) = self.text.split_at(bytes);
        self.text = rest;
        self.line += taken.bytes().filter(|byte| *byte == b'\n').count() as u64;
        taken
    }
}
