//! `cargo xtask test`: everything that is checked, with one count at the end.

use std::time::Instant;

use crate::dist::{Site, budgets, dist, existing};
use crate::run::{Outcome, browser_tests, command, files_below, run, run_and_read, say};
use crate::setup;

/// Everything that has tests but burn, which takes minutes to build: `wgsl` is the workshop, `ui` the bridge to the workers.
const FEATURES: &str = "afina/gpu,afina/ui,afina/wgsl,afina/text-models";
/// What the tests with burn need; apart, because burn takes minutes to compile.
const BURN_FEATURES: &str = "gpu,train,text-models";
const BURN_TESTS: [&str; 8] =
    ["--test", "gradients", "--test", "fine_tuning", "--test", "fine_tuning_lab", "--test", "pretrain"];

/// What has been counted so far, and what is to be said about failures.
#[derive(Default)]
struct Tally {
    passed: u64,
    failed: u64,
    lines: Vec<String>,
    faults: Vec<String>,
}

impl Tally {
    /// A step that is one check by itself.
    fn check(&mut self, name: &str, work: impl FnOnce() -> Outcome) {
        let start = Instant::now();
        say(name);
        match work() {
            Ok(()) => self.count(name, 1, 0, start),
            Err(fault) => {
                eprintln!("{fault}");
                self.faults.push(format!("{name}: {fault}"));
                self.count(name, 0, 1, start);
            }
        }
    }

    /// A step that runs tests and counts them itself. A run that fails without a failed test (it does not compile, it
    /// was killed) counts as one failure, and so does one in which no test ran.
    fn suite(&mut self, name: &str, work: impl FnOnce() -> Outcome<(String, bool)>, read: fn(&str) -> (u64, u64)) {
        let start = Instant::now();
        say(name);
        let (passed, failed) = match work() {
            Ok((output, succeeded)) => {
                let (passed, failed) = read(&output);
                (passed, if failed == 0 && (!succeeded || passed == 0) { 1 } else { failed })
            }
            Err(fault) => {
                eprintln!("{fault}");
                (0, 1)
            }
        };
        if failed > 0 {
            self.faults.push(format!("{name}: {failed} failed"));
        }
        self.count(name, passed, failed, start);
    }

    fn count(&mut self, name: &str, passed: u64, failed: u64, start: Instant) {
        self.passed += passed;
        self.failed += failed;
        let seconds = start.elapsed().as_secs();
        self.lines.push(format!("{name:<44} {passed:>5} passed {failed:>3} failed {seconds:>5} s"));
    }

    fn close(self) -> Outcome {
        println!("\n== summary");
        for line in &self.lines {
            println!("{line}");
        }
        for fault in &self.faults {
            println!("FAILED {fault}");
        }
        println!("{} passed, {} failed", self.passed, self.failed);
        if self.failed == 0 { Ok(()) } else { Err(String::new()) }
    }
}

struct Wanted<'a> {
    parts: Vec<&'a str>,
    keep_dist: bool,
    further: Vec<&'a str>,
}

impl Wanted<'_> {
    fn part(&self, name: &str) -> bool {
        self.parts.is_empty() || self.parts.contains(&name)
    }
}

fn wanted<'a>(arguments: &[&'a str]) -> Outcome<Wanted<'a>> {
    let mut wanted = Wanted { parts: Vec::new(), keep_dist: false, further: Vec::new() };
    let mut words = arguments.iter().copied();
    while let Some(word) = words.next() {
        match word {
            "native" | "dist" | "browser" | "tidy" => wanted.parts.push(word),
            "--keep-dist" => wanted.keep_dist = true,
            "--" => wanted.further = words.by_ref().collect(),
            other => {
                return Err(format!("`test` does not know `{other}`; its parts are tidy, native, dist and browser."));
            }
        }
    }
    Ok(wanted)
}

