//! What learners break is found at their own line; what is right is accepted.
#![cfg(feature = "wgsl")]

use std::path::Path;

use afina::text::Lang;
use afina::wgsl::interpret::Program;
use afina::wgsl::{check, interface};

fn texts(folder: &str) -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.expect("a readable folder").path())
        .filter(|path| path.extension().is_some_and(|e| e == "wgsl"))
        .map(|path| {
            let name = path.file_stem().expect("a file has a name").to_string_lossy().into_owned();
            (name, std::fs::read_to_string(&path).expect("a readable file"))
        })
        .collect();
    files.sort();
    files
}

#[test]
fn every_kernel_is_accepted_fits_itself_and_can_be_interpreted() {
    let mut faults = Vec::new();
    for (name, text) in texts("shaders") {
        let valid = match check(&text) {
            Ok(valid) => valid,
            Err(found) => {
                faults.push(format!("{name}: {found:?}"));
                continue;
            }
        };
        faults.extend(interface(&valid, &valid).iter().map(|d| format!("{name}: {d:?}")));
        for entry in valid.entries() {
            if let Err(refused) = Program::new(&valid, entry, &[]) {
                faults.push(format!("{name}, {entry}: {refused:?}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// A broken text: the marked line is where the mistake is. A first line `// kernel: NAME` means that the text is to
/// replace that kernel. Mistakes that only running shows are in `tests/wgsl_interpret.rs`.
#[test]
fn broken_texts_are_marked_at_the_learners_line() {
    let all = texts("tests/fixtures/broken_shaders");
    assert!(all.len() >= 60, "only {} broken texts", all.len());
    let kernels = texts("shaders");
    let mut faults = Vec::new();
    let mut unhelpful = Vec::new();
    for (name, text) in &all {
        let expected: Vec<u32> =
            (1..).zip(text.lines()).filter(|(_, line)| line.contains("<- here")).map(|(n, _)| n).collect();
        assert!(!expected.is_empty(), "{name}: no line is marked");
        let found = match check(text) {
            Err(found) => found,
            Ok(valid) => match text.lines().next().and_then(|line| line.strip_prefix("// kernel: ")) {
                Some(kernel) => {
                    let original = kernels.iter().find(|(n, _)| n == kernel).unwrap_or_else(|| panic!("{kernel}"));
                    let original = check(&original.1).unwrap_or_else(|d| panic!("{kernel}: {d:?}"));
                    interface(&original, &valid)
                }
                None => Vec::new(),
            },
        };
        match found.first() {
            None => faults.push(format!("{name}: nothing was found")),
            Some(first) if !expected.contains(&first.line) => {
                faults.push(format!("{name}: expected {expected:?}, {first:?}"))
            }
            Some(first) => {
                println!(
                    "{name}:{}: {} | {}",
                    first.line,
                    first.message,
                    first.hint.as_ref().map_or(String::new(), |h| h.sentence(Lang::En))
                );
                if first.hint.is_none() {
                    unhelpful.push(name.clone());
                }
            }
        }
    }
    println!("{} of {} at the right line; without a hint: {unhelpful:?}", all.len() - faults.len(), all.len());
    println!("{}", faults.join("\n"));
    assert!(
        faults.len() * 30 <= all.len(),
        "{} of {} at a wrong line:\n{}",
        faults.len(),
        all.len(),
        faults.join("\n")
    );
}
