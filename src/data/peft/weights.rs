//! Matrices out of a safetensors file in memory, by name and shape.

use std::collections::HashMap;

use crate::data::safetensors::{self, LENGTH_BYTES, TensorEntry, Writing};
use crate::math::peft::Trainable;
use crate::protocol::{Fault, LabError};

/// A safetensors file whose header was read.
pub(super) struct Weights<'a> {
    source: &'a str,
    bytes: &'a [u8],
    header: &'a [u8],
    entries: Vec<TensorEntry>,
}

impl<'a> Weights<'a> {
    /// # Errors
    /// Those of [`safetensors::header_length`] and [`safetensors::parse_header`].
    pub fn read(source: &'a str, bytes: &'a [u8]) -> Result<Weights<'a>, LabError> {
        let begin = LENGTH_BYTES as usize;
        let size = bytes.len() as u64;
        let length = safetensors::header_length(source, &bytes[..bytes.len().min(begin)], size)?;
        let header = &bytes[begin..begin + length as usize];
        let entries = safetensors::parse_header(source, header, size)?;
        Ok(Weights { source, bytes, header, entries })
    }

    /// # Errors
    /// Those of [`safetensors::metadata`].
    pub fn metadata(&self) -> Result<std::collections::BTreeMap<String, String>, LabError> {
        safetensors::metadata(self.source, self.header)
    }

    /// The matrices of `kept` under these names, and nothing else.
    ///
    /// # Errors
    /// [`LabError::NoSuchTensor`]; [`LabError::Malformed`] at the tensor: [`Fault::Unexpected`] for one too many,
    /// [`Fault::UnsupportedType`], [`Fault::BadShape`], [`Fault::NotFinite`].
    pub fn matrices(&self, kept: &[Trainable], names: &[String]) -> Result<Vec<Vec<f32>>, LabError> {
        let fail = |at: String, fault| LabError::Malformed { source: self.source.into(), at, fault };
        let wanted: HashMap<&str, &Trainable> = names.iter().map(String::as_str).zip(kept).collect();
        // What does not belong is said first: with it, what is missing usually has another name.
        if let Some(entry) = self.entries.iter().find(|entry| !wanted.contains_key(entry.name.as_str())) {
            return Err(fail(entry.name.clone(), Fault::Unexpected));
        }
        let found: HashMap<&str, &TensorEntry> =
            self.entries.iter().map(|entry| (entry.name.as_str(), entry)).collect();
        let one = |(spec, name): (&Trainable, &String)| {
            let entry = found
                .get(name.as_str())
                .ok_or_else(|| LabError::NoSuchTensor { source: self.source.into(), name: name.clone() })?;
            let shape = shape(spec, name);
            if entry.shape != shape {
                let fault = Fault::BadShape { shape: format!("{:?} ≠ {shape:?}", entry.shape) };
                return Err(fail(format!("{name}: shape"), fault));
            }
            let bytes = &self.bytes[entry.begin as usize..entry.end as usize];
            safetensors::decode(self.source, name, &entry.dtype, bytes)
        };
        kept.iter().zip(names).map(one).collect()
    }
}

/// The bytes of a file with the matrices of `kept` under these names.
pub(super) fn write(kept: &[Trainable], names: &[String], matrices: &[Vec<f32>], metadata: &[(&str, &str)]) -> Vec<u8> {
    let parts = kept.iter().zip(names).zip(matrices);
    let tensors: Vec<Writing<'_>> =
        parts.map(|((spec, name), values)| Writing { name, shape: shape(spec, name), values }).collect();
    safetensors::write(&tensors, metadata)
}

/// `[rows, cols]`; what is called a bias, or is a norm's gains, is a vector in the file.
fn shape(spec: &Trainable, name: &str) -> Vec<u64> {
    let vector = name.ends_with(".bias") || name.ends_with("norm.weight");
    [spec.rows as u64, spec.cols as u64][usize::from(vector)..].to_vec()
}
