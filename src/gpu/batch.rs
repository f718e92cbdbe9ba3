//! Several dispatches, copies and readbacks in one submission with one wait.

use std::rc::Rc;

use crate::protocol::LabError;

use super::faults::Guarded;
use super::kernel::{Kernel, Overrides, Pipeline};
use super::oneshot::oneshot;
use super::readback::{Readings, Slot, Staging, values_from_bytes};
use super::tape::Recorded;
use super::{Dispatch, Gpu, GpuBuffer, Interpreter};

/// WebGPU's default `minUniformBufferOffsetAlignment`; every device accepts offsets that are multiples of it.
const UNIFORM_SLOT_BYTES: usize = 256;
/// Dispatches that fit into one batch.
const UNIFORM_SLOTS: usize = 256;
/// Bytes of the buffer that holds the parameters of a batch.
pub(super) const UNIFORM_BYTES: u64 = (UNIFORM_SLOT_BYTES * UNIFORM_SLOTS) as u64;
/// WebGPU's default `maxComputeWorkgroupsPerDimension`.
const MAX_WORKGROUPS_PER_DIMENSION: u64 = 65535;

enum Step {
    Dispatch { pipeline: Rc<Pipeline>, group: wgpu::BindGroup, x: u32, y: u32 },
    Interpret(Recorded),
    Clear { buffer: GpuBuffer },
    Copy { from: GpuBuffer, from_bytes: u64, to: GpuBuffer, to_bytes: u64, size_bytes: u64 },
}

/// Work that is recorded but not yet submitted. Buffers used in it live until it is submitted.
pub struct Batch<'g> {
    gpu: &'g Gpu,
    steps: Vec<Step>,
    kept: Vec<GpuBuffer>,
    uniforms: Vec<u8>,
    reads: Vec<(GpuBuffer, u64, u64)>,
    read_bytes: u64,
    names: Vec<&'static str>,
    timed: bool,
}

/// How `workgroups` are laid over two dimensions; the kernel finds its number as `x + y * width` and stops at its count.
pub fn two_dimensional(workgroups: u64) -> (u32, u32) {
    let height = workgroups.div_ceil(MAX_WORKGROUPS_PER_DIMENSION).max(1);
    (workgroups.div_ceil(height) as u32, height as u32)
}

impl<'g> Batch<'g> {
    /// An empty batch.
    pub fn new(gpu: &'g Gpu) -> Batch<'g> {
        Batch {
            gpu,
            steps: Vec::new(),
            kept: Vec::new(),
            uniforms: Vec::new(),
            reads: Vec::new(),
            read_bytes: 0,
            names: Vec::new(),
            timed: false,
        }
    }

    /// Measures the dispatches by the GPU's clock, where it has one.
    pub fn timed(mut self) -> Batch<'g> {
        self.timed = self.gpu.has_timestamps;
        self
    }

    /// Records `workgroups` workgroups of a kernel. `buffers` follow the order of [`Kernel::bindings`].
    ///
    /// # Errors
    /// [`LabError::Kernel`], [`LabError::TooLarge`], [`LabError::DeviceLost`].
    pub fn run<P: bytemuck::NoUninit>(
        &mut self,
        kernel: &Kernel,
        overrides: Overrides<'_>,
        params: &P,
        buffers: &[&GpuBuffer],
        workgroups: u64,
    ) -> Result<(), LabError> {
        if workgroups == 0 {
            return Ok(());
        }
        // Compiled once, not once for every type of parameters.
        self.run_grid(kernel, overrides, bytemuck::bytes_of(params), buffers, two_dimensional(workgroups))
    }

    /// Records a dispatch that was recorded before.
    ///
    /// # Errors
    /// As [`Batch::run`].
    pub fn again(&mut self, recorded: &Recorded) -> Result<(), LabError> {
        let Recorded { kernel, overrides, params, buffers, workgroups } = recorded;
        let buffers: Vec<&GpuBuffer> = buffers.iter().collect();
        self.run_grid(kernel, overrides, params, &buffers, *workgroups)
    }

