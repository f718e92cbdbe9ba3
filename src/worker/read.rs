//! Messages of a worker, read by hand out of a [`Value`].
//!
//! The page is the one binary that every visitor waits for, and serde's derived readers of these nested enums would be
//! a fifth of it. `tests` below reads back every variant that serde writes.

use serde_json::{Map, Value};

use super::FromWorker;
use crate::protocol::{
    Cell, Event, Fault, LabError, Phase, Resource, RunId, Table, Tensor, Tier, TierReason, Verified,
};

/// A value, or the name of the field that is missing or of another kind.
type Read<T> = Result<T, &'static str>;

/// The message in a JSON text.
///
/// # Errors
/// [`LabError::Malformed`] naming the field.
pub fn from_worker(json: &str) -> Result<FromWorker, LabError> {
    let malformed = |at: &str, fault| LabError::Malformed { source: "worker".into(), at: at.into(), fault };
    let value: Value = serde_json::from_str(json)
        .map_err(|e| malformed("JSON", Fault::BadJson { line: e.line() as u64, column: e.column() as u64 }))?;
    message(value).map_err(|at| malformed(at, Fault::Missing))
}

/// The fields of a variant, each taken once.
struct Fields(Map<String, Value>);

impl Fields {
    fn any(&mut self, name: &'static str) -> Read<Value> {
        self.0.remove(name).ok_or(name)
    }

    fn text(&mut self, name: &'static str) -> Read<String> {
        match self.any(name)? {
            Value::String(text) => Ok(text),
            _ => Err(name),
        }
    }

    /// JSON has no NaN and no infinity: serde writes them as null.
    fn number(&mut self, name: &'static str) -> Read<f64> {
        match self.any(name)? {
            Value::Null => Ok(f64::NAN),
            value => value.as_f64().ok_or(name),
        }
    }

    fn whole(&mut self, name: &'static str) -> Read<u64> {
        self.any(name)?.as_u64().ok_or(name)
    }

    fn run(&mut self) -> Read<RunId> {
        u32::try_from(self.whole("run")?).map(RunId).map_err(|_| "run")
    }

    fn list(&mut self, name: &'static str) -> Read<Vec<Value>> {
        match self.any(name)? {
            Value::Array(list) => Ok(list),
            _ => Err(name),
        }
    }

    fn texts(&mut self, name: &'static str) -> Read<Vec<String>> {
        let list = self.list(name)?.into_iter();
        list.map(|v| if let Value::String(text) = v { Ok(text) } else { Err(name) }).collect()
    }

    fn table(&mut self) -> Read<Table> {
        table(self.any("table")?)
    }
}

/// The name of a variant and its fields: `"done"` or `{"failed": {..}}`.
fn variant(value: Value) -> Read<(String, Fields)> {
    match value {
        Value::String(name) => Ok((name, Fields(Map::new()))),
        Value::Object(map) => match map.into_iter().next() {
            Some((name, Value::Object(fields))) => Ok((name, Fields(fields))),
            _ => Err("variant"),
        },
        _ => Err("variant"),
    }
}

fn message(value: Value) -> Read<FromWorker> {
    let (name, mut f) = variant(value)?;
    Ok(match name.as_str() {
        "up" => FromWorker::Up { build: f.text("build")? },
        "ready" => FromWorker::Ready {
            tier: tier(f.any("tier")?)?,
            reason: reason(f.any("reason")?)?,
            adapter: f.text("adapter")?,
            health: f.any("health")?.as_bool(),
        },
        "measured" => FromWorker::Measured { verified: verified(f.any("verified")?)? },
        "event" => FromWorker::Event { event: event(f.any("event")?)? },
        "lost" => FromWorker::Lost { message: f.text("message")? },
        "broken" => FromWorker::Broken { message: f.text("message")? },
        _ => return Err("message"),
    })
}

fn verified(value: Value) -> Read<Verified> {
    let Value::Object(map) = value else { return Err("verified") };
    let mut f = Fields(map);
    Ok(Verified { adapter: f.text("adapter")?, choices: f.text("choices")? })
}

