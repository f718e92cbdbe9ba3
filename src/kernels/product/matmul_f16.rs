//! Products with f16 weights and f32 sums; `shaders/matmul_f16.wgsl`, reference `math::matmul` and its gradient over the
//! weights of [`crate::math::f16_without_subnormals`].

use crate::gpu::{Access, Batch, Gpu, Kernel};
use crate::kernels::GpuMatrix;
use crate::math::f16_without_subnormals;
use crate::protocol::LabError;

use super::choose::{Pass, Variant};
use super::weights::{Shard, Weights};
use super::{LowRank, floats};

pub(in crate::kernels) use super::floats::FIELDS;
pub(in crate::kernels) const NAME: &str = "matmul_f16";
pub(in crate::kernels) const SOURCE: &str = shader!("matmul_f16");

const fn variant(name: &'static str, entry: &'static str, tile: (usize, usize)) -> Variant {
    let bindings = &[(1, Access::Read), (2, Access::Read), (4, Access::Write), (5, Access::Read), (6, Access::Read)];
    Variant { name, kernel: Kernel { name: NAME, source: SOURCE, entry, bindings }, tile }
}

const FORWARD: &[Variant] = &[
    variant("v1", "matmul_f16_v1", (8, 8)),
    variant("rows", "matmul_f16_rows", (4, 4)),
    variant("slim", "matmul_f16_slim", (4, 64)),
    variant("regs", "matmul_f16_regs", (16, 32)),
    variant("tiles", "matmul_f16_tiles", (64, 64)),
];
const INPUT_GRADIENT: &[Variant] = &[
    variant("v1", "matmul_f16_grad_v1", (8, 8)),
    variant("rows", "matmul_f16_grad_rows", (4, 4)),
    variant("slim", "matmul_f16_grad_slim", (4, 64)),
    variant("regs", "matmul_f16_grad_regs", (16, 32)),
    variant("tiles", "matmul_f16_grad_tiles", (64, 64)),
];

pub(super) fn variants(pass: Pass) -> &'static [Variant] {
    match pass {
        Pass::Forward => FORWARD,
        Pass::InputGradient => INPUT_GRADIENT,
        // Gradients of dense weights are f32.
        Pass::WeightGradient => &[],
    }
}

/// WGSL lets an implementation take subnormal f16 for zeros, so none are stored.
pub(super) fn upload(gpu: &Gpu, w: &[f32], rows: usize, cols: usize) -> Result<Vec<Shard>, LabError> {
    floats::upload(gpu, w, (rows, cols), 2, |padded| {
        let bits = |v: f32| u32::from(half::f16::from_f32(f16_without_subnormals(v)).to_bits());
        padded.chunks_exact(2).map(|pair| bits(pair[0]) | bits(pair[1]) << 16).collect()
    })
}

pub(super) fn forward(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    x: &GpuMatrix,
    w: &Weights,
    low_rank: Option<&LowRank<'_>>,
    y: &GpuMatrix,
) -> Result<(), LabError> {
    floats::forward(gpu, batch, FORWARD, x, w, low_rank, y)
}

pub(super) fn input_gradient(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    dy: &GpuMatrix,
    w: &Weights,
    low_rank: Option<&LowRank<'_>>,
    dx: &GpuMatrix,
) -> Result<(), LabError> {
    floats::input_gradient(gpu, batch, INPUT_GRADIENT, dy, w, low_rank, dx)
}
