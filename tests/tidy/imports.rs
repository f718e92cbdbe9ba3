//! Who may look at whom: the import table of the house, and what finds the imports of a file.

use crate::rules::production;

/// `(room, the rooms it may import)`. A lab is three rooms: `lab` (configuration), `lab/run` and `lab/page`; `labs` is
/// the list of labs, `labs/ctx` what a run is given. Every room may import itself; what is not listed is forbidden.
const TABLE: [(&str, &[&str]); 20] = [
    ("math", &[]),
    ("text", &[]),
    ("protocol", &["text"]),
    ("gpu", &["protocol"]),
    ("kernels", &["gpu", "math", "protocol"]),
    ("data", &["math", "protocol"]),
    ("wgsl", &["protocol"]),
    ("model", &["gpu", "kernels", "math", "data", "protocol"]),
    ("nets", &["gpu", "kernels", "math", "data", "model", "protocol"]),
    ("labs", &["math", "protocol", "lab", "labs/ctx"]),
    ("labs/ctx", &["gpu", "protocol"]),
    ("lab", &["math", "protocol"]),
    ("lab/run", &["lab", "labs", "labs/ctx", "kernels", "model", "nets", "data", "wgsl", "math", "protocol", "gpu"]),
    // `data` for share links: a lab's state in the address is the same text as in a file.
    ("lab/page", &["lab", "labs", "ui", "data", "protocol", "text"]),
    // `kernels` for the health check that decides the tier.
    ("engine", &["labs", "labs/ctx", "lab", "lab/run", "kernels", "gpu", "protocol"]),
    ("worker", &["engine", "labs", "labs/ctx", "lab", "protocol"]),
    ("homework", &["lab", "math", "protocol"]),
    ("ui", &["text", "protocol"]),
    ("app", &["labs", "lab", "homework", "ui", "worker", "protocol", "text"]),
    (
        "bin",
        &[
            "app", "worker", "engine", "labs", "labs/ctx", "lab", "lab/page", "kernels", "model", "nets", "gpu",
            "math", "protocol", "text", "data",
        ],
    ),
];

/// A place in the house: the room, and which lab it belongs to, if it is a lab's.
#[derive(Clone, Debug, PartialEq)]
struct Place {
    room: String,
    lab: Option<String>,
}

/// `labs/quant/run/tier` is the room `lab/run` of the lab `quant`. `None`: the crate's root, which sees everything.
fn place(path: &[&str]) -> Option<Place> {
    let only = |room: &str| Some(Place { room: room.to_owned(), lab: None });
    let of_lab = |room: &str, lab: &str| Some(Place { room: room.to_owned(), lab: Some(lab.to_owned()) });
    match path {
        [] | ["lib"] => None,
        ["labs"] => only("labs"),
        ["labs", "ctx" | "Ctx" | "Device" | "EventSink" | "Yield" | "Host" | "host", ..] => only("labs/ctx"),
        // Types and functions of `labs/mod.rs` itself.
        ["labs", name, ..] if name.starts_with(char::is_uppercase) || name.contains("_from_") => only("labs"),
        ["labs", "*" | "self"] => only("labs"),
        ["labs", lab, "run", ..] => of_lab("lab/run", lab),
        ["labs", lab, "page", ..] => of_lab("lab/page", lab),
        ["labs", lab, ..] => of_lab("lab", lab),
        [room, ..] => only(room),
    }
}

/// What a source file imports against the table, one sentence each.
pub fn faults(file: &str, text: &str) -> Vec<String> {
    let module = file.trim_start_matches("src/").trim_end_matches(".rs");
    let module: Vec<&str> = module.trim_end_matches("/mod").split('/').collect();
    let Some(here) = place(&module) else { return Vec::new() };
    let Some((_, allowed)) = TABLE.iter().find(|(room, _)| *room == here.room) else {
        return vec![format!("{file}: the room `{}` is not in the table of tests/tidy/imports.rs", here.room)];
    };
    let mut out: Vec<String> = Vec::new();
    for path in imports(&production(text), &module) {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        let Some(there) = place(&path) else { continue };
        let own_lab = there.lab.is_none() || here.lab.is_none() || there.lab == here.lab;
        let is_room = TABLE.iter().any(|(room, _)| *room == there.room);
        // `crate::name` that is no room is an item of lib.rs, of which there are none but modules.
        if !is_room || (own_lab && (there.room == here.room || allowed.contains(&there.room.as_str()))) {
            continue;
        }
        let fault = format!("{file}: `{}` must not import `{}` (crate::{})", here.room, there.room, path.join("::"));
        if !out.contains(&fault) {
            out.push(fault);
        }
    }
    out
}

/// Every `crate::..`, `afina::..` and `super::..` path of a text without comments, braces resolved, from the crate's root.
fn imports(text: &str, module: &[&str]) -> Vec<Vec<String>> {
    let mut out = Vec::new();
    for (start, marker) in [("crate::", 0), ("afina::", 0), ("super::", 1)] {
        let mut from = 0;
        while let Some(at) = text[from..].find(start).map(|i| i + from) {
            from = at + start.len();
            let before = &text[..at];
            // Part of a longer path (`leptos_crate::`, `super::super::`): not a beginning.
            if before.ends_with(|c: char| c.is_alphanumeric() || c == '_') || before.ends_with("::") {
                continue;
            }
            let mut base: Vec<String> = Vec::new();
            let mut rest = &text[from..];
            if marker == 1 {
                let inside: Vec<&str> = module.iter().copied().chain(inline_modules(before)).collect();
                let mut depth = inside.len().saturating_sub(1);
                while let Some(tail) = rest.strip_prefix("super::") {
                    (rest, depth) = (tail, depth.saturating_sub(1));
                }
                base = inside[..depth].iter().map(|s| (*s).to_owned()).collect();
            }
            let mut chars = rest.chars().peekable();
            tree(&mut chars, &base, &mut out);
        }
    }
    out
}

