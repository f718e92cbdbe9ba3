//! The quantization lab: *what is lost when a weight has fewer bits, and where?*
//!
//! This file is what the page, a share link, a command file and the engine agree on: the configuration with its bounds
//! and defaults, and the names of the tables and tensors that a run emits.
//!
//! Dimension legend: `O` rows (output channels), `I` columns (input channels), `G` scale groups, `F` formats compared.

use serde::{Deserialize, Serialize};

use crate::math::{Format, Granularity, QuantSpec, Rounding, ScaleRule, ScaleStorage, Symmetry};
use crate::protocol::{LabError, in_range};

#[cfg(feature = "ui")]
pub mod page;
#[cfg(feature = "gpu")]
pub mod run;

/// Side of the largest generated matrix.
pub const MAX_SIDE: u32 = 4096;
/// 4096 x 4096 weights, 64 MiB as f32: half of WebGPU's default 128 MiB storage binding. A larger tensor is looked at
/// through a window of whole rows.
pub const MAX_WEIGHTS: u64 = 4096 * 4096;
/// Formats side by side.
pub const MAX_FORMATS: usize = 4;
/// Side of the heatmaps that a run sends, in cells.
pub const HEATMAP_CELLS: u32 = 192;

/// The weights of the model that ships with the page, as a file's name. What begins like it is a file of the site: the
/// worker fetches it when a run asks for it, and not before.
pub const MODEL_FILE: &str = "site:models/afina-small/model.safetensors";
/// What the names of such files begin with.
pub const SITE: &str = "site:";

/// Where the weights come from.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Source {
    /// A seeded matrix.
    Seeded {
        distribution: Distribution,
        rows: u32,
        cols: u32,
        seed: u32,
        /// How many columns are outlier channels, spread evenly.
        outlier_channels: u32,
        /// What those columns are multiplied by.
        outlier_scale: f32,
    },
    /// A tensor of a file that the visitor opened, or of [`MODEL_FILE`]. `tensor` is empty for `.npy` and CSV, which hold one.
    File {
        name: String,
        tensor: String,
        /// First row of the window, for tensors above [`MAX_WEIGHTS`].
        #[serde(default)]
        first_row: u64,
    },
}

/// The shape of the seeded weights.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Distribution {
    /// Normal with standard deviation 0.05.
    Gaussian,
    /// Student's t with 3 degrees of freedom, scaled to the same spread: heavy tails.
    HeavyTailed,
}

/// The input of `y = W x`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activations {
    /// Standard normal, seeded.
    Seeded { seed: u32 },
    /// A vector of a file that the visitor opened: CSV, `.npy` or a tensor of a `.safetensors`.
    File { name: String, tensor: String },
}

/// The whole state of the lab; what a share link carries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    pub source: Source,
    /// One to four.
    pub formats: Vec<QuantSpec>,
    pub activations: Activations,
    /// What the heatmaps show.
    pub view: View,
}

/// The part of the matrix in the heatmaps, in rows and columns, and whose error they show.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct View {
    pub row: u32,
    pub col: u32,
    /// 0 shows all rows.
    pub rows: u32,
    /// 0 shows all columns.
    pub cols: u32,
    /// Index into `formats`.
    pub selected: u32,
}

/// What the engine can be asked; one variant of `labs::Command` wraps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Lists what a file holds: table [`tables::CONTENTS`].
    Open { name: String },
    /// Quantizes and measures: tables [`tables::METRICS`], [`tables::MATRIX`], the heatmaps, histograms and error profiles.
    Measure { config: Config },
    /// Redraws the heatmaps for another view of the matrix measured last (measures first if needed).
    Look { config: Config },
    /// The arithmetic of one weight: table [`tables::WEIGHT`], one row a format.
    Weight { config: Config, row: u32, col: u32 },
    /// SQNR against bits per weight for every format: table [`tables::SWEEP`].
    Sweep { config: Config },
}

