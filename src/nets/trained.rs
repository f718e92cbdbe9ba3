//! The parameters that are trained, kept one after the other, so that one dispatch moves them all.
//!
//! On the device burn's tensors are views of one buffer, and a step of AdamW overwrites it in place: the next graph sees
//! the new values. On the processor `math::adamw` keeps them in f64.

use std::ops::Range;
use std::rc::Rc;

use burn::backend::Cube;
use burn::backend::wgpu::CubeTensor;
use burn::tensor::{DType, Gradients, Tensor, TensorData};

use crate::gpu::{Batch, Gpu, GpuBuffer};
use crate::kernels::product::{Kept, Optimizing, adamw};
use crate::kernels::shape_error;
use crate::math::{self, AdamW, Moments};
use crate::protocol::LabError;

use super::bridge::Lending;
use super::device::{Place, values};

/// Every parameter begins at a multiple of so many values: 256 bytes, where every WebGPU device can bind.
const STEP: usize = 64;

/// A parameter's place among all values.
#[derive(Clone, Copy, Debug)]
struct Slot {
    first: usize,
    rows: usize,
    cols: usize,
}

impl Slot {
    fn range(self) -> Range<usize> {
        self.first..self.first + self.rows * self.cols
    }
}

enum State {
    Gpu {
        gpu: Rc<Gpu>,
        /// All parameters, as burn knows them.
        all: Box<CubeTensor>,
        means: GpuBuffer,
        squares: GpuBuffer,
        slopes: GpuBuffer,
        kept: Option<Kept>,
    },
    Cpu {
        state: Moments,
        kept: Vec<Range<usize>>,
    },
}

/// What a training goes on from.
#[derive(Clone, Debug, PartialEq)]
pub struct Saved {
    /// Steps made so far.
    pub steps: u32,
    pub state: Moments,
}

/// Matrices that AdamW trains.
pub struct Trained {
    place: Place,
    slots: Vec<Slot>,
    count: usize,
    steps: u32,
    state: State,
}

/// One matrix to train, as it begins.
pub struct Initial<'a> {
    /// `[rows * cols]`
    pub values: &'a [f32],
    pub rows: usize,
    pub cols: usize,
    /// Whether weight decay draws it to zero; norms and biases usually are left alone.
    pub decays: bool,
}

