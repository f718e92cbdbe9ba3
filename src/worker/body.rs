//! The body of both workers: messages in, one engine, events out.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use js_sys::{Array, Float32Array, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::spawn_local;
use web_sys::{File, MessageEvent};

use super::host::{BrowserHost, scope};
use super::{BUILD, FromWorker, ToWorker};
use crate::engine::{Engine, Stops, choose, export_choices};
use crate::labs::{Command, Device, EventSink};
use crate::protocol::{Event, RunId, TierWish, Verified};

/// Posts one message; the values of a tensor and the bytes of a file are moved, not copied.
fn post(mut message: FromWorker) {
    let envelope = Object::new();
    let transfer = Array::new();
    let buffer = match &mut message {
        FromWorker::Event { event: Event::Tensor { tensor, .. } } => {
            Some(Float32Array::from(std::mem::take(&mut tensor.values).as_slice()).buffer())
        }
        FromWorker::Event { event: Event::File { bytes, .. } } => {
            Some(Uint8Array::from(std::mem::take(bytes).as_slice()).buffer())
        }
        _ => None,
    };
    if let Some(buffer) = buffer {
        let _ = Reflect::set(&envelope, &"values".into(), &buffer);
        transfer.push(&buffer);
    }
    let json = serde_json::to_string(&message).expect("messages are plain data and always serialise");
    let _ = Reflect::set(&envelope, &"json".into(), &json.into());
    let _ = scope().post_message_with_transfer(&envelope, &transfer);
}

struct Port;

impl EventSink for Port {
    fn emit(&self, event: Event) {
        post(FromWorker::Event { event });
    }
}

/// One worker: a queue of runs and, once the tier is chosen, the engine that executes them.
struct Worker {
    host: Rc<BrowserHost>,
    stops: Stops,
    queue: RefCell<VecDeque<(RunId, Command)>>,
    /// Taken out while it runs.
    engine: Cell<Option<Engine>>,
    /// The device, and what the page knows of it.
    known: RefCell<(Device, Verified)>,
}

impl Worker {
    async fn begin(self: Rc<Self>, wish: TierWish, verified: Vec<Verified>) {
        let chosen = choose(wish, &verified, &*self.host).await;
        if let Device::Gpu(gpu) = &chosen.device {
            gpu.on_lost(Box::new(|message| post(FromWorker::Lost { message })));
        }
        let known = Verified { adapter: chosen.adapter.clone(), choices: export_choices(&chosen.device) };
        *self.known.borrow_mut() = (chosen.device.clone(), known);
        post(FromWorker::Ready {
            tier: chosen.device.tier(),
            reason: chosen.reason,
            adapter: chosen.adapter,
            health: chosen.health,
        });
        self.engine.set(Some(Engine::new(chosen.device, self.host.clone(), Rc::new(Port), self.stops.clone())));
        self.drain().await;
    }

    /// Executes what is queued, unless somebody already does.
    async fn drain(self: Rc<Self>) {
        let Some(mut engine) = self.engine.take() else { return };
        loop {
            let next = self.queue.borrow_mut().pop_front();
            let Some((run, command)) = next else { break };
            engine.run(run, command).await;
            self.tell_measured();
        }
        self.engine.set(Some(engine));
    }

    /// Tells the page what was measured, if that is news.
    fn tell_measured(&self) {
        let (device, known) = &mut *self.known.borrow_mut();
        let choices = export_choices(device);
        if choices != known.choices {
            known.choices = choices;
            post(FromWorker::Measured { verified: known.clone() });
        }
    }

    fn hear(self: &Rc<Self>, message: ToWorker, file: Option<File>) {
        match message {
            ToWorker::Start { wish, verified } => spawn_local(self.clone().begin(wish, verified)),
            ToWorker::Run { run, command } => {
                self.queue.borrow_mut().push_back((run, command));
                spawn_local(self.clone().drain());
            }
            ToWorker::Stop { run } => self.stops.stop(run),
            ToWorker::File { name } => {
                if let Some(file) = file {
                    self.host.keep_file(name, file);
                }
            }
        }
    }
}

/// Starts the worker that this wasm is in.
pub fn start() {
    std::panic::set_hook(Box::new(|info| post(FromWorker::Broken { message: info.to_string() })));
    let worker = Rc::new(Worker {
        host: Rc::default(),
        stops: Stops::default(),
        queue: RefCell::default(),
        engine: Cell::new(None),
        known: RefCell::new((Device::Cpu, Verified::default())),
    });
    let hear = Closure::<dyn FnMut(MessageEvent)>::new(move |event: MessageEvent| {
        let field = |name: &str| Reflect::get(&event.data(), &name.into()).unwrap_or(JsValue::UNDEFINED);
        let json = field("json").as_string().unwrap_or_default();
        match serde_json::from_str::<ToWorker>(&json) {
            Ok(message) => worker.hear(message, field("file").dyn_into().ok()),
            Err(error) => post(FromWorker::Broken { message: format!("message not understood: {error}") }),
        }
    });
    scope().set_onmessage(Some(hear.as_ref().unchecked_ref()));
    // The worker listens as long as it lives.
    hear.forget();
    post(FromWorker::Up { build: BUILD.to_owned() });
}
