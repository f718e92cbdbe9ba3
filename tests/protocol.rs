//! What crosses the border survives the crossing: every command, event and error, as JSON, there and back.

use afina::labs::quant::{Config, Task};
use afina::labs::{Command, Provoked, command_from_json};
use afina::protocol::{
    Cell, Event, Fault, LabError, Phase, Resource, RunId, Table, Tensor, Tier, TierReason, Verified,
};
use afina::text::Lang;
use afina::worker::{FromWorker, TierWish, ToWorker};

fn there_and_back<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(value: &T) {
    let json = serde_json::to_string(value).unwrap();
    assert_eq!(&serde_json::from_str::<T>(&json).unwrap(), value, "{json}");
}

fn errors() -> Vec<LabError> {
    let s = String::from;
    let faults = vec![
        Fault::Truncated { needed: 8, left: 3 },
        Fault::TooLong { limit: 1, got: 2 },
        Fault::BadMagic,
        Fault::BadVersion { got: s("v9") },
        Fault::NotUtf8,
        Fault::BadJson { line: 1, column: 2 },
        Fault::Missing,
        Fault::WrongKind { expected: s("[1, 2]") },
        Fault::UnsupportedType { got: s("I64") },
        Fault::SizeMismatch { expected: 1, got: 2 },
        Fault::BadOffsets { begin: 0, end: 9 },
        Fault::RaggedRow { expected: 3, got: 2 },
        Fault::NotANumber { text: s("uno") },
        Fault::NotFinite,
        Fault::Empty,
        Fault::BadShape { shape: s("[0]") },
        Fault::Duplicate { name: s("w") },
        Fault::NotDecodable,
        Fault::Quotes,
        Fault::Unexpected,
    ];
    let mut all = vec![
        LabError::Shape { operation: s("y = W x"), expected: s("[3]"), got: s("[2]") },
        LabError::OutOfRange { field: s("rows"), min: 1.0, max: 4096.0, got: 0.0 },
        LabError::Unknown { field: s("lab"), got: s("x") },
        LabError::Conflict { field: s("a"), with: s("b") },
        LabError::TooLarge { what: s("w"), limit: 1, got: 2, resource: Resource::Weights },
        LabError::NoSuchTensor { source: s("f"), name: s("w") },
        LabError::FileGone { source: s("f") },
        LabError::NoGpu { message: s("m") },
        LabError::DeviceLost { message: s("m") },
        LabError::OutOfMemory { requested_bytes: 1 << 40 },
        LabError::Kernel { kernel: s("quantize"), message: s("m") },
        LabError::WorkerGone { message: s("m") },
        LabError::BadLink { fault: Fault::NotDecodable },
        LabError::NotSaved { what: s("w"), message: s("m") },
        LabError::Endless,
        LabError::Stopped,
    ];
    all.extend(faults.into_iter().map(|fault| LabError::Malformed { source: s("f.npy"), at: s("shape"), fault }));
    all
}

#[test]
fn every_error_survives_and_is_worded_in_every_language() {
    for error in errors() {
        there_and_back(&error);
        let sentences: Vec<String> = Lang::ALL.iter().map(|l| error.sentence(*l)).collect();
        for sentence in &sentences {
            assert!(sentence.ends_with(['.', ':', 'm', ')']) && sentence.len() > 6, "{sentence}");
            assert!(!sentence.contains(['{', '}']), "an unfilled placeholder: {sentence}");
        }
        assert_ne!(sentences[0], sentences[1], "{error:?} is worded the same in two languages");
    }
}

#[test]
fn every_message_survives() {
    let run = RunId(7);
    let table = Table {
        name: "t".into(),
        columns: vec!["a".into()],
        rows: vec![vec![Cell::from_f64(f64::INFINITY)], vec![1.5.into()]],
    };
    let events = [
        Event::Started { run, tier: Tier::Gpu },
        Event::Progress { run, phase: Phase::Computing, done: 1, total: 3 },
        Event::Points { run, series: "loss".into(), points: vec![[0.0, 1.0]] },
        Event::Table { run, table },
        Event::Tensor { run, tensor: Tensor { name: "w".into(), shape: vec![1, 2], values: vec![0.5, -0.25] } },
        Event::File { run, name: "a.zip".into(), media_type: "application/zip".into(), bytes: vec![80, 75, 255] },
        Event::Done { run, elapsed_millis: 12.5 },
        Event::Failed { run, error: LabError::Stopped },
    ];
    for event in events {
        assert_eq!(event.run(), run);
        there_and_back(&event);
        there_and_back(&FromWorker::Event { event });
    }
    there_and_back(&FromWorker::Ready {
        tier: Tier::Cpu,
        reason: TierReason::FailedHealthCheck { kernels: vec!["quantize".into()] },
        adapter: String::new(),
        health: Some(false),
    });
    let verified = Verified { adapter: "a \"b\"".into(), choices: "{\"matmul_f32 forward 1\":\"rows\"}".into() };
    there_and_back(&FromWorker::Measured { verified: verified.clone() });
    there_and_back(&ToWorker::Start { wish: TierWish::Gpu, verified: vec![verified] });
    for fault in [Provoked::DeviceLost, Provoked::OutOfMemory, Provoked::Hang, Provoked::Panic] {
        there_and_back(&ToWorker::Run { run, command: Command::Provoke { fault } });
    }
    for task in [
        Task::Open { name: "a".into() },
        Task::Measure { config: Config::default() },
        Task::Weight { config: Config::default(), row: 1, col: 2 },
    ] {
        there_and_back(&Command::Quant { task });
    }
}

#[test]
fn infinities_in_tables_survive_json() {
    for value in [f64::INFINITY, f64::NEG_INFINITY, 0.0, -1.5] {
        let cell = Cell::from_f64(value);
        let back: Cell = serde_json::from_str(&serde_json::to_string(&cell).unwrap()).unwrap();
        assert_eq!(back.as_f64(), Some(value));
    }
}

#[test]
fn a_broken_command_file_is_refused_with_line_and_column() {
    let error = command_from_json("tarea.json", "{\n \"lab\": ").unwrap_err();
    assert!(
        matches!(&error, LabError::Malformed { source, fault: Fault::BadJson { line: 2, .. }, .. } if source == "tarea.json"),
        "{error:?}"
    );
}
