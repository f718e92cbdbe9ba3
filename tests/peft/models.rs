//! The tiny model that the adapters are for, and files from `tests/fixtures`.

use std::pin::pin;
use std::task::{Context, Poll, Waker};

use afina::data::llama::{Checkpoint, FilesInMemory, LlamaConfig};
use afina::data::peft::{ADAPTER_CONFIG, ADAPTER_WEIGHTS};
use afina::math::Generator;

pub type Files = Vec<(String, Vec<u8>)>;

pub fn fixture(name: &str) -> Vec<u8> {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read(&path).expect(&path)
}

/// A PEFT folder.
pub fn folder(name: &str) -> Files {
    let file = |file: &str| (file.to_owned(), fixture(&format!("peft/{name}/{file}")));
    vec![file(ADAPTER_CONFIG), file(ADAPTER_WEIGHTS)]
}

/// What waits for nothing but memory is ready at once.
fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => value,
        Poll::Pending => panic!("memory never waits"),
    }
}

pub fn checkpoint(files: Files) -> Checkpoint {
    let files = FilesInMemory(files.into_iter().collect());
    at_once(Checkpoint::read(&files, async |_, _| Ok(()))).expect("a whole model")
}

/// The model that the fixtures were made on.
pub fn tied() -> Checkpoint {
    let file = |name: &str| (name.to_owned(), fixture(&format!("llama/tied/{name}")));
    checkpoint(vec![file("config.json"), file("model.safetensors")])
}

/// A model of other sizes, with random weights.
pub fn untied() -> Checkpoint {
    let config = LlamaConfig::read("config.json", &fixture("llama/untied/config.json")).expect("a configuration");
    let mut random = Generator::new(5);
    let specs = config.tensors();
    let tensors = specs.iter().map(|spec| (0..spec.count()).map(|_| random.normal() as f32).collect());
    Checkpoint::new(config, tensors.collect()).expect("as many as there are")
}
