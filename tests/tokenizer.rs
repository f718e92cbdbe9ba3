//! The shipped tokenizer: reproduced byte for byte, exact round trips, and broken files that never panic.

use std::panic::{AssertUnwindSafe, catch_unwind};

use afina::data::tokenizer::{END_OF_TEXT, SPECIAL_TOKENS, Tokenizer, VOCABULARY, trained};
use afina::data::world::{Language, Split, World};
use afina::math::Generator;
use afina::protocol::{Fault, LabError};
use afina::text::Lang;
use serde_json::Value;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/www/models/afina-small/tokenizer.json");
const DEFAULT_INPUTS: u32 = 20_000;

fn shipped() -> Vec<u8> {
    std::fs::read(PATH).expect(PATH)
}

fn tokenizer() -> Tokenizer {
    Tokenizer::read("tokenizer.json", &shipped()).expect("the shipped tokenizer is good")
}

#[test]
fn the_shipped_tokenizer_is_what_the_command_makes() {
    let json = trained().expect("training");
    let same = json.as_bytes() == shipped();
    assert!(
        same,
        "run: cargo run --release --features text-models --bin tokenizer -- www/models/afina-small/tokenizer.json"
    );
    assert_eq!(tokenizer().size(), VOCABULARY);
    for (id, token) in (0..).zip(SPECIAL_TOKENS) {
        assert_eq!(tokenizer().id(token), Some(id), "{token}");
    }
}

#[test]
fn any_text_comes_back() {
    let tokenizer = tokenizer();
    let mut texts: Vec<String> = [
        "",
        " ",
        "\n\n  ñandú ¿qué? ¡ay!",
        "日本語 🦀 e\u{301} \u{0}\u{7f}",
        "a  b\tc\r\n",
        "½ ÿ \u{ffff}",
        END_OF_TEXT,
    ]
    .map(str::to_owned)
    .to_vec();
    for language in Language::ALL {
        texts.extend((0..300).map(|i| World::new(9).document(language, Split::Test, i).text));
    }
    let mut random = Generator::new(4);
    for _ in 0..2_000 {
        let length = random.below(40);
        texts.push((0..length).filter_map(|_| char::from_u32(random.next_u32() >> (11 + random.below(14)))).collect());
    }
    for text in texts {
        let ids = tokenizer.encode(&text).expect("any text");
        assert!(ids.iter().all(|&id| (id as usize) < VOCABULARY), "{text:?}");
        assert_eq!(tokenizer.decode(&ids).as_deref(), Ok(text.as_str()));
    }
    assert_eq!(tokenizer.encode(END_OF_TEXT), Ok(vec![0]));
    assert!(matches!(tokenizer.decode(&[9_999]), Err(LabError::Malformed { .. })));
}

#[test]
fn texts_become_few_tokens() {
    let tokenizer = tokenizer();
    for language in Language::ALL {
        let (mut tokens, mut words, mut bytes) = (0, 0, 0);
        let documents = 2_000;
        for i in 0..documents {
            let text = World::new(1).document(language, Split::Test, i).text;
            tokens += tokenizer.encode(&text).expect("any text").len();
            words += text.split_whitespace().count();
            bytes += text.len();
        }
        let [a_word, a_document, a_token] =
            [(tokens, words), (tokens, documents as usize), (bytes, tokens)].map(|(a, b)| a as f64 / b as f64);
        println!("{language:?}: {a_word:.3} tokens a word, {a_document:.1} a document, {a_token:.2} bytes a token");
        assert!(a_word < 1.75, "{language:?}: {a_word} tokens a word");
    }
}

/// Where, and why.
fn place(json: &str) -> (String, Fault) {
    match Tokenizer::read("t.json", json.as_bytes()) {
        Err(LabError::Malformed { source, at, fault }) => {
            assert_eq!(source, "t.json");
            (at, fault)
        }
        other => panic!("{other:?}"),
    }
}

const SMALL: &str = r#"{"version":"1.0","truncation":null,"padding":null,"added_tokens":[{"id":0,"content":"<e>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],"normalizer":null,"pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":true},"post_processor":null,"decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true},"model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":null,"end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,"ignore_merges":false,"vocab":{"<e>":0,"a":1,"b":2,"ab":3},"merges":[["a","b"]]}}"#;

