//! Runs any lab's command from a JSON file and prints its events as JSON lines:
//! `cargo run --release --features gpu --bin lab -- command.json [--tier auto|cpu|gpu]`.

use std::process::ExitCode;

fn main() -> ExitCode {
    match afina::engine::native::lab(std::env::args()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(sentence) => {
            eprintln!("{sentence}");
            ExitCode::from(2)
        }
    }
}
