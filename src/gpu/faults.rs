//! What can go wrong on a device, caught and kept: lost devices, refused allocations, shaders that do not compile.
//!
//! WebGPU reports errors later than the call that made them. Natively an error scope answers at once, in a browser it
//! answers through a promise. So a call that can fail polls its scope once: an answer is returned on the spot, an open
//! question is kept and asked again at the next point that waits anyway ([`super::Gpu::settle`], every readback).

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::future::Future;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll, Waker};

use crate::protocol::LabError;

/// Uncaptured errors kept for the report; more would only repeat the first.
const KEPT_ERRORS: usize = 16;

/// Which call an error scope was put around.
#[derive(Clone, Debug)]
pub enum Guarded {
    Allocation { bytes: u64 },
    Kernel { name: String },
}

impl Guarded {
    fn error(&self, error: &wgpu::Error) -> LabError {
        match (self, error) {
            (Guarded::Allocation { bytes }, wgpu::Error::OutOfMemory { .. }) => {
                LabError::OutOfMemory { requested_bytes: *bytes }
            }
            (_, wgpu::Error::OutOfMemory { .. }) => LabError::OutOfMemory { requested_bytes: 0 },
            (Guarded::Allocation { .. }, error) => {
                LabError::Kernel { kernel: "allocate".into(), message: error.to_string() }
            }
            (Guarded::Kernel { name }, error) => LabError::Kernel { kernel: name.clone(), message: error.to_string() },
        }
    }
}

type ScopeFuture = Pin<Box<dyn Future<Output = Option<wgpu::Error>>>>;

#[derive(Default)]
struct Shared {
    lost: Option<String>,
    uncaptured: Vec<String>,
}

/// The faults of one device.
pub struct Faults {
    shared: Arc<Mutex<Shared>>,
    device: u64,
    pending: RefCell<Vec<(Guarded, ScopeFuture)>>,
}

type LostHook = Box<dyn Fn(String)>;

thread_local! {
    // wgpu wants `Send` callbacks even in the browser, where nothing that talks to a page is. The callback therefore
    // carries only a number, and looks its listener up on the thread that it fires on.
    static HOOKS: RefCell<HashMap<u64, LostHook>> = RefCell::default();
    static NEXT_DEVICE: Cell<u64> = const { Cell::new(0) };
}

impl Faults {
    /// Of something that has no device: nothing happens to it.
    pub fn none() -> Faults {
        let device = NEXT_DEVICE.with(|n| n.replace(n.get() + 1));
        Faults { shared: Arc::default(), device, pending: RefCell::default() }
    }

    /// Listens to `device`.
    pub fn watch(device: &wgpu::Device) -> Faults {
        let faults = Faults::none();
        faults.listen(device);
        let shared = &faults.shared;
        let kept = shared.clone();
        record_uncaptured(device, move |message| {
            let mut shared = kept.lock().unwrap_or_else(PoisonError::into_inner);
            if shared.uncaptured.len() < KEPT_ERRORS {
                shared.uncaptured.push(message);
            }
        });
        faults
    }

    /// Hears of the loss of `device`. Natively the last one who listens is the only one; a browser tells everyone.
    pub fn listen(&self, device: &wgpu::Device) {
        let (flag, id) = (self.shared.clone(), self.device);
        device.set_device_lost_callback(move |reason, message| {
            let message = if message.is_empty() { format!("{reason:?}") } else { message };
            flag.lock().unwrap_or_else(PoisonError::into_inner).lost.get_or_insert_with(|| message.clone());
            HOOKS.with(|hooks| {
                if let Ok(hooks) = hooks.try_borrow()
                    && let Some(hook) = hooks.get(&id)
                {
                    hook(message.clone());
                }
            });
        });
    }

