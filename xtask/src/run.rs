//! Child processes: where they run, what they find in their path, what is heard of them.

use std::env;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// What went wrong, in one sentence for people.
pub type Outcome<T = ()> = Result<T, String>;

/// The project's folder.
pub fn root() -> PathBuf {
    let here = env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    here.parent().map(Path::to_path_buf).unwrap_or(here)
}

/// Where tools and builds are kept, outside of the clone, so that a second clone starts warm.
pub fn cache() -> PathBuf {
    let named = |name: &str| env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    named("AFINA_CACHE")
        .or_else(|| named("XDG_CACHE_HOME").map(|c| c.join("afina")))
        .or_else(|| named("LOCALAPPDATA").map(|c| c.join("afina")))
        .or_else(|| named("HOME").map(|h| h.join(".cache/afina")))
        .unwrap_or_else(|| env::temp_dir().join("afina"))
}

/// Where cargo builds: `CARGO_TARGET_DIR` if set, else in the cache.
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").filter(|v| !v.is_empty()).map_or_else(|| cache().join("target"), PathBuf::from)
}

/// The folder of the browser tests and of their npm packages.
pub fn browser_tests() -> PathBuf {
    root().join("tests/browser")
}

/// A program from an npm package of the browser tests.
pub fn npm_bin(name: &str) -> PathBuf {
    browser_tests().join("node_modules/.bin").join(name)
}

/// Says what happens next.
pub fn say(text: &str) {
    println!("\n== {text}");
    // A closed standard output is no reason to stop working.
    let _ = std::io::stdout().flush();
}

/// A command in the project's folder that finds our tools first.
pub fn command(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Command {
    let mut command = Command::new(program);
    command
        .args(arguments)
        .current_dir(root())
        .env("PATH", path())
        .env("CARGO_TARGET_DIR", target())
        .stdin(Stdio::null());
    command
}

fn path() -> OsString {
    let tools = cache().join("tools/bin");
    let rest = env::var_os("PATH").unwrap_or_default();
    env::join_paths(std::iter::once(tools).chain(env::split_paths(&rest))).unwrap_or(rest)
}

/// Runs a command to its end; its output goes to the terminal.
///
/// # Errors
/// The command line, if it cannot start or fails.
pub fn run(mut command: Command) -> Outcome {
    let line = line_of(&command);
    println!("$ {line}");
    let status = command.status().map_err(|e| format!("`{line}` cannot be started: {e}."))?;
    if status.success() { Ok(()) } else { Err(format!("`{line}` failed ({status}).")) }
}

/// Runs a command to its end, shows its output and returns it. The flag says whether it succeeded.
///
/// # Errors
/// If it cannot start.
pub fn run_and_read(mut command: Command) -> Outcome<(String, bool)> {
    let line = line_of(&command);
    println!("$ {line}");
    let mut child = command.stdout(Stdio::piped()).spawn().map_err(|e| format!("`{line}` cannot be started: {e}."))?;
    let mut heard = String::new();
    if let Some(output) = child.stdout.take() {
        for text in BufReader::new(output).split(b'\n').map_while(Result::ok) {
            let text = String::from_utf8_lossy(&text);
            println!("{text}");
            heard.push_str(&text);
            heard.push('\n');
        }
    }
    let status = child.wait().map_err(|e| format!("`{line}`: {e}."))?;
    Ok((heard, status.success()))
}

/// The standard output of a quick command, or nothing if it is absent or fails.
pub fn output_of(program: impl AsRef<std::ffi::OsStr>, arguments: &[&str]) -> Option<String> {
    let output = command(program, arguments).stderr(Stdio::null()).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

fn line_of(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    words.map(|w| w.to_string_lossy().into_owned()).collect::<Vec<_>>().join(" ")
}

/// Reads a file; the error names it.
///
/// # Errors
/// If it cannot be read.
pub fn read(path: &Path) -> Outcome<Vec<u8>> {
    std::fs::read(path).map_err(|e| format!("{}: {e}.", path.display()))
}

/// Reads a text file; the error names it.
///
/// # Errors
/// If it cannot be read.
pub fn read_text(path: &Path) -> Outcome<String> {
    std::fs::read_to_string(path).map_err(|e| format!("{}: {e}.", path.display()))
}

/// Writes a file and the folders above it.
///
/// # Errors
/// If it cannot be written.
pub fn write(path: &Path, bytes: &[u8]) -> Outcome {
    let fault = |e: std::io::Error| format!("{}: {e}.", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(fault)?;
    }
    std::fs::write(path, bytes).map_err(fault)
}

/// Every file below a folder, sorted, or the file itself; nothing if it does not exist.
pub fn files_below(path: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(path) else {
        return path.is_file().then(|| path.to_path_buf()).into_iter().collect();
    };
    let mut files: Vec<PathBuf> = entries.filter_map(Result::ok).flat_map(|e| files_below(&e.path())).collect();
    files.sort();
    files
}
