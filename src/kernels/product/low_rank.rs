//! The low-rank update that a product adds to what it stores.

use crate::gpu::GpuBuffer;
use crate::kernels::GpuMatrix;
use crate::kernels::matrix::shape_error;
use crate::protocol::LabError;

/// A low-rank update that a product adds to what it stores: `Y += scale * Z U^T`.
///
/// `up` holds `U`; value `(n, r)` lies at `n * out_stride + r * rank_stride`. The forward pass adds LoRA's
/// `B [N, R]` with strides `(R, 1)`; the input gradient adds `A [R, K]` with strides `(1, K)`.
pub struct LowRank<'a> {
    /// `[M, R]`
    pub z: &'a GpuMatrix,
    pub up: &'a GpuBuffer,
    pub rank: usize,
    pub out_stride: u32,
    pub rank_stride: u32,
    pub scale: f32,
}

/// The first `R` that a kernel refuses: its epilogue walks the ranks one by one.
const RANK_LIMIT: usize = 1024;

impl LowRank<'_> {
    /// Refuses an update that does not fit a result `[rows, cols]`.
    pub(super) fn fits(&self, operation: &str, rows: usize, cols: usize) -> Result<(), LabError> {
        if self.rank >= RANK_LIMIT || (self.z.rows, self.z.cols) != (rows, self.rank) {
            let got = format!("[{}, {}]", self.z.rows, self.z.cols);
            return Err(shape_error(operation, format!("z [{rows}, {}]", self.rank), got));
        }
        let (n, r) = ((cols as u64).saturating_sub(1), (self.rank as u64).saturating_sub(1));
        let last = n * u64::from(self.out_stride) + r * u64::from(self.rank_stride);
        if self.rank > 0 && (last + 1) * 4 > self.up.size_bytes() {
            let got = format!("{} values", self.up.size_bytes() / 4);
            return Err(shape_error(operation, format!("up [{cols}, {}]", self.rank), got));
        }
        Ok(())
    }
}

/// `z` and `up`, or something small to bind in their place.
pub(super) fn low_rank_buffers<'a>(low_rank: Option<&LowRank<'a>>, instead: &'a GpuBuffer) -> [&'a GpuBuffer; 2] {
    low_rank.filter(|update| update.rank > 0).map_or([instead; 2], |update| [update.z.buffer(), update.up])
}

/// Gives the parameters of a product what they say about its update; they are zero without one.
macro_rules! with_low_rank {
    () => {
        impl Params {
            fn with(mut self, low_rank: Option<&crate::kernels::product::LowRank<'_>>) -> Params {
                if let Some(update) = low_rank {
                    self.rank = update.rank as u32;
                    (self.up_out, self.up_rank) = (update.out_stride, update.rank_stride);
                    self.scale = update.scale;
                }
                self
            }
        }
    };
}
pub(super) use with_low_rank;
