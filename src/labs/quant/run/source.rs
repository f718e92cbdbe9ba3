//! Where weights and activations come from: a seeded generator, or the chosen bytes of the visitor's file.

use super::contents::{Kind, kind_of, npy_header, read_csv, safetensors_entries};
use super::files::{Fetched, Files};
use super::tier::Matrix;
use crate::data::{Window, safetensors};
use crate::labs::Ctx;
use crate::labs::quant::{Activations, Distribution, MAX_WEIGHTS, Source};
use crate::math;
use crate::protocol::{LabError, Tier};

/// Weights on the device, and what they are.
pub struct Loaded {
    source: Source,
    tier: Tier,
    /// The seeded matrix before its outlier channels are scaled, so that dragging their size generates nothing again.
    base: Option<Matrix>,
    pub weights: Matrix,
    /// The window of a large tensor.
    pub first_row: u64,
    pub total_rows: u64,
}

/// Loads `source`, reusing what `at_hand` already holds.
///
/// # Errors
/// [`LabError::Malformed`], [`LabError::FileGone`], [`LabError::NoSuchTensor`], or what the device says.
pub async fn load(source: &Source, at_hand: Option<Loaded>, fetched: &Fetched, ctx: &Ctx) -> Result<Loaded, LabError> {
    let at_hand = at_hand.filter(|l| l.tier == ctx.device.tier());
    if let Some(loaded) = at_hand.as_ref().filter(|l| l.source == *source) {
        return Ok(Loaded {
            source: loaded.source.clone(),
            base: loaded.base.clone(),
            weights: loaded.weights.clone(),
            ..*loaded
        });
    }
    match source {
        Source::Seeded { .. } => seeded(source, at_hand, ctx).await,
        Source::File { name, tensor, first_row } => {
            let Read { values, window, total_rows } = read(name, tensor, *first_row, &Files { ctx, fetched }).await?;
            let weights = Matrix::new(&ctx.device, values, window.rows as usize, window.cols as usize)?;
            let (source, tier) = (source.clone(), ctx.device.tier());
            Ok(Loaded { source, tier, base: None, weights, first_row: window.first_row, total_rows })
        }
    }
}

/// Whether two sources differ in nothing but their outlier channels.
fn same_base(a: &Source, b: &Source) -> bool {
    match (a, b) {
        (
            Source::Seeded { distribution: da, rows: ra, cols: ca, seed: sa, .. },
            Source::Seeded { distribution: db, rows: rb, cols: cb, seed: sb, .. },
        ) => (da, ra, ca, sa) == (db, rb, cb, sb),
        _ => false,
    }
}

async fn seeded(source: &Source, at_hand: Option<Loaded>, ctx: &Ctx) -> Result<Loaded, LabError> {
    let Source::Seeded { distribution, rows, cols, seed, outlier_channels, outlier_scale } = source else {
        return Err(LabError::Unknown { field: "source".into(), got: "file".into() });
    };
    let (rows, cols) = (*rows as usize, *cols as usize);
    let kept = at_hand.filter(|l| same_base(&l.source, source)).and_then(|l| l.base);
    let base = match kept {
        Some(base) => base,
        None => {
            ctx.checkpoint().await?;
            let values = match distribution {
                Distribution::Gaussian => math::gaussian(rows, cols, *seed),
                Distribution::HeavyTailed => math::heavy_tailed(rows, cols, *seed),
            };
            Matrix::new(&ctx.device, values, rows, cols)?
        }
    };
    let columns = math::outlier_columns(cols, *outlier_channels as usize);
    let untouched = columns.is_empty() || *outlier_scale == 1.0;
    let weights = if untouched { base.clone() } else { base.scale_columns(&columns, *outlier_scale)? };
    Ok(Loaded {
        source: source.clone(),
        tier: ctx.device.tier(),
        base: Some(base),
        weights,
        first_row: 0,
        total_rows: rows as u64,
    })
}

/// Whole rows of a tensor, in memory.
struct Read {
    values: Vec<f32>,
    window: Window,
    total_rows: u64,
}

/// Reads the chosen rows of a file's tensor, and nothing else of it where its format allows.
async fn read(name: &str, tensor: &str, first_row: u64, files: &Files<'_>) -> Result<Read, LabError> {
    let ctx = files.ctx;
    let host = &*ctx.host;
    match kind_of(name) {
        Kind::Safetensors => {
            let entries = safetensors_entries(name, files).await?;
            let no_such = || LabError::NoSuchTensor { source: name.into(), name: tensor.into() };
            let entry = entries.into_iter().find(|e| e.name == tensor).ok_or_else(no_such)?;
            let window = entry.window(name, first_row, MAX_WEIGHTS)?;
            let bytes = files.read(name, window.begin..window.end).await?;
            ctx.checkpoint().await?;
            let values = safetensors::decode(name, tensor, &entry.dtype, &bytes)?;
            Ok(Read { values, window, total_rows: entry.matrix_shape().0 })
        }
        Kind::Npy => {
            let header = npy_header(name, host).await?;
            let window = header.window(name, first_row, MAX_WEIGHTS)?;
            let bytes = host.read_file(name, window.begin..window.end).await?;
            ctx.checkpoint().await?;
            Ok(Read { values: header.decode(name, &bytes)?, window, total_rows: header.matrix_shape().0 })
        }
        Kind::Csv => {
            let matrix = read_csv(name, ctx).await?;
            let (rows, cols) = (matrix.rows as u64, matrix.cols as u64);
            // The reader admits no more than fits: a CSV file is always shown whole.
            let window = Window { first_row: 0, rows, cols, begin: 0, end: 0 };
            Ok(Read { values: matrix.values, window, total_rows: rows })
        }
    }
}

/// The input of `y = W x`, `cols` values.
///
/// # Errors
/// [`LabError::Shape`] if the file holds fewer, or what reading it says.
pub async fn activations(source: &Activations, cols: usize, ctx: &Ctx) -> Result<Vec<f32>, LabError> {
    let values = match source {
        Activations::Seeded { seed } => return Ok(math::activations(cols, *seed)),
        Activations::File { name, tensor } => {
            let files = Files { ctx, fetched: &Fetched::default() };
            read(name, tensor, 0, &files).await?.values
        }
    };
    if values.len() < cols {
        let (expected, got) = (format!("x [{cols}]"), format!("[{}]", values.len()));
        return Err(LabError::Shape { operation: "y = W x".into(), expected, got });
    }
    Ok(values[..cols].to_vec())
}
