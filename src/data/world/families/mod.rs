//! The kinds of document that the pretraining text is made of.

mod people;
mod places;
mod reports;
mod reviews;
mod sums;

pub use people::dish;
pub use places::{addend, goods, sellers};
pub use reports::{REPORTS, report};
pub use reviews::{Sentiment, review};
pub use sums::{anything, job_noun, sum, translation};

use super::Document;
use super::draw::Draw;
use crate::math::Generator;

/// A kind of document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Family {
    Profile,
    Letter,
    Story,
    Town,
    Shop,
    Meeting,
    Shopping,
    Animal,
    Leaflet,
    Recipe,
    Words,
    Sums,
    Counting,
    Questions,
    ClinicReview,
    CafeReview,
    Report,
}

/// How often each kind comes, in parts of their sum.
const WEIGHTS: [(Family, u32); 17] = [
    (Family::Profile, 14),
    (Family::Letter, 6),
    (Family::Story, 18),
    (Family::Town, 5),
    (Family::Shop, 7),
    (Family::Meeting, 6),
    (Family::Shopping, 7),
    (Family::Animal, 5),
    (Family::Leaflet, 5),
    (Family::Recipe, 5),
    (Family::Words, 3),
    (Family::Sums, 4),
    (Family::Counting, 3),
    (Family::Questions, 9),
    (Family::ClinicReview, 8),
    (Family::CafeReview, 3),
    (Family::Report, 7),
];

impl Family {
    pub fn all() -> impl Iterator<Item = Family> {
        WEIGHTS.iter().map(|(family, _)| *family)
    }
}

/// The kind that a document's seed stands for.
pub fn of_seed(seed: u32) -> Family {
    let mut left = Generator::new(seed).below(WEIGHTS.iter().map(|(_, weight)| weight).sum());
    for (family, weight) in WEIGHTS {
        if left < weight {
            return family;
        }
        left -= weight;
    }
    Family::Story
}

/// A document of a kind; `None` if the split lacks a pair that the choices asked for.
pub fn document(draw: &mut Draw, family: Family) -> Option<Document> {
    let gap = match family {
        Family::Profile => people::profile(draw)?,
        Family::Letter => people::letter(draw)?,
        Family::Story => people::story(draw)?,
        Family::Town => places::town(draw)?,
        Family::Shop => places::shop(draw)?,
        Family::Meeting => places::meeting(draw)?,
        Family::Shopping => places::shopping(draw)?,
        Family::Animal => places::animal(draw)?,
        Family::Leaflet => places::leaflet(draw)?,
        Family::Recipe => places::recipe(draw)?,
        Family::Words => sums::words_of_two_languages(draw)?,
        Family::Sums => sums::sums(draw)?,
        Family::Counting => sums::counting(draw)?,
        Family::Questions => sums::questions(draw)?,
        Family::ClinicReview => {
            let class = draw.one(&Sentiment::ALL);
            review(draw, class)?
        }
        Family::CafeReview => reviews::cafe(draw)?,
        Family::Report => {
            let event = draw.below(REPORTS) as usize;
            report(draw, event)?
        }
    };
    Some(written(draw, family, gap))
}

/// What stands between the sentences of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    Space,
    Line,
    /// The first and the last sentence stand on lines of their own.
    Letter,
}

/// The sentences as one text.
pub fn written(draw: &Draw, family: Family, gap: Gap) -> Document {
    let mut text = String::new();
    let mut sentence_starts = Vec::with_capacity(draw.sentences.len());
    let last = draw.sentences.len().saturating_sub(1);
    for (i, sentence) in draw.sentences.iter().enumerate() {
        let line = gap == Gap::Line || (gap == Gap::Letter && (i == 1 || i == last));
        if i > 0 {
            text.push(if line { '\n' } else { ' ' });
        }
        sentence_starts.push(text.len());
        text.push_str(sentence);
    }
    let (asks, pairs) = (draw.asks.clone(), draw.pairs.clone());
    Document { language: draw.language, family, text, sentence_starts, asks, pairs }
}
