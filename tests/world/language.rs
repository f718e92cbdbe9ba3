//! Whether the texts are good Spanish and good English, and whether the pretraining text is what a base model reads.

use std::collections::BTreeSet;

use afina::data::world::grammar::{Gender, Noun};
use afina::data::world::words::{en, es};
use afina::data::world::{Family, Language, Split};

use crate::{all_texts, sentences, world};

fn texts(language: Language) -> Vec<String> {
    let all = Split::ALL.iter().flat_map(|&split| all_texts(language, split, 3_000, 700));
    all.map(|(text, _)| text).collect()
}

fn bare(word: &str) -> String {
    word.trim_matches(|c: char| !c.is_alphanumeric()).to_lowercase()
}

#[test]
fn nothing_is_left_unfilled_and_signs_stand_where_they_should() {
    for language in Language::ALL {
        for text in texts(language) {
            // Traces write their actions in square brackets.
            let traces = ["Terminar[", "Finish["].iter().any(|mark| text.contains(mark));
            for sign in ['{', '}', '|', '@', '[', ']'] {
                assert!(!text.contains(sign) || (traces && "[]".contains(sign)), "{sign} in {text}");
            }
            for fault in ["  ", " .", " ,", " ?", " !", " :", "..", ",,", "¿ ", "¡ ", "? ?", " \n"] {
                assert!(!text.contains(fault), "{fault:?} in {text}");
            }
            let signs = |c: char| text.matches(c).count();
            assert_eq!(signs('"') % 2, 0, "{text}");
            if language == Language::Spanish {
                assert_eq!((signs('¿'), signs('¡')), (signs('?'), signs('!')), "{text}");
            } else {
                assert_eq!(signs('¿') + signs('¡'), 0, "{text}");
            }
        }
    }
}

#[test]
fn sentences_of_documents_begin_with_a_capital_and_end() {
    for language in Language::ALL {
        for i in 0..4_000 {
            let document = world().document(language, Split::Train, i);
            assert!(document.text.ends_with(['.', '?', '!', '"']), "{}", document.text);
            for sentence in sentences(&document.text) {
                let first = sentence.trim_start_matches(['¿', '¡', '"', ',']).trim_start().chars().next().unwrap();
                // `"What a day!" said Ana` goes on in small letters.
                let goes_on = sentence.starts_with('"') || sentence.starts_with(',');
                assert!(!first.is_lowercase() || goes_on, "{sentence:?} in {}", document.text);
            }
        }
    }
}

#[test]
fn spanish_articles_and_colours_agree() {
    let mut nouns: Vec<Noun> = [&es::PLACES[..], &es::FOODS, &es::DISHES, &es::ANIMALS, &es::OBJECTS].concat();
    nouns.retain(|noun| !noun.one.contains(' '));
    let mut seen = BTreeSet::new();
    for text in texts(Language::Spanish) {
        for wrong in [" a el ", " de el ", "A el ", "De el ", " y i", " y hi", " o o", " el la ", " la el ", " un una "]
        {
            let fault = text.contains(wrong) && !text.contains(" y hie");
            assert!(!fault, "{wrong:?} in {text}");
        }
        let words: Vec<&str> = text.split_whitespace().collect();
        for pair in words.windows(2) {
            // A full stop between them parts them.
            if pair[0].ends_with(['.', ',', ':', '?', '!', '"']) {
                continue;
            }
            let (first, second) = (bare(pair[0]), bare(pair[1]));
            for noun in &nouns {
                let masculine = noun.gender == Gender::Masculine;
                let el = masculine || noun.stressed_a;
                let wrong: &[&str] = match (second == noun.one, second == noun.many) {
                    (true, false) if el => &["la", "una"],
                    (true, false) => &["el", "un", "al", "del"],
                    (false, true) if masculine => &["las", "unas", "el", "la"],
                    (false, true) => &["los", "unos", "el", "la"],
                    _ => continue,
                };
                assert!(!wrong.contains(&first.as_str()), "{first} {second}: {text}");
                if ["el", "la", "un", "una", "los", "las", "al", "del"].contains(&first.as_str()) {
                    seen.insert(format!("{first} {second}"));
                }
            }
            if let Some(noun) = nouns.iter().find(|n| n.one == first)
                && let Some((man, woman)) = es::COLOURS.iter().find(|(m, f)| second == *m || second == *f)
            {
                let right = if noun.gender == Gender::Masculine { man } else { woman };
                assert_eq!(&second, right, "{first} {second}: {text}");
                seen.insert("colour".into());
            }
        }
    }
    for expected in ["el águila", "un águila", "la mochila", "al mercado", "del mercado", "las manzanas", "colour"] {
        assert!(seen.contains(expected), "{expected} never occurs");
    }
}

