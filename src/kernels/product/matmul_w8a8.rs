//! Products of 8-bit integers on both sides; `shaders/matmul_w8a8.wgsl`, reference `math::matmul_w8a8`. The gradient at
//! the inputs meets the same codes as INT8 weights.

use crate::gpu::{Access, Batch, Gpu, Kernel};
use crate::kernels::GpuMatrix;
use crate::kernels::params::params;
use crate::protocol::LabError;

use super::choose::{Pass, Variant, choose};
use super::low_rank::{LowRank, low_rank_buffers, with_low_rank};
use super::quantize_rows::quantize_rows;
use super::weight_only::buffers_of;
use super::weights::Weights;

pub(in crate::kernels) const NAME: &str = "matmul_w8a8";
pub(in crate::kernels) const SOURCE: &str = shader!("matmul_w8a8");

const fn variant(name: &'static str, entry: &'static str, tile: (usize, usize)) -> Variant {
    let bindings = &[
        (1, Access::Read),
        (2, Access::Read),
        (3, Access::Read),
        (4, Access::Write),
        (5, Access::Read),
        (6, Access::Read),
        (7, Access::Read),
    ];
    Variant { name, kernel: Kernel { name: NAME, source: SOURCE, entry, bindings }, tile }
}

pub(super) const FORWARD: &[Variant] = &[
    variant("v1", "matmul_w8a8_v1", (8, 8)),
    variant("rows", "matmul_w8a8_rows", (1, 4)),
    variant("row", "matmul_w8a8_row", (1, 64)),
    variant("regs", "matmul_w8a8_regs", (16, 32)),
    variant("floats", "matmul_w8a8_floats", (16, 32)),
    variant("tiles", "matmul_w8a8_tiles", (64, 64)),
];

params! {
    rows: u32,
    cols: u32,
    pitch: u32,
    rank: u32,
    result_pitch: u32,
    first: u32,
    group: u32,
    groups: u32,
    up_out: u32,
    up_rank: u32,
    scale: f32,
}

with_low_rank!();

/// Quantizes `x` and multiplies; `w` comes with the size of its groups.
pub(super) fn forward(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    x: &GpuMatrix,
    (w, group): (&Weights, usize),
    low_rank: Option<&LowRank<'_>>,
    y: &GpuMatrix,
) -> Result<(), LabError> {
    let variant = choose(gpu, NAME, Pass::Forward, x.rows, FORWARD);
    let left = quantize_rows(gpu, batch, x, group)?;
    for shard in &w.shards {
        let params = Params {
            rows: x.rows as u32,
            cols: shard.rows as u32,
            pitch: left.pitch as u32,
            result_pitch: y.cols as u32,
            first: shard.first as u32,
            group: group as u32,
            groups: left.groups as u32,
            ..bytemuck::Zeroable::zeroed()
        };
        let (codes, steps) = buffers_of(shard);
        let [z, up] = low_rank_buffers(low_rank, &left.codes);
        let buffers = [&left.codes, codes, steps, y.buffer(), z, up, &left.steps];
        batch.run(&variant.kernel, &[], &params.with(low_rank), &buffers, variant.workgroups(x.rows, shard.rows))?;
    }
    Ok(())
}
