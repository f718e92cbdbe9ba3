//! `cargo xtask dist`: the optimised site. Trunk builds; this stamps, shrinks and arranges.
//!
//! ```text
//! dist/index.html  model/ tune/ quant/ bits/ kernel/ device/ storage/ (an index.html each)  404.html
//!      <build>/    boot.js, and .js and .wasm of app, of every lab and worker: the folder's name changes with its content
//!      worker.js  theme.js  css/  icons/  lessons/  models/     asked for with ?v=<stamp>
//! ```

use std::fs;
use std::path::{Path, PathBuf};

use crate::html::{UNSTAMPED, missing_page, page};
use crate::run::{Outcome, command, files_below, npm_bin, output_of, read, read_text, root, run, say, target, write};
use crate::{setup, stamp};

/// The pages below the root. The routes of labs are `LabId::slug`; `tests/tidy.rs` checks that they agree.
pub const ROUTES: [&str; 7] = ["model", "tune", "quant", "bits", "kernel", "device", "storage"];

/// The labs: each page of theirs is a wasm of its own; every other page is in `app`. `tests/tidy` compares this with
/// `LabId::ALL`, and with `afina-labs` in index.html, where the boot script reads it.
pub const LABS: [&str; 5] = ["model", "tune", "quant", "bits", "kernel"];

/// The wasm binaries that are optimised for something else than size: what computes.
const FAST_BINARIES: [(&str, &str); 3] = [("kernels", "-O3"), ("workshop", "-O3"), ("text", "-O3")];

/// What rustc's wasm may use; wasm-opt must be told.
const WASM_FEATURES: [&str; 8] = [
    "--enable-simd",
    "--enable-bulk-memory",
    "--enable-nontrapping-float-to-int",
    "--enable-sign-ext",
    "--enable-mutable-globals",
    "--enable-reference-types",
    "--enable-multivalue",
    "--enable-bulk-memory-opt",
];

/// Budgets of the brotli sizes, in bytes: what a visitor waits for. They are ratchets: the goals are 120, 150 and 1434
/// KB, the limits are what was reached and a little air. Lower them whenever the sizes fall; one is raised only with
/// what came in named here. `kernels` was 210 before it held every product, the decoder, vector search and the check of
/// each on the visitor's adapter, and 320 before every worker read the fine-tuning lab's commands; `trainer`, which
/// holds the same, was 1540, also has the bridge to burn now, and was 1660 before burn's processor backend was built
/// with its SIMD, and 1680 before it held the fine-tuning lab: `tokenizers`, the little world's tasks, IndexedDB, and
/// the readers and writers of adapters. `text` is the kernels with the decoder that strings them together, the little
/// world's texts and the crate `tokenizers`; the model that it fetches (5.6 MB, with progress) is no part of it.
const BUDGETS: [(&str, u64); 10] = [
    ("first load", 190 * 1024),
    ("model page", 260 * 1024),
    ("tune page", 320 * 1024),
    ("bits page", 280 * 1024),
    ("quant page", 300 * 1024),
    ("kernel page", 305 * 1024),
    ("kernels", 332 * 1024),
    ("trainer", 2500 * 1024),
    ("workshop", 600 * 1024),
    ("text", 880 * 1024),
];

/// A finished site.
pub struct Site {
    pub folder: PathBuf,
    pub build: String,
}

/// Builds `dist/`.
///
/// # Errors
/// The step that failed.
pub fn dist() -> Outcome<Site> {
    setup::rust()?;
    setup::node()?;
    setup::wasm_tools()?;
    let build = stamp::of_build()?;
    let raw = target().join("site");
    say(&format!("building the site, stamp {build}"));
    let mut trunk = command("trunk", &["build", "--release", "--dist"]);
    trunk.arg(&raw).env("AFINA_BUILD", &build).env_remove("NO_COLOR");
    run(trunk)?;
    say("optimising and stamping");
    let folder = root().join("dist");
    let _ = fs::remove_dir_all(&folder);
    assemble(&raw, &folder, &build)?;
    Ok(Site { folder, build })
}

/// The site that lies in `dist/` already.
///
/// # Errors
/// If there is none.
pub fn existing() -> Outcome<Site> {
    let folder = root().join("dist");
    let html = read_text(&folder.join("index.html"))
        .map_err(|_| "There is no dist/ yet: run `cargo xtask dist`.".to_owned())?;
    let mut words = html.split('"');
    let build = words
        .find_map(|word| word.strip_prefix("./")?.strip_suffix("/boot.js"))
        .ok_or("dist/index.html does not start a build: run `cargo xtask dist` again.")?;
    Ok(Site { build: build.to_owned(), folder })
}

