//! The forward pass on the GPU: one submission and one readback a piece.
//!
//! One token takes six dispatches a layer and two more, as [`crate::kernels::nn`] describes: the norms before products are
//! put off, the residuals come with the products. Several tokens take nine a layer, where that counts less.
//!
//! That holds where `C` and `H D` are multiples of 32; of others the products make a padded copy first. `F` is padded
//! here, once, with rows and columns of zeros.

use std::rc::Rc;

use super::cache::DeviceCache;
use super::processor::Wanted;
use crate::data::Matrix;
use crate::data::llama::{Checkpoint, LlamaConfig, Part, UnitKind, UnitSpec};
use crate::gpu::{Batch, Gpu, GpuBuffer, Slot};
use crate::kernels::nn::{DecodeAttention, Deferred, attention, decode_attention, rms_norm, rope_cache, swiglu};
use crate::kernels::product::{LowRank, Weights, forward, upload_quantized};
use crate::kernels::{GpuMatrix, upload_matrix};
use crate::math::WeightFormat;
use crate::protocol::LabError;

/// What a GPU does in about 20 ms: a software renderer, and a laptop's.
const SOFTWARE_FLOP: u64 = 60_000_000;
const HARDWARE_FLOP: u64 = 20_000_000_000;
/// Codes that the kernels read at once: widths that are multiples of it need no padded copies.
const WHOLE: usize = 32;
/// A batch has room for 256 dispatches; a layer and the end must still fit.
const MOST_DISPATCHES: usize = 230;

/// A model on a GPU.
pub(super) struct DeviceModel {
    gpu: Rc<Gpu>,
    config: LlamaConfig,
    units: Vec<UnitSpec>,
    /// In the order of the units; the embedding only in a tied model, whose last product it is.
    weights: Vec<Option<Weights>>,
    /// `[1, C]`: the gains of the last norm, and those of a norm whose gains are in the weights.
    final_norm: GpuMatrix,
    ones: GpuMatrix,
    /// `[1, 1]`: the left side of a residual.
    one: GpuMatrix,
    work: Work,
}

/// What the forward pass writes; rows for the most tokens of a piece.
struct Work {
    tokens: usize,
    x: GpuBuffer,
    residual: GpuBuffer,
    normed: GpuBuffer,
    projected: GpuBuffer,
    query: GpuBuffer,
    mixed: GpuBuffer,
    gated: GpuBuffer,
    h: GpuBuffer,
    last: GpuBuffer,
    logits: GpuBuffer,
}

impl Work {
    fn new(gpu: &Gpu, config: &LlamaConfig, tokens: usize) -> Result<Work, LabError> {
        let (query, key) = config.widths();
        let inner = padded_inner(config);
        let rows = |what: &str, width: usize| gpu.allocate(what, (tokens * width * 4) as u64);
        Ok(Work {
            tokens,
            x: rows("hidden state", config.channels)?,
            residual: rows("residual", config.channels)?,
            normed: rows("normed", config.channels)?,
            projected: rows("projected", query + 2 * key)?,
            query: rows("queries", query)?,
            mixed: rows("mixed values", query)?,
            gated: rows("gate and up", 2 * inner)?,
            h: rows("gated", inner)?,
            last: gpu.allocate("last token", config.channels as u64 * 4)?,
            logits: rows("logits", config.vocabulary)?,
        })
    }
}

/// `F` in whole vectors of codes.
fn padded_inner(config: &LlamaConfig) -> usize {
    config.inner.next_multiple_of(WHOLE)
}

/// Operations after which others have a turn.
pub(super) fn flop_of_a_turn(gpu: &Gpu) -> u64 {
    if gpu.is_software() { SOFTWARE_FLOP } else { HARDWARE_FLOP }
}

impl DeviceModel {
    /// Memory for passes of up to so many tokens; the weights are still to be put there.
    pub fn new(gpu: Rc<Gpu>, checkpoint: &Checkpoint, most_tokens: usize) -> Result<DeviceModel, LabError> {
        let config = checkpoint.config.clone();
        let gains = checkpoint.tensor(None, Part::FinalNorm).unwrap_or_default();
        let c = config.channels;
        let units = config.units();
        Ok(DeviceModel {
            weights: units.iter().map(|_| None).collect(),
            final_norm: upload_matrix(&gpu, gains, 1, c)?,
            ones: upload_matrix(&gpu, &vec![1.0; c], 1, c)?,
            one: upload_matrix(&gpu, &[1.0], 1, 1)?,
            work: Work::new(&gpu, &config, most_tokens)?,
            gpu,
            config,
            units,
        })
    }

