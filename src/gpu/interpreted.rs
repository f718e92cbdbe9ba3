//! A device that is none: kernels run in an interpreter, and buffers are words in ordinary memory.
//!
//! Host wrappers do not notice. So every comparison of a kernel with its reference also runs where there is no adapter,
//! and an interpreter that is stricter than any GPU can be put in front of one.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use crate::protocol::LabError;

use super::kernel::{Kernel, Overrides};
use super::{AdapterFacts, Backend, Gpu, GpuBuffer, choices, faults};

/// What computes where no adapter does.
pub trait Interpreter {
    /// Runs a dispatch to its end.
    ///
    /// # Errors
    /// [`LabError::Kernel`] where the text cannot go on.
    fn dispatch(&self, dispatch: &Dispatch<'_>) -> Result<(), LabError>;
}

/// One dispatch as a device would get it. `buffers` follow the order of [`Kernel::bindings`]; their contents are
/// [`GpuBuffer::words`].
pub struct Dispatch<'a> {
    pub kernel: &'a Kernel,
    /// The text to run: the kernel's own, or what replaces it.
    pub source: &'a str,
    pub overrides: Overrides<'a>,
    pub params: &'a [u8],
    pub buffers: &'a [GpuBuffer],
    pub workgroups: (u32, u32),
}

impl Gpu {
    /// A device whose kernels `interpreter` runs, with the limits that every device has.
    pub fn interpreted(interpreter: Rc<dyn Interpreter>) -> Gpu {
        Gpu {
            backend: Backend::Interpreter(interpreter),
            facts: AdapterFacts { description: "interpreter".into(), ..AdapterFacts::default() },
            limits: wgpu::Limits::default(),
            has_f16: false,
            has_subgroups: false,
            has_timestamps: false,
            // It stands for a GPU: what a GPU would run is what is looked at.
            is_software: false,
            forced_lanes: Cell::new(None),
            choices: choices::Choices::default(),
            faults: faults::Faults::none(),
            ledger: Rc::default(),
            pipelines: RefCell::default(),
            sources: RefCell::default(),
            tape: RefCell::default(),
        }
    }

    /// The interpreter, if there is one.
    pub(super) fn interpreter(&self) -> Option<&Rc<dyn Interpreter>> {
        match &self.backend {
            Backend::Interpreter(interpreter) => Some(interpreter),
            Backend::Device(_) => None,
        }
    }
}
