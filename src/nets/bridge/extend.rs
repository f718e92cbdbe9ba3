//! The operations as burn's dispatcher and its autodiff know them.

use burn::backend::autodiff::checkpoint::base::Checkpointer;
use burn::backend::autodiff::checkpoint::strategy::CheckpointStrategy;
use burn::backend::autodiff::grads::Gradients;
use burn::backend::autodiff::ops::{Backward, Ops, OpsKind};
use burn::backend::tensor::FloatTensor;
use burn::backend::{Autodiff, Backend, Cube, Flex, FloatDType, TensorMetadata, backend_extension};

use crate::nets::FrozenWeights;
use crate::protocol::LabError;

use super::note;

/// What models call, on matrices.
#[backend_extension(Cube, Flex, Autodiff)]
pub trait Linears: Backend {
    /// `Y = X W^T`
    fn frozen_linear(x: FloatTensor<Self>, w: FrozenWeights) -> FloatTensor<Self>;
    /// `Y = X W^T + scale (X A^T) B^T`
    fn low_rank_linear(
        x: FloatTensor<Self>,
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        w: FrozenWeights,
        scale: f32,
    ) -> FloatTensor<Self>;
    /// `Y = X W^T` for a weight that is trained.
    fn dense_linear(x: FloatTensor<Self>, w: FloatTensor<Self>) -> FloatTensor<Self>;
}

type Made<B> = Result<FloatTensor<B>, LabError>;

/// The operands of a layer with an update, and `z = X A^T` of its forward pass.
#[derive(Clone, Debug)]
pub struct LowRank<F> {
    /// `[M, K]`
    pub x: F,
    /// `[R, K]`
    pub a: F,
    /// `[N, R]`
    pub b: F,
    pub w: FrozenWeights,
    pub scale: f32,
}

/// The gradients of a layer with an update.
pub struct LowRankSlopes<F> {
    /// `[M, K]`; `None` if nobody asked.
    pub dx: Option<F>,
    /// `[R, K]`
    pub da: F,
    /// `[N, R]`
    pub db: F,
}

/// What a backend computes: each product of the forward and the backward passes.
pub trait Products: Backend {
    /// `Y = X W^T`
    fn frozen(x: &FloatTensor<Self>, w: &FrozenWeights) -> Made<Self>;
    /// `dX = dY W`
    fn frozen_gradient(dy: &FloatTensor<Self>, w: &FrozenWeights) -> Made<Self>;
    /// `z = X A^T`, `Y = X W^T + scale z B^T`; gives `(Y, z)`.
    fn low_rank(on: &LowRank<FloatTensor<Self>>) -> Result<(FloatTensor<Self>, FloatTensor<Self>), LabError>;
    /// `dz = scale dY B`, `dB = scale dY^T z`, `dA = dz^T X`, `dX = dY W + dz A`
    fn low_rank_gradients(
        on: &LowRank<FloatTensor<Self>>,
        z: &FloatTensor<Self>,
        dy: &FloatTensor<Self>,
        wants_dx: bool,
    ) -> Result<LowRankSlopes<FloatTensor<Self>>, LabError>;
    /// `Y = X W^T`
    fn dense(x: &FloatTensor<Self>, w: &FloatTensor<Self>) -> Made<Self>;
    /// `dX = dY W`
    fn dense_input_gradient(dy: &FloatTensor<Self>, w: &FloatTensor<Self>) -> Made<Self>;
    /// `dW = dY^T X`
    fn dense_weight_gradient(dy: &FloatTensor<Self>, x: &FloatTensor<Self>) -> Made<Self>;
}

/// Rows and columns of a matrix.
pub fn sides<F: TensorMetadata>(matrix: &F) -> (usize, usize) {
    let shape = matrix.shape();
    (shape[0], shape[1])
}

/// The result, or zeros and a note of what went wrong.
fn or_zeros<B: Backend>(made: Made<B>, like: &FloatTensor<B>, (rows, cols): (usize, usize)) -> FloatTensor<B> {
    made.unwrap_or_else(|error| {
        note(error);
        B::float_zeros([rows, cols].into(), &like.device(), FloatDType::F32)
    })
}

fn frozen<B: Products>(x: &FloatTensor<B>, w: &FrozenWeights) -> FloatTensor<B> {
    or_zeros::<B>(B::frozen(x, w), x, (sides(x).0, w.rows))
}

fn low_rank<B: Products>(on: &LowRank<FloatTensor<B>>) -> (FloatTensor<B>, FloatTensor<B>) {
    B::low_rank(on).unwrap_or_else(|error| {
        note(error);
        let zeros = |cols| B::float_zeros([sides(&on.x).0, cols].into(), &on.x.device(), FloatDType::F32);
        (zeros(on.w.rows), zeros(sides(&on.a).0))
    })
}

fn dense<B: Products>(x: &FloatTensor<B>, w: &FloatTensor<B>) -> FloatTensor<B> {
    or_zeros::<B>(B::dense(x, w), x, (sides(x).0, sides(w).0))
}

