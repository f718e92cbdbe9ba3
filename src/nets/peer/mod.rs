//! How fast our kernels are in burn's graph beside burn's own operations, on one device in one run: a product, a step
//! of LoRA through one layer, and a whole step of training (`training.rs`).
//!
//! A product is `Y = X W^T` with dense f32 on both sides. A step is a layer inside a model: its forward pass, and its backward pass down to `dX`, `dA` and `dB`. The peers are
//!
//! - `unfused`: `Y = X W^T + s (X A^T) B^T`, each product an operation of burn's;
//! - `composed`: what burn's `Module::apply_lora` computes, `Y = X (W + s B A)^T` with a dense effective weight and its
//!   dense gradient (burn-core 0.22.1, `module/lora.rs`).
//!
//! Verified before it is timed, by [`super::case`]. Our kernels' variants are chosen by measuring, as a run does; burn runs
//! without autotune, as it does in the browser. Its weight is dense f32 in every row.
//!
//! Dimension legend: `M` rows of `X` (tokens), `K` inputs, `N` outputs, `R` LoRA rank.

use std::rc::Rc;

use burn::tensor::{Tensor, TensorData};

use crate::gpu::{Gpu, now_millis};
use crate::kernels::product::case::{absolute, held};
use crate::kernels::product::{Storage, agreement};
use crate::math::{self, LoraShape, gaussian, median};
use crate::protocol::LabError;

use super::bridge::{backward, linear, lora_linear};
use super::case::{lora_case, worst_of};
use super::device::values;
use super::{FrozenWeights, Place};

mod training;

pub use training::{TrainingStep, training_shapes, training_step, training_steps};

/// Steps of each way before the clock counts: shaders compile, memory pools fill.
const WARM_UPS: usize = 2;
/// Rounds that a median is taken of.
pub const ROUNDS: usize = 9;
const SCALE: f32 = 2.0;

/// The three ways to make a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Ours,
    Unfused,
    Composed,
}

const WAYS: [Way; 3] = [Way::Ours, Way::Unfused, Way::Composed];

/// What was measured of one shape.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Comparison {
    pub device: String,
    /// How our weight is stored; burn's is f32.
    pub storage: String,
    pub m: usize,
    pub n: usize,
    pub k: usize,
    pub r: usize,
    pub rounds: usize,
    /// The worst disagreement of any gradient with the reference or with burn, in multiples of what is allowed.
    pub worst: f64,
    pub ours_millis: f64,
    pub unfused_millis: f64,
    pub composed_millis: f64,
    /// `unfused_millis / ours_millis`
    pub times_unfused: f64,
    /// `composed_millis / ours_millis`
    pub times_composed: f64,
}

struct Step {
    frozen: FrozenWeights,
    /// `[M, K]`
    x: Tensor<2>,
    /// `[N, K]`
    w: Tensor<2>,
    a: Tensor<2>,
    b: Tensor<2>,
}

impl Step {
    fn new(place: &Place, storage: Storage, shape: LoraShape) -> Result<Step, LabError> {
        let LoraShape { m, n, k, r } = shape;
        let device = place.device()?.autodiff();
        let tensor =
            |values: Vec<f32>, rows, cols| Tensor::<2>::from_data(TensorData::new(values, [rows, cols]), &device);
        let w = gaussian(n, k, 1);
        Ok(Step {
            frozen: place.freeze(&w, (n, k), storage)?,
            x: tensor(gaussian(m, k, 2), m, k),
            w: tensor(held(storage, &w, n, k)?.0, n, k),
            a: tensor(gaussian(r, k, 3), r, k),
            b: tensor(gaussian(n, r, 4), n, r),
        })
    }

    /// One step, until the gradients that an optimizer wants are here.
    async fn run(&self, way: Way) -> Result<f64, LabError> {
        let begun = now_millis();
        let [x, a, b] = [&self.x, &self.a, &self.b].map(|leaf| leaf.clone().detach().require_grad());
        let y = match way {
            Way::Ours => lora_linear(x.clone(), &self.frozen, a.clone(), b.clone(), SCALE)?,
            Way::Unfused => {
                let z = x.clone().matmul(a.clone().transpose());
                x.clone().matmul(self.w.clone().transpose()) + z.matmul(b.clone().transpose()) * SCALE
            }
            Way::Composed => x.clone().matmul((self.w.clone() + b.clone().matmul(a.clone()) * SCALE).transpose()),
        };
        // Of the sum of Y, so that no loss is timed with the layer.
        let gradients = backward(&y)?;
        let missing = || LabError::Kernel { kernel: "burn".into(), message: "no gradient".into() };
        let [dx, da, db] = [&x, &a, &b].map(|leaf| leaf.grad(&gradients).ok_or_else(missing));
        std::hint::black_box((values(da?).await?, values(db?).await?));
        finished(dx?).await?;
        Ok(now_millis() - begun)
    }
}

