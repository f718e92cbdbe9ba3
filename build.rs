//! Turns `www/locales/*.json` into Rust: one `Lang` variant per file, one function per key.
//!
//! Also writes what the binaries keep of the shaders: line for line the file, without comments and indentation.
//!
//! The build fails, naming file and key, when a language lacks a key, has one too many, or uses other placeholders
//! than Spanish does. A new language is one new file; nothing else changes.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::exit,
};

/// The language that every other one is measured against, and the first one offered.
const FIRST_LANGUAGE: &str = "es";
const LOCALES: &str = "www/locales";
const SHADERS: &str = "shaders";

fn main() {
    println!("cargo:rerun-if-changed={LOCALES}");
    println!("cargo:rerun-if-env-changed=AFINA_BUILD");
    if env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        // Otherwise the linker has every exported function run all static constructors first, thousands of times a second;
        // `www/worker.js` runs them once.
        println!("cargo:rustc-link-arg-bin=trainer=--export=__wasm_call_ctors");
    }
    let mut languages: BTreeMap<String, BTreeMap<String, String>> = BTreeMap::new();
    for path in files(Path::new(LOCALES), "json") {
        println!("cargo:rerun-if-changed={}", path.display());
        let code = path.file_stem().and_then(|s| s.to_str()).unwrap_or_default().to_owned();
        let text = fs::read_to_string(&path).unwrap_or_else(|e| fail(&format!("{}: {e}", path.display())));
        let tree: serde_json::Value =
            serde_json::from_str(&text).unwrap_or_else(|e| fail(&format!("{}: {e}", path.display())));
        let mut flat = BTreeMap::new();
        flatten(&tree, "", &path, &mut flat);
        languages.insert(code, flat);
    }
    let Some(first) = languages.get(FIRST_LANGUAGE) else {
        fail(&format!("{LOCALES}/{FIRST_LANGUAGE}.json is missing"))
    };
    for (code, keys) in &languages {
        compare(code, keys, first);
    }
    let folder = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR for build scripts"));
    write(&folder.join("messages.rs"), &generated(&languages, first));
    println!("cargo:rerun-if-changed={SHADERS}");
    for path in files(Path::new(SHADERS), "wgsl") {
        println!("cargo:rerun-if-changed={}", path.display());
        let text = fs::read_to_string(&path).unwrap_or_else(|e| fail(&format!("{}: {e}", path.display())));
        if text.contains("/*") {
            fail(&format!("{}: comments begin with //", path.display()));
        }
        write(&folder.join(&path), &without_comments(&text));
    }
}

fn write(path: &Path, text: &str) {
    let done = path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(path, text));
    done.unwrap_or_else(|e| fail(&format!("{}: {e}", path.display())));
}

/// Every visitor downloads the shaders inside a wasm, and two in five of their bytes, compressed, are comments. Lines stay
/// where they are, so that an error names the line of the file.
fn without_comments(text: &str) -> String {
    text.lines().flat_map(|line| [line.split("//").next().unwrap_or_default().trim(), "\n"]).collect()
}

fn fail(message: &str) -> ! {
    println!("cargo:warning={message}");
    eprintln!("{message}");
    exit(1)
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap_or_else(|e| fail(&format!("{}: {e}", folder.display())));
    let mut files: Vec<_> = entries
        .filter_map(|e| Some(e.ok()?.path()))
        .filter(|p| p.extension().is_some_and(|x| x == extension))
        .collect();
    files.sort();
    files
}

fn flatten(value: &serde_json::Value, prefix: &str, path: &Path, out: &mut BTreeMap<String, String>) {
    match value {
        serde_json::Value::Object(map) => {
            for (key, inner) in map {
                if key.is_empty() || !key.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_') {
                    fail(&format!("{}: key `{key}` must be made of a-z, 0-9 and _", path.display()));
                }
                let name = if prefix.is_empty() { key.clone() } else { format!("{prefix}_{key}") };
                flatten(inner, &name, path, out);
            }
        }
        serde_json::Value::String(text) => {
            if out.insert(prefix.to_owned(), text.clone()).is_some() {
                fail(&format!("{}: two keys flatten to `{prefix}`", path.display()));
            }
        }
        other => fail(&format!("{}: `{prefix}` must be a text, not {other}", path.display())),
    }
}

