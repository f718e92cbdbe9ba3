//! The fine-tuning lab from a command to its events, natively, with a tiny random model in the place of the one that ships:
//! what is interrupted, kept, lost and listed. What the model learns does not matter here.

mod bench;
mod faults;
mod kept;
mod lost;
mod peft;
mod resume;

#[path = "../on_gpu/mod.rs"]
mod shared;
#[path = "../tiny/mod.rs"]
mod tiny;
