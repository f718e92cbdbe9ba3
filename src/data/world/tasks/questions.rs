//! Questions about a document, and headlines for a report.

use crate::data::world::families::{self, Family, Gap, REPORTS};
use crate::data::world::phrases::phrases;
use crate::data::world::split::{Pair, Split};
use crate::data::world::{Language, Stream, World, until_possible};

/// The kinds of document that are asked about.
const ASKED: [Family; 7] =
    [Family::Profile, Family::Letter, Family::Town, Family::Shop, Family::Meeting, Family::Shopping, Family::Leaflet];

/// A question whose answer is a span of the document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Question {
    pub language: Language,
    pub document: String,
    pub question: String,
    pub answer: String,
    /// Where the answer begins in the document, in bytes.
    pub start: usize,
    pub pairs: Vec<Pair>,
}

impl Question {
    /// What stands before the answer.
    pub fn prompt(&self) -> String {
        let [document, question, answer, ..] = phrases(self.language).tasks.prompts;
        format!("{document}: {}\n{question}: {}\n{answer}:", self.document, self.question)
    }
}

/// A report, the headline to learn and the others that would do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Headline {
    pub language: Language,
    pub report: String,
    pub headline: String,
    pub references: Vec<String>,
    pub pairs: Vec<Pair>,
}

impl Headline {
    /// What stands before the headline.
    pub fn prompt(&self) -> String {
        let [.., report, headline] = phrases(self.language).tasks.prompts;
        format!("{report}: {}\n{headline}:", self.report)
    }
}

impl World {
    /// Question number `index` of a split.
    pub fn question(&self, language: Language, split: Split, index: u32) -> Question {
        let seed = self.seed_of(Stream::Questions, language, split, index);
        let family = ASKED[(seed % ASKED.len() as u32) as usize];
        until_possible(language, split, seed, |draw| {
            let document = families::document(draw, family)?;
            // A question that fits two people of the document would have two answers.
            let clear: Vec<usize> = (0..document.asks.len())
                .filter(|&i| {
                    let ask = &document.asks[i];
                    document.asks.iter().all(|other| other.question != ask.question || other.answer == ask.answer)
                })
                .collect();
            if clear.is_empty() {
                return None;
            }
            let ask = &document.asks[draw.one(&clear)];
            let sentence = document.sentence_starts[ask.sentence];
            let start = sentence + document.text[sentence..].find(&ask.answer)?;
            Some(Question {
                language,
                question: ask.question.clone(),
                answer: ask.answer.clone(),
                start,
                pairs: document.pairs,
                document: document.text,
            })
        })
    }

    /// Report number `index` of a split, with its headline.
    pub fn headline(&self, language: Language, split: Split, index: u32) -> Headline {
        let seed = self.seed_of(Stream::Headlines, language, split, index);
        let event = (seed % REPORTS) as usize;
        until_possible(language, split, seed, |draw| {
            families::report(draw, event)?;
            let report = families::written(draw, Family::Report, Gap::Space);
            let templates = draw.phrases.tasks.events[event].headlines;
            let references: Vec<String> = templates.iter().map(|t| draw.phrase(t)).collect();
            let headline = draw.one(&[0, 1]).min(references.len() - 1);
            let headline = references[headline].clone();
            Some(Headline { language, report: report.text, headline, references, pairs: report.pairs })
        })
    }
}
