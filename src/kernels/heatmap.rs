//! A part of the matrix as a picture; `shaders/heatmap.wgsl`, reference `math::heatmap`.

use crate::gpu::{Access, Batch, Gpu, Kernel, Readings, Slot};
use crate::math::{Cells, Viewport};
use crate::protocol::LabError;

use super::GpuMatrix;
use super::layout::{lanes, workgroups};
use super::matrix::shape_error;
use super::params::params;

pub(super) const NAME: &str = "heatmap";
pub(super) const SOURCE: &str = include_str!("../../shaders/heatmap.wgsl");

const KERNEL: Kernel = Kernel {
    name: NAME,
    source: SOURCE,
    entry: "heatmap",
    bindings: &[(1, Access::Read), (2, Access::Read), (3, Access::Write)],
};

params! {
    stride: u32,
    row: u32,
    col: u32,
    rows: u32,
    cols: u32,
    cell_rows: u32,
    cell_cols: u32,
}

/// Cells on one side. Times any matrix side it stays below `2^32`, which is what the kernel's integers hold.
pub const MAX_CELLS: usize = 256;

/// Records the picture.
///
/// # Errors
/// [`LabError::Shape`] if the viewport leaves the matrix; [`LabError::OutOfRange`] for too many cells; as `quantize`.
pub(super) fn record(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    w: &GpuMatrix,
    w_hat: &GpuMatrix,
    view: Viewport,
    cell_rows: usize,
    cell_cols: usize,
) -> Result<Slot, LabError> {
    w.same_shape(w_hat, NAME)?;
    let inside = |begin: usize, length: usize, all: usize| length > 0 && begin < all && length <= all - begin;
    if !inside(view.row, view.rows, w.rows) || !inside(view.col, view.cols, w.cols) {
        return Err(shape_error(NAME, format!("a part of [{}, {}]", w.rows, w.cols), format!("{view:?}")));
    }
    for cells in [cell_rows, cell_cols] {
        if cells == 0 || cells > MAX_CELLS || cells as u64 * w.rows.max(w.cols) as u64 > u64::from(u32::MAX) {
            let (max, got) = (MAX_CELLS as f64, cells as f64);
            return Err(LabError::OutOfRange { field: "cells".into(), min: 1.0, max, got });
        }
    }
    let params = Params {
        stride: w.cols as u32,
        row: view.row as u32,
        col: view.col as u32,
        rows: view.rows as u32,
        cols: view.cols as u32,
        cell_rows: cell_rows as u32,
        cell_cols: cell_cols as u32,
    };
    let count = cell_rows * cell_cols;
    let cells = gpu.allocate("heatmap", count as u64 * 16)?;
    let lanes = lanes(gpu, count, (view.rows * view.cols).div_ceil(count));
    let buffers = [&w.weights, &w_hat.weights, &cells];
    batch.run(&KERNEL, &[("LANES", lanes as f64)], &params, &buffers, workgroups(count, lanes))?;
    Ok(batch.read(&cells, 0, count as u64 * 16))
}

/// Takes the picture apart.
pub(super) fn cells(readings: &Readings, slot: &Slot) -> Cells {
    let words: Vec<[u32; 4]> = readings.get(slot);
    let plane = |k: usize| words.iter().map(|cell| f32::from_bits(cell[k])).collect();
    Cells {
        original: plane(0),
        dequantized: plane(1),
        error: plane(2),
        index: words.iter().map(|cell| cell[3]).collect(),
    }
}

/// For every cell the weight that lost most.
///
/// # Shapes
/// `w [O, I]`, `w_hat [O, I]` -> `[cell_rows, cell_cols]`
/// # Errors
/// [`LabError::Shape`] if the viewport leaves the matrix; [`LabError::OutOfRange`] for more than [`MAX_CELLS`] cells a
/// side or none; as `quantize`.
pub async fn heatmap(
    gpu: &Gpu,
    w: &GpuMatrix,
    w_hat: &GpuMatrix,
    view: Viewport,
    cell_rows: usize,
    cell_cols: usize,
) -> Result<Cells, LabError> {
    let mut batch = Batch::new(gpu);
    let slot = record(gpu, &mut batch, w, w_hat, view, cell_rows, cell_cols)?;
    Ok(cells(&batch.finish().await?, &slot))
}
