//! Typed examples for the labs that fine-tune. Train, validation and test link no pair of entities in common
//! ([`super::split`]), neither with each other nor with the pretraining text of another split:
//!
//! | task | pairs that are kept apart, beside those of its text |
//! | --- | --- |
//! | reviews | (member of staff, opinion), (town, ailment), (ailment, medicine) |
//! | questions | (subject, answer): (person, town), (food, price), (place, hour) ... |
//! | headlines | (person, town), (person, job), (town, place), (food, price) ... |
//! | instructions, preferences | (kind of request, what it is about); sums (a, b); sentences (animal, place); doses (ailment, medicine); notes (person, object) |
//! | traces | (food, price), (person, town), (person, age), sums (a, b) |
//!
//! Instructions about what the pretraining text teaches (what a cat eats) ask a held-out model for things it has read, in
//! requests that it was never answered.

mod instructions;
mod questions;
mod reviews;
mod traces;

pub use instructions::{Flaw, Instruction, Preference, Request};
pub use questions::{Headline, Question};
pub use reviews::Review;
pub use traces::{Step, Tool, Trace};
