//! The little world: the same bytes everywhere, enough variety, and nothing of a test in what is trained on.

mod language;
mod tasks;

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use afina::data::world::template::Value;
use afina::data::world::{Document, Entity, Family, Kind, Language, Pair, Split, World, words};

const DOCUMENTS: u32 = 20_000;
const EXAMPLES: u32 = 2_500;

pub fn world() -> World {
    World::new(1)
}

/// FNV-1a, 64 bits: a hash that needs no crate.
fn fnv(hash: u64, text: &str) -> u64 {
    text.bytes().fold(hash, |h, byte| (h ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3))
}

/// Everything that a split can show: documents and every task, with their pairs.
pub fn all_texts(language: Language, split: Split, documents: u32, examples: u32) -> Vec<(String, Vec<Pair>)> {
    let w = world();
    let mut out = Vec::new();
    for i in 0..documents {
        let made = w.document(language, split, i);
        out.push((made.text, made.pairs));
    }
    for i in 0..examples {
        let review = w.review(language, split, i);
        out.push((review.text, review.pairs));
        let q = w.question(language, split, i);
        out.push((format!("{} {}", q.prompt(), q.answer), q.pairs));
        let h = w.headline(language, split, i);
        out.push((format!("{} {}", h.prompt(), h.headline), h.pairs));
        let made = w.instruction(language, split, i);
        out.push((format!("{}\n{}\n{}", made.prompt, made.good, made.bad), made.pairs));
        let pair = w.preference(language, split, i);
        out.push((format!("{}\n{}\n{}", pair.prompt, pair.chosen, pair.rejected), pair.pairs));
        let trace = w.trace(language, split, i);
        out.push((format!("{}\n{}", trace.documents.join("\n"), trace.text()), trace.pairs));
    }
    out
}

#[test]
fn the_same_seed_makes_the_same_bytes() {
    let hash = |language| {
        let texts = Split::ALL.iter().flat_map(|&split| all_texts(language, split, 300, 40));
        texts.fold(0xcbf2_9ce4_8422_2325, |h, (text, _)| fnv(fnv(h, &text), "\0"))
    };
    // Changed on purpose only: a model card names the seed of its text.
    assert_eq!([hash(Language::Spanish), hash(Language::English)], PINNED);
    let other = World::new(2).document(Language::Spanish, Split::Train, 0);
    assert_ne!(other.text, world().document(Language::Spanish, Split::Train, 0).text);
}

const PINNED: [u64; 2] = [14895872825432725945, 8973868470825675426];

fn documents(language: Language, split: Split, count: u32) -> Vec<Document> {
    (0..count).map(|i| world().document(language, split, i)).collect()
}

pub fn sentences(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive(['.', '?', '!', '\n']).map(str::trim).filter(|s| s.chars().any(char::is_alphabetic))
}

#[test]
fn documents_do_not_repeat_and_say_many_things() {
    for language in Language::ALL {
        let made = documents(language, Split::Train, DOCUMENTS);
        let texts: HashSet<&str> = made.iter().map(|d| d.text.as_str()).collect();
        assert_eq!(texts.len(), made.len(), "{language:?} repeats documents");
        let held_out = documents(language, Split::Test, DOCUMENTS / 10);
        let own: HashSet<&str> = held_out.iter().map(|d| d.text.as_str()).collect();
        assert!(own.len() * 1000 >= held_out.len() * 995, "{} of {} held out", own.len(), held_out.len());
        let known = own.intersection(&texts).count();
        // Sums, lists of words and lists of questions link little: but not even they may come back.
        assert_eq!(known, 0, "{language:?}: held-out documents that were trained on");
        let (mut said, mut trigrams, mut words) = (HashSet::new(), HashSet::new(), BTreeMap::new());
        let mut families: BTreeMap<Family, u32> = BTreeMap::new();
        let mut count = 0usize;
        for document in &made {
            *families.entry(document.family).or_default() += 1;
            said.extend(sentences(&document.text));
            let list: Vec<&str> = document.text.split_whitespace().collect();
            count += list.len();
            trigrams.extend(list.windows(3).map(<[&str]>::to_vec));
            for word in list {
                let bare = word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase();
                if bare.chars().any(char::is_alphabetic) {
                    *words.entry(bare).or_insert(0u32) += 1;
                }
            }
        }
        let lengths: Vec<usize> = made.iter().map(|d| d.text.split_whitespace().count()).collect();
        let (least, most) = (lengths.iter().min().unwrap(), lengths.iter().max().unwrap());
        println!(
            "{language:?}: {} sentences, {} trigrams, {} words of vocabulary, {count} words, {least} to {most} a document",
            said.len(),
            trigrams.len(),
            words.len()
        );
        assert_eq!(families.len(), Family::all().count(), "{families:?}");
        assert!(said.len() > 45_000 && trigrams.len() > 100_000, "too little is said");
        // What a small model and 2,000 tokens can hold.
        assert!((700..1600).contains(&words.len()), "{} different words", words.len());
        assert!((20..70).contains(&(count / made.len())), "{} words a document", count / made.len());
        assert!(*least >= 6 && *most < 160, "{least} to {most} words");
    }
}

