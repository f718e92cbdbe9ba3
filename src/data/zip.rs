//! Zip files whose entries are stored as they are: what a lab hands out as one download, and reads back.
//!
//! Weights hardly get smaller by compression, so there is none. The `zip` crate brings much more than this, and `rawzip`
//! writes the sizes behind each entry, which readers that work from the front refuse for stored ones.
//!
//! # Source
//! PKWARE, APPNOTE.TXT 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16.

use crate::protocol::{Fault, LabError, Resource};

/// Names are UTF-8.
const FLAG_UTF8: u16 = 1 << 11;
const FLAG_ENCRYPTED: u16 = 1;
/// 2.0: what plain files need.
const VERSION: u16 = 20;
/// 1 January 1980, the first day that there is: the same files make the same bytes.
const DATE: u16 = 1 << 5 | 1;
const LOCAL: [u8; 4] = *b"PK\x03\x04";
const CENTRAL: [u8; 4] = *b"PK\x01\x02";
const END: [u8; 4] = *b"PK\x05\x06";
const LOCAL_BYTES: usize = 30;
const CENTRAL_BYTES: usize = 46;
const END_BYTES: usize = 22;
/// Files in one zip file; a folder of a model has ten.
const MAX_ENTRIES: usize = 256;

/// CRC-32 of every byte, reflected, as `0xEDB88320` generates it.
const TABLE: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let (mut crc, mut bit) = (byte as u32, 0);
        while bit < 8 {
            crc = (crc >> 1) ^ (if crc & 1 == 1 { 0xEDB8_8320 } else { 0 });
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

fn crc32(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| TABLE[((crc ^ u32::from(*byte)) & 0xFF) as usize] ^ (crc >> 8))
}

/// Whether a file begins as a zip file with something in it does.
pub fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(&LOCAL)
}

/// The bytes of a zip file with these files, in this order.
///
/// # Errors
/// [`LabError::TooLarge`] above 4 GiB or [`MAX_ENTRIES`] files, where the format would need its extension.
pub fn write(files: &[(String, Vec<u8>)]) -> Result<Vec<u8>, LabError> {
    let too_large = |limit, got| LabError::TooLarge { what: "zip".into(), limit, got, resource: Resource::Bytes };
    let size: u64 = files
        .iter()
        .map(|(name, bytes)| (LOCAL_BYTES + CENTRAL_BYTES + 2 * name.len()) as u64 + bytes.len() as u64)
        .sum::<u64>()
        + END_BYTES as u64;
    if size > u64::from(u32::MAX) || files.len() > MAX_ENTRIES {
        return Err(too_large(u32::MAX.into(), size));
    }
    let mut out = Vec::with_capacity(size as usize);
    let mut directory = Vec::new();
    for (name, bytes) in files {
        let begin = (out.len() as u32).to_le_bytes();
        // What the entry and the directory both say: from the version to the length of the extra field.
        let mut shared = Vec::with_capacity(LOCAL_BYTES - 4);
        for word in [VERSION, FLAG_UTF8, 0, 0, DATE] {
            shared.extend(word.to_le_bytes());
        }
        for word in [crc32(bytes), bytes.len() as u32, bytes.len() as u32] {
            shared.extend(word.to_le_bytes());
        }
        shared.extend((name.len() as u16).to_le_bytes());
        shared.extend([0; 2]);
        out.extend([&LOCAL, shared.as_slice(), name.as_bytes(), bytes].concat());
        // No comment, the first disk, no attributes.
        let rest = [0; 10];
        let made_by = VERSION.to_le_bytes();
        directory.extend([&CENTRAL, made_by.as_slice(), &shared, &rest, &begin, name.as_bytes()].concat());
    }
    let begin = out.len() as u32;
    out.extend(&directory);
    out.extend(END);
    for word in [0, 0, files.len() as u16, files.len() as u16] {
        out.extend(word.to_le_bytes());
    }
    out.extend((directory.len() as u32).to_le_bytes());
    out.extend(begin.to_le_bytes());
    out.extend([0; 2]);
    Ok(out)
}

/// A file that is read by numbers at places, none of which is trusted.
struct Reading<'a> {
    source: &'a str,
    bytes: &'a [u8],
}

impl<'a> Reading<'a> {
    fn fail(&self, at: &str, fault: Fault) -> LabError {
        LabError::Malformed { source: self.source.into(), at: at.into(), fault }
    }

    fn part(&self, at: &str, begin: usize, len: usize) -> Result<&'a [u8], LabError> {
        let left = self.bytes.len().saturating_sub(begin);
        let part = begin.checked_add(len).and_then(|end| self.bytes.get(begin..end));
        part.ok_or_else(|| self.fail(at, Fault::Truncated { needed: len as u64, left: left as u64 }))
    }

    fn signature(&self, at: &str, begin: usize, expected: [u8; 4]) -> Result<(), LabError> {
        if self.part(at, begin, 4)? == expected { Ok(()) } else { Err(self.fail(at, Fault::BadMagic)) }
    }

    fn short(&self, at: &str, begin: usize) -> Result<u16, LabError> {
        let part = self.part(at, begin, 2)?;
        Ok(u16::from_le_bytes([part[0], part[1]]))
    }

    fn long(&self, at: &str, begin: usize) -> Result<u32, LabError> {
        Ok(u32::from(self.short(at, begin)?) | u32::from(self.short(at, begin.saturating_add(2))?) << 16)
    }

    /// Where the end record begins: the last one whose comment reaches exactly to the end of the file.
    fn end(&self) -> Option<usize> {
        let last = self.bytes.len().checked_sub(END_BYTES)?;
        (last.saturating_sub(usize::from(u16::MAX))..=last).rev().find(|&begin| {
            let comment = [self.bytes[begin + 20], self.bytes[begin + 21]];
            self.bytes[begin..].starts_with(&END) && begin + usize::from(u16::from_le_bytes(comment)) == last
        })
    }
}

