//! What a fresh machine lacks: installed with visible progress, or named in one sentence.

use std::path::{Path, PathBuf};

use crate::run::{Outcome, browser_tests, cache, command, output_of, read_text, root, run, say};

/// The newest Trunk that builds with this project's Rust; 0.22 wants 1.96.
const TRUNK_VERSION: &str = "0.21.14";
const WASM_TARGET: &str = "wasm32-unknown-unknown";
/// Runs the tests as they are written (`--test-concurrency`).
const NODE_AT_LEAST: (u32, u32) = (18, 19);

/// Tools need not be fast, they need to be there soon: on two cores this takes 6 minutes instead of 20.
const QUICK_BUILD: [(&str, &str); 4] = [
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
    ("CARGO_PROFILE_RELEASE_DEBUG", "0"),
];

/// Rust's components and the wasm target.
pub fn rust() -> Outcome {
    let sysroot = PathBuf::from(
        output_of("rustc", &["--print", "sysroot"])
            .ok_or("Rust is missing: install rustup from https://rustup.rs, then run this again.")?,
    );
    let has_tool = |name: &str| {
        let program = sysroot.join("bin").join(name);
        program.exists() || program.with_extension("exe").exists()
    };
    if !sysroot.join("lib/rustlib").join(WASM_TARGET).join("lib").exists() {
        say("adding the wasm target to Rust");
        run(command("rustup", &["target", "add", WASM_TARGET]))?;
    }
    if !has_tool("cargo-clippy") || !has_tool("rustfmt") {
        say("adding rustfmt and clippy to Rust");
        run(command("rustup", &["component", "add", "rustfmt", "clippy"]))?;
    }
    Ok(())
}

/// Trunk and the wasm-bindgen that fits the crate.
pub fn wasm_tools() -> Outcome {
    cargo_tool("wasm-bindgen", "wasm-bindgen-cli", &wasm_bindgen_version()?, false)?;
    cargo_tool("trunk", "trunk", TRUNK_VERSION, true)
}

/// The one place that pins it is the manifest: `wasm-bindgen = { version = "=0.2.130" ..`.
fn wasm_bindgen_version() -> Outcome<String> {
    let manifest = read_text(&root().join("Cargo.toml"))?;
    pinned(&manifest, "wasm-bindgen")
        .map(str::to_owned)
        .ok_or_else(|| "Cargo.toml does not pin wasm-bindgen with `version = \"=..\"`.".to_owned())
}

fn pinned<'a>(manifest: &'a str, name: &str) -> Option<&'a str> {
    let line = manifest.lines().find(|l| l.split('=').next().is_some_and(|n| n.trim() == name))?;
    line.split_once("\"=")?.1.split('"').next()
}

fn cargo_tool(program: &str, package: &str, version: &str, locked: bool) -> Outcome {
    // `command` puts our own folder first in the path; a fitting one that the user has elsewhere does as well.
    let found = output_of(program, &["--version"]).unwrap_or_default();
    if found.split_whitespace().any(|word| word == version) {
        return Ok(());
    }
    say(&format!("installing {package} {version} into {} (some minutes, once)", cache().join("tools").display()));
    let mut install = command("cargo", &["install", package, "--version", version, "--force"]);
    // The lock file of wasm-bindgen-cli names a crate version that registries lack.
    if locked {
        install.arg("--locked");
    }
    install.arg("--root").arg(cache().join("tools")).envs(QUICK_BUILD);
    // Both tools share what they have in common; the folder is not needed afterwards, and costs only space.
    install.env("CARGO_TARGET_DIR", cache().join("tools/target"));
    run(install)
}

/// Node, npm and the packages of the browser tests (the driver, axe, wasm-opt).
pub fn node() -> Outcome {
    if node_version().is_none() {
        packages(&["nodejs", "npm"])?;
    }
    match node_version() {
        Some(version) if version >= NODE_AT_LEAST => {}
        found => {
            let (major, minor) = NODE_AT_LEAST;
            let found = found.map_or("there is none".to_owned(), |(a, b)| format!("this is {a}.{b}"));
            return Err(format!(
                "Node {major}.{minor} or newer is needed ({found}): install it from https://nodejs.org."
            ));
        }
    }
    npm_packages(&browser_tests())
}