#[test]
fn broken_files_say_where_and_why() {
    assert!(Tokenizer::read("t.json", SMALL.as_bytes()).is_ok());
    let legacy = SMALL.replace(r#"["a","b"]"#, r#""a b""#);
    assert!(Tokenizer::read("t.json", legacy.as_bytes()).is_ok());
    for (from, to, at, fault) in [
        // The crate's own reader panics here: the merge is longer than every token.
        (r#"["a","b"]"#, r#"["<e>","ab"]"#, "model.merges[0]", Fault::Missing),
        (r#"["a","b"]"#, r#"["b","c"]"#, "model.merges[0]", Fault::Missing),
        (r#"["a","b"]"#, r#"["a","b","ab"]"#, "model.merges[0]", Fault::WrongKind { expected: r#"["a", "b"]"#.into() }),
        (r#""ab":3"#, r#""ab":2"#, "model.vocab[b]", Fault::Duplicate { name: "2".into() }),
        (r#""ab":3"#, r#""ab":-3"#, "model.vocab[ab]", Fault::WrongKind { expected: "0..4294967295".into() }),
        (r#""ab":3"#, r#""ab":99999999"#, "model.vocab[ab]", Fault::TooLong { limit: 1 << 20, got: 99_999_999 }),
        (r#"{"<e>":0,"a":1,"b":2,"ab":3}"#, "{}", "model.vocab", Fault::Empty),
        (r#","vocab":{"<e>":0,"a":1,"b":2,"ab":3}"#, "", "model.vocab", Fault::Missing),
        (r#""type":"BPE""#, r#""type":"Unigram""#, "model.type", Fault::WrongKind { expected: "BPE".into() }),
        (r#""unk_token":null"#, r#""unk_token":"u""#, "model.unk_token", Fault::Missing),
        (r#""version":"1.0""#, r#""version":"9""#, "version", Fault::BadVersion { got: "9".into() }),
        (
            r#""id":0,"content":"<e>""#,
            r#""id":2,"content":"<e>""#,
            "added_tokens[0].id",
            Fault::Duplicate { name: "2".into() },
        ),
        (
            r#""id":0,"content":"<e>""#,
            r#""id":9,"content":"new""#,
            "added_tokens[0].id",
            Fault::WrongKind { expected: "4".into() },
        ),
        (
            r#"{"type":"ByteLevel","add_prefix_space":false"#,
            r#"{"type":"Punctuation","add_prefix_space":false"#,
            "pre_tokenizer.type",
            Fault::WrongKind { expected: "ByteLevel, Digits".into() },
        ),
        (r#""content":"<e>""#, r#""content":"""#, "added_tokens[0].content", Fault::Empty),
        (
            r#""continuing_subword_prefix":null"#,
            r#""continuing_subword_prefix":"x""#,
            "model.continuing_subword_prefix",
            Fault::WrongKind { expected: "null".into() },
        ),
    ] {
        let broken = SMALL.replace(from, to);
        assert_ne!(broken, SMALL, "{from}");
        assert_eq!(place(&broken), (at.to_owned(), fault), "{to}");
    }
    assert!(matches!(place("{").1, Fault::BadJson { .. }));
    assert_eq!(place(""), ("byte 0".to_owned(), Fault::Empty));
}

/// One to four edits of a seed: bytes, pieces of the format, and pieces of itself.
fn mutated(random: &mut Generator, seed: &[u8]) -> Vec<u8> {
    const PIECES: &[&str] = &[
        "null",
        "true",
        "-1",
        "0",
        "4294967296",
        "1e999",
        "\"\"",
        "[]",
        "{}",
        "\"a\"",
        "\"ab\"",
        "\"\u{0120}\"",
        "\"type\"",
        "\"Sequence\"",
        "\"pretokenizers\":[]",
        "\"Digits\"",
        "\"individual_digits\":true",
        "\"Split\"",
        "\"pattern\":{\"Regex\":\"(a|a)*b\"}",
        "\"WordPiece\"",
        "\"Unigram\"",
        "\"NFC\"",
        "\"Replace\"",
        "\"Metaspace\"",
        "\"BertProcessing\"",
        "\"TemplateProcessing\"",
        "\"dropout\":0.5",
        "\"dropout\":7",
        "\"byte_fallback\":true",
        "\"ignore_merges\":true",
        "\"fuse_unk\":true",
        "\"unk_token\":\"a\"",
        "\"id\":1",
        "\"content\":\"b\"",
        ",",
        ":",
        "\\u0000",
    ];
    let mut input = seed.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(input.len() as u32 + 1) as usize;
        let end = (at + random.below(24) as usize).min(input.len());
        match random.below(6) {
            0 if at < input.len() => input[at] ^= 1 << random.below(8),
            1 => drop(input.drain(at..end)),
            2 => drop(input.splice(at..end, PIECES[random.below(PIECES.len() as u32) as usize].bytes())),
            3 => {
                // A value for another one: from a colon to the next comma.
                let colon = (at..input.len()).find(|&i| input[i] == b':').map_or(at, |i| i + 1);
                let comma = (colon..input.len()).find(|&i| b",}]".contains(&input[i])).unwrap_or(colon);
                drop(input.splice(colon..comma.max(colon), PIECES[random.below(12) as usize].bytes()));
            }
            4 => {
                let copy = input[at..end].to_vec();
                let to = random.below(input.len() as u32 + 1) as usize;
                drop(input.splice(to..to, copy));
            }
            _ => {
                if let Some(digit) = (at..input.len()).find(|&i| input[i].is_ascii_digit()) {
                    input[digit] = b'0' + random.below(10) as u8;
                }
            }
        }
    }
    input
}

/// Another value, or none, somewhere in the tree: the file stays JSON.
fn grafted(random: &mut Generator) -> Vec<u8> {
    let mut file: Value = serde_json::from_str(SMALL).expect("JSON");
    for _ in 0..=random.below(2) {
        let mut node = &mut file;
        // Down from the root until a coin says stop.
        loop {
            let children = match &*node {
                Value::Object(map) => map.len(),
                Value::Array(list) => list.len(),
                _ => 0,
            };
            if children == 0 || random.below(4) == 0 {
                break;
            }
            let at = random.below(children as u32) as usize;
            node = match node {
                Value::Object(map) => map.values_mut().nth(at).expect("a child"),
                Value::Array(list) => &mut list[at],
                _ => unreachable!("leaves have no children"),
            };
        }
        *node = GRAFTS[random.below(GRAFTS.len() as u32) as usize].parse().expect("grafts are JSON");
    }
    serde_json::to_vec(&file).expect("JSON")
}

const GRAFTS: &[&str] = &[
    "null",
    "true",
    "0",
    "1",
    "-1",
    "4294967295",
    "0.5",
    "\"\"",
    "\"a\"",
    "\"ab\"",
    "\"abab\"",
    "\"\u{0120}\"",
    "[]",
    "{}",
    r#"["a","ab"]"#,
    r#"[["a","b"],["ab","ab"]]"#,
    r#"[["a","b"],["a","b"]]"#,
    r#""a b""#,
    r#"["a b","b a"]"#,
    r#"{"a":0,"b":1,"ab":2}"#,
    r#"{"a":7,"b":1,"ab":2,"":9}"#,
    r#"{"type":"NFC"}"#,
    r#"{"type":"Lowercase"}"#,
    r#"{"type":"Sequence","pretokenizers":[]}"#,
    r#"{"type":"Digits","individual_digits":true}"#,
    r#"{"type":"Split","pattern":{"Regex":"(a+)+b"},"behavior":"Isolated","invert":false}"#,
    r#"{"type":"Split","pattern":{"Regex":"("},"behavior":"Isolated","invert":false}"#,
    r#"{"type":"Replace","pattern":{"String":""},"content":"x"}"#,
    r#"{"type":"Metaspace","replacement":"_","prepend_scheme":"always","split":true}"#,
    r#"{"type":"ByteFallback"}"#,
    r#"{"type":"Strip","content":" ","start":9,"stop":9}"#,
    r#"{"type":"BertProcessing","sep":["a",0],"cls":["b",1]}"#,
    r#"{"type":"TemplateProcessing","single":[{"SpecialToken":{"id":"X","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],"pair":[],"special_tokens":{}}"#,
    r#"{"type":"WordPiece","unk_token":"u","continuing_subword_prefix":"ab","max_input_chars_per_word":1,"vocab":{}}"#,
    r#"[{"id":4,"content":"x","single_word":true,"lstrip":true,"rstrip":true,"normalized":true,"special":false}]"#,
];

#[test]
fn mutated_files_survive() {
    let count = std::env::var("AFINA_FUZZ").map_or(DEFAULT_INPUTS, |n| n.parse().expect("AFINA_FUZZ is a number"));
    let mut random = Generator::new(77);
    let mut accepted = 0;
    for number in 0..count {
        let input = if number % 2 == 0 { grafted(&mut random) } else { mutated(&mut random, SMALL.as_bytes()) };
        let shown = || format!("number {number}: {}", input.escape_ascii());
        let read = catch_unwind(AssertUnwindSafe(|| {
            let tokenizer = Tokenizer::read("t.json", &input)?;
            let ids = tokenizer.encode("ab ba <e> ñ 12")?;
            tokenizer.decode(&ids)
        }));
        match read.unwrap_or_else(|_| panic!("panic at {}", shown())) {
            Ok(_) => accepted += 1,
            Err(error) => {
                for lang in Lang::ALL {
                    let sentence = error.sentence(*lang);
                    assert!(!sentence.trim().is_empty() && sentence.chars().count() < 1000, "{}", shown());
                }
            }
        }
    }
    println!("{count} inputs, {accepted} accepted");
    // A mutator that breaks nothing, or everything, would test nothing.
    assert!(accepted * 20 > count && accepted < count);
}
