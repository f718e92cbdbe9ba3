//! Products with every storage, low-rank updates and the optimizer: the variant that this adapter chose, verified, timed
//! and compared with what the adapter can do at most.
//!
//! Dimension legend: `M` rows of `X` (tokens), `K` inputs, `N` outputs, `R` LoRA rank.

use crate::gpu::{Batch, Gpu, now_millis};
use crate::kernels::product::case::{Case, adamw_case, lora_case};
use crate::kernels::product::{
    Lora, LoraSlopes, Optimizing, Pass, Storage, Weights, adamw, chosen, forward, input_gradient, lora_backward,
    lora_forward, prepare, prepare_lora, upload_weights, weight_gradient,
};
use crate::kernels::{Ceilings, GpuMatrix, ceilings, upload_matrix};
use crate::math::{self, AdamW, LoraShape, median};
use crate::protocol::LabError;

/// Samples of every contender, in turns; the median counts.
const ROUNDS: usize = 7;
/// A sample covers at least this, long against the clock.
const SAMPLE_MILLIS: f64 = 20.0;
/// Products in a sample at most; a batch holds 256 dispatches, and a step of LoRA is six.
const MAX_REPEATS: usize = 32;
/// Weights that are read in turn on a real GPU, so that none is still in a cache.
const ROTATED_BYTES: u64 = 512 << 20;
/// Sides of the product that is verified: the same kernel and variant on something an f64 reference does in a moment.
const VERIFIED_SIDE: usize = 1024;
const VERIFIED_ROWS: usize = 65;
const RANK: usize = 16;

const STORAGES: [Storage; 6] = [
    Storage::F32,
    Storage::F16,
    Storage::W8a8 { group: 32 },
    Storage::Int8 { group: 32, asymmetric: false },
    Storage::Int4 { group: 32, asymmetric: false, half_scales: true },
    Storage::Nf4 { group: 64, double: true },
];

/// What one product took.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Product {
    /// `matmul_int4 forward`, `lora step on matmul_nf4`
    pub name: String,
    /// The entry point that ran.
    pub variant: String,
    pub m: usize,
    pub n: usize,
    pub k: usize,
    pub median_millis: f64,
    pub gigaflops: f64,
    /// Operands and results once each, over the median.
    pub gigabytes_per_second: f64,
    /// Of the roofline through this adapter's measured ceilings; 1 is the roof.
    pub ceiling_share: f64,
    /// Time of the plain product with the same weight over this one's: what an update costs. Absent for plain products.
    pub base_over_this: Option<f64>,
    /// The worst disagreement with the f64 reference, in multiples of what rounding explains.
    pub error: f64,
}

/// A benchmark's result.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Products {
    pub device: String,
    pub software: bool,
    pub ceilings: Ceilings,
    pub rounds: usize,
    pub products: Vec<Product>,
}

impl Products {
    /// Those that disagree with their reference.
    pub fn wrong(&self) -> Vec<&str> {
        let wrong = self.products.iter().filter(|p| !p.error.le(&1.0));
        wrong.map(|p| p.name.as_str()).collect()
    }

    /// The table that a person reads.
    pub fn table(&self) -> String {
        let Ceilings { gflops, gigabytes_per_second, dispatch_micros } = self.ceilings;
        let mut out = format!(
            "ceilings: {gflops:.1} GFLOP/s, {gigabytes_per_second:.1} GB/s, {dispatch_micros:.1} us a dispatch; {} rounds\n",
            self.rounds
        );
        out += &format!(
            "{:32} {:26} {:>16} {:>10} {:>9} {:>8} {:>8} {:>10} {:>8}\n",
            "product", "variant", "M x N x K", "median ms", "GFLOP/s", "GB/s", "of roof", "base/this", "error"
        );
        for p in &self.products {
            let base = p.base_over_this.map_or(String::new(), |ratio| format!("{ratio:.2}"));
            let shape = format!("{}x{}x{}", p.m, p.n, p.k);
            out += &format!(
                "{:32} {:26} {shape:>16} {:>10.3} {:>9.1} {:>8.2} {:>7.0}% {base:>10} {:>8.3}\n",
                p.name,
                p.variant,
                p.median_millis,
                p.gigaflops,
                p.gigabytes_per_second,
                100.0 * p.ceiling_share,
                p.error
            );
        }
        out
    }
}