/// Without a graph: the products alone.
macro_rules! plain {
    ($backend:ty) => {
        impl Linears for $backend {
            fn frozen_linear(x: FloatTensor<Self>, w: FrozenWeights) -> FloatTensor<Self> {
                frozen::<Self>(&x, &w)
            }

            fn low_rank_linear(
                x: FloatTensor<Self>,
                a: FloatTensor<Self>,
                b: FloatTensor<Self>,
                w: FrozenWeights,
                scale: f32,
            ) -> FloatTensor<Self> {
                low_rank::<Self>(&LowRank { x, a, b, w, scale }).0
            }

            fn dense_linear(x: FloatTensor<Self>, w: FloatTensor<Self>) -> FloatTensor<Self> {
                dense::<Self>(&x, &w)
            }
        }
    };
}
plain!(Cube);
plain!(Flex);

#[derive(Debug)]
struct FrozenStep;

impl<B: Products> Backward<B, 1> for FrozenStep {
    type State = FrozenWeights;

    fn backward(self, ops: Ops<FrozenWeights, 1>, slopes: &mut Gradients, _: &mut Checkpointer) {
        let [node_x] = ops.parents;
        let dy = slopes.consume::<B>(&ops.node);
        if let Some(node) = node_x {
            let size = (sides(&dy).0, ops.state.cols);
            slopes.register::<B>(node.id, or_zeros::<B>(B::frozen_gradient(&dy, &ops.state), &dy, size));
        }
    }
}

#[derive(Debug)]
struct LowRankStep;

impl<B: Products> Backward<B, 3> for LowRankStep {
    type State = (LowRank<FloatTensor<B>>, FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 3>, slopes: &mut Gradients, _: &mut Checkpointer) {
        let [node_x, node_a, node_b] = ops.parents;
        let (on, z) = ops.state;
        let dy = slopes.consume::<B>(&ops.node);
        match B::low_rank_gradients(&on, &z, &dy, node_x.is_some()) {
            Err(error) => note(error),
            Ok(found) => {
                let all = [(node_x, found.dx), (node_a, Some(found.da)), (node_b, Some(found.db))];
                for (node, slope) in all {
                    if let (Some(node), Some(slope)) = (node, slope) {
                        slopes.register::<B>(node.id, slope);
                    }
                }
                return;
            }
        }
        for (node, like) in [(node_x, &on.x), (node_a, &on.a), (node_b, &on.b)] {
            if let Some(node) = node {
                slopes.register::<B>(node.id, B::float_zeros(like.shape(), &like.device(), FloatDType::F32));
            }
        }
    }
}

#[derive(Debug)]
struct DenseStep;

impl<B: Products> Backward<B, 2> for DenseStep {
    type State = (FloatTensor<B>, FloatTensor<B>);

    fn backward(self, ops: Ops<Self::State, 2>, slopes: &mut Gradients, _: &mut Checkpointer) {
        let [node_x, node_w] = ops.parents;
        let (x, w) = ops.state;
        let dy = slopes.consume::<B>(&ops.node);
        if let Some(node) = node_x {
            slopes.register::<B>(node.id, or_zeros::<B>(B::dense_input_gradient(&dy, &w), &dy, sides(&x)));
        }
        if let Some(node) = node_w {
            slopes.register::<B>(node.id, or_zeros::<B>(B::dense_weight_gradient(&dy, &x), &dy, sides(&w)));
        }
    }
}

impl<B: Products, C: CheckpointStrategy> Linears for Autodiff<B, C> {
    fn frozen_linear(x: FloatTensor<Self>, w: FrozenWeights) -> FloatTensor<Self> {
        let step = FrozenStep.prepare::<C>([x.node()]).compute_bound().stateful();
        let y = frozen::<B>(x.primitive(), &w);
        match step {
            OpsKind::Tracked(step) => step.finish(w, y),
            OpsKind::UnTracked(step) => step.finish(y),
        }
    }

    fn low_rank_linear(
        x: FloatTensor<Self>,
        a: FloatTensor<Self>,
        b: FloatTensor<Self>,
        w: FrozenWeights,
        scale: f32,
    ) -> FloatTensor<Self> {
        let step = LowRankStep.prepare::<C>([x.node(), a.node(), b.node()]).compute_bound().stateful();
        let on = LowRank { x: x.into_primitive(), a: a.into_primitive(), b: b.into_primitive(), w, scale };
        let (y, z) = low_rank::<B>(&on);
        match step {
            OpsKind::Tracked(step) => step.finish((on, z), y),
            OpsKind::UnTracked(step) => step.finish(y),
        }
    }

    fn dense_linear(x: FloatTensor<Self>, w: FloatTensor<Self>) -> FloatTensor<Self> {
        let step = DenseStep.prepare::<C>([x.node(), w.node()]).compute_bound().stateful();
        let (x, w) = (x.into_primitive(), w.into_primitive());
        let y = dense::<B>(&x, &w);
        match step {
            OpsKind::Tracked(step) => step.finish((x, w), y),
            OpsKind::UnTracked(step) => step.finish(y),
        }
    }
}
