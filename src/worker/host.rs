//! The browser as the engine's [`Host`]: its event loop, its clock, the files that the visitor opened.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::ops::Range;

use js_sys::{Promise, Uint8Array};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DedicatedWorkerGlobalScope, File, MessageChannel, Response, Url};

use super::BUILD;
use crate::labs::{Host, Loading, Local};
use crate::protocol::LabError;

/// The scope of the worker that this code runs in.
pub fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// A run that asks more often than this goes on at once: a turn of the event loop costs as much as half a token of text,
/// and nobody sees a Stop that is heard a frame later.
const BREATHE_EVERY_MILLIS: f64 = 16.0;

/// The browser around a worker.
#[derive(Default)]
pub struct BrowserHost {
    files: RefCell<HashMap<String, File>>,
    /// When the event loop last had its turn.
    breathed: Cell<f64>,
}

impl BrowserHost {
    /// Remembers a file under the name that commands use.
    pub fn keep_file(&self, name: String, file: File) {
        self.files.borrow_mut().insert(name, file);
    }

    fn file(&self, name: &str) -> Result<File, LabError> {
        self.files.borrow().get(name).cloned().ok_or_else(|| LabError::FileGone { source: name.into() })
    }
}

/// Asks for a file of the site; the request is under way when this returns.
fn asked(path: &str) -> Result<Promise, JsValue> {
    let address = Url::new_with_base(path, &scope().location().href())?;
    Ok(scope().fetch_with_str(&address.href()))
}

/// The answer to a request, if it is the file.
async fn answered(asked: Result<Promise, JsValue>) -> Result<Response, JsValue> {
    let response: Response = JsFuture::from(asked?).await?.unchecked_into();
    if response.ok() { Ok(response) } else { Err(JsValue::NULL) }
}

/// The whole body of a response, as it comes in.
async fn body_bytes(response: &Response, progress: Loading<'_>) -> Result<Vec<u8>, JsValue> {
    // What a server compressed is announced by its compressed length: better no total than a wrong one.
    let header = |name: &str| response.headers().get(name).ok().flatten();
    let is_plain = header("content-encoding").is_none_or(|encoding| encoding == "identity");
    let announced = header("content-length").filter(|_| is_plain).and_then(|length| length.parse::<u64>().ok());
    let total = announced.unwrap_or(0);
    // By reflection: `web-sys` would want three more of its types for two calls.
    let method = |of: &JsValue, name: &str| -> Result<js_sys::Function, JsValue> {
        Ok(js_sys::Reflect::get(of, &name.into())?.unchecked_into())
    };
    let body = js_sys::Reflect::get(response, &"body".into())?;
    let reader = method(&body, "getReader")?.call0(&body)?;
    let read = method(&reader, "read")?;
    let mut bytes = Vec::new();
    loop {
        let promise: Promise = read.call0(&reader)?.unchecked_into();
        let part = JsFuture::from(promise).await?;
        if js_sys::Reflect::get(&part, &"done".into())?.is_truthy() {
            return Ok(bytes);
        }
        bytes.extend(Uint8Array::new(&js_sys::Reflect::get(&part, &"value".into())?).to_vec());
        let loaded = bytes.len() as u64;
        progress(loaded, if total >= loaded { total } else { 0 });
    }
}

/// A promise that `begin` resolves by calling the function it is given.
async fn resolved_by(mut begin: impl FnMut(&js_sys::Function)) {
    let promise = Promise::new(&mut |resolve, _reject| begin(&resolve));
    // Nothing rejects it.
    let _ = JsFuture::from(promise).await;
}