    /// As [`Batch::run`], with the parameters as bytes and the workgroups in two dimensions, none of them 0.
    ///
    /// # Errors
    /// As [`Batch::run`].
    pub fn run_grid(
        &mut self,
        kernel: &Kernel,
        overrides: Overrides<'_>,
        bytes: &[u8],
        buffers: &[&GpuBuffer],
        (x, y): (u32, u32),
    ) -> Result<(), LabError> {
        let slot = self.uniforms.len() / UNIFORM_SLOT_BYTES;
        if bytes.len() > UNIFORM_SLOT_BYTES || slot >= UNIFORM_SLOTS || buffers.len() != kernel.bindings.len() {
            return Err(LabError::Kernel {
                kernel: kernel.name.into(),
                message: format!("{} parameter bytes, slot {slot}, {} buffers", bytes.len(), buffers.len()),
            });
        }
        if self.gpu.tape.borrow().is_some() || self.gpu.interpreter().is_some() {
            let recorded = Recorded::new(kernel, overrides, bytes, buffers, (x, y));
            if let Some(tape) = &mut *self.gpu.tape.borrow_mut() {
                tape.push(recorded.clone());
            }
            if self.gpu.interpreter().is_some() {
                self.steps.push(Step::Interpret(recorded));
                return Ok(());
            }
        }
        let pipeline = self.gpu.pipeline(kernel, overrides)?;
        let handles = self.gpu.handles()?;
        let uniform = wgpu::BindGroupEntry {
            binding: 0,
            resource: wgpu::BindingResource::Buffer(wgpu::BufferBinding {
                buffer: &handles.uniforms,
                offset: (slot * UNIFORM_SLOT_BYTES) as u64,
                size: std::num::NonZeroU64::new(UNIFORM_SLOT_BYTES as u64),
            }),
        };
        let storage = kernel
            .bindings
            .iter()
            .zip(buffers)
            .map(|(&(binding, _), buffer)| wgpu::BindGroupEntry { binding, resource: buffer.binding() });
        let entries: Vec<_> = std::iter::once(uniform).chain(storage).collect();
        let guarded = Guarded::Kernel { name: kernel.name.into() };
        let group = self.gpu.faults.guard(&handles.device, guarded, || {
            handles.device.create_bind_group(&wgpu::BindGroupDescriptor {
                label: Some(kernel.entry),
                layout: &pipeline.layout,
                entries: &entries,
            })
        })?;
        self.uniforms.extend_from_slice(bytes);
        self.uniforms.resize((slot + 1) * UNIFORM_SLOT_BYTES, 0);
        self.kept.extend(buffers.iter().map(|b| (*b).clone()));
        if self.names.last() != Some(&kernel.name) {
            self.names.push(kernel.name);
        }
        self.steps.push(Step::Dispatch { pipeline, group, x, y });
        Ok(())
    }

    /// How many dispatches are recorded.
    pub fn dispatches(&self) -> usize {
        self.steps.iter().filter(|step| matches!(step, Step::Dispatch { .. } | Step::Interpret(_))).count()
    }

    /// Fills a buffer with zeros.
    pub fn clear(&mut self, buffer: &GpuBuffer) {
        self.steps.push(Step::Clear { buffer: buffer.clone() });
    }

    /// Copies bytes between buffers; all numbers are multiples of 4.
    pub fn copy(&mut self, from: &GpuBuffer, from_bytes: u64, to: &GpuBuffer, to_bytes: u64, size_bytes: u64) {
        self.steps.push(Step::Copy { from: from.clone(), from_bytes, to: to.clone(), to_bytes, size_bytes });
    }

    /// Brings bytes back; both numbers are multiples of 4.
    pub fn read(&mut self, buffer: &GpuBuffer, offset_bytes: u64, size_bytes: u64) -> Slot {
        self.reads.push((buffer.clone(), offset_bytes, size_bytes));
        let begin = self.read_bytes as usize;
        self.read_bytes += size_bytes;
        Slot(begin..self.read_bytes as usize)
    }

    /// Submits without waiting. Errors that only the device sees come at the next wait.
    ///
    /// # Errors
    /// [`LabError::Kernel`], [`LabError::DeviceLost`].
    pub fn submit(self) -> Result<(), LabError> {
        if let Some(interpreter) = self.gpu.interpreter() {
            return self.interpret(&**interpreter);
        }
        self.encode(None, None).map(|_| ())
    }

