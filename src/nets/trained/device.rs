//! The parameters on the device: burn's tensors are views of one buffer.

use std::ops::Range;
use std::rc::Rc;

use burn::backend::Cube;
use burn::backend::wgpu::CubeTensor;
use burn::tensor::{Tensor, TensorData};

use crate::gpu::{Batch, Gpu, GpuBuffer};
use crate::kernels::product::{self, Optimizing};
use crate::math::{AdamW, Sgd};
use crate::nets::bridge::Lending;
use crate::nets::device::{BurnDevice, on_gpu, values};
use crate::protocol::LabError;

use super::Slot;

/// Parameters and moments on the device.
pub(super) struct OnGpu {
    pub gpu: Rc<Gpu>,
    /// All parameters, as burn knows them.
    pub all: CubeTensor,
    pub means: GpuBuffer,
    pub squares: GpuBuffer,
    slopes: GpuBuffer,
    kept: Vec<Range<usize>>,
    /// For the kernel of AdamW; nothing if everything decays.
    kept_there: Option<product::Kept>,
    /// Made by the first step of gradient descent.
    descent: Option<Descent>,
}

/// What gradient descent needs besides the parameters.
struct Descent {
    momentum: Tensor<1>,
    /// 1 where weights decay.
    decaying: Tensor<1>,
}

/// A burn tensor as its buffer.
fn primitive<const D: usize>(tensor: Tensor<D>) -> Result<CubeTensor, LabError> {
    tensor
        .try_into_primitive::<Cube>()
        .map_err(|error| LabError::Kernel { kernel: "burn".into(), message: format!("{error:?}") })
}

/// Values one after the other, on the device.
fn row(values: Vec<f32>, device: &BurnDevice) -> Tensor<1> {
    let count = values.len();
    Tensor::from_data(TensorData::new(values, [count]), device)
}

impl OnGpu {
    /// Takes all values there; moments begin as zeros.
    ///
    /// # Errors
    /// Those of allocations.
    pub fn new(gpu: &Rc<Gpu>, all: Vec<f32>, kept: Vec<Range<usize>>) -> Result<OnGpu, LabError> {
        let bytes = all.len() as u64 * 4;
        let zeroed = |what| gpu.allocate(what, bytes);
        let (means, squares, slopes) = (zeroed("means")?, zeroed("squares")?, zeroed("gradients")?);
        let kept_there = if kept.is_empty() { None } else { Some(product::Kept::new(gpu, &kept)?) };
        let all = primitive(row(all, &on_gpu(gpu)?))?;
        Ok(OnGpu { gpu: gpu.clone(), all, means, squares, slopes, kept, kept_there, descent: None })
    }

    /// Other values and moments.
    ///
    /// # Errors
    /// Those of writing to the device.
    pub fn set(&mut self, p: Vec<f32>, m: &[f32], v: &[f32]) -> Result<(), LabError> {
        self.all = primitive(row(p, &on_gpu(&self.gpu)?))?;
        self.gpu.write(&self.means, 0, bytemuck::cast_slice(m))?;
        self.gpu.write(&self.squares, 0, bytemuck::cast_slice(v))?;
        self.descent = None;
        Ok(())
    }

    /// The parameters.
    ///
    /// # Errors
    /// Those of reading the device.
    pub async fn parameters(&self) -> Result<Vec<f32>, LabError> {
        values(Tensor::<1>::from_primitive::<Cube>(self.all.clone())).await
    }

    /// Both moments.
    ///
    /// # Errors
    /// Those of reading the device.
    pub async fn moments(&self) -> Result<[Vec<f32>; 2], LabError> {
        let mut batch = Batch::new(&self.gpu);
        let slots = [&self.means, &self.squares].map(|buffer| batch.read(buffer, 0, buffer.size_bytes()));
        let readings = batch.finish().await?;
        Ok(slots.map(|slot| readings.get(&slot)))
    }

    /// One dispatch for all parameters.
    ///
    /// # Errors
    /// Those of the kernel.
    pub fn adamw(
        &mut self,
        found: Vec<(Option<Tensor<2>>, Slot)>,
        count: usize,
        settings: &AdamW,
        step: u32,
    ) -> Result<(), LabError> {
        let mut lending = Lending::new(&self.gpu);
        lending.batch.clear(&self.slopes);
        for (slope, slot) in found {
            let Some(slope) = slope else { continue };
            let from = lending.matrix(&primitive(slope)?)?;
            let bytes = from.count() as u64 * 4;
            lending.batch.copy(from.buffer(), 0, &self.slopes, slot.first as u64 * 4, bytes);
        }
        let p = lending.written(&self.all, count)?;
        let (m, v, g) = (&self.means, &self.squares, &self.slopes);
        let on = Optimizing { count, p: &p, m, v, g, kept: self.kept_there.as_ref() };
        product::adamw(&self.gpu, &mut lending.batch, &on, settings, step)?;
        lending.submit()
    }

    /// Gradient descent with momentum, in burn's operations.
    ///
    /// # Errors
    /// Those of burn and of copying.
    pub async fn descend(
        &mut self,
        found: Vec<(Option<Tensor<2>>, Slot)>,
        count: usize,
        settings: &Sgd,
    ) -> Result<(), LabError> {
        let device = on_gpu(&self.gpu)?;
        let before = match self.descent.take() {
            Some(before) => before,
            None => {
                let mut decaying = vec![1.0; count];
                self.kept.iter().for_each(|range| decaying[range.clone()].fill(0.0));
                let [momentum, _] = self.moments().await?;
                Descent { momentum: row(momentum, &device), decaying: row(decaying, &device) }
            }
        };
        let mut parts = Vec::with_capacity(2 * found.len());
        let mut end = 0;
        let zeros = |length: usize| Tensor::<1>::zeros([length], &device);
        for (slope, slot) in found {
            let range = slot.range();
            if range.start > end {
                parts.push(zeros(range.start - end));
            }
            parts.push(slope.map_or_else(|| zeros(range.len()), |slope| slope.reshape([range.len()])));
            end = range.end;
        }
        if count > end {
            parts.push(zeros(count - end));
        }
        let momentum = before.momentum.mul_scalar(settings.momentum) + Tensor::cat(parts, 0);
        let p = Tensor::<1>::from_primitive::<Cube>(self.all.clone());
        let decay = before.decaying.clone() * p.clone().mul_scalar(settings.decay);
        self.all = primitive(p - (decay + momentum.clone()).mul_scalar(settings.rate))?;
        // Kept where AdamW keeps its means, so that both are exported alike.
        let mut lending = Lending::new(&self.gpu);
        let from = lending.matrix(&primitive(momentum.clone().reshape([1, count]))?)?;
        lending.batch.copy(from.buffer(), 0, &self.means, 0, count as u64 * 4);
        lending.submit()?;
        self.descent = Some(Descent { momentum, decaying: before.decaying });
        Ok(())
    }
}