    pub fn gpu(&self) -> &Gpu {
        &self.gpu
    }

    /// What was allocated for a unit.
    pub fn size_bytes(&self, unit: usize) -> u64 {
        self.weights[unit].as_ref().map_or(0, Weights::size_bytes)
    }

    /// Quantizes a unit's matrix and puts it on the device, in the place of what was there.
    pub fn put(&mut self, unit: usize, matrix: &Matrix, format: WeightFormat, group: u32) -> Result<(), LabError> {
        let kind = self.units[unit].kind;
        if kind == UnitKind::Embedding && !self.config.tied {
            return Ok(());
        }
        let whole = self.whole(kind, matrix);
        let matrix = whole.as_ref().unwrap_or(matrix);
        let quantized = format.quantize(&matrix.values, matrix.rows, matrix.cols, group);
        // The old weights go first, so that both need not fit.
        self.weights[unit] = None;
        self.weights[unit] = Some(upload_quantized(&self.gpu, &quantized)?);
        Ok(())
    }

    /// The matrix with `F` in whole vectors: zeros at the end of a row or of a block of rows change no scale and no code.
    fn whole(&self, kind: UnitKind, matrix: &Matrix) -> Option<Matrix> {
        let (inner, padded) = (self.config.inner, padded_inner(&self.config));
        let block = match kind {
            // Blocks of rows, one for the gates and one for the rest.
            UnitKind::GateUp => matrix.cols,
            UnitKind::Down => 1,
            _ => return None,
        };
        if inner == padded {
            return None;
        }
        let mut values = Vec::with_capacity(matrix.values.len() / inner * padded);
        for part in matrix.values.chunks_exact(inner * block) {
            values.extend_from_slice(part);
            values.resize(values.len() + (padded - inner) * block, 0.0);
        }
        let (rows, cols) = if block == 1 { (matrix.rows, padded) } else { (2 * padded, matrix.cols) };
        Some(Matrix { rows, cols, values })
    }

    fn product(
        &self,
        batch: &mut Batch<'_>,
        x: &GpuMatrix,
        unit: usize,
        residual: Option<&GpuMatrix>,
        y: &GpuMatrix,
    ) -> Result<(), LabError> {
        let missing = || LabError::NoSuchTensor { source: "GPU".into(), name: self.units[unit].name.clone() };
        let weights = self.weights[unit].as_ref().ok_or_else(missing)?;
        // One row: `y += [1] x`.
        let update = residual.map(|x| LowRank {
            z: &self.one,
            up: x.buffer(),
            rank: 1,
            out_stride: 1,
            rank_stride: x.cols as u32,
            scale: 1.0,
        });
        forward(&self.gpu, batch, x, weights, update.as_ref(), y)
    }

    /// Runs tokens that follow `position` others, which are in the cache; theirs are added to it.
    ///
    /// # Shapes
    /// `x [T, C]`, the rows of the embedding -> as `wanted`
    pub async fn run(
        &self,
        cache: &DeviceCache,
        position: usize,
        x: &[f32],
        wanted: Wanted,
    ) -> Result<Vec<f32>, LabError> {
        let tokens = x.len() / self.config.channels;
        if tokens > self.work.tokens {
            let (max, got) = (self.work.tokens as f64, tokens as f64);
            return Err(LabError::OutOfRange { field: "tokens".into(), min: 1.0, max, got });
        }
        // Ordered after what was submitted before: the buffers are free again by then.
        self.gpu.write(&self.work.x, 0, bytemuck::cast_slice(x))?;
        let mut batch = Batch::new(&self.gpu);
        for layer in 0..self.config.layers {
            if batch.dispatches() > MOST_DISPATCHES {
                std::mem::replace(&mut batch, Batch::new(&self.gpu)).submit()?;
            }
            if tokens == 1 {
                self.layer_of_one(&mut batch, cache, layer, position)?;
            } else {
                self.layer_of_many(&mut batch, cache, layer, position, tokens)?;
            }
        }
        let rows = match wanted {
            Wanted::Nothing => {
                // Waited for, so that Stop is heard between two pieces.
                batch.finish().await?;
                return Ok(Vec::new());
            }
            Wanted::Last => 1,
            Wanted::All => tokens,
        };
        let slot = self.end(&mut batch, tokens, rows)?;
        Ok(batch.finish().await?.get(&slot))
    }