fn event(value: Value) -> Read<Event> {
    let (name, mut f) = variant(value)?;
    let run = f.run()?;
    Ok(match name.as_str() {
        "started" => Event::Started { run, tier: tier(f.any("tier")?)? },
        "progress" => {
            Event::Progress { run, phase: phase(f.any("phase")?)?, done: f.whole("done")?, total: f.whole("total")? }
        }
        "points" => Event::Points { run, series: f.text("series")?, points: points(f.list("points")?)? },
        "table" => Event::Table { run, table: f.table()? },
        "tensor" => Event::Tensor { run, tensor: tensor(f.any("tensor")?)? },
        "file" => Event::File {
            run,
            name: f.text("name")?,
            media_type: f.text("media_type")?,
            // In the browser they travel beside the text, and the list is empty.
            bytes: f.list("bytes")?.into_iter().map(byte).collect::<Read<_>>()?,
        },
        "done" => Event::Done { run, elapsed_millis: f.number("elapsed_millis")? },
        "failed" => Event::Failed { run, error: error(f.any("error")?)? },
        _ => return Err("event"),
    })
}

fn byte(value: Value) -> Read<u8> {
    value.as_u64().and_then(|n| u8::try_from(n).ok()).ok_or("bytes")
}

fn points(list: Vec<Value>) -> Read<Vec<[f64; 2]>> {
    let coordinate = |pair: &Value, at: usize| match pair.get(at) {
        Some(Value::Null) => Ok(f64::NAN),
        Some(value) => value.as_f64().ok_or("points"),
        None => Err("points"),
    };
    list.iter().map(|pair| Ok([coordinate(pair, 0)?, coordinate(pair, 1)?])).collect()
}

/// A table out of a value.
///
/// # Errors
/// The name of the field that is missing or of another kind.
pub fn table(value: Value) -> Read<Table> {
    let Value::Object(map) = value else { return Err("table") };
    let mut f = Fields(map);
    let cell = |value: Value| match value {
        Value::String(text) => Ok(Cell::Text(text)),
        value => value.as_f64().map(Cell::Number).ok_or("rows"),
    };
    let row = |value: Value| match value {
        Value::Array(cells) => cells.into_iter().map(cell).collect(),
        _ => Err("rows"),
    };
    let rows: Read<Vec<Vec<Cell>>> = f.list("rows")?.into_iter().map(row).collect();
    Ok(Table { name: f.text("name")?, columns: f.texts("columns")?, rows: rows? })
}

fn tensor(value: Value) -> Read<Tensor> {
    let Value::Object(map) = value else { return Err("tensor") };
    let mut f = Fields(map);
    let side = |v: Value| v.as_u64().and_then(|n| usize::try_from(n).ok()).ok_or("shape");
    let shape: Read<Vec<usize>> = f.list("shape")?.into_iter().map(side).collect();
    // In the browser the values travel beside the text, and the list is empty.
    let number = |v: Value| v.as_f64().map(|v| v as f32).ok_or("values");
    let values: Read<Vec<f32>> = f.list("values")?.into_iter().map(number).collect();
    Ok(Tensor { name: f.text("name")?, shape: shape?, values: values? })
}

fn tier(value: Value) -> Read<Tier> {
    match value.as_str() {
        Some("gpu") => Ok(Tier::Gpu),
        Some("cpu") => Ok(Tier::Cpu),
        _ => Err("tier"),
    }
}

fn phase(value: Value) -> Read<Phase> {
    match value.as_str() {
        Some("reading") => Ok(Phase::Reading),
        Some("computing") => Ok(Phase::Computing),
        Some("verifying") => Ok(Phase::Verifying),
        Some("collecting") => Ok(Phase::Collecting),
        _ => Err("phase"),
    }
}

fn reason(value: Value) -> Read<TierReason> {
    let (name, mut f) = variant(value)?;
    Ok(match name.as_str() {
        "hardware" => TierReason::Hardware,
        "asked" => TierReason::Asked,
        "no_web_gpu" => TierReason::NoWebGpu,
        "no_adapter" => TierReason::NoAdapter,
        "no_device" => TierReason::NoDevice { message: f.text("message")? },
        "software_adapter" => TierReason::SoftwareAdapter,
        "failed_health_check" => TierReason::FailedHealthCheck { kernels: f.texts("kernels")? },
        "lost_too_often" => TierReason::LostTooOften,
        "timed_out" => TierReason::TimedOut,
        _ => return Err("reason"),
    })
}

