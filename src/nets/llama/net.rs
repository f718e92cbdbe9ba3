//! The matrices of a decoder's graph: trained or frozen, and what a method adds to them.
//!
//! Dimension legend: `C` channels, `K` inputs, `N` outputs, `R` LoRA rank, `M` bottleneck, `P` virtual tokens, `J` key heads,
//! `D` numbers in a head.

use burn::tensor::activation::{gelu, relu, silu};
use burn::tensor::{DType, Tensor, TensorData};

use crate::data::llama::{LlamaConfig, Part};
use crate::kernels::shape_error;
use crate::math::peft::{Activation, Target};
use crate::math::{Generator, hash_u32};
use crate::nets::FrozenWeights;
use crate::nets::bridge::{dense_linear, linear, lora_linear};
use crate::protocol::LabError;

/// A matrix `[N, K]` that inputs are multiplied by: `Y = X W^T`.
#[derive(Clone)]
#[expect(clippy::large_enum_variant, reason = "a few dozen of them, and each is a tensor's handle")]
pub enum Matrix {
    Trained(Tensor<2>),
    Frozen(FrozenWeights),
}

/// Leaves out a share of its inputs and enlarges the others, the same ones whenever it is asked.
///
/// # Source
/// Srivastava et al. 2014, JMLR 15, section 4, scaled in training.
#[derive(Clone, Copy, Debug)]
pub struct Dropout {
    pub rate: f32,
    pub seed: u32,
}

impl Dropout {
    fn apply(self, x: Tensor<3>) -> Tensor<3> {
        let shape = x.dims();
        let mut random = Generator::new(self.seed);
        let kept = 1.0 / (1.0 - self.rate);
        let mask: Vec<f32> = (0..shape.iter().product())
            .map(|_| if random.next_f64() < f64::from(self.rate) { 0.0 } else { kept })
            .collect();
        let device = x.device();
        x * Tensor::from_data(TensorData::new(mask, shape), &device)
    }
}

/// A low-rank update: `scale (X A^T) B^T`.
#[derive(Clone)]
pub struct Update {
    /// `[R, K]`
    pub a: Tensor<2>,
    /// `[N, R]`
    pub b: Tensor<2>,
    pub scale: f32,
    pub dropout: Option<Dropout>,
}

/// A matrix and its update.
#[derive(Clone)]
pub struct Projection {
    pub matrix: Matrix,
    pub update: Option<Update>,
}

/// A bottleneck adapter: `h + activation(h Down^T + d) Up^T + u`.
#[derive(Clone)]
pub struct Bottleneck {
    /// `[M, C]`
    pub down: Tensor<2>,
    /// `[1, M]`
    pub down_bias: Tensor<2>,
    /// `[C, M]`
    pub up: Tensor<2>,
    /// `[1, C]`
    pub up_bias: Tensor<2>,
    pub activation: Activation,
    pub residual: bool,
}

/// One layer.
#[derive(Clone)]
pub struct Layer {
    /// `[1, C]`
    pub attention_norm: Tensor<2>,
    /// In the order of [`Target::ALL`].
    pub projections: [Projection; 7],
    /// `[1, C]`
    pub feed_forward_norm: Tensor<2>,
    pub after_attention: Option<Bottleneck>,
    pub after_feed_forward: Option<Bottleneck>,
    /// `[P, 2 J D]`: keys, then values, of the virtual tokens before the text.
    pub prefix: Option<Tensor<2>>,
}

impl Layer {
    /// The same numbers without a graph: nothing that is computed with them is remembered.
    pub fn without_graph(&self) -> Layer {
        let plain = |w: &Tensor<2>| w.clone().inner();
        let module = |by: &Bottleneck| Bottleneck {
            down: plain(&by.down),
            down_bias: plain(&by.down_bias),
            up: plain(&by.up),
            up_bias: plain(&by.up_bias),
            ..*by
        };
        let projection = |on: &Projection| Projection {
            matrix: match &on.matrix {
                Matrix::Trained(w) => Matrix::Trained(plain(w)),
                Matrix::Frozen(w) => Matrix::Frozen(w.clone()),
            },
            update: on.update.as_ref().map(|update| Update { a: plain(&update.a), b: plain(&update.b), ..*update }),
        };
        Layer {
            attention_norm: plain(&self.attention_norm),
            projections: self.projections.each_ref().map(projection),
            feed_forward_norm: plain(&self.feed_forward_norm),
            after_attention: self.after_attention.as_ref().map(module),
            after_feed_forward: self.after_feed_forward.as_ref().map(module),
            prefix: self.prefix.as_ref().map(plain),
        }
    }

    /// The matrix of a target and its update.
    pub fn projection(&self, target: Target) -> &Projection {
        &self.projections[target as usize]
    }
}

