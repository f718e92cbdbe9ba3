//! A part of the matrix as a picture; `shaders/heatmap.wgsl`, reference `math::heatmap`.

use crate::gpu::{Access, Batch, Gpu, Kernel, Readings, Slot};
use crate::math::{Cells, Viewport};
use crate::protocol::LabError;

use super::GpuMatrix;
use super::layout::{lanes, workgroups};
use super::matrix::shape_error;
use super::params::params;

pub(super) const NAME: &str = "heatmap";
pub(super) const SOURCE: &str = shader!("heatmap");

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
    chunk: u32,
    chunks: u32,
}

/// Weights of a cell that are looked at together; a picture of 192 cells a side has 455 of a 4096 x 4096 matrix in each.
const CHUNK: usize = 16384;
/// Marks a chunk beyond the end of its cell.
const NOWHERE: u32 = u32::MAX;

/// Where a recorded picture will be.
pub(super) struct Pending {
    slot: Slot,
    chunks: usize,
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
) -> Result<Pending, LabError> {
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
    // The largest cell is one line longer than the average where the division leaves a rest.
    let largest = view.rows.div_ceil(cell_rows) * view.cols.div_ceil(cell_cols);
    let chunks = largest.div_ceil(CHUNK);
    let parts = cell_rows * cell_cols * chunks;
    let params = Params {
        stride: w.cols as u32,
        row: view.row as u32,
        col: view.col as u32,
        rows: view.rows as u32,
        cols: view.cols as u32,
        cell_rows: cell_rows as u32,
        cell_cols: cell_cols as u32,
        chunk: CHUNK as u32,
        chunks: chunks as u32,
    };
    let cells = gpu.allocate("heatmap", parts as u64 * 16)?;
    let lanes = lanes(gpu, parts, largest.min(CHUNK));
    let buffers = [&w.weights, &w_hat.weights, &cells];
    batch.run(&KERNEL, &[("LANES", lanes as f64)], &params, &buffers, workgroups(parts, lanes))?;
    Ok(Pending { slot: batch.read(&cells, 0, parts as u64 * 16), chunks })
}

impl Pending {
    /// Chooses among the chunks of each cell and takes the picture apart.
    pub fn cells(&self, readings: &Readings) -> Cells {
        let parts: Vec<[u32; 4]> = readings.get(&self.slot);
        let magnitude = |bits: u32| f32::from_bits(bits).abs();
        let rank = |p: &[u32; 4]| (magnitude(p[2]), magnitude(p[0]));
        let mut cells = Cells::default();
        for chunks in parts.chunks_exact(self.chunks) {
            // Chunks follow each other in the matrix, so the first of equals is the first weight.
            let found = chunks.iter().filter(|p| p[3] != NOWHERE);
            let worst = found.fold(chunks[0], |a, b| if rank(b) > rank(&a) { *b } else { a });
            cells.original.push(f32::from_bits(worst[0]));
            cells.dequantized.push(f32::from_bits(worst[1]));
            cells.error.push(f32::from_bits(worst[2]));
            cells.index.push(worst[3]);
        }
        cells
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
    let pending = record(gpu, &mut batch, w, w_hat, view, cell_rows, cell_cols)?;
    Ok(pending.cells(&batch.finish().await?))
}
