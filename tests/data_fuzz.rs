//! Mutated files, links and configurations: no parser may panic, hang, or fail without a sentence.
//!
//! `AFINA_FUZZ=1000000 cargo test --release --test data_fuzz` is the full run; the default is a fiftieth of it. The
//! mutations are seeded, so that a failure comes back; it prints its input.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::{Duration, Instant};

use afina::data::examples::{Examples, MAX_FIELD_BYTES, parts};
use afina::data::llama::LlamaConfig;
use afina::data::{csv, npy, peft, safetensors, share, zip};
use afina::labs::{Command, command_from_json, quant};
use afina::math::Generator;
use afina::protocol::LabError;
use afina::text::Lang;

const DEFAULT_INPUTS: u32 = 20_000;
/// Keeps one input small, whatever is spliced into it.
const MAX_INPUT_BYTES: usize = 8192;
/// No input of a few kilobytes may take longer, on a busy machine.
const MAX_MILLIS_PER_INPUT: u128 = 2000;
const MAX_WEIGHTS: u64 = 4096 * 4096;

/// Pieces of the formats, and numbers at the edges of their types.
const DICTIONARY: &[&str] = &[
    "{",
    "}",
    "[",
    "]",
    "(",
    ")",
    "\"",
    "'",
    ",",
    ":",
    ";",
    "\t",
    "\n",
    "\r\n",
    " ",
    "\\u0000",
    "\\",
    "null",
    "true",
    "-0",
    "0",
    "1",
    "-1",
    "255",
    "65535",
    "4294967295",
    "4294967296",
    "9223372036854775807",
    "18446744073709551615",
    "18446744073709551616",
    "1e308",
    "1e999",
    "-1e-999",
    "NaN",
    "inf",
    "\"dtype\"",
    "\"shape\"",
    "\"data_offsets\"",
    "\"__metadata__\"",
    "\"F32\"",
    "\"BF16\"",
    "\"F4\"",
    "\"F8_E4M3\"",
    "\"I64\"",
    "[0,0]",
    "'descr'",
    "'<f4'",
    "'>f8'",
    "'|O'",
    "'fortran_order'",
    "True",
    "False",
    "'shape'",
    "(3,)",
    "()",
    "L",
    "\u{93}NUMPY",
    "v1.",
    "v2.",
    "=",
    "-_",
    "\u{feff}",
    "\u{202e}",
    "ñ",
    "−",
    "1,5",
    "\"int\"",
    "{\"int\":4}",
    "\"group\"",
    "\"quant\"",
    "\"quant\"",
    "\"do\"",
    "\"measure\"",
    "\"seeded\"",
    "\"percent\"",
    "\"least_squares\"",
    "text",
    "etiqueta",
    "\"completion\"",
    "\"\"",
    "\"\n\"",
    "\"q_proj\"",
    "\"all-linear\"",
    "\"PREFIX_TUNING\"",
    "\"num_virtual_tokens\"",
    "prompt_embeddings",
    "lora_B",
    "PK\u{1}\u{2}",
    "PK\u{5}\u{6}",
];

fn inputs() -> u32 {
    match std::env::var("AFINA_FUZZ") {
        Ok(text) => text.parse().expect("AFINA_FUZZ is a number of inputs"),
        Err(_) => DEFAULT_INPUTS,
    }
}