/// Something that can be timed.
struct Contender<'a> {
    name: String,
    variant: String,
    flop: f64,
    bytes: f64,
    error: f64,
    record: Record<'a>,
}

/// Records something once; the number counts repetitions, so that weights can be read in turn.
type Record<'a> = Box<dyn Fn(&mut Batch<'_>, usize) -> Result<(), LabError> + 'a>;

/// `M`, `N`, `K` of the products that a software GPU finishes in seconds, or of those of a real model.
fn usual_shapes(gpu: &Gpu) -> Vec<(usize, usize, usize)> {
    let square = |n| (n, n, n);
    if gpu.is_software() {
        vec![square(512), (64, 1024, 1024), (1, 2048, 2048)]
    } else {
        vec![square(4096), (256, 4096, 4096), (64, 4096, 4096), (8, 4096, 4096), (1, 4096, 4096)]
    }
}

/// Times every product, of one shape `M`, `N`, `K` or of the usual ones, and the optimizer.
///
/// # Errors
/// Those of the kernels.
pub async fn products(gpu: &Gpu, shape: Option<(usize, usize, usize)>) -> Result<Products, LabError> {
    let ceilings = ceilings(gpu).await?;
    let mut bench = Bench { gpu, ceilings, done: Vec::new() };
    let parameters = if gpu.is_software() { 1 << 20 } else { 1 << 27 };
    for shape in shape.map_or_else(|| usual_shapes(gpu), |one| vec![one]) {
        bench.dense(shape).await?;
        for storage in STORAGES {
            bench.storage(storage, shape).await?;
        }
    }
    bench.optimizer(parameters).await?;
    Ok(Products {
        device: gpu.adapter_key(),
        software: gpu.is_software(),
        ceilings,
        rounds: ROUNDS,
        products: bench.done,
    })
}

struct Bench<'a> {
    gpu: &'a Gpu,
    ceilings: Ceilings,
    done: Vec<Product>,
}

