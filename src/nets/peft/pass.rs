//! A batch forward and backward, a layer at a time.
//!
//! ```text
//! embed -> x0 | layer 0 -> x1 | ... | layer L-1 -> xL | last norm, last matrix, loss
//! ```
//!
//! Each part between two bars is a graph of its own, whose inputs are leaves. Backward goes through the parts from the last
//! to the first and hands the gradient of a part's input to the part before it: `d sum(y dy) / dx`. So a visitor's Stop is heard
//! between layers, and gradient checkpointing is one branch: the graph of a layer is either kept from the forward pass or
//! dropped and built again when its turn comes.
//!
//! # Source
//! Recomputation: Chen et al. 2016, arXiv:1604.06174, section 3.

use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor, TensorData};

use crate::nets::{Llama, Net, Slopes, Trained, backward, values};
use crate::protocol::LabError;

use super::{Batch, Learner, Meter};

/// How a pass is done.
pub struct Passing<'a> {
    pub learner: &'a Learner,
    pub meter: &'a Meter,
    /// Leaves of this step.
    pub leaves: &'a [Tensor<2>],
    /// A seed for dropout; none where nothing is left out.
    pub dropout: Option<u32>,
    /// Products of f16 numbers.
    pub half: bool,
    /// Gradients are this much larger while they are f16.
    pub loss_scale: f32,
    /// Layers are computed again in the backward pass.
    pub checkpointing: bool,
    /// Places that the step learns, in all of its batches: what the loss is divided by.
    pub of_places: usize,
}

/// Memory held at three moments of a pass, in bytes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Held {
    pub before: u64,
    /// After the forward pass: what the backward pass will need.
    pub forward: u64,
    /// After the backward pass: gradients.
    pub backward: u64,
}

/// What a pass gave.
pub struct Passed {
    /// The sum of `-ln p(target)` over the batch's places, in nats.
    pub loss: f64,
    /// Of the step's loss, already divided by [`Passing::of_places`]; still scaled by [`Passing::loss_scale`].
    pub slopes: Slopes,
    pub held: Held,
}

/// `x` as the input of a new graph, with a gradient if it is wanted.
fn leaf<const D: usize>(x: &Tensor<D>, wanted: bool) -> Tensor<D> {
    let x = x.clone().inner();
    if wanted { x.autodiff().require_grad() } else { x }
}

/// The sum of two gradients where both are there.
pub fn add_slope(into: &mut Option<Tensor<2>>, slope: Option<Tensor<2>>) {
    *into = match (into.take(), slope) {
        (Some(a), Some(b)) => Some(a + b),
        (a, b) => a.or(b),
    };
}

fn missing(what: &str) -> LabError {
    LabError::Kernel { kernel: "burn".into(), message: format!("no gradient of {what}") }
}

/// The sum of `-ln p(target)` at the places of a batch, from logits of all rows that are learned.
///
/// # Shapes
/// `logits [N, V]`, `targets [N]` -> `[1]`
pub(super) fn loss_at(logits: Tensor<2>, targets: &[u32]) -> Tensor<1> {
    let ids: Vec<i32> = targets.iter().map(|&id| id as i32).collect();
    let ids = Tensor::<1, Int>::from_data(TensorData::new(ids, [targets.len()]), &logits.device());
    log_softmax(logits, 1).gather(1, ids.unsqueeze_dim(1)).sum().neg()
}

/// The logits of the places of a batch: only those go through the last matrix.
///
/// # Shapes
/// `x [B, T, C]` -> `[N, V]`
pub(super) fn logits_at(
    model: &Llama,
    net: &Net,
    x: Tensor<3>,
    batch: &Batch,
    prompt: usize,
) -> Result<Tensor<2>, LabError> {
    let [sequences, tokens, channels] = x.dims();
    let places = batch.places_behind(prompt);
    let count = places.len();
    let places = Tensor::<1, Int>::from_data(TensorData::new(places, [count]), &x.device());
    let rows = x.reshape([sequences * tokens, channels]).select(0, places);
    Ok(model.head(rows.unsqueeze(), net)?.squeeze_dim(0))
}

/// A layer's part of the whole prefix.
///
/// # Shapes
/// `prefix [P, L 2 J D]` -> `[P, 2 J D]`
pub(super) fn part_of_prefix(prefix: &Tensor<2>, layer: usize, layers: usize) -> Tensor<2> {
    let wide = prefix.dims()[1] / layers;
    prefix.clone().narrow(1, layer * wide, wide)
}

