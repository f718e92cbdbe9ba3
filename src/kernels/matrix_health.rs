//! The kernels that quantize a matrix, and those that look at one, against their references: what the health check runs on
//! one small ragged matrix, and a learner's version on several.

use crate::gpu::Gpu;
use crate::math::{self, Axis, Format, Granularity, QuantSpec, Rounding, ScaleRule, ScaleStorage, Symmetry, Viewport};
use crate::protocol::LabError;

use super::layout::summation_depth;
use super::{agreement, read_inverses, read_matrix, read_quantized, upload_matrix};

/// 37 x 131: no multiple of a tile, a word or a group; and a group of zeros.
pub(super) const ROWS: usize = 37;
pub(super) const COLS: usize = 131;
const SEED: u32 = 20_261_123;

fn weights(rows: usize, cols: usize) -> Vec<f32> {
    let mut w = math::heavy_tailed(rows, cols, SEED);
    w[2 * cols..3 * cols].fill(0.0);
    w
}

/// Longer than a group that one workgroup reduces at once, so that partial sums and their combination run too. A second row
/// shows a wrong pitch; a third would take a learner's interpreter beyond a second.
fn long_weights() -> (Vec<f32>, usize, usize) {
    let (rows, cols) = (2, super::layout::WHOLE_GROUP + 67);
    (math::heavy_tailed(rows, cols, SEED + 1), rows, cols)
}

fn spec(format: Format, symmetry: Symmetry, granularity: Granularity, scale_rule: ScaleRule) -> QuantSpec {
    QuantSpec {
        format,
        symmetry,
        granularity,
        rounding: Rounding::Nearest,
        scale_rule,
        scale_storage: ScaleStorage::F32,
    }
}

/// Quantizes on both sides and compares what `compare` looks at.
async fn both(
    gpu: &Gpu,
    (w, rows, cols): (&[f32], usize, usize),
    spec: &QuantSpec,
    compare: impl Fn(&math::Quantized, &math::Quantized, &[f32]) -> f64,
) -> Result<f64, LabError> {
    let matrix = upload_matrix(gpu, w, rows, cols)?;
    let quantized = super::quantize(gpu, &matrix, spec).await?;
    let got = read_quantized(gpu, &quantized).await?;
    let inverses = read_inverses(gpu, &quantized).await?;
    Ok(compare(&math::quantize(w, rows, cols, spec), &got, &inverses))
}

pub(super) async fn check_group_range(gpu: &Gpu, rows: usize, cols: usize) -> Result<f64, LabError> {
    let (w, (long, long_rows, long_cols)) = (weights(rows, cols), long_weights());
    let mut worst = 0f64;
    for symmetry in [Symmetry::Symmetric, Symmetry::FullRange, Symmetry::Asymmetric] {
        for storage in [ScaleStorage::F32, ScaleStorage::F16] {
            let group = spec(Format::Int(4), symmetry, Granularity::Group(32), ScaleRule::AbsMax);
            let group = QuantSpec { scale_storage: storage, ..group };
            let row = QuantSpec { granularity: Granularity::Row, ..group };
            let compare = |a: &math::Quantized, b: &math::Quantized, _: &[f32]| agreement::scales(a, b);
            worst = worst.max(both(gpu, (&w, rows, cols), &group, compare).await?);
            worst = worst.max(both(gpu, (&long, long_rows, long_cols), &row, compare).await?);
        }
    }
    Ok(worst)
}

/// The percentiles that are tried.
pub(super) const PERCENTS: [f32; 2] = [50.0, 99.0];

pub(super) async fn check_group_percentile(gpu: &Gpu, rows: usize, cols: usize) -> Result<f64, LabError> {
    let mut worst = 0f64;
    for percent in PERCENTS {
        worst = worst.max(check_percentile(gpu, rows, cols, percent).await?);
    }
    Ok(worst)
}

pub(super) async fn check_percentile(gpu: &Gpu, rows: usize, cols: usize, percent: f32) -> Result<f64, LabError> {
    let (w, (long, long_rows, long_cols)) = (weights(rows, cols), long_weights());
    let rule = ScaleRule::Percentile { percent };
    let group = spec(Format::Int(4), Symmetry::Asymmetric, Granularity::Group(32), rule);
    let row = QuantSpec { granularity: Granularity::Row, ..group };
    let compare = |a: &math::Quantized, b: &math::Quantized, _: &[f32]| agreement::scales(a, b);
    let worst = both(gpu, (&w, rows, cols), &group, compare).await?;
    Ok(worst.max(both(gpu, (&long, long_rows, long_cols), &row, compare).await?))
}

