//! `cargo xtask serve`: Trunk on localhost, rebuilding on every change.

use std::env;
use std::process::Command;

use crate::run::{Outcome, command, run, say};
use crate::setup;

/// Serves until it is interrupted.
///
/// # Errors
/// An unknown option, a failed set-up, or Trunk's own end.
pub fn serve(arguments: &[&str]) -> Outcome {
    let mut port = "8080";
    let mut open = has_screen();
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        match *argument {
            "--no-open" => open = false,
            "--port" => {
                port = rest.next().filter(|p| p.parse::<u16>().is_ok()).ok_or("--port wants a number up to 65535.")?
            }
            other => return Err(format!("`serve` does not know `{other}`; it takes --port and --no-open.")),
        }
    }
    setup::rust()?;
    setup::wasm_tools()?;
    say(&format!("http://127.0.0.1:{port}/ answers after the first build (some minutes; then seconds)"));
    let mut trunk: Command = command("trunk", &["serve", "--address", "127.0.0.1", "--port", port]);
    if open {
        trunk.arg("--open");
    }
    run(trunk)
}

/// Whether there is a screen on which a browser could open.
fn has_screen() -> bool {
    let is_ci = env::var_os("CI").is_some();
    !is_ci
        && (!cfg!(target_os = "linux") || env::var_os("DISPLAY").is_some() || env::var_os("WAYLAND_DISPLAY").is_some())
}
