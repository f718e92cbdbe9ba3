//! Products on made-up operands, and what they must give: the health check runs a few on the visitor's adapter, the tests
//! more than a thousand.
//!
//! Dimension legend: `M` rows of `X` (tokens), `K` inputs, `N` outputs, `R` LoRA rank.

mod optimizer;
mod rows;
mod update;

use crate::gpu::{Batch, Gpu, GpuBuffer};
use crate::kernels::{GpuMatrix, read_matrix, upload_matrix};
use crate::math::{self, LoraShape};
use crate::protocol::LabError;

use super::weight_only::packed;
use super::{
    LowRank, Pass, Storage, Weights, agreement, forward, held_weights, input_gradient, quantize_rows, upload_weights,
    weight_gradient,
};

pub use optimizer::adamw_case;
pub use rows::{integers, pad_case, quantize_rows_case};
pub use update::lora_case;

/// The factor of every update: not 1, so that forgetting it shows.
const SCALE: f32 = 1.5;
/// Roundings that a weight goes through in a kernel: its product with the step, and two more where the step is doubly
/// quantized.
pub const WEIGHT_ROUNDINGS: usize = 3;
/// Codes that a kernel of W8A8 sums at least as integers, before it multiplies by steps and adds in f32.
const INTEGER_TERMS: usize = 16;

fn made(rows: usize, cols: usize, salt: u32) -> Vec<f32> {
    math::gaussian(rows, cols, 1 + salt * 7919 + (rows * 131 + cols) as u32)
}

/// The magnitudes of some values.
pub fn absolute(values: &[f32]) -> Vec<f32> {
    values.iter().map(|v| v.abs()).collect()
}

/// `sums + SCALE * update`
fn plus(mut sums: Vec<f64>, update: &[f64]) -> Vec<f64> {
    sums.iter_mut().zip(update).for_each(|(sum, update)| *sum += f64::from(SCALE) * update);
    sums
}

/// The weights that a storage holds, and how large the terms are that a kernel rounds for each.
pub fn held(storage: Storage, w: &[f32], n: usize, k: usize) -> Result<(Vec<f32>, Vec<f32>), LabError> {
    let values: Vec<f32> = match storage {
        Storage::F32 => w.to_vec(),
        Storage::F16 => w.iter().map(|&w| math::f16_without_subnormals(w)).collect(),
        _ => return held_weights(w, n, k, storage),
    };
    let sizes = absolute(&values);
    Ok((values, sizes))
}

enum Right {
    Weights(Weights),
    /// The inputs, for the gradient at the weights.
    Inputs(GpuMatrix),
}

struct Update {
    z: GpuMatrix,
    up: GpuBuffer,
    rank: usize,
    strides: (u32, u32),
}

/// One product: its operands, what it must give, and how far off it may be.
pub struct Case {
    storage: Storage,
    pass: Pass,
    left: GpuMatrix,
    right: Right,
    update: Option<Update>,
    out: (usize, usize),
    reference: Vec<f64>,
    magnitudes: Vec<f64>,
    terms: usize,
}

impl Case {
    /// Makes up operands; `shape.r` is the rank of the update, 0 for none.
    ///
    /// # Errors
    /// Those of the uploads.
    pub async fn new(gpu: &Gpu, storage: Storage, pass: Pass, shape: LoraShape) -> Result<Case, LabError> {
        if pass == Pass::WeightGradient {
            return Case::weight_gradient(gpu, shape);
        }
        let LoraShape { m, n, k, r } = shape;
        let (inner, outer) = if pass == Pass::Forward { (k, n) } else { (n, k) };
        let w = if storage.is_quantized() { math::heavy_tailed(n, k, 5) } else { made(n, k, 1) };
        let x = made(m, inner, 2);
        let left = upload_matrix(gpu, &x, m, inner)?;
        let (values, sizes) = held(storage, &w, n, k)?;
        let (base, size, terms) = match (storage, pass) {
            (Storage::W8a8 { group }, Pass::Forward) => {
                let x = rows::integers(gpu, &left, group).await?;
                let w = packed(&w, n, k, storage)?.ok_or_else(|| storage.unknown())?.to_integers();
                let size = math::matmul_w8a8(&x.absolute(), &w.absolute());
                (math::matmul_w8a8(&x, &w), size, k.div_ceil(INTEGER_TERMS) + WEIGHT_ROUNDINGS)
            }
            (_, Pass::Forward) => {
                let size = math::matmul(&absolute(&x), &sizes, m, n, k);
                (math::matmul(&x, &values, m, n, k), size, k + WEIGHT_ROUNDINGS)
            }
            _ => {
                let size = math::matmul_input_gradient(&absolute(&x), &sizes, m, n, k);
                (math::matmul_input_gradient(&x, &values, m, n, k), size, n + WEIGHT_ROUNDINGS)
            }
        };
        let mut case = Case {
            storage,
            pass,
            left,
            right: Right::Weights(upload_weights(gpu, &w, n, k, storage)?),
            update: None,
            out: (m, outer),
            reference: base,
            magnitudes: size,
            terms,
        };
        if r > 0 {
            case.add_update(gpu, m, outer, r)?;
        }
        Ok(case)
    }

