//! The kernel lab: *why is INT8 faster, and when is it not?*
//!
//! This file is what the page, a share link, a command file and the engine agree on: configuration, bounds, defaults, and
//! the names and columns of the tables that a run emits.
//!
//! Dimension legend: `M` rows of `X` (tokens, or batch), `K` inputs, `N` outputs, `R` LoRA rank; `Y = X W^T`,
//! `X [M, K]`, `W [N, K]`, `Y [M, N]`.

use serde::{Deserialize, Serialize};

use crate::math::WeightFormat;
use crate::protocol::{LabError, in_range, one_of};

#[cfg(feature = "ui")]
pub mod page;
#[cfg(feature = "gpu")]
pub mod run;

/// Largest batch.
pub const MAX_BATCH: u32 = 1024;
/// Largest number of inputs or outputs.
pub const MAX_SIDE: u32 = 8192;
/// Sizes of a scale group.
pub const GROUPS: [u32; 3] = WeightFormat::GROUPS;
/// Largest LoRA rank.
pub const MAX_RANK: u32 = 64;
/// Longest WGSL text that the workshop takes, in bytes.
pub const MAX_SOURCE_BYTES: u64 = 64 * 1024;
/// Batch sizes of a sweep, from a product with one vector to a product of matrices.
pub const BATCHES: [u32; 9] = [1, 2, 4, 8, 16, 32, 64, 128, 256];

/// How the weights of a product are stored and multiplied.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Multiply {
    /// f32 weights, f32 arithmetic.
    Fp32,
    /// f16 weights, f32 arithmetic.
    Fp16,
    /// INT8 weights with a scale a group, dequantized while multiplying (weight-only).
    Int8,
    /// INT8 weights and INT8 activations, integer dot products; the activations are quantized within the measured time.
    W8a8,
    /// INT4 weights with a scale a group, dequantized while multiplying.
    Int4,
    /// NF4 weights with a scale a group, dequantized while multiplying.
    Nf4,
}

impl Multiply {
    /// All of them, most bits first.
    pub const ALL: [Multiply; 6] =
        [Multiply::Fp32, Multiply::Fp16, Multiply::Int8, Multiply::W8a8, Multiply::Int4, Multiply::Nf4];

    /// The key in tables.
    pub fn key(self) -> &'static str {
        match self {
            Multiply::Fp32 => "fp32",
            Multiply::Fp16 => "fp16",
            Multiply::Int8 => "int8",
            Multiply::W8a8 => "w8a8",
            Multiply::Int4 => "int4",
            Multiply::Nf4 => "nf4",
        }
    }
}

/// The whole state of the lab; what a share link carries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// `M`.
    pub batch: u32,
    /// `K`.
    pub inputs: u32,
    /// `N`.
    pub outputs: u32,
    /// What is compared; at least one, none twice.
    pub formats: Vec<Multiply>,
    /// Weights that share a scale: 32, 64 or 128.
    pub group: u32,
    /// Integer formats with a zero point a group.
    pub asymmetric: bool,
    /// NF4 scales in 8 bits.
    pub double_quant: bool,
    /// `R`; 0 measures the product without LoRA.
    pub rank: u32,
    pub seed: u32,
}

impl Default for Config {
    fn default() -> Config {
        Config {
            batch: 1,
            inputs: 1024,
            outputs: 1024,
            formats: Multiply::ALL.to_vec(),
            group: 32,
            asymmetric: false,
            double_quant: false,
            rank: 0,
            seed: 1,
        }
    }
}

/// A configuration whose every value was checked; the only thing a run accepts.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked(Config);

impl std::ops::Deref for Checked {
    type Target = Config;
    fn deref(&self) -> &Config {
        &self.0
    }
}

impl Config {
    /// Checks every bound.
    ///
    /// # Errors
    /// [`LabError::OutOfRange`], [`LabError::Unknown`] or [`LabError::Conflict`] naming the first field that is off.
    pub fn checked(self) -> Result<Checked, LabError> {
        in_range("batch", f64::from(self.batch), 1.0, f64::from(MAX_BATCH))?;
        in_range("inputs", f64::from(self.inputs), 1.0, f64::from(MAX_SIDE))?;
        in_range("outputs", f64::from(self.outputs), 1.0, f64::from(MAX_SIDE))?;
        in_range("rank", f64::from(self.rank), 0.0, f64::from(MAX_RANK))?;
        in_range("formats", self.formats.len() as f64, 1.0, Multiply::ALL.len() as f64)?;
        one_of("group", self.group, &GROUPS)?;
        for (i, format) in self.formats.iter().enumerate() {
            if self.formats[..i].contains(format) {
                return Err(LabError::Conflict { field: "formats".into(), with: format.key().into() });
            }
        }
        Ok(Checked(self))
    }
}

