//! The engine without a browser: files from disk, events as JSON lines.

use std::fs::File;
use std::future::poll_fn;
use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use super::{Engine, Stops, choose};
use crate::labs::{EventSink, Host, Loading, Local, command_from_json};
use crate::protocol::{Event, LabError, RunId, TierWish};

/// How long a waiting process sleeps between two looks at what it waits for.
const LOOK_AGAIN: Duration = Duration::from_millis(1);

/// A native process as the engine's host; file names in commands are paths relative to `folder`.
pub struct NativeHost {
    folder: PathBuf,
    begun: Instant,
}

impl NativeHost {
    /// A host whose files are found from `folder`.
    pub fn new(folder: &Path) -> NativeHost {
        NativeHost { folder: folder.to_owned(), begun: Instant::now() }
    }

    fn read(&self, name: &str, range: Range<u64>) -> std::io::Result<Vec<u8>> {
        let mut file = File::open(self.folder.join(name))?;
        file.seek(SeekFrom::Start(range.start))?;
        let mut bytes = vec![0; usize::try_from(range.end - range.start).map_err(std::io::Error::other)?];
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

impl Host for NativeHost {
    fn breathe(&self) -> Local<'_, ()> {
        Box::pin(async {})
    }

    fn sleep(&self, millis: u32) -> Local<'_, ()> {
        let until = Instant::now() + Duration::from_millis(u64::from(millis));
        Box::pin(poll_fn(move |cx| {
            if Instant::now() >= until {
                return Poll::Ready(());
            }
            std::thread::sleep(LOOK_AGAIN);
            cx.waker().wake_by_ref();
            Poll::Pending
        }))
    }

    fn now_millis(&self) -> f64 {
        self.begun.elapsed().as_secs_f64() * 1000.0
    }

    fn today_millis(&self) -> f64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64() * 1000.0)
    }

    fn has_gpu_api(&self) -> bool {
        true
    }

    fn site_text<'a>(&'a self, path: &'a str) -> Local<'a, Result<String, LabError>> {
        let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path));
        Box::pin(async move { text.map_err(|_| LabError::FileGone { source: path.into() }) })
    }

    fn site_bytes<'a>(&'a self, path: &'a str, progress: Loading<'a>) -> Local<'a, Result<Vec<u8>, LabError>> {
        // The site's root is the folder `www`.
        let bytes = std::fs::read(Path::new(env!("CARGO_MANIFEST_DIR")).join("www").join(path));
        Box::pin(async move {
            let bytes = bytes.map_err(|_| LabError::FileGone { source: path.into() })?;
            progress(bytes.len() as u64, bytes.len() as u64);
            Ok(bytes)
        })
    }

    fn file_size(&self, name: &str) -> Result<u64, LabError> {
        std::fs::metadata(self.folder.join(name))
            .map(|m| m.len())
            .map_err(|_| LabError::FileGone { source: name.into() })
    }

    fn read_file<'a>(&'a self, name: &'a str, range: Range<u64>) -> Local<'a, Result<Vec<u8>, LabError>> {
        Box::pin(async move { self.read(name, range).map_err(|_| LabError::FileGone { source: name.into() }) })
    }
}

/// Prints each event as one line of JSON, and remembers whether a run failed.
#[derive(Default)]
pub struct JsonLines {
    failed: std::cell::Cell<bool>,
}

impl EventSink for JsonLines {
    fn emit(&self, event: Event) {
        self.failed.set(self.failed.get() || matches!(event, Event::Failed { .. }));
        let line = serde_json::to_string(&event).expect("events are plain data and always serialise");
        // A closed pipe is the reader's choice.
        let _ = writeln!(std::io::stdout(), "{line}");
    }
}

/// What `lab` was told.
struct Arguments {
    command_file: String,
    wish: TierWish,
}

fn arguments(given: impl Iterator<Item = String>) -> Result<Arguments, String> {
    let usage = "usage: lab COMMAND.json [--tier auto|cpu|gpu]";
    let (mut command_file, mut wish) = (None, TierWish::Auto);
    let mut given = given.skip(1);
    while let Some(argument) = given.next() {
        if argument == "--tier" {
            wish = match given.next().as_deref() {
                Some("auto") => TierWish::Auto,
                Some("cpu") => TierWish::Cpu,
                Some("gpu") => TierWish::Gpu,
                other => return Err(format!("--tier {}: {usage}", other.unwrap_or_default())),
            };
        } else if command_file.replace(argument).is_some() {
            return Err(usage.into());
        }
    }
    Ok(Arguments { command_file: command_file.ok_or(usage)?, wish })
}

/// The body of the `lab` binary: runs one command file and prints its events; `Ok(true)` if the run succeeded.
///
/// # Errors
/// A sentence for the person at the terminal.
pub fn lab(given: impl Iterator<Item = String>) -> Result<bool, String> {
    let Arguments { command_file, wish } = arguments(given)?;
    let text = std::fs::read_to_string(&command_file).map_err(|e| format!("{command_file}: {e}"))?;
    let command = command_from_json(&command_file, &text).map_err(|e| e.to_string())?;
    let folder = Path::new(&command_file).parent().unwrap_or(Path::new("."));
    let host: Rc<dyn Host> = Rc::new(NativeHost::new(folder));
    let sink = Rc::new(JsonLines::default());
    pollster::block_on(async {
        let chosen = choose(wish, &[], &*host).await;
        eprintln!("tier: {:?} ({:?}) {}", chosen.device.tier(), chosen.reason, chosen.adapter);
        Engine::new(chosen.device, host.clone(), sink.clone(), Stops::default()).run(RunId(1), command).await;
    });
    Ok(!sink.failed.get())
}
