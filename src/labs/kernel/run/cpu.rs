//! One format on the CPU tier.

use std::rc::Rc;

use super::inputs::{Inputs, each_block};
use super::verify;
use crate::labs::Ctx;
use crate::labs::kernel::{Config, Multiply};
use crate::math::{self, FastActivations, FastStorage, FastVersion, FastWeights, add_low_rank, product_rows};
use crate::protocol::LabError;

/// Multiplications and additions between two looks at Stop: 10 ms on a slow processor, 60 ms in the naive version.
const SLICE_FLOP: usize = 20_000_000;
/// Outputs of a slice are a multiple of this, so that no slice cuts a tile.
const SLICE_ROWS: usize = 4;
/// A sample of the clock covers at least this: browsers round it to 1 ms.
const SAMPLE_MILLIS: f64 = 8.0;
/// Products in a sample at most.
const MAX_REPEATS: usize = 10_000;
/// Time spent on one format and batch size.
const BUDGET_MILLIS: f64 = 160.0;
/// Samples at most; the median of them counts.
const SAMPLES: usize = 9;

/// A packed weight and room for the result.
pub struct CpuProduct {
    w: FastWeights,
    inputs: Rc<Inputs>,
    y: Vec<f32>,
    /// Rows of the last result.
    batch: usize,
}

/// How a format is kept.
pub fn storage(format: Multiply, config: &Config) -> FastStorage {
    let (group, asymmetric) = (config.group, config.asymmetric);
    match format {
        Multiply::Fp32 => FastStorage::F32,
        Multiply::Fp16 => FastStorage::F16,
        Multiply::Int8 => FastStorage::Int8 { group, asymmetric },
        Multiply::W8a8 => FastStorage::W8a8 { group },
        Multiply::Int4 => FastStorage::Int4 { group, asymmetric },
        Multiply::Nf4 => FastStorage::Nf4 { group, double: config.double_quant },
    }
}

/// The weights of `config` in `format`, made and packed block by block.
///
/// # Errors
/// [`LabError::OutOfMemory`], [`LabError::Stopped`].
pub async fn pack(format: Multiply, config: &Config, ctx: &Ctx) -> Result<FastWeights, LabError> {
    let [n, k] = [config.outputs, config.inputs].map(|v| v as usize);
    let mut w = FastWeights::reserve(n, k, storage(format, config))
        .ok_or(LabError::OutOfMemory { requested_bytes: 4 * n as u64 * k as u64 })?;
    each_block(config, ctx, |rows| {
        w.push(rows);
        Ok(())
    })
    .await?;
    w.finish();
    Ok(w)
}

impl CpuProduct {
    /// Packs the weights of `config`.
    ///
    /// # Errors
    /// As [`pack`].
    pub async fn new(format: Multiply, config: &Config, inputs: Rc<Inputs>, ctx: &Ctx) -> Result<CpuProduct, LabError> {
        Ok(CpuProduct { w: pack(format, config, ctx).await?, inputs, y: Vec::new(), batch: 0 })
    }

    /// What the weights take.
    pub fn weight_bytes(&self) -> u64 {
        self.w.size_bytes()
    }

    /// Milliseconds of one product with `batch` rows: the median of several samples, or the first one if it was long.
    ///
    /// # Errors
    /// [`LabError::Stopped`].
    pub async fn time(&mut self, batch: usize, version: FastVersion, ctx: &Ctx) -> Result<f64, LabError> {
        self.batch = batch;
        self.y.clear();
        self.y.resize(batch * self.w.rows, 0.0);
        let (mut repeats, mut taken) = (1, self.pass(version, 1, ctx).await?);
        // A browser's clock may stand still during a short product: how many fill a sample is found step by step.
        while taken < SAMPLE_MILLIS && repeats < MAX_REPEATS {
            repeats *= (SAMPLE_MILLIS / taken.max(1.0)).ceil() as usize;
            taken = self.pass(version, repeats, ctx).await?;
        }
        let samples = (BUDGET_MILLIS / taken.max(SAMPLE_MILLIS)) as usize;
        let mut millis = vec![taken / repeats as f64];
        for _ in 1..samples.min(SAMPLES) {
            millis.push(self.pass(version, repeats, ctx).await? / repeats as f64);
        }
        Ok(math::median(millis))
    }

    /// Milliseconds of `repeats` products. Long ones are cut into slices, and what happens between slices is not counted.
    async fn pass(&mut self, version: FastVersion, repeats: usize, ctx: &Ctx) -> Result<f64, LabError> {
        let (inputs, w, y) = (&*self.inputs, &self.w, &mut self.y);
        let x = &inputs.x[..self.batch * w.cols];
        let row_flop = 2 * self.batch * w.cols;
        let slice = (SLICE_FLOP / row_flop / SLICE_ROWS).max(1) * SLICE_ROWS;
        let mut millis = 0.0;
        if slice >= w.rows {
            ctx.checkpoint().await?;
            let begun = ctx.host.now_millis();
            for _ in 0..repeats {
                product_rows(&FastActivations::new(std::hint::black_box(x), w), w, 0..w.rows, version, y);
                add_low_rank(x, (&inputs.a, &inputs.b), inputs.rank, inputs.scale, y);
            }
            return Ok(ctx.host.now_millis() - begun);
        }
        for _ in 0..repeats {
            let begun = ctx.host.now_millis();
            let activations = FastActivations::new(x, w);
            millis += ctx.host.now_millis() - begun;
            for first in (0..w.rows).step_by(slice) {
                ctx.checkpoint().await?;
                let begun = ctx.host.now_millis();
                product_rows(&activations, w, first..(first + slice).min(w.rows), version, y);
                millis += ctx.host.now_millis() - begun;
            }
            if inputs.rank == 0 {
                continue;
            }
            let rows = (SLICE_FLOP / (2 * inputs.rank * (w.rows + w.cols))).max(1);
            for (x, y) in x.chunks(rows * w.cols).zip(y.chunks_mut(rows * w.rows)) {
                ctx.checkpoint().await?;
                let begun = ctx.host.now_millis();
                add_low_rank(x, (&inputs.a, &inputs.b), inputs.rank, inputs.scale, y);
                millis += ctx.host.now_millis() - begun;
            }
        }
        Ok(millis)
    }

    /// The worst error of the last result, in multiples of what is allowed.
    pub fn error(&self) -> f64 {
        let x = &self.inputs.x[..self.batch * self.w.cols];
        let activations = FastActivations::new(x, &self.w);
        verify::worst(&self.y, self.batch, &self.w, &self.inputs, |m| activations.row(m, &self.w))
    }
}
