//! How often each value occurs; `shaders/histogram.wgsl`, references `math::histogram` and `math::error_histogram`.

use crate::gpu::{Access, Batch, Gpu, Kernel, Slot};
use crate::protocol::LabError;

use super::GpuMatrix;
use super::params::params;

pub(super) const NAME: &str = "histogram";
pub(super) const SOURCE: &str = shader!("histogram");

const KERNEL: Kernel = Kernel {
    name: NAME,
    source: SOURCE,
    entry: "histogram",
    bindings: &[(1, Access::Read), (2, Access::Read), (3, Access::Write)],
};

params! {
    count: u32,
    bins: u32,
    errors: u32,
    chunk: u32,
    low: f32,
    bins_per_unit: f32,
}

/// 4 KiB of workgroup memory; more bins than pixels show nothing.
pub const MAX_BINS: usize = 1024;
/// Weights that one workgroup counts before it adds its bins to the result.
const CHUNK: usize = 16384;

/// The range and number of bins.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bins {
    pub lo: f32,
    pub hi: f32,
    pub bins: usize,
}

/// Records the count of weights, or of errors where `w_hat` is given.
///
/// # Errors
/// [`LabError::OutOfRange`] for more than [`MAX_BINS`] bins or none; [`LabError::Shape`]; as `quantize`.
pub(super) fn record(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    w: &GpuMatrix,
    w_hat: Option<&GpuMatrix>,
    Bins { lo, hi, bins }: Bins,
) -> Result<Slot, LabError> {
    if bins == 0 || bins > MAX_BINS {
        return Err(LabError::OutOfRange { field: "bins".into(), min: 1.0, max: MAX_BINS as f64, got: bins as f64 });
    }
    if let Some(w_hat) = w_hat {
        w.same_shape(w_hat, NAME)?;
    }
    // An empty or endless range puts everything into the first bin, as the reference does.
    let width = hi - lo;
    let per_unit = bins as f32 / width;
    let usable = width > 0.0 && width.is_finite() && per_unit.is_finite();
    let params = Params {
        count: w.count() as u32,
        bins: bins as u32,
        errors: u32::from(w_hat.is_some()),
        chunk: CHUNK as u32,
        low: lo,
        bins_per_unit: if usable { per_unit } else { 0.0 },
    };
    let counts = gpu.allocate("histogram", bins as u64 * 4)?;
    let buffers = [&w.weights, &w_hat.unwrap_or(w).weights, &counts];
    batch.run(&KERNEL, &[], &params, &buffers, w.count().div_ceil(CHUNK) as u64)?;
    Ok(batch.read(&counts, 0, bins as u64 * 4))
}

/// Counts the weights in `bins` equal bins from `lo` to `hi`; what lies beyond counts in the outermost ones.
///
/// # Errors
/// [`LabError::OutOfRange`] for more than [`MAX_BINS`] bins or none; as `quantize`.
pub async fn histogram(gpu: &Gpu, w: &GpuMatrix, lo: f32, hi: f32, bins: usize) -> Result<Vec<u32>, LabError> {
    let mut batch = Batch::new(gpu);
    let slot = record(gpu, &mut batch, w, None, Bins { lo, hi, bins })?;
    Ok(batch.finish().await?.get(&slot))
}

/// Counts the errors `w_hat - w` likewise.
///
/// # Errors
/// [`LabError::Shape`]; as [`histogram`].
pub async fn error_histogram(
    gpu: &Gpu,
    w: &GpuMatrix,
    w_hat: &GpuMatrix,
    lo: f32,
    hi: f32,
    bins: usize,
) -> Result<Vec<u32>, LabError> {
    let mut batch = Batch::new(gpu);
    let slot = record(gpu, &mut batch, w, Some(w_hat), Bins { lo, hi, bins })?;
    Ok(batch.finish().await?.get(&slot))
}