/// Names of the tables that a run emits. Columns are listed beside each; all sizes are of the window measured.
pub mod tables {
    /// `name, dtype, rows, cols, shape, weights, readable` (`readable` is 1 or 0), one row a tensor of the file.
    pub const CONTENTS: &str = "contents";
    /// One row: `rows, cols, first_row, total_rows, min, max, mean, std, absmax`.
    pub const MATRIX: &str = "matrix";
    /// One row a format (`format` is the index into the configuration's `formats`, here and below): `format, bits_per_weight, size_bytes, ratio, mse, max_error, sqnr_db, cosine, output_error`
    /// and `millis` (quantize, dequantize, error statistics and product). `output_error` is `|Wx - W'x| / |Wx|`.
    pub const METRICS: &str = "metrics";
    /// One row a format: `format, row, col, value, scale, zero, code, level, back, error, group` (`level` is before scaling).
    /// A measurement and a look send it for the weight in view that suffers most.
    pub const WEIGHT: &str = "weight";
    /// One row a format and granularity: `label, format, granularity, bits_per_weight, sqnr_db, size_bytes, on_front` (1 or 0).
    pub const SWEEP: &str = "sweep";
    /// One row a bin: `from, to, count` of the weights.
    pub const HISTOGRAM: &str = "histogram";
    /// One row a format and bin: `format, from, to, count` of the signed errors.
    pub const ERROR_HISTOGRAM: &str = "error_histogram";
    /// One row a format and level (at most 256): `format, level`; the values that the scale group of the weight in
    /// [`WEIGHT`] can take. Comes with it.
    pub const LEVELS: &str = "levels";
    /// One row a format and band of rows (at most 256): `format, from, to, rmse`.
    pub const ERROR_BY_ROW: &str = "error_by_row";
    /// One row a format and band of columns (at most 256; the size of a group where the format has groups): `format, from, to, rmse`.
    pub const ERROR_BY_COLUMN: &str = "error_by_column";
}

/// Names of the tensors that a run emits, all `[cell rows, cell columns]`.
pub mod tensors {
    /// Original values. A cell that covers several weights shows the one with the largest error.
    pub const ORIGINAL: &str = "original";
    /// Values after quantize and dequantize with the selected format.
    pub const DEQUANTIZED: &str = "dequantized";
    /// Dequantized minus original.
    pub const ERROR: &str = "error";
    /// Flat index (row * cols + col) of the weight that a cell shows, exact as f32 up to [`super::MAX_WEIGHTS`].
    pub const INDEX: &str = "index";
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

/// Longest file or tensor name accepted in a configuration, in bytes; keeps a share link under its 2 KB.
const MAX_NAME_BYTES: f64 = 256.0;

impl Config {
    /// Checks every bound.
    ///
    /// # Errors
    /// [`LabError::OutOfRange`] or [`LabError::Conflict`] naming the first field that is off.
    pub fn checked(self) -> Result<Checked, LabError> {
        let (mut rows, mut cols) = (MAX_WEIGHTS as f64, MAX_WEIGHTS as f64);
        match &self.source {
            Source::Seeded { rows: o, cols: i, outlier_channels, outlier_scale, .. } => {
                (rows, cols) = (f64::from(*o), f64::from(*i));
                in_range("rows", rows, 1.0, f64::from(MAX_SIDE))?;
                in_range("cols", cols, 1.0, f64::from(MAX_SIDE))?;
                in_range("outlier_channels", f64::from(*outlier_channels), 0.0, cols.min(64.0))?;
                in_range("outlier_scale", f64::from(*outlier_scale), 1.0, 100.0)?;
            }
            Source::File { name, tensor, .. } => {
                in_range("file name", name.len() as f64, 1.0, MAX_NAME_BYTES)?;
                in_range("tensor name", tensor.len() as f64, 0.0, MAX_NAME_BYTES)?;
            }
        }
        if let Activations::File { name, tensor } = &self.activations {
            in_range("file name", name.len() as f64, 1.0, MAX_NAME_BYTES)?;
            in_range("tensor name", tensor.len() as f64, 0.0, MAX_NAME_BYTES)?;
        }
        in_range("formats", self.formats.len() as f64, 1.0, MAX_FORMATS as f64)?;
        for spec in &self.formats {
            check_spec(spec)?;
        }
        in_range("selected", f64::from(self.view.selected), 0.0, self.formats.len() as f64 - 1.0)?;
        in_range("view row", f64::from(self.view.row), 0.0, rows - 1.0)?;
        in_range("view column", f64::from(self.view.col), 0.0, cols - 1.0)?;
        Ok(Checked(self))
    }
}

fn check_spec(spec: &QuantSpec) -> Result<(), LabError> {
    if let Format::Int(bits) = spec.format {
        in_range("bits", f64::from(bits), 2.0, 8.0)?;
    } else if spec.symmetry != Symmetry::Symmetric {
        return Err(LabError::Conflict { field: "symmetry".into(), with: spec.format.name() });
    }
    if let Granularity::Group(size) | Granularity::Block(size) = spec.granularity {
        in_range("group size", f64::from(size), 8.0, 1024.0)?;
    }
    if let ScaleRule::Percentile { percent } = spec.scale_rule {
        in_range("percentile", f64::from(percent), 50.0, 100.0)?;
    }
    // QLoRA defines double quantization for absmax blocks; a signed or asymmetric scale has no such form.
    if spec.scale_storage == ScaleStorage::Double && spec.symmetry != Symmetry::Symmetric {
        return Err(LabError::Conflict { field: "double quantization".into(), with: "symmetry".into() });
    }
    Ok(())
}

/// The formats that the page offers by name, with the published definition each one follows.
pub mod presets {
    use super::*;