impl Bench<'_> {
    /// The gradient at dense weights: `dW = dY^T X`.
    async fn dense(&mut self, (m, n, k): (usize, usize, usize)) -> Result<(), LabError> {
        let (gpu, pass) = (self.gpu, Pass::WeightGradient);
        prepare(gpu, Storage::F32, pass, m, n, k).await?;
        let (dy, x, dw) = (filled(gpu, m, n, 1)?, filled(gpu, m, k, 2)?, GpuMatrix::zeroed(gpu, "dw", n, k)?);
        let contender = Contender {
            name: "matmul_f32 weight_gradient".into(),
            variant: chosen(gpu, Storage::F32, pass, n, None).into(),
            flop: 2.0 * m as f64 * n as f64 * k as f64,
            bytes: 4.0 * (m * n + m * k + n * k) as f64,
            error: verified(gpu, Storage::F32, pass, (m, n, k)).await?,
            record: Box::new(|batch, _| weight_gradient(gpu, batch, &dy, &x, &dw)),
        };
        self.race((m, n, k), vec![contender]).await
    }

    /// The plain product, the gradient at its inputs, and both with a low-rank update, in turns.
    async fn storage(&mut self, storage: Storage, (m, n, k): (usize, usize, usize)) -> Result<(), LabError> {
        let gpu = self.gpu;
        for pass in [Pass::Forward, Pass::InputGradient] {
            prepare(gpu, storage, pass, m, n, k).await?;
        }
        prepare_lora(gpu, m, k, RANK).await?;
        let values = math::gaussian(n, k, 3);
        let weights = rotated(gpu, &values, (n, k), storage)?;
        let bytes = weights[0].size_bytes() as f64;
        let weight = |repeat: usize| &weights[repeat % weights.len()];
        let (x, dy) = (filled(gpu, m, k, 4)?, filled(gpu, m, n, 5)?);
        let zeroed = |rows, cols| GpuMatrix::zeroed(gpu, "result", rows, cols);
        let (y, dx, z, dz) = (zeroed(m, n)?, zeroed(m, k)?, zeroed(m, RANK)?, zeroed(m, RANK)?);
        let (da, db) = (zeroed(RANK, k)?, zeroed(n, RANK)?);
        let lora = Lora { a: filled(gpu, RANK, k, 6)?, b: filled(gpu, n, RANK, 7)?, scale: 1.0 };
        let slopes = LoraSlopes { dz: &dz, da: &da, db: &db, dx: Some(&dx) };

        let flop = 2.0 * m as f64 * n as f64 * k as f64;
        let update_flop = 2.0 * m as f64 * (RANK * (n + k)) as f64;
        let moved = bytes + 4.0 * (m * (n + k)) as f64;
        let update_bytes = 4.0 * (RANK * (n + k)) as f64;
        let kernel = storage.kernel();
        let entry = |pass| chosen(gpu, storage, pass, m, None).to_owned();
        let lora_error = match storage {
            // Its activations are rounded: outputs are verified in the plain product, gradients are those of INT8.
            Storage::W8a8 { group } => {
                lora_verified(gpu, Storage::Int8 { group, asymmetric: false }, (m, n, k)).await?
            }
            _ => lora_verified(gpu, storage, (m, n, k)).await?,
        };
        let contenders = vec![
            Contender {
                name: format!("{kernel} forward"),
                variant: entry(Pass::Forward),
                flop,
                bytes: moved,
                error: verified(gpu, storage, Pass::Forward, (m, n, k)).await?,
                record: Box::new(|batch, repeat| forward(gpu, batch, &x, weight(repeat), None, &y)),
            },
            Contender {
                name: format!("lora forward on {kernel}"),
                variant: entry(Pass::Forward),
                flop: flop + update_flop,
                bytes: moved + update_bytes,
                error: lora_error,
                record: Box::new(|batch, repeat| lora_forward(gpu, batch, &x, weight(repeat), &lora, &z, &y)),
            },
            Contender {
                name: format!("{kernel} input_gradient"),
                variant: entry(Pass::InputGradient),
                flop,
                bytes: moved,
                error: verified(gpu, storage, Pass::InputGradient, (m, n, k)).await?,
                record: Box::new(|batch, repeat| input_gradient(gpu, batch, &dy, weight(repeat), None, &dx)),
            },
            Contender {
                name: format!("lora step on {kernel}"),
                variant: entry(Pass::InputGradient),
                flop: 2.0 * flop + 3.0 * update_flop,
                bytes: 2.0 * moved + 3.0 * update_bytes,
                error: lora_error,
                record: Box::new(|batch, repeat| {
                    lora_forward(gpu, batch, &x, weight(repeat), &lora, &z, &y)?;
                    lora_backward(gpu, batch, &x, &dy, weight(repeat), &lora, &z, &slopes)
                }),
            },
        ];
        self.race((m, n, k), contenders).await
    }

    /// One dispatch for all parameters.
    async fn optimizer(&mut self, count: usize) -> Result<(), LabError> {
        let gpu = self.gpu;
        let values = |what| gpu.allocate(what, count as u64 * 4);
        let (p, m, v, g) = (values("p")?, values("m")?, values("v")?, values("g")?);
        let all = Optimizing { count, p: &p, m: &m, v: &v, g: &g, kept: None };
        let settings = AdamW::default();
        let contender = Contender {
            name: "adamw".into(),
            variant: "adamw".into(),
            flop: 14.0 * count as f64,
            bytes: 28.0 * count as f64,
            error: adamw_case(gpu, VERIFIED_SIDE + 1, &[]).await?,
            record: Box::new(|batch, repeat| adamw(gpu, batch, &all, &settings, 1 + repeat as u32)),
        };
        self.race((1, 1, count), vec![contender]).await
    }

    /// Times contenders in turns. The first one is the base of those that add an update to it.
    async fn race(&mut self, (m, n, k): (usize, usize, usize), all: Vec<Contender<'_>>) -> Result<(), LabError> {
        let mut repeats = Vec::new();
        for contender in &all {
            sample(self.gpu, contender, 1).await?;
            let once = sample(self.gpu, contender, 1).await?;
            repeats.push(((SAMPLE_MILLIS / once.max(1e-3)).ceil() as usize).clamp(1, MAX_REPEATS));
        }
        let mut millis = vec![Vec::new(); all.len()];
        for _ in 0..ROUNDS {
            for ((contender, &repeats), millis) in all.iter().zip(&repeats).zip(&mut millis) {
                millis.push(sample(self.gpu, contender, repeats).await?);
            }
        }
        let medians: Vec<f64> = millis.into_iter().map(median).collect();
        for (contender, &median_millis) in all.iter().zip(&medians) {
            let roof_millis = (contender.flop / self.ceilings.gflops)
                .max(contender.bytes / self.ceilings.gigabytes_per_second)
                * 1e-6;
            self.done.push(Product {
                name: contender.name.clone(),
                variant: contender.variant.clone(),
                m,
                n,
                k,
                median_millis,
                gigaflops: contender.flop / median_millis * 1e-6,
                gigabytes_per_second: contender.bytes / median_millis * 1e-6,
                ceiling_share: roof_millis / median_millis,
                base_over_this: contender.name.starts_with("lora forward").then(|| medians[0] / median_millis),
                error: contender.error,
            });
        }
        Ok(())
    }
}

