//! A matrix on the device, and how it gets there and back.

use crate::gpu::{Batch, Gpu, GpuBuffer, Slot};
use crate::math::{Codes, Groups, QuantSpec, Quantized, unpack_codes};
use crate::protocol::LabError;

/// A matrix of f32 weights, row-major.
#[derive(Clone)]
pub struct GpuMatrix {
    pub rows: usize,
    pub cols: usize,
    pub(super) weights: GpuBuffer,
}

impl GpuMatrix {
    /// How many weights it has.
    pub fn count(&self) -> usize {
        self.rows * self.cols
    }

    /// The buffer behind it, for kernels elsewhere.
    pub fn buffer(&self) -> &GpuBuffer {
        &self.weights
    }

    /// A matrix whose values lie in `buffer` already, row-major from its beginning.
    ///
    /// # Errors
    /// [`LabError::Shape`] if it is empty or the buffer is too small.
    pub fn in_buffer(buffer: GpuBuffer, rows: usize, cols: usize) -> Result<GpuMatrix, LabError> {
        let bytes = rows.checked_mul(cols).and_then(|count| count.checked_mul(size_of::<f32>()));
        match bytes {
            Some(bytes) if bytes > 0 && bytes as u64 <= buffer.size_bytes() => {
                Ok(GpuMatrix { rows, cols, weights: buffer })
            }
            _ => Err(shape_error(
                "in_buffer",
                format!("at most {} bytes", buffer.size_bytes()),
                format!("[{rows}, {cols}]"),
            )),
        }
    }

    pub(super) fn zeroed(gpu: &Gpu, what: &str, rows: usize, cols: usize) -> Result<GpuMatrix, LabError> {
        let weights = gpu.allocate(what, (rows * cols * size_of::<f32>()) as u64)?;
        Ok(GpuMatrix { rows, cols, weights })
    }

    pub(super) fn same_shape(&self, other: &GpuMatrix, operation: &str) -> Result<(), LabError> {
        if (self.rows, self.cols) == (other.rows, other.cols) {
            return Ok(());
        }
        Err(shape_error(
            operation,
            format!("[{}, {}]", self.rows, self.cols),
            format!("[{}, {}]", other.rows, other.cols),
        ))
    }
}

/// A quantized matrix: packed codes, and for every group the stored scale, the inverse used, and the zero point.
#[derive(Clone)]
pub struct GpuQuantized {
    pub rows: usize,
    pub cols: usize,
    pub spec: QuantSpec,
    pub groups: Groups,
    /// Packed as [`crate::math::pack_codes`] does; for FP32 the weights themselves.
    pub(super) codes: GpuBuffer,
    /// `[3 G]`: scales, inverses, zero points. One group of zeros for formats without scales.
    pub(super) scales: GpuBuffer,
}

/// What does not fit what an operation wants.
pub fn shape_error(operation: &str, expected: impl Into<String>, got: impl Into<String>) -> LabError {
    LabError::Shape { operation: operation.into(), expected: expected.into(), got: got.into() }
}

/// Puts weights on the device.
///
/// # Shapes
/// `values [rows * cols]` -> `[rows, cols]`
/// # Errors
/// [`LabError::Shape`], [`LabError::TooLarge`], [`LabError::OutOfMemory`], [`LabError::DeviceLost`].
pub fn upload_matrix(gpu: &Gpu, values: &[f32], rows: usize, cols: usize) -> Result<GpuMatrix, LabError> {
    if values.is_empty() || rows.checked_mul(cols) != Some(values.len()) {
        return Err(shape_error("upload_matrix", format!("[{rows}, {cols}], not empty"), values.len().to_string()));
    }
    gpu.check_size("matrix", size_of_val(values) as u64)?;
    Ok(GpuMatrix { rows, cols, weights: gpu.upload("matrix", values)? })
}

/// Brings weights back.
///
/// # Errors
/// [`LabError::DeviceLost`], [`LabError::OutOfMemory`], [`LabError::Kernel`] of the work before it.
pub async fn read_matrix(gpu: &Gpu, w: &GpuMatrix) -> Result<Vec<f32>, LabError> {
    gpu.read(&w.weights, 0, w.count()).await
}

/// Brings a quantized matrix back in the form of the CPU reference.
///
/// # Errors
/// As [`read_matrix`].
pub async fn read_quantized(gpu: &Gpu, q: &GpuQuantized) -> Result<Quantized, LabError> {
    let mut batch = Batch::new(gpu);
    let slots = record_quantized(&mut batch, q);
    let readings = batch.finish().await?;
    let words: Vec<u32> = readings.get(&slots.0);
    let scales: Vec<f32> = readings.get(&slots.1);
    let (bits, count) = (q.spec.format.bits(), q.rows * q.cols);
    let groups = if q.spec.format.is_scaled() { q.groups.count() } else { 0 };
    let has_zeros = super::layout::has_zeros(&q.spec);
    Ok(Quantized {
        spec: q.spec,
        rows: q.rows,
        cols: q.cols,
        groups: q.groups,
        codes: if bits == 32 {
            Codes::Full(words.iter().map(|&w| f32::from_bits(w)).collect())
        } else {
            unpack_codes(&words, bits, count)
        },
        scales: scales[..groups].to_vec(),
        zeros: if has_zeros { scales[2 * groups..].iter().map(|&z| z as u8).collect() } else { Vec::new() },
    })
}

/// Brings back what the weights were multiplied by before rounding, one number a group.
///
/// # Errors
/// As [`read_matrix`].
pub async fn read_inverses(gpu: &Gpu, q: &GpuQuantized) -> Result<Vec<f32>, LabError> {
    let groups = if q.spec.format.is_scaled() { q.groups.count() } else { 0 };
    gpu.read(&q.scales, groups as u64 * 4, groups).await
}

/// Brings back the packed codes.
///
/// # Errors
/// As [`read_matrix`].
pub async fn read_words(gpu: &Gpu, q: &GpuQuantized) -> Result<Vec<u32>, LabError> {
    gpu.read(&q.codes, 0, (q.codes.size_bytes() / 4) as usize).await
}

fn record_quantized(batch: &mut Batch<'_>, q: &GpuQuantized) -> (Slot, Slot) {
    let codes = batch.read(&q.codes, 0, q.codes.size_bytes());
    let scales = batch.read(&q.scales, 0, q.scales.size_bytes());
    (codes, scales)
}
