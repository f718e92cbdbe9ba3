//! `.npy`: NumPy's file of one array.
//!
//! Own code rather than the `npyz` crate, which reads through `std::io::Read`: here only the header and the wanted rows
//! are read, and each fault names its field.
//!
//! # Source
//! <https://numpy.org/doc/stable/reference/generated/numpy.lib.format.html>, versions 1.0 to 3.0.

use half::f16;

use super::window::{Window, all_finite, matrix_shape, shape_text, window_of_rows};
use crate::protocol::{Fault, LabError, Resource};

mod dict;

const MAGIC: &[u8; 6] = b"\x93NUMPY";
/// Magic, version and the longer of the two header lengths.
pub const PREFIX_BYTES: usize = 12;
/// NumPy itself refuses headers above 10,000 bytes unless told otherwise.
const MAX_HEADER_BYTES: u64 = 10_000;
const AT_MAGIC: &str = "magic";
const AT_VERSION: &str = "version";
const AT_LENGTH: &str = "header length";
const AT_HEADER: &str = "header";

/// What the elements of an array are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NpyKind {
    Float,
    Signed,
    Unsigned,
    Bool,
}

/// What a file says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NpyHeader {
    pub kind: NpyKind,
    pub element_bytes: u64,
    pub big_endian: bool,
    /// Column-major.
    pub fortran_order: bool,
    pub shape: Vec<u64>,
    /// First byte of the data in the file.
    pub begin: u64,
    /// One past the last byte of the data in the file.
    pub end: u64,
}

fn malformed(source: &str, at: &str, fault: Fault) -> LabError {
    LabError::Malformed { source: source.into(), at: at.into(), fault }
}

/// Where the data begin, from the first [`PREFIX_BYTES`] of a file: so many bytes [`parse_header`] wants.
///
/// # Errors
/// [`Fault::BadMagic`], [`Fault::BadVersion`], [`Fault::Truncated`], [`Fault::TooLong`].
pub fn header_length(source: &str, first_bytes: &[u8], file_len: u64) -> Result<u64, LabError> {
    let truncated = |needed: u64| {
        let left = file_len.min(first_bytes.len() as u64);
        malformed(source, AT_LENGTH, Fault::Truncated { needed, left })
    };
    let magic = first_bytes.get(..6).ok_or_else(|| truncated(PREFIX_BYTES as u64))?;
    if magic != MAGIC {
        return Err(malformed(source, AT_MAGIC, Fault::BadMagic));
    }
    let &[major, minor] = first_bytes.get(6..8).and_then(|v| v.first_chunk()).ok_or_else(|| truncated(8))?;
    let (prefix, length) = match (major, minor) {
        (1, 0) => {
            let bytes = first_bytes.get(8..10).and_then(|b| b.first_chunk()).ok_or_else(|| truncated(10))?;
            (10, u64::from(u16::from_le_bytes(*bytes)))
        }
        (2 | 3, 0) => {
            let bytes = first_bytes.get(8..12).and_then(|b| b.first_chunk()).ok_or_else(|| truncated(12))?;
            (12, u64::from(u32::from_le_bytes(*bytes)))
        }
        _ => return Err(malformed(source, AT_VERSION, Fault::BadVersion { got: format!("{major}.{minor}") })),
    };
    if length > MAX_HEADER_BYTES {
        return Err(malformed(source, AT_LENGTH, Fault::TooLong { limit: MAX_HEADER_BYTES, got: length }));
    }
    if prefix + length > file_len {
        let fault = Fault::Truncated { needed: length, left: file_len.saturating_sub(prefix) };
        return Err(malformed(source, AT_HEADER, fault));
    }
    Ok(prefix + length)
}

