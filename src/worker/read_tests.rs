//! Whatever serde writes, the hand-written reader reads back. The `match`es without a wildcard make a new variant fail
//! to compile until it has a sample here.

use super::*;

fn s() -> String {
    "«ñ\n\"".to_owned()
}

fn faults() -> Vec<Fault> {
    let known = |f: &Fault| match f {
        Fault::Truncated { .. } | Fault::TooLong { .. } | Fault::BadMagic | Fault::BadVersion { .. } => (),
        Fault::NotUtf8 | Fault::BadJson { .. } | Fault::Missing | Fault::WrongKind { .. } => (),
        Fault::UnsupportedType { .. } | Fault::SizeMismatch { .. } | Fault::BadOffsets { .. } => (),
        Fault::RaggedRow { .. } | Fault::NotANumber { .. } | Fault::NotFinite | Fault::Empty => (),
        Fault::BadShape { .. } | Fault::Duplicate { .. } | Fault::NotDecodable => (),
        Fault::Quotes | Fault::Unexpected => (),
    };
    let all = vec![
        Fault::Truncated { needed: u64::MAX, left: 0 },
        Fault::TooLong { limit: 1, got: 2 },
        Fault::BadMagic,
        Fault::BadVersion { got: s() },
        Fault::NotUtf8,
        Fault::BadJson { line: 3, column: 4 },
        Fault::Missing,
        Fault::WrongKind { expected: s() },
        Fault::UnsupportedType { got: s() },
        Fault::SizeMismatch { expected: 5, got: 6 },
        Fault::BadOffsets { begin: 7, end: 8 },
        Fault::RaggedRow { expected: 9, got: 10 },
        Fault::NotANumber { text: s() },
        Fault::NotFinite,
        Fault::Empty,
        Fault::BadShape { shape: s() },
        Fault::Duplicate { name: s() },
        Fault::NotDecodable,
        Fault::Quotes,
        Fault::Unexpected,
    ];
    all.iter().for_each(known);
    all
}

fn errors() -> Vec<LabError> {
    let known = |e: &LabError| match e {
        LabError::Shape { .. } | LabError::OutOfRange { .. } | LabError::Unknown { .. } => (),
        LabError::Conflict { .. } | LabError::Malformed { .. } | LabError::TooLarge { .. } => (),
        LabError::NoSuchTensor { .. }
        | LabError::FileGone { .. }
        | LabError::NotFetched { .. }
        | LabError::NoGpu { .. } => (),
        LabError::DeviceLost { .. } | LabError::OutOfMemory { .. } | LabError::Kernel { .. } => (),
        LabError::WorkerGone { .. } | LabError::BadLink { .. } | LabError::NotSaved { .. } => (),
        LabError::Endless | LabError::Stopped => (),
    };
    let mut all = vec![
        LabError::Shape { operation: s(), expected: s(), got: s() },
        LabError::OutOfRange { field: s(), min: -1.5, max: 2e300, got: 0.1 },
        LabError::Unknown { field: s(), got: s() },
        LabError::Conflict { field: s(), with: s() },
        LabError::TooLarge { what: s(), limit: 1, got: 2, resource: Resource::Bytes },
        LabError::TooLarge { what: s(), limit: 1, got: 2, resource: Resource::Weights },
        LabError::TooLarge { what: s(), limit: 1, got: 2, resource: Resource::Characters },
        LabError::TooLarge { what: s(), limit: 1, got: 2, resource: Resource::Examples },
        LabError::NoSuchTensor { source: s(), name: s() },
        LabError::FileGone { source: s() },
        LabError::NotFetched { path: s() },
        LabError::NoGpu { message: s() },
        LabError::DeviceLost { message: s() },
        LabError::OutOfMemory { requested_bytes: 1 << 40 },
        LabError::Kernel { kernel: s(), message: s() },
        LabError::WorkerGone { message: s() },
        LabError::NotSaved { what: s(), message: s() },
        LabError::Endless,
        LabError::Stopped,
    ];
    for fault in faults() {
        all.push(LabError::Malformed { source: s(), at: s(), fault: fault.clone() });
        all.push(LabError::BadLink { fault });
    }
    all.iter().for_each(known);
    all
}