/// Milliseconds of one repetition, of so many in one submission.
async fn sample(gpu: &Gpu, contender: &Contender<'_>, repeats: usize) -> Result<f64, LabError> {
    let mut batch = Batch::new(gpu).timed();
    for repeat in 0..repeats {
        (contender.record)(&mut batch, repeat)?;
    }
    let begun = now_millis();
    let by_gpu = batch.finish().await?.gpu_millis;
    let by_wall = now_millis() - begun;
    Ok(by_gpu.filter(|&millis| millis > 0.0 && millis <= by_wall).unwrap_or(by_wall) / repeats as f64)
}

fn filled(gpu: &Gpu, rows: usize, cols: usize, seed: u32) -> Result<GpuMatrix, LabError> {
    upload_matrix(gpu, &math::gaussian(rows, cols, seed), rows, cols)
}

/// Copies of a weight that are read in turn: one on a software GPU, whose cache is the processor's anyway.
fn rotated(gpu: &Gpu, w: &[f32], (n, k): (usize, usize), storage: Storage) -> Result<Vec<Weights>, LabError> {
    let first = upload_weights(gpu, w, n, k, storage)?;
    let copies = if gpu.is_software() { 1 } else { ROTATED_BYTES.div_ceil(first.size_bytes()) as usize };
    let more = (1..copies.min(MAX_REPEATS)).map(|_| upload_weights(gpu, w, n, k, storage));
    std::iter::once(Ok(first)).chain(more).collect()
}

/// The worst disagreement of the variant that `m` rows use, on sides that the reference can do.
async fn verified(gpu: &Gpu, storage: Storage, pass: Pass, (m, n, k): (usize, usize, usize)) -> Result<f64, LabError> {
    let shape = LoraShape { m: m.min(VERIFIED_ROWS), n: n.min(VERIFIED_SIDE), k: k.min(VERIFIED_SIDE), r: 0 };
    let case = Case::new(gpu, storage, pass, shape).await?;
    case.disagreement(gpu, None).await
}

async fn lora_verified(gpu: &Gpu, storage: Storage, (m, n, k): (usize, usize, usize)) -> Result<f64, LabError> {
    let side = VERIFIED_SIDE / 2;
    lora_case(gpu, storage, LoraShape { m: m.min(VERIFIED_ROWS), n: n.min(side), k: k.min(side), r: RANK }).await
}
