//! The two worker binaries: which command needs which, and how long their download may take.

use super::say::command_name;

/// The download of the kernels worker may take this long; a school's Wi-Fi is slow.
pub const KERNELS_LOAD_MILLIS: f64 = 15_000.0;
/// The trainer weighs ten times as much.
pub const TRAINER_LOAD_MILLIS: f64 = 60_000.0;

/// The two worker binaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WorkerKind {
    Kernels,
    Trainer,
}

impl WorkerKind {
    /// Both of them.
    pub const ALL: [WorkerKind; 2] = [WorkerKind::Kernels, WorkerKind::Trainer];

    /// The binary that a command needs.
    pub fn of(command: &str) -> WorkerKind {
        match command_name(command) {
            "burn" => WorkerKind::Trainer,
            _ => WorkerKind::Kernels,
        }
    }

    /// The name of the binary.
    pub fn bin(self) -> &'static str {
        match self {
            WorkerKind::Kernels => "kernels",
            WorkerKind::Trainer => "trainer",
        }
    }

    /// How long its download may take.
    pub fn load_millis(self) -> f64 {
        match self {
            WorkerKind::Kernels => KERNELS_LOAD_MILLIS,
            WorkerKind::Trainer => TRAINER_LOAD_MILLIS,
        }
    }
}
