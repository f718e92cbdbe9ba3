//! Why a run ended without a word from its worker, and how that is said.

use crate::protocol::LabError;
use crate::text::{Lang, msg};

/// What happened to a worker or to a run on it.
#[derive(Clone, Debug, PartialEq)]
pub enum Cause {
    /// The visitor pressed Stop.
    Stopped,
    /// The device is gone.
    DeviceLost { message: String },
    /// The worker's wasm panicked or its script failed.
    Crashed { message: String },
    /// The browser would not start the worker.
    NoWorker { message: String },
    /// The worker's wasm did not load.
    Broken { message: String },
    /// The worker did not answer in time.
    SilentStart,
    /// What a learner wrote gave no sign of life: a loop that never ends.
    Endless,
    /// A cache handed out the worker of another build.
    OtherBuild { got: String },
}

impl Cause {
    /// The error that people and pages see.
    pub fn error(&self, lang: Lang) -> LabError {
        let message = match self {
            Cause::Stopped => return LabError::Stopped,
            Cause::DeviceLost { message } => return LabError::DeviceLost { message: message.clone() },
            Cause::Crashed { message } if message.is_empty() => msg::shell_worker_crashed(lang).to_owned(),
            Cause::Crashed { message } => message.clone(),
            Cause::NoWorker { message } => msg::shell_worker_refused(lang, message),
            Cause::Broken { message } => msg::shell_worker_broken(lang, message),
            Cause::Endless => return LabError::Endless,
            Cause::SilentStart => msg::shell_worker_silent(lang).to_owned(),
            Cause::OtherBuild { .. } => msg::shell_worker_other_build(lang).to_owned(),
        };
        LabError::WorkerGone { message }
    }
}
