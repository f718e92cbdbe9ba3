//! A model's weights on a tier.

use std::cell::RefCell;
use std::rc::Rc;

use super::cache::Cache;
use super::device::{DeviceModel, flop_of_a_turn};
use super::passes::piece_of;
use super::plan::Plan;
use crate::data::Matrix;
use crate::data::llama::{Checkpoint, LlamaConfig, UnitSpec, unit_matrix};
use crate::gpu::Gpu;
use crate::math::{FastWeights, WeightFormat, dequantize};
use crate::protocol::LabError;

/// What computes.
#[derive(Clone)]
pub enum Place {
    Processor,
    Gpu(Rc<Gpu>),
}

impl Place {
    /// The GPU if there is one, else the processor.
    pub fn of(gpu: Option<&Rc<Gpu>>) -> Place {
        gpu.map_or(Place::Processor, |gpu| Place::Gpu(gpu.clone()))
    }
}

/// What a product's matrix takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnitSize {
    pub format: WeightFormat,
    pub weights: u64,
    /// What the format needs: codes at their bits, and scales.
    pub packed_bytes: u64,
    /// What was allocated: INT3 and INT2 lie in slots of INT4, rows are padded, NF4 carries its table, and on the GPU
    /// tier the embedding is held on both sides.
    pub allocated_bytes: u64,
}

/// A model of the Llama family, quantized as a plan says, on a tier.
pub struct Decoder {
    pub(super) checkpoint: Rc<Checkpoint>,
    pub(super) units: Vec<UnitSpec>,
    pub(super) plan: Plan,
    /// Every unit on the processor's tier; on the GPU's only the embedding, whose rows are looked up here.
    pub(super) held: Vec<Option<FastWeights>>,
    pub(super) device: Option<DeviceModel>,
    /// The cache of the last [`Decoder::logits`], for the next.
    pub(super) spare: RefCell<Option<Cache>>,
}

impl Decoder {
    /// Quantizes a model and puts it on a tier.
    ///
    /// # Errors
    /// Those of [`Plan::check`]; [`LabError::Shape`] for heads that the GPU's kernels cannot take; [`LabError::TooLarge`],
    /// [`LabError::OutOfMemory`], [`LabError::DeviceLost`].
    pub fn new(place: Place, checkpoint: &Rc<Checkpoint>, plan: &Plan) -> Result<Decoder, LabError> {
        let config = &checkpoint.config;
        plan.check(config)?;
        let device = match place {
            Place::Processor => None,
            Place::Gpu(gpu) => {
                let piece = piece_of(config, flop_of_a_turn(&gpu));
                Some(DeviceModel::new(gpu, checkpoint, piece)?)
            }
        };
        let units = config.units();
        let held = units.iter().map(|_| None).collect();
        let (checkpoint, plan) = (checkpoint.clone(), plan.clone());
        let mut decoder = Decoder { checkpoint, units, plan, held, device, spare: RefCell::default() };
        for unit in 0..decoder.units.len() {
            decoder.put(unit)?;
        }
        Ok(decoder)
    }

    /// The hyperparameters.
    pub fn config(&self) -> &LlamaConfig {
        &self.checkpoint.config
    }

    /// The products, in the order of the plan.
    pub fn units(&self) -> &[UnitSpec] {
        &self.units
    }

    /// The format of every product now.
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Gives one product's matrix another format; the others stay as they are.
    ///
    /// # Errors
    /// [`LabError::OutOfRange`] if there is no such unit; [`LabError::OutOfMemory`], [`LabError::DeviceLost`].
    pub fn set(&mut self, unit: usize, format: WeightFormat) -> Result<(), LabError> {
        self.unit(unit)?;
        if self.plan.formats[unit] == format {
            return Ok(());
        }
        let before = std::mem::replace(&mut self.plan.formats[unit], format);
        self.put(unit).inspect_err(|_| self.plan.formats[unit] = before)
    }

