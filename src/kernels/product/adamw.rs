//! One step of AdamW over all parameters in one dispatch; `shaders/adamw.wgsl`, reference `math::adamw`.

use std::ops::Range;

use crate::gpu::{Access, Batch, Gpu, GpuBuffer, Kernel};
use crate::kernels::matrix::shape_error;
use crate::kernels::params::params;
use crate::math::AdamW;
use crate::protocol::LabError;

use super::pad::LANES;

pub(in crate::kernels) const NAME: &str = "adamw";
pub(in crate::kernels) const SOURCE: &str = include_str!("../../../shaders/adamw.wgsl");

const fn kernel(entry: &'static str) -> Kernel {
    let bindings = &[(1, Access::Write), (2, Access::Write), (3, Access::Write), (4, Access::Read), (5, Access::Read)];
    Kernel { name: NAME, source: SOURCE, entry, bindings }
}

const SINGLE: Kernel = kernel("adamw_v1");
const VECTORS: Kernel = kernel("adamw");
const WORKGROUP: u64 = 64;

params! {
    count: u32,
    segments: u32,
    rate: f32,
    beta1: f32,
    beta2: f32,
    epsilon: f32,
    decay: f32,
    correction1: f32,
    correction2: f32,
    rest1: f32,
    rest2: f32,
}

/// All parameters of a model one after the other, their moments, and which are not decayed.
pub struct Optimizer {
    pub count: usize,
    pub p: GpuBuffer,
    m: GpuBuffer,
    v: GpuBuffer,
    kept: GpuBuffer,
    segments: u32,
}

impl Optimizer {
    /// Takes parameters `[count]` to the device, their moments zero; `kept` are the stretches that are not decayed, in
    /// ascending order.
    ///
    /// # Errors
    /// [`LabError::Shape`] if the stretches overlap or reach beyond the parameters; [`LabError::TooLarge`],
    /// [`LabError::OutOfMemory`], [`LabError::DeviceLost`].
    pub fn new(gpu: &Gpu, p: &[f32], kept: &[Range<usize>]) -> Result<Optimizer, LabError> {
        let ends: Vec<usize> = kept.iter().flat_map(|range| [range.start, range.end]).collect();
        if !ends.is_sorted() || ends.last().is_some_and(|&end| end > p.len()) {
            return Err(shape_error(NAME, format!("stretches of {} parameters", p.len()), format!("{kept:?}")));
        }
        let words: Vec<u32> = ends.iter().map(|&end| end as u32).collect();
        let bytes = p.len().next_multiple_of(LANES) as u64 * 4;
        let zeroed = |what| gpu.allocate(what, bytes);
        let (params, m, v) = (zeroed("parameters")?, zeroed("means")?, zeroed("squares")?);
        gpu.write(&params, 0, bytemuck::cast_slice(p))?;
        let kept = gpu.upload("kept from decay", &words)?;
        Ok(Optimizer { count: p.len(), p: params, m, v, kept, segments: (words.len() / 2) as u32 })
    }

    /// The two moments, for a checkpoint.
    pub fn moments(&self) -> [&GpuBuffer; 2] {
        [&self.m, &self.v]
    }

    /// Records a step against the gradients `g [count]`; `step` counts from 1.
    ///
    /// # Errors
    /// [`LabError::Shape`]; [`LabError::Kernel`], [`LabError::DeviceLost`].
    /// # Source
    /// Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2.
    pub fn step(
        &self,
        gpu: &Gpu,
        batch: &mut Batch<'_>,
        g: &GpuBuffer,
        settings: &AdamW,
        step: u32,
    ) -> Result<(), LabError> {
        if g.size_bytes() < self.count as u64 * 4 || step == 0 {
            let got = format!("{} bytes, step {step}", g.size_bytes());
            return Err(shape_error(NAME, format!("{} gradients, steps from 1", self.count), got));
        }
        let (beta1, beta2) = (f64::from(settings.beta1), f64::from(settings.beta2));
        let params = Params {
            count: self.count as u32,
            segments: self.segments,
            rate: settings.rate,
            beta1: settings.beta1,
            beta2: settings.beta2,
            epsilon: settings.epsilon,
            decay: settings.decay,
            correction1: (1.0 - beta1.powi(step as i32)) as f32,
            correction2: (1.0 - beta2.powi(step as i32)) as f32,
            rest1: (1.0 - beta1) as f32,
            rest2: (1.0 - beta2) as f32,
        };
        let buffers = [&self.p, &self.m, &self.v, g, &self.kept];
        // Gradients that do not end with a whole vector are read one by one.
        let whole = g.size_bytes() >= self.p.size_bytes() && gpu.forced_variant(NAME).as_deref() != Some("v1");
        let (kernel, count) = if whole { (&VECTORS, self.count.div_ceil(LANES)) } else { (&SINGLE, self.count) };
        batch.run(kernel, &[], &params, &buffers, (count as u64).div_ceil(WORKGROUP))
    }
}