    const fn spec(format: Format, granularity: Granularity, scale_storage: ScaleStorage) -> QuantSpec {
        QuantSpec {
            format,
            symmetry: Symmetry::Symmetric,
            granularity,
            rounding: Rounding::Nearest,
            scale_rule: ScaleRule::AbsMax,
            scale_storage,
        }
    }
    /// ggml Q8_0: 32 weights, one f16 scale, 8.5 bits per weight.
    pub const Q8_0: QuantSpec = spec(Format::Int(8), Granularity::Group(32), ScaleStorage::F16);
    /// ggml Q4_0: 32 weights, one f16 signed-maximum scale, 4.5 bits per weight.
    pub const Q4_0: QuantSpec =
        QuantSpec { symmetry: Symmetry::FullRange, ..spec(Format::Int(4), Granularity::Group(32), ScaleStorage::F16) };
    /// bitsandbytes NF4: blocks of 64, one f32 absmax, 4.5 bits per weight.
    pub const NF4: QuantSpec = spec(Format::Nf4, Granularity::Block(64), ScaleStorage::F32);
    /// QLoRA's NF4 with double quantization: 4.127 bits per weight.
    pub const NF4_DOUBLE: QuantSpec = spec(Format::Nf4, Granularity::Block(64), ScaleStorage::Double);
    /// IEEE half precision.
    pub const FP16: QuantSpec = spec(Format::Fp16, Granularity::Tensor, ScaleStorage::F32);
}

impl Default for Config {
    /// A good start: weights with two outlier channels, and INT8, INT4, NF4 to compare.
    fn default() -> Self {
        let int4 = QuantSpec { symmetry: Symmetry::Symmetric, ..presets::Q4_0 };
        Config {
            source: Source::Seeded {
                distribution: Distribution::Gaussian,
                rows: 384,
                cols: 384,
                seed: 7,
                outlier_channels: 2,
                outlier_scale: 8.0,
            },
            formats: vec![presets::Q8_0, int4, presets::NF4],
            activations: Activations::Seeded { seed: 1 },
            view: View { selected: 1, ..View::default() },
        }
    }
}