    /// Gives one product's matrix other weights, in FP32, until it is given a format that it does not have: for experiments
    /// with weights that no checkpoint holds.
    ///
    /// # Errors
    /// [`LabError::OutOfRange`] if there is no such unit; [`LabError::Shape`] for another number of weights;
    /// [`LabError::OutOfMemory`], [`LabError::DeviceLost`].
    pub fn set_values(&mut self, unit: usize, values: Vec<f32>) -> Result<(), LabError> {
        let spec = self.unit(unit)?;
        let (rows, cols) = (spec.rows, spec.cols);
        if values.len() != rows * cols {
            let (expected, got) = (format!("[{rows}, {cols}]"), format!("[{}]", values.len()));
            return Err(LabError::Shape { operation: spec.name.clone(), expected, got });
        }
        self.plan.formats[unit] = WeightFormat::Fp32;
        self.put_matrix(unit, &Matrix { rows, cols, values })
    }

    /// Gives every product the format of a plan, touching only those that change.
    ///
    /// # Errors
    /// Those of [`Plan::check`] and [`Decoder::set`].
    pub fn follow(&mut self, plan: &Plan) -> Result<(), LabError> {
        plan.check(self.config())?;
        if self.plan.group != plan.group {
            self.plan = plan.clone();
            return (0..self.units.len()).try_for_each(|unit| self.put(unit));
        }
        (0..self.units.len()).try_for_each(|unit| self.set(unit, plan.formats[unit]))
    }

    fn unit(&self, unit: usize) -> Result<&UnitSpec, LabError> {
        let max = self.units.len() as f64 - 1.0;
        let wrong = || LabError::OutOfRange { field: "unit".into(), min: 0.0, max, got: unit as f64 };
        self.units.get(unit).ok_or_else(wrong)
    }

    /// Quantizes a unit and puts it where it is multiplied.
    fn put(&mut self, unit: usize) -> Result<(), LabError> {
        self.put_matrix(unit, &unit_matrix(&self.checkpoint, &self.units[unit])?)
    }

    fn put_matrix(&mut self, unit: usize, matrix: &Matrix) -> Result<(), LabError> {
        if self.device.is_none() || unit == 0 {
            self.held[unit] = Some(self.packed(unit, matrix)?);
        }
        match &mut self.device {
            Some(device) => device.put(unit, matrix, self.plan.formats[unit], self.plan.group),
            None => Ok(()),
        }
    }

    /// A unit's weights as the processor multiplies them, on whatever tier the model is.
    pub(super) fn on_processor(&self, unit: usize) -> Result<FastWeights, LabError> {
        self.packed(unit, &unit_matrix(&self.checkpoint, self.unit(unit)?)?)
    }

    fn packed(&self, unit: usize, matrix: &Matrix) -> Result<FastWeights, LabError> {
        let Matrix { rows, cols, values } = matrix;
        let quantized = self.plan.formats[unit].quantize(values, *rows, *cols, self.plan.group);
        let requested_bytes = 4 * values.len() as u64;
        FastWeights::of_quantized(&quantized).ok_or(LabError::OutOfMemory { requested_bytes })
    }

    /// The weights that a product multiplies with: quantized and back.
    ///
    /// # Errors
    /// [`LabError::OutOfRange`] if there is no such unit.
    pub fn held_matrix(&self, unit: usize) -> Result<Matrix, LabError> {
        let Matrix { rows, cols, values } = unit_matrix(&self.checkpoint, self.unit(unit)?)?;
        let quantized = self.plan.formats[unit].quantize(&values, rows, cols, self.plan.group);
        Ok(Matrix { rows, cols, values: dequantize(&quantized) })
    }

    /// What every product's matrix takes.
    pub fn sizes(&self) -> Vec<UnitSize> {
        let size = |(unit, spec): (usize, &UnitSpec)| {
            let format = self.plan.formats[unit];
            let here = self.held[unit].as_ref().map_or(0, FastWeights::size_bytes);
            UnitSize {
                format,
                weights: spec.count() as u64,
                packed_bytes: format.packed_bytes(spec.rows, spec.cols, self.plan.group),
                allocated_bytes: here + self.device.as_ref().map_or(0, |device| device.size_bytes(unit)),
            }
        };
        self.units.iter().enumerate().map(size).collect()
    }
}
