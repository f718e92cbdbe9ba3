//! The parameters that are trained, kept one after the other, so that one dispatch moves them all.
//!
//! On the device burn's tensors are views of one buffer, and a step of AdamW overwrites it in place: the next graph sees
//! the new values. On the processor `math::adamw` keeps them in f32 or f64.

mod device;

use std::ops::Range;

use burn::backend::Cube;
use burn::backend::wgpu::CubeTensor;
use burn::tensor::{DType, Gradients, Tensor, TensorData};

use crate::kernels::shape_error;
use crate::math::{self, Moments, Rule};
use crate::protocol::LabError;

use super::device::{Place, values};
use device::OnGpu;

/// Every parameter begins at a multiple of so many values: 256 bytes, where every WebGPU device can bind.
const STEP: usize = 64;

/// A parameter's place among all values.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slot {
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
    Gpu(Box<OnGpu>),
    Wide { state: Moments<f64>, kept: Vec<Range<usize>> },
    Narrow { state: Moments<f32>, kept: Vec<Range<usize>> },
}

/// The gradient of each leaf; `None` where the loss did not reach it.
pub type Slopes = Vec<Option<Tensor<2>>>;

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
    /// Lays the parameters out on their device; moments begin as zeros. On the processor they are kept in f64.
    ///
    /// # Errors
    /// [`LabError::Shape`] if there are none or one is empty or has another size than its values; those of allocations.
    pub fn new(place: &Place, initial: &[Initial<'_>]) -> Result<Trained, LabError> {
        Trained::laid_out(place, initial, |all, kept| {
            let wide: Vec<f64> = all.into_iter().map(f64::from).collect();
            let zeros = vec![0.0; wide.len()];
            State::Wide { state: Moments { p: wide, m: zeros.clone(), v: zeros }, kept }
        })
    }

    /// The same in f32 on the processor too: half the memory, as on the device.
    ///
    /// # Errors
    /// As [`Trained::new`].
    pub fn in_single_precision(place: &Place, initial: &[Initial<'_>]) -> Result<Trained, LabError> {
        Trained::laid_out(place, initial, |all, kept| {
            let zeros = vec![0f32; all.len()];
            State::Narrow { state: Moments { p: all, m: zeros.clone(), v: zeros }, kept }
        })
    }

    fn laid_out(
        place: &Place,
        initial: &[Initial<'_>],
        on_processor: impl FnOnce(Vec<f32>, Vec<Range<usize>>) -> State,
    ) -> Result<Trained, LabError> {
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
            Place::Gpu(gpu) => State::Gpu(Box::new(OnGpu::new(gpu, all, kept)?)),
            Place::Cpu => on_processor(all, kept),
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
        let part = |values: Vec<f32>, slot: &Slot| -> Tensor<2> {
            Tensor::from_data(TensorData::new(values, [slot.rows, slot.cols]), &device)
        };
        let view = |slot: &Slot| match &self.state {
            State::Gpu(on) => {
                let all = &on.all;
                let (from, to) = (slot.range().start as u64 * 4, slot.range().end as u64 * 4);
                let handle = all.handle.clone().offset_start(from).offset_end(self.count as u64 * 4 - to);
                let shape = [slot.rows, slot.cols].into();
                let part =
                    CubeTensor::new_contiguous(all.client.clone(), all.device.clone(), shape, handle, DType::F32);
                Tensor::from_primitive::<Cube>(part)
            }
            State::Wide { state, .. } => part(state.p[slot.range()].iter().map(|&p| p as f32).collect(), slot),
            State::Narrow { state, .. } => part(state.p[slot.range()].to_vec(), slot),
        };
        Ok(self.slots.iter().map(|slot| Tensor::from_inner(view(slot)).require_grad()).collect())
    }

    /// The gradients of these leaves among those of a loss.
    pub fn slopes(leaves: &[Tensor<2>], gradients: &Gradients) -> Slopes {
        leaves.iter().map(|leaf| leaf.grad(gradients)).collect()
    }

    /// A step against the gradients of the leaves; a leaf that the loss did not reach has the gradient zero. With `clip` all
    /// gradients together are first scaled down to that norm where theirs is larger. Gives their norm before, if it was asked
    /// to clip.
    ///
    /// # Errors
    /// [`LabError::Shape`] if these are not the leaves' gradients; those of the kernel, and of reading gradients on the
    /// processor.
    /// # Source
    /// Clipping: Pascanu et al. 2013, arXiv:1211.5063, algorithm 1.
    pub async fn step(&mut self, slopes: Slopes, rule: &Rule, clip: Option<f32>) -> Result<Option<f32>, LabError> {
        let fits = |(slope, slot): (&Option<Tensor<2>>, &Slot)| {
            slope.as_ref().is_none_or(|slope| slope.dims() == [slot.rows, slot.cols])
        };
        if slopes.len() != self.slots.len() || !slopes.iter().zip(&self.slots).all(fits) {
            return Err(misfit(format!("{} gradients", self.slots.len()), slopes.len()));
        }
        let mut found: Vec<(Option<Tensor<2>>, Slot)> = slopes.into_iter().zip(self.slots.iter().copied()).collect();
        let mut norm = None;
        if let Some(most) = clip {
            let squares = found.iter().flat_map(|(slope, _)| slope).map(|s| s.clone().powi_scalar(2).sum());
            if let Some(sum) = squares.reduce(|a, b| a + b) {
                let length = values(sum).await?[0].sqrt();
                norm = Some(length);
                if length > most {
                    let scaled = |slope: Tensor<2>| slope.mul_scalar(most / length);
                    found = found.into_iter().map(|(slope, slot)| (slope.map(scaled), slot)).collect();
                }
            }
        }
        let step = self.steps + 1;
        match &mut self.state {
            State::Gpu(on) => match rule {
                Rule::AdamW(settings) => on.adamw(found, self.count, settings, step)?,
                Rule::Sgd(settings) => on.descend(found, self.count, settings).await?,
            },
            State::Wide { state, kept } => apply(rule, state, &in_a_row(found, self.count).await?, step, kept),
            State::Narrow { state, kept } => apply(rule, state, &in_a_row(found, self.count).await?, step, kept),
        }
        self.steps = step;
        Ok(norm)
    }

    /// All parameters and moments, to go on from later.
    ///
    /// # Errors
    /// Those of reading the device.
    pub async fn export(&self) -> Result<Saved, LabError> {
        let wide = |values: &[f32]| values.iter().map(|&v| f64::from(v)).collect();
        let state = match &self.state {
            State::Wide { state, .. } => state.clone(),
            State::Narrow { state, .. } => Moments { p: wide(&state.p), m: wide(&state.m), v: wide(&state.v) },
            State::Gpu(on) => {
                let [m, v] = on.moments().await?;
                Moments { p: wide(&on.parameters().await?), m: wide(&m), v: wide(&v) }
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
        let narrow = |part: &[f64]| -> Vec<f32> { part.iter().map(|&v| v as f32).collect() };
        match &mut self.state {
            State::Wide { state, .. } => *state = given,
            State::Narrow { state, .. } => {
                *state = Moments { p: narrow(&given.p), m: narrow(&given.m), v: narrow(&given.v) };
            }
            State::Gpu(on) => on.set(narrow(&given.p), &narrow(&given.m), &narrow(&given.v))?,
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
            State::Wide { state, .. } => state.p.iter().map(|&p| p as f32).collect(),
            State::Narrow { state, .. } => state.p.clone(),
            State::Gpu(on) => on.parameters().await?,
        };
        Ok(self.slots.iter().map(|slot| all[slot.range()].to_vec()).collect())
    }

    /// Bytes of the parameters as they are kept.
    pub fn parameter_bytes(&self) -> u64 {
        self.count as u64 * if matches!(self.state, State::Wide { .. }) { 8 } else { 4 }
    }

    /// Bytes of the moments.
    pub fn moment_bytes(&self) -> u64 {
        2 * self.parameter_bytes()
    }

    /// Steps made so far.
    pub fn steps(&self) -> u32 {
        self.steps
    }
}

/// All gradients one after the other, zeros between them.
async fn in_a_row(found: Vec<(Option<Tensor<2>>, Slot)>, count: usize) -> Result<Vec<f32>, LabError> {
    let mut slopes = vec![0f32; count];
    for (slope, slot) in found {
        let Some(slope) = slope else { continue };
        slopes[slot.range()].copy_from_slice(&values(slope).await?);
    }
    Ok(slopes)
}

fn apply<F: math::Kept>(rule: &Rule, state: &mut Moments<F>, slopes: &[f32], step: u32, kept: &[Range<usize>]) {
    match rule {
        Rule::AdamW(settings) => math::adamw(state, slopes, settings, step, kept),
        Rule::Sgd(settings) => math::sgd(state, slopes, settings, kept),
    }
}

fn misfit(expected: impl Into<String>, got: usize) -> LabError {
    shape_error("trained", expected, got.to_string())
}
