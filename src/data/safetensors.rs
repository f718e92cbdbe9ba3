//! safetensors: 8 bytes of length, a JSON header, then the tensors.
//!
//! The `safetensors` crate validates well but is not used: its sizes are `usize`, which on wasm32 refuses a 5 GB file;
//! it wants the whole file in one slice; it takes the last of two tensors of one name; and its errors do not say which
//! field of which tensor is wrong. The checks here are the same, in `u64`, plus those.
//!
//! # Source
//! <https://github.com/huggingface/safetensors>, README "Format", and `safetensors` 0.8.0 `Metadata::validate`.

use std::collections::{BTreeMap, HashSet};

use half::{bf16, f16};

use super::window::{Window, all_finite, matrix_shape, shape_text, window_of_rows};
use crate::protocol::{Fault, LabError};

mod header;
mod write;

pub use write::{Writing, write};

/// Bytes before the header.
pub const LENGTH_BYTES: u64 = 8;
/// The reference's own limit.
pub const MAX_HEADER_BYTES: u64 = 100_000_000;
/// More dimensions than any published tensor has; keeps the memory of a hostile header bounded.
const MAX_DIMENSIONS: usize = 32;
/// Where a fault of the leading length is said to be.
const AT_LENGTH: &str = "header length";
const AT_HEADER: &str = "header";

/// What the elements of a tensor are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dtype {
    F32,
    F16,
    Bf16,
    /// A type of the format that is not read as weights: its name and bits.
    Other(&'static str, u32),
    /// A type that this page has never heard of.
    Unknown(String),
}

/// The types of `safetensors` 0.8.0 that are listed but not read.
const OTHERS: [(&str, u32); 19] = [
    ("BOOL", 8),
    ("F4", 4),
    ("F6_E2M3", 6),
    ("F6_E3M2", 6),
    ("U8", 8),
    ("I8", 8),
    ("F8_E5M2", 8),
    ("F8_E4M3", 8),
    ("F8_E8M0", 8),
    ("F8_E4M3FNUZ", 8),
    ("F8_E5M2FNUZ", 8),
    ("I16", 16),
    ("U16", 16),
    ("I32", 32),
    ("U32", 32),
    ("C64", 64),
    ("F64", 64),
    ("I64", 64),
    ("U64", 64),
];

impl Dtype {
    fn from_name(name: &str) -> Dtype {
        match name {
            "F32" => Dtype::F32,
            "F16" => Dtype::F16,
            "BF16" => Dtype::Bf16,
            _ => match OTHERS.iter().find(|(known, _)| *known == name) {
                Some(&(known, bits)) => Dtype::Other(known, bits),
                None => Dtype::Unknown(name.to_owned()),
            },
        }
    }

    /// The name in the file.
    pub fn name(&self) -> &str {
        match self {
            Dtype::F32 => "F32",
            Dtype::F16 => "F16",
            Dtype::Bf16 => "BF16",
            Dtype::Other(name, _) => name,
            Dtype::Unknown(name) => name,
        }
    }

    /// Bits of one element, if known.
    pub fn bits(&self) -> Option<u64> {
        match self {
            Dtype::F32 => Some(32),
            Dtype::F16 | Dtype::Bf16 => Some(16),
            Dtype::Other(_, bits) => Some(u64::from(*bits)),
            Dtype::Unknown(_) => None,
        }
    }

    /// Whether [`decode`] reads it.
    pub fn is_readable(&self) -> bool {
        matches!(self, Dtype::F32 | Dtype::F16 | Dtype::Bf16)
    }
}

/// One tensor of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorEntry {
    pub name: String,
    pub dtype: Dtype,
    pub shape: Vec<u64>,
    /// First byte in the file.
    pub begin: u64,
    /// One past the last byte in the file.
    pub end: u64,
}

impl TensorEntry {
    /// Rows and columns of the tensor as a matrix; see [`matrix_shape`].
    pub fn matrix_shape(&self) -> (u64, u64) {
        matrix_shape(&self.shape).unwrap_or((0, 0))
    }

    /// Elements in all.
    pub fn weights(&self) -> u64 {
        let (rows, cols) = self.matrix_shape();
        rows * cols
    }

