//! `cargo xtask bench` and `cargo xtask fuzz`: what takes long and is asked for by name.

use crate::run::{Outcome, command, root, run};
use crate::{dist, setup};

/// Mutated inputs for every reader.
const FUZZ_INPUTS: &str = "1000000";

/// Runs the native benchmarks, or those in the browser.
///
/// # Errors
/// A failed set-up or benchmark.
pub fn bench(arguments: &[&str]) -> Outcome {
    let (browser, rest): (Vec<&str>, Vec<&str>) = arguments.iter().partition(|a| **a == "--browser");
    let rest = rest.strip_prefix(&["--"]).unwrap_or(&rest);
    setup::rust()?;
    setup::vulkan()?;
    if browser.is_empty() {
        // With burn only when asked: it takes minutes to build.
        let features = match () {
            () if rest.contains(&"--tune") => "train,text-models",
            () if rest.contains(&"--peer") => "train",
            () => "gpu",
        };
        let mut bench = command("cargo", &["run", "--release", "--features", features, "--bin", "bench", "--"]);
        bench.args(rest);
        return run(bench);
    }
    setup::node()?;
    setup::browsers()?;
    setup::npm_packages(&root().join("tests/bench"))?;
    if dist::existing().is_err() {
        dist::dist()?;
    }
    // `--cold` measures the way to the first result, `--decoder` tokens a second, otherwise products against the peers.
    let script = if rest.contains(&"--cold") {
        "tests/bench/cold.mjs"
    } else if rest.contains(&"--decoder") {
        "tests/bench/decoder.mjs"
    } else {
        "tests/bench/products.mjs"
    };
    let mut bench = command("node", &[script]);
    bench.args(rest.iter().filter(|a| !["--cold", "--decoder"].contains(*a)));
    run(bench)
}

/// Feeds a million damaged files to every reader.
///
/// # Errors
/// A panic, a hang, or a failed set-up.
pub fn fuzz() -> Outcome {
    setup::rust()?;
    let mut fuzz = command("cargo", &["test", "--release", "--test", "data_fuzz", "--", "--nocapture"]);
    fuzz.env("AFINA_FUZZ", FUZZ_INPUTS);
    run(fuzz)?;
    let tokenizer =
        ["test", "--release", "--features", "text-models", "--test", "tokenizer", "mutated", "--", "--nocapture"];
    let mut fuzz = command("cargo", &tokenizer);
    fuzz.env("AFINA_FUZZ", FUZZ_INPUTS);
    run(fuzz)
}
