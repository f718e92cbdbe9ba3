//! Reads a `tokenizer.json` before the crate that uses it: that one panics where a merge is longer than every token, and
//! answers with half a file where a field has another type.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::protocol::{Fault, LabError, Resource};

/// 32 MiB: the largest that people share are about 20.
const MAX_BYTES: u64 = 32 << 20;
/// Four times the largest vocabulary in use.
const MAX_TOKENS: u64 = 1 << 20;
/// Byte tokens of one multilingual word are a few dozen; a longer one is no word.
const MAX_TOKEN_BYTES: u64 = 1 << 12;

/// The fields that a lab has no use for and that fail late: it cuts its texts and adds its special tokens itself.
const LEFT_OUT: [&str; 3] = ["truncation", "padding", "post_processor"];

/// The parts that byte-level tokenizers are made of. Of the crate's others some panic on empty patterns or never return.
const PARTS: [(&str, &[&str]); 3] = [
    ("normalizer", &["NFC", "NFD", "NFKC", "NFKD", "Lowercase"]),
    ("pre_tokenizer", &["ByteLevel", "Digits"]),
    ("decoder", &["ByteLevel"]),
];

struct Reader<'a> {
    source: &'a str,
}

impl Reader<'_> {
    fn fail<T>(&self, at: impl Into<String>, fault: Fault) -> Result<T, LabError> {
        Err(LabError::Malformed { source: self.source.to_owned(), at: at.into(), fault })
    }

    fn field<'v>(&self, of: &'v Map<String, Value>, path: &str, name: &str) -> Result<&'v Value, LabError> {
        let at = if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        of.get(name).filter(|v| !v.is_null()).map_or_else(|| self.fail(at, Fault::Missing), Ok)
    }

    fn kind<T>(&self, at: &str, value: Option<T>, expected: &str) -> Result<T, LabError> {
        value.map_or_else(|| self.fail(at, Fault::WrongKind { expected: expected.to_owned() }), Ok)
    }

    fn number(&self, at: &str, value: &Value) -> Result<u32, LabError> {
        let id = self.kind(at, value.as_u64(), "0..4294967295")?;
        if id >= MAX_TOKENS {
            return self.fail(at, Fault::TooLong { limit: MAX_TOKENS, got: id });
        }
        // Below a million: it fits.
        Ok(id as u32)
    }
}

/// The file without what is left out, if its sizes, vocabulary, merges and added tokens fit together.
pub fn checked(source: &str, bytes: &[u8]) -> Result<Vec<u8>, LabError> {
    let read = Reader { source };
    let got = bytes.len() as u64;
    if got > MAX_BYTES {
        let what = source.to_owned();
        return Err(LabError::TooLarge { what, limit: MAX_BYTES, got, resource: Resource::Bytes });
    }
    if bytes.is_empty() {
        return read.fail("byte 0", Fault::Empty);
    }
    let mut file: Value = match serde_json::from_slice(bytes) {
        Ok(file) => file,
        Err(e) => {
            return read.fail("tokenizer.json", Fault::BadJson { line: e.line() as u64, column: e.column() as u64 });
        }
    };
    let root = read.kind("tokenizer.json", file.as_object_mut(), "{ }")?;
    LEFT_OUT.iter().for_each(|name| drop(root.remove(*name)));
    match root.get("version").map(|v| v.as_str()) {
        None | Some(Some("1.0")) => {}
        Some(other) => return read.fail("version", Fault::BadVersion { got: other.unwrap_or("?").to_owned() }),
    }
    let model = read.field(root, "", "model")?;
    let model = read.kind("model", model.as_object(), "{ }")?;
    let kind = read.field(model, "model", "type")?.as_str();
    read.kind("model.type", kind.filter(|k| *k == "BPE"), "BPE")?;
    let vocab = vocabulary(&read, model)?;
    merges(&read, model, &vocab)?;
    added_tokens(&read, root, &vocab)?;
    for (name, known) in PARTS {
        if let Some(part) = root.get(name).filter(|v| !v.is_null()) {
            known_part(&read, name, part, known)?;
        }
    }
    serde_json::to_vec(&file).or_else(|_| read.fail("tokenizer.json", Fault::NotDecodable))
}

/// A part whose type is known, or a sequence of such.
fn known_part(read: &Reader<'_>, at: &str, part: &Value, known: &[&str]) -> Result<(), LabError> {
    let kind = part.get("type").and_then(Value::as_str);
    if kind.is_some_and(|kind| known.contains(&kind)) {
        return Ok(());
    }
    let list = ["pretokenizers", "normalizers"].iter().find_map(|name| part.get(*name)).and_then(Value::as_array);
    let Some(list) = list.filter(|_| kind == Some("Sequence")) else {
        return read.fail(format!("{at}.type"), Fault::WrongKind { expected: known.join(", ") });
    };
    for (i, part) in list.iter().enumerate() {
        let inner = part.get("type").and_then(Value::as_str);
        if !inner.is_some_and(|kind| known.contains(&kind)) {
            return read.fail(format!("{at}[{i}].type"), Fault::WrongKind { expected: known.join(", ") });
        }
    }
    Ok(())
}

