//! Codes back to weights; `shaders/dequantize.wgsl`, reference `math::dequantize`.

use crate::gpu::{Access, Batch, Gpu, Kernel};
use crate::math::Format;
use crate::protocol::LabError;

use super::layout::{CodeLayout, WIDTH};
use super::params::params;
use super::{GpuMatrix, GpuQuantized};

pub(super) const NAME: &str = "dequantize";
pub(super) const SOURCE: &str = shader!("dequantize");

const KERNEL: Kernel = Kernel {
    name: NAME,
    source: SOURCE,
    entry: "dequantize",
    bindings: &[(1, Access::Read), (2, Access::Read), (3, Access::Read), (4, Access::Write)],
};

params! {
    count: u32,
    per_word: u32,
    bits: u32,
    line_length: u32,
    size: u32,
    groups: u32,
    kind: u32,
    low: f32,
}

/// Dequantizes a matrix on the device. FP32 shares the buffer of the original.
///
/// # Shapes
/// codes `[O, I]`, scales `[G]` -> `[O, I]`
/// # Errors
/// [`LabError::TooLarge`], [`LabError::OutOfMemory`], [`LabError::Kernel`], [`LabError::DeviceLost`].
pub fn dequantize(gpu: &Gpu, q: &GpuQuantized) -> Result<GpuMatrix, LabError> {
    if q.spec.format == Format::Fp32 {
        return Ok(GpuMatrix { rows: q.rows, cols: q.cols, weights: q.codes.clone() });
    }
    let codes = CodeLayout::new(&q.spec);
    let table = gpu.upload("levels", &codes.table)?;
    let restored = GpuMatrix::zeroed(gpu, "restored", q.rows, q.cols)?;
    let params = Params {
        count: restored.count() as u32,
        per_word: codes.per_word,
        bits: codes.bits,
        line_length: q.groups.length as u32,
        size: q.groups.size as u32,
        groups: if q.spec.format.is_scaled() { q.groups.count() as u32 } else { 1 },
        kind: codes.kind,
        low: codes.low,
    };
    let mut batch = Batch::new(gpu);
    let buffers = [&q.codes, &q.scales, &table, &restored.weights];
    batch.run(&KERNEL, &[], &params, &buffers, (restored.count() as u64).div_ceil(WIDTH))?;
    batch.submit()?;
    Ok(restored)
}