/// The formats whose scales are searched for.
pub(super) const SEARCHED: [(&str, Format, Symmetry); 3] = [
    ("INT4", Format::Int(4), Symmetry::Symmetric),
    ("INT3", Format::Int(3), Symmetry::Asymmetric),
    ("NF4", Format::Nf4, Symmetry::Symmetric),
];

pub(super) async fn check_group_scale_search(gpu: &Gpu, rows: usize, cols: usize) -> Result<f64, LabError> {
    let mut worst = 0f64;
    for (_, format, symmetry) in SEARCHED {
        worst = worst.max(check_search(gpu, rows, cols, (format, symmetry)).await?);
    }
    Ok(worst)
}

pub(super) async fn check_search(
    gpu: &Gpu,
    rows: usize,
    cols: usize,
    (format, symmetry): (Format, Symmetry),
) -> Result<f64, LabError> {
    let (w, (long, long_rows, long_cols)) = (weights(rows, cols), long_weights());
    let group = spec(format, symmetry, Granularity::Group(32), ScaleRule::LeastSquares);
    let depth = summation_depth(gpu, rows * cols / 32, 32);
    let compare = |a: &math::Quantized, b: &math::Quantized, inverses: &[f32]| {
        agreement::least_squares(&w, a, b, inverses, depth)
    };
    let worst = both(gpu, (&w, rows, cols), &group, compare).await?;
    let row = QuantSpec { granularity: Granularity::Row, ..group };
    let depth = summation_depth(gpu, long_rows, long_cols) + long_cols.div_ceil(super::layout::CHUNK);
    let compare = |a: &math::Quantized, b: &math::Quantized, inverses: &[f32]| {
        agreement::least_squares(&long, a, b, inverses, depth)
    };
    Ok(worst.max(both(gpu, (&long, long_rows, long_cols), &row, compare).await?))
}

pub(super) async fn check_quantize(gpu: &Gpu, rows: usize, cols: usize) -> Result<f64, LabError> {
    let w = weights(rows, cols);
    let mut worst = 0f64;
    for (format, symmetry) in [
        (Format::Int(8), Symmetry::Symmetric),
        (Format::Int(4), Symmetry::FullRange),
        (Format::Int(3), Symmetry::Asymmetric),
        (Format::Nf4, Symmetry::Symmetric),
        (Format::Fp8E4m3, Symmetry::Symmetric),
        (Format::Fp16, Symmetry::Symmetric),
        (Format::Bf16, Symmetry::Symmetric),
    ] {
        for rounding in [Rounding::Nearest, Rounding::Stochastic { seed: SEED }] {
            let spec = QuantSpec { rounding, ..spec(format, symmetry, Granularity::Block(64), ScaleRule::AbsMax) };
            let compare =
                |a: &math::Quantized, b: &math::Quantized, inverses: &[f32]| agreement::codes(&w, a, b, inverses);
            worst = worst.max(both(gpu, (&w, rows, cols), &spec, compare).await?);
        }
    }
    Ok(worst)
}

pub(super) async fn check_dequantize(gpu: &Gpu, rows: usize, cols: usize) -> Result<f64, LabError> {
    let matrix = upload_matrix(gpu, &weights(rows, cols), rows, cols)?;
    let mut worst = 0f64;
    for (format, symmetry) in [
        (Format::Int(5), Symmetry::Symmetric),
        (Format::Int(2), Symmetry::Asymmetric),
        (Format::Nf4, Symmetry::Symmetric),
        (Format::Fp8E5m2, Symmetry::Symmetric),
        (Format::Fp16, Symmetry::Symmetric),
        (Format::Bf16, Symmetry::Symmetric),
    ] {
        let spec = spec(format, symmetry, Granularity::Group(32), ScaleRule::AbsMax);
        let quantized = super::quantize(gpu, &matrix, &spec).await?;
        let got = read_matrix(gpu, &super::dequantize(gpu, &quantized)?).await?;
        // From the very codes on the device, so that a fault of `quantize` is not charged to `dequantize`.
        let reference = math::dequantize(&read_quantized(gpu, &quantized).await?);
        worst = worst.max(agreement::dequantized(&reference, &got));
    }
    Ok(worst)
}

/// A matrix and one that differs from it a little, on both sides.
fn pair(rows: usize, cols: usize) -> (Vec<f32>, Vec<f32>) {
    let w = weights(rows, cols);
    let spec = spec(Format::Int(4), Symmetry::Symmetric, Granularity::Group(32), ScaleRule::AbsMax);
    let w_hat = math::dequantize(&math::quantize(&w, rows, cols, &spec));
    (w, w_hat)
}

