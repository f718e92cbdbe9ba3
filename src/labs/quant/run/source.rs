//! Where weights and activations come from: a seeded generator, or the chosen bytes of the visitor's file.

use super::contents::{Kind, kind_of, matrix_shape, npy_header, safetensors_entries};
use super::tier::Matrix;
use crate::data::{csv, npy, safetensors};
use crate::labs::Ctx;
use crate::labs::quant::{Activations, Distribution, MAX_WEIGHTS, Source};
use crate::math;
use crate::protocol::{Fault, LabError, Resource, Tier};

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
pub async fn load(source: &Source, at_hand: Option<Loaded>, ctx: &Ctx) -> Result<Loaded, LabError> {
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
            let window = read(name, tensor, *first_row, ctx).await?;
            let weights = Matrix::new(&ctx.device, window.values, window.rows, window.cols)?;
            let (first_row, total_rows) = (window.first_row, window.total_rows);
            Ok(Loaded { source: source.clone(), tier: ctx.device.tier(), base: None, weights, first_row, total_rows })
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

/// A window of whole rows of a tensor.
struct Window {
    values: Vec<f32>,
    rows: usize,
    cols: usize,
    first_row: u64,
    total_rows: u64,
}

impl Window {
    /// The rows from `first_row` that fit into [`MAX_WEIGHTS`], of a `[total_rows, cols]` tensor.
    ///
    /// # Errors
    /// [`LabError::TooLarge`] if a single row does not fit, [`LabError::OutOfRange`] if there is no such row.
    fn plan(name: &str, first_row: u64, total_rows: u64, cols: u64) -> Result<(u64, u64), LabError> {
        if cols == 0 || total_rows == 0 {
            return Err(LabError::Malformed { source: name.into(), at: "shape".into(), fault: Fault::Empty });
        }
        if cols > MAX_WEIGHTS {
            return Err(LabError::TooLarge {
                what: name.into(),
                limit: MAX_WEIGHTS,
                got: cols,
                resource: Resource::Weights,
            });
        }
        if first_row >= total_rows {
            return Err(LabError::OutOfRange {
                field: "first_row".into(),
                min: 0.0,
                max: total_rows as f64 - 1.0,
                got: first_row as f64,
            });
        }
        Ok((first_row, (MAX_WEIGHTS / cols).min(total_rows - first_row)))
    }
}

async fn read(name: &str, tensor: &str, first_row: u64, ctx: &Ctx) -> Result<Window, LabError> {
    let host = &*ctx.host;
    match kind_of(name) {
        Kind::Safetensors => {
            let entries = safetensors_entries(name, host).await?;
            let no_such = || LabError::NoSuchTensor { source: name.into(), name: tensor.into() };
            let entry = entries.into_iter().find(|e| e.name == tensor).ok_or_else(no_such)?;
            let (total_rows, cols) = matrix_shape(&entry.shape);
            let (first, rows) = Window::plan(tensor, first_row, total_rows, cols)?;
            let row_bytes = cols * entry.dtype.size_bytes();
            let begin = entry.begin + first * row_bytes;
            let bytes = host.read_file(name, begin..begin + rows * row_bytes).await?;
            ctx.checkpoint().await?;
            let values = safetensors::decode(name, tensor, entry.dtype, &bytes)?;
            Ok(Window { values, rows: rows as usize, cols: cols as usize, first_row: first, total_rows })
        }
        Kind::Npy => {
            let header = npy_header(name, host).await?;
            let (total_rows, cols) = matrix_shape(&header.shape);
            let (first, rows) = Window::plan(name, first_row, total_rows, cols)?;
            // Fortran order keeps rows apart: the whole matrix must be read to cut a window out of it.
            let (from, count) = if header.fortran_order { (0, total_rows) } else { (first, rows) };
            if count * cols > MAX_WEIGHTS {
                return Err(LabError::TooLarge {
                    what: name.into(),
                    limit: MAX_WEIGHTS,
                    got: count * cols,
                    resource: Resource::Weights,
                });
            }
            let row_bytes = cols * header.item_bytes();
            let begin = header.data_begin + from * row_bytes;
            let bytes = host.read_file(name, begin..begin + count * row_bytes).await?;
            ctx.checkpoint().await?;
            let values = npy::decode(name, &header, count as usize, cols as usize, &bytes)?;
            let skipped = ((first - from) * cols) as usize;
            let values = if skipped == 0 { values } else { values[skipped..].to_vec() };
            Ok(Window { values, rows: rows as usize, cols: cols as usize, first_row: first, total_rows })
        }
        Kind::Csv => {
            let matrix = read_csv(name, ctx).await?;
            let (total_rows, cols) = (matrix.rows as u64, matrix.cols as u64);
            let (first, rows) = Window::plan(name, first_row, total_rows, cols)?;
            let values = matrix.values[(first * cols) as usize..((first + rows) * cols) as usize].to_vec();
            Ok(Window { values, rows: rows as usize, cols: cols as usize, first_row: first, total_rows })
        }
    }
}

/// Reads a whole CSV file.
pub async fn read_csv(name: &str, ctx: &Ctx) -> Result<csv::Matrix, LabError> {
    let size = ctx.host.file_size(name)?;
    if size > csv::MAX_BYTES {
        return Err(LabError::TooLarge {
            what: name.into(),
            limit: csv::MAX_BYTES,
            got: size,
            resource: Resource::Bytes,
        });
    }
    let bytes = ctx.host.read_file(name, 0..size).await?;
    ctx.checkpoint().await?;
    csv::parse(name, &bytes)
}

/// The input of `y = W x`, `cols` values.
///
/// # Errors
/// [`LabError::Shape`] if the file holds fewer, or what reading it says.
pub async fn activations(source: &Activations, cols: usize, ctx: &Ctx) -> Result<Vec<f32>, LabError> {
    let values = match source {
        Activations::Seeded { seed } => return Ok(math::activations(cols, *seed)),
        Activations::File { name, tensor } => read(name, tensor, 0, ctx).await?.values,
    };
    if values.len() < cols {
        let (expected, got) = (format!("x [{cols}]"), format!("[{}]", values.len()));
        return Err(LabError::Shape { operation: "y = W x".into(), expected, got });
    }
    Ok(values[..cols].to_vec())
}