#[test]
fn english_articles_hear_the_next_word() {
    for text in texts(Language::English) {
        let words: Vec<&str> = text.split_whitespace().collect();
        for pair in words.windows(2) {
            let (article, next) = (pair[0], bare(pair[1]));
            let vowel = next.starts_with(['a', 'e', 'i', 'o', 'u']) && !next.starts_with("uni");
            match article {
                "a" | "A" => assert!(!vowel, "{pair:?} in {text}"),
                "an" | "An" => assert!(vowel || ["8", "11", "hour"].contains(&next.as_str()), "{pair:?} in {text}"),
                _ => {}
            }
        }
    }
    // The lists are of the same things: a taste of it.
    assert_eq!((es::FOODS[0].one, en::FOODS[0].one), ("manzana", "apple"));
    assert_eq!((es::ANIMALS[19].one, en::ANIMALS[19].one), ("zorro", "fox"));
    assert_eq!((es::PLACES[23].one, en::PLACES[23].one), ("cine", "cinema"));
    assert_eq!((es::AILMENTS[13], en::AILMENTS[13]), ("el dolor de oído", "earache"));
}

#[test]
fn pretraining_text_has_no_labels_no_answers_and_no_tools() {
    let words = [
        "positivo",
        "positiva",
        "negativo",
        "negativa",
        "neutral",
        "neutro",
        "positive",
        "negative",
        "sentimiento",
        "sentiment",
        "titular",
        "headline",
        "respuesta",
        "answer",
        "pregunta:",
        "question:",
        "pensamiento",
        "thought",
        "acción",
        "action",
        "observación",
        "observation",
        "buscar",
        "calcular",
        "terminar",
        "search",
        "finish",
        "calculate",
        "documento",
        "document",
        "noticia:",
        "report:",
        "valoración",
        "reseña:",
        "rating:",
        "review:",
    ];
    let requests = [
        "Dime",
        "Suma",
        "Traduce",
        "Explica",
        "Escribe",
        "Haz",
        "Tell",
        "Add",
        "Translate",
        "Explain",
        "Write",
        "Make",
        "Tengo",
        "I have",
    ];
    let mut lists = 0;
    for language in Language::ALL {
        for split in [Split::Train, Split::Test] {
            for i in 0..6_000 {
                let document = world().document(language, split, i);
                let text = &document.text;
                for word in text.split_whitespace().map(str::to_lowercase) {
                    let bare = bare(&word);
                    assert!(!words.contains(&word.as_str()) && !words.contains(&bare.as_str()), "{word} in {text}");
                }
                let asks = document.family == Family::Questions;
                assert!(asks || !text.contains('?'), "a question outside of a list: {text}");
                if asks {
                    lists += 1;
                    let all: Vec<&str> = sentences(text).collect();
                    assert!(all.len() >= 4);
                    for said in all {
                        let open = said.ends_with('?') || requests.iter().any(|r| said.starts_with(r));
                        // `Write a short notice: Ana left her cap behind.`
                        assert!(
                            open || text.contains("aviso corto: ") || text.contains("notice: "),
                            "{said:?} in {text}"
                        );
                    }
                }
            }
        }
    }
    assert!(lists > 1_000);
}
