//! Gradient checks of the bridge, one made-up layer at a time: the device page runs a few, `tests/gradients` hundreds.
//!
//! The loss is `L = sum(C * Y)` with a fixed `C`, so that `dY = C` has no error of its own. Every gradient is compared
//!
//! - with the f64 reference of `math`, all of it;
//! - with central differences of the loss in f64, at some places. `L` is linear in `X`, in `A` and in `B`, so they have no
//!   error but rounding;
//! - with burn's own autodiff of the unfused graph, all of it.
//!
//! Tolerances: `u = 2^-24`. Outputs and gradients are sums of products, some after another sum;
//! `kernels::product::agreement` bounds both by `terms u` times the same expression with all magnitudes, where `terms`
//! counts the roundings along the way. burn's result has the same bound, so against burn it counts twice.
//!
//! Dimension legend: `M` rows of `X` (tokens), `K` inputs, `N` outputs, `R` LoRA rank; rank 0 is a layer without update.

use burn::tensor::{Tensor, TensorData};

use crate::kernels::product::Storage;
use crate::kernels::product::agreement;
use crate::kernels::product::case::{WEIGHT_ROUNDINGS, absolute, held};
use crate::math::{self, Generator, LoraGradients, LoraShape};
use crate::protocol::LabError;

use super::bridge::{backward, linear, lora_linear};
use super::device::values;
use super::{BurnDevice, FrozenWeights, Place};

/// The factor of every update: not 1, so that forgetting it shows.
const SCALE: f32 = 1.5;
/// Places of each gradient at which differences are taken.
const PLACES: usize = 12;

/// One comparison.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// `y`, `dx`, `da`, `db`
    pub what: &'static str,
    /// `reference`, `differences`, `burn`
    pub against: &'static str,
    /// The worst disagreement in multiples of what is allowed: at most 1 is agreement.
    pub worst: f64,
}

/// A layer's outputs and gradients, or the magnitudes of their terms.
struct Layer<T> {
    y: Vec<T>,
    dx: Vec<T>,
    da: Vec<T>,
    db: Vec<T>,
}

impl<T> Layer<T> {
    fn parts(&self) -> [&[T]; 4] {
        [&self.y, &self.dx, &self.da, &self.db]
    }
}

/// The operands of one layer.
struct Operands {
    shape: LoraShape,
    x: Vec<f32>,
    c: Vec<f32>,
    w: Vec<f32>,
    a: Vec<f32>,
    b: Vec<f32>,
}

impl Operands {
    fn absolute(&self, w_sizes: Vec<f32>) -> Operands {
        let [x, c, a, b] = [&self.x, &self.c, &self.a, &self.b].map(|v| absolute(v));
        Operands { shape: self.shape, x, c, w: w_sizes, a, b }
    }

    fn reference(&self) -> Layer<f64> {
        let Operands { x, c, w, a, b, shape } = self;
        let LoraGradients { dx, da, db } = math::lora_backward(x, c, w, (a, b), SCALE, *shape);
        Layer { y: math::lora_forward(x, w, a, b, SCALE, *shape), dx, da, db }
    }

    /// The slope of the loss in the value at `at` of what `of` names.
    fn difference(&self, what: &str, at: usize) -> f64 {
        let loss = |step: f64| {
            let wide = |name: &str, values: &[f32]| -> Vec<f64> {
                let moved = |(i, v): (usize, &f32)| f64::from(*v) + if name == what && i == at { step } else { 0.0 };
                values.iter().enumerate().map(moved).collect()
            };
            let LoraShape { m, n, k, r } = self.shape;
            let [x, a, b] = [("dx", &self.x), ("da", &self.a), ("db", &self.b)].map(|(name, v)| wide(name, v));
            let mut loss = 0.0;
            for row in 0..m {
                let x = &x[row * k..][..k];
                let dot = |w: &mut dyn Iterator<Item = f64>| x.iter().zip(w).map(|(x, w)| x * w).sum::<f64>();
                let z: Vec<f64> = (0..r).map(|j| dot(&mut a[j * k..][..k].iter().copied())).collect();
                for out in 0..n {
                    let base = dot(&mut self.w[out * k..][..k].iter().map(|w| f64::from(*w)));
                    let update: f64 = z.iter().zip(&b[out * r..]).map(|(z, b)| z * b).sum();
                    loss += f64::from(self.c[row * n + out]) * (base + f64::from(SCALE) * update);
                }
            }
            loss
        };
        (loss(1.0) - loss(-1.0)) / 2.0
    }
}