    fn layer_of_one(
        &self,
        batch: &mut Batch<'_>,
        cache: &DeviceCache,
        layer: usize,
        position: usize,
    ) -> Result<(), LabError> {
        let (gpu, work, config, epsilon) = (&*self.gpu, &self.work, &self.config, self.config.epsilon);
        let first = 1 + 4 * layer;
        let (query, key) = config.widths();
        let inner = padded_inner(config);
        let row = |buffer: &GpuBuffer, width: usize| GpuMatrix::in_buffer(buffer.clone(), 1, width);
        let (x, residual) = (row(&work.x, config.channels)?, row(&work.residual, config.channels)?);
        let projected = row(&work.projected, query + 2 * key)?;
        self.product(batch, &x, first, None, &projected)?;
        let mixed = row(&work.mixed, query)?;
        let norm = Some(Deferred { x: &x, epsilon });
        let step =
            DecodeAttention { projected: &projected, norm, table: &cache.table, cache: &cache.layers[layer], position };
        decode_attention(gpu, batch, &step, &mixed)?;
        self.product(batch, &mixed, first + 1, Some(&x), &residual)?;
        let gated = row(&work.gated, 2 * inner)?;
        self.product(batch, &residual, first + 2, None, &gated)?;
        let h = row(&work.h, inner)?;
        swiglu(gpu, batch, &gated, Some(Deferred { x: &residual, epsilon }), &h)?;
        self.product(batch, &h, first + 3, Some(&residual), &x)
    }

    /// What the last product gave stays in `residual`; the next norm adds it to `x`.
    fn layer_of_many(
        &self,
        batch: &mut Batch<'_>,
        cache: &DeviceCache,
        layer: usize,
        position: usize,
        tokens: usize,
    ) -> Result<(), LabError> {
        let (gpu, work, config, epsilon) = (&*self.gpu, &self.work, &self.config, self.config.epsilon);
        let first = 1 + 4 * layer;
        let (query, key) = config.widths();
        let inner = padded_inner(config);
        let rows = |buffer: &GpuBuffer, width: usize| GpuMatrix::in_buffer(buffer.clone(), tokens, width);
        let (x, residual) = (rows(&work.x, config.channels)?, rows(&work.residual, config.channels)?);
        let normed = rows(&work.normed, config.channels)?;
        rms_norm(gpu, batch, &x, (layer > 0).then_some(&residual), &self.ones, epsilon, &normed)?;
        let projected = rows(&work.projected, query + 2 * key)?;
        self.product(batch, &normed, first, None, &projected)?;
        let (q, mixed) = (rows(&work.query, query)?, rows(&work.mixed, query)?);
        rope_cache(batch, &projected, &cache.table, position, &cache.layers[layer], &q)?;
        attention(gpu, batch, &q, &cache.layers[layer], position, &mixed)?;
        self.product(batch, &mixed, first + 1, None, &residual)?;
        rms_norm(gpu, batch, &x, Some(&residual), &self.ones, epsilon, &normed)?;
        let (gated, h) = (rows(&work.gated, 2 * inner)?, rows(&work.h, inner)?);
        self.product(batch, &normed, first + 2, None, &gated)?;
        swiglu(gpu, batch, &gated, None, &h)?;
        self.product(batch, &h, first + 3, None, &residual)
    }

    /// The last norm and the last product, of the last `rows` tokens.
    fn end(&self, batch: &mut Batch<'_>, tokens: usize, rows: usize) -> Result<Slot, LabError> {
        let (gpu, work, config) = (&*self.gpu, &self.work, &self.config);
        let c = config.channels;
        let all = |buffer: &GpuBuffer| GpuMatrix::in_buffer(buffer.clone(), tokens, c);
        let (x, residual, normed) = (all(&work.x)?, all(&work.residual)?, all(&work.normed)?);
        rms_norm(gpu, batch, &x, (tokens > 1).then_some(&residual), &self.final_norm, config.epsilon, &normed)?;
        let normed = if rows == tokens {
            normed
        } else {
            let row_bytes = c as u64 * 4;
            batch.copy(&work.normed, (tokens as u64 - 1) * row_bytes, &work.last, 0, row_bytes);
            GpuMatrix::in_buffer(work.last.clone(), 1, c)?
        };
        let logits = GpuMatrix::in_buffer(work.logits.clone(), rows, config.vocabulary)?;
        let head = if config.tied { 0 } else { self.units.len() - 1 };
        self.product(batch, &normed, head, None, &logits)?;
        Ok(batch.read(&work.logits, 0, 4 * logits.count() as u64))
    }
}
