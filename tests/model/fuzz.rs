//! Mutated configurations, indices and headers: an error with a sentence or a model, never a panic. Seeded.

use std::panic::{AssertUnwindSafe, catch_unwind};

use afina::data::llama::{FilesInMemory, INDEX, LlamaConfig, WEIGHTS};
use afina::math::Generator;
use afina::text::Lang;

use crate::reading::{files, read};

const CONFIGS: u32 = 2000;
const FOLDERS: u32 = 1000;

/// What is put into texts: edges of types, and pieces of the formats.
const DICTIONARY: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "\"",
    ",",
    ":",
    "null",
    "true",
    "false",
    "-1",
    "0",
    "1",
    "2",
    "3",
    "16777216",
    "16777217",
    "4294967296",
    "18446744073709551615",
    "18446744073709551616",
    "1e308",
    "1e999",
    "0.5",
    "-0",
    "\\u0000",
    "\"llama\"",
    "\"vocab_size\"",
    "\"hidden_size\"",
    "\"num_hidden_layers\"",
    "\"head_dim\"",
    "\"rope_scaling\"",
    "{\"rope_type\":\"llama3\"}",
    "\"weight_map\"",
    "\"dtype\"",
    "\"F32\"",
    "\"BF16\"",
    "\"F8_E4M3\"",
    "\"shape\"",
    "\"data_offsets\"",
    "../",
    "é",
    "\u{0}",
];

/// A few random changes of a text: bytes replaced, removed, doubled, or something of the dictionary put in.
fn mutated(text: &[u8], numbers: &mut Generator) -> Vec<u8> {
    let mut out = text.to_vec();
    for _ in 0..=numbers.below(4) {
        let at = numbers.below(out.len().max(1) as u32) as usize;
        let end = (at + numbers.below(12) as usize).min(out.len());
        let word = DICTIONARY[numbers.below(DICTIONARY.len() as u32) as usize].bytes();
        match numbers.below(5) {
            0 if !out.is_empty() => out[at] = numbers.below(256) as u8,
            1 => drop(out.drain(at..end)),
            2 => drop(out.splice(at..at, out[at..end].to_vec())),
            3 => drop(out.splice(at..end, word)),
            _ => drop(out.splice(at..at, word)),
        }
    }
    out
}

/// A number in the place of another: what is most likely to pass the first checks.
fn renumbered(text: &str, numbers: &mut Generator) -> String {
    let digits: Vec<usize> = text.match_indices(": ").map(|(at, _)| at + 2).collect();
    let at = digits[numbers.below(digits.len() as u32) as usize];
    let end = at + text[at..].find([',', '\n', '}']).unwrap_or(0);
    let word = DICTIONARY[numbers.below(DICTIONARY.len() as u32) as usize];
    format!("{}{word}{}", &text[..at], &text[end..])
}

fn without_panic(input: &[u8], judge: impl Fn()) {
    if catch_unwind(AssertUnwindSafe(judge)).is_err() {
        panic!("this input panics: {:?}", String::from_utf8_lossy(input));
    }
}

#[test]
fn mutated_configurations_are_read_or_refused() {
    let original = files("tied").0.remove("config.json").expect("a configuration");
    let text = String::from_utf8(original.clone()).expect("UTF-8");
    let mut numbers = Generator::new(41);
    let (mut read, mut refused) = (0, 0);
    for input in 0..CONFIGS {
        let bytes = match input % 2 {
            0 => mutated(&original, &mut numbers),
            _ => renumbered(&text, &mut numbers).into_bytes(),
        };
        let mut accepted = false;
        without_panic(&bytes, || match LlamaConfig::read("config.json", &bytes) {
            Ok(config) => {
                assert_eq!(config.units().len(), 1 + 4 * config.layers + usize::from(!config.tied));
                assert!(config.parameters() > 0);
            }
            Err(error) => assert!(!error.sentence(Lang::Es).is_empty() && !error.sentence(Lang::En).is_empty()),
        });
        accepted |= LlamaConfig::read("config.json", &bytes).is_ok();
        if accepted { read += 1 } else { refused += 1 }
    }
    // Both ways are taken, or the mutations are of no use.
    assert!(read > CONFIGS / 20 && refused > CONFIGS / 4, "{read} read, {refused} refused");
}

#[test]
fn mutated_folders_are_read_or_refused() {
    let mut numbers = Generator::new(42);
    let (mut whole, mut refused) = (0, 0);
    for input in 0..FOLDERS {
        let (fixture, file) = match input % 4 {
            0 => ("untied", INDEX),
            1 => ("untied", "config.json"),
            2 => ("tied", "config.json"),
            _ => ("tied", WEIGHTS),
        };
        let mut files: FilesInMemory = files(fixture);
        let original = files.0[file].clone();
        let bytes = if file == WEIGHTS {
            // Only the header: noise in the numbers is a model like any other.
            let length = 8 + u64::from_le_bytes(*original.first_chunk().expect("a length")) as usize;
            let mut bytes = mutated(&original[..length], &mut numbers);
            bytes.extend_from_slice(&original[length..]);
            bytes
        } else {
            mutated(&original, &mut numbers)
        };
        files.0.insert(file.into(), bytes.clone());
        without_panic(&bytes[..bytes.len().min(4096)], || {
            if let Err(error) = read(&files) {
                assert!(!error.sentence(Lang::Es).is_empty() && !error.sentence(Lang::En).is_empty());
            }
        });
        if read(&files).is_ok() { whole += 1 } else { refused += 1 }
    }
    assert!(whole > 0 && refused > FOLDERS / 4, "{whole} read, {refused} refused");
}