fn resource(value: Value) -> Read<Resource> {
    match value.as_str() {
        Some("bytes") => Ok(Resource::Bytes),
        Some("weights") => Ok(Resource::Weights),
        Some("characters") => Ok(Resource::Characters),
        Some("examples") => Ok(Resource::Examples),
        _ => Err("resource"),
    }
}

fn error(value: Value) -> Read<LabError> {
    let (name, mut f) = variant(value)?;
    Ok(match name.as_str() {
        "shape" => {
            LabError::Shape { operation: f.text("operation")?, expected: f.text("expected")?, got: f.text("got")? }
        }
        "out_of_range" => LabError::OutOfRange {
            field: f.text("field")?,
            min: f.number("min")?,
            max: f.number("max")?,
            got: f.number("got")?,
        },
        "unknown" => LabError::Unknown { field: f.text("field")?, got: f.text("got")? },
        "conflict" => LabError::Conflict { field: f.text("field")?, with: f.text("with")? },
        "malformed" => {
            LabError::Malformed { source: f.text("source")?, at: f.text("at")?, fault: fault(f.any("fault")?)? }
        }
        "too_large" => LabError::TooLarge {
            what: f.text("what")?,
            limit: f.whole("limit")?,
            got: f.whole("got")?,
            resource: resource(f.any("resource")?)?,
        },
        "no_such_tensor" => LabError::NoSuchTensor { source: f.text("source")?, name: f.text("name")? },
        "not_fetched" => LabError::NotFetched { path: f.text("path")? },
        "file_gone" => LabError::FileGone { source: f.text("source")? },
        "no_gpu" => LabError::NoGpu { message: f.text("message")? },
        "device_lost" => LabError::DeviceLost { message: f.text("message")? },
        "out_of_memory" => LabError::OutOfMemory { requested_bytes: f.whole("requested_bytes")? },
        "kernel" => LabError::Kernel { kernel: f.text("kernel")?, message: f.text("message")? },
        "endless" => LabError::Endless,
        "worker_gone" => LabError::WorkerGone { message: f.text("message")? },
        "bad_link" => LabError::BadLink { fault: fault(f.any("fault")?)? },
        "not_saved" => LabError::NotSaved { what: f.text("what")?, message: f.text("message")? },
        "stopped" => LabError::Stopped,
        _ => return Err("error"),
    })
}

fn fault(value: Value) -> Read<Fault> {
    let (name, mut f) = variant(value)?;
    Ok(match name.as_str() {
        "truncated" => Fault::Truncated { needed: f.whole("needed")?, left: f.whole("left")? },
        "too_long" => Fault::TooLong { limit: f.whole("limit")?, got: f.whole("got")? },
        "bad_magic" => Fault::BadMagic,
        "bad_version" => Fault::BadVersion { got: f.text("got")? },
        "not_utf8" => Fault::NotUtf8,
        "bad_json" => Fault::BadJson { line: f.whole("line")?, column: f.whole("column")? },
        "missing" => Fault::Missing,
        "wrong_kind" => Fault::WrongKind { expected: f.text("expected")? },
        "unsupported_type" => Fault::UnsupportedType { got: f.text("got")? },
        "size_mismatch" => Fault::SizeMismatch { expected: f.whole("expected")?, got: f.whole("got")? },
        "bad_offsets" => Fault::BadOffsets { begin: f.whole("begin")?, end: f.whole("end")? },
        "ragged_row" => Fault::RaggedRow { expected: f.whole("expected")?, got: f.whole("got")? },
        "not_a_number" => Fault::NotANumber { text: f.text("text")? },
        "not_finite" => Fault::NotFinite,
        "empty" => Fault::Empty,
        "bad_shape" => Fault::BadShape { shape: f.text("shape")? },
        "duplicate" => Fault::Duplicate { name: f.text("name")? },
        "not_decodable" => Fault::NotDecodable,
        "quotes" => Fault::Quotes,
        "unexpected" => Fault::Unexpected,
        _ => return Err("fault"),
    })
}

#[cfg(test)]
#[path = "read_tests.rs"]
mod tests;