/// A layer as a graph of its own: its inputs, and its output if that is kept.
struct Part {
    x: Tensor<3>,
    prefix: Option<Tensor<2>>,
    y: Option<Tensor<3>>,
}

/// Runs a batch forward and backward; `breathe` is awaited between layers.
///
/// # Errors
/// Those of the graph and the kernels; whatever `breathe` returns.
pub async fn pass(
    on: &Passing<'_>,
    batch: &Batch,
    mut breathe: impl AsyncFnMut() -> Result<(), LabError>,
) -> Result<Passed, LabError> {
    let Passing { learner, leaves, .. } = on;
    let before = on.meter.held();
    let net = learner.net(leaves, on.dropout)?;
    let (prompt, prefix) = (learner.prompt_tokens(), learner.prefix_tokens());
    let mut model = Llama::new(&learner.base.place, learner.base.config(), prompt + batch.tokens, prefix)?;
    if on.half {
        model = model.in_half_precision();
    }
    let deep = learner.trains_layers();
    let whole_prefix = learner.prefix(leaves);
    // Forward.
    let embedded = model.embed(&net, model.ids(&batch.ids, batch.tokens))?;
    let mut parts: Vec<Part> = Vec::with_capacity(net.layers.len());
    let mut x = embedded.clone().inner();
    for (at, layer) in net.layers.iter().enumerate() {
        breathe().await?;
        let mut layer = layer.clone();
        // What the first layer reads needs a gradient only if embeddings are trained.
        let input = leaf(&x, deep && (at > 0 || learner.trains_embeddings()));
        let part = whole_prefix.as_ref().map(|whole| leaf(&part_of_prefix(whole, at, net.layers.len()), true));
        layer.prefix.clone_from(&part);
        let y = if deep && on.checkpointing {
            // Nothing is remembered: the graph will be built again.
            model.layer(input.clone().inner(), &layer.without_graph())?
        } else {
            model.layer(input.clone(), &layer)?
        };
        x = y.clone().inner();
        if deep {
            parts.push(Part { x: input, prefix: part, y: (!on.checkpointing).then_some(y) });
        }
    }
    breathe().await?;
    let last = leaf(&x, deep);
    let loss = loss_at(logits_at(&model, &net, last.clone(), batch, prompt)?, &batch.targets);
    let total = f64::from(values(loss.clone().inner()).await?[0]);
    let forward = on.meter.held();
    // Backward.
    let scaled = loss.mul_scalar(on.loss_scale / on.of_places as f32);
    let gradients = backward(&scaled)?;
    let mut slopes = Trained::slopes(leaves, &gradients);
    let mut dx = if deep { Some(last.grad(&gradients).ok_or_else(|| missing("the last layer"))?) } else { None };
    drop((gradients, scaled));
    let mut prefix_slopes: Vec<Tensor<2>> = Vec::new();
    while let Some(Part { x, prefix, y }) = parts.pop() {
        breathe().await?;
        let at = parts.len();
        let Some(dy) = dx.take() else { break };
        let y = match y {
            Some(y) => y,
            None => {
                let mut layer = net.layers[at].clone();
                layer.prefix.clone_from(&prefix);
                model.layer(x.clone(), &layer)?
            }
        };
        let gradients = backward(&(y * dy).sum())?;
        for (slope, found) in slopes.iter_mut().zip(Trained::slopes(leaves, &gradients)) {
            add_slope(slope, found);
        }
        if let Some(prefix) = &prefix {
            prefix_slopes.push(prefix.grad(&gradients).ok_or_else(|| missing("a prefix"))?);
        }
        dx = x.grad(&gradients);
    }
    let below = match (whole_prefix, dx) {
        (Some(whole), _) => {
            prefix_slopes.reverse();
            Some((whole * Tensor::cat(prefix_slopes, 1)).sum())
        }
        (None, Some(dx)) if learner.trains_embeddings() => Some((embedded * dx).sum()),
        _ => None,
    };
    if let Some(below) = below {
        let gradients = backward(&below)?;
        for (slope, found) in slopes.iter_mut().zip(Trained::slopes(leaves, &gradients)) {
            add_slope(slope, found);
        }
    }
    drop(net);
    Ok(Passed { loss: total, slopes, held: Held { before, forward, backward: on.meter.held() } })
}