/// One mutated input: one to four edits of a seed.
fn mutated(random: &mut Generator, seeds: &[Vec<u8>]) -> Vec<u8> {
    let pick = |random: &mut Generator| &seeds[random.below(seeds.len() as u32) as usize];
    let mut input = pick(random).clone();
    for _ in 0..=random.below(4) {
        let at = random.below(input.len() as u32 + 1) as usize;
        let end = (at + 1 + random.below(32) as usize).min(input.len());
        match random.below(10) {
            0 if at < input.len() => input[at] ^= 1 << random.below(8),
            1 if at < input.len() => input[at] = random.next_u32() as u8,
            2 => input.truncate(at),
            3 if at < end => drop(input.drain(at..end)),
            4 if at < end => {
                let copy = input[at..end].to_vec();
                let to = random.below(input.len() as u32 + 1) as usize;
                input.splice(to..to, copy);
            }
            5 => {
                let other = pick(random);
                let from = random.below(other.len() as u32 + 1) as usize;
                let to = (from + random.below(200) as usize).min(other.len());
                input.splice(at..end.max(at), other[from..to].iter().copied());
            }
            6 => {
                let token = DICTIONARY[random.below(DICTIONARY.len() as u32) as usize].bytes();
                let until = if random.below(2) == 0 { at } else { end.max(at) };
                input.splice(at..until, token);
            }
            7 => {
                // Another digit where there was one.
                let digits: Vec<usize> = (0..input.len()).filter(|&i| input[i].is_ascii_digit()).collect();
                if !digits.is_empty() {
                    input[digits[random.below(digits.len() as u32) as usize]] = b'0' + random.below(10) as u8;
                }
            }
            8 => {
                // The leading lengths of the binary formats.
                let (begin, width) = if random.below(2) == 0 { (0, 8) } else { (6, 6) };
                let value = (u64::from(random.next_u32()) << 32 | u64::from(random.next_u32())) >> random.below(64);
                for (place, byte) in input.iter_mut().skip(begin).take(width).zip(value.to_le_bytes()) {
                    *place = byte;
                }
            }
            _ => {
                let run = vec![input.get(at).copied().unwrap_or(b'['); 1 + random.below(300) as usize];
                input.splice(at..at, run);
            }
        }
        input.truncate(MAX_INPUT_BYTES);
    }
    input
}

/// Feeds mutated seeds to a parser. `parse` says whether the input was accepted.
fn fuzz(name: &str, stream: u32, seeds: &[Vec<u8>], parse: impl Fn(&[u8]) -> Result<(), LabError>) {
    for seed in seeds {
        parse(seed).unwrap_or_else(|e| panic!("{name}: the seed itself is refused: {e}"));
    }
    let mut random = Generator::new(stream);
    let (count, started) = (inputs(), Instant::now());
    let (mut accepted, mut slowest) = (0u32, Duration::ZERO);
    for number in 0..count {
        let input = mutated(&mut random, seeds);
        let before = Instant::now();
        let shown = || format!("{name} number {number}: {}", input.escape_ascii());
        let result =
            catch_unwind(AssertUnwindSafe(|| parse(&input))).unwrap_or_else(|_| panic!("panic at {}", shown()));
        let took = before.elapsed();
        slowest = slowest.max(took);
        assert!(took.as_millis() < MAX_MILLIS_PER_INPUT, "{took:?} for {}", shown());
        match result {
            Ok(()) => accepted += 1,
            Err(error) => {
                for lang in Lang::ALL {
                    let sentence = error.sentence(*lang);
                    assert!(!sentence.trim().is_empty(), "no sentence for {error:?}, {}", shown());
                    assert!(sentence.chars().count() < 1000, "endless sentence for {}", shown());
                }
            }
        }
    }
    println!("{name}: {count} inputs in {:?}, {accepted} accepted, slowest {slowest:?}", started.elapsed());
    // A mutator that breaks nothing, or everything, would test nothing.
    assert!(accepted > 0 && accepted < count, "{name}: {accepted} of {count} accepted");
}

fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).expect(&path)
}

