//! A whole step of training with LoRA, ours and burn's: a chain of layers forward and backward, and AdamW on every `A` and `B`.
//!
//! ```text
//! x0 -> x1 = x0 W0^T + s (x0 A0^T) B0^T -> ... -> xD,  loss = mean(xD^2)
//! ```
//!
//! Ours: our kernels in burn's graph, and one dispatch of AdamW for all parameters, as the fine-tuning lab trains. burn's: what
//! its `Module::apply_lora` computes, `x (W + s B A)^T` with a dense weight and its dense gradient (burn-core 0.22.1,
//! `module/lora.rs`), and then what its `AdamW` does, tensor by tensor (burn-optim 0.22.1, `optim/adamw.rs`).
//!
//! Every number comes from [`noise`], so that a peer in another language can begin with the same ones and be asked for
//! the same losses.

use std::rc::Rc;

use burn::tensor::{Tensor, TensorData};

use crate::gpu::{Gpu, now_millis};
use crate::kernels::product::Storage;
use crate::kernels::product::case::held;
use crate::math::{AdamW, Rule, median};
use crate::nets::bridge::{backward, lora_linear};
use crate::nets::device::values;
use crate::nets::{FrozenWeights, Initial, Place, Trained};
use crate::protocol::LabError;

use super::{SCALE, WARM_UPS, finished};

/// Layers of the chain.
pub const DEPTH: usize = 8;
/// Settings of both; burn's default for epsilon is larger.
const SETTINGS: AdamW = AdamW { rate: 1e-4, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.0 };
/// Relative difference of the two losses after all steps that the rounding of f32 may explain: no product adds up more than 512
/// numbers, and the chain has [`DEPTH`] of them.
const ALLOWED: f64 = 1e-3;

/// Numbers in [-1, 1) that any language gives: a multiplicative hash of the index.
pub fn noise(count: usize, seed: u32) -> Vec<f32> {
    let one = |i: u32| (i + 1 + seed.wrapping_mul(7919)).wrapping_mul(2_654_435_761) as i32 >> 8;
    (0..count as u32).map(|i| one(i) as f32 / 8_388_608.0).collect()
}

/// Noise so small that a product with it about keeps the size of its other side, of which it adds up `k` numbers.
fn scaled(count: usize, seed: u32, k: usize) -> Vec<f32> {
    let factor = (3.0 / k as f32).sqrt();
    noise(count, seed).into_iter().map(|v| v * factor).collect()
}

/// What was measured.
#[derive(Clone, Debug, serde::Serialize)]
pub struct TrainingStep {
    /// How our weights are stored; burn's are f32.
    pub storage: String,
    /// Rows of `x`.
    pub m: usize,
    /// Inputs and outputs of each layer.
    pub n: usize,
    pub r: usize,
    pub rounds: usize,
    /// The difference of the losses after the last step, in multiples of what is allowed.
    pub worst: f64,
    /// Our loss after the last step.
    pub loss: f64,
    pub ours_millis: f64,
    pub burns_millis: f64,
    /// `burns_millis / ours_millis`
    pub times_burn: f64,
}

/// burn's way: a parameter with its moments.
struct Parameter {
    p: Tensor<2>,
    moments: Option<(Tensor<2>, Tensor<2>)>,
}

impl Parameter {
    /// burn's operations, in burn's order.
    fn step(&mut self, slope: Tensor<2>, time: i32) {
        let AdamW { rate, beta1, beta2, epsilon, .. } = SETTINGS;
        let (first, second) = (slope.clone().mul_scalar(1.0 - beta1), slope.square().mul_scalar(1.0 - beta2));
        let (m, v) = match self.moments.take() {
            Some((m, v)) => (m.mul_scalar(beta1).add(first), v.mul_scalar(beta2).add(second)),
            None => (first, second),
        };
        let m_corrected = m.clone().div_scalar(1.0 - beta1.powi(time));
        let v_corrected = v.clone().div_scalar(1.0 - beta2.powi(time));
        let delta = m_corrected.div(v_corrected.sqrt().add_scalar(epsilon));
        self.p = self.p.clone() - delta.mul_scalar(rate);
        self.moments = Some((m, v));
    }
}

struct Chain {
    /// `[M, N]`
    x: Tensor<2>,
    frozen: Vec<FrozenWeights>,
    trained: Trained,
    /// `[N, N]` each
    dense: Vec<Tensor<2>>,
    /// `A [R, N]` and `B [N, R]` of each layer, in turns.
    parameters: Vec<Parameter>,
    steps: i32,
}

fn no_gradient() -> LabError {
    LabError::Kernel { kernel: "burn".into(), message: "no gradient".into() }
}

