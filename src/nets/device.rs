//! burn on our own device: the trainer's WGSL pipelines and burn's share one wgpu device and queue.

use std::cell::RefCell;

use burn::tensor::Device;
use burn::tensor::wgpu::WgpuSetup;

use crate::gpu::{Gpu, Handles};
use crate::protocol::LabError;

/// A burn device; cheap to clone.
pub type BurnDevice = Device;

thread_local! {
    /// The device registered last: burn does not notice a second registration of the same handles.
    static REGISTERED: RefCell<Option<(wgpu::Device, BurnDevice)>> = const { RefCell::new(None) };
}

/// `gpu`'s own device and queue as a burn device; registered once.
///
/// # Errors
/// [`LabError::NoGpu`] with burn's message.
pub fn on_gpu(gpu: &Gpu) -> Result<BurnDevice, LabError> {
    let Handles { instance, adapter, device: ours, queue, .. } = gpu.handles()?;
    let known =
        REGISTERED.with_borrow(|r| r.as_ref().filter(|(known, _)| known == ours).map(|(_, burns)| burns.clone()));
    if let Some(device) = known {
        return Ok(device);
    }
    let setup = WgpuSetup {
        instance: instance.clone(),
        adapter: adapter.clone(),
        device: ours.clone(),
        queue: queue.clone(),
        backend: adapter.get_info().backend,
    };
    let device = Device::wgpu_options().setup(setup).init().map_err(|e| LabError::NoGpu { message: e.to_string() })?;
    REGISTERED.set(Some((ours.clone(), device.clone())));
    Ok(device)
}

/// burn's portable CPU backend with SIMD.
pub fn on_cpu() -> BurnDevice {
    Device::flex()
}
