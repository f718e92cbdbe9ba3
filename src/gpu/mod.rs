//! Adapter, device, buffers, kernels as objects. Knows no lab.
//!
//! One [`Gpu`] is one device. Work is recorded into a [`Batch`] and waited for once; nothing here blocks a browser.
//! Errors are values: a refused allocation, a shader that does not compile and a lost device come back as
//! [`LabError`], on the spot natively, at the next wait in a browser (see `faults.rs`).

mod adapter;
mod batch;
mod buffer;
mod choices;
mod clock;
mod faults;
mod interpreted;
mod kernel;
mod oneshot;
mod readback;
mod tape;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

use crate::protocol::LabError;

pub use adapter::{AdapterFacts, Wanted};
pub use batch::{Batch, two_dimensional};
pub use buffer::{GpuBuffer, Ledger};
pub use clock::now_millis;
pub use interpreted::{Dispatch, Interpreter};
pub use kernel::{Access, Kernel, Overrides};
pub use oneshot::{Receiver, Sender, oneshot};
pub use readback::{Readings, Slot};
pub use tape::Recorded;
pub use wgpu::PowerPreference;

/// The four handles that burn wants in order to compute on the same device.
pub struct Handles {
    pub instance: wgpu::Instance,
    pub adapter: wgpu::Adapter,
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
    /// The parameters of the batch that is submitted next; lives as long as the device.
    uniforms: wgpu::Buffer,
    /// Where small results are copied to be read, one batch at a time; lives as long as the device.
    readback: wgpu::Buffer,
    /// Whether a batch is being read through `readback`.
    is_reading: Cell<bool>,
}

/// What computes.
enum Backend {
    Device(Box<Handles>),
    Interpreter(Rc<dyn Interpreter>),
}

/// One device, its queue, and everything compiled and allocated on it.
pub struct Gpu {
    backend: Backend,
    /// The names of the adapter.
    pub facts: AdapterFacts,
    /// The limits of the device.
    pub limits: wgpu::Limits,
    pub has_f16: bool,
    pub has_subgroups: bool,
    pub has_timestamps: bool,
    /// The adapter computes on the processor; the CPU tier is faster.
    pub is_software: bool,
    /// How many invocations share one line or group in a reduction, if a test or a benchmark wants a certain number
    /// (a power of two up to 64) instead of the rule of [`crate::kernels`].
    pub forced_lanes: Cell<Option<u32>>,
    choices: choices::Choices,
    faults: faults::Faults,
    ledger: Rc<Ledger>,
    pipelines: RefCell<HashMap<kernel::PipelineKey, Rc<kernel::Pipeline>>>,
    sources: RefCell<HashMap<&'static str, Rc<str>>>,
    tape: RefCell<Option<Vec<Recorded>>>,
}

impl Gpu {
    /// Opens the adapter that the system prefers for `power`, with the features that exist and all its limits.
    ///
    /// # Errors
    /// [`LabError::NoGpu`] if there is no WebGPU, no adapter, or no device.
    pub async fn open(power: PowerPreference) -> Result<Gpu, LabError> {
        Gpu::open_as(&Wanted::new(power)).await
    }

    /// Opens an adapter with chosen limits and features.
    ///
    /// # Errors
    /// As [`Gpu::open`].
    pub async fn open_as(wanted: &Wanted) -> Result<Gpu, LabError> {
        let opened = adapter::open(wanted).await?;
        let faults = faults::Faults::watch(&opened.device);
        let features = opened.device.features();
        let kept = |label, size, usage| {
            faults.guard(&opened.device, faults::Guarded::Allocation { bytes: size }, || {
                let usage = usage | wgpu::BufferUsages::COPY_DST;
                let descriptor = wgpu::BufferDescriptor { label: Some(label), size, usage, mapped_at_creation: false };
                opened.device.create_buffer(&descriptor)
            })
        };
        let uniforms = kept("uniforms", batch::UNIFORM_BYTES, wgpu::BufferUsages::UNIFORM)?;
        let readback = kept("readback", readback::READBACK_BYTES, wgpu::BufferUsages::MAP_READ)?;
        let (limits, is_software, facts) = (opened.device.limits(), opened.is_software, opened.facts);
        let handles = Handles {
            instance: opened.instance,
            adapter: opened.adapter,
            device: opened.device,
            queue: opened.queue,
            uniforms,
            readback,
            is_reading: Cell::new(false),
        };
        Ok(Gpu {
            backend: Backend::Device(Box::new(handles)),
            facts,
            limits,
            has_f16: features.contains(wgpu::Features::SHADER_F16),
            has_subgroups: features.contains(wgpu::Features::SUBGROUP),
            has_timestamps: features.contains(wgpu::Features::TIMESTAMP_QUERY),
            is_software,
            forced_lanes: Cell::new(None),
            choices: choices::Choices::default(),
            faults,
            ledger: Rc::default(),
            pipelines: RefCell::default(),
            sources: RefCell::default(),
            tape: RefCell::default(),
        })
    }

