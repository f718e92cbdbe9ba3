//! A weight on the device, in whatever storage, cut into shards where one binding cannot hold it.

use crate::gpu::{Batch, Gpu, GpuBuffer};
use crate::kernels::GpuMatrix;
use crate::kernels::matrix::shape_error;
use crate::math::{Format, Granularity, PackedWeight, Quantized, ScaleStorage, Symmetry, dequantize};
use crate::protocol::LabError;

use super::pad::{LANES, Operand};
use super::{matmul_f16, matmul_f32, weight_only};

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

    /// Whether values are rounded to codes with scales.
    pub fn is_quantized(self) -> bool {
        !matches!(self, Storage::F32 | Storage::F16)
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
    /// Scales and whatever else the storage needs, of all shards; absent for floats.
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
    /// An f32 weight whose values lie on the device already; copied only if its sides are not whole vectors.
    ///
    /// # Errors
    /// [`LabError::OutOfMemory`], [`LabError::TooLarge`], [`LabError::Kernel`], [`LabError::DeviceLost`].
    pub fn of_matrix(gpu: &Gpu, batch: &mut Batch<'_>, w: &GpuMatrix) -> Result<Weights, LabError> {
        let codes = Operand::whole(gpu, batch, w)?.buffer;
        let shards = vec![Shard { first: 0, rows: w.rows, codes, meta: None }];
        Ok(Weights { rows: w.rows, cols: w.cols, storage: Storage::F32, shards })
    }

    /// What was allocated for it, padding and scales included.
    pub fn size_bytes(&self) -> u64 {
        // Shards share their scales.
        let meta = self.shards.first().and_then(|s| s.meta.as_ref()).map_or(0, GpuBuffer::size_bytes);
        self.shards.iter().map(|s| s.codes.size_bytes()).sum::<u64>() + meta
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
        Storage::F32 => matmul_f32::upload(gpu, w, rows, cols)?,
        Storage::F16 => matmul_f16::upload(gpu, w, rows, cols)?,
        Storage::Int8 { .. } | Storage::W8a8 { .. } | Storage::Int4 { .. } | Storage::Nf4 { .. } => {
            let packed = weight_only::packed(w, rows, cols, storage)?.ok_or_else(|| storage.unknown())?;
            weight_only::upload(gpu, &packed)?
        }
    };
    Ok(Weights { rows, cols, storage, shards })
}

/// Puts a weight on the device that is quantized already: FP32, FP16 without subnormal numbers, or INT8, INT4 or NF4 in
/// groups along rows with f32 scales.
///
/// # Shapes
/// codes `[N, K]`
/// # Errors
/// [`LabError::Unknown`] for any other format or a group that is not 32, 64 or 128; as [`upload_weights`].
pub fn upload_quantized(gpu: &Gpu, q: &Quantized) -> Result<Weights, LabError> {
    let spec = &q.spec;
    let unknown = || LabError::Unknown { field: "format".into(), got: format!("{spec:?}") };
    if !spec.format.is_scaled() {
        let storage = if spec.format == Format::Fp32 { Storage::F32 } else { Storage::F16 };
        if spec.format == Format::Bf16 {
            return Err(unknown());
        }
        return upload_weights(gpu, &dequantize(q), q.rows, q.cols, storage);
    }
    let Granularity::Group(group) = spec.granularity else { return Err(unknown()) };
    let group = group as usize;
    weight_only::known_group(group)?;
    let asymmetric = spec.symmetry == Symmetry::Asymmetric;
    let storage = match spec.format {
        _ if spec.scale_storage != ScaleStorage::F32 || spec.symmetry == Symmetry::FullRange => return Err(unknown()),
        Format::Int(8) => Storage::Int8 { group, asymmetric },
        Format::Int(4) => Storage::Int4 { group, asymmetric, half_scales: false },
        Format::Nf4 => Storage::Nf4 { group, double: false },
        _ => return Err(unknown()),
    };
    let shards = weight_only::upload(gpu, &PackedWeight::new(q, ScaleStorage::F32))?;
    Ok(Weights { rows: q.rows, cols: q.cols, storage, shards })
}

/// A weight of zeros, of the size and the shards that any other has: what a measurement multiplies.
///
/// # Errors
/// As [`upload_weights`].
pub(super) fn zeroed_weights(gpu: &Gpu, rows: usize, cols: usize, storage: Storage) -> Result<Weights, LabError> {
    let (row_bytes, step, scale_words) = match storage {
        Storage::F32 => (cols.next_multiple_of(LANES) * 4, LANES, None),
        Storage::F16 => (cols.next_multiple_of(LANES) * 2, LANES, None),
        _ => {
            let (row_words, scale_words) = weight_only::words(rows, cols, storage)?;
            (row_words * 4, 1, Some(scale_words))
        }
    };
    let most = shard_rows(gpu, row_bytes as u64, step)?;
    let meta = scale_words.map(|words| gpu.allocate("scales", words as u64 * 4)).transpose()?;
    let shards = (0..rows).step_by(most).map(|first| {
        let count = most.min(rows - first);
        let codes = gpu.allocate("codes", (row_bytes * count.next_multiple_of(step)) as u64)?;
        Ok(Shard { first, rows: count, codes, meta: meta.clone() })
    });
    Ok(Weights { rows, cols, storage, shards: shards.collect::<Result<_, LabError>>()? })
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