    fn add_update(&mut self, gpu: &Gpu, m: usize, outer: usize, r: usize) -> Result<(), LabError> {
        let (z, u) = (made(m, r, 3), made(outer, r, 4));
        // U as B [N, R] forwards, as A [R, K] backwards.
        let (up, strides) = match self.pass {
            Pass::Forward => (u.clone(), (r as u32, 1)),
            _ => ((0..u.len()).map(|i| u[i % outer * r + i / outer]).collect(), (1, outer as u32)),
        };
        let sums = |sums: &mut Vec<f64>, z: &[f32], u: &[f32]| {
            *sums = plus(std::mem::take(sums), &math::matmul(z, u, m, outer, r));
        };
        sums(&mut self.reference, &z, &u);
        sums(&mut self.magnitudes, &absolute(&z), &absolute(&u));
        self.terms += r;
        let (z, up) = (upload_matrix(gpu, &z, m, r)?, gpu.upload("up", &up)?);
        self.update = Some(Update { z, up, rank: r, strides });
        Ok(())
    }

    fn weight_gradient(gpu: &Gpu, LoraShape { m, n, k, .. }: LoraShape) -> Result<Case, LabError> {
        let (dy, x) = (made(m, n, 5), made(m, k, 6));
        Ok(Case {
            storage: Storage::F32,
            pass: Pass::WeightGradient,
            left: upload_matrix(gpu, &dy, m, n)?,
            right: Right::Inputs(upload_matrix(gpu, &x, m, k)?),
            update: None,
            out: (n, k),
            reference: math::matmul_weight_gradient(&dy, &x, m, n, k),
            magnitudes: math::matmul_weight_gradient(&absolute(&dy), &absolute(&x), m, n, k),
            terms: m,
        })
    }

    /// What was allocated for the weight.
    pub fn weight_bytes(&self) -> u64 {
        match &self.right {
            Right::Weights(w) => w.size_bytes(),
            Right::Inputs(_) => 0,
        }
    }

    /// The worst disagreement with the reference, in one variant or in the one that is chosen here.
    ///
    /// # Errors
    /// Those of the product.
    pub async fn disagreement(&self, gpu: &Gpu, variant: Option<&str>) -> Result<f64, LabError> {
        // Something that is no result, and that spoils every sum it gets into.
        let (rows, cols) = self.out;
        let out = upload_matrix(gpu, &vec![f32::NAN; rows * cols], rows, cols)?;
        let mut batch = Batch::new(gpu);
        let kernel = self.storage.kernel();
        let before = gpu.forced_variant(kernel);
        gpu.force_variant(kernel, variant.or(before.as_deref()));
        let recorded = self.record(gpu, &mut batch, &out);
        gpu.force_variant(kernel, before.as_deref());
        recorded?;
        batch.finish().await?;
        let got = read_matrix(gpu, &out).await?;
        Ok(agreement::products(&self.reference, &self.magnitudes, &got, self.terms))
    }

    fn record(&self, gpu: &Gpu, batch: &mut Batch<'_>, out: &GpuMatrix) -> Result<(), LabError> {
        let update = self.update.as_ref().map(|update| LowRank {
            z: &update.z,
            up: &update.up,
            rank: update.rank,
            out_stride: update.strides.0,
            rank_stride: update.strides.1,
            scale: SCALE,
        });
        match (&self.right, self.pass) {
            (Right::Inputs(x), _) => weight_gradient(gpu, batch, &self.left, x, out),
            (Right::Weights(w), Pass::Forward) => forward(gpu, batch, &self.left, w, update.as_ref(), out),
            (Right::Weights(w), _) => input_gradient(gpu, batch, &self.left, w, update.as_ref(), out),
        }
    }
}