    /// Why the device is gone, if it is.
    pub fn lost(&self) -> Option<String> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).lost.clone()
    }

    /// Notes a loss that wgpu reported through a failed call instead of its callback.
    #[cfg(not(target_arch = "wasm32"))]
    pub fn note_lost(&self, message: &str) {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).lost.get_or_insert_with(|| message.to_owned());
    }

    /// Calls `hook` when the device is lost; at once if it already is.
    pub fn on_lost(&self, hook: LostHook) {
        match self.lost() {
            Some(message) => hook(message),
            None => HOOKS.with(|hooks| {
                hooks.borrow_mut().insert(self.device, hook);
            }),
        }
    }

    /// Errors that no scope caught, oldest first.
    pub fn uncaptured(&self) -> Vec<String> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).uncaptured.clone()
    }

    /// [`LabError::DeviceLost`] if the device is gone.
    pub fn alive(&self) -> Result<(), LabError> {
        match self.lost() {
            Some(message) => Err(LabError::DeviceLost { message }),
            None => Ok(()),
        }
    }

    /// Runs `work` inside error scopes.
    pub fn guard<T>(&self, device: &wgpu::Device, what: Guarded, work: impl FnOnce() -> T) -> Result<T, LabError> {
        let validation = device.push_error_scope(wgpu::ErrorFilter::Validation);
        let memory = device.push_error_scope(wgpu::ErrorFilter::OutOfMemory);
        let value = work();
        let memory: ScopeFuture = Box::pin(memory.pop());
        let validation: ScopeFuture = Box::pin(validation.pop());
        let mut failed = None;
        for mut future in [memory, validation] {
            match future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
                Poll::Ready(None) => {}
                Poll::Ready(Some(error)) => failed = failed.or(Some(what.error(&error))),
                Poll::Pending => self.pending.borrow_mut().push((what.clone(), future)),
            }
        }
        match failed {
            Some(error) => Err(self.alive().err().unwrap_or(error)),
            None => Ok(value),
        }
    }

    /// Waits for every open scope; the first error wins. Names of kernels that failed go to `broken`.
    pub async fn settle(&self, mut broken: impl FnMut(&str)) -> Result<(), LabError> {
        let mut failed = None;
        loop {
            // Not held across the await: another task may add to the list meanwhile.
            let Some((what, future)) = self.pending.borrow_mut().pop() else { break };
            if let Some(error) = future.await {
                if let Guarded::Kernel { name } = &what {
                    broken(name);
                }
                // Popped from the back, so the last one seen is the first that happened.
                failed = Some(what.error(&error));
            }
        }
        self.alive()?;
        failed.map_or(Ok(()), Err)
    }
}

impl Drop for Faults {
    fn drop(&mut self) {
        // A thread that is ending has no table any more.
        let _ = HOOKS.try_with(|hooks| hooks.try_borrow_mut().map(|mut hooks| hooks.remove(&self.device)));
    }
}

#[cfg(not(target_arch = "wasm32"))]
fn record_uncaptured(device: &wgpu::Device, record: impl Fn(String) + Send + Sync + 'static) {
    device.on_uncaptured_error(Arc::new(move |error: wgpu::Error| record(error.to_string())));
}

/// Listens on the JavaScript object itself: wgpu's own listener panics on a `GPUInternalError`.
#[cfg(target_arch = "wasm32")]
fn record_uncaptured(device: &wgpu::Device, record: impl Fn(String) + 'static) {
    use wasm_bindgen::prelude::{Closure, JsValue};
    let Some(raw) = device.as_webgpu() else { return };
    let listener = Closure::<dyn FnMut(JsValue)>::new(move |event: JsValue| {
        let message = js_sys::Reflect::get(&event, &"error".into())
            .and_then(|error| js_sys::Reflect::get(&error, &"message".into()))
            .ok()
            .and_then(|message| message.as_string());
        record(message.unwrap_or_else(|| "an error without a message".to_owned()));
    });
    let raw: &JsValue = raw.as_ref();
    let _ = js_sys::Reflect::set(raw, &"onuncapturederror".into(), listener.as_ref());
    // The device keeps the listener for as long as it lives, which is as long as the worker.
    listener.forget();
}