fn reasons() -> Vec<TierReason> {
    let known = |r: &TierReason| match r {
        TierReason::Hardware | TierReason::Asked | TierReason::NoWebGpu | TierReason::NoAdapter => (),
        TierReason::NoDevice { .. } | TierReason::SoftwareAdapter | TierReason::FailedHealthCheck { .. } => (),
        TierReason::LostTooOften | TierReason::TimedOut => (),
    };
    let all = vec![
        TierReason::Hardware,
        TierReason::Asked,
        TierReason::NoWebGpu,
        TierReason::NoAdapter,
        TierReason::NoDevice { message: s() },
        TierReason::SoftwareAdapter,
        TierReason::FailedHealthCheck { kernels: vec![s(), "b".into()] },
        TierReason::LostTooOften,
        TierReason::TimedOut,
    ];
    all.iter().for_each(known);
    all
}

fn events() -> Vec<Event> {
    let run = RunId(u32::MAX);
    let known = |e: &Event| match e {
        Event::Started { .. } | Event::Progress { .. } | Event::Points { .. } | Event::Table { .. } => (),
        Event::Tensor { .. } | Event::File { .. } | Event::Done { .. } | Event::Failed { .. } => (),
    };
    let rows = vec![vec![Cell::Number(-0.25), Cell::Text(s())], vec![Cell::from_f64(f64::INFINITY), Cell::Number(3.0)]];
    let mut all = vec![
        Event::Started { run, tier: Tier::Gpu },
        Event::Started { run, tier: Tier::Cpu },
        Event::Points { run, series: s(), points: vec![[0.5, -1e-9], [1.0, 2.0]] },
        Event::Table { run, table: Table { name: s(), columns: vec!["a".into(), s()], rows } },
        Event::Tensor { run, tensor: Tensor { name: s(), shape: vec![2, 3], values: vec![] } },
        Event::Tensor { run, tensor: Tensor { name: s(), shape: vec![2], values: vec![0.1, -7.0] } },
        Event::File { run, name: s(), media_type: "application/zip".into(), bytes: vec![] },
        Event::File { run, name: s(), media_type: s(), bytes: vec![0, 7, 255] },
        Event::Done { run, elapsed_millis: 12.5 },
    ];
    for phase in [Phase::Reading, Phase::Computing, Phase::Verifying, Phase::Collecting] {
        let (Phase::Reading | Phase::Computing | Phase::Verifying | Phase::Collecting) = phase;
        all.push(Event::Progress { run, phase, done: 1, total: u64::MAX });
    }
    all.extend(errors().into_iter().map(|error| Event::Failed { run, error }));
    all.iter().for_each(known);
    all
}

#[test]
fn what_serde_writes_is_read_back() {
    let mut all =
        vec![FromWorker::Up { build: s() }, FromWorker::Lost { message: s() }, FromWorker::Broken { message: s() }];
    for (reason, health) in reasons().into_iter().zip([None, Some(true), Some(false)].into_iter().cycle()) {
        all.push(FromWorker::Ready { tier: Tier::Cpu, reason, adapter: s(), health });
    }
    all.push(FromWorker::Measured { verified: Verified { adapter: s(), choices: s() } });
    all.extend(events().into_iter().map(|event| FromWorker::Event { event }));
    for message in all {
        match &message {
            FromWorker::Up { .. } | FromWorker::Ready { .. } | FromWorker::Event { .. } => (),
            FromWorker::Lost { .. } | FromWorker::Broken { .. } | FromWorker::Measured { .. } => (),
        }
        let json = serde_json::to_string(&message).unwrap();
        assert_eq!(from_worker(&json), Ok(message), "{json}");
    }
}

#[test]
fn a_number_that_json_cannot_carry_is_a_nan_and_not_a_lost_message() {
    let event = Event::Done { run: RunId(1), elapsed_millis: f64::NAN };
    let json = serde_json::to_string(&FromWorker::Event { event }).unwrap();
    let Ok(FromWorker::Event { event: Event::Done { elapsed_millis, .. } }) = from_worker(&json) else {
        panic!("{json}")
    };
    assert!(elapsed_millis.is_nan());
}

#[test]
fn what_is_no_message_names_the_field() {
    for (json, field) in [
        ("{\"up\":{}}", "build"),
        ("{\"lost\":{\"message\":3}}", "message"),
        ("{\"event\":{\"event\":{\"done\":{\"run\":-1,\"elapsed_millis\":1}}}}", "run"),
        ("{\"event\":{\"event\":{\"file\":{\"run\":1,\"name\":\"a\",\"media_type\":\"b\",\"bytes\":[256]}}}}", "bytes"),
        ("{\"nothing\":{}}", "message"),
        ("[]", "variant"),
        ("{", "JSON"),
    ] {
        let Err(LabError::Malformed { at, .. }) = from_worker(json) else { panic!("{json}") };
        assert_eq!(at, field, "{json}");
    }
}