/// A whole decoder.
#[derive(Clone)]
pub struct Net {
    /// `[V, C]`
    pub embedding: Tensor<2>,
    pub layers: Vec<Layer>,
    /// `[1, C]`
    pub norm: Tensor<2>,
    /// `[V, C]`
    pub head: Matrix,
    /// `[P, C]`: virtual tokens before the text.
    pub prompt: Option<Tensor<2>>,
}

impl Net {
    /// A decoder that is trained as a whole, from its parameters in the order of [`LlamaConfig::tensors`], gains as one row.
    ///
    /// # Errors
    /// [`LabError::Shape`] if these are not the model's parameters.
    pub fn trained(config: &LlamaConfig, parameters: &[Tensor<2>]) -> Result<Net, LabError> {
        let specs = config.tensors();
        if !specs.iter().map(|spec| [spec.rows, spec.cols]).eq(parameters.iter().map(Tensor::dims)) {
            return Err(shape_error("llama", format!("{} parameters", specs.len()), parameters.len().to_string()));
        }
        let (table, rest) = (&parameters[0], &parameters[1..]);
        let (layers, last) = rest.split_at(config.layers * Part::LAYER.len());
        let matrix = |w: &Tensor<2>| Projection { matrix: Matrix::Trained(w.clone()), update: None };
        let layer = |parameters: &[Tensor<2>]| {
            let [norm, q, k, v, o, next_norm, gate, up, down] = parameters else {
                unreachable!("chunks have the length of a layer")
            };
            Layer {
                attention_norm: norm.clone(),
                projections: [q, k, v, o, gate, up, down].map(matrix),
                feed_forward_norm: next_norm.clone(),
                after_attention: None,
                after_feed_forward: None,
                prefix: None,
            }
        };
        Ok(Net {
            embedding: table.clone(),
            layers: layers.chunks_exact(Part::LAYER.len()).map(layer).collect(),
            norm: last[0].clone(),
            head: Matrix::Trained(last.get(1).unwrap_or(table).clone()),
            prompt: None,
        })
    }
}

/// How products are computed.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Arithmetic {
    /// On the device our own kernels multiply; on the processor burn's product is on several threads.
    pub on_gpu: bool,
    /// Inputs and matrices, and the gradients that come back through them, are rounded to f16.
    pub half: bool,
}

impl Arithmetic {
    /// The value rounded to f16 where that is asked for; a gradient is rounded on its way back.
    fn rounded<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        if self.half { x.cast(DType::F16).cast(DType::F32) } else { x }
    }

    /// `Y = X W^T`
    ///
    /// # Errors
    /// Those of our kernels.
    pub fn product(self, x: Tensor<3>, w: &Matrix) -> Result<Tensor<3>, LabError> {
        let x = self.rounded(x);
        match w {
            Matrix::Frozen(w) => linear(x, w),
            Matrix::Trained(w) if self.on_gpu => dense_linear(x, self.rounded(w.clone())),
            Matrix::Trained(w) => Ok(x.matmul(self.rounded(w.clone()).transpose().unsqueeze())),
        }
    }

    /// `Y = X W^T + scale (X A^T) B^T`
    ///
    /// # Errors
    /// As [`Arithmetic::product`].
    pub fn project(self, x: Tensor<3>, on: &Projection) -> Result<Tensor<3>, LabError> {
        let Some(update) = &on.update else { return self.product(x, &on.matrix) };
        let (a, b) = (self.rounded(update.a.clone()), self.rounded(update.b.clone()));
        match (&on.matrix, update.dropout) {
            (Matrix::Frozen(w), None) => lora_linear(self.rounded(x), w, a, b, update.scale),
            (matrix, dropout) => {
                let y = self.product(x.clone(), matrix)?;
                let x = dropout.map_or(x.clone(), |dropout| dropout.apply(x));
                let z = self.product(x, &Matrix::Trained(a))?;
                Ok(y + self.product(z, &Matrix::Trained(b))?.mul_scalar(update.scale))
            }
        }
    }

    /// The output of an adapter, or `h` where there is none.
    ///
    /// # Errors
    /// As [`Arithmetic::product`].
    pub fn adapted(self, h: Tensor<3>, by: Option<&Bottleneck>) -> Result<Tensor<3>, LabError> {
        let Some(by) = by else { return Ok(h) };
        let z = self.product(h.clone(), &Matrix::Trained(by.down.clone()))? + by.down_bias.clone().unsqueeze();
        let z = match by.activation {
            Activation::Relu => relu(z),
            Activation::Gelu => gelu(z),
            Activation::Silu => silu(z),
        };
        let y = self.product(z, &Matrix::Trained(by.up.clone()))? + by.up_bias.clone().unsqueeze();
        Ok(if by.residual { h + y } else { y })
    }
}

/// A seed for one place of a step, so that a layer that is computed again leaves out the same inputs.
pub fn dropout_seed(step_seed: u32, layer: usize, target: Target) -> u32 {
    hash_u32(step_seed, (layer * Target::ALL.len() + target as usize) as u32)
}
