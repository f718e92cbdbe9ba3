//! The worker binaries: which command needs which, and how long their download may take.

use super::say::command_name;

/// The download of the kernels worker may take this long; a school's Wi-Fi is slow.
pub const KERNELS_LOAD_MILLIS: f64 = 15_000.0;
/// The trainer weighs ten times as much.
pub const TRAINER_LOAD_MILLIS: f64 = 60_000.0;

/// A text that a learner wrote may hold a loop that never ends: without a sign of life its worker is ended after this.
pub const ENDLESS_MILLIS: f64 = 3_000.0;

/// The worker binaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkerKind {
    Kernels,
    Trainer,
    Workshop,
    Text,
}

impl WorkerKind {
    /// How many there are.
    pub const COUNT: usize = 4;
    /// All of them.
    pub const ALL: [WorkerKind; WorkerKind::COUNT] =
        [WorkerKind::Kernels, WorkerKind::Trainer, WorkerKind::Workshop, WorkerKind::Text];

    /// The binary that a command needs.
    pub fn of(command: &str) -> WorkerKind {
        match command_name(command) {
            "burn" | "peers" | "tune" => WorkerKind::Trainer,
            "workshop" => WorkerKind::Workshop,
            "model" | "bits" => WorkerKind::Text,
            _ => WorkerKind::Kernels,
        }
    }

    /// The name of the binary.
    pub fn bin(self) -> &'static str {
        match self {
            WorkerKind::Kernels => "kernels",
            WorkerKind::Trainer => "trainer",
            WorkerKind::Workshop => "workshop",
            WorkerKind::Text => "text",
        }
    }

    /// How long its download may take.
    pub fn load_millis(self) -> f64 {
        match self {
            // The workshop is the kernels and a front end for WGSL, the text worker the kernels and tokenizers: about the
            // same weight. The model itself is read by a run, with progress.
            WorkerKind::Kernels | WorkerKind::Workshop | WorkerKind::Text => KERNELS_LOAD_MILLIS,
            WorkerKind::Trainer => TRAINER_LOAD_MILLIS,
        }
    }

    /// Whether it runs what learners write.
    pub fn runs_texts(self) -> bool {
        self == WorkerKind::Workshop
    }

    /// How long a run may be silent before its worker is ended; `None`: as long as it likes.
    pub fn silence_millis(self) -> Option<f64> {
        self.runs_texts().then_some(ENDLESS_MILLIS)
    }
}
