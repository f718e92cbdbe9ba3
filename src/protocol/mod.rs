//! What crosses the border between the page and the engine: run ids, events, errors, the tier.
//!
//! Plain data and serde only, so that a share link, a command file, a worker message and a receipt speak the same JSON.

mod bounds;
mod error;
mod event;
pub mod exact;
mod hint;
mod wording;

pub use bounds::{in_range, one_of};
pub use error::{Fault, LabError, Resource};
pub use event::{Cell, Event, Phase, RunId, Table, Tensor, Tier, TierReason, TierWish, Verified, numbers};
pub use hint::Hint;
