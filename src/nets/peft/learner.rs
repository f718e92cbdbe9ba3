//! A method's own matrices, and the decoder that they make of the base.

use burn::tensor::activation::tanh;
use burn::tensor::{Tensor, TensorData};

use crate::kernels::product::{Pass, Storage, prepare};
use crate::math::peft::{Method, PeftSettings, Role, Target, Trainable, trainable};
use crate::nets::{Bottleneck, Dropout, Initial, Matrix, Net, Place, Trained, Update, dropout_seed};
use crate::protocol::LabError;

use super::Base;
use super::initial::initial;

/// A learner's matrices as tensors, in the order of [`trainable`].
pub type Leaves = Vec<Tensor<2>>;

/// A base that is being fine-tuned by a method.
pub struct Learner {
    pub base: Base,
    pub method: Method,
    pub settings: PeftSettings,
    pub parts: Vec<Trainable>,
    pub trained: Trained,
    /// Nothing for full fine-tuning, which trains everything.
    frozen: Option<Net>,
}

impl Learner {
    /// A learner at its first step. `prompt` are the tokens that a prompt begins as.
    ///
    /// # Errors
    /// Those of allocations.
    pub fn new(
        base: &Base,
        method: Method,
        settings: &PeftSettings,
        seed: u32,
        prompt: &[u32],
    ) -> Result<Learner, LabError> {
        let parts = trainable(&base.shape, method, settings);
        let values = initial(base, method, settings, &parts, seed, prompt)?;
        Learner::of(base, method, settings, &values)
    }

    /// A learner with these matrices, in the order of [`trainable`].
    ///
    /// # Errors
    /// [`LabError::Shape`] if they are not a method's; those of allocations.
    pub fn of(base: &Base, method: Method, settings: &PeftSettings, values: &[Vec<f32>]) -> Result<Learner, LabError> {
        let parts = trainable(&base.shape, method, settings);
        if parts.len() != values.len() {
            return Err(LabError::Shape {
                operation: "learner".into(),
                expected: format!("{} matrices", parts.len()),
                got: values.len().to_string(),
            });
        }
        let given: Vec<Initial<'_>> = parts
            .iter()
            .zip(values)
            .map(|(part, values)| Initial { values, rows: part.rows, cols: part.cols, decays: part.decays() })
            .collect();
        let frozen = match method {
            Method::Full => None,
            _ => Some(base.frozen(method == Method::Qlora)?),
        };
        let trained = Trained::in_single_precision(&base.place, &given)?;
        Ok(Learner { base: base.clone(), method, settings: settings.clone(), parts, trained, frozen })
    }

    /// Measures, where that was not done yet, which variants of our kernels are the fastest on this device for batches of
    /// `rows` rows; on the processor there is nothing to choose.
    ///
    /// # Errors
    /// Those of the products.
    pub async fn prepare(&self, rows: usize) -> Result<(), LabError> {
        let Place::Gpu(gpu) = &self.base.place else { return Ok(()) };
        // What is trained is in f32, whatever the base is in.
        let (n, k) = self.base.shape.sides(Target::Gate);
        for pass in [Pass::Forward, Pass::InputGradient, Pass::WeightGradient] {
            prepare(gpu, Storage::F32, pass, rows, n, k).await?;
        }
        let rank =
            if matches!(self.method, Method::Lora | Method::Qlora) { self.settings.lora.rank as usize } else { 0 };
        match self
            .frozen
            .as_ref()
            .and_then(|net| net.layers.first())
            .map(|layer| &layer.projection(Target::Gate).matrix)
        {
            Some(Matrix::Frozen(w)) => w.prepare(rows, rank).await,
            _ => Ok(()),
        }
    }

    /// The matrices as they are now, without a graph.
    ///
    /// # Errors
    /// As [`Trained::leaves`].
    pub fn plain_leaves(&self) -> Result<Leaves, LabError> {
        Ok(self.trained.leaves()?.into_iter().map(Tensor::inner).collect())
    }

    /// Virtual tokens among those that go through the layers.
    pub fn prompt_tokens(&self) -> usize {
        if self.method == Method::Prompt { self.settings.prompt.tokens as usize } else { 0 }
    }

    /// Virtual keys and values in each layer.
    pub fn prefix_tokens(&self) -> usize {
        if self.has_prefix() { self.settings.prefix.tokens as usize } else { 0 }
    }

    /// Whether layers read virtual keys and values.
    pub fn has_prefix(&self) -> bool {
        matches!(self.method, Method::Prefix | Method::DeepPrompt)
    }

    /// Whether the embeddings that the first layer reads are trained, or stand beside others that are.
    pub fn trains_embeddings(&self) -> bool {
        matches!(self.method, Method::Full | Method::Prompt)
    }

    /// Whether anything below the last matrix is trained.
    pub fn trains_layers(&self) -> bool {
        self.method != Method::Head
    }

