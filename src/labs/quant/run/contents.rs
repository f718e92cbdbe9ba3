//! What a file holds: read from its header alone, so that 90 MB and 5 GB open alike.

use super::files::Files;
use crate::data::{Matrix, csv, npy, safetensors};
use crate::labs::quant::{MAX_WEIGHTS, tables};
use crate::labs::{Ctx, Host};
use crate::protocol::{Fault, LabError, Phase, Resource, Table};

/// Text read between two looks at the Stop button.
const CSV_STEP_BYTES: usize = 1 << 20;

/// The kinds of file that the lab reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Safetensors,
    Npy,
    Csv,
}

/// The kind of a file by its name, which is all that tells CSV from text.
pub fn kind_of(name: &str) -> Kind {
    let lower = name.to_ascii_lowercase();
    if lower.ends_with(".safetensors") {
        Kind::Safetensors
    } else if lower.ends_with(".npy") {
        Kind::Npy
    } else {
        Kind::Csv
    }
}

/// The header of a safetensors file.
pub async fn safetensors_entries(name: &str, files: &Files<'_>) -> Result<Vec<safetensors::TensorEntry>, LabError> {
    let size = files.size(name).await?;
    let prefix = files.read(name, 0..size.min(safetensors::LENGTH_BYTES)).await?;
    let length = safetensors::header_length(name, &prefix, size)?;
    let begin = safetensors::LENGTH_BYTES;
    let header = files.read(name, begin..begin + length).await?;
    safetensors::parse_header(name, &header, size)
}

/// The header of an `.npy` file.
pub async fn npy_header(name: &str, host: &dyn Host) -> Result<npy::NpyHeader, LabError> {
    let size = host.file_size(name)?;
    let prefix = host.read_file(name, 0..size.min(npy::PREFIX_BYTES as u64)).await?;
    let length = npy::header_length(name, &prefix, size)?;
    let header = host.read_file(name, 0..length).await?;
    npy::parse_header(name, &header, size)
}

/// A whole CSV file, parsed in steps between which Stop is heard.
pub async fn read_csv(name: &str, ctx: &Ctx) -> Result<Matrix, LabError> {
    let size = ctx.host.file_size(name)?;
    if size > csv::MAX_TEXT_BYTES {
        let (what, limit) = (name.to_owned(), csv::MAX_TEXT_BYTES);
        return Err(LabError::TooLarge { what, limit, got: size, resource: Resource::Bytes });
    }
    let bytes = ctx.host.read_file(name, 0..size).await?;
    let mut reader = csv::CsvReader::new(name, &bytes, MAX_WEIGHTS)?;
    while reader.step(CSV_STEP_BYTES)? {
        let (done, total) = reader.progress();
        ctx.progress(Phase::Reading, done, total);
        ctx.checkpoint().await?;
    }
    reader.finish()
}

/// One matrix in a file, as the lab lists it.
struct Entry {
    name: String,
    dtype: String,
    shape: Vec<u64>,
    rows: u64,
    cols: u64,
    readable: bool,
}

/// Emits table [`tables::CONTENTS`] of a file.
///
/// # Errors
/// [`LabError::Malformed`], [`LabError::FileGone`].
pub async fn list(name: &str, files: &Files<'_>) -> Result<(), LabError> {
    let ctx = files.ctx;
    ctx.progress(Phase::Reading, 0, 1);
    let entries: Vec<Entry> = match kind_of(name) {
        Kind::Safetensors => safetensors_entries(name, files).await?.into_iter().map(tensor).collect(),
        Kind::Npy => {
            let header = npy_header(name, &*ctx.host).await?;
            let (rows, cols) = header.matrix_shape();
            vec![Entry { name: String::new(), dtype: header.descr(), shape: header.shape, rows, cols, readable: true }]
        }
        Kind::Csv => {
            let matrix = read_csv(name, ctx).await?;
            let (rows, cols) = (matrix.rows as u64, matrix.cols as u64);
            vec![Entry {
                name: String::new(),
                dtype: "CSV".into(),
                shape: vec![rows, cols],
                rows,
                cols,
                readable: true,
            }]
        }
    };
    if entries.is_empty() {
        return Err(LabError::Malformed { source: name.into(), at: "header".into(), fault: Fault::Empty });
    }
    ctx.table(table(entries));
    Ok(())
}

fn tensor(entry: safetensors::TensorEntry) -> Entry {
    let (rows, cols) = entry.matrix_shape();
    let (dtype, readable) = (entry.dtype.name().to_owned(), entry.dtype.is_readable());
    Entry { name: entry.name, dtype, shape: entry.shape, rows, cols, readable }
}

fn table(entries: Vec<Entry>) -> Table {
    let columns = ["name", "dtype", "rows", "cols", "shape", "weights", "readable"];
    let mut table = Table::new(tables::CONTENTS, &columns);
    for e in entries {
        let shape: Vec<String> = e.shape.iter().map(u64::to_string).collect();
        // A single row above the limit cannot be looked at even through a window.
        let readable = e.readable && e.rows > 0 && (1..=MAX_WEIGHTS).contains(&e.cols);
        table.rows.push(vec![
            e.name.into(),
            e.dtype.into(),
            (e.rows as f64).into(),
            (e.cols as f64).into(),
            shape.join(" × ").into(),
            (e.rows as f64 * e.cols as f64).into(),
            f64::from(u8::from(readable)).into(),
        ]);
    }
    table
}