/// Reads the header from the bytes before the data; more bytes may follow. Bytes after the data are ignored, as NumPy
/// does.
///
/// # Errors
/// Those of [`header_length`], and [`LabError::Malformed`] naming the key: `descr`, `fortran_order` or `shape`.
pub fn parse_header(source: &str, bytes: &[u8], file_len: u64) -> Result<NpyHeader, LabError> {
    let begin = header_length(source, bytes, file_len)?;
    let prefix = if bytes[6] == 1 { 10 } else { 12 };
    let text = bytes
        .get(prefix..begin as usize)
        .ok_or_else(|| malformed(source, AT_HEADER, Fault::Truncated { needed: begin, left: bytes.len() as u64 }))?;
    let text = std::str::from_utf8(text).map_err(|_| malformed(source, AT_HEADER, Fault::NotUtf8))?;
    let raw = dict::header_from_text(text).map_err(|(at, fault)| malformed(source, at, fault))?;
    let (kind, element_bytes, big_endian) = element(&raw.descr)
        .ok_or_else(|| malformed(source, "descr", Fault::UnsupportedType { got: raw.descr.clone() }))?;
    let size = matrix_shape(&raw.shape).and_then(|(rows, cols)| (rows * cols).checked_mul(element_bytes));
    let Some(end) = size.and_then(|size| size.checked_add(begin)) else {
        return Err(malformed(source, "shape", Fault::BadShape { shape: shape_text(&raw.shape) }));
    };
    if end > file_len {
        let fault = Fault::Truncated { needed: end - begin, left: file_len - begin };
        return Err(malformed(source, "shape", fault));
    }
    Ok(NpyHeader { kind, element_bytes, big_endian, fortran_order: raw.fortran_order, shape: raw.shape, begin, end })
}

/// Reads a type such as `<f4`: byte order, kind, bytes.
fn element(descr: &str) -> Option<(NpyKind, u64, bool)> {
    let &[order, kind, size] = descr.as_bytes().first_chunk().filter(|_| descr.len() == 3)?;
    let big_endian = match order {
        b'<' | b'|' | b'=' => false,
        b'>' => true,
        _ => return None,
    };
    let (kind, element_bytes) = match (kind, size) {
        (b'f', b'2' | b'4' | b'8') => (NpyKind::Float, size - b'0'),
        (b'i', b'1' | b'2' | b'4' | b'8') => (NpyKind::Signed, size - b'0'),
        (b'u', b'1' | b'2' | b'4' | b'8') => (NpyKind::Unsigned, size - b'0'),
        (b'b', b'1') => (NpyKind::Bool, 1),
        _ => return None,
    };
    Some((kind, u64::from(element_bytes), big_endian))
}

impl NpyHeader {
    /// Rows and columns of the array as a matrix; see [`matrix_shape`].
    pub fn matrix_shape(&self) -> (u64, u64) {
        matrix_shape(&self.shape).unwrap_or((0, 0))
    }

    /// The type as NumPy writes it: `<f4`.
    pub fn descr(&self) -> String {
        let order = if self.element_bytes == 1 {
            '|'
        } else if self.big_endian {
            '>'
        } else {
            '<'
        };
        let kind = match self.kind {
            NpyKind::Float => 'f',
            NpyKind::Signed => 'i',
            NpyKind::Unsigned => 'u',
            NpyKind::Bool => 'b',
        };
        format!("{order}{kind}{}", self.element_bytes)
    }

    /// As many whole rows from `first_row` on as `max_weights` allows. The rows of a column-major array are scattered
    /// over the file, so it is read whole or not at all.
    ///
    /// # Errors
    /// [`Fault::Empty`]; [`LabError::TooLarge`] if a row, or a column-major array, is too long.
    pub fn window(&self, source: &str, first_row: u64, max_weights: u64) -> Result<Window, LabError> {
        let (rows, cols) = self.matrix_shape();
        if self.fortran_order && rows * cols > max_weights {
            let (limit, got) = (max_weights, rows * cols);
            return Err(LabError::TooLarge { what: source.into(), limit, got, resource: Resource::Weights });
        }
        window_of_rows((source, ""), (rows, cols), (self.begin, self.element_bytes), first_row, max_weights)
    }

