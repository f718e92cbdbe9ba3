//! Collections of vectors on the device, and the rows that point where a query points.

use crate::gpu::{Batch, Gpu, GpuBuffer};
use crate::kernels::GpuMatrix;
use crate::kernels::matrix::shape_error;
use crate::math;
use crate::protocol::LabError;

use super::{Ranked, TopK, cosine_scores, cosine_scores_int8};

/// Queries whose scores are kept at once, so that scores take less room than rows.
const QUERY_BLOCK: usize = 16;

/// How many queries' scores of `count` rows one binding holds, up to [`QUERY_BLOCK`].
fn query_block(gpu: &Gpu, count: usize) -> usize {
    (gpu.largest_buffer_bytes() as usize / (count * size_of::<f32>())).clamp(1, QUERY_BLOCK)
}

/// As many rows as one binding holds.
pub(super) struct Shard {
    pub first: usize,
    pub count: usize,
    pub buffer: GpuBuffer,
}

/// Rows padded with zeros to whole vectors of `lanes` numbers, cut into shards.
fn shards<T: bytemuck::Pod>(
    gpu: &Gpu,
    what: &str,
    values: &[T],
    dims: usize,
    lanes: usize,
) -> Result<Vec<Shard>, LabError> {
    if dims == 0 || values.is_empty() || !values.len().is_multiple_of(dims) {
        return Err(shape_error(what, format!("[N, {dims}], not empty"), values.len().to_string()));
    }
    let pitch = dims.next_multiple_of(lanes);
    let most = (gpu.largest_buffer_bytes() as usize / (pitch * size_of::<T>())).max(1);
    let mut shards = Vec::new();
    for (number, rows) in values.chunks(most * dims).enumerate() {
        let count = rows.len() / dims;
        let buffer = if pitch == dims {
            gpu.check_size(what, size_of_val(rows) as u64)?;
            gpu.upload(what, rows)?
        } else {
            let mut padded = vec![T::zeroed(); count * pitch];
            for (to, row) in padded.chunks_exact_mut(pitch).zip(rows.chunks_exact(dims)) {
                to[..dims].copy_from_slice(row);
            }
            gpu.upload(what, &padded)?
        };
        shards.push(Shard { first: number * most, count, buffer });
    }
    Ok(shards)
}

/// Rows of f32, `[N, D]`.
pub struct Vectors {
    pub count: usize,
    pub dims: usize,
    pub(super) shards: Vec<Shard>,
}

impl Vectors {
    /// Numbers in a vector load.
    pub(super) const LANES: usize = 4;

    /// Puts rows on the device.
    ///
    /// # Errors
    /// [`LabError::Shape`], [`LabError::TooLarge`], [`LabError::OutOfMemory`], [`LabError::DeviceLost`].
    pub fn upload(gpu: &Gpu, values: &[f32], dims: usize) -> Result<Vectors, LabError> {
        let shards = shards(gpu, cosine_scores::NAME, values, dims, Self::LANES)?;
        Ok(Vectors { count: values.len() / dims, dims, shards })
    }

    /// Puts rows on the device, each divided by its length: what queries are.
    ///
    /// # Errors
    /// As [`Vectors::upload`].
    pub fn upload_unit(gpu: &Gpu, values: &[f32], dims: usize) -> Result<Vectors, LabError> {
        let mut unit = values.to_vec();
        for row in unit.chunks_mut(dims.max(1)) {
            let length = row.iter().map(|&v| f64::from(v) * f64::from(v)).sum::<f64>().sqrt();
            let factor = if length > 0.0 { 1.0 / length } else { 0.0 };
            row.iter_mut().for_each(|v| *v = (f64::from(*v) * factor) as f32);
        }
        Vectors::upload(gpu, &unit, dims)
    }
}

