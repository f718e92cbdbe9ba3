//! Products with f32 weights; `shaders/matmul_f32.wgsl`, reference `math::matmul` and its gradients.

use crate::gpu::{Access, Batch, Gpu, Kernel};
use crate::kernels::GpuMatrix;
use crate::protocol::LabError;

use super::choose::{Pass, Variant};
use super::weights::{Shard, Weights};
use super::{LowRank, floats};

pub(in crate::kernels) use super::floats::FIELDS;
pub(in crate::kernels) const NAME: &str = "matmul_f32";
pub(in crate::kernels) const SOURCE: &str = shader!("matmul_f32");

const fn variant(name: &'static str, entry: &'static str, tile: (usize, usize)) -> Variant {
    let bindings = &[(1, Access::Read), (2, Access::Read), (4, Access::Write), (5, Access::Read), (6, Access::Read)];
    Variant { name, kernel: Kernel { name: NAME, source: SOURCE, entry, bindings }, tile }
}

const FORWARD: &[Variant] = &[
    variant("v1", "matmul_f32_v1", (8, 8)),
    variant("rows", "matmul_f32_rows", (4, 4)),
    variant("slim", "matmul_f32_slim", (4, 64)),
    variant("regs", "matmul_f32_regs", (16, 32)),
    variant("tiles", "matmul_f32_tiles", (64, 64)),
];
const INPUT_GRADIENT: &[Variant] = &[
    variant("v1", "matmul_f32_grad_v1", (8, 8)),
    variant("rows", "matmul_f32_grad_rows", (4, 4)),
    variant("slim", "matmul_f32_grad_slim", (4, 64)),
    variant("regs", "matmul_f32_grad_regs", (16, 32)),
    variant("tiles", "matmul_f32_grad_tiles", (64, 64)),
];
const WEIGHT_GRADIENT: &[Variant] = &[
    variant("v1", "matmul_f32_weight_grad_v1", (8, 8)),
    variant("rows", "matmul_f32_weight_grad_rows", (4, 4)),
    variant("regs", "matmul_f32_weight_grad_regs", (16, 32)),
    variant("tiles", "matmul_f32_weight_grad_tiles", (64, 64)),
];

pub(super) fn variants(pass: Pass) -> &'static [Variant] {
    match pass {
        Pass::Forward => FORWARD,
        Pass::InputGradient => INPUT_GRADIENT,
        Pass::WeightGradient => WEIGHT_GRADIENT,
    }
}

pub(super) fn upload(gpu: &Gpu, w: &[f32], rows: usize, cols: usize) -> Result<Vec<Shard>, LabError> {
    floats::upload(gpu, w, (rows, cols), 4, |padded| bytemuck::cast_slice(padded).to_vec())
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

pub(super) fn weight_gradient(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    dy: &GpuMatrix,
    x: &GpuMatrix,
    dw: &GpuMatrix,
) -> Result<(), LabError> {
    floats::weight_gradient(gpu, batch, NAME, WEIGHT_GRADIENT, dy, x, dw)
}
