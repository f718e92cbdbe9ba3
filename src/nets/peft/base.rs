//! The model that is fine-tuned, on a tier.

use std::rc::Rc;

use burn::tensor::{Tensor, TensorData};

use crate::data::llama::{Checkpoint, LlamaConfig, Part};
use crate::kernels::product::{Storage, held_weights};
use crate::math::peft::{ModelShape, Target};
use crate::nets::{Layer, Matrix, Net, Place, Projection};
use crate::protocol::LabError;

/// QLoRA's base: blocks of 64 weights, their scales quantized too (Dettmers et al. 2023, arXiv:2305.14314, section 3).
const NF4: Storage = Storage::Nf4 { group: 64, double: true };

/// A model's weights, and where to compute with them.
#[derive(Clone)]
pub struct Base {
    pub place: Place,
    pub checkpoint: Rc<Checkpoint>,
    pub shape: ModelShape,
    /// Frozen matrices that are not quantized lie in f16.
    half: bool,
}

/// The tensor of a checkpoint that a target names.
fn part_of(target: Target) -> Part {
    match target {
        Target::Query => Part::Query,
        Target::Key => Part::Key,
        Target::Value => Part::Value,
        Target::Output => Part::Output,
        Target::Gate => Part::Gate,
        Target::Up => Part::Up,
        Target::Down => Part::Down,
    }
}

impl Base {
    /// A model to be fine-tuned there.
    pub fn new(place: Place, checkpoint: Rc<Checkpoint>) -> Base {
        let shape = ModelShape::from(&checkpoint.config);
        Base { place, checkpoint, shape, half: false }
    }

    /// The same model with its frozen matrices in f16, as mixed precision keeps what is not trained: half the memory.
    ///
    /// # Source
    /// Micikevicius et al. 2018, arXiv:1710.03740, section 3.1; what is frozen needs no copy in f32.
    pub fn in_half_precision(&self) -> Base {
        Base { half: true, ..self.clone() }
    }

    /// The model's dimensions.
    pub fn config(&self) -> &LlamaConfig {
        &self.checkpoint.config
    }

    /// The values of a matrix of a layer.
    ///
    /// # Shapes
    /// `[outputs * inputs]`
    /// # Errors
    /// [`LabError::Shape`] if there is no such layer.
    pub fn matrix(&self, layer: usize, target: Target) -> Result<&[f32], LabError> {
        self.part(Some(layer), part_of(target))
    }

    /// The values of a tensor of the model; those of the embedding for the last matrix where the model is tied.
    ///
    /// # Errors
    /// [`LabError::Shape`] if there is none.
    pub fn part(&self, layer: Option<usize>, part: Part) -> Result<&[f32], LabError> {
        let found = self.checkpoint.tensor(layer, part);
        let found =
            if part == Part::Head { found.or_else(|| self.checkpoint.tensor(None, Part::Embedding)) } else { found };
        found.ok_or_else(|| LabError::Shape {
            operation: "base".into(),
            expected: format!("{} layers", self.shape.layers),
            got: format!("{part:?} of layer {layer:?}"),
        })
    }

    /// A tensor of the model as burn's, without a gradient.
    fn tensor(&self, layer: Option<usize>, part: Part, rows: usize) -> Result<Tensor<2>, LabError> {
        let values = self.part(layer, part)?;
        let sides = [rows, values.len() / rows];
        Ok(Tensor::from_data(TensorData::new(values.to_vec(), sides), &self.place.device()?))
    }

    /// The weights that QLoRA's base stands for: what an update is merged into.
    ///
    /// # Errors
    /// Those of quantizing.
    pub fn dequantized(&self) -> Result<Checkpoint, LabError> {
        let config = self.config().clone();
        let mut tensors = self.checkpoint.tensors().to_vec();
        for (spec, values) in config.tensors().iter().zip(&mut tensors) {
            if spec.layer.is_some() && spec.part.is_matrix() {
                *values = held_weights(values, spec.rows, spec.cols, NF4)?.0;
            }
        }
        Checkpoint::new(config, tensors)
    }

    /// The whole model, frozen: its matrices in f32 or f16, those of its layers, if `quantized`, in NF4 with double
    /// quantization. Embedding and gains stay in f32.
    ///
    /// # Errors
    /// Those of allocations.
    pub fn frozen(&self, quantized: bool) -> Result<Net, LabError> {
        let plain = if self.half { Storage::F16 } else { Storage::F32 };
        let storage = if quantized { NF4 } else { plain };
        let (vocabulary, channels) = (self.shape.vocabulary, self.shape.channels);
        let layer = |layer: usize| -> Result<Layer, LabError> {
            let projection = |target: Target| -> Result<Projection, LabError> {
                let w = self.place.freeze(self.matrix(layer, target)?, self.shape.sides(target), storage)?;
                Ok(Projection { matrix: Matrix::Frozen(w), update: None })
            };
            let [q, k, v, o, gate, up, down] = Target::ALL.map(projection);
            Ok(Layer {
                attention_norm: self.tensor(Some(layer), Part::AttentionNorm, 1)?,
                projections: [q?, k?, v?, o?, gate?, up?, down?],
                feed_forward_norm: self.tensor(Some(layer), Part::FeedForwardNorm, 1)?,
                after_attention: None,
                after_feed_forward: None,
                prefix: None,
            })
        };
        let head = self.place.freeze(self.part(None, Part::Head)?, (vocabulary, channels), plain)?;
        Ok(Net {
            embedding: self.tensor(None, Part::Embedding, vocabulary)?,
            layers: (0..self.shape.layers).map(layer).collect::<Result<_, _>>()?,
            norm: self.tensor(None, Part::FinalNorm, 1)?,
            head: Matrix::Frozen(head),
            prompt: None,
        })
    }
}