#[test]
fn safetensors_survive() {
    let mut seeds = vec![fixture("small.safetensors")];
    for (header, data) in [
        (r#"{"a":{"dtype":"F16","shape":[2,3],"data_offsets":[0,12]}}"#, 12),
        (
            r#"{"__metadata__":{"format":"pt"},"b":{"dtype":"F4","shape":[0,4],"data_offsets":[0,0]},"c":{"dtype":"X","shape":[],"data_offsets":[0,3]}}  "#,
            3,
        ),
    ] {
        let mut file = (header.len() as u64).to_le_bytes().to_vec();
        file.extend(header.as_bytes());
        file.resize(file.len() + data, 0x3C);
        seeds.push(file);
    }
    fuzz("safetensors", 1, &seeds, |file| {
        let len = file.len() as u64;
        let header = safetensors::header_length("f", &file[..file.len().min(8)], len)?;
        let mut first_error = Ok(());
        for entry in safetensors::parse_header("f", &file[8..8 + header as usize], len)? {
            assert!(entry.begin <= entry.end && entry.end <= len);
            match entry.window("f", 1, MAX_WEIGHTS) {
                Ok(window) => {
                    assert!(entry.begin <= window.begin && window.begin < window.end && window.end <= entry.end);
                    let bytes = &file[window.begin as usize..window.end as usize];
                    match safetensors::decode("f", &entry.name, &entry.dtype, bytes) {
                        Ok(values) => assert_eq!(values.len() as u64, window.rows * window.cols),
                        Err(error) => first_error = first_error.and(Err(error)),
                    }
                }
                // A file with a tensor that cannot be read is a good file.
                Err(error) => assert!(!error.to_string().is_empty()),
            }
        }
        first_error
    });
}

#[test]
fn npy_survives() {
    let names = [
        "c_f4",
        "fortran_f8",
        "big_f4",
        "f2",
        "vector_i2",
        "cube_fortran_u1",
        "scalar",
        "bools",
        "version_2",
        "version_3",
    ];
    let seeds: Vec<Vec<u8>> = names.iter().map(|name| fixture(&format!("{name}.npy"))).collect();
    fuzz("npy", 2, &seeds, |file| {
        let len = file.len() as u64;
        let begin = npy::header_length("f", &file[..file.len().min(npy::PREFIX_BYTES)], len)?;
        let header = npy::parse_header("f", &file[..begin as usize], len)?;
        let window = header.window("f", 1, MAX_WEIGHTS)?;
        assert!(header.begin <= window.begin && window.end <= header.end && header.end <= len);
        let values = header.decode("f", &file[window.begin as usize..window.end as usize])?;
        assert_eq!(values.len() as u64, window.rows * window.cols);
        Ok(())
    });
}

#[test]
fn csv_survives() {
    let seeds: Vec<Vec<u8>> = [
        "1.5,-2,0.25\n4,5e-3,6\n",
        "a;b;c\n1,5;-2;0,25\n4;5e-3;6\n",
        "1,5\t-2\r\n4\t6\r\n",
        "1,5 -2 0,25\n4 5 6",
        "\u{feff}\"x\",\"y\"\n\"1,5\",\"−2\"\n",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    fuzz("csv", 3, &seeds, |file| {
        let matrix = csv::matrix_from_csv("f", file, 1000)?;
        assert_eq!(matrix.values.len(), matrix.rows * matrix.cols);
        assert!(matrix.values.iter().all(|v| v.is_finite()) && matrix.values.len() <= 1000);
        Ok(())
    });
}

#[test]
fn examples_survive() {
    let seeds: Vec<Vec<u8>> = [
        "text,label\nmuy amable,bien\n\"dijo: \"\"no\"\"\ny esperé\",mal\na,bien\nb,mal\nc,bien\nd,mal\n",
        "\u{feff}id;texto;etiqueta\r\n1;uno;a\r\n2;\"dos;\r\n2\";b\r\n",
        "label\tprompt\nx\ty\n",
        "{\"prompt\":\"a\",\"completion\":\"b\"}\n\n{\"text\":\"\\u00f1\",\"label\":\"b\",\"n\":[1,{\"x\":null}]}\n",
    ]
    .iter()
    .map(|text| text.as_bytes().to_vec())
    .collect();
    fuzz("examples", 6, &seeds, |file| {
        let read = Examples::read("f", file)?;
        assert!(read.duplicates < read.all.len() && read.all.len() <= file.len());
        for text in read.all.iter().flat_map(|example| [&example.prompt, &example.completion]) {
            assert!(!text.is_empty() && text.trim() == text && text.len() as u64 <= MAX_FIELD_BYTES, "{text:?}");
        }
        if let Ok(parts) = parts(&read.all, 1) {
            assert_eq!(parts.train.len() + parts.validation.len() + parts.test.len(), read.all.len());
        }
        Ok(())
    });
}

/// Configuration and weights of an adapter in one text; the first zero byte parts them.
fn adapter_files(text: &[u8]) -> Vec<(String, Vec<u8>)> {
    let at = text.iter().position(|byte| *byte == 0).unwrap_or(text.len());
    let weights = text.get(at + 1..).unwrap_or_default().to_vec();
    vec![(peft::ADAPTER_CONFIG.into(), text[..at].to_vec()), (peft::ADAPTER_WEIGHTS.into(), weights)]
}

#[test]
fn adapters_survive() {
    let model = LlamaConfig::read("config.json", &fixture("llama/tied/config.json")).expect("a configuration");
    let folder = |name: &str| {
        let file = |file: &str| fixture(&format!("peft/{name}/{file}"));
        [file(peft::ADAPTER_CONFIG), vec![0], file(peft::ADAPTER_WEIGHTS)].concat()
    };
    let mut seeds: Vec<Vec<u8>> = ["lora_half", "prompt", "prefix", "deep_prompt"].map(folder).to_vec();
    let adapter = peft::read(&adapter_files(&seeds[0]), &model).expect("a good folder");
    seeds.push([vec![0], peft::write_own(&adapter, &model).expect("its own file")].concat());
    fuzz("adapters", 7, &seeds, |text| {
        let adapter = peft::read(&adapter_files(text), &model)?;
        let own = vec![(peft::OWN_FILE.into(), peft::write_own(&adapter, &model)?)];
        assert_eq!(peft::read(&own, &model).as_ref(), Ok(&adapter), "what was accepted is accepted again");
        // A PEFT folder has the settings of its own method only.
        let again = peft::read(&peft::write(&adapter, &model, "b")?, &model)?;
        assert_eq!((again.method, again.matrices()), (adapter.method, adapter.matrices()));
        Ok(())
    });
}

#[test]
fn zip_files_survive() {
    let file = |name: &str, bytes: &[u8]| (name.to_owned(), bytes.to_vec());
    let seeds: Vec<Vec<u8>> = [
        vec![file("a.txt", b"123456789"), file("b/ñ.bin", &[0, 255, 7])],
        vec![file("adapter_config.json", b"{\"r\": 8}"), file("b/", b""), file("c", &[7; 300])],
        vec![],
    ]
    .iter()
    .map(|files| zip::write(files).expect("small files"))
    .collect();
    fuzz("zip", 8, &seeds, |bytes| {
        let files = zip::read("f", bytes)?;
        assert!(files.iter().map(|(_, data)| data.len()).sum::<usize>() <= bytes.len());
        Ok(())
    });
}

/// One command of each kind, as a page sends it.
fn commands() -> Vec<String> {
    let config = quant::Config::default();
    let file = r#"{"quant":{"task":{"measure":{"config":{"source":{"file":{"name":"m.npy","tensor":""}},"formats":[{"format":"nf4","granularity":{"block":64},"scale_storage":"double"},{"format":{"int":3},"symmetry":"asymmetric","granularity":"row","rounding":{"stochastic":{"seed":1}},"scale_rule":{"percentile":{"percent":99.5}}}],"activations":{"file":{"name":"x.csv","tensor":""}},"view":{"row":0,"col":0,"rows":0,"cols":0,"selected":1}}}}}}"#;
    let tasks = [
        quant::Task::Open { name: "a.safetensors".into() },
        quant::Task::Measure { config: config.clone() },
        quant::Task::Weight { config: config.clone(), row: 3, col: 4 },
        quant::Task::Sweep { config },
    ];
    let mut all: Vec<String> = tasks
        .into_iter()
        .map(|task| serde_json::to_string(&Command::Quant { task }).expect("a command is JSON"))
        .collect();
    all.push(file.to_owned());
    all
}

#[test]
fn commands_survive() {
    let seeds: Vec<Vec<u8>> = commands().into_iter().map(String::into_bytes).collect();
    fuzz("commands", 4, &seeds, |bytes| {
        let command = command_from_json("f", &String::from_utf8_lossy(bytes))?;
        let again = serde_json::to_string(&command).expect("a command is JSON");
        if let Command::Quant { task } = command {
            match task {
                quant::Task::Measure { config }
                | quant::Task::Look { config }
                | quant::Task::Sweep { config }
                | quant::Task::Weight { config, .. } => {
                    config.checked()?;
                }
                quant::Task::Open { .. } => {}
            }
        }
        assert!(command_from_json("f", &again).is_ok(), "what was accepted is accepted again: {again}");
        Ok(())
    });
}

#[test]
fn links_survive() {
    let mut seeds: Vec<Vec<u8>> = commands()
        .iter()
        .map(|json| share::encode_link(share::LINK_VERSION, json).expect("a command fits a link").into_bytes())
        .collect();
    seeds.push(b"v1.e30".to_vec());
    fuzz("links", 5, &seeds, |bytes| {
        let text = String::from_utf8_lossy(bytes);
        match share::decode_link(&text) {
            Ok(json) => {
                assert_eq!(share::encode_link(share::LINK_VERSION, &json).as_deref(), Ok(&*text), "one text, one link");
                Ok(())
            }
            Err(error) => {
                assert!(matches!(error, LabError::BadLink { .. }), "{error:?}");
                Err(error)
            }
        }
    });
}
