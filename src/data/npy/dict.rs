//! The header of an `.npy` file: a Python dictionary of three keys, read by a grammar of just that.

use crate::protocol::Fault;

/// More dimensions than NumPy 2 allows (64) are refused.
const MAX_DIMENSIONS: usize = 64;

/// The three values.
#[derive(Debug, PartialEq)]
pub(super) struct RawHeader {
    pub descr: String,
    pub fortran_order: bool,
    pub shape: Vec<u64>,
}

/// Where, and why.
type At = (&'static str, Fault);

/// Reads `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, keys in any order, each exactly once.
pub(super) fn header_from_text(text: &str) -> Result<RawHeader, At> {
    let (mut descr, mut fortran_order, mut shape) = (None, None, None);
    let mut rest = Rest { text: text.trim_end(), at: "header" };
    rest.expect('{', "{")?;
    while !rest.take('}') {
        let key = rest.quoted("header")?;
        rest.expect(':', ":")?;
        match key {
            "descr" => once(&mut descr, "descr", rest.descr()?)?,
            "fortran_order" => once(&mut fortran_order, "fortran_order", rest.boolean()?)?,
            "shape" => once(&mut shape, "shape", rest.shape()?)?,
            _ => return Err(("header", Fault::WrongKind { expected: "descr, fortran_order, shape".into() })),
        }
        rest.at = "header";
        if !rest.take(',') {
            rest.expect('}', ", }")?;
            break;
        }
    }
    if !rest.text.trim_start().is_empty() {
        return Err(("header", Fault::WrongKind { expected: "}".into() }));
    }
    Ok(RawHeader {
        descr: descr.ok_or(("descr", Fault::Missing))?.to_owned(),
        fortran_order: fortran_order.ok_or(("fortran_order", Fault::Missing))?,
        shape: shape.ok_or(("shape", Fault::Missing))?,
    })
}

fn once<T>(place: &mut Option<T>, name: &'static str, value: T) -> Result<(), At> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err((name, Fault::Duplicate { name: name.into() })),
    }
}

/// What is still to be read, and the key whose value it is.
struct Rest<'a> {
    text: &'a str,
    at: &'static str,
}

impl<'a> Rest<'a> {
    fn wrong(&self, expected: &str) -> At {
        (self.at, Fault::WrongKind { expected: expected.into() })
    }

    /// Skips spaces and one expected sign, if it comes next.
    fn take(&mut self, sign: char) -> bool {
        self.text = self.text.trim_start();
        match self.text.strip_prefix(sign) {
            Some(rest) => {
                self.text = rest;
                true
            }
            None => false,
        }
    }

    fn expect(&mut self, sign: char, expected: &str) -> Result<(), At> {
        if self.take(sign) { Ok(()) } else { Err(self.wrong(expected)) }
    }

    /// A text in single or double quotes, without escapes.
    fn quoted(&mut self, at: &'static str) -> Result<&'a str, At> {
        self.at = at;
        let quote = if self.take('\'') {
            '\''
        } else if self.take('"') {
            '"'
        } else {
            return Err(self.wrong("'…'"));
        };
        let (inside, rest) = self.text.split_once(quote).ok_or_else(|| self.wrong("'…'"))?;
        self.text = rest;
        Ok(inside)
    }

    /// A plain type; a list describes records, which are no weights.
    fn descr(&mut self) -> Result<&'a str, At> {
        self.at = "descr";
        if self.text.trim_start().starts_with('[') {
            return Err((self.at, Fault::UnsupportedType { got: "[…]".into() }));
        }
        self.quoted("descr")
    }

    fn boolean(&mut self) -> Result<bool, At> {
        self.at = "fortran_order";
        self.text = self.text.trim_start();
        for (word, value) in [("True", true), ("False", false)] {
            if let Some(rest) = self.text.strip_prefix(word) {
                self.text = rest;
                return Ok(value);
            }
        }
        Err(self.wrong("True, False"))
    }

    /// `()`, `(3,)`, `(3, 4)`.
    fn shape(&mut self) -> Result<Vec<u64>, At> {
        self.at = "shape";
        self.expect('(', "(3, 4)")?;
        let mut shape = Vec::new();
        while !self.take(')') {
            if shape.len() == MAX_DIMENSIONS {
                return Err((self.at, Fault::TooLong { limit: MAX_DIMENSIONS as u64, got: MAX_DIMENSIONS as u64 + 1 }));
            }
            shape.push(self.number()?);
            if !self.take(',') {
                self.expect(')', "(3, 4)")?;
                break;
            }
        }
        Ok(shape)
    }

    fn number(&mut self) -> Result<u64, At> {
        self.text = self.text.trim_start();
        let digits = self.text.find(|c: char| !c.is_ascii_digit()).unwrap_or(self.text.len());
        let number = self.text[..digits].parse().map_err(|_| self.wrong("(3, 4)"))?;
        // Python 2 wrote long integers as `3L`.
        self.text = self.text[digits..].strip_prefix('L').unwrap_or(&self.text[digits..]);
        Ok(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_as_numpy_writes_them() {
        let header = header_from_text("{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }      \n");
        assert_eq!(header, Ok(RawHeader { descr: "<f4".into(), fortran_order: false, shape: vec![3, 4] }));
        let header = header_from_text("{\"shape\":(7L,),\"fortran_order\":True,\"descr\":\"|u1\"}");
        assert_eq!(header, Ok(RawHeader { descr: "|u1".into(), fortran_order: true, shape: vec![7] }));
        let scalar = header_from_text("{'descr': '>f8', 'fortran_order': False, 'shape': ()}").expect("scalar");
        assert!(scalar.shape.is_empty());
    }

    #[test]
    fn faults_name_the_key() {
        for (text, at) in [
            ("", "header"),
            ("{'descr' '<f4'}", "header"),
            ("{'descr': [('a', '<f4')], 'fortran_order': False, 'shape': (3,)}", "descr"),
            ("{'descr': '<f4', 'fortran_order': 0, 'shape': (3,)}", "fortran_order"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': 3}", "shape"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (-3,)}", "shape"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", "shape"),
            ("{'descr': '<f4', 'fortran_order': False}", "shape"),
            ("{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (3,)}", "descr"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (3,)} x", "header"),
            ("{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'x': 1}", "header"),
        ] {
            assert_eq!(header_from_text(text).expect_err(text).0, at, "{text}");
        }
    }
}
