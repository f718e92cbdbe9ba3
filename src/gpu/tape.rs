//! Dispatches that are kept as they were recorded, so that they can be repeated: with another text, and to be timed.

use crate::protocol::LabError;

use super::kernel::{Kernel, Overrides};
use super::{Gpu, GpuBuffer};

/// One dispatch with its parameters and its buffers.
#[derive(Clone)]
pub struct Recorded {
    pub kernel: Kernel,
    pub(super) overrides: Vec<(&'static str, f64)>,
    pub(super) params: Vec<u8>,
    pub(super) buffers: Vec<GpuBuffer>,
    pub(super) workgroups: (u32, u32),
}

impl Recorded {
    pub(super) fn new(
        kernel: &Kernel,
        overrides: Overrides<'_>,
        params: &[u8],
        buffers: &[&GpuBuffer],
        workgroups: (u32, u32),
    ) -> Recorded {
        Recorded {
            kernel: *kernel,
            overrides: overrides.to_vec(),
            params: params.to_vec(),
            buffers: buffers.iter().map(|b| (*b).clone()).collect(),
            workgroups,
        }
    }

    /// The same dispatch of a kernel of another name, which may have another text.
    pub fn named(&self, name: &'static str) -> Recorded {
        Recorded { kernel: Kernel { name, ..self.kernel }, ..self.clone() }
    }
}

impl Gpu {
    /// Compiles what a recorded dispatch needs, unless that was done before.
    ///
    /// # Errors
    /// [`LabError::Kernel`] with the compiler's message; in a browser at the next [`Gpu::settle`].
    pub fn prepare(&self, recorded: &Recorded) -> Result<(), LabError> {
        self.pipeline(&recorded.kernel, &recorded.overrides).map(|_| ())
    }

    /// From now on keeps every dispatch that is recorded; what was kept before is forgotten.
    pub fn start_tape(&self) {
        *self.tape.borrow_mut() = Some(Vec::new());
    }

    /// Ends the tape and gives it back.
    pub fn take_tape(&self) -> Vec<Recorded> {
        self.tape.borrow_mut().take().unwrap_or_default()
    }
}
