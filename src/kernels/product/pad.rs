//! A matrix with zeros at its ends, so that its sides are whole vectors; `shaders/pad.wgsl`, reference `math::pad`.

use crate::gpu::{Access, Batch, Gpu, GpuBuffer, Kernel};
use crate::kernels::GpuMatrix;
use crate::kernels::params::params;
use crate::protocol::LabError;

pub(in crate::kernels) const NAME: &str = "pad";
pub(in crate::kernels) const SOURCE: &str = shader!("pad");

const KERNEL: Kernel =
    Kernel { name: NAME, source: SOURCE, entry: "pad", bindings: &[(1, Access::Read), (2, Access::Write)] };

/// Values that a kernel of products reads at once.
pub(super) const LANES: usize = 4;
const WORKGROUP: u64 = 64;

params! {
    rows: u32,
    cols: u32,
    padded_rows: u32,
    padded_cols: u32,
}

/// An operand as the kernels of products read it.
pub(super) struct Operand {
    pub buffer: GpuBuffer,
    /// Values from one row to the next.
    pub pitch: u32,
}

impl Operand {
    /// The matrix as it is.
    pub fn plain(matrix: &GpuMatrix) -> Operand {
        Operand { buffer: matrix.buffer().clone(), pitch: matrix.cols as u32 }
    }

    /// Rows of whole vectors: the matrix itself if it has them, else a copy.
    pub fn whole_columns(gpu: &Gpu, batch: &mut Batch<'_>, matrix: &GpuMatrix) -> Result<Operand, LabError> {
        pad(gpu, batch, matrix, matrix.rows, matrix.cols.next_multiple_of(LANES))
    }

    /// Whole vectors along both sides.
    pub fn whole(gpu: &Gpu, batch: &mut Batch<'_>, matrix: &GpuMatrix) -> Result<Operand, LabError> {
        pad(gpu, batch, matrix, matrix.rows.next_multiple_of(LANES), matrix.cols.next_multiple_of(LANES))
    }
}

/// Records the copy, where one is needed.
pub(super) fn pad(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    a: &GpuMatrix,
    rows: usize,
    cols: usize,
) -> Result<Operand, LabError> {
    if (rows, cols) == (a.rows, a.cols) {
        return Ok(Operand::plain(a));
    }
    let count = (rows * cols) as u64;
    let buffer = gpu.allocate("padded operand", count * 4)?;
    let params =
        Params { rows: a.rows as u32, cols: a.cols as u32, padded_rows: rows as u32, padded_cols: cols as u32 };
    batch.run(&KERNEL, &[], &params, &[a.buffer(), &buffer], count.div_ceil(WORKGROUP))?;
    Ok(Operand { buffer, pitch: cols as u32 })
}
