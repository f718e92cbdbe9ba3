//! What the products with f32 and f16 weights share: parameters and dispatch.

use crate::gpu::{Batch, Gpu};
use crate::kernels::GpuMatrix;
use crate::kernels::params::params;
use crate::protocol::LabError;

use super::choose::{Pass, Variant, choose};
use super::low_rank::{LowRank, low_rank_buffers, with_low_rank};
use super::pad::{LANES, Operand};
use super::weights::{Shard, Weights, shard_rows};

params! {
    rows: u32,
    cols: u32,
    depth: u32,
    rank: u32,
    left_pitch: u32,
    right_pitch: u32,
    result_pitch: u32,
    left_first: u32,
    result_first: u32,
    accumulate: u32,
    up_out: u32,
    up_rank: u32,
    scale: f32,
}

with_low_rank!();

/// Puts rows on the device, padded with zeros to whole vectors and in number to whole blocks of rows; `stored` gives the
/// words of a padded shard, `bytes` what one value takes.
pub(super) fn upload(
    gpu: &Gpu,
    w: &[f32],
    (rows, cols): (usize, usize),
    bytes: u64,
    stored: impl Fn(&[f32]) -> Vec<u32>,
) -> Result<Vec<Shard>, LabError> {
    let pitch = cols.next_multiple_of(LANES);
    let most = shard_rows(gpu, pitch as u64 * bytes, LANES)?;
    let mut shards = Vec::new();
    for first in (0..rows).step_by(most) {
        let count = most.min(rows - first);
        let mut padded = vec![0f32; pitch * count.next_multiple_of(LANES)];
        for row in 0..count {
            let from = (first + row) * cols;
            padded[row * pitch..][..cols].copy_from_slice(&w[from..from + cols]);
        }
        shards.push(Shard { first, rows: count, codes: gpu.upload("weights", &stored(&padded))?, meta: None });
    }
    Ok(shards)
}

pub(super) fn forward(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    variants: &'static [Variant],
    x: &GpuMatrix,
    w: &Weights,
    low_rank: Option<&LowRank<'_>>,
    y: &GpuMatrix,
) -> Result<(), LabError> {
    let variant = choose(gpu, w.storage.kernel(), Pass::Forward, x.rows, variants);
    let left = if variant.is_plain() { Operand::plain(x) } else { Operand::whole_columns(gpu, batch, x)? };
    for shard in &w.shards {
        let params = Params {
            rows: x.rows as u32,
            cols: shard.rows as u32,
            depth: x.cols as u32,
            left_pitch: left.pitch,
            right_pitch: x.cols.next_multiple_of(LANES) as u32,
            result_pitch: y.cols as u32,
            result_first: shard.first as u32,
            ..bytemuck::Zeroable::zeroed()
        };
        let [z, up] = low_rank_buffers(low_rank, &left.buffer);
        let buffers = [&left.buffer, &shard.codes, y.buffer(), z, up];
        let workgroups = variant.workgroups(x.rows, shard.rows);
        batch.run(&variant.kernel, &[], &params.with(low_rank), &buffers, workgroups)?;
    }
    Ok(())
}

pub(super) fn input_gradient(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    variants: &'static [Variant],
    dy: &GpuMatrix,
    w: &Weights,
    low_rank: Option<&LowRank<'_>>,
    dx: &GpuMatrix,
) -> Result<(), LabError> {
    let variant = choose(gpu, w.storage.kernel(), Pass::InputGradient, dy.rows, variants);
    let left = if variant.is_plain() { Operand::plain(dy) } else { Operand::whole_columns(gpu, batch, dy)? };
    for (number, shard) in w.shards.iter().enumerate() {
        // Every shard adds its outputs' share to the sums; the update comes with the first.
        let low_rank = low_rank.filter(|_| number == 0);
        let params = Params {
            rows: dy.rows as u32,
            cols: dx.cols as u32,
            depth: shard.rows as u32,
            left_pitch: left.pitch,
            right_pitch: dx.cols.next_multiple_of(LANES) as u32,
            result_pitch: dx.cols as u32,
            left_first: shard.first as u32,
            accumulate: u32::from(number > 0),
            ..bytemuck::Zeroable::zeroed()
        };
        let [z, up] = low_rank_buffers(low_rank, &left.buffer);
        let buffers = [&left.buffer, &shard.codes, dx.buffer(), z, up];
        let workgroups = variant.workgroups(dy.rows, dx.cols);
        batch.run(&variant.kernel, &[], &params.with(low_rank), &buffers, workgroups)?;
    }
    Ok(())
}

pub(super) fn weight_gradient(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    kernel: &str,
    variants: &'static [Variant],
    dy: &GpuMatrix,
    x: &GpuMatrix,
    dw: &GpuMatrix,
) -> Result<(), LabError> {
    let variant = choose(gpu, kernel, Pass::WeightGradient, dw.rows, variants);
    let (left, right) = if variant.is_plain() {
        (Operand::plain(dy), Operand::plain(x))
    } else {
        (Operand::whole(gpu, batch, dy)?, Operand::whole(gpu, batch, x)?)
    };
    let params = Params {
        rows: dw.rows as u32,
        cols: dw.cols as u32,
        depth: x.rows as u32,
        left_pitch: left.pitch,
        right_pitch: right.pitch,
        result_pitch: dw.cols as u32,
        ..bytemuck::Zeroable::zeroed()
    };
    let buffers = [&left.buffer, &right.buffer, dw.buffer(), &left.buffer, &left.buffer];
    batch.run(&variant.kernel, &[], &params, &buffers, variant.workgroups(dw.rows, dw.cols))
}