/// Runs the checks; the last line is `N passed, N failed`.
///
/// # Errors
/// If the machine cannot be set up, or (without words: they are printed) if anything failed.
pub fn test(arguments: &[&str]) -> Outcome {
    let wanted = wanted(arguments)?;
    let mut tally = Tally::default();
    tally.check("set-up", || set_up(&wanted));
    if tally.failed > 0 {
        return tally.close();
    }
    if wanted.part("tidy") {
        tidy(&mut tally);
    }
    if wanted.part("native") {
        native(&mut tally, &wanted.further);
    }
    let mut site = None;
    if wanted.part("dist") || wanted.part("browser") {
        site = build_site(&mut tally, wanted.keep_dist);
    }
    if let (Some(_), true) = (&site, wanted.part("browser")) {
        browser(&mut tally, &wanted.further);
    }
    tally.close()
}

fn set_up(wanted: &Wanted<'_>) -> Outcome {
    setup::rust()?;
    if wanted.part("native") {
        setup::vulkan()?;
    }
    if wanted.part("dist") || wanted.part("browser") {
        setup::node()?;
        if !wanted.keep_dist {
            setup::wasm_tools()?;
        }
    }
    if wanted.part("browser") {
        setup::vulkan()?;
        setup::browsers()?;
    }
    Ok(())
}

fn tidy(tally: &mut Tally) {
    tally.check("cargo fmt", || run(command("cargo", &["fmt", "--all", "--check"])));
    let clippy = |arguments: &[&str]| {
        let mut all = vec!["clippy", "--quiet"];
        all.extend(arguments);
        all.extend(["--", "-D", "warnings"]);
        run(command("cargo", &all))
    };
    const WASM: &str = "--target=wasm32-unknown-unknown";
    tally.check("clippy, native", || clippy(&["-p", "afina", "-p", "xtask", "--all-targets", "--features", FEATURES]));
    tally.check("clippy, with burn", || {
        let mut all = vec!["-p", "afina", "--features", BURN_FEATURES, "--lib", "--bin", "pretrain"];
        all.extend(BURN_TESTS);
        clippy(&all)
    });
    tally.check("clippy, the page's wasm", || {
        clippy(&[
            WASM,
            "--features",
            "ui",
            "--bin",
            "app",
            "--bin",
            "quant",
            "--bin",
            "kernel",
            "--bin",
            "model",
            "--bin",
            "bits",
            "--bin",
            "tune",
        ])
    });
    tally.check("clippy, the workers' wasm", || clippy(&[WASM, "--features", "gpu", "--bin", "kernels"]));
    tally.check("clippy, the workshop's wasm", || clippy(&[WASM, "--features", "gpu,wgsl", "--bin", "workshop"]));
    tally.check("clippy, the text worker's wasm", || clippy(&[WASM, "--features", "gpu,text-models", "--bin", "text"]));
}

fn native(tally: &mut Tally, further: &[&str]) {
    tally.suite(
        "native tests",
        || {
            let mut tests = command(
                "cargo",
                &["test", "--no-fail-fast", "-p", "afina", "-p", "xtask", "--features", FEATURES, "--"],
            );
            tests.args(further);
            run_and_read(tests)
        },
        counts_of_cargo,
    );
    // Other tests would be compiled again with burn and show nothing new. A filter is for them: here it may leave none.
    if further.is_empty() {
        let mut arguments = vec!["test", "-p", "afina", "--features", BURN_FEATURES];
        arguments.extend(BURN_TESTS);
        tally.suite(
            "gradients, fine-tuning and pretraining, with burn",
            || run_and_read(command("cargo", &arguments)),
            counts_of_cargo,
        );
    }
}

fn build_site(tally: &mut Tally, keep: bool) -> Option<Site> {
    let mut site = None;
    tally.check("the optimised site", || {
        site = Some(if keep { existing()? } else { dist()? });
        Ok(())
    });
    match site.as_ref().map(budgets)? {
        Ok(budgets) => {
            for (name, bytes, limit) in budgets {
                let kilobytes = |b: u64| format!("{:.1} KB", b as f64 / 1024.0);
                let name = format!("{name}: {} of {} brotli", kilobytes(bytes), kilobytes(limit));
                tally.check(&name, || {
                    if bytes <= limit { Ok(()) } else { Err(format!("{} too much", kilobytes(bytes - limit))) }
                });
            }
        }
        Err(fault) => tally.check("sizes", || Err(fault)),
    }
    site
}

