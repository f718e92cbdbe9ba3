//! Every shader is valid WGSL, and every parameter block is laid out as the host lays it out.
#![cfg(feature = "gpu")]

use std::collections::BTreeSet;

use afina::kernels::ALL;
use naga::valid::{Capabilities, ValidationFlags, Validator};

fn shader_files() -> Vec<(String, String)> {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/shaders");
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .expect("the folder shaders exists")
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|e| e == "wgsl"))
        .map(|path| {
            let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("a readable file"))
        })
        .collect();
    files.sort();
    files
}

fn parsed(name: &str, source: &str) -> Result<naga::Module, String> {
    let module = naga::front::wgsl::parse_str(source).map_err(|e| e.emit_to_string_with_path(source, name))?;
    // No f16, no subgroups, nothing that WebGPU makes optional; `unpack2x16float` is a part of every WebGPU.
    Validator::new(ValidationFlags::all(), Capabilities::SHADER_FLOAT16_IN_FLOAT32)
        .validate(&module)
        .map_err(|e| e.emit_to_string_with_path(source, name))?;
    Ok(module)
}

#[test]
fn every_shader_is_valid() {
    let files = shader_files();
    assert!(files.len() >= 11, "only {} shaders found", files.len());
    let failures: Vec<String> = files.iter().filter_map(|(name, source)| parsed(name, source).err()).collect();
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn a_broken_shader_would_be_noticed() {
    assert!(parsed("broken", "@compute @workgroup_size(64) fn f() { let x: u32 = 1.5; }").is_err());
    assert!(parsed("half", "enable f16; @compute @workgroup_size(64) fn f() { let x: f16 = 1.5h; }").is_err());
}

/// Lines that declare a variable without a value where a loop may come by again. Chromium's software GPU gives such a
/// variable its zeros once, not in every round.
fn hoped_for_zeros(source: &str) -> Vec<usize> {
    let code = |line: &str| line.split("//").next().unwrap_or_default().to_owned();
    let inside = |line: &str| line.starts_with("        ") && line.trim_start().starts_with("var ");
    let lines = source.lines().map(code).enumerate();
    lines.filter(|(_, line)| inside(line) && !line.contains('=')).map(|(at, _)| at + 1).collect()
}

#[test]
fn variables_in_loops_are_given_a_value() {
    assert_eq!(hoped_for_zeros("    loop {\n        var a: Tile;\n        var b = Tile(); // zeros\n    }\n"), [2]);
    for (name, source) in shader_files() {
        assert_eq!(hoped_for_zeros(&source), [0usize; 0], "{name}");
    }
}

#[test]
fn files_and_kernels_are_the_same() {
    let files: BTreeSet<String> = shader_files().into_iter().map(|(name, _)| name).collect();
    let kernels: BTreeSet<String> = ALL.iter().map(|k| k.name.to_owned()).collect();
    assert_eq!(files, kernels);
}

#[test]
fn parameters_are_laid_out_alike() {
    let mut failures = Vec::new();
    for kernel in ALL {
        let module = match parsed(kernel.name, kernel.source) {
            Ok(module) => module,
            Err(error) => {
                failures.push(error);
                continue;
            }
        };
        let found = module.types.iter().find(|(_, t)| t.name.as_deref() == Some("Params")).map(|(_, t)| &t.inner);
        let Some(naga::TypeInner::Struct { members, span }) = found else {
            failures.push(format!("{}: no struct Params", kernel.name));
            continue;
        };
        let gctx = module.to_ctx();
        let shader: Vec<(String, usize, usize)> = members
            .iter()
            .map(|m| {
                let size = module.types[m.ty].inner.size(gctx) as usize;
                (m.name.clone().unwrap_or_default(), m.offset as usize, size)
            })
            .collect();
        let host: Vec<_> = kernel.params.iter().map(|f| (f.name.to_owned(), f.offset, f.size)).collect();
        if shader != host {
            failures.push(format!("{}: shader {shader:?}, host {host:?}", kernel.name));
        }
        let host_size = kernel.params.last().map_or(0, |f| f.offset + f.size);
        if host_size != *span as usize {
            failures.push(format!("{}: {span} bytes in the shader, {host_size} on the host", kernel.name));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn every_shader_explains_itself() {
    for (name, source) in shader_files() {
        assert!(source.starts_with(&format!("// {name}: ")), "{name}: the first line names the kernel");
        for heading in ["// Memory layout", "// Version ladder", "// Limits"] {
            assert!(source.contains(heading), "{name}: lacks {heading:?}");
        }
        for forbidden in ["enable f16", "enable subgroups"] {
            assert!(!source.contains(forbidden), "{name}: {forbidden}");
        }
    }
}
