//! Storage buffers that know their size, are counted, and free their memory at once when dropped.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::protocol::{LabError, Resource};

use super::Gpu;
use super::faults::Guarded;

/// How much one `queue.write_buffer` carries: the browser keeps a staging copy of every write in flight.
const UPLOAD_PIECE_BYTES: usize = 16 << 20;

/// What is allocated on a device.
#[derive(Debug, Default)]
pub struct Ledger {
    live_bytes: Cell<u64>,
    peak_bytes: Cell<u64>,
}

impl Ledger {
    fn add(&self, bytes: u64) {
        self.live_bytes.set(self.live_bytes.get() + bytes);
        self.peak_bytes.set(self.peak_bytes.get().max(self.live_bytes.get()));
    }

    /// Bytes held now.
    pub fn live_bytes(&self) -> u64 {
        self.live_bytes.get()
    }

    /// The most bytes ever held.
    pub fn peak_bytes(&self) -> u64 {
        self.peak_bytes.get()
    }
}

/// Where the bytes are.
enum Raw {
    Device(wgpu::Buffer),
    /// In ordinary memory, for an interpreter.
    Words(RefCell<Vec<u32>>),
}

struct Owned {
    raw: Raw,
    size_bytes: u64,
    ledger: Rc<Ledger>,
}

impl Drop for Owned {
    fn drop(&mut self) {
        // In a browser a dropped handle waits for the garbage collector, which sees 64 MiB of GPU memory as a few bytes.
        if let Raw::Device(raw) = &self.raw {
            raw.destroy();
        }
        self.ledger.live_bytes.set(self.ledger.live_bytes.get() - self.size_bytes);
    }
}

/// A storage buffer; clones share it.
#[derive(Clone)]
pub struct GpuBuffer(Rc<Owned>);

impl GpuBuffer {
    /// The wgpu handle.
    pub(super) fn raw(&self) -> &wgpu::Buffer {
        match &self.0.raw {
            Raw::Device(raw) => raw,
            Raw::Words(_) => unreachable!("buffers stay with the device, or the interpreter, that made them"),
        }
    }

    /// What an interpreter computes on; nothing on a device.
    pub fn words(&self) -> Option<&RefCell<Vec<u32>>> {
        match &self.0.raw {
            Raw::Words(words) => Some(words),
            Raw::Device(_) => None,
        }
    }

    /// Its size.
    pub fn size_bytes(&self) -> u64 {
        self.0.size_bytes
    }
}

impl Gpu {
    /// The largest buffer that a kernel can see.
    pub fn largest_buffer_bytes(&self) -> u64 {
        self.limits.max_storage_buffer_binding_size.min(self.limits.max_buffer_size)
    }

    /// Refuses a size that the device's limits exclude.
    ///
    /// # Errors
    /// [`LabError::TooLarge`].
    pub fn check_size(&self, what: &str, bytes: u64) -> Result<(), LabError> {
        let limit = self.largest_buffer_bytes();
        if bytes > limit {
            return Err(LabError::TooLarge { what: what.into(), limit, got: bytes, resource: Resource::Bytes });
        }
        Ok(())
    }

    /// A zeroed storage buffer that can also be copied from and to. Sizes are rounded up to whole words.
    ///
    /// # Errors
    /// [`LabError::TooLarge`], [`LabError::OutOfMemory`] (in a browser possibly only at the next readback),
    /// [`LabError::DeviceLost`].
    pub fn allocate(&self, what: &str, bytes: u64) -> Result<GpuBuffer, LabError> {
        let usage = wgpu::BufferUsages::STORAGE | wgpu::BufferUsages::COPY_SRC | wgpu::BufferUsages::COPY_DST;
        self.check_size(what, bytes)?;
        self.allocate_as(what, bytes, usage)
    }

    pub(super) fn allocate_as(&self, what: &str, bytes: u64, usage: wgpu::BufferUsages) -> Result<GpuBuffer, LabError> {
        self.faults.alive()?;
        // Never empty: WebGPU does not bind empty buffers.
        let size_bytes = bytes.next_multiple_of(4).max(4);
        let raw = if self.interpreter().is_some() {
            Raw::Words(RefCell::new(vec![0; (size_bytes / 4) as usize]))
        } else {
            let device = &self.handles()?.device;
            let descriptor =
                wgpu::BufferDescriptor { label: Some(what), size: size_bytes, usage, mapped_at_creation: false };
            let guarded = Guarded::Allocation { bytes: size_bytes };
            Raw::Device(self.faults.guard(device, guarded, || device.create_buffer(&descriptor))?)
        };
        self.ledger.add(size_bytes);
        Ok(GpuBuffer(Rc::new(Owned { raw, size_bytes, ledger: self.ledger.clone() })))
    }

    /// A storage buffer with these values.
    ///
    /// # Errors
    /// As [`Gpu::allocate`].
    pub fn upload<T: bytemuck::NoUninit>(&self, what: &str, values: &[T]) -> Result<GpuBuffer, LabError> {
        let bytes: &[u8] = bytemuck::cast_slice(values);
        let buffer = self.allocate(what, bytes.len() as u64)?;
        self.write(&buffer, 0, bytes)?;
        Ok(buffer)
    }

    /// Overwrites part of a buffer; both ends must fall on whole words.
    ///
    /// # Errors
    /// [`LabError::Shape`] if it would not fit; as [`Gpu::allocate`].
    pub fn write(&self, buffer: &GpuBuffer, offset_bytes: u64, bytes: &[u8]) -> Result<(), LabError> {
        self.faults.alive()?;
        let end = offset_bytes + bytes.len() as u64;
        if end > buffer.size_bytes() || !offset_bytes.is_multiple_of(4) || !bytes.len().is_multiple_of(4) {
            return Err(LabError::Shape {
                operation: "write".into(),
                expected: format!("whole words up to {}", buffer.size_bytes()),
                got: format!("{offset_bytes}..{end}"),
            });
        }
        if let Some(words) = buffer.words() {
            let begin = (offset_bytes / 4) as usize;
            let into = &mut words.borrow_mut()[begin..begin + bytes.len() / 4];
            bytemuck::cast_slice_mut::<u32, u8>(into).copy_from_slice(bytes);
            return Ok(());
        }
        let handles = self.handles()?;
        self.faults.guard(&handles.device, Guarded::Allocation { bytes: bytes.len() as u64 }, || {
            for (k, piece) in bytes.chunks(UPLOAD_PIECE_BYTES).enumerate() {
                let at = offset_bytes + (k * UPLOAD_PIECE_BYTES) as u64;
                handles.queue.write_buffer(buffer.raw(), at, piece);
            }
        })
    }
}
