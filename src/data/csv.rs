//! CSV: a matrix of numbers as spreadsheets of any country export it.
//!
//! The separator is a semicolon, a tab, a comma or spaces, found from the text itself; where it is not a comma, the
//! decimal sign may be one. The `csv` crate does not know numbers, decimal commas or the visitor's limits; what it
//! would do here is split lines.

use super::window::Matrix;
use crate::protocol::{Fault, LabError, Resource};

/// 256 MiB: 16 bytes for each of 16.7 million weights.
pub const MAX_TEXT_BYTES: u64 = 256 << 20;

/// What stands between two numbers of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Separator {
    Sign(char),
    Spaces,
}

/// Reads a matrix line by line, so that the caller can breathe between steps.
#[derive(Debug)]
pub struct CsvReader<'a> {
    source: &'a str,
    text: &'a str,
    /// Bytes of `text` that are read.
    consumed: usize,
    /// 1-based number of the next line.
    line: u64,
    separator: Separator,
    may_be_names: bool,
    max_weights: u64,
    matrix: Matrix,
}

impl<'a> CsvReader<'a> {
    /// Prepares to read; nothing but the encoding is checked yet.
    ///
    /// # Errors
    /// [`LabError::TooLarge`] above [`MAX_TEXT_BYTES`], [`Fault::NotUtf8`], [`Fault::Empty`].
    pub fn new(source: &'a str, bytes: &'a [u8], max_weights: u64) -> Result<CsvReader<'a>, LabError> {
        if bytes.len() as u64 > MAX_TEXT_BYTES {
            let (limit, got) = (MAX_TEXT_BYTES, bytes.len() as u64);
            return Err(LabError::TooLarge { what: source.into(), limit, got, resource: Resource::Bytes });
        }
        let fail = |at: String, fault| LabError::Malformed { source: source.into(), at, fault };
        let text = std::str::from_utf8(bytes).map_err(|e| fail(format!("byte {}", e.valid_up_to()), Fault::NotUtf8))?;
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut lines = text.lines().filter(|line| !line.trim().is_empty());
        let first = lines.next().ok_or_else(|| fail("L1".into(), Fault::Empty))?;
        // The first line may hold names; the second one, if there is one, holds numbers.
        let separator = separator_of(lines.next().unwrap_or(first));
        Ok(CsvReader {
            source,
            text,
            consumed: 0,
            line: 1,
            separator,
            may_be_names: true,
            max_weights,
            matrix: Matrix::default(),
        })
    }

    /// Reads lines until at least `budget_bytes` are read or none is left; `false` at the end.
    ///
    /// # Errors
    /// [`LabError::Malformed`] at `L3 C2` (line and column, from 1): [`Fault::NotANumber`], [`Fault::NotFinite`],
    /// [`Fault::Empty`] for an empty field, [`Fault::RaggedRow`]; [`LabError::TooLarge`] above the weights allowed.
    pub fn step(&mut self, budget_bytes: usize) -> Result<bool, LabError> {
        let goal = self.consumed.saturating_add(budget_bytes.max(1));
        while self.consumed < goal {
            let rest = &self.text[self.consumed..];
            if rest.is_empty() {
                return Ok(false);
            }
            let end = rest.find('\n').map_or(rest.len(), |i| i + 1);
            let line = rest[..end].trim_end_matches(['\n', '\r']);
            if !line.trim().is_empty() {
                self.read_line(line)?;
            }
            self.consumed += end;
            self.line += 1;
        }
        Ok(true)
    }

    /// The share of the text that is read, in bytes: done and total.
    pub fn progress(&self) -> (u64, u64) {
        (self.consumed as u64, self.text.len() as u64)
    }

    /// The matrix, once [`CsvReader::step`] said that nothing is left.
    ///
    /// # Errors
    /// [`Fault::Empty`] if there was no line of numbers.
    pub fn finish(self) -> Result<Matrix, LabError> {
        if self.matrix.rows == 0 {
            return Err(LabError::Malformed { source: self.source.into(), at: "L1".into(), fault: Fault::Empty });
        }
        Ok(self.matrix)
    }

    fn read_line(&mut self, line: &str) -> Result<(), LabError> {
        if std::mem::take(&mut self.may_be_names) && is_names(line, self.separator) {
            return Ok(());
        }
        let before = self.matrix.values.len();
        for (column, field) in fields(line, self.separator).enumerate() {
            let value =
                number(field, self.separator).map_err(|f| self.fail(format!("L{} C{}", self.line, column + 1), f))?;
            self.matrix.values.push(value);
            if self.matrix.values.len() as u64 > self.max_weights {
                return Err(LabError::TooLarge {
                    what: self.source.into(),
                    limit: self.max_weights,
                    got: self.matrix.values.len() as u64,
                    resource: Resource::Weights,
                });
            }
        }
        let got = self.matrix.values.len() - before;
        if self.matrix.rows == 0 {
            self.matrix.cols = got;
        } else if got != self.matrix.cols {
            let fault = Fault::RaggedRow { expected: self.matrix.cols as u64, got: got as u64 };
            return Err(self.fail(format!("L{}", self.line), fault));
        }
        self.matrix.rows += 1;
        Ok(())
    }

    fn fail(&self, at: String, fault: Fault) -> LabError {
        LabError::Malformed { source: self.source.into(), at, fault }
    }
}