impl Chain {
    fn new(place: &Place, storage: Storage, (m, n, r): (usize, usize, usize)) -> Result<Chain, LabError> {
        let device = place.device()?;
        let tensor = |values: &[f32], rows, cols| {
            Tensor::<2>::from_data(TensorData::new(values.to_vec(), [rows, cols]), &device)
        };
        let (mut frozen, mut dense, mut added) = (Vec::new(), Vec::new(), Vec::new());
        for layer in 0..DEPTH as u32 {
            let w = scaled(n * n, 3 * layer, n);
            frozen.push(place.freeze(&w, (n, n), storage)?);
            dense.push(tensor(&held(storage, &w, n, n)?.0, n, n));
            added.push((scaled(r * n, 3 * layer + 1, n), r, n));
            // Small at first, as LoRA's B is, but not zero: then A would have no gradient.
            added.push((scaled(n * r, 3 * layer + 2, 100 * r), n, r));
        }
        let initial: Vec<Initial<'_>> = added
            .iter()
            .map(|(values, rows, cols)| Initial { values, rows: *rows, cols: *cols, decays: true })
            .collect();
        Ok(Chain {
            x: tensor(&noise(m * n, 1000), m, n),
            frozen,
            trained: Trained::in_single_precision(place, &initial)?,
            parameters: added
                .iter()
                .map(|(values, rows, cols)| Parameter { p: tensor(values, *rows, *cols), moments: None })
                .collect(),
            dense,
            steps: 0,
        })
    }

    /// One step; gives the loss before it.
    async fn ours(&mut self) -> Result<f64, LabError> {
        let leaves = self.trained.leaves()?;
        let mut x = Tensor::from_inner(self.x.clone());
        for (frozen, added) in self.frozen.iter().zip(leaves.chunks_exact(2)) {
            x = lora_linear(x, frozen, added[0].clone(), added[1].clone(), SCALE)?;
        }
        let loss = x.square().mean();
        let gradients = backward(&loss)?;
        let slopes = Trained::slopes(&leaves, &gradients);
        self.trained.step(slopes, &Rule::AdamW(SETTINGS), None).await?;
        let told = values(loss.inner()).await?[0];
        // All of the step is to be over, not the loss alone.
        finished(self.trained.leaves()?.swap_remove(0).inner()).await?;
        Ok(f64::from(told))
    }

    /// The same as burn does it.
    async fn burns(&mut self) -> Result<f64, LabError> {
        let leaves: Vec<Tensor<2>> =
            self.parameters.iter().map(|one| Tensor::from_inner(one.p.clone()).require_grad()).collect();
        let mut x = Tensor::from_inner(self.x.clone());
        for (dense, added) in self.dense.iter().zip(leaves.chunks_exact(2)) {
            let change = added[1].clone().matmul(added[0].clone()).mul_scalar(SCALE);
            x = x.matmul((Tensor::from_inner(dense.clone()) + change).transpose());
        }
        let loss = x.square().mean();
        let gradients = backward(&loss)?;
        self.steps += 1;
        for (one, leaf) in self.parameters.iter_mut().zip(&leaves) {
            one.step(leaf.grad(&gradients).ok_or_else(no_gradient)?, self.steps);
        }
        let told = values(loss.inner()).await?[0];
        if let Some(last) = self.parameters.last() {
            finished(last.p.clone()).await?;
        }
        Ok(f64::from(told))
    }
}

/// Times steps of both, `rounds` each, in turns. Both train from the same numbers, and their losses are compared.
///
/// # Errors
/// Those of the operations; [`LabError::Kernel`] if the losses are different.
pub async fn training_step(
    gpu: &Rc<Gpu>,
    storage: Storage,
    shape: (usize, usize, usize),
    rounds: usize,
) -> Result<TrainingStep, LabError> {
    let place = Place::Gpu(gpu.clone());
    let (m, n, r) = shape;
    let mut chain = Chain::new(&place, storage, shape)?;
    for frozen in &chain.frozen {
        frozen.prepare(m, r).await?;
    }
    let mut millis = [Vec::new(), Vec::new()];
    let mut losses = [f64::NAN; 2];
    for round in 0..WARM_UPS + rounds {
        for turn in 0..2 {
            let at = (round + turn) % 2;
            let begun = now_millis();
            losses[at] = if at == 0 { chain.ours().await? } else { chain.burns().await? };
            if round >= WARM_UPS {
                millis[at].push(now_millis() - begun);
            }
        }
    }
    let [ours, burns] = losses;
    let worst = (ours - burns).abs() / (ALLOWED * burns.abs());
    if worst.is_nan() || worst > 1.0 {
        let message = format!("loss {ours}, burn's {burns} after {} steps of {shape:?}", WARM_UPS + rounds);
        return Err(LabError::Kernel { kernel: "lora_linear".into(), message });
    }
    let [ours_millis, burns_millis] = millis.map(median);
    let times_burn = burns_millis / ours_millis;
    let storage = format!("{storage:?}");
    Ok(TrainingStep { storage, m, n, r, rounds, worst, loss: ours, ours_millis, burns_millis, times_burn })
}

/// LoRA's and QLoRA's steps of one shape.
///
/// # Errors
/// As [`training_step`].
pub async fn training_steps(
    gpu: &Rc<Gpu>,
    shape: (usize, usize, usize),
    rounds: usize,
) -> Result<Vec<TrainingStep>, LabError> {
    let mut rows = Vec::new();
    for storage in [Storage::F32, Storage::Nf4 { group: 64, double: true }] {
        rows.push(training_step(gpu, storage, shape, rounds).await?);
    }
    Ok(rows)
}

/// The trainings that are compared: of a small model's layers on a processor, where burn's product of larger ones takes seconds
/// in a browser, of a real one's on a GPU.
pub fn training_shapes(gpu: &Gpu) -> &'static [(usize, usize, usize)] {
    if gpu.is_software() { &[(256, 128, 8), (64, 256, 8)] } else { &[(512, 1024, 8), (1024, 2048, 16)] }
}