    /// Submits and waits for what is to be read; with nothing to read, waits for the work itself.
    ///
    /// # Errors
    /// [`LabError::Kernel`], [`LabError::OutOfMemory`], [`LabError::DeviceLost`].
    pub async fn finish(self) -> Result<Readings, LabError> {
        let gpu = self.gpu;
        if let Some(interpreter) = gpu.interpreter() {
            self.interpret(&**interpreter)?;
            let bytes = self.reads.iter().flat_map(|(buffer, begin, size)| bytes_of(buffer, *begin, *size)).collect();
            return Ok(Readings { bytes, gpu_millis: None });
        }
        let queue = &gpu.handles()?.queue;
        let queries = self.timed.then(|| gpu.timer()).transpose()?;
        let timer_bytes = if queries.is_some() { 16 } else { 0 };
        let total = (self.read_bytes + timer_bytes).max(4);
        let staging = Staging::new(gpu, total)?;
        let (read_bytes, names) = (self.read_bytes as usize, self.names.join(", "));
        let submission = self.encode(Some(&staging.buffer), queries.as_ref())?;
        let (sender, receiver) = oneshot();
        staging.buffer.raw().slice(..total).map_async(wgpu::MapMode::Read, move |result| sender.send(result.is_ok()));
        #[cfg(not(target_arch = "wasm32"))]
        {
            let wait = wgpu::PollType::Wait { submission_index: Some(submission), timeout: None };
            if let Err(error) = gpu.handles()?.device.poll(wait) {
                gpu.faults.note_lost(&error.to_string());
            }
        }
        #[cfg(target_arch = "wasm32")]
        let _ = submission;
        gpu.settle().await?;
        let mapped = receiver.await;
        gpu.faults.alive()?;
        if !mapped {
            return Err(LabError::Kernel { kernel: names, message: "the results could not be read back".into() });
        }
        let view = staging
            .buffer
            .raw()
            .slice(..total)
            .get_mapped_range()
            .map_err(|error| LabError::Kernel { kernel: names, message: error.to_string() })?;
        let bytes = view[..read_bytes].to_vec();
        let gpu_millis = queries.map(|_| {
            let ticks: Vec<u64> = values_from_bytes(&view[read_bytes..read_bytes + 16]);
            ticks[1].saturating_sub(ticks[0]) as f64 * f64::from(queue.get_timestamp_period()) * 1e-6
        });
        drop(view);
        staging.release(gpu)?;
        Ok(Readings { bytes, gpu_millis })
    }

    fn encode(
        self,
        staging: Option<&GpuBuffer>,
        queries: Option<&(wgpu::QuerySet, GpuBuffer)>,
    ) -> Result<wgpu::SubmissionIndex, LabError> {
        let gpu = self.gpu;
        gpu.faults.alive()?;
        let guarded = Guarded::Kernel { name: self.names.join(", ") };
        let handles = gpu.handles()?;
        gpu.faults.guard(&handles.device, guarded, || {
            if !self.uniforms.is_empty() {
                // Ordered after earlier submissions and before this one, so one buffer serves every batch.
                handles.queue.write_buffer(&handles.uniforms, 0, &self.uniforms);
            }
            let mut encoder =
                handles.device.create_command_encoder(&wgpu::CommandEncoderDescriptor { label: Some("batch") });
            let passes = passes_of(&self.steps);
            let last = passes.iter().rposition(|p| matches!(p.first(), Some(Step::Dispatch { .. })));
            let first = passes.iter().position(|p| matches!(p.first(), Some(Step::Dispatch { .. })));
            for (k, pass) in passes.iter().enumerate() {
                let timestamps = queries.filter(|_| Some(k) == first || Some(k) == last).map(|(set, _)| {
                    wgpu::ComputePassTimestampWrites {
                        query_set: set,
                        beginning_of_pass_write_index: (Some(k) == first).then_some(0),
                        end_of_pass_write_index: (Some(k) == last).then_some(1),
                    }
                });
                encode_pass(&mut encoder, pass, timestamps);
            }
            let mut at = 0;
            if let Some(staging) = staging {
                for (buffer, offset, size) in &self.reads {
                    let from = buffer.offset_bytes() + offset;
                    encoder.copy_buffer_to_buffer(buffer.raw(), from, staging.raw(), at, *size);
                    at += size;
                }
                if let Some((set, resolved)) = queries {
                    encoder.resolve_query_set(set, 0..2, resolved.raw(), 0);
                    encoder.copy_buffer_to_buffer(resolved.raw(), 0, staging.raw(), at, 16);
                }
            }
            handles.queue.submit([encoder.finish()])
        })
    }