/// The names between braces: `{count}` gives `count`.
fn placeholders(text: &str) -> BTreeSet<&str> {
    text.split('{').skip(1).filter_map(|rest| rest.split_once('}')).map(|(name, _)| name).collect()
}

fn compare(code: &str, keys: &BTreeMap<String, String>, first: &BTreeMap<String, String>) {
    let mut faults = Vec::new();
    for key in first.keys().filter(|k| !keys.contains_key(*k)) {
        faults.push(format!("`{key}` is missing"));
    }
    for (key, text) in keys {
        match first.get(key) {
            None => faults.push(format!("`{key}` does not exist in {FIRST_LANGUAGE}.json")),
            Some(spanish) if placeholders(spanish) != placeholders(text) => {
                faults.push(format!("`{key}` has other placeholders than in {FIRST_LANGUAGE}.json"))
            }
            Some(_) if text.is_empty() => faults.push(format!("`{key}` is empty")),
            Some(_) => {}
        }
    }
    if !faults.is_empty() {
        fail(&format!("{LOCALES}/{code}.json: {}", faults.join("; ")));
    }
}

fn variant(code: &str) -> String {
    let mut chars = code.chars().filter(char::is_ascii_alphanumeric);
    chars.next().map(|c| c.to_ascii_uppercase()).into_iter().chain(chars).collect()
}

fn generated(languages: &BTreeMap<String, BTreeMap<String, String>>, first: &BTreeMap<String, String>) -> String {
    let mut codes: Vec<&String> = languages.keys().collect();
    codes.sort_by_key(|c| (c.as_str() != FIRST_LANGUAGE, c.as_str()));
    let mut out = String::new();
    out += "/// A language of the page: one per file in `www/locales`.\n#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]\npub enum Lang {\n";
    for code in &codes {
        let _ = writeln!(out, "    /// `{code}.json`\n    {},", variant(code));
    }
    out += "}\nimpl Lang {\n    /// Every language, the first one first.\n    pub const ALL: &'static [Lang] = &[";
    for code in &codes {
        let _ = write!(out, "Lang::{}, ", variant(code));
    }
    out += "];\n    /// The BCP 47 code.\n    pub fn code(self) -> &'static str {\n        match self {\n";
    for code in &codes {
        let _ = writeln!(out, "            Lang::{} => {code:?},", variant(code));
    }
    out += "        }\n    }\n}\n/// One function per message; the placeholders are its arguments, in alphabetical order.\npub mod msg {\n    use super::Lang;\n";
    for key in first.keys() {
        let names = placeholders(&first[key]);
        let _ = writeln!(
            out,
            "    /// `{key}`: {}",
            first[key].replace('\n', " ").replace('[', "\\[").replace(']', "\\]").replace('<', "\\<").replace('`', "'")
        );
        if names.is_empty() {
            let _ = writeln!(out, "    pub fn {key}(lang: Lang) -> &'static str {{\n        match lang {{");
            for code in &codes {
                let _ = writeln!(out, "            Lang::{} => {:?},", variant(code), languages[*code][key]);
            }
        } else {
            let arguments: Vec<_> = names.iter().map(|n| format!("{n}: &str")).collect();
            let _ = writeln!(
                out,
                "    pub fn {key}(lang: Lang, {}) -> String {{\n        match lang {{",
                arguments.join(", ")
            );
            for code in &codes {
                let _ = writeln!(
                    out,
                    "            Lang::{} => [{}].concat(),",
                    variant(code),
                    pieces(&languages[*code][key])
                );
            }
        }
        out += "        }\n    }\n";
    }
    out += "}\n";
    out
}

/// `"{n} rows"` as the pieces of a `concat`: `n, " rows"`.
fn pieces(text: &str) -> String {
    let mut out = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        if !before.is_empty() {
            out.push(format!("{before:?}"));
        }
        let (name, tail) = after.split_once('}').unwrap_or((after, ""));
        out.push(name.to_owned());
        rest = tail;
    }
    if !rest.is_empty() {
        out.push(format!("{rest:?}"));
    }
    out.join(", ")
}