    /// As many whole rows from `first_row` on as `max_weights` allows.
    ///
    /// # Errors
    /// [`Fault::UnsupportedType`], [`Fault::Empty`] or [`LabError::TooLarge`] if a single row is too long.
    pub fn window(&self, source: &str, first_row: u64, max_weights: u64) -> Result<Window, LabError> {
        let Some(bits) = self.dtype.bits().filter(|_| self.dtype.is_readable()) else {
            return Err(malformed(source, &self.name, Fault::UnsupportedType { got: self.dtype.name().into() }));
        };
        window_of_rows((source, &self.name), self.matrix_shape(), (self.begin, bits / 8), first_row, max_weights)
    }
}

fn malformed(source: &str, at: impl Into<String>, fault: Fault) -> LabError {
    LabError::Malformed { source: source.into(), at: at.into(), fault }
}

/// The length of the JSON header, which begins at byte 8, from the first bytes of a file.
///
/// # Errors
/// [`Fault::Truncated`] if the file ends before the header does, [`Fault::TooLong`] above [`MAX_HEADER_BYTES`].
pub fn header_length(source: &str, first_bytes: &[u8], file_len: u64) -> Result<u64, LabError> {
    let Some(length) = first_bytes.first_chunk::<8>().filter(|_| file_len >= LENGTH_BYTES) else {
        let left = file_len.min(first_bytes.len() as u64);
        return Err(malformed(source, AT_LENGTH, Fault::Truncated { needed: LENGTH_BYTES, left }));
    };
    let length = u64::from_le_bytes(*length);
    if length > MAX_HEADER_BYTES {
        return Err(malformed(source, AT_LENGTH, Fault::TooLong { limit: MAX_HEADER_BYTES, got: length }));
    }
    if length > file_len - LENGTH_BYTES {
        let fault = Fault::Truncated { needed: length, left: file_len - LENGTH_BYTES };
        return Err(malformed(source, AT_HEADER, fault));
    }
    Ok(length)
}

/// The tensors of a file in the order of their bytes, from the JSON header alone.
///
/// # Errors
/// [`LabError::Malformed`] naming the tensor and field: bad JSON, missing or mistyped fields, a name twice, sizes that
/// overflow or disagree with the shape, offsets that overlap, leave holes or do not end with the file.
pub fn parse_header(source: &str, header: &[u8], file_len: u64) -> Result<Vec<TensorEntry>, LabError> {
    let data_begin = LENGTH_BYTES + header.len() as u64;
    let Some(data_len) = file_len.checked_sub(data_begin) else {
        let fault = Fault::Truncated { needed: data_begin, left: file_len };
        return Err(malformed(source, AT_HEADER, fault));
    };
    if header.first() != Some(&b'{') {
        return Err(malformed(source, AT_HEADER, Fault::BadMagic));
    }
    let text = std::str::from_utf8(header).map_err(|_| malformed(source, AT_HEADER, Fault::NotUtf8))?;
    let raw = header::tensors_from_json(text).map_err(|e| {
        malformed(source, AT_HEADER, Fault::BadJson { line: e.line() as u64, column: e.column() as u64 })
    })?;
    if !raw.metadata_is_text {
        let fault = Fault::WrongKind { expected: "{\"…\": \"…\"}".into() };
        return Err(malformed(source, header::METADATA_KEY, fault));
    }
    let mut names = HashSet::with_capacity(raw.tensors.len());
    let mut entries = Vec::with_capacity(raw.tensors.len());
    for tensor in &raw.tensors {
        if !names.insert(tensor.name.as_str()) {
            return Err(malformed(source, AT_HEADER, Fault::Duplicate { name: tensor.name.clone() }));
        }
        entries.push(checked_entry(source, tensor)?);
    }
    entries.sort_by_key(|entry| (entry.begin, entry.end));
    check_cover(source, &entries, data_len)?;
    for entry in &mut entries {
        entry.begin += data_begin;
        entry.end += data_begin;
    }
    Ok(entries)
}

/// The free text in a header, by key; nothing where there is none.
///
/// # Errors
/// [`LabError::Malformed`] if the header is not JSON or its metadata do not map text to text.
pub fn metadata(source: &str, header: &[u8]) -> Result<BTreeMap<String, String>, LabError> {
    #[derive(serde::Deserialize)]
    struct Texts {
        #[serde(default)]
        __metadata__: Option<BTreeMap<String, String>>,
    }
    let texts: Texts = serde_json::from_slice(header).map_err(|e| {
        malformed(source, AT_HEADER, Fault::BadJson { line: e.line() as u64, column: e.column() as u64 })
    })?;
    Ok(texts.__metadata__.unwrap_or_default())
}

