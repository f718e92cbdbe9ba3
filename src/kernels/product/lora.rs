//! A linear layer with a low-rank update, forwards and backwards; `shaders/lora.wgsl` computes the skinny products, the
//! product with the weight adds the update; reference `math::lora_forward` and `math::lora_backward`.
//!
//! Dimension legend: `M` rows of `X` (tokens), `K` inputs, `N` outputs, `R` rank.

use crate::gpu::{Access, Batch, Gpu, Kernel};
use crate::kernels::GpuMatrix;
use crate::kernels::matrix::shape_error;
use crate::kernels::params::params;
use crate::protocol::LabError;

use super::choose::{Variant, choose_by_rule};
use super::{LowRank, Weights, forward, input_gradient};

pub(in crate::kernels) const NAME: &str = "lora";
pub(in crate::kernels) const SOURCE: &str = shader!("lora");

const fn variant(name: &'static str, entry: &'static str, tile: (usize, usize)) -> Variant {
    let bindings = &[(1, Access::Read), (2, Access::Read), (3, Access::Write)];
    Variant { name, kernel: Kernel { name: NAME, source: SOURCE, entry, bindings }, tile }
}

const VARIANTS: &[Variant] =
    &[variant("v1", "lora_v1", (8, 8)), variant("regs", "lora_regs", (32, 8)), variant("lanes", "lora_lanes", (4, 4))];

/// The ways to compute the skinny products; what [`Gpu::force_variant`] takes for the kernel `lora`.
pub fn lora_variants() -> Vec<&'static str> {
    VARIANTS.iter().map(|v| v.name).collect()
}

params! {
    rows: u32,
    cols: u32,
    depth: u32,
    left_row: u32,
    left_step: u32,
    right_row: u32,
    right_step: u32,
    factor: f32,
}

/// The trainable update of a frozen weight: `W' = W + scale * B A`.
#[derive(Clone)]
pub struct Lora {
    /// `[R, K]`
    pub a: GpuMatrix,
    /// `[N, R]`
    pub b: GpuMatrix,
    /// `alpha / R`
    pub scale: f32,
}

/// Where the gradients go.
pub struct LoraSlopes<'a> {
    /// `[M, R]`, needed on the way: `dz = scale dy B`
    pub dz: &'a GpuMatrix,
    /// `[R, K]`
    pub da: &'a GpuMatrix,
    /// `[N, R]`
    pub db: &'a GpuMatrix,
    /// `[M, K]`; absent for a first layer, whose inputs need no gradient.
    pub dx: Option<&'a GpuMatrix>,
}

/// A matrix read by rows (`sum over its columns`) or by columns.
#[derive(Clone, Copy)]
enum Side<'a> {
    Rows(&'a GpuMatrix),
    Columns(&'a GpuMatrix),
}

impl<'a> Side<'a> {
    /// Matrix, number of sums, length of each, distance between sums, distance within.
    fn parts(self) -> (&'a GpuMatrix, usize, usize, u32, u32) {
        match self {
            Side::Rows(m) => (m, m.rows, m.cols, m.cols as u32, 1),
            Side::Columns(m) => (m, m.cols, m.rows, 1, m.cols as u32),
        }
    }
}

/// Records `result = factor * left right^T`, each side read as told.
fn skinny(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    (left, right): (Side<'_>, Side<'_>),
    factor: f32,
    result: &GpuMatrix,
) -> Result<(), LabError> {
    let (left, rows, depth, left_row, left_step) = left.parts();
    let (right, cols, right_depth, right_row, right_step) = right.parts();
    if (rows, cols, depth) != (result.rows, result.cols, right_depth) {
        let expected = format!("[{rows}, {cols}] over {depth}");
        return Err(shape_error(NAME, expected, format!("[{}, {}] over {right_depth}", result.rows, result.cols)));
    }
    let variant = choose_by_rule(gpu, NAME, VARIANTS, ["regs", "lanes"]);
    let params = Params {
        rows: rows as u32,
        cols: cols as u32,
        depth: depth as u32,
        left_row,
        left_step,
        right_row,
        right_step,
        factor,
    };
    let buffers = [left.buffer(), right.buffer(), result.buffer()];
    batch.run(&variant.kernel, &[], &params, &buffers, variant.workgroups(rows, cols))
}

impl Lora {
    /// Refuses an update that does not fit the weight.
    fn fits(&self, w: &Weights) -> Result<(), LabError> {
        let rank = self.a.rows;
        if (self.a.cols, self.b.rows, self.b.cols) == (w.cols, w.rows, rank) {
            return Ok(());
        }
        let got = format!("A [{}, {}], B [{}, {}]", self.a.rows, self.a.cols, self.b.rows, self.b.cols);
        Err(shape_error(NAME, format!("A [R, {}], B [{}, R]", w.cols, w.rows), got))
    }
}

/// Records the layer in two dispatches: `z = x A^T`, `y = x W^T + scale z B^T`. Keep `z` for [`lora_backward`].
///
/// # Shapes
/// `x [M, K]`, `w [N, K]`, `z [M, R]`, `y [M, N]`
/// # Errors
/// As [`forward`].
pub fn lora_forward(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    x: &GpuMatrix,
    w: &Weights,
    lora: &Lora,
    z: &GpuMatrix,
    y: &GpuMatrix,
) -> Result<(), LabError> {
    lora.fits(w)?;
    skinny(gpu, batch, (Side::Rows(x), Side::Rows(&lora.a)), 1.0, z)?;
    let rank = lora.a.rows;
    let update = LowRank { z, up: lora.b.buffer(), rank, out_stride: rank as u32, rank_stride: 1, scale: lora.scale };
    forward(gpu, batch, x, w, Some(&update), y)
}

/// Records the gradients in four dispatches: `dz = scale dy B`, `db = scale dy^T z`, `da = dz^T x`,
/// `dx = dy W + dz A`.
///
/// # Shapes
/// `x [M, K]`, `dy [M, N]`, `w [N, K]`, `z [M, R]`, the results as [`LoraSlopes`] says
/// # Errors
/// As [`forward`].
#[allow(clippy::too_many_arguments)] // Each is one of the mathematical operands.
pub fn lora_backward(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    x: &GpuMatrix,
    dy: &GpuMatrix,
    w: &Weights,
    lora: &Lora,
    z: &GpuMatrix,
    slopes: &LoraSlopes<'_>,
) -> Result<(), LabError> {
    lora.fits(w)?;
    skinny(gpu, batch, (Side::Rows(dy), Side::Columns(&lora.b)), lora.scale, slopes.dz)?;
    skinny(gpu, batch, (Side::Columns(dy), Side::Columns(z)), lora.scale, slopes.db)?;
    skinny(gpu, batch, (Side::Columns(slopes.dz), Side::Columns(x)), 1.0, slopes.da)?;
    let Some(dx) = slopes.dx else { return Ok(()) };
    let update = LowRank {
        z: slopes.dz,
        up: lora.a.buffer(),
        rank: lora.a.rows,
        out_stride: 1,
        rank_stride: lora.a.cols as u32,
        scale: 1.0,
    };
    input_gradient(gpu, batch, dy, w, Some(&update), dx)
}
