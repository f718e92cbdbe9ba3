//! Everything the quantization lab shows of one format, measured in one submission with one wait.
//!
//! A wait costs a browser a few milliseconds, in Firefox up to a hundred; six of them would eat the 100 ms in which a
//! slider must answer.

use crate::gpu::{Batch, Gpu};
use crate::math::{Axis, Cells, LineStats, Viewport};
use crate::protocol::LabError;

use super::{Bins, GpuMatrix, error_stats, heatmap, histogram, matvec};

/// What to measure; absent parts are left out.
#[derive(Clone, Debug, Default)]
pub struct SurveyRequest<'a> {
    pub rows: bool,
    pub columns: bool,
    pub histogram: Option<Bins>,
    pub error_histogram: Option<Bins>,
    /// The vector to multiply `w_hat` with.
    pub activations: Option<&'a [f32]>,
    /// Viewport, cell rows, cell columns.
    pub heatmap: Option<(Viewport, usize, usize)>,
}

/// What was measured; empty where it was not wanted.
#[derive(Clone, Debug, Default)]
pub struct Survey {
    pub rows: Vec<LineStats>,
    pub columns: Vec<LineStats>,
    pub histogram: Vec<u32>,
    pub error_histogram: Vec<u32>,
    /// `W' x`
    pub product: Vec<f64>,
    pub heatmap: Cells,
}

/// Measures what was lost between `w` and `w_hat`.
///
/// # Errors
/// Those of the kernels of the same names.
pub async fn survey(
    gpu: &Gpu,
    w: &GpuMatrix,
    w_hat: &GpuMatrix,
    wanted: &SurveyRequest<'_>,
) -> Result<Survey, LabError> {
    let mut batch = Batch::new(gpu);
    let along = |batch: &mut Batch<'_>, axis: Axis| error_stats::record(gpu, batch, w, w_hat, axis);
    let rows = wanted.rows.then(|| along(&mut batch, Axis::Rows)).transpose()?;
    let columns = wanted.columns.then(|| along(&mut batch, Axis::Columns)).transpose()?;
    let weights = wanted.histogram.map(|bins| histogram::record(gpu, &mut batch, w, None, bins)).transpose()?;
    let errors =
        wanted.error_histogram.map(|bins| histogram::record(gpu, &mut batch, w, Some(w_hat), bins)).transpose()?;
    let product = match wanted.activations {
        Some(x) => {
            matvec::check(w_hat, x)?;
            Some(matvec::record(gpu, &mut batch, w_hat, &gpu.upload("activations", x)?)?)
        }
        None => None,
    };
    let cells = match wanted.heatmap {
        Some((view, rows, cols)) => Some(heatmap::record(gpu, &mut batch, w, w_hat, view, rows, cols)?),
        None => None,
    };
    let readings = batch.finish().await?;
    Ok(Survey {
        rows: rows.map(|p| p.lines(&readings)).unwrap_or_default(),
        columns: columns.map(|p| p.lines(&readings)).unwrap_or_default(),
        histogram: weights.map(|slot| readings.get(&slot)).unwrap_or_default(),
        error_histogram: errors.map(|slot| readings.get(&slot)).unwrap_or_default(),
        product: product.map(|p| p.product(&readings)).unwrap_or_default(),
        heatmap: cells.map(|p| p.cells(&readings)).unwrap_or_default(),
    })
}
