//! Updates added to the weights of a model, so that it runs as fast as before and loads everywhere, and taken away again.

use super::Adapter;
use crate::data::llama::{Checkpoint, LlamaConfig, Part, TensorSpec};
use crate::math::lora_update;
use crate::math::peft::{Method, ModelShape, Role, Target, Trainable};
use crate::protocol::LabError;

/// The model that `adapter` makes of `base`: `W + scale B A`, in f64 and rounded once.
///
/// After full fine-tuning that is the trained weights; a trained head makes an untied model. For QLoRA `base` is what it
/// was trained on, the dequantized weights, as `peft`'s `merge_and_unload` has it.
///
/// # Errors
/// [`LabError::Conflict`] for a method that adds more than weights; [`LabError::Shape`] if the adapter is another
/// model's; [`LabError::OutOfRange`] if a sum is beyond f32.
/// # Source
/// Hu et al. 2021, arXiv:2106.09685, section 4.1, "No Additional Inference Latency".
pub fn merged(base: &Checkpoint, adapter: &Adapter) -> Result<Checkpoint, LabError> {
    let kept = adapter.check(&ModelShape::from(&base.config))?;
    match adapter.method {
        Method::Full => Checkpoint::new(base.config.clone(), adapter.matrices.clone()),
        Method::Head => {
            let config = LlamaConfig { tied: false, ..base.config.clone() };
            let mut tensors = base.tensors().to_vec();
            tensors.truncate(config.tensors().len() - 1);
            tensors.extend(adapter.matrices.iter().cloned());
            Checkpoint::new(config, tensors)
        }
        Method::Lora | Method::Qlora => shifted(base, adapter, &kept, 1.0),
        Method::Adapter | Method::Prompt | Method::Prefix | Method::DeepPrompt => Err(not_in_weights(adapter)),
    }
}

/// The model that `adapter` was merged into: `W' - scale B A`, which is `W` to within the rounding of `W'`.
///
/// # Errors
/// As [`merged`]; [`LabError::Conflict`] for everything but LoRA and QLoRA.
pub fn unmerged(merged: &Checkpoint, adapter: &Adapter) -> Result<Checkpoint, LabError> {
    let kept = adapter.check(&ModelShape::from(&merged.config))?;
    match adapter.method {
        Method::Lora | Method::Qlora => shifted(merged, adapter, &kept, -1.0),
        _ => Err(not_in_weights(adapter)),
    }
}

fn not_in_weights(adapter: &Adapter) -> LabError {
    LabError::Conflict { field: adapter.method.word().into(), with: "model.safetensors".into() }
}

/// The model with `sign scale B A` added to every matrix that has an update.
fn shifted(base: &Checkpoint, adapter: &Adapter, kept: &[Trainable], sign: f32) -> Result<Checkpoint, LabError> {
    let specs = base.config.tensors();
    let mut tensors = base.tensors().to_vec();
    let scale = sign * adapter.settings.lora.scale();
    let rank = adapter.settings.lora.rank as usize;
    // `A` and `B` of a matrix stand side by side.
    for (pair, matrices) in kept.chunks_exact(2).zip(adapter.matrices.chunks_exact(2)) {
        let ([down, up], [a, b]) = (pair, matrices) else { continue };
        let Role::LoraA(target) = down.role else { continue };
        let is_it = |spec: &TensorSpec| spec.layer == down.layer && spec.part == part(target);
        let Some(at) = specs.iter().position(is_it) else { continue };
        let update = lora_update(a, b, scale, (up.rows, down.cols, rank));
        for (weight, change) in tensors[at].iter_mut().zip(update) {
            let sum = f64::from(*weight) + change;
            *weight = sum as f32;
            if !weight.is_finite() {
                let (field, max) = (specs[at].name.clone(), f64::from(f32::MAX));
                return Err(LabError::OutOfRange { field, min: -max, max, got: sum });
            }
        }
    }
    Checkpoint::new(base.config.clone(), tensors)
}

/// The tensor of a model that a target is.
fn part(target: Target) -> Part {
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
