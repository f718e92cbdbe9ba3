//! A command in, events out. Knows no browser: the [`Host`] lends it a clock, files and the event loop.
//!
//! ```text
//! Command -> Checked config -> lab's run(.., &ctx) -> Started, Progress*, Table*, Tensor*, Done | Failed
//! ```

#[cfg(not(target_arch = "wasm32"))]
pub mod native;
mod tier;

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;

#[cfg(all(feature = "train", feature = "text-models"))]
use crate::labs::tune;
use crate::labs::{Command, Ctx, Device, EventSink, Host, device, kernel, quant};
#[cfg(feature = "text-models")]
use crate::labs::{bits, model};
use crate::protocol::{Event, LabError, RunId};

pub use tier::{Chosen, choose, export_choices};

/// Runs that may be stopped: those going on and those waiting.
#[derive(Clone, Default)]
pub struct Stops(Rc<RefCell<HashMap<RunId, Rc<Cell<bool>>>>>);

impl Stops {
    /// The flag of a run; made at the first call.
    pub fn of(&self, run: RunId) -> Rc<Cell<bool>> {
        self.0.borrow_mut().entry(run).or_default().clone()
    }

    /// Asks a run to end at its next checkpoint, whether it has begun or not.
    pub fn stop(&self, run: RunId) {
        self.of(run).set(true);
    }

    fn forget(&self, run: RunId) {
        self.0.borrow_mut().remove(&run);
    }
}

/// Executes commands one after another on one device.
pub struct Engine {
    device: Device,
    host: Rc<dyn Host>,
    sink: Rc<dyn EventSink>,
    stops: Stops,
    quant: quant::run::Session,
    #[cfg(feature = "text-models")]
    model: model::run::Session,
    #[cfg(feature = "text-models")]
    bits: bits::run::Session,
    #[cfg(all(feature = "train", feature = "text-models"))]
    tune: tune::run::Session,
}

impl Engine {
    /// An engine on `device` that reports to `sink`.
    pub fn new(device: Device, host: Rc<dyn Host>, sink: Rc<dyn EventSink>, stops: Stops) -> Engine {
        Engine {
            device,
            host,
            sink,
            stops,
            quant: quant::run::Session::default(),
            #[cfg(feature = "text-models")]
            model: model::run::Session::default(),
            #[cfg(feature = "text-models")]
            bits: bits::run::Session::default(),
            #[cfg(all(feature = "train", feature = "text-models"))]
            tune: tune::run::Session::default(),
        }
    }

    /// Executes one command; every outcome, errors included, goes to the sink.
    pub async fn run(&mut self, run: RunId, command: Command) {
        let begun = self.host.now_millis();
        let ctx = Ctx::new(run, self.device.clone(), self.host.clone(), self.sink.clone(), self.stops.of(run));
        self.sink.emit(Event::Started { run, tier: self.device.tier() });
        let outcome = match ctx.checkpoint().await {
            Ok(()) => self.execute(command, &ctx).await,
            Err(error) => Err(error),
        };
        self.stops.forget(run);
        // A kernel that failed because the device went away is the device's fault.
        let outcome = outcome.map_err(|error| match (&self.device, &error) {
            (_, LabError::Stopped) => error,
            (Device::Gpu(gpu), _) => gpu.lost().map_or(error, |message| LabError::DeviceLost { message }),
            (Device::Cpu, _) => error,
        });
        self.sink.emit(match outcome {
            Ok(()) => Event::Done { run, elapsed_millis: self.host.now_millis() - begun },
            Err(error) => Event::Failed { run, error },
        });
    }

    async fn execute(&mut self, command: Command, ctx: &Ctx) -> Result<(), LabError> {
        match command {
            Command::Quant { task } => quant::run::run(task, ctx, &mut self.quant).await,
            #[cfg(feature = "text-models")]
            Command::Model { task } => model::run::run(task, ctx, &mut self.model).await,
            #[cfg(feature = "text-models")]
            Command::Bits { task } => bits::run::run(task, ctx, &mut self.bits).await,
            #[cfg(not(feature = "text-models"))]
            Command::Model { .. } => Err(LabError::Unknown { field: "command".into(), got: "model".into() }),
            #[cfg(not(feature = "text-models"))]
            Command::Bits { .. } => Err(LabError::Unknown { field: "command".into(), got: "bits".into() }),
            #[cfg(all(feature = "train", feature = "text-models"))]
            Command::Tune { task } => tune::run::run(task, ctx, &mut self.tune).await,
            #[cfg(not(all(feature = "train", feature = "text-models")))]
            Command::Tune { .. } => Err(LabError::Unknown { field: "command".into(), got: "tune".into() }),
            Command::Kernel { task } => kernel::run::run(task, ctx).await,
            #[cfg(feature = "wgsl")]
            Command::Workshop { attempt } => kernel::run::workshop::run(attempt, ctx).await,
            #[cfg(not(feature = "wgsl"))]
            Command::Workshop { .. } => Err(LabError::Unknown { field: "command".into(), got: "workshop".into() }),
            Command::Adapter => device::run::adapter(ctx).await,
            Command::Health => device::run::health(ctx).await,
            Command::Provoke { fault } => device::run::provoke(ctx, fault).await,
            #[cfg(feature = "train")]
            Command::Burn => device::run::burn(ctx).await,
            #[cfg(feature = "train")]
            Command::Peers => device::run::peers(ctx).await,
            #[cfg(feature = "train")]
            Command::PeerTrainings => device::run::peer_trainings(ctx).await,
            #[cfg(not(feature = "train"))]
            Command::Peers | Command::PeerTrainings => {
                Err(LabError::Unknown { field: "command".into(), got: "peers".into() })
            }
            #[cfg(not(feature = "train"))]
            Command::Burn => Err(LabError::Unknown { field: "command".into(), got: "burn".into() }),
        }
    }
}
