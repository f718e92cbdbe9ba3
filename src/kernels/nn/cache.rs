//! What attention keeps between tokens: keys, values, and the table of rotations.

use crate::gpu::{Gpu, GpuBuffer};
use crate::kernels::matrix::shape_error;
use crate::math;
use crate::protocol::LabError;

/// The heads of an attention layer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heads {
    /// `H`
    pub query: usize,
    /// `J`; several query heads may share one.
    pub key: usize,
    /// `D`
    pub dim: usize,
}

/// Vectors of four that the kernels have room for in a head.
const MAX_VECTORS: usize = 64;

impl Heads {
    /// Columns of the stacked projection: queries, keys, values.
    pub fn projected(&self) -> usize {
        (self.query + 2 * self.key) * self.dim
    }

    /// Refuses heads that the attention kernels cannot take; `multiple` is 4, or 8 where heads are rotated in vectors.
    pub(super) fn check(&self, kernel: &str, multiple: usize) -> Result<(), LabError> {
        let shared = self.key > 0 && self.query > 0 && self.query.is_multiple_of(self.key);
        let dim = self.dim > 0 && self.dim.is_multiple_of(multiple) && self.dim <= 4 * MAX_VECTORS;
        if shared && dim {
            return Ok(());
        }
        let expected = format!("H a multiple of J, D a multiple of {multiple} up to {}", 4 * MAX_VECTORS);
        Err(shape_error(kernel, expected, format!("H {}, J {}, D {}", self.query, self.key, self.dim)))
    }
}

/// The keys and values of one layer, `[J, S, D]` each.
pub struct KvCache {
    pub heads: Heads,
    /// `S`
    pub capacity: usize,
    pub(super) keys: GpuBuffer,
    pub(super) values: GpuBuffer,
}

impl KvCache {
    /// An empty cache.
    ///
    /// # Errors
    /// [`LabError::TooLarge`], [`LabError::OutOfMemory`], [`LabError::DeviceLost`].
    pub fn new(gpu: &Gpu, heads: Heads, capacity: usize) -> Result<KvCache, LabError> {
        let bytes = (heads.key * capacity * heads.dim * 4) as u64;
        let (keys, values) = (gpu.allocate("keys", bytes)?, gpu.allocate("values", bytes)?);
        Ok(KvCache { heads, capacity, keys, values })
    }

    /// Keys `[J, S, D]`, for a look at them.
    pub fn keys(&self) -> &GpuBuffer {
        &self.keys
    }

    /// Values `[J, S, D]`, for a look at them.
    pub fn values(&self) -> &GpuBuffer {
        &self.values
    }

    /// Refuses tokens that have no place.
    pub(super) fn check(&self, kernel: &str, position: usize, tokens: usize) -> Result<(), LabError> {
        if tokens > 0 && position + tokens <= self.capacity {
            return Ok(());
        }
        let got = format!("{position}..{}", position + tokens);
        Err(shape_error(kernel, format!("places in 0..{}", self.capacity), got))
    }
}

/// Cosines and sines of every position, computed in f64 on the host: `[positions, D]`, cosines then sines.
pub struct RopeTable {
    pub positions: usize,
    pub dim: usize,
    pub(super) turns: GpuBuffer,
}

impl RopeTable {
    /// Tabulates the angles `p base^(-2 j / D)` of heads of `dim` numbers; Llama's base is 10,000, Llama 3's 500,000.
    ///
    /// # Errors
    /// [`LabError::Shape`] for an odd `dim`; [`LabError::TooLarge`], [`LabError::OutOfMemory`], [`LabError::DeviceLost`].
    pub fn new(gpu: &Gpu, positions: usize, dim: usize, base: f64) -> Result<RopeTable, LabError> {
        if dim == 0 || !dim.is_multiple_of(2) || positions == 0 {
            return Err(shape_error("rope", "positions, and D even", format!("[{positions}, {dim}]")));
        }
        let turns: Vec<f32> = (0..positions).flat_map(|p| math::rope_turns(p, dim, base)).map(|t| t as f32).collect();
        gpu.check_size("rope", size_of_val(turns.as_slice()) as u64)?;
        Ok(RopeTable { positions, dim, turns: gpu.upload("rope", &turns)? })
    }

    /// Refuses another head size, and positions beyond the table.
    pub(super) fn check(&self, kernel: &str, dim: usize, position: usize, tokens: usize) -> Result<(), LabError> {
        if dim == self.dim && position + tokens <= self.positions {
            return Ok(());
        }
        let got = format!("D {dim}, positions {position}..{}", position + tokens);
        Err(shape_error(kernel, format!("D {}, positions up to {}", self.dim, self.positions), got))
    }
}
