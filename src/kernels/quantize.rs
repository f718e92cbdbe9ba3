//! Weights to codes; `shaders/quantize.wgsl`, reference `math::quantize`.

use crate::gpu::{Access, Batch, Gpu, GpuBuffer, Kernel};
use crate::math::{Format, Groups, QuantSpec, Rounding, ScaleRule, ScaleStorage, pcg, stored_scales};
use crate::protocol::LabError;

use super::layout::{CodeLayout, GroupLayout, WIDTH, check};
use super::params::params;
use super::{GpuMatrix, GpuQuantized, group_percentile, group_range, group_scale_search};

pub(super) const NAME: &str = "quantize";
pub(super) const SOURCE: &str = shader!("quantize");

const KERNEL: Kernel = Kernel {
    name: NAME,
    source: SOURCE,
    entry: "quantize",
    bindings: &[(1, Access::Read), (2, Access::Read), (3, Access::Read), (4, Access::Write)],
};

params! {
    count: u32,
    words: u32,
    per_word: u32,
    bits: u32,
    line_length: u32,
    size: u32,
    groups: u32,
    kind: u32,
    levels: u32,
    stochastic: u32,
    seed: u32,
    low: f32,
    high: f32,
}

/// Quantizes a matrix on the device: scales (see `group_range`, `group_percentile`, `group_scale_search`), then codes.
///
/// Only double quantization brings anything back on the way: its scales pass through [`stored_scales`] on the
/// processor (they are few, and its mean is a sum over all of them in f64), and go up again.
///
/// # Shapes
/// `w [O, I]` -> codes `[O, I]`, scales `[G]`
/// # Errors
/// [`LabError::OutOfRange`] for bits outside `2..=8`; [`LabError::TooLarge`], [`LabError::OutOfMemory`],
/// [`LabError::Kernel`], [`LabError::DeviceLost`].
pub async fn quantize(gpu: &Gpu, w: &GpuMatrix, spec: &QuantSpec) -> Result<GpuQuantized, LabError> {
    check(spec)?;
    let groups = Groups::new(spec.granularity, w.rows, w.cols);
    let quantized = |codes, scales| GpuQuantized { rows: w.rows, cols: w.cols, spec: *spec, groups, codes, scales };
    if spec.format == Format::Fp32 {
        return Ok(quantized(w.weights.clone(), gpu.allocate("scales", 12)?));
    }
    let codes = CodeLayout::new(spec);
    let table = gpu.upload("levels", &codes.table)?;
    let mut batch = Batch::new(gpu);
    let scales = if spec.format.is_scaled() {
        record_scales(gpu, &mut batch, w, &groups, &codes, &table)?
    } else {
        gpu.allocate("scales", 12)?
    };
    if spec.format.is_scaled() && spec.scale_storage == ScaleStorage::Double {
        let slot = batch.read(&scales, 0, groups.count() as u64 * 4);
        let fitting = batch.finish().await?.get::<f32>(&slot);
        let stored = stored_scales(fitting, ScaleStorage::Double);
        gpu.write(&scales, 0, bytemuck::cast_slice(&stored))?;
        batch = Batch::new(gpu);
    }
    let words = record_codes(gpu, &mut batch, w, &groups, &codes, &table, &scales)?;
    batch.submit()?;
    Ok(quantized(words, scales))
}

fn record_scales(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    w: &GpuMatrix,
    groups: &Groups,
    codes: &CodeLayout,
    table: &GpuBuffer,
) -> Result<GpuBuffer, LabError> {
    let spec = &codes.spec;
    let layout = GroupLayout::new(groups);
    let scales = gpu.allocate("scales", groups.count() as u64 * 12)?;
    let clip = match spec.scale_rule {
        ScaleRule::Percentile { percent } => Some(group_percentile::record(gpu, batch, &w.weights, &layout, percent)?),
        ScaleRule::AbsMax | ScaleRule::LeastSquares => None,
    };
    group_range::record(gpu, batch, &w.weights, &layout, spec, clip.as_ref(), &scales)?;
    if spec.scale_rule == ScaleRule::LeastSquares {
        group_scale_search::record(gpu, batch, &w.weights, &layout, codes, table, &scales)?;
    }
    Ok(scales)
}

fn record_codes(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    w: &GpuMatrix,
    groups: &Groups,
    codes: &CodeLayout,
    table: &GpuBuffer,
    scales: &GpuBuffer,
) -> Result<GpuBuffer, LabError> {
    let spec = &codes.spec;
    let word_count = w.count().div_ceil(codes.per_word as usize);
    let words = gpu.allocate("codes", word_count as u64 * 4)?;
    let params = Params {
        count: w.count() as u32,
        words: word_count as u32,
        per_word: codes.per_word,
        bits: codes.bits,
        line_length: groups.length as u32,
        size: groups.size as u32,
        groups: if spec.format.is_scaled() { groups.count() as u32 } else { 1 },
        kind: codes.kind,
        levels: codes.levels,
        stochastic: u32::from(spec.rounding != Rounding::Nearest),
        seed: match spec.rounding {
            Rounding::Stochastic { seed } => pcg(seed),
            Rounding::Nearest => 0,
        },
        low: codes.low,
        high: codes.high,
    };
    let buffers = [&w.weights, scales, table, &words];
    batch.run(&KERNEL, &[], &params, &buffers, (word_count as u64).div_ceil(WIDTH))?;
    Ok(words)
}