/// Waits until a tensor is computed. burn's own `sync` blocks, which no browser allows.
async fn finished(tensor: Tensor<2>) -> Result<(), LabError> {
    values(tensor.slice([0..1, 0..1])).await.map(drop)
}

/// Times a step in each way, `rounds` times, in turns that begin with another way each round.
///
/// # Errors
/// Those of the operations; [`LabError::Kernel`] if a gradient is wrong.
pub async fn lora_step(
    gpu: &Rc<Gpu>,
    storage: Storage,
    shape: LoraShape,
    rounds: usize,
) -> Result<Comparison, LabError> {
    let place = Place::Gpu(gpu.clone());
    let worst = worst_of(&lora_case(&place, storage, shape, true).await?);
    if worst > 1.0 {
        let message = format!("off by {worst} tolerances in {shape:?}");
        return Err(LabError::Kernel { kernel: "lora_linear".into(), message });
    }
    let step = Step::new(&place, storage, shape)?;
    step.frozen.prepare(shape.m, shape.r).await?;
    for way in WAYS.repeat(WARM_UPS) {
        step.run(way).await?;
    }
    let mut millis = WAYS.map(|_| Vec::with_capacity(rounds));
    for round in 0..rounds {
        for turn in 0..WAYS.len() {
            let at = (round + turn) % WAYS.len();
            millis[at].push(step.run(WAYS[at]).await?);
        }
    }
    let [ours_millis, unfused_millis, composed_millis] = millis.map(median);
    let LoraShape { m, n, k, r } = shape;
    Ok(Comparison {
        device: gpu.adapter_key(),
        storage: format!("{storage:?}"),
        m,
        n,
        k,
        r,
        rounds,
        worst,
        ours_millis,
        unfused_millis,
        composed_millis,
        times_unfused: unfused_millis / ours_millis,
        times_composed: composed_millis / ours_millis,
    })
}

/// What was measured of one product.
#[derive(Clone, Debug, serde::Serialize)]
pub struct ProductComparison {
    pub m: usize,
    pub n: usize,
    pub k: usize,
    pub rounds: usize,
    /// The worst disagreement with the f64 reference, of ours and of burn's, in multiples of what rounding explains.
    pub worst: f64,
    pub ours_millis: f64,
    pub burns_millis: f64,
    /// `burns_millis / ours_millis`
    pub times_burn: f64,
}

/// Products of one sample, so that reading its end is a small part of it.
const PRODUCTS: usize = 4;

/// Times `Y = X W^T`, ours and burn's, `rounds` times in turns, after both were compared with the reference.
///
/// # Errors
/// Those of the operations; [`LabError::Kernel`] if a product is wrong.
pub async fn product(
    gpu: &Rc<Gpu>,
    (m, n, k): (usize, usize, usize),
    rounds: usize,
) -> Result<ProductComparison, LabError> {
    let place = Place::Gpu(gpu.clone());
    let device = place.device()?;
    let (x, w) = (gaussian(m, k, 2), gaussian(n, k, 1));
    let frozen = place.freeze(&w, (n, k), Storage::F32)?;
    frozen.prepare(m, 0).await?;
    let tensor =
        |values: &[f32], rows, cols| Tensor::<2>::from_data(TensorData::new(values.to_vec(), [rows, cols]), &device);
    let (x_burn, w_burn) = (tensor(&x, m, k), tensor(&w, n, k).transpose());
    let run = |is_ours: bool| match is_ours {
        true => linear(x_burn.clone(), &frozen),
        false => Ok(x_burn.clone().matmul(w_burn.clone())),
    };
    let (reference, magnitudes) = (math::matmul(&x, &w, m, n, k), math::matmul(&absolute(&x), &absolute(&w), m, n, k));
    let mut worst = 0f64;
    for is_ours in [true, false] {
        worst = worst.max(agreement::products(&reference, &magnitudes, &values(run(is_ours)?).await?, k));
    }
    if worst.is_nan() || worst > 1.0 {
        let message = format!("off by {worst} tolerances in [{m}, {n}, {k}]");
        return Err(LabError::Kernel { kernel: "linear".into(), message });
    }
    let mut millis = [Vec::new(), Vec::new()];
    for round in 0..WARM_UPS + rounds {
        for turn in 0..2 {
            let at = (round + turn) % 2;
            let begun = now_millis();
            let mut last = None;
            for _ in 0..PRODUCTS {
                last = Some(run(at == 0)?);
            }
            if let Some(last) = last {
                finished(last).await?;
            }
            if round >= WARM_UPS {
                millis[at].push((now_millis() - begun) / PRODUCTS as f64);
            }
        }
    }
    let [ours_millis, burns_millis] = millis.map(median);
    Ok(ProductComparison { m, n, k, rounds, worst, ours_millis, burns_millis, times_burn: burns_millis / ours_millis })
}

