//! Copies with zeros at their ends, and activations as integers.

use crate::gpu::{Batch, Gpu};
use crate::kernels::agreement::equal;
use crate::kernels::{GpuMatrix, upload_matrix};
use crate::math::{self, IntegerRows};
use crate::protocol::LabError;

use super::super::pad::pad;
use super::{agreement, made, quantize_rows};

/// The worst disagreement of a copy padded to `[padded_rows, padded_cols]`: none is allowed.
///
/// # Errors
/// Those of the kernel.
pub async fn pad_case(
    gpu: &Gpu,
    (rows, cols): (usize, usize),
    (padded_rows, padded_cols): (usize, usize),
) -> Result<f64, LabError> {
    let a = made(rows, cols, 8);
    let matrix = upload_matrix(gpu, &a, rows, cols)?;
    let mut batch = Batch::new(gpu);
    let padded = pad(gpu, &mut batch, &matrix, padded_rows, padded_cols)?;
    let slot = batch.read(&padded.buffer, 0, padded.buffer.size_bytes());
    let got: Vec<f32> = batch.finish().await?.get(&slot);
    Ok(equal(&math::pad(&a, rows, cols, padded_rows, padded_cols), &got))
}

/// What the device quantizes rows to.
///
/// # Errors
/// Those of the kernel.
pub async fn integers(gpu: &Gpu, x: &GpuMatrix, group: usize) -> Result<IntegerRows, LabError> {
    let mut batch = Batch::new(gpu);
    let rows = quantize_rows(gpu, &mut batch, x, group)?;
    let codes = batch.read(&rows.codes, 0, (x.rows * rows.pitch * 4) as u64);
    let steps = batch.read(&rows.steps, 0, (x.rows * rows.groups * 4) as u64);
    let readings = batch.finish().await?;
    let padded: Vec<i8> = readings.get(&codes);
    let codes = padded.chunks(rows.pitch * 4).flat_map(|row| row[..x.cols].to_vec()).collect();
    Ok(IntegerRows { cols: x.cols, group, codes, steps: readings.get(&steps) })
}

/// The worst disagreement of quantized activations; the second row is zeros.
///
/// # Errors
/// Those of the kernel.
pub async fn quantize_rows_case(gpu: &Gpu, rows: usize, cols: usize, group: usize) -> Result<f64, LabError> {
    let mut x = made(rows, cols, 9);
    if let Some(row) = x.chunks_mut(cols).nth(1) {
        row.fill(0.0);
    }
    let got = integers(gpu, &upload_matrix(gpu, &x, rows, cols)?, group).await?;
    Ok(agreement::quantized_rows(&x, &math::quantize_rows(&x, cols, group), &got))
}
