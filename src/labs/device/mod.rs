//! The device page's commands: what this adapter is, whether every kernel is right on it, and faults on request.
//!
//! It has no configuration: [`Command::Adapter`](super::Command::Adapter), [`Command::Health`](super::Command::Health),
//! [`Command::Burn`](super::Command::Burn) and [`Command::Provoke`](super::Command::Provoke) say it all.

pub mod run;