/// Reads a whole matrix at once; see [`CsvReader`].
///
/// # Errors
/// Those of [`CsvReader`].
pub fn matrix_from_csv(source: &str, bytes: &[u8], max_weights: u64) -> Result<Matrix, LabError> {
    let mut reader = CsvReader::new(source, bytes, max_weights)?;
    while reader.step(usize::MAX)? {}
    reader.finish()
}

/// The separator of a line: a semicolon or a tab if there is one; commas, unless the line has several words separated
/// by spaces and no comma stands at the edge of one (`1,5 2,5`); otherwise spaces.
fn separator_of(line: &str) -> Separator {
    for sign in [';', '\t'] {
        if line.contains(sign) {
            return Separator::Sign(sign);
        }
    }
    let mut words = line.split_whitespace();
    let decimal_commas = line.trim().contains(char::is_whitespace)
        && !line.contains('"')
        && words.all(|word| !word.starts_with(',') && !word.ends_with(',') && word.matches(',').count() <= 1);
    if line.contains(',') && !decimal_commas { Separator::Sign(',') } else { Separator::Spaces }
}

/// The fields of a line. A separator inside double quotes does not count.
fn fields(line: &str, separator: Separator) -> impl Iterator<Item = &str> {
    let mut rest = Some(match separator {
        Separator::Sign(_) => line,
        Separator::Spaces => line.trim(),
    });
    std::iter::from_fn(move || {
        let text = rest?;
        let mut quoted = false;
        let end = text.char_indices().find(|&(_, c)| {
            quoted ^= c == '"';
            !quoted
                && match separator {
                    Separator::Sign(sign) => c == sign,
                    Separator::Spaces => c.is_whitespace(),
                }
        });
        let Some((end, sign)) = end else {
            rest = None;
            return Some(text);
        };
        let after = &text[end + sign.len_utf8()..];
        rest = Some(if separator == Separator::Spaces { after.trim_start() } else { after });
        Some(&text[..end])
    })
}

/// Whether a line holds names: words, and at least as many as numbers. One broken number among many stays an error.
fn is_names(line: &str, separator: Separator) -> bool {
    let (mut words, mut numbers) = (0, 0);
    for field in fields(line, separator) {
        match number(field, separator) {
            Err(Fault::NotANumber { .. }) => words += 1,
            Ok(_) => numbers += 1,
            Err(_) => {}
        }
    }
    words > 0 && words >= numbers
}

/// Longest text that is shown back as not being a number.
const SHOWN_BYTES: usize = 64;

/// The number in a field. Both decimal signs are read, unless the comma separates fields and the field has no quotes.
fn number(field: &str, separator: Separator) -> Result<f32, Fault> {
    let field = field.trim();
    let inside = field.strip_prefix('"').and_then(|f| f.strip_suffix('"'));
    let text = inside.unwrap_or(field).trim();
    if text.is_empty() {
        return Err(Fault::Empty);
    }
    let parsed = match text.parse::<f32>() {
        Ok(value) => Some(value),
        Err(_) if inside.is_some() || separator != Separator::Sign(',') => {
            text.replacen(',', ".", 1).replace('−', "-").parse().ok()
        }
        Err(_) => text.replace('−', "-").parse().ok(),
    };
    match parsed {
        Some(value) if value.is_finite() => Ok(value),
        Some(_) => Err(Fault::NotFinite),
        None => {
            let end = text.floor_char_boundary(SHOWN_BYTES);
            Err(Fault::NotANumber { text: text[..end].into() })
        }
    }
}