/// Rows of INT8 codes, `[N, D]`; a scale a row cancels in a cosine.
pub struct VectorsInt8 {
    pub count: usize,
    pub dims: usize,
    /// `1 / |code|` of each row; 0 for a row of zeros.
    pub(super) inverse_lengths: Vec<f32>,
    pub(super) shards: Vec<Shard>,
}

impl VectorsInt8 {
    /// Codes in a vector load.
    pub(super) const LANES: usize = 16;
    /// `127^2 D` must fit 31 bits.
    const MAX_DIMS: usize = 1 << 17;

    /// Puts codes on the device.
    ///
    /// # Errors
    /// As [`Vectors::upload`].
    pub fn upload(gpu: &Gpu, codes: &[i8], dims: usize) -> Result<VectorsInt8, LabError> {
        if dims > Self::MAX_DIMS {
            return Err(shape_error(
                cosine_scores_int8::NAME,
                format!("up to {} codes", Self::MAX_DIMS),
                dims.to_string(),
            ));
        }
        let shards = shards(gpu, cosine_scores_int8::NAME, codes, dims, Self::LANES)?;
        let inverse = |row: &[i8]| {
            let squares: i64 = row.iter().map(|&c| i64::from(c) * i64::from(c)).sum();
            if squares > 0 { (1.0 / (squares as f64).sqrt()) as f32 } else { 0.0 }
        };
        let inverse_lengths = codes.chunks_exact(dims).map(inverse).collect();
        Ok(VectorsInt8 { count: codes.len() / dims, dims, inverse_lengths, shards })
    }
}

/// The rows whose cosine with each query is largest, best first; exact. Scores stay on the device, only `k` a query come
/// back.
///
/// # Shapes
/// `rows [N, D]`, `queries [Q, D]` -> `[Q, min(k, N)]`
/// # Errors
/// [`LabError::Shape`]; [`LabError::TooLarge`] if not even one query's scores fit in a binding; as [`TopK::new`];
/// [`LabError::Kernel`].
pub async fn nearest(gpu: &Gpu, rows: &Vectors, queries: &[f32], k: usize) -> Result<Vec<Vec<Ranked>>, LabError> {
    let mut found = Vec::new();
    for block in queries.chunks(query_block(gpu, rows.count) * rows.dims) {
        let block = Vectors::upload_unit(gpu, block, rows.dims)?;
        let scores = GpuMatrix::zeroed(gpu, "scores", block.count, rows.count)?;
        let mut batch = Batch::new(gpu);
        cosine_scores(gpu, &mut batch, rows, &block, &scores)?;
        found.extend(best(gpu, batch, &scores, k).await?);
    }
    Ok(found)
}

/// The same over INT8 rows; queries become INT8 too, with a scale each.
///
/// # Shapes
/// `rows [N, D]`, `queries [Q, D]` -> `[Q, min(k, N)]`
/// # Errors
/// As [`nearest`].
pub async fn nearest_int8(
    gpu: &Gpu,
    rows: &VectorsInt8,
    queries: &[f32],
    k: usize,
) -> Result<Vec<Vec<Ranked>>, LabError> {
    let mut found = Vec::new();
    for block in queries.chunks(query_block(gpu, rows.count) * rows.dims) {
        let block = VectorsInt8::upload(gpu, &math::int8_rows(block, rows.dims).0, rows.dims)?;
        let scores = GpuMatrix::zeroed(gpu, "scores", block.count, rows.count)?;
        let mut batch = Batch::new(gpu);
        cosine_scores_int8(gpu, &mut batch, rows, &block, &scores)?;
        found.extend(best(gpu, batch, &scores, k).await?);
    }
    Ok(found)
}

async fn best(gpu: &Gpu, mut batch: Batch<'_>, scores: &GpuMatrix, k: usize) -> Result<Vec<Vec<Ranked>>, LabError> {
    let top = TopK::new(gpu, scores.rows, scores.cols, k)?;
    top.record(&mut batch, scores.buffer())?;
    let slot = top.read(&mut batch);
    Ok(top.ranked(&batch.finish().await?, &slot))
}