/// The inline modules that are open at the end of `before`: `mod a { mod b { }  fn f() {` gives `a`.
fn inline_modules(before: &str) -> Vec<&str> {
    let mut open: Vec<Option<&str>> = Vec::new();
    for (at, c) in before.char_indices() {
        match c {
            '{' => {
                let mut words = before[..at].split_whitespace().rev();
                let name = words.next();
                open.push(name.filter(|_| words.next() == Some("mod")));
            }
            '}' => {
                open.pop();
            }
            _ => {}
        }
    }
    open.into_iter().flatten().collect()
}

/// Reads one use tree: `a::{b, c::d}` gives `a::b` and `a::c::d`.
fn tree(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, base: &[String], out: &mut Vec<Vec<String>>) {
    let mut path = base.to_vec();
    loop {
        while chars.next_if(|c| c.is_whitespace()).is_some() {}
        if chars.next_if_eq(&'{').is_some() {
            loop {
                while chars.next_if(|c| c.is_whitespace() || *c == ',').is_some() {}
                if chars.next_if_eq(&'}').is_some() || chars.peek().is_none() {
                    return;
                }
                tree(chars, &path, out);
                // What a tree does not understand ends it: skip to the next branch.
                while chars.next_if(|c| *c != ',' && *c != '}').is_some() {}
            }
        }
        let mut name = String::new();
        while let Some(c) = chars.next_if(|c| c.is_alphanumeric() || *c == '_' || *c == '*') {
            name.push(c);
        }
        if !name.is_empty() && name != "self" {
            path.push(name);
        }
        let mut ahead = chars.clone();
        if ahead.next() == Some(':') && ahead.next() == Some(':') {
            *chars = ahead;
            continue;
        }
        if path.len() > base.len() || !path.is_empty() {
            out.push(path);
        }
        return;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault_of(file: &str, text: &str) -> String {
        faults(file, text).join("\n")
    }

    #[test]
    fn forbidden_imports_are_found() {
        for (file, text) in [
            ("src/math/spec.rs", "use crate::protocol::LabError;"),
            ("src/kernels/mod.rs", "use crate::{math, nets::check};"),
            ("src/gpu/device.rs", "fn f() { crate::kernels::all() }"),
            ("src/ui/plot/mod.rs", "use crate::{\n    protocol::Table,\n    labs::{quant::Config, LabId},\n};"),
            ("src/labs/quant/page/lab.rs", "use crate::labs::quant::run::survey;"),
            ("src/labs/quant/page/lab.rs", "use super::super::run::survey;"),
            ("src/labs/quant/page.rs", "use super::run;"),
            ("src/labs/quant/mod.rs", "use crate::labs::lora::Config;"),
            ("src/labs/quant/run/mod.rs", "use crate::labs::lora::run::train;"),
            ("src/labs/quant/run.rs", "use crate::ui::use_lang;"),
            ("src/app/mod.rs", "use crate::labs::quant::run::survey;"),
            ("src/engine/mod.rs", "use crate::app;"),
            ("src/data/npy.rs", "use super::super::gpu::Gpu;"),
            ("src/data/npy.rs", "pub mod inner { fn f() {}\nuse super::super::super::gpu::Gpu; }"),
            ("src/cellar/mod.rs", "use crate::math;"),
        ] {
            assert!(!fault_of(file, text).is_empty(), "{file}: {text}");
        }
    }

    #[test]
    fn allowed_imports_pass() {
        for (file, text) in [
            ("src/math/spec.rs", "use super::rng::Rng; // use crate::app;"),
            ("src/kernels/quantize.rs", "use crate::{gpu::Gpu, math::{self, spec::Spec}, protocol::LabError};"),
            ("src/labs/quant/run/tier.rs", "use crate::labs::{Ctx, Device, quant::Config};\nuse super::super::Task;"),
            (
                "src/labs/quant/page/lab.rs",
                "use crate::labs::{Command, quant::{Config, tables}};\nuse crate::ui::Runner;",
            ),
            ("src/labs/mod.rs", "use crate::protocol::LabError;"),
            ("src/bin/quant.rs", "use crate::labs::quant::page::page;"),
            ("src/text/mod.rs", "/// see crate::app\nlet s = \"crate::app::x\";"),
            ("src/math/mod.rs", "fn f() {}\n#[cfg(test)]\nmod tests {\n use crate::data::npy;\n}"),
            ("src/labs/quant/mod.rs", "pub mod presets { use super::*; fn f() { super::super::super::math::g() } }"),
            ("src/lib.rs", "pub use crate::app::start;"),
        ] {
            assert_eq!(fault_of(file, text), "", "{file}: {text}");
        }
    }

    #[test]
    fn a_fault_names_file_and_path() {
        let fault = fault_of("src/math/spec.rs", "use crate::data::npy::read;");
        assert_eq!(fault, "src/math/spec.rs: `math` must not import `data` (crate::data::npy::read)");
    }
}
