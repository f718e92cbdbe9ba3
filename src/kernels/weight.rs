//! The arithmetic of one weight: a handful of words brought back, the rest is `math`.

use crate::gpu::{Batch, Gpu};
use crate::math::{Codes, Format, Granularity, Groups, Quantized, Weight, codes_per_word, explain, unpack_codes};
use crate::protocol::LabError;

use super::layout::has_zeros;
use super::matrix::shape_error;
use super::{GpuMatrix, GpuQuantized};

/// Value, scale, zero point, code, level, value back and error of the weight at a row and column.
///
/// # Shapes
/// `w [O, I]`, the same that was quantized
/// # Errors
/// [`LabError::Shape`] if the position is outside the matrix; [`LabError::DeviceLost`].
pub async fn weight(gpu: &Gpu, w: &GpuMatrix, q: &GpuQuantized, row: usize, col: usize) -> Result<Weight, LabError> {
    if row >= w.rows || col >= w.cols || (w.rows, w.cols) != (q.rows, q.cols) {
        let got = format!("[{row}, {col}]");
        return Err(shape_error("weight", format!("a place in [{}, {}]", q.rows, q.cols), got));
    }
    let index = row * w.cols + col;
    let bits = q.spec.format.bits();
    let per_word = codes_per_word(bits);
    let scaled = q.spec.format.is_scaled();
    let (group, groups) = if scaled { (q.groups.of(index), q.groups.count()) } else { (0, 1) };
    let mut batch = Batch::new(gpu);
    let value = batch.read(&w.weights, index as u64 * 4, 4);
    let word = batch.read(&q.codes, (index / per_word) as u64 * 4, 4);
    let scale = batch.read(&q.scales, group as u64 * 4, 4);
    let zero = batch.read(&q.scales, (2 * groups + group) as u64 * 4, 4);
    let readings = batch.finish().await?;
    let word = readings.get::<u32>(&word)[0] >> ((index % per_word) as u32 * (bits % 32));
    // The same weight as a matrix of one, so that the reference explains it.
    let one = Quantized {
        spec: q.spec,
        rows: 1,
        cols: 1,
        groups: Groups::new(Granularity::Tensor, 1, 1),
        codes: if q.spec.format == Format::Fp32 {
            Codes::Full(vec![f32::from_bits(word)])
        } else {
            unpack_codes(&[word], bits, 1)
        },
        scales: if scaled { readings.get(&scale) } else { Vec::new() },
        zeros: if has_zeros(&q.spec) { vec![readings.get::<f32>(&zero)[0] as u8] } else { Vec::new() },
    };
    Ok(Weight { group, ..explain(&readings.get::<f32>(&value), &one, 0, 0) })
}
