//! A weight on the device, in whatever storage, cut into shards where one binding cannot hold it.

use crate::gpu::{Gpu, GpuBuffer};
use crate::protocol::LabError;

use crate::kernels::matrix::shape_error;

/// How a weight is stored for products. Groups of 32, 64 or 128 weights along `K` share a scale; each row begins a group,
/// and its last one may be short.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Storage {
    F32,
    F16,
    Int8 {
        group: usize,
        asymmetric: bool,
    },
    /// INT8 weights that meet INT8 activations.
    W8a8 {
        group: usize,
    },
    Int4 {
        group: usize,
        asymmetric: bool,
        /// Scales are kept as f16.
        half_scales: bool,
    },
    Nf4 {
        group: usize,
        /// Scales are kept in 8 bits.
        double: bool,
    },
}

impl Storage {
    /// The kernel that multiplies it, and what its choices are remembered under.
    pub fn kernel(self) -> &'static str {
        match self {
            Storage::F32 => "matmul_f32",
            Storage::F16 => "matmul_f16",
            Storage::Int8 { .. } => "matmul_int8",
            Storage::W8a8 { .. } => "matmul_w8a8",
            Storage::Int4 { .. } => "matmul_int4",
            Storage::Nf4 { .. } => "matmul_nf4",
        }
    }

    pub(super) fn unknown(self) -> LabError {
        LabError::Unknown { field: "storage".into(), got: format!("{self:?}") }
    }
}

/// A block of whole rows (outputs) of a weight.
#[derive(Clone)]
pub(super) struct Shard {
    /// The first output of this shard.
    pub first: usize,
    pub rows: usize,
    /// Codes, or the values themselves.
    pub codes: GpuBuffer,
    /// Scales and whatever else the storage needs; absent for floats.
    pub meta: Option<GpuBuffer>,
}

/// A weight `[N, K]` on the device.
#[derive(Clone)]
pub struct Weights {
    /// `N`, outputs.
    pub rows: usize,
    /// `K`, inputs.
    pub cols: usize,
    pub storage: Storage,
    pub(super) shards: Vec<Shard>,
}

impl Weights {
    /// What was allocated for it, padding and scales included.
    pub fn size_bytes(&self) -> u64 {
        let meta = |s: &Shard| s.meta.as_ref().map_or(0, GpuBuffer::size_bytes);
        self.shards.iter().map(|s| s.codes.size_bytes() + meta(s)).sum()
    }
}

/// Puts a weight on the device in the wanted storage; quantized on the CPU by [`crate::math::quantize`].
///
/// # Shapes
/// `w [rows * cols]` -> `[N, K] = [rows, cols]`
/// # Errors
/// [`LabError::Shape`], [`LabError::Unknown`] for a group that is not 32, 64 or 128, [`LabError::TooLarge`],
/// [`LabError::OutOfMemory`], [`LabError::DeviceLost`].
pub fn upload_weights(gpu: &Gpu, w: &[f32], rows: usize, cols: usize, storage: Storage) -> Result<Weights, LabError> {
    if w.is_empty() || rows.checked_mul(cols) != Some(w.len()) {
        return Err(shape_error("upload_weights", format!("[{rows}, {cols}], not empty"), w.len().to_string()));
    }
    let shards = match storage {
        Storage::F32 => super::matmul_f32::upload(gpu, w, rows, cols)?,
        Storage::F16 => super::matmul_f16::upload(gpu, w, rows, cols)?,
        Storage::Int8 { .. } => return Err(storage.unknown()),
        Storage::W8a8 { .. } => return Err(storage.unknown()),
        Storage::Int4 { .. } => return Err(storage.unknown()),
        Storage::Nf4 { .. } => return Err(storage.unknown()),
    };
    Ok(Weights { rows, cols, storage, shards })
}

/// How many rows of `row_bytes` one binding holds: a multiple of `step`, so that shards meet where tiles do.
///
/// # Errors
/// [`LabError::TooLarge`] if not even `step` rows fit.
pub(super) fn shard_rows(gpu: &Gpu, row_bytes: u64, step: usize) -> Result<usize, LabError> {
    let most = (gpu.largest_buffer_bytes() / row_bytes.max(1)) as usize / step * step;
    gpu.check_size("weights", row_bytes * step as u64)?;
    Ok(most)
}