/// The products that are compared: of a size that each kind of device does in a moment, and the reference too.
///
/// # Errors
/// As [`product`].
pub async fn products(gpu: &Rc<Gpu>, rounds: usize) -> Result<Vec<ProductComparison>, LabError> {
    let shapes: &[(usize, usize, usize)] =
        if gpu.is_software() { &[(512, 512, 512), (64, 1024, 1024)] } else { &[(1024, 1024, 1024), (64, 4096, 4096)] };
    let mut rows = Vec::new();
    for &shape in shapes {
        rows.push(product(gpu, shape, rounds).await?);
    }
    Ok(rows)
}

/// The steps of LoRA that are compared: of a small model's layers on a processor, of a real one's on a GPU.
///
/// # Errors
/// As [`lora_step`].
pub async fn lora_steps(gpu: &Rc<Gpu>, rounds: usize) -> Result<Vec<Comparison>, LabError> {
    let shapes: &[(usize, usize, usize, usize)] = if gpu.is_software() {
        &[(64, 128, 128, 8), (64, 256, 256, 8), (64, 512, 512, 8), (256, 512, 512, 8)]
    } else {
        &[(512, 1024, 1024, 8), (1024, 2048, 2048, 16)]
    };
    let storages = [
        Storage::F32,
        Storage::Int4 { group: 32, asymmetric: false, half_scales: false },
        Storage::Nf4 { group: 64, double: true },
    ];
    let mut rows = Vec::new();
    for &(m, n, k, r) in shapes {
        for storage in storages {
            rows.push(lora_step(gpu, storage, LoraShape { m, n, k, r }, rounds).await?);
        }
    }
    Ok(rows)
}

/// The table that a person reads.
pub fn table(device: &str, products: &[ProductComparison], rows: &[Comparison], trainings: &[TrainingStep]) -> String {
    let mut out = format!("device: {device}\n{:<24} {:>20}   ours ms  burn's ms  burn/ours\n", "product", "M x N x K");
    for row in products {
        let shape = format!("{} x {} x {}", row.m, row.n, row.k);
        out += &format!(
            "{:<24} {shape:>20} {:>9.2} {:>10.2} {:>10.2}\n",
            "F32", row.ours_millis, row.burns_millis, row.times_burn
        );
    }
    out += &format!("{:<24} {:>20} ", "LoRA step", "M x N x K, R");
    out += "  ours ms  unfused ms  composed ms  unfused/ours  composed/ours\n";
    for row in rows {
        let shape = format!("{} x {} x {}, {}", row.m, row.n, row.k, row.r);
        let name: String = row.storage.chars().take(24).collect();
        out += &format!(
            "{name:<24} {shape:>20} {:>10.2} {:>11.2} {:>12.2} {:>13.2} {:>14.2}\n",
            row.ours_millis, row.unfused_millis, row.composed_millis, row.times_unfused, row.times_composed
        );
    }
    out += &format!("{:<24} {:>20}    ours ms   burn's ms  burn/ours\n", "LoRA step + AdamW", "M x N x N, R");
    for row in trainings {
        let shape = format!("{} x {} x {}, {}", row.m, row.n, row.n, row.r);
        let name: String = row.storage.chars().take(24).collect();
        out += &format!(
            "{name:<24} {shape:>20} {:>10.2} {:>11.2} {:>10.2}\n",
            row.ours_millis, row.burns_millis, row.times_burn
        );
    }
    out
}
