//! The house rules that a compiler does not know: who may look at whom, which files belong together, how long a file may
//! be. `rules.rs` judges texts and is itself tried on made-up ones; this file walks the project.

mod imports;
mod rules;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use afina::labs::LabId;

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    fn walk(folder: &Path, extension: &str, out: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(folder).into_iter().flatten().map(|e| e.unwrap().path()) {
            if entry.is_dir() {
                walk(&entry, extension, out);
            } else if entry.extension().is_some_and(|e| e == extension) {
                out.push(entry);
            }
        }
    }
    let mut out = Vec::new();
    walk(&root().join(folder), extension, &mut out);
    out.sort();
    out
}

/// `(src/math/spec.rs, text)` of every source file.
fn sources() -> Vec<(String, String)> {
    let name = |p: &Path| p.strip_prefix(root()).unwrap().to_string_lossy().replace('\\', "/");
    let all: Vec<_> = files("src", "rs").iter().map(|p| (name(p), fs::read_to_string(p).unwrap())).collect();
    assert!(all.len() > 50, "the sources are not where this test looks for them");
    all
}

fn stems(folder: &str, extension: &str) -> BTreeSet<String> {
    files(folder, extension).iter().map(|p| p.file_stem().unwrap().to_string_lossy().into_owned()).collect()
}

fn demand(faults: Vec<String>) {
    assert!(faults.is_empty(), "\n{}\n", faults.join("\n"));
}

#[test]
fn imports_follow_the_table() {
    demand(sources().iter().flat_map(|(file, text)| imports::faults(file, text)).collect());
}

#[test]
fn leptos_and_burn_stay_in_their_rooms() {
    demand(sources().iter().flat_map(|(file, text)| rules::strangers(file, text)).collect());
}

#[test]
fn no_unwrap_outside_of_tests() {
    // `x_tests.rs` is the body of a `#[cfg(test)] mod tests` that grew.
    let code = sources().into_iter().filter(|(file, _)| !file.ends_with("_tests.rs"));
    demand(code.flat_map(|(file, text)| rules::unwraps(&file, &text)).collect());
}

#[test]
fn files_stay_readable() {
    demand(sources().iter().filter_map(|(file, text)| rules::too_long(file, text)).collect());
}

#[test]
fn every_shader_has_its_host_and_is_listed() {
    let shaders = stems("shaders", "wgsl");
    assert!(!shaders.is_empty(), "there are no shaders");
    let hosts = stems("src/kernels", "rs");
    demand(shaders.difference(&hosts).map(|s| format!("shaders/{s}.wgsl has no src/kernels/{s}.rs")).collect());
    #[cfg(feature = "gpu")]
    {
        let listed: BTreeSet<String> = afina::kernels::ALL.iter().map(|k| k.name.to_owned()).collect();
        assert_eq!(listed, shaders, "kernels::ALL and shaders/");
    }
}

#[test]
fn locales_are_json_with_the_same_sections() {
    let sections = |path: &PathBuf| {
        let text = fs::read_to_string(path).unwrap();
        let tree: serde_json::Value = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
        tree.as_object().unwrap().keys().cloned().collect::<BTreeSet<String>>()
    };
    let locales = files("www/locales", "json");
    assert!(locales.len() >= 2);
    for path in &locales {
        assert_eq!(sections(path), sections(&locales[0]), "{}", path.display());
    }
}

#[test]
fn every_lab_has_a_page_of_its_own_and_lessons_in_every_language() {
    let xtask = fs::read_to_string(root().join("xtask/src/dist.rs")).unwrap();
    let routes = rules::routes(&xtask).expect("xtask/src/dist.rs lists ROUTES");
    let mut wanted: BTreeSet<String> = LabId::ALL.iter().map(|l| l.slug().to_owned()).collect();
    wanted.extend(["device".to_owned(), "storage".to_owned()]);
    assert_eq!(routes, wanted, "ROUTES of xtask/src/dist.rs and the pages there are");
    let slugs: Vec<&str> = LabId::ALL.iter().map(|l| l.slug()).collect();
    let html = fs::read_to_string(root().join("index.html")).unwrap();
    let mark = format!("<meta name=\"afina-labs\" content=\"{}\">", slugs.join(" "));
    assert!(html.contains(&mark), "index.html lacks {mark}");
    let list = slugs.iter().map(|s| format!("{s:?}")).collect::<Vec<_>>().join(", ");
    assert!(xtask.contains(&format!("const LABS: [&str; {}] = [{list}];", slugs.len())), "LABS of xtask/src/dist.rs");
    let mut missing = Vec::new();
    for lab in LabId::ALL {
        let bin = format!("data-bin=\"{}\"", lab.slug());
        if !html.contains(&bin) {
            missing.push(format!("index.html builds no {bin}"));
        }
        for lang in stems("www/locales", "json") {
            let lesson = format!("www/lessons/{}.{lang}.md", lab.slug());
            if !root().join(&lesson).exists() {
                missing.push(format!("{lesson} is missing"));
            }
        }
    }
    demand(missing);
}

#[test]
fn every_style_sheet_is_linked() {
    let html = fs::read_to_string(root().join("index.html")).unwrap();
    let sheets = stems("www/css", "css");
    let linked = |s: &&String| html.contains(&format!("rel=\"stylesheet\" href=\"/css/{s}.css\""));
    demand(sheets.iter().filter(|s| !linked(s)).map(|s| format!("index.html does not link www/css/{s}.css")).collect());
}

#[test]
fn the_features_of_each_binary_are_those_of_its_manifest() {
    let html = fs::read_to_string(root().join("index.html")).unwrap();
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    for (bin, features) in [("app", "ui"), ("kernels", "gpu"), ("trainer", "train,text-models")] {
        let asset = format!("data-bin=\"{bin}\" data-cargo-features=\"{features}\"");
        assert!(html.contains(&asset), "index.html lacks {asset}");
        let entry = format!(
            "name = \"{bin}\"\npath = \"src/bin/{bin}.rs\"\nrequired-features = [\"{}\"]",
            features.replace(',', "\", \"")
        );
        assert!(manifest.contains(&entry), "Cargo.toml lacks {entry}");
    }
}

/// `www/worker.js` speaks before any wasm is there to speak for it.
#[test]
fn the_workers_loader_speaks_the_protocol() {
    let loader = fs::read_to_string(root().join("www/worker.js")).unwrap();
    assert!(loader.contains("JSON.stringify({ broken: { message:"), "www/worker.js says it otherwise now");
    let said: afina::worker::FromWorker = serde_json::from_str(r#"{"broken":{"message":"404"}}"#).unwrap();
    assert_eq!(said, afina::worker::FromWorker::Broken { message: "404".into() });
}

#[test]
fn the_benchmarks_command_is_one() {
    let text = fs::read_to_string(root().join("tests/bench/cold_64.json")).unwrap();
    let command = afina::labs::command_from_json("cold_64.json", &text).unwrap();
    let afina::labs::Command::Quant { task: afina::labs::quant::Task::Measure { config } } = command else {
        panic!("{command:?}")
    };
    config.checked().unwrap();
}