    /// What wgpu gave.
    ///
    /// # Errors
    /// [`LabError::NoGpu`] where an interpreter computes.
    pub fn handles(&self) -> Result<&Handles, LabError> {
        match &self.backend {
            Backend::Device(handles) => Ok(handles),
            Backend::Interpreter(_) => Err(LabError::NoGpu { message: "interpreter".into() }),
        }
    }

    /// One line naming adapter, driver and backend.
    pub fn adapter_key(&self) -> String {
        self.facts.key()
    }

    /// Why the device is gone, if it is.
    pub fn lost(&self) -> Option<String> {
        self.faults.lost()
    }

    /// Calls `hook` when the device is lost; at once if it already is. The last hook set counts.
    pub fn on_lost(&self, hook: Box<dyn Fn(String)>) {
        self.faults.on_lost(hook);
    }

    /// Hears of a loss again, after someone else who uses the device has begun to listen. Natively there is one listener.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn listen_again(&self) {
        if let Ok(handles) = self.handles() {
            self.faults.listen(&handles.device);
        }
    }

    /// Whether the adapter computes on the processor; the CPU tier is faster then.
    pub fn is_software(&self) -> bool {
        self.is_software
    }

    /// Loses the device on purpose.
    pub fn destroy(&self) {
        if let Ok(handles) = self.handles() {
            handles.device.destroy();
            // Natively the loss is told by a poll, when nothing is under way any more; browsers tell it by themselves.
            let _ = handles.device.poll(wgpu::PollType::Wait { submission_index: None, timeout: None });
        }
    }

    /// Errors that no call was waiting for, oldest first; for the report of the device page.
    pub fn uncaptured_errors(&self) -> Vec<String> {
        self.faults.uncaptured()
    }

    /// What is allocated.
    pub fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Waits until every error of earlier calls is known.
    ///
    /// # Errors
    /// The first of them.
    pub async fn settle(&self) -> Result<(), LabError> {
        self.faults.settle(|name| self.forget(name)).await
    }

    /// Reads whole values from a buffer.
    ///
    /// # Errors
    /// [`LabError::DeviceLost`], [`LabError::OutOfMemory`], and errors of earlier calls.
    pub async fn read<T: bytemuck::Pod>(
        &self,
        buffer: &GpuBuffer,
        offset_bytes: u64,
        count: usize,
    ) -> Result<Vec<T>, LabError> {
        let mut batch = Batch::new(self);
        let slot = batch.read(buffer, offset_bytes, (count * size_of::<T>()) as u64);
        Ok(batch.finish().await?.get(&slot))
    }

    /// Asks the device for more than it can give, past every check of ours, and returns what it says.
    ///
    /// # Errors
    /// [`LabError::OutOfMemory`] if the device refuses, [`LabError::DeviceLost`] if it breaks.
    pub async fn refuse(&self, bytes: u64) -> Result<(), LabError> {
        let asked = self.allocate_as("refused", bytes, wgpu::BufferUsages::STORAGE);
        let settled = self.settle().await;
        match asked.map(|_| ()).and(settled) {
            // Beyond `maxBufferSize` WebGPU calls it invalid, below it out of memory.
            Err(LabError::Kernel { .. }) => Err(LabError::OutOfMemory { requested_bytes: bytes }),
            other => other,
        }
    }

    /// What the device page lists, as keys and values: adapter, features, limits.
    pub fn describe(&self) -> Vec<(String, String)> {
        let yes_no = |b: bool| if b { "yes" } else { "no" }.to_owned();
        let facts = [
            ("vendor", self.facts.vendor.clone()),
            ("architecture", self.facts.architecture.clone()),
            ("device", self.facts.device.clone()),
            ("description", self.facts.description.clone()),
            ("driver", self.facts.driver.clone()),
            ("backend", self.facts.backend.clone()),
            ("software", yes_no(self.is_software)),
            ("shader_f16", yes_no(self.has_f16)),
            ("subgroups", yes_no(self.has_subgroups)),
            ("timestamps", yes_no(self.has_timestamps)),
            ("max_buffer_bytes", self.limits.max_buffer_size.to_string()),
            ("max_storage_binding_bytes", self.limits.max_storage_buffer_binding_size.to_string()),
            ("max_workgroup_storage_bytes", self.limits.max_compute_workgroup_storage_size.to_string()),
            ("max_workgroup_invocations", self.limits.max_compute_invocations_per_workgroup.to_string()),
            ("max_workgroups_per_dimension", self.limits.max_compute_workgroups_per_dimension.to_string()),
        ];
        facts.map(|(key, value)| (key.to_owned(), value)).to_vec()
    }

    /// A pair of timestamps and the buffer that they are resolved into.
    fn timer(&self) -> Result<(wgpu::QuerySet, GpuBuffer), LabError> {
        let usage = wgpu::BufferUsages::QUERY_RESOLVE | wgpu::BufferUsages::COPY_SRC;
        let resolved = self.allocate_as("timestamps", 16, usage)?;
        let set = self.handles()?.device.create_query_set(&wgpu::QuerySetDescriptor {
            label: Some("timestamps"),
            ty: wgpu::QueryType::Timestamp,
            count: 2,
        });
        Ok((set, resolved))
    }
}
