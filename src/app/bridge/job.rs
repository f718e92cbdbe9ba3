//! A run as the machine keeps it until its end.

use super::kind::WorkerKind;
use crate::protocol::RunId;

/// A run that has not ended.
pub struct Job {
    pub run: RunId,
    pub view: usize,
    pub kind: WorkerKind,
    pub command: String,
    pub sent: bool,
    pub tries: u32,
    pub stop_by: Option<f64>,
    pub heard: f64,
    pub quiet: bool,
}

impl Job {
    /// When its silence has lasted too long for a text that a learner wrote.
    pub fn endless_at(&self) -> Option<f64> {
        self.kind.silence_millis().map(|limit| self.heard + limit)
    }
}
