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

struct Held {
    raw: Raw,
    /// Where it begins in `raw`; only a lent part begins elsewhere than at 0.
    offset_bytes: u64,
    size_bytes: u64,
    /// Absent for what is lent: its owner frees it.
    ledger: Option<Rc<Ledger>>,
}

impl Drop for Held {
    fn drop(&mut self) {
        let Some(ledger) = &self.ledger else { return };
        // In a browser a dropped handle waits for the garbage collector, which sees 64 MiB of GPU memory as a few bytes.
        if let Raw::Device(raw) = &self.raw {
            raw.destroy();
        }
        ledger.live_bytes.set(ledger.live_bytes.get() - self.size_bytes);
    }
}

/// A storage buffer, or a part of one that somebody else owns; clones share it.
#[derive(Clone)]
pub struct GpuBuffer(Rc<Held>);

impl GpuBuffer {
    /// Part of a buffer of this device that somebody else owns and frees, so that kernels read and write it in place.
    ///
    /// The owner keeps it until the work that uses it is submitted, and lends no part of one buffer to be read and
    /// another to be written in the same dispatch: WebGPU counts usage by whole buffers.
    ///
    /// # Errors
    /// [`LabError::Shape`] if the part is not made of whole words, begins where the device cannot bind, or does not lie
    /// within the buffer.
    pub fn lent(gpu: &Gpu, raw: wgpu::Buffer, offset_bytes: u64, size_bytes: u64) -> Result<GpuBuffer, LabError> {
        let step = u64::from(gpu.limits.min_storage_buffer_offset_alignment);
        let ends = offset_bytes.checked_add(size_bytes).is_some_and(|end| end <= raw.size());
        if !ends || size_bytes == 0 || !size_bytes.is_multiple_of(4) || !offset_bytes.is_multiple_of(step) {
            return Err(LabError::Shape {
                operation: "lend".into(),
                expected: format!("whole words from a multiple of {step} up to {}", raw.size()),
                got: format!("{size_bytes} from {offset_bytes}"),
            });
        }
        Ok(GpuBuffer(Rc::new(Held { raw: Raw::Device(raw), offset_bytes, size_bytes, ledger: None })))
    }

    /// The wgpu handle. What it holds begins at [`GpuBuffer::offset_bytes`].
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

    /// Where it begins in [`GpuBuffer::raw`].
    pub fn offset_bytes(&self) -> u64 {
        self.0.offset_bytes
    }

    /// Its size.
    pub fn size_bytes(&self) -> u64 {
        self.0.size_bytes
    }

    /// All of it, as a bind group wants it.
    pub(super) fn binding(&self) -> wgpu::BindingResource<'_> {
        wgpu::BindingResource::Buffer(wgpu::BufferBinding {
            buffer: self.raw(),
            offset: self.0.offset_bytes,
            size: std::num::NonZeroU64::new(self.0.size_bytes),
        })
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
        Ok(GpuBuffer(Rc::new(Held { raw, offset_bytes: 0, size_bytes, ledger: Some(self.ledger.clone()) })))
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
                let at = buffer.offset_bytes() + offset_bytes + (k * UPLOAD_PIECE_BYTES) as u64;
                handles.queue.write_buffer(buffer.raw(), at, piece);
            }
        })
    }
}
