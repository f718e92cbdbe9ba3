//! The losses so far, and the file that an interrupted run goes on from.
//!
//! The file is a line of JSON with everything small, then the parameters and both moments as little-endian f64.

use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::math::Moments;
use crate::nets::Saved;

use super::{Failure, Settings, write_whole};

/// How a run has gone so far.
#[derive(Clone, Debug, Default)]
pub struct Progress {
    asked: String,
    /// The loss of each step.
    pub losses: Vec<f32>,
    /// Step, and the loss on held-out Spanish and English.
    pub looks: Vec<(u32, f64, f64)>,
    /// Time spent training, in all.
    pub seconds: f64,
    pub seconds_before: f64,
}

#[derive(Serialize, Deserialize)]
struct Header {
    asked: String,
    steps: u32,
    count: usize,
    losses: Vec<f32>,
    looks: Vec<(u32, f64, f64)>,
    seconds: f64,
}

impl Progress {
    /// A run that has not begun.
    pub fn begin(settings: &Settings) -> Progress {
        // Whoever goes on must have asked for the same.
        let Settings { config, seed, steps, batch, context, rate, .. } = settings;
        let asked = format!("{config:?} seed {seed} steps {steps} batch {batch} context {context} rate {rate}");
        Progress { asked, ..Progress::default() }
    }

    /// Writes the file.
    ///
    /// # Errors
    /// Those of the file.
    pub fn save(&self, path: &Path, saved: &Saved) -> Result<(), Failure> {
        let header = Header {
            asked: self.asked.clone(),
            steps: saved.steps,
            count: saved.state.p.len(),
            losses: self.losses.clone(),
            looks: self.looks.clone(),
            seconds: self.seconds,
        };
        let mut bytes = serde_json::to_vec(&header)?;
        bytes.push(b'\n');
        for part in [&saved.state.p, &saved.state.m, &saved.state.v] {
            bytes.extend(part.iter().flat_map(|v| v.to_le_bytes()));
        }
        write_whole(path, &bytes)
    }

    /// Reads the file.
    ///
    /// # Errors
    /// A sentence if it is of another run, or broken; those of the file.
    pub fn load(&mut self, path: &Path) -> Result<Saved, Failure> {
        let bytes = std::fs::read(path).map_err(|e| format!("{}: {e}", path.display()))?;
        let broken = || format!("{}: not a state of a pretraining run, or cut off", path.display());
        let end = bytes.iter().position(|&b| b == b'\n').ok_or_else(broken)?;
        let header: Header = serde_json::from_slice(&bytes[..end]).map_err(|_| broken())?;
        if header.asked != self.asked {
            return Err(format!("{}: is of another run: {}", path.display(), header.asked).into());
        }
        let (chunks, rest) = bytes[end + 1..].as_chunks::<8>();
        let values: Vec<f64> = chunks.iter().map(|b| f64::from_le_bytes(*b)).collect();
        if !rest.is_empty() || header.count == 0 || values.len() != 3 * header.count {
            return Err(broken().into());
        }
        let [p, m, v] = [0, 1, 2].map(|i| values[i * header.count..][..header.count].to_vec());
        (self.losses, self.looks) = (header.losses, header.looks);
        (self.seconds, self.seconds_before) = (header.seconds, header.seconds);
        Ok(Saved { steps: header.steps, state: Moments { p, m, v } })
    }
}
