//! What a learner's WGSL text means, without a GPU.
//!
//! - [`check`] reads and validates a text as a browser would, and points at the learner's own line;
//! - [`interface`](fn@interface) compares it with the kernel that it is to replace: entry points, bindings, parameters;
//! - [`changed_entries`] says which of its entry points an edit touches;
//! - [`interpret`](mod@interpret) runs it, invocation by invocation, and stops where a GPU would silently go wrong: an index
//!   out of bounds, a race on workgroup memory, a barrier that not everybody reaches, a loop that never ends.
//!
//! The interpreter is slower than a GPU by many orders of magnitude and stricter than any: it is the CPU tier of the
//! workshop, and the safety net in front of the GPU on the other tier. A stopwatch on it means nothing, so it counts
//! instead: instructions executed and words moved ([`interpret::Counts`]).

pub mod check;
mod guard;
pub mod interface;
pub mod interpret;
mod names;
mod place;
mod reach;
mod reading;
mod tokens;
mod validity;

pub use check::{Diagnostic, Valid, check};
pub use interface::interface;
pub use reach::changed_entries;