/// Runs the layer forward and backward in burn's graph; the weight is ours, or burn's own dense tensor.
async fn in_graph(device: &BurnDevice, on: &Operands, ours: Option<&FrozenWeights>) -> Result<Layer<f32>, LabError> {
    let LoraShape { m, n, k, r } = on.shape;
    let device = device.clone().autodiff();
    let tensor =
        |values: &[f32], rows, cols| Tensor::<2>::from_data(TensorData::new(values.to_vec(), [rows, cols]), &device);
    let x = tensor(&on.x, m, k).require_grad();
    let update = (r > 0).then(|| (tensor(&on.a, r, k).require_grad(), tensor(&on.b, n, r).require_grad()));
    let y = match (ours, &update) {
        (Some(w), Some((a, b))) => lora_linear(x.clone(), w, a.clone(), b.clone(), SCALE)?,
        (Some(w), None) => linear(x.clone(), w)?,
        (None, update) => {
            let base = x.clone().matmul(tensor(&on.w, n, k).transpose());
            let up = |(a, b): &(Tensor<2>, Tensor<2>)| {
                x.clone().matmul(a.clone().transpose()).matmul(b.clone().transpose()) * SCALE
            };
            update.as_ref().map_or(base.clone(), |update| base + up(update))
        }
    };
    let gradients = backward(&(y.clone() * tensor(&on.c, m, n)).sum())?;
    let missing = || LabError::Kernel { kernel: "burn".into(), message: "no gradient".into() };
    let gradient = |of: &Tensor<2>| of.grad(&gradients).ok_or_else(missing);
    let (da, db) = match &update {
        Some((a, b)) => (values(gradient(a)?).await?, values(gradient(b)?).await?),
        None => Default::default(),
    };
    Ok(Layer { y: values(y).await?, dx: values(gradient(&x)?).await?, da, db })
}

/// Checks one layer in `storage`, of made-up values; `with_burn` also compares with burn's own autodiff, which costs a
/// browser the compilation of burn's kernels. W8A8 is compared in `dx` alone: its forward pass rounds activations.
///
/// # Errors
/// Those of the operations; [`LabError::Kernel`] if results cannot be read.
pub async fn lora_case(
    place: &Place,
    storage: Storage,
    shape: LoraShape,
    with_burn: bool,
) -> Result<Vec<Finding>, LabError> {
    let LoraShape { m, n, k, r } = shape;
    let made = |rows, cols, salt: u32| math::gaussian(rows, cols, 101 + salt * 7919 + (rows * 131 + cols) as u32);
    let (x, c, a, b) = (made(m, k, 1), made(m, n, 2), made(r, k, 3), made(n, r, 4));
    let original = if storage.is_quantized() { math::heavy_tailed(n, k, 5) } else { made(n, k, 6) };
    let (w, w_sizes) = held(storage, &original, n, k)?;
    let on = Operands { shape, x, c, w, a, b };
    let (reference, sizes) = (on.reference(), on.absolute(w_sizes).reference());
    let device = place.device()?;
    let frozen = place.freeze(&original, (n, k), storage)?;
    let got = in_graph(&device, &on, Some(&frozen)).await?;
    let burns = if with_burn { Some(in_graph(&device, &on, None).await?) } else { None };
    let is_rounded = matches!(storage, Storage::W8a8 { .. });

    let mut findings = Vec::new();
    // The two sums that a value passes through, as in `kernels::product::case::lora_case`.
    let terms = [(k, k + r + WEIGHT_ROUNDINGS), (n, n + r + WEIGHT_ROUNDINGS), (n, m), (k, m)];
    let (expected, sizes, got, burns) =
        (reference.parts(), sizes.parts(), got.parts(), burns.as_ref().map(Layer::parts));
    for (part, (first, second)) in terms.into_iter().enumerate() {
        let (what, expected) = (["y", "dx", "da", "db"][part], expected[part]);
        let (sizes, got) = (sizes[part], got[part]);
        if expected.is_empty() || (is_rounded && what != "dx") {
            continue;
        }
        let mut found = |against, worst| findings.push(Finding { what, against, worst });
        found("reference", agreement::chained_products(expected, sizes, got, first, second));
        if what != "y" {
            let mut random = Generator::new(7);
            let worst = (0..PLACES.min(got.len())).map(|_| {
                let at = random.below(got.len() as u32) as usize;
                let slope = [on.difference(what, at)];
                agreement::chained_products(&slope, &sizes[at..=at], &got[at..=at], first, second)
            });
            found("differences", worst.fold(0.0, f64::max));
        }
        if let Some(burns) = &burns {
            let theirs: Vec<f64> = burns[part].iter().map(|v| f64::from(*v)).collect();
            found("burn", agreement::chained_products(&theirs, sizes, got, 2 * first, 2 * second));
        }
    }
    Ok(findings)
}

/// The worst of some findings.
pub fn worst_of(findings: &[Finding]) -> f64 {
    findings.iter().map(|f| f.worst).fold(0.0, f64::max)
}
