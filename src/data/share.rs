//! The text of share links: a version, a dot, and JSON in base64url without padding.

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::protocol::{Fault, LabError, Resource};

/// Version of the links that this build writes and reads.
pub const LINK_VERSION: u32 = 1;
/// Longest link text: what mail programs and chats pass on whole.
pub const MAX_LINK_BYTES: usize = 2048;

/// The alphabet of RFC 4648, section 5.
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// A link text for compact JSON: `v1.eyJ...`.
///
/// # Errors
/// [`LabError::TooLarge`] above [`MAX_LINK_BYTES`].
pub fn encode_link(version: u32, json: &str) -> Result<String, LabError> {
    let mut link = format!("v{version}.");
    for chunk in json.as_bytes().chunks(3) {
        let word = chunk.iter().fold(0u32, |word, &byte| (word << 8) | u32::from(byte)) << (8 * (3 - chunk.len()));
        for digit in 0..=chunk.len() {
            link.push(char::from(ALPHABET[(word >> (18 - 6 * digit)) as usize & 63]));
        }
    }
    if link.len() > MAX_LINK_BYTES {
        let (limit, got) = (MAX_LINK_BYTES as u64, link.len() as u64);
        return Err(LabError::TooLarge { what: "URL".into(), limit, got, resource: Resource::Bytes });
    }
    Ok(link)
}

/// The JSON of a link text; that it is JSON is checked, its content is not.
///
/// # Errors
/// [`LabError::BadLink`] with the reason.
pub fn decode_link(link: &str) -> Result<String, LabError> {
    decode(link).map_err(|fault| LabError::BadLink { fault })
}

/// The state of a page that a link text carries; that it is well formed is checked, its bounds are not.
///
/// # Errors
/// [`LabError::BadLink`] with the reason.
pub fn state_of_link<C: DeserializeOwned>(link: &str) -> Result<C, LabError> {
    serde_json::from_str(&decode_link(link)?)
        .map_err(|e| LabError::BadLink { fault: Fault::BadJson { line: e.line() as u64, column: e.column() as u64 } })
}

/// A link text for the state of a page; empty if it would be longer than links may be.
pub fn link_of_state<C: Serialize>(state: &C) -> String {
    let json = serde_json::to_string(state).unwrap_or_default();
    encode_link(LINK_VERSION, &json).unwrap_or_default()
}

fn decode(link: &str) -> Result<String, Fault> {
    if link.is_empty() {
        return Err(Fault::Empty);
    }
    if link.len() > MAX_LINK_BYTES {
        return Err(Fault::TooLong { limit: MAX_LINK_BYTES as u64, got: link.len() as u64 });
    }
    let (version, text) = link.split_once('.').ok_or(Fault::NotDecodable)?;
    if version != format!("v{LINK_VERSION}") {
        return Err(Fault::BadVersion { got: version.into() });
    }
    let json = String::from_utf8(bytes_from_base64url(text.as_bytes())?).map_err(|_| Fault::NotUtf8)?;
    serde_json::from_str::<serde::de::IgnoredAny>(&json)
        .map_err(|e| Fault::BadJson { line: e.line() as u64, column: e.column() as u64 })?;
    Ok(json)
}

fn bytes_from_base64url(text: &[u8]) -> Result<Vec<u8>, Fault> {
    let mut out = Vec::with_capacity(text.len() / 4 * 3 + 2);
    for chunk in text.chunks(4) {
        let mut word = 0u32;
        for &byte in chunk {
            let digit = match byte {
                b'A'..=b'Z' => byte - b'A',
                b'a'..=b'z' => byte - b'a' + 26,
                b'0'..=b'9' => byte - b'0' + 52,
                b'-' => 62,
                b'_' => 63,
                _ => return Err(Fault::NotDecodable),
            };
            word = (word << 6) | u32::from(digit);
        }
        // Two digits hold one byte, three hold two; one holds none. Left-over bits must be zero: one text, one link.
        let (bytes, spare) = match chunk.len() {
            4 => (3, 0),
            3 => (2, 2),
            2 => (1, 4),
            _ => return Err(Fault::NotDecodable),
        };
        if word & ((1 << spare) - 1) != 0 {
            return Err(Fault::NotDecodable);
        }
        let word = word >> spare;
        out.extend((0..bytes).rev().map(|i| (word >> (8 * i)) as u8));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn links_come_back_as_they_were() {
        for json in ["{}", "[1]", "\"ñ\"", "{\"a\":[1,2,3]}", "1234", "12345", "123456"] {
            let link = encode_link(LINK_VERSION, json).expect("short");
            assert!(link.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)), "{link}");
            assert_eq!(decode_link(&link), Ok(json.to_owned()));
        }
        // RFC 4648, section 10: "foobar" is Zm9vYmFy; here as a JSON number, checked with Python's base64.
        assert_eq!(encode_link(1, "[1.5]").as_deref(), Ok("v1.WzEuNV0"));
    }

    #[test]
    fn a_bad_link_says_why() {
        let fault = |link: &str| match decode_link(link) {
            Err(LabError::BadLink { fault }) => fault,
            other => panic!("{link}: {other:?}"),
        };
        assert_eq!(fault(""), Fault::Empty);
        assert_eq!(fault("v2.e30"), Fault::BadVersion { got: "v2".into() });
        assert_eq!(fault("e30"), Fault::NotDecodable);
        assert_eq!(fault("v1.e3"), Fault::NotDecodable, "spare bits are set");
        assert_eq!(fault("v1.e"), Fault::NotDecodable);
        assert_eq!(fault("v1.e30="), Fault::NotDecodable);
        assert_eq!(fault("v1._w"), Fault::NotUtf8);
        assert!(matches!(fault("v1.ew"), Fault::BadJson { line: 1, .. }));
        assert!(matches!(fault(&"v1.".repeat(1000)), Fault::TooLong { limit: 2048, .. }));
        assert!(matches!(encode_link(1, &"1".repeat(2000)), Err(LabError::TooLarge { .. })));
    }
}
