//! The labs: one folder each, and the list of what the engine can be asked.

use serde::{Deserialize, Serialize};

use crate::protocol::LabError;

pub mod bits;
#[cfg(feature = "gpu")]
mod ctx;
#[cfg(feature = "gpu")]
pub mod device;
pub mod kernel;
pub mod model;
pub mod quant;
pub mod tune;

#[cfg(feature = "gpu")]
pub use ctx::{Ctx, Device, EventSink, Host, Loading, Local};

/// Names a lab in routes, links and storage.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LabId {
    Model,
    Tune,
    Bits,
    Quant,
    Kernel,
}

impl LabId {
    /// Every lab that exists, in the order of the lecture.
    pub const ALL: &'static [LabId] = &[LabId::Model, LabId::Tune, LabId::Quant, LabId::Bits, LabId::Kernel];

    /// The word in addresses: `/quant`.
    pub fn slug(self) -> &'static str {
        match self {
            LabId::Model => "model",
            LabId::Tune => "tune",
            LabId::Bits => "bits",
            LabId::Quant => "quant",
            LabId::Kernel => "kernel",
        }
    }
}

/// One thing the engine can be asked. The same JSON in a share link, a worker message and a command file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Command {
    /// The quantization lab.
    Quant { task: quant::Task },
    /// The model lab. Text worker only, as is the next.
    Model { task: model::Task },
    /// The bits lab.
    Bits { task: bits::Task },
    /// The fine-tuning lab. Trainer only.
    Tune { task: tune::Task },
    /// The kernel lab.
    Kernel { task: kernel::Task },
    /// The kernel lab's workshop: texts that a learner wrote. Workshop worker only.
    Workshop { attempt: kernel::Attempt },
    /// Every kernel against its reference on this adapter: table `health` (`kernel, ok, worst, allowed, millis, message`).
    Health,
    /// The adapter and device: table `adapter` (`key, value`).
    Adapter,
    /// burn on this tier, forward and backward: a product of its own, and layers that run our kernels; table `burn`
    /// (`tier, check, millis, worst, allowed`). Trainer only.
    Burn,
    /// Products and steps of LoRA through one layer beside burn's own, verified: table `peers` (`what, storage, m, n, k, r,
    /// ours_millis, burns_millis, composed_millis, worst, loss`). Trainer on a GPU only; for benchmarks.
    Peers,
    /// The same of whole steps of training.
    PeerTrainings,
    /// Provokes a fault, to see that the page survives it.
    Provoke { fault: Provoked },
}

/// A fault that a visitor or a test can provoke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Provoked {
    DeviceLost,
    OutOfMemory,
    /// The worker stops answering.
    Hang,
    /// The worker's wasm panics.
    Panic,
}

/// Reads a command file or a message.
///
/// # Errors
/// [`LabError::Malformed`] with line and column.
pub fn command_from_json(source: &str, json: &str) -> Result<Command, LabError> {
    serde_json::from_str(json).map_err(|e| LabError::Malformed {
        source: source.into(),
        at: "JSON".into(),
        fault: crate::protocol::Fault::BadJson { line: e.line() as u64, column: e.column() as u64 },
    })
}
