//! A compute shader as a value: its name, its text, its entry point, its bindings; and the pipelines made from it.

use std::rc::Rc;

use crate::protocol::LabError;

use super::Gpu;
use super::faults::Guarded;

/// How a kernel uses a binding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// `var<uniform>`: the parameters.
    Uniform,
    /// `var<storage, read>`.
    Read,
    /// `var<storage, read_write>`.
    Write,
}

/// One entry point of one WGSL file.
///
/// Binding 0 of group 0 is always the uniform `Params`; the others are listed with their numbers.
#[derive(Clone, Copy, Debug)]
pub struct Kernel {
    /// The name of the file, the wrapper and the reference.
    pub name: &'static str,
    /// The WGSL text as it ships.
    pub source: &'static str,
    /// The function to run.
    pub entry: &'static str,
    /// Numbers and access of the storage bindings that this entry point uses.
    pub bindings: &'static [(u32, Access)],
}

/// Values for the `override` constants of a kernel.
pub type Overrides<'a> = &'a [(&'static str, f64)];

/// A compiled kernel.
pub(super) struct Pipeline {
    pub raw: wgpu::ComputePipeline,
    pub layout: wgpu::BindGroupLayout,
}

pub(super) type PipelineKey = (&'static str, &'static str, String);

impl Gpu {
    /// Uses `source` instead of the text that ships, for every kernel of this name; `None` goes back to that.
    ///
    /// This is how a learner's edit gets to run, and how a test plants a wrong kernel.
    pub fn replace_source(&self, name: &'static str, source: Option<&str>) {
        match source {
            Some(text) => self.sources.borrow_mut().insert(name, text.into()),
            None => self.sources.borrow_mut().remove(name),
        };
        self.forget(name);
    }

    /// The text that stands in for that of a kernel, if there is one.
    pub(super) fn replaced(&self, kernel: &Kernel) -> Option<Rc<str>> {
        self.sources.borrow().get(kernel.name).cloned()
    }

    /// Drops the compiled pipelines of a kernel.
    pub(super) fn forget(&self, name: &str) {
        self.pipelines.borrow_mut().retain(|key, _| key.0 != name);
    }

    /// The pipeline of a kernel, compiled at first use.
    ///
    /// # Errors
    /// [`LabError::Kernel`] with the compiler's message (in a browser possibly only at the next readback).
    pub(super) fn pipeline(&self, kernel: &Kernel, overrides: Overrides<'_>) -> Result<Rc<Pipeline>, LabError> {
        self.faults.alive()?;
        let key: PipelineKey = (kernel.name, kernel.entry, format!("{overrides:?}"));
        if let Some(found) = self.pipelines.borrow().get(&key) {
            return Ok(found.clone());
        }
        let device = &self.handles()?.device;
        let replaced = self.replaced(kernel);
        let source = replaced.as_deref().unwrap_or(kernel.source);
        let guarded = Guarded::Kernel { name: kernel.name.into() };
        let pipeline = Rc::new(self.faults.guard(device, guarded, || compile(device, kernel, source, overrides))?);
        self.pipelines.borrow_mut().insert(key, pipeline.clone());
        Ok(pipeline)
    }
}

fn compile(device: &wgpu::Device, kernel: &Kernel, source: &str, overrides: Overrides<'_>) -> Pipeline {
    let label = Some(kernel.entry);
    let module = device
        .create_shader_module(wgpu::ShaderModuleDescriptor { label, source: wgpu::ShaderSource::Wgsl(source.into()) });
    let entries: Vec<_> = std::iter::once(&(0, Access::Uniform))
        .chain(kernel.bindings)
        .map(|&(binding, access)| wgpu::BindGroupLayoutEntry {
            binding,
            visibility: wgpu::ShaderStages::COMPUTE,
            ty: wgpu::BindingType::Buffer {
                ty: match access {
                    Access::Uniform => wgpu::BufferBindingType::Uniform,
                    Access::Read => wgpu::BufferBindingType::Storage { read_only: true },
                    Access::Write => wgpu::BufferBindingType::Storage { read_only: false },
                },
                has_dynamic_offset: false,
                min_binding_size: None,
            },
            count: None,
        })
        .collect();
    let layout = device.create_bind_group_layout(&wgpu::BindGroupLayoutDescriptor { label, entries: &entries });
    let pipeline_layout = device.create_pipeline_layout(&wgpu::PipelineLayoutDescriptor {
        label,
        bind_group_layouts: &[Some(&layout)],
        immediate_size: 0,
    });
    let raw = device.create_compute_pipeline(&wgpu::ComputePipelineDescriptor {
        label,
        layout: Some(&pipeline_layout),
        module: &module,
        entry_point: Some(kernel.entry),
        compilation_options: wgpu::PipelineCompilationOptions { constants: overrides, ..Default::default() },
        cache: None,
    });
    Pipeline { raw, layout }
}
