//! The border between the page and the engine.
//!
//! Every message is a JavaScript object `{ json, file?, values? }`: `json` is one of the enums below, `file` a `File`
//! handle that the page passes on unread, `values` the transferred buffer of a tensor or of a file. Both wasm binaries come from one
//! build; [`FromWorker::Ready`] carries its stamp so that a stale cache is noticed instead of misread.

use serde::{Deserialize, Serialize};

use crate::labs::Command;
use crate::protocol::{Event, RunId, Tier, TierReason, Verified};

pub mod read;

pub use crate::protocol::TierWish;

#[cfg(all(feature = "gpu", target_arch = "wasm32"))]
mod body;
#[cfg(all(feature = "gpu", target_arch = "wasm32"))]
mod host;

#[cfg(all(feature = "gpu", target_arch = "wasm32"))]
pub use body::start;

/// Stamp of this build; part of every worker address, so that caches never mix two builds.
pub const BUILD: &str = match option_env!("AFINA_BUILD") {
    Some(stamp) => stamp,
    None => "dev",
};

/// From the page to a worker. Enums are tagged from outside (`{"stop": {"run": 7}}`): tagging from inside buffers every
/// message and costs the page some 60 KB of code.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ToWorker {
    /// First message: choose a tier and answer [`FromWorker::Ready`]. `verified` lists the adapters that already passed
    /// their health check with this build, and what [`FromWorker::Measured`] said of them.
    Start {
        wish: TierWish,
        verified: Vec<Verified>,
    },
    Run {
        run: RunId,
        command: Command,
    },
    Stop {
        run: RunId,
    },
    /// The visitor opened a file; the handle travels as `file`. Commands name it by `name`.
    File {
        name: String,
    },
}

/// From a worker to the page.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FromWorker {
    /// The wasm runs and listens; sent once, before anything else.
    Up { build: String },
    /// The tier is chosen. `adapter` names adapter and driver (empty on the CPU tier); `health` is the verdict of the
    /// check that ran now, absent if this adapter was in `verified`.
    Ready { tier: Tier, reason: TierReason, adapter: String, health: Option<bool> },
    /// Which variants are the fastest on this adapter; sent whenever it changed. Given back at the next start.
    Measured { verified: Verified },
    /// An event of a run; the values of a tensor and the bytes of a file travel as `values`.
    Event { event: Event },
    /// The device is gone, and with it this worker's use: the page ends it and starts another.
    Lost { message: String },
    /// The wasm did not load, or it panicked: nothing more will come.
    Broken { message: String },
}
