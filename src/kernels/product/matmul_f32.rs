//! Products with f32 weights; `shaders/matmul_f32.wgsl`, reference `math::matmul` and its gradients.

use crate::gpu::{Access, Batch, Gpu, GpuBuffer, Kernel};
use crate::kernels::GpuMatrix;
use crate::kernels::params::params;
use crate::protocol::LabError;

use super::LowRank;
use super::choose::{Pass, Variant, choose};
use super::weights::{Shard, Weights, shard_rows};

pub(in crate::kernels) const NAME: &str = "matmul_f32";
pub(in crate::kernels) const SOURCE: &str = include_str!("../../../shaders/matmul_f32.wgsl");

/// Values that a vector load takes: rows of a weight are padded to whole vectors, and their number too.
const LANES: usize = 4;

const fn variant(name: &'static str, entry: &'static str, tile: (usize, usize)) -> Variant {
    let bindings = &[(1, Access::Read), (2, Access::Read), (4, Access::Write), (5, Access::Read), (6, Access::Read)];
    Variant { name, kernel: Kernel { name: NAME, source: SOURCE, entry, bindings }, tile }
}

const FORWARD: &[Variant] = &[variant("v1", "matmul_f32_v1", (8, 8))];
const INPUT_GRADIENT: &[Variant] = &[variant("v1", "matmul_f32_grad_v1", (8, 8))];
const WEIGHT_GRADIENT: &[Variant] = &[variant("v1", "matmul_f32_weight_grad_v1", (8, 8))];

pub(super) fn variants(pass: Pass) -> &'static [Variant] {
    match pass {
        Pass::Forward => FORWARD,
        Pass::InputGradient => INPUT_GRADIENT,
        Pass::WeightGradient => WEIGHT_GRADIENT,
    }
}

params! {
    rows: u32,
    cols: u32,
    depth: u32,
    rank: u32,
    left_pitch: u32,
    right_pitch: u32,
    result_pitch: u32,
    first: u32,
    up_out: u32,
    up_rank: u32,
    scale: f32,
    accumulate: u32,
}

impl Params {
    fn with(mut self, low_rank: Option<&LowRank<'_>>) -> Params {
        if let Some(update) = low_rank {
            self.rank = update.rank as u32;
            (self.up_out, self.up_rank) = (update.out_stride, update.rank_stride);
            self.scale = update.scale;
        }
        self
    }
}

/// `z` and `up`, or something small to bind in their place.
fn low_rank_buffers<'a>(low_rank: Option<&LowRank<'a>>, instead: &'a GpuBuffer) -> [&'a GpuBuffer; 2] {
    low_rank.filter(|l| l.rank > 0).map_or([instead; 2], |l| [l.z.buffer(), l.up])
}

/// Rows padded with zeros to whole vectors.
pub(super) fn upload(gpu: &Gpu, w: &[f32], rows: usize, cols: usize) -> Result<Vec<Shard>, LabError> {
    let pitch = cols.next_multiple_of(LANES);
    let most = shard_rows(gpu, pitch as u64 * 4, LANES)?;
    let mut shards = Vec::new();
    for first in (0..rows).step_by(most) {
        let count = most.min(rows - first);
        let mut padded = vec![0f32; pitch * count.next_multiple_of(LANES)];
        for row in 0..count {
            let from = (first + row) * cols;
            padded[row * pitch..][..cols].copy_from_slice(&w[from..from + cols]);
        }
        shards.push(Shard { first, rows: count, codes: gpu.upload("weights", &padded)?, meta: None });
    }
    Ok(shards)
}

pub(super) fn forward(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    x: &GpuMatrix,
    w: &Weights,
    low_rank: Option<&LowRank<'_>>,
    y: &GpuMatrix,
) -> Result<(), LabError> {
    let variant = choose(gpu, NAME, Pass::Forward, x.rows, FORWARD);
    for shard in &w.shards {
        let params = Params {
            rows: x.rows as u32,
            cols: shard.rows as u32,
            depth: x.cols as u32,
            left_pitch: x.cols as u32,
            right_pitch: x.cols.next_multiple_of(LANES) as u32,
            result_pitch: y.cols as u32,
            first: shard.first as u32,
            ..bytemuck::Zeroable::zeroed()
        };
        let [z, up] = low_rank_buffers(low_rank, x.buffer());
        let buffers = [x.buffer(), &shard.codes, y.buffer(), z, up];
        let workgroups = variant.workgroups(x.rows, shard.rows);
        batch.run(&variant.kernel, &[], &params.with(low_rank), &buffers, workgroups)?;
    }
    Ok(())
}

pub(super) fn input_gradient(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    dy: &GpuMatrix,
    w: &Weights,
    low_rank: Option<&LowRank<'_>>,
    dx: &GpuMatrix,
) -> Result<(), LabError> {
    let variant = choose(gpu, NAME, Pass::InputGradient, dy.rows, INPUT_GRADIENT);
    for (number, shard) in w.shards.iter().enumerate() {
        // Every shard adds its outputs' share to the sums; the update comes with the first.
        let low_rank = low_rank.filter(|_| number == 0);
        let params = Params {
            rows: dy.rows as u32,
            cols: dx.cols as u32,
            depth: shard.rows as u32,
            left_pitch: dy.cols as u32,
            right_pitch: dx.cols.next_multiple_of(LANES) as u32,
            result_pitch: dx.cols as u32,
            first: shard.first as u32,
            accumulate: u32::from(number > 0),
            ..bytemuck::Zeroable::zeroed()
        };
        let [z, up] = low_rank_buffers(low_rank, dy.buffer());
        let buffers = [dy.buffer(), &shard.codes, dx.buffer(), z, up];
        let workgroups = variant.workgroups(dy.rows, dx.cols);
        batch.run(&variant.kernel, &[], &params.with(low_rank), &buffers, workgroups)?;
    }
    Ok(())
}

pub(super) fn weight_gradient(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    dy: &GpuMatrix,
    x: &GpuMatrix,
    dw: &GpuMatrix,
) -> Result<(), LabError> {
    let variant = choose(gpu, NAME, Pass::WeightGradient, dw.rows, WEIGHT_GRADIENT);
    let params = Params {
        rows: dw.rows as u32,
        cols: dw.cols as u32,
        depth: x.rows as u32,
        left_pitch: dy.cols as u32,
        right_pitch: x.cols as u32,
        result_pitch: dw.cols as u32,
        ..bytemuck::Zeroable::zeroed()
    };
    let buffers = [dy.buffer(), x.buffer(), dw.buffer(), dy.buffer(), dy.buffer()];
    batch.run(&variant.kernel, &[], &params, &buffers, variant.workgroups(dw.rows, dw.cols))
}
