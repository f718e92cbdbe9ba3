//! `model.safetensors.index.json`: which shard holds which tensor.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::protocol::{Fault, LabError, Resource};

/// The name of the index in a folder.
pub const INDEX: &str = "model.safetensors.index.json";
/// Llama 3.1 405B's has 0.1 MB.
const MOST_BYTES: u64 = 1 << 24;

/// Reads an index: shards by tensor name.
///
/// # Errors
/// [`LabError::Malformed`] with the place; a shard that would lie outside the folder is refused. [`LabError::TooLarge`].
pub fn shards_from_index(bytes: &[u8]) -> Result<BTreeMap<String, String>, LabError> {
    let fail = |at: &str, fault| LabError::Malformed { source: INDEX.into(), at: at.into(), fault };
    let kind = |expected: &str| Fault::WrongKind { expected: expected.into() };
    if bytes.len() as u64 > MOST_BYTES {
        let (what, got) = (INDEX.into(), bytes.len() as u64);
        return Err(LabError::TooLarge { what, limit: MOST_BYTES, got, resource: Resource::Bytes });
    }
    let text = std::str::from_utf8(bytes).map_err(|_| fail(INDEX, Fault::NotUtf8))?;
    let value: Value = serde_json::from_str(text)
        .map_err(|e| fail(INDEX, Fault::BadJson { line: e.line() as u64, column: e.column() as u64 }))?;
    let map = value.get("weight_map").ok_or_else(|| fail("weight_map", Fault::Missing))?;
    let map = map.as_object().ok_or_else(|| fail("weight_map", kind("{…}")))?;
    let one = |(tensor, shard): (&String, &Value)| {
        let at = format!("weight_map.{tensor}");
        let shard = shard.as_str().ok_or_else(|| fail(&at, kind("\"….safetensors\"")))?;
        if !stays_in_folder(shard) {
            return Err(fail(&at, kind("\"….safetensors\"")));
        }
        Ok((tensor.clone(), shard.to_owned()))
    };
    map.iter().map(one).collect()
}

/// Whether a name is that of a shard beside the index, and not a path to anywhere else.
fn stays_in_folder(name: &str) -> bool {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    name.ends_with(".safetensors") && name.chars().all(plain) && !name.contains("..") && !name.starts_with('.')
}