    /// Does what is recorded, here and now.
    fn interpret(&self, interpreter: &dyn Interpreter) -> Result<(), LabError> {
        for step in &self.steps {
            match step {
                Step::Interpret(recorded) => {
                    let replaced = self.gpu.replaced(&recorded.kernel);
                    interpreter.dispatch(&Dispatch {
                        kernel: &recorded.kernel,
                        source: replaced.as_deref().unwrap_or(recorded.kernel.source),
                        overrides: &recorded.overrides,
                        params: &recorded.params,
                        buffers: &recorded.buffers,
                        workgroups: recorded.workgroups,
                    })?;
                }
                Step::Clear { buffer } => {
                    self.gpu.write(buffer, 0, &vec![0; buffer.size_bytes() as usize])?;
                }
                Step::Copy { from, from_bytes, to, to_bytes, size_bytes } => {
                    self.gpu.write(to, *to_bytes, &bytes_of(from, *from_bytes, *size_bytes))?;
                }
                Step::Dispatch { .. } => {}
            }
        }
        Ok(())
    }
}

/// Bytes of a buffer in ordinary memory.
fn bytes_of(buffer: &GpuBuffer, begin: u64, size: u64) -> Vec<u8> {
    let Some(words) = buffer.words() else { return Vec::new() };
    bytemuck::cast_slice::<u32, u8>(&words.borrow())[begin as usize..(begin + size) as usize].to_vec()
}

/// Cuts the steps into runs of dispatches, which share a pass, and single copies.
fn passes_of(steps: &[Step]) -> Vec<&[Step]> {
    steps.chunk_by(|a, b| matches!((a, b), (Step::Dispatch { .. }, Step::Dispatch { .. }))).collect()
}

fn encode_pass(
    encoder: &mut wgpu::CommandEncoder,
    steps: &[Step],
    timestamp_writes: Option<wgpu::ComputePassTimestampWrites<'_>>,
) {
    match &steps[0] {
        Step::Clear { buffer } => {
            encoder.clear_buffer(buffer.raw(), buffer.offset_bytes(), Some(buffer.size_bytes()));
        }
        Step::Copy { from, from_bytes, to, to_bytes, size_bytes } => {
            let (from_at, to_at) = (from.offset_bytes() + from_bytes, to.offset_bytes() + to_bytes);
            encoder.copy_buffer_to_buffer(from.raw(), from_at, to.raw(), to_at, *size_bytes);
        }
        // Never among the steps of a device.
        Step::Interpret(_) => {}
        Step::Dispatch { .. } => {
            let mut pass =
                encoder.begin_compute_pass(&wgpu::ComputePassDescriptor { label: Some("batch"), timestamp_writes });
            for step in steps {
                if let Step::Dispatch { pipeline, group, x, y } = step {
                    pass.set_pipeline(&pipeline.raw);
                    pass.set_bind_group(0, group, &[]);
                    pass.dispatch_workgroups(*x, *y, 1);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::two_dimensional;

    #[test]
    fn every_workgroup_is_covered_and_no_dimension_is_exceeded() {
        for n in [1, 2, 65534, 65535, 65536, 65537, 131_070, 131_071, 4_000_000, 16_777_216] {
            let (x, y) = two_dimensional(n);
            let covered = u64::from(x) * u64::from(y);
            assert!(covered >= n && x <= 65535 && y <= 65535, "{n}: {x} x {y}");
            assert!(covered - n < u64::from(y), "{n}: {x} x {y} wastes more than a row's end");
        }
    }
}
