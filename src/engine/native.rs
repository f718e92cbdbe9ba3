//! The engine without a browser: files from and to disk, events as JSON lines.

use std::cell::Cell;
use std::fs::File;
use std::future::poll_fn;
use std::io::{Read, Seek, SeekFrom, Write};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::task::Poll;
use std::time::{Duration, Instant};

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

/// Prints each event as one line of JSON, writes files into a folder, and remembers whether anything failed.
pub struct JsonLines {
    folder: PathBuf,
    failed: Cell<bool>,
}

impl JsonLines {
    /// A sink whose files go into `folder`.
    pub fn new(folder: &Path) -> JsonLines {
        JsonLines { folder: folder.to_owned(), failed: Cell::new(false) }
    }

    /// Whether a run failed or a file could not be written.
    pub fn has_failed(&self) -> bool {
        self.failed.get()
    }

    /// Writes a file under the last part of its name, whatever folder the rest speaks of.
    fn write(&self, name: &str, bytes: &[u8]) -> std::io::Result<()> {
        let name = Path::new(name).file_name().ok_or_else(|| std::io::Error::other("no file name"))?;
        std::fs::write(self.folder.join(name), bytes)
    }
}

impl EventSink for JsonLines {
    fn emit(&self, mut event: Event) {
        let mut failed = matches!(event, Event::Failed { .. });
        // Its bytes are beside the command file now, and no use in a line of text.
        if let Event::File { name, bytes, .. } = &mut event
            && let Err(error) = self.write(name, &std::mem::take(bytes))
        {
            eprintln!("{name}: {error}");
            failed = true;
        }
        self.failed.set(self.failed.get() || failed);
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
    let sink = Rc::new(JsonLines::new(folder));
    pollster::block_on(async {
        let chosen = choose(wish, &[], &*host).await;
        eprintln!("tier: {:?} ({:?}) {}", chosen.device.tier(), chosen.reason, chosen.adapter);
        Engine::new(chosen.device, host.clone(), sink.clone(), Stops::default()).run(RunId(1), command).await;
    });
    Ok(!sink.has_failed())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_beside_the_command_and_nowhere_else() {
        let folder = std::env::temp_dir().join(format!("afina-json-lines-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let sink = JsonLines::new(&folder);
        let file = |name: &str| Event::File {
            run: RunId(1),
            name: name.into(),
            media_type: "application/octet-stream".into(),
            bytes: vec![0, 255, 7],
        };
        sink.emit(file("a.bin"));
        sink.emit(file("../../b.bin"));
        for name in ["a.bin", "b.bin"] {
            assert_eq!(std::fs::read(folder.join(name)).unwrap(), [0, 255, 7], "{name}");
        }
        assert!(!sink.has_failed());
        sink.emit(file(".."));
        assert!(sink.has_failed(), "a name without a file in it is a failure");
        std::fs::remove_dir_all(&folder).unwrap();
    }
}
