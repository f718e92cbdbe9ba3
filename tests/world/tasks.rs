//! What the tasks promise: balance, spans, right sums, searches that find what stands in a document.

use std::collections::BTreeMap;

use afina::data::world::families::Sentiment;
use afina::data::world::tasks::{Flaw, Request, Tool};
use afina::data::world::{Language, Split};

use crate::world;

fn everywhere(count: u32) -> impl Iterator<Item = (Language, Split, u32)> {
    Language::ALL
        .into_iter()
        .flat_map(|language| Split::ALL.into_iter().map(move |split| (language, split)))
        .flat_map(move |(language, split)| (0..count).map(move |i| (language, split, i)))
}

#[test]
fn reviews_are_balanced() {
    let mut counts: BTreeMap<(String, Sentiment), u32> = BTreeMap::new();
    for (language, split, i) in everywhere(900) {
        let review = world().review(language, split, i);
        *counts.entry((format!("{language:?} {split:?}"), review.class)).or_default() += 1;
    }
    assert_eq!(counts.len(), 2 * 3 * 3);
    assert!(counts.values().all(|&n| n == 300), "{counts:?}");
}

#[test]
fn a_review_says_what_its_class_is() {
    // By the opinions in it: more good ones, more bad ones, or neither.
    use afina::data::world::words::{OPINIONS_PER_CLASS, en, es};
    for (language, split, i) in everywhere(500) {
        let review = world().review(language, split, i);
        let list = if language == Language::Spanish { es::OPINIONS } else { en::OPINIONS };
        let mut found = [0i32; 3];
        for (number, opinion) in list.iter().enumerate() {
            let said = opinion.split('{').next().unwrap();
            found[number / usize::from(OPINIONS_PER_CLASS)] += i32::from(review.text.contains(said));
        }
        let fits = match review.class {
            Sentiment::Positive => found[0] > found[1],
            Sentiment::Negative => found[1] > found[0],
            Sentiment::Neutral => found[0] == found[1],
        };
        assert!(fits, "{:?} {found:?} {}", review.class, review.text);
    }
}

#[test]
fn answers_are_spans_of_the_document() {
    let mut twice = 0;
    for (language, split, i) in everywhere(3_000) {
        let q = world().question(language, split, i);
        assert!(!q.answer.is_empty() && q.question.ends_with('?'), "{q:?}");
        assert_eq!(q.document.get(q.start..q.start + q.answer.len()), Some(q.answer.as_str()), "{q:?}");
        twice += u32::from(q.document.matches(q.answer.as_str()).count() > 1);
        assert!(q.prompt().ends_with(':') && q.prompt().contains(&q.document));
    }
    println!("{twice} of 18,000 answers stand more than once in their document");
}

#[test]
fn headlines_name_what_the_report_tells() {
    for (language, split, i) in everywhere(1_500) {
        let h = world().headline(language, split, i);
        assert!(h.references.contains(&h.headline) && h.references.len() == 2, "{h:?}");
        assert!(h.headline.chars().count() < 80 && !h.headline.ends_with('.'), "{h:?}");
        assert!(!h.report.contains(&h.headline), "{h:?}");
        // The words with a capital in the middle of a headline are names: they stand in the report.
        for word in h.headline.split_whitespace().skip(1).filter(|w| w.starts_with(char::is_uppercase)) {
            assert!(h.report.contains(word), "{word}: {h:?}");
        }
    }
}

#[test]
fn instructions_take_turns_and_flaws_are_balanced() {
    let mut flaws: BTreeMap<Flaw, u32> = BTreeMap::new();
    for (language, split, i) in everywhere(1_000) {
        let made = world().instruction(language, split, i);
        assert_eq!(made.request, Request::ALL[i as usize % Request::ALL.len()]);
        assert_ne!(made.good, made.bad);
        *flaws.entry(made.flaw).or_default() += 1;
        assert!(!made.good.contains('?'), "{made:?}");
        assert_eq!(made.flaw == Flaw::Repeats, made.bad.contains('?') || is_request(&made.bad), "{made:?}");
        if made.request == Request::Sum {
            let numbers = |text: &str| -> Vec<u32> {
                text.split(|c: char| !c.is_ascii_digit()).filter_map(|n| n.parse().ok()).collect()
            };
            let (asked, given) = (numbers(&made.prompt), numbers(&made.good));
            assert_eq!(asked[0] + asked[1], *given.last().unwrap(), "{made:?}");
            if made.flaw == Flaw::Wrong {
                assert_ne!(asked[0] + asked[1], *numbers(&made.bad).last().unwrap(), "{made:?}");
            }
        }
        let pair = world().preference(language, split, i);
        assert_ne!(pair.chosen, pair.rejected);
        assert_ne!(pair.prompt, pair.chosen);
    }
    let (least, most) = (flaws.values().min().unwrap(), flaws.values().max().unwrap());
    assert!(flaws.len() == Flaw::ALL.len() && least * 10 > most * 9, "{flaws:?}");
}

/// Requests that are no questions.
fn is_request(text: &str) -> bool {
    ["Dime", "Suma", "Traduce", "Explica", "Escribe", "Haz", "Tell me", "Add", "Translate", "Explain", "Write", "Make"]
        .iter()
        .any(|verb| text.starts_with(verb))
}

/// An evaluator of its own.
fn value(sum: &str) -> i64 {
    let parts: Vec<&str> = sum.split(' ').collect();
    let [a, sign, b] = parts[..] else { panic!("{sum}") };
    let (a, b): (i64, i64) = (a.parse().unwrap(), b.parse().unwrap());
    match sign {
        "+" => a + b,
        "-" => a - b,
        "*" => a * b,
        _ => panic!("{sum}"),
    }
}

#[test]
fn traces_calculate_right_and_find_what_is_there() {
    let mut tools: BTreeMap<Tool, u32> = BTreeMap::new();
    for (language, split, i) in everywhere(2_000) {
        let trace = world().trace(language, split, i);
        let mut known = trace.question.clone();
        for (number, step) in trace.steps.iter().enumerate() {
            *tools.entry(step.tool).or_default() += 1;
            assert_eq!(step.tool == Tool::Finish, number + 1 == trace.steps.len(), "{trace:?}");
            match step.tool {
                Tool::Search => {
                    let found = step.observation.as_ref().unwrap();
                    assert_eq!(trace.documents.iter().filter(|d| d.contains(found.as_str())).count(), 1, "{trace:?}");
                    known.push_str(found);
                }
                Tool::Calculator => {
                    let result: i64 = step.observation.as_ref().unwrap().parse().unwrap();
                    assert_eq!(result, value(&step.input), "{trace:?}");
                    // What is calculated was asked or found.
                    for n in step.input.split(' ').filter(|p| p.chars().all(|c| c.is_ascii_digit())) {
                        assert!(known.contains(n), "{n}: {trace:?}");
                    }
                    known.push_str(&result.to_string());
                }
                Tool::Finish => {
                    assert_eq!((&step.input, &step.observation), (&trace.answer, &None));
                    let number = trace.answer.split(' ').next().unwrap();
                    assert!(known.contains(number), "{trace:?}");
                }
            }
        }
        let text = trace.text();
        assert!(text.ends_with("]\n") && text.contains(&trace.question), "{text}");
    }
    assert!(tools.len() == 3 && tools.values().all(|&n| n > 5_000), "{tools:?}");
}
