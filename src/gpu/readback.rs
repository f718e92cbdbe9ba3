//! What a batch brings back, and the buffer that it comes through.

use std::ops::Range;

use super::{Gpu, GpuBuffer};
use crate::protocol::LabError;

/// Bytes of the buffer that small results are read through: the logits of a token of most vocabularies. Larger ones get a
/// buffer of their own, which for a result after every token would be a buffer a token.
pub(super) const READBACK_BYTES: u64 = 256 << 10;

/// Names bytes that a batch brings back.
#[derive(Clone, Debug)]
pub struct Slot(pub(super) Range<usize>);

/// The bytes that a batch brought back.
pub struct Readings {
    pub(super) bytes: Vec<u8>,
    /// Time between the beginning of the first and the end of the last dispatch, by the GPU's own clock; only for a
    /// batch that was [`timed`](super::Batch::timed) on a device that has timestamps.
    pub gpu_millis: Option<f64>,
}

impl Readings {
    /// The values in a slot.
    pub fn get<T: bytemuck::Pod>(&self, slot: &Slot) -> Vec<T> {
        values_from_bytes(&self.bytes[slot.0.clone()])
    }
}

/// Copies, because the bytes may lie anywhere while values want their alignment.
pub(super) fn values_from_bytes<T: bytemuck::Pod>(bytes: &[u8]) -> Vec<T> {
    let mut values = vec![T::zeroed(); bytes.len() / size_of::<T>()];
    let target: &mut [u8] = bytemuck::cast_slice_mut(&mut values);
    target.copy_from_slice(&bytes[..target.len()]);
    values
}

/// A buffer that results can be copied to and mapped in, and whether it is the device's own.
pub(super) struct Staging {
    pub buffer: GpuBuffer,
    is_shared: bool,
}

impl Staging {
    /// The device's own buffer if `total` bytes fit and no batch is being read through it, else a new one.
    pub fn new(gpu: &Gpu, total: u64) -> Result<Staging, LabError> {
        let handles = gpu.handles()?;
        let is_shared = total <= READBACK_BYTES && !handles.is_reading.replace(true);
        let buffer = if is_shared {
            GpuBuffer::lent(gpu, handles.readback.clone(), 0, READBACK_BYTES)?
        } else {
            let usage = wgpu::BufferUsages::MAP_READ | wgpu::BufferUsages::COPY_DST;
            gpu.allocate_as("readback", total, usage)?
        };
        Ok(Staging { buffer, is_shared })
    }

    /// Gives the buffer back, unmapped. Whoever fails or gives up waiting does not, and may leave the device's own buffer
    /// mapped: then nobody uses it any more.
    pub fn release(self, gpu: &Gpu) -> Result<(), LabError> {
        self.buffer.raw().unmap();
        if self.is_shared {
            gpu.handles()?.is_reading.set(false);
        }
        Ok(())
    }
}