impl Trained {
    /// Lays the parameters out on their device; moments begin as zeros.
    ///
    /// # Errors
    /// [`LabError::Shape`] if there are none or one is empty or has another size than its values; those of allocations.
    pub fn new(place: &Place, initial: &[Initial<'_>]) -> Result<Trained, LabError> {
        let mut slots = Vec::with_capacity(initial.len());
        let (mut all, mut kept) = (Vec::new(), Vec::new());
        for part in initial {
            let slot = Slot { first: all.len(), rows: part.rows, cols: part.cols };
            if part.values.is_empty() || part.rows.checked_mul(part.cols) != Some(part.values.len()) {
                return Err(misfit(format!("[{}, {}], not empty", part.rows, part.cols), part.values.len()));
            }
            all.extend_from_slice(part.values);
            all.resize(all.len().next_multiple_of(STEP), 0.0);
            if !part.decays {
                kept.push(slot.range());
            }
            slots.push(slot);
        }
        if slots.is_empty() {
            return Err(misfit("parameters", 0));
        }
        let count = all.len();
        let state = match place {
            Place::Gpu(gpu) => {
                let zeroed = |what| gpu.allocate(what, count as u64 * 4);
                let (means, squares, slopes) = (zeroed("means")?, zeroed("squares")?, zeroed("gradients")?);
                let kept = if kept.is_empty() { None } else { Some(Kept::new(gpu, &kept)?) };
                let all = Tensor::<1>::from_data(TensorData::new(all, [count]), &place.device()?);
                let all = all
                    .try_into_primitive::<Cube>()
                    .map_err(|error| LabError::Kernel { kernel: "burn".into(), message: format!("{error:?}") })?;
                State::Gpu { gpu: gpu.clone(), all: Box::new(all), means, squares, slopes, kept }
            }
            Place::Cpu => {
                let p = all.iter().map(|&v| f64::from(v)).collect();
                State::Cpu { state: Moments { p, m: vec![0.0; count], v: vec![0.0; count] }, kept }
            }
        };
        Ok(Trained { place: place.clone(), slots, count, steps: 0, state })
    }

    /// The parameters as leaves of a new graph, in the order they were given. Use them for one step.
    ///
    /// # Shapes
    /// `[rows, cols]` each
    /// # Errors
    /// As [`Place::device`].
    pub fn leaves(&self) -> Result<Vec<Tensor<2>>, LabError> {
        let device = self.place.device()?;
        let view = |slot: &Slot| match &self.state {
            State::Gpu { all, .. } => {
                let (from, to) = (slot.range().start as u64 * 4, slot.range().end as u64 * 4);
                let handle = all.handle.clone().offset_start(from).offset_end(self.count as u64 * 4 - to);
                let shape = [slot.rows, slot.cols].into();
                let part =
                    CubeTensor::new_contiguous(all.client.clone(), all.device.clone(), shape, handle, DType::F32);
                Tensor::from_primitive::<Cube>(part)
            }
            State::Cpu { state, .. } => {
                let part: Vec<f32> = state.p[slot.range()].iter().map(|&p| p as f32).collect();
                Tensor::from_data(TensorData::new(part, [slot.rows, slot.cols]), &device)
            }
        };
        Ok(self.slots.iter().map(|slot| Tensor::from_inner(view(slot)).require_grad()).collect())
    }

    /// A step of AdamW against the gradients of the leaves; a leaf that the loss did not reach has the gradient zero. With
    /// `clip` all gradients together are first scaled down to that norm where theirs is larger.
    ///
    /// # Errors
    /// [`LabError::Shape`] if these are not the leaves; those of the kernel, and of reading gradients on the processor.
    /// # Source
    /// Clipping: Pascanu et al. 2013, arXiv:1211.5063, algorithm 1.
    pub async fn step(
        &mut self,
        leaves: &[Tensor<2>],
        gradients: &Gradients,
        settings: &AdamW,
        clip: Option<f32>,
    ) -> Result<(), LabError> {
        let fit = self.slots.iter().map(|slot| [slot.rows, slot.cols]).eq(leaves.iter().map(Tensor::dims));
        if !fit {
            return Err(misfit(format!("{} leaves", self.slots.len()), leaves.len()));
        }
        let mut found: Vec<(Option<Tensor<2>>, Slot)> =
            leaves.iter().zip(&self.slots).map(|(leaf, slot)| (leaf.grad(gradients), *slot)).collect();
        if let Some(most) = clip {
            let squares = found.iter().flat_map(|(slope, _)| slope).map(|s| s.clone().powi_scalar(2).sum());
            if let Some(sum) = squares.reduce(|a, b| a + b) {
                let norm = values(sum).await?[0].sqrt();
                if norm > most {
                    let scaled = |slope: Tensor<2>| slope.mul_scalar(most / norm);
                    found = found.into_iter().map(|(slope, slot)| (slope.map(scaled), slot)).collect();
                }
            }
        }
        let step = self.steps + 1;
        match &mut self.state {
            State::Gpu { gpu, all, means, squares, slopes, kept } => {
                let mut lending = Lending::new(gpu);
                lending.batch.clear(slopes);
                for (slope, slot) in found {
                    let Some(slope) = slope else { continue };
                    let slope = slope
                        .try_into_primitive::<Cube>()
                        .map_err(|error| LabError::Kernel { kernel: "burn".into(), message: format!("{error:?}") })?;
                    let from = lending.matrix(&slope)?;
                    let bytes = from.count() as u64 * 4;
                    lending.batch.copy(from.buffer(), 0, slopes, slot.first as u64 * 4, bytes);
                }
                let p = lending.written(all, self.count)?;
                let on = Optimizing { count: self.count, p: &p, m: means, v: squares, g: slopes, kept: kept.as_ref() };
                adamw(gpu, &mut lending.batch, &on, settings, step)?;
                lending.submit()?;
            }
            State::Cpu { state, kept } => {
                let mut slopes = vec![0f32; self.count];
                for (slope, slot) in found {
                    let Some(slope) = slope else { continue };
                    slopes[slot.range()].copy_from_slice(&values(slope).await?);
                }
                math::adamw(state, &slopes, settings, step, kept);
            }
        }
        self.steps = step;
        Ok(())
    }

    /// All parameters and moments, to go on from later.
    ///
    /// # Errors
    /// Those of reading the device.
    pub async fn export(&self) -> Result<Saved, LabError> {
        let state = match &self.state {
            State::Cpu { state, .. } => state.clone(),
            State::Gpu { gpu, all, means, squares, .. } => {
                let p = values(Tensor::<1>::from_primitive::<Cube>((**all).clone())).await?;
                let mut batch = Batch::new(gpu);
                let slots = [means, squares].map(|buffer| batch.read(buffer, 0, self.count as u64 * 4));
                let readings = batch.finish().await?;
                let wide = |values: Vec<f32>| values.into_iter().map(f64::from).collect();
                let [m, v] = slots.map(|slot| wide(readings.get(&slot)));
                Moments { p: wide(p), m, v }
            }
        };
        Ok(Saved { steps: self.steps, state })
    }

    /// Goes on from what [`Trained::export`] gave, of the same parameters in the same order.
    ///
    /// # Errors
    /// [`LabError::Shape`] if there are more or fewer values; those of writing to the device.
    pub fn import(&mut self, saved: Saved) -> Result<(), LabError> {
        let Saved { steps, state: given } = saved;
        if [&given.p, &given.m, &given.v].iter().any(|part| part.len() != self.count) {
            return Err(misfit(format!("{} values", self.count), given.p.len()));
        }
        match &mut self.state {
            State::Cpu { state, .. } => *state = given,
            State::Gpu { gpu, all, means, squares, .. } => {
                let narrow = |part: &[f64]| -> Vec<f32> { part.iter().map(|&v| v as f32).collect() };
                let p = Tensor::<1>::from_data(TensorData::new(narrow(&given.p), [self.count]), &self.place.device()?);
                **all = p
                    .try_into_primitive::<Cube>()
                    .map_err(|error| LabError::Kernel { kernel: "burn".into(), message: format!("{error:?}") })?;
                gpu.write(means, 0, bytemuck::cast_slice(&narrow(&given.m)))?;
                gpu.write(squares, 0, bytemuck::cast_slice(&narrow(&given.v)))?;
            }
        }
        self.steps = steps;
        Ok(())
    }

    /// The parameters in the order they were given, `[rows * cols]` each.
    ///
    /// # Errors
    /// Those of reading the device.
    pub async fn parameters(&self) -> Result<Vec<Vec<f32>>, LabError> {
        let all: Vec<f32> = match &self.state {
            State::Cpu { state, .. } => state.p.iter().map(|&p| p as f32).collect(),
            State::Gpu { all, .. } => values(Tensor::<1>::from_primitive::<Cube>((**all).clone())).await?,
        };
        Ok(self.slots.iter().map(|slot| all[slot.range()].to_vec()).collect())
    }

    /// Steps made so far.
    pub fn steps(&self) -> u32 {
        self.steps
    }
}

fn misfit(expected: impl Into<String>, got: usize) -> LabError {
    shape_error("trained", expected, got.to_string())
}