#[test]
fn splits_share_no_pair_of_entities() {
    let mut home: HashMap<Pair, Split> = HashMap::new();
    let mut examples = 0;
    for language in Language::ALL {
        for split in Split::ALL {
            for (text, pairs) in all_texts(language, split, 4_000, EXAMPLES) {
                examples += 1;
                for pair in pairs {
                    let first = *home.entry(pair).or_insert(split);
                    assert_eq!(first, split, "{pair:?} in {first:?} and {split:?}: {text}");
                }
            }
        }
    }
    assert!(examples > 100_000);
    let of = |split: Split| home.values().filter(|&&s| s == split).count();
    let (train, test) = (of(Split::Train), of(Split::Test));
    println!("{examples} examples: {train} pairs train, {} validate, {test} test", of(Split::Validation));
    assert!(train > 8_000 && test > 1_000);
    // Every entity of a test was trained on, in other company.
    let entities = |split: Split| -> BTreeSet<Entity> {
        home.iter().filter(|(_, s)| **s == split).flat_map(|(p, _)| [p.entities().0, p.entities().1]).collect()
    };
    let strangers: Vec<Entity> = entities(Split::Test).difference(&entities(Split::Train)).copied().collect();
    assert!(strangers.is_empty(), "{strangers:?}");
}

/// The same, read from the texts themselves: who lives where.
#[test]
fn nobody_lives_in_the_same_town_in_two_splits() {
    for (language, verb) in [(Language::Spanish, " vive en "), (Language::English, " lives in ")] {
        let mut home: HashMap<(String, String), Split> = HashMap::new();
        for split in Split::ALL {
            for (text, _) in all_texts(language, split, 6_000, EXAMPLES) {
                for (at, _) in text.match_indices(verb) {
                    let who = text[..at].rsplit([' ', '\n']).next().unwrap().to_owned();
                    let rest = &text[at + verb.len()..];
                    let named =
                        |list: &[&str], s: &str| list.iter().find(|t| s.starts_with(**t)).map(|t| (*t).to_owned());
                    let Some(town) = named(&words::names::TOWNS, rest) else { continue };
                    if words::names::PEOPLE.iter().any(|(name, _)| *name == who) {
                        let first = *home.entry((who.clone(), town.clone())).or_insert(split);
                        assert_eq!(first, split, "{who} {town}: {text}");
                    }
                }
            }
        }
        assert!(home.len() > 300, "{} found", home.len());
        assert!(home.values().filter(|s| **s == Split::Test).count() > 50);
    }
}

/// The sentence that answers a test question about a person stands in no document that is trained on.
#[test]
fn no_answer_of_a_test_was_read_before() {
    for language in Language::ALL {
        let trained = documents(language, Split::Train, DOCUMENTS);
        let known: HashSet<&str> = trained.iter().flat_map(|d| sentences(&d.text)).collect();
        let mut checked = 0;
        for i in 0..6_000 {
            let q = world().question(language, Split::Test, i);
            let mut place = 0;
            let evidence = sentences(&q.document)
                .find(|s| {
                    place += q.document[place..].find(s).unwrap();
                    place <= q.start && q.start < place + s.len()
                })
                .unwrap();
            let about = words::names::PEOPLE.iter().any(|(n, _)| evidence.contains(n) && !q.answer.contains(n));
            if about {
                checked += 1;
                assert!(!known.contains(evidence), "{evidence}: {q:?}");
            }
        }
        assert!(checked > 500, "{checked}");
    }
}

#[test]
fn each_entity_has_a_word_of_its_own_and_a_partner_in_each_split() {
    let kinds = [
        Kind::Person,
        Kind::Surname,
        Kind::Town,
        Kind::Place,
        Kind::Job,
        Kind::Food,
        Kind::Dish,
        Kind::Animal,
        Kind::Object,
        Kind::Colour,
        Kind::Ailment,
        Kind::Medicine,
        Kind::Price,
        Kind::Age,
        Kind::Opening,
        Kind::Closing,
        Kind::Day,
        Kind::Month,
        Kind::Opinion,
        Kind::Staff,
    ];
    for kind in kinds {
        for language in Language::ALL {
            let word = |id| match words::value(language, Entity { kind, id }) {
                Value::Noun(noun) => noun.one.to_owned(),
                Value::Forms(one, _) | Value::Person(one, _) => one.to_owned(),
                Value::Text(text) => text,
            };
            let all: BTreeSet<String> = (0..words::count(kind)).map(word).collect();
            assert_eq!(all.len(), usize::from(words::count(kind)), "{kind:?} {language:?}");
        }
    }
    for town in 0..words::count(Kind::Town) {
        for split in Split::ALL {
            let town = Entity { kind: Kind::Town, id: town };
            let partners = (0..words::count(Kind::Place))
                .filter(|&id| Pair::new(town, Entity { kind: Kind::Place, id }).split() == split)
                .count();
            assert!(partners >= 2, "{town:?} {split:?}");
        }
    }
}