fn vocabulary(read: &Reader<'_>, model: &Map<String, Value>) -> Result<BTreeMap<String, u32>, LabError> {
    let vocab = read.kind("model.vocab", read.field(model, "model", "vocab")?.as_object(), "{ }")?;
    let got = vocab.len() as u64;
    if got == 0 {
        return read.fail("model.vocab", Fault::Empty);
    }
    if got > MAX_TOKENS {
        return read.fail("model.vocab", Fault::TooLong { limit: MAX_TOKENS, got });
    }
    let mut token_of = BTreeMap::new();
    let mut out = BTreeMap::new();
    for (token, id) in vocab {
        let at = format!("model.vocab[{token:.40}]");
        let bytes = token.len() as u64;
        if bytes > MAX_TOKEN_BYTES {
            return read.fail(at, Fault::TooLong { limit: MAX_TOKEN_BYTES, got: bytes });
        }
        let id = read.number(&at, id)?;
        if token_of.insert(id, token).is_some() {
            return read.fail(at, Fault::Duplicate { name: id.to_string() });
        }
        out.insert(token.clone(), id);
    }
    Ok(out)
}

fn merges(read: &Reader<'_>, model: &Map<String, Value>, vocab: &BTreeMap<String, u32>) -> Result<(), LabError> {
    for name in ["continuing_subword_prefix", "end_of_word_suffix"] {
        // Sizes of merged tokens are counted without them.
        if !matches!(model.get(name), None | Some(Value::Null)) && model.get(name) != Some(&Value::from("")) {
            return read.fail(format!("model.{name}"), Fault::WrongKind { expected: "null".to_owned() });
        }
    }
    if let Some(unknown) = model.get("unk_token").and_then(Value::as_str)
        && !vocab.contains_key(unknown)
    {
        return read.fail("model.unk_token", Fault::Missing);
    }
    let merges = read.kind("model.merges", read.field(model, "model", "merges")?.as_array(), "[ ]")?;
    if merges.len() as u64 > MAX_TOKENS {
        return read.fail("model.merges", Fault::TooLong { limit: MAX_TOKENS, got: merges.len() as u64 });
    }
    for (i, merge) in merges.iter().enumerate() {
        let at = format!("model.merges[{i}]");
        // Both ways of writing it: ["a", "b"] and "a b".
        let pair = match merge {
            Value::Array(pair) => match &pair[..] {
                [Value::String(a), Value::String(b)] => Some((a.as_str(), b.as_str())),
                _ => None,
            },
            Value::String(text) => text.split_once(' ').filter(|(_, b)| !b.contains(' ')),
            _ => None,
        };
        let (a, b) = read.kind(&at, pair, "[\"a\", \"b\"]")?;
        if !vocab.contains_key(a) || !vocab.contains_key(b) || !vocab.contains_key(&format!("{a}{b}")) {
            return read.fail(at, Fault::Missing);
        }
        if a.is_empty() || b.is_empty() {
            return read.fail(at, Fault::Empty);
        }
    }
    Ok(())
}

fn added_tokens(read: &Reader<'_>, root: &Map<String, Value>, vocab: &BTreeMap<String, u32>) -> Result<(), LabError> {
    let Some(added) = root.get("added_tokens").filter(|v| !v.is_null()) else { return Ok(()) };
    let added = read.kind("added_tokens", added.as_array(), "[ ]")?;
    let taken: BTreeMap<u32, &str> = vocab.iter().map(|(token, id)| (*id, token.as_str())).collect();
    let mut next = vocab.len() as u32;
    for (i, token) in added.iter().enumerate() {
        let path = format!("added_tokens[{i}]");
        let token = read.kind(&path, token.as_object(), "{ }")?;
        let content = read.field(token, &path, "content")?.as_str();
        let content = read.kind(&format!("{path}.content"), content, "\"\"")?;
        if content.is_empty() {
            return read.fail(format!("{path}.content"), Fault::Empty);
        }
        let at = format!("{path}.id");
        let id = read.number(&at, read.field(token, &path, "id")?)?;
        let expected = match vocab.get(content) {
            Some(known) => *known,
            None => {
                next += 1;
                next - 1
            }
        };
        if taken.get(&id).is_some_and(|other| *other != content) {
            return read.fail(at, Fault::Duplicate { name: id.to_string() });
        }
        // The crate numbers them itself, on from the vocabulary: another number in the file would be another token.
        if id != expected {
            return read.fail(at, Fault::WrongKind { expected: expected.to_string() });
        }
    }
    Ok(())
}
