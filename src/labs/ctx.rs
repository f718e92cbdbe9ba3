//! What a run is given besides its configuration: who listens, whether to stop, and what to compute on.

use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::rc::Rc;

use crate::gpu::Gpu;
use crate::protocol::{Event, LabError, Phase, RunId, Table, Tensor, Tier};

/// Takes the events of runs: the worker's port in the browser, a `Vec` in tests, JSON lines natively.
pub trait EventSink {
    /// Takes one event.
    fn emit(&self, event: Event);
}

/// Lets the event loop breathe, so that a Stop can arrive. Does nothing natively.
pub type Yield = Rc<dyn Fn() -> Pin<Box<dyn Future<Output = ()>>>>;

/// What to compute on.
#[derive(Clone)]
pub enum Device {
    Gpu(Rc<Gpu>),
    Cpu,
}

impl Device {
    /// The tier that this device stands for.
    pub fn tier(&self) -> Tier {
        match self {
            Device::Gpu(_) => Tier::Gpu,
            Device::Cpu => Tier::Cpu,
        }
    }
}

/// The surroundings of one run.
pub struct Ctx {
    pub run: RunId,
    pub device: Device,
    pub(crate) sink: Rc<dyn EventSink>,
    pub(crate) stopped: Rc<Cell<bool>>,
    pub(crate) breathe: Yield,
}

impl Ctx {
    /// The surroundings of run `run`.
    pub fn new(run: RunId, device: Device, sink: Rc<dyn EventSink>, stopped: Rc<Cell<bool>>, breathe: Yield) -> Ctx {
        Ctx { run, device, sink, stopped, breathe }
    }

    /// Yields to the event loop and ends the run if Stop was pressed.
    ///
    /// # Errors
    /// [`LabError::Stopped`].
    pub async fn checkpoint(&self) -> Result<(), LabError> {
        (self.breathe)().await;
        if self.stopped.get() { Err(LabError::Stopped) } else { Ok(()) }
    }

    /// Says how far the run is.
    pub fn progress(&self, phase: Phase, done: u64, total: u64) {
        self.sink.emit(Event::Progress { run: self.run, phase, done, total });
    }

    /// Sends a table.
    pub fn table(&self, table: Table) {
        self.sink.emit(Event::Table { run: self.run, table });
    }

    /// Sends a tensor.
    pub fn tensor(&self, name: &str, shape: &[usize], values: Vec<f32>) {
        self.sink
            .emit(Event::Tensor { run: self.run, tensor: Tensor { name: name.into(), shape: shape.to_vec(), values } });
    }
}
