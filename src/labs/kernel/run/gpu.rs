//! One format on the GPU tier.

use std::rc::Rc;

use super::cpu;
use super::inputs::{Inputs, each_block};
use super::verify;
use crate::gpu::{Batch, Gpu, GpuBuffer};
use crate::kernels::product::case::integers;
use crate::kernels::product::{LowRank, Pass, Storage, Weights, chosen, forward, prepare, upload_weights, variants};
use crate::kernels::{GpuMatrix, read_matrix, upload_matrix};
use crate::labs::Ctx;
use crate::labs::kernel::{Config, Multiply};
use crate::math::{self, FastWeights};
use crate::protocol::LabError;

/// What a submission should take: long against a clock of 0.1 ms, short enough that Stop and the screen are not held up.
const SUBMISSION_MILLIS: f64 = 40.0;
/// Time spent on one format and batch size once its kernel is compiled.
const BUDGET_MILLIS: f64 = 160.0;
/// Samples at most; the median of them counts.
const SAMPLES: usize = 7;
/// Products in a submission at most: each records up to five dispatches (shards, activations, a weight that is written out,
/// LoRA), a batch takes 256.
const MAX_REPEATS: usize = 50;
/// What a submission may hold, so that it stays below a quarter of a second: a plain kernel on a small GPU ...
const SUBMISSION_FLOP: f64 = 20e9;
/// ... and on a processor.
const SOFTWARE_FLOP: f64 = 0.5e9;

/// Rows of `X` that go into one submission, and room for their result.
struct Piece {
    x: GpuMatrix,
    y: GpuMatrix,
    /// `x A^T`
    z: Option<GpuMatrix>,
}

/// The low-rank half: `A [R, K]` as a weight, `B [N, R]` as it is.
struct Adapter {
    a: Weights,
    b: GpuBuffer,
}

/// A packed weight on the device and room for the result.
pub struct GpuProduct {
    gpu: Rc<Gpu>,
    weights: Weights,
    inputs: Rc<Inputs>,
    adapter: Option<Adapter>,
    /// For verifying: the same codes on the CPU.
    reference: FastWeights,
    /// The batch size at hand, cut into submissions.
    pieces: Vec<Piece>,
    batch: usize,
}

/// How a format is kept.
pub(super) fn storage(format: Multiply, config: &Config) -> Storage {
    let (group, asymmetric) = (config.group as usize, config.asymmetric);
    match format {
        Multiply::Fp32 => Storage::F32,
        Multiply::Fp16 => Storage::F16,
        Multiply::Int8 => Storage::Int8 { group, asymmetric },
        Multiply::W8a8 => Storage::W8a8 { group },
        Multiply::Int4 => Storage::Int4 { group, asymmetric, half_scales: false },
        Multiply::Nf4 => Storage::Nf4 { group, double: config.double_quant },
    }
}

impl GpuProduct {
    /// Puts the weights of `config` on the device.
    ///
    /// # Errors
    /// [`LabError::OutOfMemory`], [`LabError::TooLarge`], [`LabError::Stopped`], or what the device says.
    pub async fn new(
        format: Multiply,
        config: &Config,
        inputs: Rc<Inputs>,
        gpu: &Rc<Gpu>,
        ctx: &Ctx,
    ) -> Result<GpuProduct, LabError> {
        let [n, k] = [config.outputs, config.inputs].map(|v| v as usize);
        let requested_bytes = 4 * n as u64 * k as u64;
        let mut values = Vec::new();
        values.try_reserve_exact(n * k).map_err(|_| LabError::OutOfMemory { requested_bytes })?;
        let mut reference = FastWeights::reserve(n, k, cpu::storage(format, config))
            .ok_or(LabError::OutOfMemory { requested_bytes })?;
        each_block(config, ctx, |rows| {
            // What the device keeps of f16 are no subnormals: WGSL lets an implementation take them for zeros.
            match format {
                Multiply::Fp16 => values.extend(rows.iter().map(|&w| math::f16_without_subnormals(w))),
                _ => values.extend_from_slice(rows),
            }
            reference.push(&values[values.len() - rows.len()..]);
            Ok(())
        })
        .await?;
        reference.finish();
        let weights = upload_weights(gpu, &values, n, k, storage(format, config))?;
        let adapter = match inputs.rank {
            0 => None,
            rank => Some(Adapter {
                a: upload_weights(gpu, &inputs.a, rank, k, Storage::F32)?,
                b: gpu.upload("LoRA B", &inputs.b)?,
            }),
        };
        Ok(GpuProduct { gpu: gpu.clone(), weights, inputs, adapter, reference, pieces: Vec::new(), batch: 0 })
    }

    /// What was allocated for the weights.
    pub fn weight_bytes(&self) -> u64 {
        self.weights.size_bytes()
    }

    /// Makes operands of `batch` rows, and lets the device measure its variants for them.
    ///
    /// # Errors
    /// What the device says.
    pub async fn choose(&mut self, batch: usize, ctx: &Ctx) -> Result<(), LabError> {
        let (n, k) = (self.weights.rows, self.weights.cols);
        ctx.checkpoint().await?;
        prepare(&self.gpu, self.weights.storage, Pass::Forward, batch, n, k).await?;
        let most = if self.gpu.is_software() { SOFTWARE_FLOP } else { SUBMISSION_FLOP };
        let row_flop = 2.0 * (n * k + self.inputs.rank * (n + k)) as f64;
        let rows = ((most / row_flop) as usize).clamp(1, batch);
        self.pieces.clear();
        for x in self.inputs.x[..batch * k].chunks(rows * k) {
            let m = x.len() / k;
            let zeroed = |cols: usize| upload_matrix(&self.gpu, &vec![0.0; m * cols], m, cols);
            let z = self.adapter.as_ref().map(|_| zeroed(self.inputs.rank)).transpose()?;
            self.pieces.push(Piece { x: upload_matrix(&self.gpu, x, m, k)?, y: zeroed(n)?, z });
        }
        self.batch = batch;
        Ok(())
    }

