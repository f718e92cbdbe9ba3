//! Sentiment of reviews of medical visits.

use crate::data::world::families::{self, Family, Gap, Sentiment};
use crate::data::world::phrases::phrases;
use crate::data::world::split::{Pair, Split};
use crate::data::world::{Language, Stream, World, until_possible};

/// A review and how its author felt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Review {
    pub language: Language,
    pub text: String,
    pub class: Sentiment,
    pub pairs: Vec<Pair>,
}

impl Review {
    /// What stands before the class.
    pub fn prompt(&self) -> String {
        let [review, rating] = phrases(self.language).tasks.review_marks;
        format!("{review}: {}\n{rating}:", self.text)
    }

    /// The word for the class.
    pub fn label(&self) -> &'static str {
        phrases(self.language).tasks.classes[self.class as usize]
    }
}

impl World {
    /// Review number `index` of a split; the classes take turns in blocks of three, in a random order.
    pub fn review(&self, language: Language, split: Split, index: u32) -> Review {
        let seed = self.seed_of(Stream::Reviews, language, split, index);
        let block = self.seed_of(Stream::Reviews, language, split, u32::MAX - index / 3);
        let class = Sentiment::ALL[((index % 3 + block % 3) % 3) as usize];
        until_possible(language, split, seed, |draw| {
            families::review(draw, class)?;
            let document = families::written(draw, Family::ClinicReview, Gap::Space);
            Some(Review { language, text: document.text, class, pairs: document.pairs })
        })
    }
}
