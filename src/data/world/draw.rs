//! What a text is made with: seeded choices, bound words, the sentences so far, and the pairs that were linked.

use super::grammar::{Gender, Language, Noun, f, m, polished};
use super::phrases::{Phrases, Saying, phrases};
use super::split::{Entity, Kind, Pair, Split};
use super::template::{Filler, Value, filled};
use super::words;
use crate::math::Generator;

/// A question that a sentence of the text answers; the answer stands in that sentence, letter by letter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    pub question: String,
    pub answer: String,
    /// Which sentence says it.
    pub sentence: usize,
}

/// A text in the making.
#[derive(Clone, Debug)]
pub struct Draw {
    pub language: Language,
    pub split: Split,
    pub phrases: &'static Phrases,
    pub sentences: Vec<String>,
    pub asks: Vec<Ask>,
    pub pairs: Vec<Pair>,
    bindings: Vec<(&'static str, Value)>,
    random: Generator,
    /// Of whom the last sentence spoke: a pronoun, or no word at all, would be understood.
    spoken_of: Option<String>,
}

impl Draw {
    pub fn new(language: Language, split: Split, seed: u32) -> Draw {
        Draw {
            language,
            split,
            phrases: phrases(language),
            sentences: Vec::new(),
            asks: Vec::new(),
            pairs: Vec::new(),
            bindings: Vec::new(),
            random: Generator::new(seed),
            spoken_of: None,
        }
    }

    /// True `percent` times of a hundred.
    pub fn chance(&mut self, percent: u32) -> bool {
        self.random.below(100) < percent
    }

    /// One of a list that is not empty.
    pub fn one<T: Copy>(&mut self, list: &[T]) -> T {
        list[self.random.below(list.len() as u32) as usize]
    }

    pub fn below(&mut self, bound: u32) -> u32 {
        self.random.below(bound)
    }

