//! Writing a safetensors file of f32 tensors.

use std::fmt::Write as _;

/// A tensor to be written.
pub struct Writing<'a> {
    pub name: &'a str,
    pub shape: Vec<u64>,
    /// As many as the shape says.
    pub values: &'a [f32],
}

/// The bytes of a file with these tensors, in this order, and `metadata` as free text.
///
/// # Source
/// As the module; the header is padded with spaces so that the data begin at a multiple of 8 bytes, as the reference does.
pub fn write(tensors: &[Writing<'_>], metadata: &[(&str, &str)]) -> Vec<u8> {
    let text = |s: &str| serde_json::Value::from(s).to_string();
    let mut header = String::from("{\"__metadata__\":{");
    for (i, (key, value)) in metadata.iter().enumerate() {
        let comma = if i > 0 { "," } else { "" };
        // Writing to a text cannot fail.
        let _ = write!(header, "{comma}{}:{}", text(key), text(value));
    }
    header.push('}');
    let mut begin = 0usize;
    for tensor in tensors {
        let end = begin + size_of_val(tensor.values);
        let (name, shape) = (text(tensor.name), &tensor.shape);
        let _ = write!(header, ",{name}:{{\"dtype\":\"F32\",\"shape\":{shape:?},\"data_offsets\":[{begin},{end}]}}");
        begin = end;
    }
    header.push('}');
    header.extend(std::iter::repeat_n(' ', header.len().next_multiple_of(8) - header.len()));
    let mut out = Vec::with_capacity(8 + header.len() + begin);
    out.extend_from_slice(&(header.len() as u64).to_le_bytes());
    out.extend_from_slice(header.as_bytes());
    for tensor in tensors {
        out.extend(tensor.values.iter().flat_map(|v| v.to_le_bytes()));
    }
    out
}
