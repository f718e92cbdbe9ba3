//! What a run is given besides its configuration: who listens, whether to stop, what to compute on, and the machine it
//! runs on (clock, files, event loop), so that the same run works in a browser, in a test and in a native tool.

use std::cell::Cell;
use std::future::Future;
use std::ops::Range;
use std::pin::Pin;
use std::rc::Rc;

use crate::gpu::Gpu;
use crate::protocol::{Event, LabError, Phase, RunId, Table, Tensor, Tier};

/// A future that stays on this thread.
pub type Local<'a, T> = Pin<Box<dyn Future<Output = T> + 'a>>;

/// Hears of bytes loaded and of all bytes.
pub type Loading<'a> = &'a mut dyn FnMut(u64, u64);

/// Takes the events of runs: the worker's port in the browser, a `Vec` in tests, JSON lines natively.
pub trait EventSink {
    /// Takes one event.
    fn emit(&self, event: Event);
}

/// The machine around the engine.
pub trait Host {
    /// Lets the event loop breathe, so that a Stop can arrive. Nothing to do natively.
    fn breathe(&self) -> Local<'_, ()>;
    /// Waits.
    fn sleep(&self, millis: u32) -> Local<'_, ()>;
    /// Milliseconds from an arbitrary start.
    fn now_millis(&self) -> f64;
    /// Whether a GPU can be asked for at all.
    fn has_gpu_api(&self) -> bool;
    /// The text of a file that ships with the site, such as `shaders/matvec.wgsl`. Asked for at once, so that several calls
    /// overlap.
    ///
    /// # Errors
    /// [`LabError::FileGone`].
    fn site_text<'a>(&'a self, path: &'a str) -> Local<'a, Result<String, LabError>>;
    /// The bytes of a file that ships with the site, such as `models/afina-small/model.safetensors`. `progress` hears of
    /// bytes loaded and of all bytes, 0 where that is not known.
    ///
    /// # Errors
    /// [`LabError::FileGone`].
    fn site_bytes<'a>(&'a self, path: &'a str, progress: Loading<'a>) -> Local<'a, Result<Vec<u8>, LabError>>;
    /// The size of a file that the visitor opened, in bytes.
    ///
    /// # Errors
    /// [`LabError::FileGone`].
    fn file_size(&self, name: &str) -> Result<u64, LabError>;
    /// Bytes of a file that the visitor opened.
    ///
    /// # Errors
    /// [`LabError::FileGone`].
    fn read_file<'a>(&'a self, name: &'a str, range: Range<u64>) -> Local<'a, Result<Vec<u8>, LabError>>;
}

/// What to compute on.
#[derive(Clone)]
pub enum Device {
    Gpu(Rc<Gpu>),
    Cpu,
}

impl Device {
    /// The GPU, where there is one.
    pub fn gpu(&self) -> Option<&Rc<Gpu>> {
        match self {
            Device::Gpu(gpu) => Some(gpu),
            Device::Cpu => None,
        }
    }

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
    pub host: Rc<dyn Host>,
    sink: Rc<dyn EventSink>,
    stopped: Rc<Cell<bool>>,
}

impl Ctx {
    /// The surroundings of run `run`; setting `stopped` ends it at its next checkpoint.
    pub fn new(
        run: RunId,
        device: Device,
        host: Rc<dyn Host>,
        sink: Rc<dyn EventSink>,
        stopped: Rc<Cell<bool>>,
    ) -> Ctx {
        Ctx { run, device, host, sink, stopped }
    }

    /// Yields to the event loop and ends the run if Stop was pressed or the device is gone.
    ///
    /// # Errors
    /// [`LabError::Stopped`], [`LabError::DeviceLost`].
    pub async fn checkpoint(&self) -> Result<(), LabError> {
        self.host.breathe().await;
        self.not_stopped()
    }

    /// As [`Ctx::checkpoint`], where nothing can be awaited.
    ///
    /// # Errors
    /// [`LabError::Stopped`], [`LabError::DeviceLost`].
    pub fn not_stopped(&self) -> Result<(), LabError> {
        if let Device::Gpu(gpu) = &self.device
            && let Some(message) = gpu.lost()
        {
            return Err(LabError::DeviceLost { message });
        }
        if self.stopped.get() { Err(LabError::Stopped) } else { Ok(()) }
    }

    /// Says how far the run is.
    pub fn progress(&self, phase: Phase, done: u64, total: u64) {
        self.sink.emit(Event::Progress { run: self.run, phase, done, total });
    }

    /// A whole file of the site, with progress in bytes.
    ///
    /// # Errors
    /// [`LabError::NotFetched`], [`LabError::Stopped`].
    pub async fn site_file(&self, path: &str) -> Result<Vec<u8>, LabError> {
        let bytes = self.host.site_bytes(path, &mut |done, total| self.progress(Phase::Reading, done, total)).await;
        self.checkpoint().await?;
        bytes.map_err(|_| LabError::NotFetched { path: path.into() })
    }

    /// Appends points to a series.
    pub fn points(&self, series: &str, points: Vec<[f64; 2]>) {
        self.sink.emit(Event::Points { run: self.run, series: series.into(), points });
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

    /// Sends a file for the visitor to keep: a download in the browser, a file beside the command natively.
    pub fn file(&self, name: &str, media_type: &str, bytes: Vec<u8>) {
        self.sink.emit(Event::File { run: self.run, name: name.into(), media_type: media_type.into(), bytes });
    }
}
