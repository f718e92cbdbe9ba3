//! The fields of a JSON object that is not trusted: each is asked for by name and checked, and what is wrong is said at it.

use serde_json::{Map, Value};

use crate::protocol::{Fault, LabError, Resource};

/// A published `config.json` has 1 to 3 KB.
const MOST_BYTES: u64 = 1 << 20;

/// The fields of one file.
pub(super) struct Fields<'a> {
    source: &'a str,
    fields: Map<String, Value>,
}

impl<'a> Fields<'a> {
    /// Reads an object; `at` is where the whole of it is said to be.
    ///
    /// # Errors
    /// [`LabError::TooLarge`] above 1 MiB, [`Fault::NotUtf8`], [`Fault::BadJson`], [`Fault::WrongKind`] for anything but an
    /// object.
    pub fn read(source: &'a str, at: &str, bytes: &[u8]) -> Result<Fields<'a>, LabError> {
        if bytes.len() as u64 > MOST_BYTES {
            let (what, got) = (source.into(), bytes.len() as u64);
            return Err(LabError::TooLarge { what, limit: MOST_BYTES, got, resource: Resource::Bytes });
        }
        let fail = |fault| LabError::Malformed { source: source.into(), at: at.into(), fault };
        let text = std::str::from_utf8(bytes).map_err(|_| fail(Fault::NotUtf8))?;
        let value: Value = serde_json::from_str(text)
            .map_err(|e| fail(Fault::BadJson { line: e.line() as u64, column: e.column() as u64 }))?;
        let Value::Object(fields) = value else { return Err(fail(Fault::WrongKind { expected: "{…}".into() })) };
        Ok(Fields { source, fields })
    }

    pub fn fail(&self, at: &str, fault: Fault) -> LabError {
        LabError::Malformed { source: self.source.into(), at: at.into(), fault }
    }

    pub fn wrong(&self, at: &str, expected: impl Into<String>) -> LabError {
        self.fail(at, Fault::WrongKind { expected: expected.into() })
    }

    /// A field; one that is `null` is as good as missing.
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.fields.get(key).filter(|value| !value.is_null())
    }

    /// A field that must be there.
    pub fn need(&self, key: &str) -> Result<&Value, LabError> {
        self.get(key).ok_or_else(|| self.fail(key, Fault::Missing))
    }

    /// A whole number from 1 to `most`.
    pub fn whole(&self, key: &str, most: u64) -> Result<usize, LabError> {
        let number = self.need(key)?.as_u64().filter(|n| (1..=most).contains(n));
        number.map(|n| n as usize).ok_or_else(|| self.wrong(key, format!("1..{most}")))
    }

    pub fn whole_or(&self, key: &str, most: u64, otherwise: usize) -> Result<usize, LabError> {
        if self.get(key).is_some() { self.whole(key, most) } else { Ok(otherwise) }
    }

    pub fn flag(&self, key: &str, otherwise: bool) -> Result<bool, LabError> {
        match self.get(key) {
            None => Ok(otherwise),
            Some(value) => value.as_bool().ok_or_else(|| self.wrong(key, "true, false")),
        }
    }

    /// A field that we have only one way to follow; missing is as good.
    pub fn only(&self, key: &str, expected: &Value) -> Result<(), LabError> {
        match self.get(key) {
            Some(value) if value != expected => Err(self.wrong(key, expected.to_string())),
            _ => Ok(()),
        }
    }

    /// A number between 0 and `below`.
    pub fn positive(&self, key: &str, value: &Value, below: f64) -> Result<f64, LabError> {
        let number = value.as_f64().filter(|n| *n > 0.0 && *n < below);
        number.ok_or_else(|| self.wrong(key, format!("0 < x < {below}")))
    }
}