    /// Puts a list in a random order.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            list.swap(i, self.random.below(i as u32 + 1) as usize);
        }
    }

    /// Any entity of a kind, linked to nothing yet.
    pub fn any(&mut self, kind: Kind) -> Entity {
        Entity { kind, id: self.random.below(u32::from(words::count(kind))) as u16 }
    }

    /// An entity that this split may link to `with`, and the link is noted. `None` if the split has no such pair.
    pub fn partner(&mut self, with: Entity, kind: Kind) -> Option<Entity> {
        let all = (0..words::count(kind)).map(|id| Entity { kind, id });
        let may: Vec<Entity> = all.filter(|&e| e != with && Pair::new(with, e).split() == self.split).collect();
        if may.is_empty() {
            return None;
        }
        let partner = self.one(&may);
        self.pairs.push(Pair::new(with, partner));
        Some(partner)
    }

    /// A partner that is none of those that are there already.
    pub fn new_partner(&mut self, with: Entity, kind: Kind, but: &[Entity]) -> Option<Entity> {
        self.partner(with, kind).filter(|e| !but.contains(e))
    }

    /// Links two entities; `None` if they belong to another split: the text is given up then.
    pub fn link(&mut self, a: Entity, b: Entity) -> Option<()> {
        let pair = Pair::new(a, b);
        if pair.split() != self.split {
            return None;
        }
        self.pairs.push(pair);
        Some(())
    }

    /// Two different people whom the split may bring together.
    pub fn two_people(&mut self) -> Option<(Entity, Entity)> {
        let first = self.any(Kind::Person);
        let second = self.partner(first, Kind::Person)?;
        self.bind("p", first);
        self.bind("q", second);
        // What is said of both is feminine of two women only.
        let woman = |key: &str| matches!(self.value(key), Some(Value::Person(_, Gender::Feminine)));
        let duo = if woman("p") && woman("q") { f("dos", "dos") } else { m("dos", "dos") };
        self.noun("duo", duo);
        Some((first, second))
    }

    pub fn bind(&mut self, key: &'static str, entity: Entity) {
        let value = words::value(self.language, entity);
        self.set(key, value);
    }

    pub fn text(&mut self, key: &'static str, text: impl Into<String>) {
        self.set(key, Value::Text(text.into()));
    }

    pub fn noun(&mut self, key: &'static str, noun: Noun) {
        self.set(key, Value::Noun(noun));
    }

    fn set(&mut self, key: &'static str, value: Value) {
        self.bindings.retain(|(k, _)| *k != key);
        self.bindings.push((key, value));
    }

    /// A number in digits under `key`.
    pub fn number(&mut self, key: &'static str, n: u32) {
        self.text(key, n.to_string());
    }

    /// A template with the bound words, as it is written.
    pub fn phrase(&mut self, template: &str) -> String {
        let raw = filled(template, self);
        polished(self.language, &raw)
    }

    /// One of some templates.
    pub fn one_of(&mut self, templates: &[&'static str]) -> String {
        let template = self.one(templates);
        self.phrase(template)
    }

    /// A part of a sentence, in the form it has in the middle of one.
    pub fn part(&mut self, template: &str) -> String {
        // A word in front keeps the capital away.
        let said = self.phrase(&format!("- {template}"));
        said.trim_start_matches(['-', ' ']).to_owned()
    }

    /// Says something in one of its paraphrases, and notes what could be asked about it.
    pub fn say(&mut self, saying: &Saying) {
        let sentence = self.one_of(saying.says);
        self.follow(&sentence);
        self.sentences.push(sentence);
        let at = self.sentences.len() - 1;
        for ask in saying.asks {
            let question = self.question(ask.question);
            let answer = self.part(ask.answer);
            self.asks.push(Ask { question, answer, sentence: at });
        }
    }

    /// How many sentences and questions there are.
    pub fn marks(&self) -> (usize, usize) {
        (self.sentences.len(), self.asks.len())
    }

    /// Takes back what was said since.
    pub fn back_to(&mut self, (sentences, asks): (usize, usize)) {
        self.sentences.truncate(sentences);
        self.asks.truncate(asks);
    }

    /// Whether the last sentence begins otherwise than all before it.
    pub fn last_is_new(&self) -> bool {
        let Some((last, before)) = self.sentences.split_last() else { return false };
        let start = |s: &str| s.split(' ').take(3).map(str::to_owned).collect::<Vec<_>>();
        before.iter().all(|s| s != last && start(s) != start(last))
    }

    /// After a sentence: of `p`, if of nobody else.
    fn follow(&mut self, sentence: &str) {
        let names = |key: &str| match self.value(key) {
            Some(Value::Person(name, _)) if sentence.contains(name) => Some(name.to_owned()),
            Some(Value::Text(name)) if sentence.contains(&name) => Some(name),
            _ => None,
        };
        let others = names("q").or(names("pet"));
        match (names("p"), others) {
            (_, Some(_)) => self.spoken_of = None,
            (Some(name), None) => self.spoken_of = Some(name),
            (None, None) => {}
        }
    }

    /// A question names its subject.
    pub fn question(&mut self, templates: &[&'static str]) -> String {
        let before = self.spoken_of.take();
        let question = self.one_of(templates);
        self.spoken_of = before;
        question
    }

    /// Of nobody in particular from here on: the next subject is named.
    pub fn change_subject(&mut self) {
        self.spoken_of = None;
    }
}

impl Filler for Draw {
    fn below(&mut self, bound: u32) -> u32 {
        self.random.below(bound)
    }

    fn value(&self, key: &str) -> Option<Value> {
        self.bindings.iter().find(|(k, _)| *k == key).map(|(_, v)| v.clone())
    }

    fn subject(&mut self, _key: &str, name: &str, gender: Gender) -> String {
        if !self.is_spoken_of(name) {
            return name.to_owned();
        }
        match (self.language, gender) {
            (Language::Spanish, _) => String::new(),
            (Language::English, Gender::Feminine) => "she".into(),
            (Language::English, Gender::Masculine) => "he".into(),
        }
    }

    fn is_spoken_of(&mut self, name: &str) -> bool {
        let known = self.spoken_of.as_deref() == Some(name);
        self.spoken_of = Some(name.to_owned());
        // A name now and then does no harm.
        known && !self.chance(20)
    }
}