fn browser(tally: &mut Tally, further: &[&str]) {
    let files: Vec<String> = files_below(&browser_tests())
        .iter()
        .filter(|p| !p.components().any(|c| c.as_os_str() == "node_modules"))
        .map(|p| p.to_string_lossy().into_owned())
        .filter(|p| p.ends_with(".test.mjs"))
        .collect();
    tally.suite(
        "browser tests",
        || {
            // One file at a time: the browsers share two cores and one software GPU.
            let mut tests = command("node", &["--test", "--test-concurrency=1", "--test-reporter=spec"]);
            tests.args(further).args(&files);
            run_and_read(tests)
        },
        counts_of_node,
    );
}

/// Pictures of every page, for people to look at.
///
/// # Errors
/// If there is no site, or a browser fails.
pub fn shots() -> Outcome {
    setup::node()?;
    setup::browsers()?;
    existing()?;
    run(command("node", &["tests/browser/shots.mjs"]))
}

/// Sums `test result: ok. 3 passed; 0 failed; ..`.
fn counts_of_cargo(output: &str) -> (u64, u64) {
    let mut sum = (0, 0);
    for line in output.lines().filter(|l| l.trim_start().starts_with("test result:")) {
        sum.0 += number_before(line, " passed");
        sum.1 += number_before(line, " failed");
    }
    sum
}

fn number_before(line: &str, word: &str) -> u64 {
    let before = line.split(word).next().unwrap_or_default();
    before.rsplit(|c: char| !c.is_ascii_digit()).next().and_then(|d| d.parse().ok()).unwrap_or(0)
}

/// Reads node's closing lines: `ℹ pass 3`, `ℹ fail 0`, `ℹ cancelled 0`.
fn counts_of_node(output: &str) -> (u64, u64) {
    let last = |word: &str| {
        let lines = output.lines().rev();
        let mut counts =
            lines.filter_map(|l| l.trim_start_matches(['ℹ', '#', ' ']).strip_prefix(word)?.trim().parse().ok());
        counts.next().unwrap_or(0)
    };
    (last("pass "), last("fail ") + last("cancelled "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargos_counts_are_summed() {
        let output = "running 2 tests\ntest result: ok. 2 passed; 0 failed; 0 ignored; finished in 0.1s\n\
                      test result: FAILED. 10 passed; 3 failed; 1 ignored; 0 measured; 0 filtered out\n";
        assert_eq!(counts_of_cargo(output), (12, 3));
    }

    #[test]
    fn nodes_counts_are_read() {
        let output = "✔ a\nℹ tests 4\nℹ suites 0\nℹ pass 2\nℹ fail 1\nℹ cancelled 1\nℹ skipped 0\n";
        assert_eq!(counts_of_node(output), (2, 2));
        assert_eq!(counts_of_node("# pass 12\n# fail 0\n# cancelled 0\n"), (12, 0));
    }

    #[test]
    fn a_run_without_tests_or_with_a_bad_end_fails() {
        let mut tally = Tally::default();
        tally.suite("nothing ran", || Ok((String::new(), true)), counts_of_cargo);
        tally.suite("did not compile", || Ok((String::new(), false)), counts_of_cargo);
        tally.suite(
            "killed after its tests",
            || Ok(("test result: ok. 5 passed; 0 failed".into(), false)),
            counts_of_cargo,
        );
        assert_eq!((tally.passed, tally.failed), (5, 3));
        assert!(tally.close().is_err());
    }

    #[test]
    fn parts_and_further_arguments_are_told_apart() {
        let all = wanted(&[]).unwrap();
        assert!(all.part("native") && all.part("browser"));
        let some = wanted(&["browser", "--keep-dist", "--", "--test-name-pattern=x"]).unwrap();
        assert!(some.part("browser") && !some.part("native") && some.keep_dist);
        assert_eq!(some.further, ["--test-name-pattern=x"]);
        assert!(wanted(&["everything"]).is_err());
    }
}