impl Host for BrowserHost {
    fn breathe(&self) -> Local<'_, ()> {
        // A message to ourselves is a macrotask without the 4 ms that nested timers cost.
        Box::pin(async {
            if self.now_millis() - self.breathed.get() < BREATHE_EVERY_MILLIS {
                return;
            }
            let Ok(channel) = MessageChannel::new() else { return };
            let (near, far) = (channel.port1(), channel.port2());
            let mut keep: Option<Closure<dyn FnMut()>> = None;
            resolved_by(|resolve| {
                let resolve = resolve.clone();
                let heard = Closure::once(move || {
                    let _ = resolve.call0(&JsValue::NULL);
                });
                near.set_onmessage(Some(heard.as_ref().unchecked_ref()));
                keep = Some(heard);
                let _ = far.post_message(&JsValue::NULL);
            })
            .await;
            near.close();
            self.breathed.set(self.now_millis());
        })
    }

    fn sleep(&self, millis: u32) -> Local<'_, ()> {
        Box::pin(resolved_by(move |resolve| {
            let millis = i32::try_from(millis).unwrap_or(i32::MAX);
            let _ = scope().set_timeout_with_callback_and_timeout_and_arguments_0(resolve, millis);
        }))
    }

    fn now_millis(&self) -> f64 {
        scope().performance().map_or_else(js_sys::Date::now, |p| p.now())
    }

    fn today_millis(&self) -> f64 {
        js_sys::Date::now()
    }

    fn has_gpu_api(&self) -> bool {
        js_sys::Reflect::get(&scope().navigator(), &"gpu".into()).is_ok_and(|gpu| !gpu.is_undefined() && !gpu.is_null())
    }

    fn site_text<'a>(&'a self, path: &'a str) -> Local<'a, Result<String, LabError>> {
        // Below the folder that is named after the build, beside the wasm that the text belongs to.
        let asked = asked(&[BUILD, "/", path].concat());
        Box::pin(async move {
            let gone = |_: JsValue| LabError::FileGone { source: path.into() };
            let text = answered(asked).await.and_then(|response| response.text()).map_err(gone)?;
            Ok(JsFuture::from(text).await.map_err(gone)?.as_string().unwrap_or_default())
        })
    }

    fn site_bytes<'a>(&'a self, path: &'a str, progress: Loading<'a>) -> Local<'a, Result<Vec<u8>, LabError>> {
        // Stamped, so that the files of a model are all of one build.
        let asked = asked(&[path, "?v=", BUILD].concat());
        Box::pin(async move {
            let gone = |_: JsValue| LabError::FileGone { source: path.into() };
            body_bytes(&answered(asked).await.map_err(gone)?, progress).await.map_err(gone)
        })
    }

    fn file_size(&self, name: &str) -> Result<u64, LabError> {
        Ok(self.file(name)?.size() as u64)
    }

    fn read_file<'a>(&'a self, name: &'a str, range: Range<u64>) -> Local<'a, Result<Vec<u8>, LabError>> {
        Box::pin(async move {
            let gone = |_: JsValue| LabError::FileGone { source: name.into() };
            let file = self.file(name)?;
            let slice = file.slice_with_f64_and_f64(range.start as f64, range.end as f64).map_err(gone)?;
            let buffer = JsFuture::from(slice.array_buffer()).await.map_err(gone)?;
            let bytes = Uint8Array::new(&buffer).to_vec();
            if bytes.len() as u64 == range.end - range.start {
                Ok(bytes)
            } else {
                Err(LabError::FileGone { source: name.into() })
            }
        })
    }

    #[cfg(feature = "train")]
    fn kept_names(&self) -> Local<'_, Result<Vec<String>, LabError>> {
        Box::pin(super::kept::names())
    }

    #[cfg(feature = "train")]
    fn kept<'a>(&'a self, name: &'a str) -> Local<'a, Result<Option<Vec<u8>>, LabError>> {
        Box::pin(super::kept::read(name))
    }

    #[cfg(feature = "train")]
    fn keep<'a>(&'a self, name: &'a str, bytes: &'a [u8]) -> Local<'a, Result<(), LabError>> {
        Box::pin(super::kept::write(name, bytes))
    }

    #[cfg(feature = "train")]
    fn erase<'a>(&'a self, name: &'a str) -> Local<'a, Result<(), LabError>> {
        Box::pin(super::kept::erase(name))
    }
}