/// The files in a zip file, without its folders. Names are as they stand there and must not be used as paths.
///
/// # Errors
/// [`LabError::Malformed`] at the entry: compressed or encrypted ones, a wrong check sum, [`Fault::Truncated`]; more
/// entries than [`MAX_ENTRIES`], or more bytes in them than the file has.
pub fn read(source: &str, bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, LabError> {
    const DIRECTORY: &str = "zip";
    let file = Reading { source, bytes };
    let end = file.end().ok_or_else(|| file.fail(DIRECTORY, Fault::BadMagic))?;
    let count = usize::from(file.short(DIRECTORY, end + 10)?);
    if count > MAX_ENTRIES {
        return Err(file.fail(DIRECTORY, Fault::TooLong { limit: MAX_ENTRIES as u64, got: count as u64 }));
    }
    let mut at = file.long(DIRECTORY, end + 16)? as usize;
    let mut left = bytes.len();
    let mut files = Vec::new();
    for _ in 0..count {
        file.signature(DIRECTORY, at, CENTRAL)?;
        file.part(DIRECTORY, at, CENTRAL_BYTES)?;
        let short = |offset: usize| file.short(DIRECTORY, at + offset);
        let long = |offset: usize| Ok::<usize, LabError>(file.long(DIRECTORY, at + offset)? as usize);
        let (name_len, extra, comment) = (short(28)?, short(30)?, short(32)?);
        let name = file.part(DIRECTORY, at + CENTRAL_BYTES, name_len.into())?;
        let name = String::from_utf8_lossy(name).into_owned();
        let (flags, method, crc) = (short(8)?, short(10)?, long(16)? as u32);
        let (stored, size, begin) = (long(20)?, long(24)?, long(42)?);
        at += CENTRAL_BYTES + usize::from(name_len) + usize::from(extra) + usize::from(comment);
        if name.ends_with('/') {
            continue;
        }
        if method != 0 || flags & FLAG_ENCRYPTED != 0 || stored != size {
            return Err(file.fail(&format!("{name}: compression"), Fault::WrongKind { expected: "0 (stored)".into() }));
        }
        // Entries that share bytes would make a small file large.
        left = left
            .checked_sub(size)
            .ok_or_else(|| file.fail(&name, Fault::Truncated { needed: size as u64, left: left as u64 }))?;
        file.signature(&name, begin, LOCAL)?;
        let (name_len, extra) = (file.short(&name, begin + 26)?, file.short(&name, begin + 28)?);
        let data = begin + LOCAL_BYTES + usize::from(name_len) + usize::from(extra);
        let data = file.part(&name, data, size)?;
        if crc32(data) != crc {
            return Err(file.fail(&name, Fault::NotDecodable));
        }
        files.push((name, data.to_vec()));
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files() -> Vec<(String, Vec<u8>)> {
        let file = |name: &str, bytes: &[u8]| (name.to_owned(), bytes.to_vec());
        vec![file("a.txt", b"123456789"), file("señal/ñ.bin", &[0, 255, 7]), file("empty", b"")]
    }

    #[test]
    fn the_check_sum_is_the_published_one() {
        assert_eq!(crc32(b"123456789"), 0xCBF4_3926);
        assert_eq!(crc32(b""), 0);
    }

    #[test]
    fn what_was_written_comes_back() {
        let zip = write(&files()).unwrap();
        assert!(is_zip(&zip));
        assert_eq!(read("f", &zip), Ok(files()));
        // A comment at the end, as some programs write.
        let mut commented = zip.clone();
        commented.extend(b"hi");
        let len = zip.len();
        commented[len - 2] = 2;
        assert_eq!(read("f", &commented), Ok(files()));
        assert_eq!(read("f", &write(&[]).unwrap()), Ok(Vec::new()));
    }

    #[test]
    fn what_is_broken_is_said_at_its_entry() {
        let zip = write(&files()).unwrap();
        let place = |bytes: &[u8]| match read("f", bytes) {
            Err(LabError::Malformed { at, fault, .. }) => (at, fault),
            other => panic!("{other:?}"),
        };
        let changed = |at: usize, byte: u8| {
            let mut zip = zip.clone();
            zip[at] = byte;
            place(&zip)
        };
        assert_eq!(changed(36, b'x'), ("a.txt".into(), Fault::NotDecodable));
        assert_eq!(changed(0, b'Q'), ("a.txt".into(), Fault::BadMagic));
        let directory = zip.windows(4).position(|part| part == CENTRAL).unwrap();
        let compression = Fault::WrongKind { expected: "0 (stored)".into() };
        assert_eq!(changed(directory + 10, 8), ("a.txt: compression".into(), compression.clone()));
        assert_eq!(changed(directory + 8, 1), ("a.txt: compression".into(), compression));
        assert_eq!(changed(directory, 0), ("zip".into(), Fault::BadMagic));
        assert_eq!(place(&zip[..zip.len() - 1]), ("zip".into(), Fault::BadMagic));
        assert_eq!(place(b""), ("zip".into(), Fault::BadMagic));
    }
}
