//! The text of every kernel with its entry points: the file with its comments, of which the wasm has the code only.

use crate::kernels;
use crate::labs::Host;
use crate::labs::kernel::tables;
use crate::protocol::{LabError, Table};

/// Table [`tables::SOURCES`].
///
/// # Errors
/// Those of [`Host::site_text`].
pub async fn table(host: &dyn Host) -> Result<Table, LabError> {
    let paths: Vec<String> = kernels::ALL.iter().map(|kernel| ["shaders/", kernel.name, ".wgsl"].concat()).collect();
    // All asked for before the first is waited for.
    let texts: Vec<_> = paths.iter().map(|path| host.site_text(path)).collect();
    let mut table = Table::new(tables::SOURCES, &["kernel", "entry", "version", "text"]);
    for (kernel, text) in kernels::ALL.iter().zip(texts) {
        let mut text = text.await?;
        for (at, entry) in entries(kernel.source).into_iter().enumerate() {
            let version = (at + 1) as f64;
            table.rows.push(vec![kernel.name.into(), entry.into(), version.into(), std::mem::take(&mut text).into()]);
        }
    }
    Ok(table)
}

/// The names of the functions that a shader declares with `@compute`, in the order of the text.
pub fn entries(source: &str) -> Vec<&str> {
    let code = || source.lines().map(|line| line.split("//").next().unwrap_or_default());
    let mut found = Vec::new();
    let mut awaited = false;
    for line in code() {
        awaited |= line.contains("@compute");
        // The declaration may follow its attributes on the same line or on a later one.
        if awaited && let Some((_, rest)) = line.split_once("fn ") {
            let name = rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default();
            if !name.is_empty() {
                found.push(name);
            }
            awaited = false;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entry_points_are_found_in_order_and_comments_are_not_code() {
        let source = "// @compute fn no() {}\nfn helper() {}\n@compute @workgroup_size(64)\nfn a_v1(@builtin(x) g: vec3u) {}\n\
                      fn other() {}\n@compute @workgroup_size(8, 8) fn a_tiles() {}\n";
        assert_eq!(entries(source), ["a_v1", "a_tiles"]);
    }

    #[test]
    fn every_kernel_has_an_entry_point_and_its_text_once() {
        let host = crate::engine::native::NativeHost::new(std::path::Path::new("."));
        let table = pollster::block_on(table(&host)).unwrap();
        for kernel in kernels::ALL {
            let rows: Vec<usize> =
                (0..table.rows.len()).filter(|&r| table.text(r, "kernel") == Some(kernel.name)).collect();
            assert!(!rows.is_empty(), "{} has no entry point", kernel.name);
            let text = table.text(rows[0], "text").unwrap();
            assert_eq!(text.lines().count(), kernel.source.lines().count());
            for (whole, kept) in text.lines().zip(kernel.source.lines()) {
                assert_eq!(whole.split("//").next().unwrap().trim(), kept, "{}", kernel.name);
            }
            assert!(rows[1..].iter().all(|&r| table.text(r, "text") == Some("")));
        }
    }
}
