//! The largest numbers of each row; `shaders/top_k.wgsl`, reference `math::top_k`.

use crate::gpu::{Access, Batch, Gpu, GpuBuffer, Kernel, Readings, Slot};
use crate::kernels::GpuMatrix;
use crate::kernels::layout::workgroups;
use crate::kernels::matrix::shape_error;
use crate::kernels::params::params;
use crate::protocol::LabError;

pub(in crate::kernels) const NAME: &str = "top_k";
pub(in crate::kernels) const SOURCE: &str = shader!("top_k");

const SHARED: Kernel =
    Kernel { name: NAME, source: SOURCE, entry: "top_k", bindings: &[(1, Access::Read), (2, Access::Write)] };
const ALONE: Kernel = Kernel { entry: "top_k_v1", ..SHARED };

params! {
    rows: u32,
    count: u32,
    k: u32,
    chunk: u32,
    chunks: u32,
    kept: u32,
    pairs: u32,
}

/// The most numbers that can be asked for: the kernel has room for as many.
pub const MAX_K: usize = 64;
/// Numbers that a workgroup looks through: 64 for each of its invocations.
const CHUNK: usize = 4096;
/// The same on a software renderer, where a workgroup's barriers cost as much as thousands of numbers.
const SOFTWARE_CHUNK: usize = 16384;
/// llvmpipe ends an invocation's loops after 65,535 iterations; in rising rows every number moves all of the list.
const SOFTWARE_ITERATIONS: usize = 32768;
/// Up to so many a list in an invocation's own memory beats buckets on a software renderer.
const SHORT_LIST: usize = 8;

/// A number and its place in the row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Ranked {
    pub index: u32,
    pub value: f32,
}

struct Stage {
    params: Params,
    result: GpuBuffer,
}

/// The search for the `k` largest numbers of rows of a certain length, with the buffers that it needs; made once, recorded
/// as often as there are tokens.
pub struct TopK {
    rows: usize,
    kept: usize,
    alone: bool,
    stages: Vec<Stage>,
}

impl TopK {
    /// A search in `rows` rows of `count` numbers.
    ///
    /// # Errors
    /// [`LabError::Shape`] for an empty row; [`LabError::OutOfRange`] for no or more than [`MAX_K`] results;
    /// [`LabError::TooLarge`], [`LabError::OutOfMemory`], [`LabError::DeviceLost`].
    pub fn new(gpu: &Gpu, rows: usize, count: usize, k: usize) -> Result<TopK, LabError> {
        if k == 0 || k > MAX_K {
            return Err(LabError::OutOfRange { field: "k".into(), min: 1.0, max: MAX_K as f64, got: k as f64 });
        }
        if rows == 0 || count == 0 || rows.saturating_mul(count) >= 1 << 31 {
            return Err(shape_error(NAME, "1 to 2^31 numbers", format!("[{rows}, {count}]")));
        }
        let alone = match gpu.forced_lanes.get() {
            Some(lanes) => lanes == 1,
            None => gpu.is_software() && k <= SHORT_LIST,
        };
        let chunk = match (alone, gpu.is_software()) {
            (true, _) => SOFTWARE_ITERATIONS / (k + 1),
            (false, true) => SOFTWARE_CHUNK,
            (false, false) => CHUNK,
        };
        let mut stages: Vec<Stage> = Vec::new();
        let mut left = count;
        loop {
            let chunks = left.div_ceil(chunk);
            let kept = (chunks - 1) * k + k.min(left - (chunks - 1) * chunk);
            let params = Params {
                rows: rows as u32,
                count: left as u32,
                k: k as u32,
                chunk: chunk as u32,
                chunks: chunks as u32,
                kept: kept as u32,
                pairs: u32::from(!stages.is_empty()),
            };
            stages.push(Stage { params, result: gpu.allocate("top_k", (rows * kept * 8) as u64)? });
            if chunks == 1 {
                return Ok(TopK { rows, kept, alone, stages });
            }
            left = kept;
        }
    }

    /// How many numbers of each row it finds: `k`, or all if there are fewer.
    pub fn k(&self) -> usize {
        self.kept
    }

    /// Where the results will be: `[rows, k]` pairs of a number's bits and its index.
    pub fn buffer(&self) -> &GpuBuffer {
        &self.stages[self.stages.len() - 1].result
    }

    /// Records the search.
    ///
    /// # Shapes
    /// `values [rows * count]`
    /// # Errors
    /// Those of [`Batch::run`].
    pub fn record(&self, batch: &mut Batch<'_>, values: &GpuBuffer) -> Result<(), LabError> {
        let mut words = values;
        for Stage { params, result } in &self.stages {
            let parts = params.rows as usize * params.chunks as usize;
            if self.alone {
                batch.run(&ALONE, &[], params, &[words, result], workgroups(parts, 1))?;
            } else {
                batch.run(&SHARED, &[], params, &[words, result], parts as u64)?;
            }
            words = result;
        }
        Ok(())
    }

    /// Has the results brought back.
    pub fn read(&self, batch: &mut Batch<'_>) -> Slot {
        batch.read(self.buffer(), 0, (self.rows * self.kept * 8) as u64)
    }

    /// What was brought back, row by row.
    pub fn ranked(&self, readings: &Readings, slot: &Slot) -> Vec<Vec<Ranked>> {
        let words: Vec<u32> = readings.get(slot);
        let pairs: Vec<Ranked> =
            words.chunks_exact(2).map(|pair| Ranked { value: f32::from_bits(pair[0]), index: pair[1] }).collect();
        pairs.chunks(self.kept).map(<[Ranked]>::to_vec).collect()
    }
}

/// The `k` largest numbers of each row, largest first; of equal ones the first come first, and NaN is the smallest.
///
/// # Shapes
/// `values [N, C]` -> `[N, min(k, C)]`
/// # Errors
/// As [`TopK::new`]; [`LabError::Kernel`].
pub async fn top_k(gpu: &Gpu, values: &GpuMatrix, k: usize) -> Result<Vec<Vec<Ranked>>, LabError> {
    let top = TopK::new(gpu, values.rows, values.cols, k)?;
    let mut batch = Batch::new(gpu);
    top.record(&mut batch, values.buffer())?;
    let slot = top.read(&mut batch);
    Ok(top.ranked(&batch.finish().await?, &slot))
}