/// Checks one tensor by itself; offsets stay relative to the data.
fn checked_entry(source: &str, raw: &header::RawTensor) -> Result<TensorEntry, LabError> {
    let fail = |field: &str, fault| malformed(source, format!("{}: {field}", raw.name), fault);
    let kind = |expected: &str| Fault::WrongKind { expected: expected.into() };
    if !raw.is_object {
        return Err(malformed(source, raw.name.clone(), kind("{…}")));
    }
    let dtype = raw.dtype.as_ref().ok_or_else(|| fail("dtype", Fault::Missing))?;
    let dtype = dtype.as_deref().ok_or_else(|| fail("dtype", kind("\"…\"")))?;
    let dtype = Dtype::from_name(dtype);
    let shape = raw.shape.as_ref().ok_or_else(|| fail("shape", Fault::Missing))?;
    let shape = shape.numbers().ok_or_else(|| fail("shape", kind("[0, 1, …]")))?;
    let offsets = raw.data_offsets.as_ref().ok_or_else(|| fail("data_offsets", Fault::Missing))?;
    let Some(&[begin, end]) = offsets.numbers() else { return Err(fail("data_offsets", kind("[0, 1]"))) };
    if end < begin {
        return Err(fail("data_offsets", Fault::BadOffsets { begin, end }));
    }
    let count = matrix_shape(shape).map(|(rows, cols)| rows * cols);
    let bits = dtype.bits().map_or(Some(None), |bits| count.and_then(|count| count.checked_mul(bits)).map(Some));
    let (Some(_), Some(bits)) = (count, bits) else {
        return Err(fail("shape", Fault::BadShape { shape: shape_text(shape) }));
    };
    if let Some(bits) = bits {
        // Sub-byte types must fill their last byte, as the reference demands.
        if !bits.is_multiple_of(8) {
            return Err(fail("shape", Fault::BadShape { shape: shape_text(shape) }));
        }
        let expected = bits / 8;
        if expected != end - begin {
            return Err(fail("data_offsets", Fault::SizeMismatch { expected, got: end - begin }));
        }
    }
    Ok(TensorEntry { name: raw.name.clone(), dtype, shape: shape.to_vec(), begin, end })
}

/// Checks that the tensors, in order, cover the data without overlap or hole.
fn check_cover(source: &str, entries: &[TensorEntry], data_len: u64) -> Result<(), LabError> {
    let mut covered = 0;
    for entry in entries {
        if entry.begin != covered || entry.end > data_len {
            let fault = Fault::BadOffsets { begin: entry.begin, end: entry.end };
            return Err(malformed(source, format!("{}: data_offsets", entry.name), fault));
        }
        covered = entry.end;
    }
    if covered != data_len {
        return Err(malformed(source, AT_HEADER, Fault::SizeMismatch { expected: covered, got: data_len }));
    }
    Ok(())
}

/// Weights from little-endian bytes.
///
/// # Errors
/// [`Fault::UnsupportedType`], [`Fault::SizeMismatch`] for a part of an element, [`Fault::NotFinite`] with the index.
pub fn decode(source: &str, name: &str, dtype: &Dtype, bytes: &[u8]) -> Result<Vec<f32>, LabError> {
    let (values, rest) = match dtype {
        Dtype::F32 => {
            let (chunks, rest) = bytes.as_chunks::<4>();
            (chunks.iter().map(|b| f32::from_le_bytes(*b)).collect::<Vec<f32>>(), rest)
        }
        Dtype::F16 => {
            let (chunks, rest) = bytes.as_chunks::<2>();
            (chunks.iter().map(|b| f16::from_le_bytes(*b).to_f32()).collect(), rest)
        }
        Dtype::Bf16 => {
            let (chunks, rest) = bytes.as_chunks::<2>();
            (chunks.iter().map(|b| bf16::from_le_bytes(*b).to_f32()).collect(), rest)
        }
        other => return Err(malformed(source, name, Fault::UnsupportedType { got: other.name().into() })),
    };
    if !rest.is_empty() {
        let got = bytes.len() as u64;
        return Err(malformed(source, name, Fault::SizeMismatch { expected: got - rest.len() as u64, got }));
    }
    all_finite(source, name, &values)?;
    Ok(values)
}