    /// Weights in row-major order from the bytes of a [`NpyHeader::window`]; 64-bit numbers are rounded to f32.
    ///
    /// # Errors
    /// [`Fault::SizeMismatch`] if the bytes are no whole rows, [`Fault::NotFinite`] with the index.
    pub fn decode(&self, source: &str, bytes: &[u8]) -> Result<Vec<f32>, LabError> {
        let (rows, cols) = self.matrix_shape();
        let row_bytes = cols * self.element_bytes;
        let got = bytes.len() as u64;
        let fits = if self.fortran_order {
            got == rows * row_bytes
        } else {
            row_bytes > 0 && got.is_multiple_of(row_bytes) && got <= rows * row_bytes
        };
        if !fits {
            return Err(malformed(source, AT_HEADER, Fault::SizeMismatch { expected: rows * row_bytes, got }));
        }
        let values = self.values(bytes);
        let values = if self.fortran_order { row_major(&values, &self.shape) } else { values };
        all_finite(source, "", &values)?;
        Ok(values)
    }

    /// Elements in the order of the file.
    fn values(&self, bytes: &[u8]) -> Vec<f32> {
        fn each<const N: usize>(bytes: &[u8], big_endian: bool, value: impl Fn([u8; N]) -> f32) -> Vec<f32> {
            let chunks = bytes.as_chunks::<N>().0.iter().copied();
            if big_endian {
                chunks
                    .map(|mut element| {
                        element.reverse();
                        value(element)
                    })
                    .collect()
            } else {
                chunks.map(value).collect()
            }
        }
        let big = self.big_endian;
        match (self.kind, self.element_bytes) {
            (NpyKind::Float, 2) => each(bytes, big, |b| f16::from_le_bytes(b).to_f32()),
            (NpyKind::Float, 4) => each(bytes, big, f32::from_le_bytes),
            (NpyKind::Float, _) => each(bytes, big, |b| f64::from_le_bytes(b) as f32),
            (NpyKind::Signed, 1) => each(bytes, big, |b| f32::from(i8::from_le_bytes(b))),
            (NpyKind::Signed, 2) => each(bytes, big, |b| f32::from(i16::from_le_bytes(b))),
            (NpyKind::Signed, 4) => each(bytes, big, |b| i32::from_le_bytes(b) as f32),
            (NpyKind::Signed, _) => each(bytes, big, |b| i64::from_le_bytes(b) as f32),
            (NpyKind::Unsigned, 1) => each(bytes, big, |[b]| f32::from(b)),
            (NpyKind::Unsigned, 2) => each(bytes, big, |b| f32::from(u16::from_le_bytes(b))),
            (NpyKind::Unsigned, 4) => each(bytes, big, |b| u32::from_le_bytes(b) as f32),
            (NpyKind::Unsigned, _) => each(bytes, big, |b| u64::from_le_bytes(b) as f32),
            (NpyKind::Bool, _) => each(bytes, big, |[b]| f32::from(u8::from(b != 0))),
        }
    }
}

/// From column-major (the first index runs fastest) to row-major (the last one does).
fn row_major(values: &[f32], shape: &[u64]) -> Vec<f32> {
    let strides: Vec<usize> = shape
        .iter()
        .scan(1usize, |next, &n| {
            let stride = *next;
            *next *= n as usize;
            Some(stride)
        })
        .collect();
    let mut index = vec![0u64; shape.len()];
    let mut from = 0usize;
    let mut out = Vec::with_capacity(values.len());
    for _ in 0..values.len() {
        out.push(values[from]);
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            from += strides[axis];
            if index[axis] < shape[axis] {
                break;
            }
            from -= strides[axis] * shape[axis] as usize;
            index[axis] = 0;
        }
    }
    out
}
