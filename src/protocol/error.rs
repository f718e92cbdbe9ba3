//! The one error type. Variants carry what, where and why as data; [`LabError::sentence`] words them in a language.

use serde::{Deserialize, Serialize};

/// What went wrong, named so that a person can act on it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabError {
    /// Two shapes do not fit: `matvec: W [33, 17] does not fit x [18]`.
    Shape { operation: String, expected: String, got: String },
    /// A setting is outside its range.
    OutOfRange { field: String, min: f64, max: f64, got: f64 },
    /// A setting has a value that does not exist.
    Unknown { field: String, got: String },
    /// Two settings exclude each other.
    Conflict { field: String, with: String },
    /// A file, a link or a pasted text is broken; `at` names the field, line or key.
    Malformed { source: String, at: String, fault: Fault },
    /// Refused before allocating: it would not fit.
    TooLarge { what: String, limit: u64, got: u64, resource: Resource },
    /// The file has no such tensor.
    NoSuchTensor { source: String, name: String },
    /// The file is no longer readable or was never given to this worker.
    FileGone { source: String },
    /// A file of this site did not arrive.
    NotFetched { path: String },
    /// No GPU here; the CPU tier takes over.
    NoGpu { message: String },
    /// The device went away: a driver reset, a long dispatch, a sleeping laptop.
    DeviceLost { message: String },
    /// The device refused an allocation.
    OutOfMemory { requested_bytes: u64 },
    /// A shader did not compile or a dispatch was invalid.
    Kernel { kernel: String, message: String },
    /// A learner's shader did not come to an end.
    Endless,
    /// The worker died or did not answer.
    WorkerGone { message: String },
    /// A share link of another version or one that does not decode.
    BadLink { fault: Fault },
    /// The browser would not store it.
    NotSaved { what: String, message: String },
    /// The visitor pressed Stop.
    Stopped,
}

/// The resource a size is measured in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Resource {
    Bytes,
    Weights,
    Characters,
    Examples,
}

/// Why bytes or text could not be understood. `at` of the error says where.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fault {
    /// Fewer bytes than announced.
    Truncated {
        needed: u64,
        left: u64,
    },
    /// A length larger than any sane one.
    TooLong {
        limit: u64,
        got: u64,
    },
    /// Not the expected file type.
    BadMagic,
    /// A version that this page does not read.
    BadVersion {
        got: String,
    },
    NotUtf8,
    BadJson {
        line: u64,
        column: u64,
    },
    /// A required key is missing.
    Missing,
    /// A value of the wrong kind.
    WrongKind {
        expected: String,
    },
    /// A dtype that cannot be read as weights.
    UnsupportedType {
        got: String,
    },
    /// The sizes disagree.
    SizeMismatch {
        expected: u64,
        got: u64,
    },
    /// Data offsets that overlap, leave holes or point outside.
    BadOffsets {
        begin: u64,
        end: u64,
    },
    /// A row with another number of columns than the first.
    RaggedRow {
        expected: u64,
        got: u64,
    },
    NotANumber {
        text: String,
    },
    NotFinite,
    Empty,
    /// More dimensions than a matrix can hold.
    BadShape {
        shape: String,
    },
    /// The same name twice.
    Duplicate {
        name: String,
    },
    /// Not valid base64url or its content does not decode.
    NotDecodable,
    /// A quoted field that does not end, or that goes on after its end.
    Quotes,
    /// Something that does not belong where it stands.
    Unexpected,
}

impl std::fmt::Display for LabError {
    /// For logs and native tools; people read [`LabError::sentence`].
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.sentence(crate::text::Lang::En))
    }
}

impl std::error::Error for LabError {}
