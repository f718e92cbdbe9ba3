//! Which number format each product's matrix has.

use serde::{Deserialize, Serialize};

use crate::data::llama::LlamaConfig;
use crate::math::WeightFormat;
use crate::protocol::LabError;

/// A format for every product of a model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Plan {
    /// In the order of [`LlamaConfig::units`].
    pub formats: Vec<WeightFormat>,
    /// Weights along a row that share a scale: 32, 64 or 128.
    pub group: u32,
}

impl Plan {
    /// The same format everywhere.
    pub fn uniform(config: &LlamaConfig, format: WeightFormat, group: u32) -> Plan {
        Plan { formats: vec![format; config.units().len()], group }
    }

    /// Bytes that the formats need: codes at their bits, and scales. The norms are not counted; see [`Plan::norm_bytes`].
    pub fn packed_bytes(&self, config: &LlamaConfig) -> u64 {
        let units = config.units();
        units
            .iter()
            .zip(&self.formats)
            .map(|(unit, format)| format.packed_bytes(unit.rows, unit.cols, self.group))
            .sum()
    }

    /// Bytes of the gains of a model's norms, which stay f32.
    pub fn norm_bytes(config: &LlamaConfig) -> u64 {
        let norms = config.tensors().into_iter().filter(|tensor| !tensor.part.is_matrix());
        norms.map(|tensor| 4 * tensor.count() as u64).sum()
    }

    /// Refuses a plan for another model, or with a group that the kernels do not know.
    ///
    /// # Errors
    /// [`LabError::OutOfRange`] or [`LabError::Unknown`].
    pub fn check(&self, config: &LlamaConfig) -> Result<(), LabError> {
        let (got, wanted) = (self.formats.len(), config.units().len());
        if got != wanted {
            let (min, max, got) = (wanted as f64, wanted as f64, got as f64);
            return Err(LabError::OutOfRange { field: "formats".into(), min, max, got });
        }
        if !WeightFormat::GROUPS.contains(&self.group) {
            return Err(LabError::Unknown { field: "group".into(), got: self.group.to_string() });
        }
        Ok(())
    }
}