/// The four puzzles, in their order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Puzzle {
    /// `w = scale * code` for INT8 codes, four in a word.
    DequantizeInt8,
    /// Eight INT4 codes out of a word.
    UnpackInt4,
    /// A matrix product with tiles in workgroup memory.
    TiledMatmul,
    /// `y = x W^T + s (x A^T) B^T`.
    LoraForward,
}

impl Puzzle {
    /// All of them, easiest first.
    pub const ALL: [Puzzle; 4] = [Puzzle::DequantizeInt8, Puzzle::UnpackInt4, Puzzle::TiledMatmul, Puzzle::LoraForward];

    /// The key in tables and addresses.
    pub fn key(self) -> &'static str {
        match self {
            Puzzle::DequantizeInt8 => "dequantize_int8",
            Puzzle::UnpackInt4 => "unpack_int4",
            Puzzle::TiledMatmul => "tiled_matmul",
            Puzzle::LoraForward => "lora_forward",
        }
    }
}

/// What the kernels worker can be asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// What this adapter can do at most: table [`tables::CEILINGS`].
    Ceilings,
    /// Every format at one shape: tables [`tables::CEILINGS`] and [`tables::TIMES`].
    Time { config: Config },
    /// Every format at every batch size of [`BATCHES`]: table [`tables::SWEEP`], sent again as it grows.
    Sweep { config: Config },
    /// Every version of one kernel at the configuration's shape, v1 first: table [`tables::LADDER`].
    Ladder { kernel: String, config: Config },
    /// The WGSL of every kernel as it runs: table [`tables::SOURCES`].
    Sources,
}

/// What the workshop worker (the one with a WGSL front end) can be asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attempt {
    /// Reads a text and says what is wrong with it, without running it: table [`tables::DIAGNOSTICS`].
    Check { kernel: String, source: String },
    /// A learner's version of one of our kernels: diagnostics, then compared with the reference on ragged shapes (table
    /// [`tables::VERDICTS`]), its work counted beside ours (table [`tables::WORK`]), and if it is right timed beside ours
    /// (table [`tables::BESIDE`]; GPU tier only). On the CPU tier the text is interpreted, see `crate::wgsl`.
    Try { kernel: String, source: String, config: Config },
    /// An attempt at a puzzle: diagnostics and table [`tables::VERDICTS`] by the interpreter of `crate::wgsl`; on the GPU
    /// tier what it accepted runs on the device as well, and is timed beside the model solution (table
    /// [`tables::BESIDE`]).
    Solve { puzzle: Puzzle, source: String },
    /// The skeleton, the model solution's hints and the interface of every puzzle: table [`tables::PUZZLES`].
    Puzzles,
}

/// Names of the tables that a run emits. Columns are listed beside each.
pub mod tables {
    /// One row: `gflops, gigabytes_per_second, dispatch_micros, device` (`device` is a text). Measured just now.
    pub const CEILINGS: &str = "ceilings";
    /// One row a format: `format, batch, inputs, outputs, millis, gflops, gigabytes_per_second, weight_bytes, moved_bytes, intensity,
    /// ceiling_share, max_error, allowed, variant`. `moved_bytes` is weights + X + Y once; `intensity` is FLOP per byte
    /// moved; `ceiling_share` is the measured rate over the roofline at that intensity; `max_error` is against the
    /// reference with the same codes, in multiples of the derived tolerance (`allowed` is 1).
    pub const TIMES: &str = "times";
    /// As [`TIMES`], a row for every format and batch size.
    pub const SWEEP: &str = "sweep";
    /// `version, entry, millis, gflops, gigabytes_per_second, chosen` (`chosen` is 1 for the one in use).
    pub const LADDER: &str = "ladder";
    /// `kernel, entry, version, text`: one row a version (entry point); `text` is the whole file, on the first row of a
    /// kernel only, and empty on the others.
    pub const SOURCES: &str = "sources";
    /// `line, column, length, message, hint`; lines and columns from 1, length in characters; no rows mean that the
    /// text is valid. `message` is the compiler's English, empty where only the workshop noticed something; `hint` is
    /// worded by `protocol::Hint::from_cell(hint)` and `.sentence(lang)`, or empty.
    pub const DIAGNOSTICS: &str = "diagnostics";
    /// `check, shape, ok, worst, at, expected, got`: one row a shape; `check` is `correct`, `odd_shape` or `speed`. For a
    /// version of one of our kernels also `entry`: which of its versions the row is about.
    pub const VERDICTS: &str = "verdicts";
    /// `version, entry, shape, millis, least, rounds`: rows `ours` and `yours`, median and least of `rounds` measurements
    /// taken in turn.
    pub const BESIDE: &str = "beside";
    /// `version, reads, multiplications, steps, writes, barriers`: rows `ours` and `yours`, counted by an interpreter over
    /// all shapes: words read and written, numbers multiplied, instructions, barriers. Not a time.
    pub const WORK: &str = "work";
    /// `puzzle, part, language, text`: `part` is `skeleton`, `hint1`, `hint2`, `hint3`; one row for every language.
    pub const PUZZLES: &str = "puzzles";
}
