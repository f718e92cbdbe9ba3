//! What a file holds: read from its header alone, so that 90 MB and 5 GB open alike.

use crate::data::{npy, safetensors};
use crate::labs::quant::{MAX_WEIGHTS, tables};
use crate::labs::{Ctx, Host};
use crate::protocol::{Fault, LabError, Phase, Table};

/// The kinds of file that the lab reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Safetensors,
    Npy,
    Csv,
}

/// First bytes read to tell an `.npy` file and its header; NumPy pads headers to a multiple of 64 and rarely needs more
/// than two of them.
const NPY_PREFIX_BYTES: u64 = 4096;

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

/// One matrix in a file, as the lab sees it.
#[derive(Clone, Debug)]
pub struct Entry {
    pub name: String,
    pub dtype: String,
    pub shape: Vec<u64>,
    /// `[rows, cols]`: one dimension is one row, more than two are folded into columns.
    pub rows: u64,
    pub cols: u64,
    pub readable: bool,
}

/// `[rows, cols]` of a tensor: a vector is one row; of more dimensions, all but the first are columns.
pub fn matrix_shape(shape: &[u64]) -> (u64, u64) {
    match shape {
        [] => (1, 1),
        [n] => (1, *n),
        [first, rest @ ..] => (*first, rest.iter().product()),
    }
}

/// The header of a safetensors file.
pub async fn safetensors_entries(name: &str, host: &dyn Host) -> Result<Vec<safetensors::TensorEntry>, LabError> {
    let size = host.file_size(name)?;
    let prefix = host.read_file(name, 0..size.min(8)).await?;
    let length = safetensors::header_length(name, &prefix, size)?;
    let header = host.read_file(name, 8..8 + length).await?;
    safetensors::parse_header(name, &header, size)
}

/// The header of an `.npy` file.
pub async fn npy_header(name: &str, host: &dyn Host) -> Result<npy::Header, LabError> {
    let size = host.file_size(name)?;
    let prefix = host.read_file(name, 0..size.min(NPY_PREFIX_BYTES)).await?;
    npy::header(name, &prefix, size)
}

/// Emits table [`tables::CONTENTS`] of a file.
///
/// # Errors
/// [`LabError::Malformed`], [`LabError::FileGone`].
pub async fn list(name: &str, ctx: &Ctx) -> Result<(), LabError> {
    ctx.progress(Phase::Reading, 0, 1);
    let entries: Vec<Entry> = match kind_of(name) {
        Kind::Safetensors => {
            let found = safetensors_entries(name, &*ctx.host).await?;
            found.into_iter().map(|t| entry(t.name, t.dtype.name(), t.shape, t.dtype.is_readable())).collect()
        }
        Kind::Npy => {
            let header = npy_header(name, &*ctx.host).await?;
            vec![entry(String::new(), header.dtype_name(), header.shape.clone(), true)]
        }
        Kind::Csv => {
            let matrix = super::source::read_csv(name, ctx).await?;
            vec![entry(String::new(), "CSV", vec![matrix.rows as u64, matrix.cols as u64], true)]
        }
    };
    if entries.is_empty() {
        return Err(LabError::Malformed { source: name.into(), at: "header".into(), fault: Fault::Empty });
    }
    let mut table = Table::new(tables::CONTENTS, &["name", "dtype", "rows", "cols", "shape", "weights", "readable"]);
    for e in entries {
        let shape: Vec<String> = e.shape.iter().map(u64::to_string).collect();
        // A row alone above the limit cannot be looked at even through a window.
        let readable = e.readable && e.rows > 0 && e.cols > 0 && e.cols <= MAX_WEIGHTS;
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
    ctx.table(table);
    Ok(())
}

fn entry(name: String, dtype: &str, shape: Vec<u64>, readable: bool) -> Entry {
    let (rows, cols) = matrix_shape(&shape);
    Entry { name, dtype: dtype.to_owned(), shape, rows, cols, readable }
}
