//! A little world to learn language from: people, towns, food, animals, jobs, prices and medicines of one valley, told in
//! Spanish and in English by a seeded generator.
//!
//! Two kinds of text come out of it. *Pretraining text* is an endless stream of documents without labels, answered
//! instructions or traces of tools: a list of questions goes on with more questions, so a model trained on it does too.
//! *Tasks* ([`tasks`]) are typed examples for the labs that fine-tune.
//!
//! | file | what it is |
//! | --- | --- |
//! | [`split`] | which pairs of entities may meet in which split |
//! | [`grammar`] | agreement, contractions, articles, capitals |
//! | [`template`] | alternatives and slots |
//! | [`words`] | names, nouns, colours ...: an entity is a number with a word in each language |
//! | [`phrases`] | what can be said, in paraphrases, and what can be asked about it |
//! | [`draw`] | a text in the making |
//! | [`families`] | the kinds of document |
//! | [`tasks`] | reviews, questions, headlines, instructions, preferences, ReAct traces |
//!
//! Only integers are used, so that every platform makes the same bytes from a seed.

pub mod draw;
pub mod families;
pub mod grammar;
mod look;
pub mod phrases;
pub mod split;
pub mod tasks;
pub mod template;
pub mod words;

pub use families::Family;
pub use grammar::Language;
pub use look::look;
pub use split::{Entity, Kind, Pair, Split};

use crate::math::hash_u32;
use draw::{Ask, Draw};

/// A world: everything in it follows from the seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct World {
    pub seed: u32,
}

/// A text, what kind it is, and what it links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    pub language: Language,
    pub family: Family,
    pub text: String,
    /// Where each sentence of [`Document::asks`] begins, in bytes.
    pub sentence_starts: Vec<usize>,
    pub asks: Vec<Ask>,
    pub pairs: Vec<Pair>,
}

impl World {
    pub fn new(seed: u32) -> World {
        World { seed }
    }

    /// Document number `index` of the pretraining text: [`Split::Train`] to learn from, the others held out.
    pub fn document(&self, language: Language, split: Split, index: u32) -> Document {
        let seed = self.seed_of(Stream::Pretraining, language, split, index);
        let family = families::of_seed(seed);
        until_possible(language, split, seed, |draw| families::document(draw, family))
    }

    /// A seed for each text. For one stream it is a permutation of the indices: no two texts share one.
    fn seed_of(&self, stream: Stream, language: Language, split: Split, index: u32) -> u32 {
        let place = (stream as u32) << 8 | (language as u32) << 4 | split as u32;
        hash_u32(hash_u32(self.seed, place), index)
    }
}

/// What a text is made for; each has numbers of its own.
#[derive(Clone, Copy, Debug)]
enum Stream {
    Pretraining,
    Reviews,
    Questions,
    Headlines,
    Instructions,
    Preferences,
    Traces,
}

/// The rarest text, a purchase of two things for a test, takes some hundred.
const MOST_ATTEMPTS: u32 = 50_000;

/// Tries again, with other choices, until everything that a text links belongs to its split.
fn until_possible<T>(language: Language, split: Split, seed: u32, make: impl Fn(&mut Draw) -> Option<T>) -> T {
    let mut attempt = 0u32;
    loop {
        // The first number of a seed chose the family; attempts have other seeds.
        if let Some(made) = make(&mut Draw::new(language, split, hash_u32(seed, attempt))) {
            return made;
        }
        attempt = attempt.wrapping_add(1);
        debug_assert!(attempt < MOST_ATTEMPTS, "{split:?} in {language:?} has no such text");
    }
}
