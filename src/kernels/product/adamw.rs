//! One step of AdamW over all parameters in one dispatch; `shaders/adamw.wgsl`, reference `math::adamw`.

use std::ops::Range;

use crate::gpu::{Access, Batch, Gpu, GpuBuffer, Kernel};
use crate::kernels::matrix::shape_error;
use crate::kernels::params::params;
use crate::math::AdamW;
use crate::protocol::LabError;

use super::pad::LANES;

pub(in crate::kernels) const NAME: &str = "adamw";
pub(in crate::kernels) const SOURCE: &str = shader!("adamw");

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

/// Stretches of the parameters that are not decayed: norms and biases usually.
pub struct Kept {
    ends: GpuBuffer,
    count: u32,
    /// Where the last one ends.
    end: usize,
}

impl Kept {
    /// Takes them to the device, in ascending order.
    ///
    /// # Errors
    /// [`LabError::Shape`] if they overlap or are out of order; [`LabError::OutOfMemory`], [`LabError::DeviceLost`].
    pub fn new(gpu: &Gpu, stretches: &[Range<usize>]) -> Result<Kept, LabError> {
        let ends: Vec<u32> = stretches.iter().flat_map(|s| [s.start as u32, s.end as u32]).collect();
        if !ends.is_sorted() {
            return Err(shape_error(NAME, "stretches in ascending order", format!("{stretches:?}")));
        }
        let end = stretches.last().map_or(0, |s| s.end);
        Ok(Kept { ends: gpu.upload("kept from decay", &ends)?, count: stretches.len() as u32, end })
    }
}

/// Everything that a step moves: all parameters of a model one after the other, and for each of them its moments and its
/// gradient at the same place.
#[derive(Clone, Copy)]
pub struct Optimizing<'a> {
    pub count: usize,
    pub p: &'a GpuBuffer,
    pub m: &'a GpuBuffer,
    pub v: &'a GpuBuffer,
    pub g: &'a GpuBuffer,
    /// `None`: all are decayed.
    pub kept: Option<&'a Kept>,
}

/// Records a step of AdamW against the gradients; `step` counts from 1. Moments begin as zeros.
///
/// `m = beta1 m + (1 - beta1) g`, `v = beta2 v + (1 - beta2) g^2`,
/// `p = p - rate (decay p + (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + epsilon))`
///
/// # Shapes
/// all `[count]`; buffers that end with a whole vector of four values are read by vectors
/// # Errors
/// [`LabError::Shape`] if a buffer is too small or `step` is 0; [`LabError::Kernel`], [`LabError::DeviceLost`].
/// # Source
/// Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2.
pub fn adamw(
    gpu: &Gpu,
    batch: &mut Batch<'_>,
    all: &Optimizing<'_>,
    settings: &AdamW,
    step: u32,
) -> Result<(), LabError> {
    let buffers = [all.p, all.m, all.v, all.g];
    let smallest = buffers.iter().map(|b| b.size_bytes()).min().unwrap_or(0);
    let kept_end = all.kept.map_or(0, |kept| kept.end);
    if smallest < all.count as u64 * 4 || step == 0 || kept_end > all.count {
        let got = format!("{smallest} bytes, step {step}, kept up to {kept_end}");
        return Err(shape_error(NAME, format!("{} values each, steps from 1", all.count), got));
    }
    let (beta1, beta2) = (f64::from(settings.beta1), f64::from(settings.beta2));
    let params = Params {
        count: all.count as u32,
        segments: all.kept.map_or(0, |kept| kept.count),
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
    // Gradients bind a second time in place of stretches that are not there.
    let buffers = [all.p, all.m, all.v, all.g, all.kept.map_or(all.g, |kept| &kept.ends)];
    let whole = smallest >= all.count.next_multiple_of(LANES) as u64 * 4;
    let (kernel, count) = match gpu.forced_variant(NAME).as_deref() {
        Some("v1") => (&SINGLE, all.count),
        _ if !whole => (&SINGLE, all.count),
        _ => (&VECTORS, all.count.div_ceil(LANES)),
    };
    batch.run(kernel, &[], &params, &buffers, (count as u64).div_ceil(WORKGROUP))
}
