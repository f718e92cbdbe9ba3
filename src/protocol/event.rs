//! The events of one run, in the order in which the page sees them: `Started`, any number of the others, then exactly
//! one of `Done` and `Failed`.

use serde::{Deserialize, Serialize};

use super::LabError;

/// Names one press of a run button; the page drops events of any run that is no longer current.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct RunId(pub u32);

/// Where the arithmetic ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tier {
    /// WGSL kernels through WebGPU (or Vulkan, Metal, DirectX natively).
    Gpu,
    /// The Rust references, compiled with SIMD.
    Cpu,
}

/// Which tier the visitor wants.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TierWish {
    /// The GPU where it is a real one that passes its health check, the CPU otherwise.
    #[default]
    Auto,
    /// The GPU, even a software one.
    Gpu,
    /// The CPU.
    Cpu,
}

/// Why the tier is what it is; shown to the visitor in words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TierReason {
    /// A hardware adapter that passed its health check.
    Hardware,
    /// The visitor asked for this tier.
    Asked,
    /// The browser has no `navigator.gpu`.
    NoWebGpu,
    /// WebGPU is there, but it gave no adapter.
    NoAdapter,
    /// The adapter gave no device.
    NoDevice { message: String },
    /// The adapter is a software one: the CPU tier is faster.
    SoftwareAdapter,
    /// These kernels disagreed with their references on this adapter.
    FailedHealthCheck { kernels: Vec<String> },
    /// The device was lost too often.
    LostTooOften,
    /// WebGPU did not answer in time.
    TimedOut,
}

/// An adapter that passed its health check with this build, and what was measured on it since.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verified {
    /// Names adapter and driver.
    pub adapter: String,
    /// Which variant of each kernel is the fastest there, in words that only the engine reads; empty before the first
    /// measurement.
    #[serde(default)]
    pub choices: String,
}

/// What a run is doing; worded by the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Reading or making the input.
    Reading,
    /// Computing, in steps.
    Computing,
    /// Checking kernels against their references.
    Verifying,
    /// Bringing results back.
    Collecting,
}

/// One cell of a [`Table`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Cell {
    /// A measured number. JSON has no infinity: it travels as `null` beside a text; see [`Cell::from_f64`].
    Number(f64),
    /// A key or a name; never markup.
    Text(String),
}

impl Cell {
    /// A number, or the text `inf`, `-inf` or `nan`, which JSON numbers cannot carry.
    pub fn from_f64(value: f64) -> Cell {
        if value.is_finite() {
            Cell::Number(value)
        } else if value.is_nan() {
            Cell::Text("nan".into())
        } else {
            Cell::Text(if value > 0.0 { "inf" } else { "-inf" }.into())
        }
    }

    /// The number in this cell, infinities included.
    pub fn as_f64(&self) -> Option<f64> {
        match self {
            Cell::Number(v) => Some(*v),
            Cell::Text(t) => match t.as_str() {
                "inf" => Some(f64::INFINITY),
                "-inf" => Some(f64::NEG_INFINITY),
                "nan" => Some(f64::NAN),
                _ => None,
            },
        }
    }

    /// The text in this cell, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Cell::Text(t) => Some(t),
            Cell::Number(_) => None,
        }
    }
}

impl From<f64> for Cell {
    fn from(v: f64) -> Self {
        Cell::from_f64(v)
    }
}
impl From<&str> for Cell {
    fn from(v: &str) -> Self {
        Cell::Text(v.to_owned())
    }
}
impl From<String> for Cell {
    fn from(v: String) -> Self {
        Cell::Text(v)
    }
}

/// Rows of numbers and names; column names are keys, worded by the page.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Table {
    pub name: String,
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
}

/// A row, or a part of one, of numbers alone.
pub fn numbers(values: &[f64]) -> Vec<Cell> {
    values.iter().map(|&value| value.into()).collect()
}

impl Table {
    /// An empty table with these columns.
    pub fn new(name: &str, columns: &[&str]) -> Table {
        Table { name: name.into(), columns: columns.iter().map(|c| (*c).to_owned()).collect(), rows: Vec::new() }
    }

    /// The position of a column.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.columns.iter().position(|c| c == name)
    }

    /// The number at a row and a named column.
    pub fn number(&self, row: usize, column: &str) -> Option<f64> {
        self.rows.get(row)?.get(self.column(column)?)?.as_f64()
    }

    /// The text at a row and a named column.
    pub fn text(&self, row: usize, column: &str) -> Option<&str> {
        self.rows.get(row)?.get(self.column(column)?)?.as_text()
    }
}

/// Numbers in row-major order. Between worker and page the values travel as a transferred buffer, not as JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tensor {
    pub name: String,
    pub shape: Vec<usize>,
    #[serde(default)]
    pub values: Vec<f32>,
}

/// Everything a run can say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Event {
    Started {
        run: RunId,
        tier: Tier,
    },
    Progress {
        run: RunId,
        phase: Phase,
        done: u64,
        total: u64,
    },
    /// Points to append to a named series.
    Points {
        run: RunId,
        series: String,
        points: Vec<[f64; 2]>,
    },
    Table {
        run: RunId,
        table: Table,
    },
    Tensor {
        run: RunId,
        tensor: Tensor,
    },
    /// A file for the visitor to keep. Between worker and page the bytes travel as a transferred buffer, like a tensor's
    /// values.
    File {
        run: RunId,
        /// Without a folder.
        name: String,
        media_type: String,
        #[serde(default)]
        bytes: Vec<u8>,
    },
    Done {
        run: RunId,
        elapsed_millis: f64,
    },
    Failed {
        run: RunId,
        error: LabError,
    },
}

impl Event {
    /// The run that this event belongs to.
    pub fn run(&self) -> RunId {
        match self {
            Event::Started { run, .. }
            | Event::Progress { run, .. }
            | Event::Points { run, .. }
            | Event::Table { run, .. }
            | Event::Tensor { run, .. }
            | Event::File { run, .. }
            | Event::Done { run, .. }
            | Event::Failed { run, .. } => *run,
        }
    }

    /// Whether nothing follows for this run.
    pub fn is_last(&self) -> bool {
        matches!(self, Event::Done { .. } | Event::Failed { .. })
    }
}