pub(super) async fn check_error_stats(gpu: &Gpu, rows: usize, cols: usize) -> Result<f64, LabError> {
    let (w, w_hat) = pair(rows, cols);
    let (a, b) = (upload_matrix(gpu, &w, rows, cols)?, upload_matrix(gpu, &w_hat, rows, cols)?);
    let mut worst = 0f64;
    for axis in [Axis::Rows, Axis::Columns] {
        let got = super::error_stats(gpu, &a, &b, axis).await?;
        let depth = if axis == Axis::Rows { summation_depth(gpu, rows, cols) } else { rows };
        worst = worst.max(agreement::line_stats(&math::error_stats(&w, &w_hat, rows, cols, axis), &got, depth));
    }
    Ok(worst)
}

pub(super) async fn check_matrix_stats(gpu: &Gpu, rows: usize, cols: usize) -> Result<f64, LabError> {
    // Far from zero, where careless sums cancel.
    let w: Vec<f32> = weights(rows, cols).iter().map(|w| w + 1.0).collect();
    let got = super::matrix_stats(gpu, &upload_matrix(gpu, &w, rows, cols)?).await?;
    let depth = summation_depth(gpu, w.len().div_ceil(super::layout::CHUNK), w.len());
    Ok(agreement::matrix_stats(&math::matrix_stats(&w), &got, depth))
}

pub(super) async fn check_histogram(gpu: &Gpu, rows: usize, cols: usize) -> Result<f64, LabError> {
    let (w, w_hat) = pair(rows, cols);
    let (a, b) = (upload_matrix(gpu, &w, rows, cols)?, upload_matrix(gpu, &w_hat, rows, cols)?);
    let got = super::histogram(gpu, &a, -0.1, 0.1, 61).await?;
    let weights = agreement::counts(&w, -0.1, 0.1, &math::histogram(&w, -0.1, 0.1, 61), &got);
    let errors: Vec<f32> = w.iter().zip(&w_hat).map(|(w, hat)| hat - w).collect();
    let got = super::error_histogram(gpu, &a, &b, -0.01, 0.01, 97).await?;
    let reference = math::error_histogram(&w, &w_hat, -0.01, 0.01, 97);
    Ok(weights.max(agreement::counts(&errors, -0.01, 0.01, &reference, &got)))
}

pub(super) async fn check_matvec(gpu: &Gpu, rows: usize, cols: usize) -> Result<f64, LabError> {
    let (w, x) = (weights(rows, cols), math::activations(cols, SEED));
    let got = super::matvec(gpu, &upload_matrix(gpu, &w, rows, cols)?, &x).await?;
    let reference = math::matvec(&w, rows, cols, &x);
    Ok(agreement::product(&w, &x, &reference, &got, summation_depth(gpu, rows, cols)))
}

pub(super) async fn check_heatmap(gpu: &Gpu, rows: usize, cols: usize) -> Result<f64, LabError> {
    let (w, w_hat) = pair(rows, cols);
    let (a, b) = (upload_matrix(gpu, &w, rows, cols)?, upload_matrix(gpu, &w_hat, rows, cols)?);
    let whole = Viewport { row: 0, col: 0, rows, cols };
    let part = Viewport { row: rows / 7, col: cols / 19, rows: rows / 3, cols: cols / 10 };
    let mut worst = 0f64;
    // The row of zeros: nothing but ties.
    let ties = Viewport { row: 2, col: 0, rows: 1, cols };
    for (view, cell_rows, cell_cols) in [(whole, 7, 11), (part, 16, 16), (ties, 1, 5)] {
        let got = super::heatmap(gpu, &a, &b, view, cell_rows, cell_cols).await?;
        let reference = math::heatmap(&w, &w_hat, rows, cols, view, cell_rows, cell_cols);
        worst = worst.max(agreement::cells(&reference, &got));
    }
    Ok(worst)
}

pub(super) async fn check_scale_columns(gpu: &Gpu, rows: usize, cols: usize) -> Result<f64, LabError> {
    let w = weights(rows, cols);
    let columns = [0, cols / 2, cols - 1];
    let scaled = super::scale_columns(gpu, &upload_matrix(gpu, &w, rows, cols)?, &columns.map(|c| c as u32), 7.3)?;
    let got = read_matrix(gpu, &scaled).await?;
    let mut expected = w;
    math::scale_columns(&mut expected, cols, &columns, 7.3);
    Ok(agreement::equal(&expected, &got))
}