    /// The entry point that is in use at `batch` rows.
    pub fn variant(&self, batch: usize) -> String {
        chosen(&self.gpu, self.weights.storage, Pass::Forward, batch, None).into()
    }

    /// Names and entry points of all versions, the plainest first.
    pub fn versions(&self) -> Vec<(String, String)> {
        let entry = |name: &str| chosen(&self.gpu, self.weights.storage, Pass::Forward, self.batch, Some(name)).into();
        variants(self.weights.storage, Pass::Forward).into_iter().map(|name| (name.into(), entry(name))).collect()
    }

    /// As [`GpuProduct::time`], with one version instead of the chosen one.
    ///
    /// # Errors
    /// What the device says.
    pub async fn time_version(&mut self, name: &str, ctx: &Ctx) -> Result<f64, LabError> {
        let kernel = self.weights.storage.kernel();
        self.gpu.force_variant(kernel, Some(name));
        let millis = self.time(ctx).await;
        self.gpu.force_variant(kernel, None);
        millis
    }

    /// Milliseconds of one product with the rows of [`GpuProduct::choose`]: by the GPU's clock where it has one, else by
    /// the wall's less an empty round trip; the median of several samples.
    ///
    /// # Errors
    /// [`LabError::Stopped`], or what the device says.
    pub async fn time(&self, ctx: &Ctx) -> Result<f64, LabError> {
        // The first run compiles.
        self.sample(1, 0.0, ctx).await?;
        let mut trips = Vec::new();
        for _ in 0..3 {
            let begun = ctx.host.now_millis();
            Batch::new(&self.gpu).finish().await?;
            trips.push(ctx.host.now_millis() - begun);
        }
        let trip = math::median(trips);
        let once = self.sample(1, trip, ctx).await?;
        if once > BUDGET_MILLIS {
            return Ok(once);
        }
        let repeats = match self.pieces.len() {
            1 => ((SUBMISSION_MILLIS / once.max(1e-3)) as usize).clamp(1, MAX_REPEATS),
            _ => 1,
        };
        let samples = (BUDGET_MILLIS / (repeats as f64 * once + trip)) as usize;
        let mut millis = Vec::new();
        for _ in 0..samples.clamp(1, SAMPLES) {
            millis.push(self.sample(repeats, trip, ctx).await?);
        }
        Ok(math::median(millis))
    }

    /// Milliseconds a product, of `repeats` products in a submission for each piece.
    async fn sample(&self, repeats: usize, trip: f64, ctx: &Ctx) -> Result<f64, LabError> {
        let mut millis = 0.0;
        for piece in &self.pieces {
            ctx.checkpoint().await?;
            let mut batch = Batch::new(&self.gpu).timed();
            for _ in 0..repeats {
                self.record(&mut batch, piece)?;
            }
            let begun = ctx.host.now_millis();
            let by_gpu = batch.finish().await?.gpu_millis;
            let by_wall = ctx.host.now_millis() - begun;
            // Browsers round the GPU's clock, some to nothing.
            millis += match by_gpu {
                Some(millis) if millis > 0.0 && millis <= by_wall => millis,
                _ => (by_wall - trip).max(by_wall * 0.01),
            };
        }
        Ok(millis / repeats as f64)
    }

    fn record(&self, batch: &mut Batch<'_>, piece: &Piece) -> Result<(), LabError> {
        let update = match (&self.adapter, &piece.z) {
            (Some(adapter), Some(z)) => {
                forward(&self.gpu, batch, &piece.x, &adapter.a, None, z)?;
                Some(LowRank {
                    z,
                    up: &adapter.b,
                    rank: self.inputs.rank,
                    out_stride: self.inputs.rank as u32,
                    rank_stride: 1,
                    scale: self.inputs.scale,
                })
            }
            _ => None,
        };
        forward(&self.gpu, batch, &piece.x, &self.weights, update.as_ref(), &piece.y)
    }

    /// The worst error of the last result, in multiples of what is allowed.
    ///
    /// # Errors
    /// What the device says.
    pub async fn error(&self) -> Result<f64, LabError> {
        let mut y = Vec::new();
        for piece in &self.pieces {
            y.extend(read_matrix(&self.gpu, &piece.y).await?);
        }
        let k = self.weights.cols;
        // Activations that the device rounds are taken as it rounds them: near a tie two right roundings differ.
        let mut rounded = Vec::new();
        if let Storage::W8a8 { group } = self.weights.storage {
            for piece in &self.pieces {
                rounded.extend(integers(&self.gpu, &piece.x, group).await?.values());
            }
        }
        let row = |m: usize| match self.weights.storage {
            Storage::W8a8 { .. } => rounded[m * k..(m + 1) * k].to_vec(),
            _ => self.inputs.x[m * k..(m + 1) * k].iter().map(|&x| f64::from(x)).collect(),
        };
        Ok(verify::worst(&y, self.batch, &self.reference, &self.inputs, row))
    }
}
