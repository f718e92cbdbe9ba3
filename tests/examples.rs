//! The visitor's own examples: CSV and JSON lines, good and broken, and how they are divided.

use std::collections::HashSet;

use afina::data::examples::{Example, Examples, Kind, MAX_EXAMPLES, MAX_FIELD_BYTES, MAX_FILE_BYTES, Parts, parts};
use afina::data::world::Split;
use afina::protocol::{Fault, LabError, Resource};

fn read(text: &str) -> Result<Examples, LabError> {
    Examples::read("f", text.as_bytes())
}

fn pairs(text: &str) -> Vec<(String, String)> {
    let read = read(text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
    read.all.into_iter().map(|example| (example.prompt, example.completion)).collect()
}

fn both(prompt: &str, completion: &str) -> (String, String) {
    (prompt.into(), completion.into())
}

/// Where, and why.
fn fault(text: &[u8]) -> (String, Fault) {
    match Examples::read("f", text) {
        Err(LabError::Malformed { source, at, fault }) => {
            assert_eq!(source, "f");
            (at, fault)
        }
        other => panic!("{:?}: {other:?}", String::from_utf8_lossy(text)),
    }
}

#[test]
fn the_same_table_is_read_however_it_is_written() {
    let expected = vec![both("Muy amable, sí", "bien"), both("Dijo: \"espere\"\ny esperé", "mal")];
    for text in [
        "text,label\n\"Muy amable, sí\",bien\n\"Dijo: \"\"espere\"\"\ny esperé\",mal\n",
        "\u{feff}texto;etiqueta\r\nMuy amable, sí;bien\r\n\"Dijo: \"\"espere\"\"\r\ny esperé\";mal",
        "label\tid\tprompt\nbien\t1\tMuy amable, sí\n\nmal\t2\t\"Dijo: \"\"espere\"\"\ny esperé\"  \n",
        "\"Texto\" ; \"Etiqueta\"\n\"Muy amable, sí\" ; bien\n;\n \"Dijo: \"\"espere\"\"\ny esperé\";\"mal\"\n\n",
        "{\"prompt\":\"Muy amable, sí\",\"completion\":\"bien\"}\n\n{\"completion\":\" mal\\n\",\"n\":[1],\"prompt\":\"Dijo: \\\"espere\\\"\\ny esperé\"}",
        "\u{feff} {\"text\":\"Muy amable, s\\u00ed\",\"label\":\"bien\"}\r\n{\"texto\":\"Dijo: \\\"espere\\\"\\r\\ny esperé\",\"etiqueta\":\"mal\"}\r\n",
    ] {
        assert_eq!(pairs(text), expected, "{text}");
        let kind = if text.contains('{') { Kind::JsonLines } else { Kind::Csv };
        assert_eq!(read(text).unwrap().kind, kind);
    }
}

#[test]
fn a_quote_within_a_field_is_a_sign_like_any_other() {
    assert_eq!(pairs("text,label\nun 5\" de agua,a\n"), [both("un 5\" de agua", "a")]);
}

#[test]
fn duplicates_are_kept_and_counted() {
    let read = read("text,label\na,x\nb,x\na,x\na,y\na,x\n").unwrap();
    assert_eq!((read.all.len(), read.duplicates), (5, 2));
    let classes = read.classes().expect("two labels");
    assert_eq!(classes.into_iter().collect::<Vec<_>>(), [("x", 4), ("y", 1)]);
}

#[test]
fn broken_tables_say_which_line_and_why() {
    let long = "x".repeat(MAX_FIELD_BYTES as usize + 1);
    for (text, at, why) in [
        ("text,label\na,x\nb\n", "L3", Fault::RaggedRow { expected: 2, got: 1 }),
        ("text,label\n\"a\nb\",x\nc,d,e\n", "L4", Fault::RaggedRow { expected: 2, got: 3 }),
        ("text,label\na,x\n\"b,x\nc,x\n", "L3", Fault::Quotes),
        ("text,label\n\"a\" b,x\n", "L2", Fault::Quotes),
        ("\"text;label\n", "L1", Fault::Quotes),
        ("text,labels\na,x\n", "L1: label", Fault::Missing),
        ("review;etiqueta\na;x\n", "L1: text", Fault::Missing),
        ("\nopinion\n", "L2: text", Fault::Missing),
        ("text,label,prompt\na,x,b\n", "L1: text", Fault::Duplicate { name: "prompt".into() }),
        ("text,label\n  ,x\n", "L2: text", Fault::Empty),
        ("Texto;Etiqueta\na;\"\"\n", "L2: Etiqueta", Fault::Empty),
        ("text,label\n\n", "L2", Fault::Empty),
        ("", "L1", Fault::Empty),
        (" \n\n", "L1", Fault::Empty),
        (&format!("text,label\na,b\n{long},x\n"), "L3: text", Fault::TooLong { limit: 4000, got: 4001 }),
        (&format!("text,label\na,\"{long}{long}\"\n"), "L2: label", Fault::TooLong { limit: 4000, got: 8002 }),
    ] {
        assert_eq!(fault(text.as_bytes()), (at.to_owned(), why), "{text}");
    }
    assert_eq!(fault(b"text,label\na,x\n\xff,y\n"), ("L3".into(), Fault::NotUtf8));
    let fits = "ñ".repeat(MAX_FIELD_BYTES as usize / 2);
    assert_eq!(pairs(&format!("text,label\n{fits},{fits}\n")), [both(&fits, &fits)]);
}

#[test]
fn broken_lines_say_which_one_and_why() {
    let good = "{\"prompt\":\"a\",\"completion\":\"b\"}";
    let text = || Fault::WrongKind { expected: "\"…\"".into() };
    let object = || Fault::WrongKind { expected: "{\"prompt\": \"…\", \"completion\": \"…\"}".into() };
    for (line, at, why) in [
        ("{\"prompt\":\"a\"}", "L3: label", Fault::Missing),
        ("{\"completion\":\"a\"}", "L3: text", Fault::Missing),
        ("{\"text\":\"a\",\"label\":1}", "L3: label", text()),
        ("{\"prompt\":null,\"label\":\"b\"}", "L3: prompt", text()),
        ("{\"prompt\":\" \",\"label\":\"b\"}", "L3: prompt", Fault::Empty),
        ("{\"prompt\":\"a\",\"text\":\"a\",\"label\":\"b\"}", "L3: text", Fault::Duplicate { name: "text".into() }),
        ("{\"prompt\":\"a\"", "L3", Fault::BadJson { line: 3, column: 13 }),
        ("[\"a\",\"b\"]", "L3", object()),
        (&format!("{{\"x\":\"{}\"}}", "y".repeat(1 << 16)), "L3", Fault::TooLong { limit: 65536, got: 65544 }),
    ] {
        assert_eq!(fault(format!("{good}\n\n{line}\n{good}\n").as_bytes()), (at.to_owned(), why), "{line}");
    }
    assert_eq!(fault(b"[{\"prompt\":\"a\"}]"), ("L1".into(), object()));
}

#[test]
fn what_is_too_much_is_refused() {
    let rows = |count: u64| format!("text,label\n{}", "a,b\n".repeat(count as usize));
    assert_eq!(read(&rows(MAX_EXAMPLES)).unwrap().all.len() as u64, MAX_EXAMPLES);
    let too_large = |limit, got, resource| Err(LabError::TooLarge { what: "f".into(), limit, got, resource });
    assert_eq!(read(&rows(MAX_EXAMPLES + 1)), too_large(MAX_EXAMPLES, MAX_EXAMPLES + 1, Resource::Examples));
    let large = vec![b'x'; MAX_FILE_BYTES as usize + 1];
    assert_eq!(Examples::read("f", &large), too_large(MAX_FILE_BYTES, MAX_FILE_BYTES + 1, Resource::Bytes));
}

fn examples(count: usize, of: impl Fn(usize) -> (String, String)) -> Vec<Example> {
    (0..count).map(of).map(|(prompt, completion)| Example { prompt, completion }).collect()
}

fn check(all: &[Example], parts: &Parts) {
    let mut places: Vec<usize> = Split::ALL.iter().flat_map(|split| parts.of(*split)).copied().collect();
    places.sort_unstable();
    assert_eq!(places, (0..all.len()).collect::<Vec<_>>(), "each example is in one part");
    let prompts = Split::ALL.map(|split| parts.of(split).iter().map(|i| &all[*i].prompt).collect::<HashSet<_>>());
    assert!(prompts.iter().all(|part| !part.is_empty()));
    let apart = |a: usize, b: usize| prompts[a].is_disjoint(&prompts[b]);
    assert!(apart(0, 1) && apart(0, 2) && apart(1, 2), "a prompt is in two parts");
}

#[test]
fn each_label_is_divided_eight_to_one_to_one() {
    let label = |i: usize| ["bien", "mal", "regular"][if i < 150 { 0 } else { i % 3 }];
    let all = examples(303, |i| both(&format!("texto {i}"), label(i)));
    for seed in 0..20 {
        let parts = parts(&all, seed).unwrap();
        check(&all, &parts);
        for part in [&parts.validation, &parts.test] {
            assert!((30..=31).contains(&part.len()), "{} of 303", part.len());
            for class in ["bien", "mal", "regular"] {
                let count = |places: &mut dyn Iterator<Item = usize>| {
                    places.filter(|i| all[*i].completion == class).count() as f64
                };
                let (all, here) = (count(&mut (0..303)), count(&mut part.iter().copied()));
                assert!((here - all / 10.0).abs() < 1.0, "{class}: {here} of {all}");
            }
        }
    }
}

#[test]
fn a_seed_is_a_division_and_another_one_is_another() {
    let all = examples(100, |i| both(&format!("p {i}"), &format!("answer {i}")));
    assert_eq!(parts(&all, 7), parts(&all, 7));
    assert_ne!(parts(&all, 7), parts(&all, 8));
    let sizes = parts(&all, 7).map(|p| [p.train.len(), p.validation.len(), p.test.len()]);
    assert_eq!(sizes, Ok([80, 10, 10]));
}

#[test]
fn one_prompt_is_on_one_side_only() {
    // Every prompt three times, with different labels; one of them half of the set.
    let all = examples(120, |i| both(&format!("p {}", if i < 60 { 0 } else { i / 3 }), ["x", "y"][i % 2]));
    for seed in 0..50 {
        let parts = parts(&all, seed).unwrap();
        check(&all, &parts);
        assert!(parts.train.len() >= 80, "{seed}: {}", parts.train.len());
        assert!(parts.train.contains(&0), "a prompt of half the set is trained on");
    }
}

#[test]
fn small_sets_have_one_in_each_part_or_are_refused() {
    for count in 6..30 {
        let all = examples(count, |i| both(&format!("p {i}"), "x"));
        for seed in 0..30 {
            let parts = parts(&all, seed).unwrap();
            check(&all, &parts);
            assert!(parts.train.len() >= parts.validation.len() + parts.test.len(), "{count} {seed}: {parts:?}");
        }
    }
    let few = parts(&examples(5, |i| both(&format!("p {i}"), "x")), 1);
    assert_eq!(few, Err(LabError::OutOfRange { field: "examples".into(), min: 6.0, max: 10000.0, got: 5.0 }));
    let same = parts(&examples(50, |i| both(&format!("p {}", i % 2), "x")), 1);
    assert_eq!(same, Err(LabError::OutOfRange { field: "prompts".into(), min: 3.0, max: 10000.0, got: 2.0 }));
}
