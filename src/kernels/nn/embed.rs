//! Rows of a table by number; `shaders/embed.wgsl`, reference `math::embed`.

use crate::gpu::{Access, Batch, GpuBuffer, Kernel};
use crate::kernels::GpuMatrix;
use crate::kernels::layout::workgroups;
use crate::kernels::matrix::shape_error;
use crate::kernels::params::params;
use crate::protocol::LabError;

use super::{TopK, expect};

pub(in crate::kernels) const NAME: &str = "embed";
pub(in crate::kernels) const SOURCE: &str = shader!("embed");

const KERNEL: Kernel = Kernel {
    name: NAME,
    source: SOURCE,
    entry: "embed",
    bindings: &[(1, Access::Read), (2, Access::Read), (3, Access::Write)],
};

params! {
    tokens: u32,
    cols: u32,
    vocabulary: u32,
    first: u32,
    stride: u32,
}

/// Where on the device token numbers lie: at words `first`, `first + stride`, ...
#[derive(Clone, Copy)]
pub struct Tokens<'a> {
    pub words: &'a GpuBuffer,
    pub first: usize,
    pub stride: usize,
}

impl<'a> Tokens<'a> {
    /// Numbers one after the other.
    pub fn new(words: &'a GpuBuffer) -> Tokens<'a> {
        Tokens { words, first: 0, stride: 1 }
    }

    /// The best index of every row of a [`TopK`].
    pub fn chosen(top: &'a TopK) -> Tokens<'a> {
        Tokens { words: top.buffer(), first: 1, stride: 2 * top.k() }
    }
}

/// Records `y[t] = table[tokens[t]]`; a number beyond the table gives its last row.
///
/// # Shapes
/// `tokens [T]`, `table [V, C]` -> `y [T, C]`
/// # Errors
/// [`LabError::Shape`]; those of [`Batch::run`].
pub fn embed(batch: &mut Batch<'_>, tokens: Tokens<'_>, table: &GpuMatrix, y: &GpuMatrix) -> Result<(), LabError> {
    expect(NAME, "y", y, y.rows, table.cols)?;
    let words = tokens.words.size_bytes() / 4;
    let last = tokens.first + (y.rows - 1) * tokens.stride;
    if last as u64 >= words {
        return Err(shape_error(NAME, format!("{} words", last + 1), words.to_string()));
    }
    let params = Params {
        tokens: y.rows as u32,
        cols: y.cols as u32,
        vocabulary: table.rows as u32,
        first: tokens.first as u32,
        stride: tokens.stride as u32,
    };
    batch.run(&KERNEL, &[], &params, &[tokens.words, table.buffer(), y.buffer()], workgroups(y.count(), 1))
}
