//! Fine-tuning a decoder, as a whole or by what is added to it.
//!
//! ```text
//! base.rs     the frozen model on a tier
//! learner.rs  a method's own matrices, and the decoder that they make of the base
//! initial.rs  how those matrices begin
//! batch.rs    examples as token numbers
//! pass.rs     a batch forward and backward, a layer at a time
//! score.rs    loss and right answers, without gradients
//! meter.rs    memory that is held
//! ```
//!
//! Dimension legend: `B` sequences, `T` tokens of text, `P` virtual tokens, `N` places where a token is learned, `V` vocabulary,
//! `C` channels, `L` layers, `J` key heads, `D` numbers in a head.

mod base;
mod batch;
mod initial;
mod learner;
mod meter;
mod pass;
mod score;

pub use base::Base;
pub use batch::{Batch, Sample};
pub use learner::{Learner, Leaves, prefix_table};
pub use meter::Meter;
pub use pass::{Held, Passed, Passing, add_slope, pass};
pub use score::{Scored, next_logits, score};
