//! One format on the GPU tier.

use std::rc::Rc;

use super::cost::Ceilings;
use super::inputs::Inputs;
use crate::gpu::Gpu;
use crate::labs::Ctx;
use crate::labs::kernel::{Config, Multiply};
use crate::protocol::LabError;

fn not_yet() -> LabError {
    LabError::Unknown { field: "kernel".into(), got: "product".into() }
}

/// A packed weight on the device and room for the result.
pub struct GpuProduct;

impl GpuProduct {
    pub async fn new(
        _format: Multiply,
        _config: &Config,
        _inputs: Rc<Inputs>,
        _gpu: &Rc<Gpu>,
        _ctx: &Ctx,
    ) -> Result<GpuProduct, LabError> {
        Err(not_yet())
    }

    pub fn weight_bytes(&self) -> u64 {
        0
    }

    pub async fn choose(&mut self, _batch: usize, _ctx: &Ctx) -> Result<(), LabError> {
        Err(not_yet())
    }

    pub async fn time(&mut self, _batch: usize, _ctx: &Ctx) -> Result<f64, LabError> {
        Err(not_yet())
    }

    pub fn variant(&self, _batch: usize) -> String {
        String::new()
    }

    pub fn versions(&self) -> Vec<(String, String)> {
        Vec::new()
    }

    pub async fn time_version(&mut self, _name: &str, _batch: usize, _ctx: &Ctx) -> Result<f64, LabError> {
        Err(not_yet())
    }

    pub async fn error(&mut self, _batch: usize) -> Result<f64, LabError> {
        Err(not_yet())
    }
}

/// What the device can do at most.
pub async fn ceilings(_gpu: &Rc<Gpu>, _ctx: &Ctx) -> Result<Ceilings, LabError> {
    Err(not_yet())
}
