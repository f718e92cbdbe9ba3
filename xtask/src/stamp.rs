//! Names that change with content, so that no cache ever mixes two builds.

use std::path::Path;

use crate::run::{Outcome, files_below, read, root};

/// What the wasm binaries and the lessons are made of. Styles and icons are stamped one by one instead: changing a
/// colour must not compile everything anew.
const SOURCES: [&str; 9] = [
    "src",
    "shaders",
    "www/locales",
    "www/lessons",
    "www/boot.js",
    "www/worker.js",
    "Cargo.toml",
    "Cargo.lock",
    "build.rs",
];

/// FNV-1a, 64 bits: short, stable over compilers, and nobody attacks the names of our own files.
struct Fnv(u64);

impl Fnv {
    fn new() -> Fnv {
        Fnv(0xcbf2_9ce4_8422_2325)
    }

    fn eat(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }

    fn text(&self) -> String {
        format!("{:016x}", self.0)
    }
}

/// The stamp of some bytes: 16 hexadecimal digits.
pub fn of_bytes(bytes: &[u8]) -> String {
    let mut hash = Fnv::new();
    hash.eat(bytes);
    hash.text()
}

/// The stamp of the build: `AFINA_BUILD` if set (a-z and 0-9), else from the sources.
///
/// # Errors
/// If a source cannot be read, or `AFINA_BUILD` cannot be part of an address.
pub fn of_build() -> Outcome<String> {
    if let Ok(named) = std::env::var("AFINA_BUILD") {
        let fits = !named.is_empty() && named.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
        return if fits {
            Ok(named)
        } else {
            Err(format!("AFINA_BUILD={named}: only a-z and 0-9 can be part of an address."))
        };
    }
    of_files(&root(), &SOURCES)
}

/// The stamp of files: their names below `base` and their content.
fn of_files(base: &Path, sources: &[&str]) -> Outcome<String> {
    let mut hash = Fnv::new();
    for path in sources.iter().flat_map(|s| files_below(&base.join(s))) {
        let name = path.strip_prefix(base).unwrap_or(&path).to_string_lossy().replace('\\', "/");
        hash.eat(name.as_bytes());
        let bytes = read(&path)?;
        hash.eat(&(bytes.len() as u64).to_le_bytes());
        hash.eat(&bytes);
    }
    Ok(hash.text())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hash_is_the_published_one() {
        // Fowler, Noll, Vo: test vectors for FNV-1a 64.
        assert_eq!(of_bytes(b""), "cbf29ce484222325");
        assert_eq!(of_bytes(b"foobar"), "85944171f73967e8");
    }

    #[test]
    fn a_changed_name_or_byte_changes_the_stamp() {
        let folder = std::env::temp_dir().join(format!("afina-stamp-{}", std::process::id()));
        let stamp = |name: &str, text: &[u8]| {
            let _ = std::fs::remove_dir_all(&folder);
            crate::run::write(&folder.join("src").join(name), text).unwrap();
            of_files(&folder, &["src", "absent"]).unwrap()
        };
        let first = stamp("a.rs", b"one");
        assert_eq!(first, stamp("a.rs", b"one"));
        assert_ne!(first, stamp("a.rs", b"two"));
        assert_ne!(first, stamp("b.rs", b"one"));
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