fn assemble(raw: &Path, folder: &Path, build: &str) -> Outcome {
    let template = read_text(&raw.join("index.html"))?;
    for file in files_below(raw) {
        let name = file.strip_prefix(raw).unwrap_or(&file).to_string_lossy().replace('\\', "/");
        if name == "index.html" {
            continue;
        }
        let to = match name.strip_prefix(UNSTAMPED).and_then(|n| n.strip_prefix('/')) {
            Some(stamped) => folder.join(build).join(stamped),
            None => folder.join(&name),
        };
        let wasm = name.strip_prefix(UNSTAMPED).and_then(|n| n.strip_prefix('/')?.strip_suffix("_bg.wasm"));
        match wasm {
            Some(bin) => {
                let level = FAST_BINARIES.iter().find(|(fast, _)| *fast == bin).map_or("-Oz", |(_, level)| level);
                write(&to, &optimised(&file, bin, level)?)?;
            }
            None if name.ends_with(".css") => write(&to, plain_styles(&read_text(&file)?).as_bytes())?,
            None => write(&to, &read(&file)?)?,
        }
    }
    let stamp_of = |path: &str| read(&folder.join(path)).map(|bytes| stamp::of_bytes(&bytes));
    write(&folder.join("index.html"), page(&template, "./", build, stamp_of)?.as_bytes())?;
    for route in ROUTES {
        // The boot script finds its wasm by itself; the page asks for it at once.
        let template = if LABS.contains(&route) {
            template.replace(&format!("/{UNSTAMPED}/app"), &format!("/{UNSTAMPED}/{route}"))
        } else {
            template.clone()
        };
        write(&folder.join(route).join("index.html"), page(&template, "../", build, stamp_of)?.as_bytes())?;
    }
    write(&folder.join("404.html"), missing_page().as_bytes())?;
    // Hosts that would treat a folder with a leading underscore or dot in their own way leave this site alone.
    write(&folder.join(".nojekyll"), b"")
}

/// Styles without comments, indentation and empty lines, a tenth of what every visitor fetches of them. No string of ours holds
/// a comment or a line's end.
fn plain_styles(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, comment)) = rest.split_once("/*") {
        out += before;
        rest = comment.split_once("*/").map_or("", |(_, after)| after);
    }
    out += rest;
    out.lines().map(str::trim).filter(|line| !line.is_empty()).flat_map(|line| [line, "\n"]).collect()
}

/// The wasm after wasm-opt; what was optimised before comes from the cache.
fn optimised(wasm: &Path, bin: &str, level: &str) -> Outcome<Vec<u8>> {
    let kept = target().join("wasm-opt").join(format!("{}{level}.wasm", stamp::of_bytes(&read(wasm)?)));
    if !kept.exists() {
        let unfinished = kept.with_extension("part");
        write(&unfinished, b"")?;
        let mut shrink = command(npm_bin("wasm-opt"), &[level]);
        shrink.args(WASM_FEATURES).arg(wasm).arg("-o").arg(&unfinished);
        run(shrink)?;
        fs::rename(&unfinished, &kept).map_err(|e| format!("{}: {e}.", kept.display()))?;
    }
    read(&kept).map_err(|e| format!("{bin}: {e}"))
}

/// What belongs to each budget. The first load is all that the start page asks for, or, of a visitor who follows a link,
/// the page of a lab.
fn parts(site: &Site) -> [Vec<PathBuf>; 10] {
    let built = |name: &str| site.folder.join(&site.build).join(name);
    let page = |bin: &str| {
        let mut all = vec![site.folder.join("index.html"), site.folder.join("theme.js"), built("boot.js")];
        all.extend(files_below(&site.folder.join("css")));
        all.extend(files_below(&site.folder.join("icons")));
        all.extend([built(&format!("{bin}.js")), built(&format!("{bin}_bg.wasm"))]);
        all
    };
    let worker =
        |bin: &str| vec![site.folder.join("worker.js"), built(&format!("{bin}.js")), built(&format!("{bin}_bg.wasm"))];
    [
        page("app"),
        page("model"),
        page("tune"),
        page("bits"),
        page("quant"),
        page("kernel"),
        worker("kernels"),
        worker("trainer"),
        worker("workshop"),
        worker("text"),
    ]
}

/// Name, brotli size and limit of each budget, in bytes.
///
/// # Errors
/// If a part is missing, or node cannot compress it.
pub fn budgets(site: &Site) -> Outcome<Vec<(&'static str, u64, u64)>> {
    let mut out = Vec::new();
    for ((name, limit), files) in BUDGETS.into_iter().zip(parts(site)) {
        let mut total = 0;
        for file in files {
            total += brotli_bytes(&file)?;
        }
        out.push((name, total, limit));
    }
    Ok(out)
}

/// Node's own brotli, at the level that hosts use for static files.
fn brotli_bytes(file: &Path) -> Outcome<u64> {
    const SCRIPT: &str = "const z=require('zlib');const b=require('fs').readFileSync(process.argv[1]);\
        console.log(z.brotliCompressSync(b,{params:{[z.constants.BROTLI_PARAM_QUALITY]:11,\
        [z.constants.BROTLI_PARAM_LGWIN]:22,[z.constants.BROTLI_PARAM_SIZE_HINT]:b.length}}).length)";
    let path = file.to_str().ok_or("a path that is not Unicode")?;
    let size = output_of("node", &["-e", SCRIPT, path]).and_then(|t| t.parse().ok());
    size.ok_or_else(|| format!("{} is missing or cannot be compressed.", file.display()))
}

/// Prints where the site lies and how big it is.
pub fn describe(site: &Site) {
    println!("\n{} is ready: copy it to any static host, below any path.", site.folder.display());
    if let Ok(budgets) = budgets(site) {
        for (name, bytes, limit) in budgets {
            println!("  {name}: {:.1} KB brotli (at most {} KB)", bytes as f64 / 1024.0, limit / 1024);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::plain_styles;

    #[test]
    fn styles_keep_their_rules_and_nothing_else() {
        let text = "/* The paper.\n   Two lines. */\n\n.a { color: red; } /* why */\n@media print {\n  .b { top: 0; }\n}\n/* no end";
        assert_eq!(plain_styles(text), ".a { color: red; }\n@media print {\n.b { top: 0; }\n}\n");
    }
}