    /// The decoder of one step, without the virtual keys and values of a prefix: those differ by layer and are put in by
    /// whoever runs the layers. With `dropout`, a seed, LoRA leaves out what its settings say.
    ///
    /// # Errors
    /// [`LabError::Shape`] if `leaves` are not this learner's.
    pub fn net(&self, leaves: &[Tensor<2>], dropout: Option<u32>) -> Result<Net, LabError> {
        let Some(frozen) = &self.frozen else { return Net::trained(self.base.config(), leaves) };
        let mut net = frozen.clone();
        let lora = &self.settings.lora;
        let adapter = &self.settings.adapter;
        let drop = |layer, target| {
            let seed = dropout.filter(|_| lora.dropout > 0.0)?;
            Some(Dropout { rate: lora.dropout, seed: dropout_seed(seed, layer, target) })
        };
        let mut parts = self.parts.iter().zip(leaves);
        while let Some((part, leaf)) = parts.next() {
            let leaf = leaf.clone();
            let mut following = || {
                parts.next().map(|(_, leaf)| leaf.clone()).ok_or_else(|| LabError::Shape {
                    operation: "learner".into(),
                    expected: format!("{} leaves", self.parts.len()),
                    got: leaves.len().to_string(),
                })
            };
            match (part.role, part.layer.and_then(|at| net.layers.get_mut(at).zip(Some(at)))) {
                (Role::LoraA(target), Some((layer, at))) => {
                    let update = Update { a: leaf, b: following()?, scale: lora.scale(), dropout: drop(at, target) };
                    layer.projections[target as usize].update = Some(update);
                }
                (Role::AdapterDown(after_attention), Some((layer, _))) => {
                    let (down_bias, up, up_bias) = (following()?, following()?, following()?);
                    let (activation, residual) = (adapter.activation, adapter.residual);
                    let module = Bottleneck { down: leaf, down_bias, up, up_bias, activation, residual };
                    let site = if after_attention { &mut layer.after_attention } else { &mut layer.after_feed_forward };
                    *site = Some(module);
                }
                (Role::Prompt, _) => net.prompt = Some(leaf),
                (Role::Head, _) => net.head = Matrix::Trained(leaf),
                // A prefix is put in layer by layer.
                _ => {}
            }
        }
        Ok(net)
    }

    /// The virtual keys and values of all layers, where the method has any.
    ///
    /// # Shapes
    /// `[P, L 2 J D]`
    pub fn prefix(&self, leaves: &[Tensor<2>]) -> Option<Tensor<2>> {
        match (self.method, leaves) {
            (Method::DeepPrompt, [table]) => Some(table.clone()),
            (Method::Prefix, [table, hidden, hidden_bias, out, out_bias]) => {
                let inner = table.clone().matmul(hidden.clone().transpose()) + hidden_bias.clone();
                Some(tanh(inner).matmul(out.clone().transpose()) + out_bias.clone())
            }
            _ => None,
        }
    }

    /// One of the trained matrices.
    fn part<'a>(&self, values: &'a [Vec<f32>], layer: usize, role: Role) -> Option<&'a [f32]> {
        let at = self.parts.iter().position(|part| part.role == role && part.layer == Some(layer))?;
        values.get(at).map(Vec::as_slice)
    }

    /// LoRA's change of a matrix as it is trained: `B`, `A`, and what their product is multiplied by; nothing where there is
    /// none. `values` are the trained matrices.
    ///
    /// # Shapes
    /// `[outputs * R]`, `[R * inputs]`, row-major
    pub fn factors<'a>(
        &self,
        values: &'a [Vec<f32>],
        layer: usize,
        target: Target,
    ) -> Option<(&'a [f32], &'a [f32], f64)> {
        let of = |role| self.part(values, layer, role);
        Some((of(Role::LoraB(target))?, of(Role::LoraA(target))?, f64::from(self.settings.lora.scale())))
    }

    /// The change of a matrix that full fine-tuning or LoRA has made so far: `W - W0`, or `scale B A`; nothing where the
    /// method leaves it as it is. `values` are the trained matrices.
    ///
    /// # Shapes
    /// `[outputs * inputs]`, row-major
    pub fn change(&self, values: &[Vec<f32>], layer: usize, target: Target) -> Option<Vec<f64>> {
        if let Some((b, a, scale)) = self.factors(values, layer, target) {
            let rank = self.settings.lora.rank as usize;
            let (rows, cols) = self.base.shape.sides(target);
            let mut out = vec![0.0; rows * cols];
            for (row, weights) in out.chunks_exact_mut(cols).zip(b.chunks_exact(rank)) {
                for (weight, a) in weights.iter().zip(a.chunks_exact(cols)) {
                    let factor = scale * f64::from(*weight);
                    row.iter_mut().zip(a).for_each(|(sum, a)| *sum += factor * f64::from(*a));
                }
            }
            return Some(out);
        }
        let after = self.part(values, layer, Role::Matrix(target))?;
        let before = self.base.matrix(layer, target).ok()?;
        Some(after.iter().zip(before).map(|(a, b)| f64::from(*a) - f64::from(*b)).collect())
    }
}

/// The table `[P, L 2 J D]` that a trained prefix encoder gives: what is kept of prefix tuning.
///
/// # Errors
/// [`LabError::Shape`] if these are not the encoder's matrices; those of reading the device.
pub async fn prefix_table(learner: &Learner) -> Result<Vec<f32>, LabError> {
    let values = learner.trained.parameters().await?;
    let device = learner.base.place.device()?;
    let tensors: Vec<Tensor<2>> = learner
        .parts
        .iter()
        .zip(values)
        .map(|(part, values)| Tensor::from_data(TensorData::new(values, [part.rows, part.cols]), &device))
        .collect();
    let table = learner.prefix(&tensors).ok_or_else(|| LabError::Shape {
        operation: "prefix".into(),
        expected: "an encoder's matrices".into(),
        got: learner.method.word().into(),
    })?;
    crate::nets::values(table).await
}