fn node_version() -> Option<(u32, u32)> {
    output_of("npm", &["--version"])?;
    let version = output_of("node", &["--version"])?;
    let mut parts = version.trim_start_matches('v').split('.').map_while(|p| p.parse().ok());
    Some((parts.next()?, parts.next()?))
}

/// `npm ci` in a folder whose packages are absent or older than its lock file.
pub fn npm_packages(folder: &Path) -> Outcome {
    let changed = |path: PathBuf| std::fs::metadata(path).and_then(|m| m.modified()).ok();
    let installed = changed(folder.join("node_modules/.package-lock.json"));
    if installed.is_some() && installed >= changed(folder.join("package-lock.json")) {
        return Ok(());
    }
    say(&format!("installing the npm packages of {}", folder.display()));
    let mut install = command("npm", &["ci", "--no-audit", "--no-fund", "--ignore-scripts"]);
    install.current_dir(folder);
    run(install)
}

/// A Vulkan driver, so that native tests have a GPU, if only a software one.
pub fn vulkan() -> Outcome {
    if !cfg!(target_os = "linux") || has_vulkan() {
        return Ok(());
    }
    packages(&["mesa-vulkan-drivers", "libvulkan1"])
}

fn has_vulkan() -> bool {
    let drivers = ["/usr/share/vulkan/icd.d", "/etc/vulkan/icd.d"]
        .iter()
        .any(|d| !crate::run::files_below(Path::new(d)).is_empty());
    let folders = ["/usr/lib", "/usr/lib64", "/lib", "/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu"];
    drivers && folders.iter().any(|f| Path::new(f).join("libvulkan.so.1").exists())
}

/// The browsers to test in.
pub fn browsers() -> Outcome {
    let wanted = std::env::var("AFINA_BROWSERS").unwrap_or_else(|_| "chromium,firefox".into());
    let is_there = |variable: &str, programs: &[&str]| {
        std::env::var_os(variable).is_some() || programs.iter().any(|p| Path::new("/usr/bin").join(p).exists())
    };
    let mut missing = Vec::new();
    if wanted.contains("chromium") && !is_there("CHROMIUM", &["chromium", "chromium-browser", "google-chrome"]) {
        missing.push("chromium");
    }
    if wanted.contains("firefox") && !is_there("FIREFOX", &["firefox-esr", "firefox"]) {
        missing.push("firefox-esr");
    }
    if missing.is_empty() { Ok(()) } else { packages(&missing) }
}

/// Installs Debian packages where that is possible.
fn packages(names: &[&str]) -> Outcome {
    let list = names.join(" ");
    let is_root = output_of("id", &["-u"]).as_deref() == Some("0");
    let has_sudo = !is_root && output_of("sudo", &["-n", "true"]).is_some();
    if !Path::new("/usr/bin/apt-get").exists() || !(is_root || has_sudo) {
        return Err(format!(
            "This machine lacks {list}, and only root on a Debian-like system can have them installed automatically: \
             please install them, or name the browsers' programs in CHROMIUM and FIREFOX."
        ));
    }
    say(&format!("installing {list}"));
    let apt = |arguments: &[&str]| {
        let mut all = vec!["apt-get", "-o", "Dpkg::Use-Pty=0", "-qq"];
        all.extend(arguments);
        if has_sudo {
            all.insert(0, "sudo");
            all.insert(1, "-n");
        }
        let mut install = command(all[0], &all[1..]);
        install.env("DEBIAN_FRONTEND", "noninteractive");
        install
    };
    run(apt(&["update"]))?;
    let mut arguments = vec!["install", "-y", "--no-install-recommends"];
    arguments.extend(names);
    run(apt(&arguments))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_pinned_version_is_read_from_the_manifest() {
        let manifest = "wasm-bindgen-futures = \"=9\"\nwasm-bindgen = { version = \"=0.2.130\", optional = true }\n";
        assert_eq!(pinned(manifest, "wasm-bindgen"), Some("0.2.130"));
        assert_eq!(pinned("wasm-bindgen = \"0.2\"", "wasm-bindgen"), None);
        assert!(wasm_bindgen_version().unwrap().starts_with("0.2."));
    }
}
