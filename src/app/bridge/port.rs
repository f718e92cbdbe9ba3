//! One module worker: its script, its messages, its end.

use gloo::events::{EventListener, EventListenerOptions};
use js_sys::{Float32Array, Object, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{Worker, WorkerOptions, WorkerType};

use super::kind::WorkerKind;
use super::say::Say;
use crate::ui::root_url;
use crate::worker::{BUILD, FromWorker, read::from_worker};

/// What came out of a worker.
pub enum Heard {
    /// A message, and the buffer of the tensor or file in it.
    Message(FromWorker, Option<JsValue>),
    /// The worker threw, or sent what cannot be read.
    Crashed(String),
}

/// A running worker; dropping it ends the worker at once.
pub struct Port {
    worker: Worker,
    _listeners: [EventListener; 3],
}

impl Drop for Port {
    fn drop(&mut self) {
        self.worker.terminate();
    }
}

impl Port {
    /// Starts the worker.
    ///
    /// # Errors
    /// What the browser said, if it refuses module workers.
    pub fn open(kind: WorkerKind, heard: impl Fn(Heard) + Clone + 'static) -> Result<Port, String> {
        let options = WorkerOptions::new();
        options.set_type(WorkerType::Module);
        let url = format!("{}?bin={}&v={BUILD}", root_url("worker.js"), kind.bin());
        // A browser without `Worker` throws here as well.
        let worker = Worker::new_with_options(&url, &options).map_err(|e| said(&e))?;
        // A worker's last error may come after the page has ended it, and would then count as the page's own.
        let options = EventListenerOptions::enable_prevent_default();
        EventListener::new_with_options(&worker, "error", options, |event| event.prevent_default()).forget();
        let on_message = heard.clone();
        let on_error = heard.clone();
        let listeners = [
            EventListener::new(&worker, "message", move |event| {
                on_message(read(&field(event, "data")));
            }),
            EventListener::new(&worker, "error", move |event| {
                on_error(Heard::Crashed(field(event, "message").as_string().unwrap_or_default()));
            }),
            EventListener::new(&worker, "messageerror", move |_| heard(Heard::Crashed("messageerror".into()))),
        ];
        Ok(Port { worker, _listeners: listeners })
    }

    /// Sends a message; `file` is the handle that belongs to [`Say::File`].
    pub fn send(&self, message: &Say, file: Option<&web_sys::File>) {
        let object = Object::new();
        set(&object, "json", &message.json().into());
        if let Some(file) = file {
            set(&object, "file", file);
        }
        // A worker that cannot be posted to is noticed by its silence.
        let _ = self.worker.post_message(&object);
    }
}

/// A tensor's values out of their transferred buffer.
pub fn values_from_js(values: &JsValue) -> Vec<f32> {
    Float32Array::new(values).to_vec()
}

/// A file's bytes out of their transferred buffer.
pub fn bytes_from_js(bytes: &JsValue) -> Vec<u8> {
    Uint8Array::new(bytes).to_vec()
}

/// What a thrown value says.
pub fn said(thrown: &JsValue) -> String {
    let message = field(thrown, "message").as_string().or_else(|| thrown.as_string());
    message.unwrap_or_else(|| format!("{thrown:?}"))
}

/// A property of a JavaScript value; undefined where there is none.
pub fn field(value: &JsValue, name: &str) -> JsValue {
    Reflect::get(value, &name.into()).unwrap_or(JsValue::UNDEFINED)
}

fn set(object: &Object, name: &str, value: &JsValue) {
    // Setting a property of a plain object does not throw.
    let _ = Reflect::set(object.unchecked_ref(), &name.into(), value);
}

fn read(data: &JsValue) -> Heard {
    let Some(json) = field(data, "json").as_string() else {
        return Heard::Crashed("message without json".into());
    };
    match from_worker(&json) {
        Ok(message) => {
            let values = field(data, "values");
            Heard::Message(message, (!values.is_undefined()).then_some(values))
        }
        Err(error) => Heard::Crashed(error.to_string()),
    }
}
