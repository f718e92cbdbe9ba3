//! burn on our own device: the trainer's WGSL pipelines and burn's share one wgpu device and queue.

use std::cell::RefCell;
use std::rc::{Rc, Weak};

use burn::tensor::wgpu::{MemoryConfiguration, WgpuSetup};
use burn::tensor::{Device, Tensor};

use crate::gpu::{Gpu, Handles};
use crate::kernels::product::Storage;
use crate::protocol::LabError;

use super::FrozenWeights;

/// A burn device; cheap to clone.
pub type BurnDevice = Device;

thread_local! {
    /// The device registered last: burn does not notice a second registration of the same handles.
    static REGISTERED: RefCell<Option<(Weak<Gpu>, BurnDevice)>> = const { RefCell::new(None) };
}

/// `gpu`'s own device and queue as a burn device; registered once.
///
/// # Errors
/// [`LabError::NoGpu`] with burn's message.
pub fn on_gpu(gpu: &Rc<Gpu>) -> Result<BurnDevice, LabError> {
    let Handles { instance, adapter, device: ours, queue, .. } = gpu.handles()?;
    let known = REGISTERED.with_borrow(|registered| {
        let (known, burns) = registered.as_ref()?;
        known.upgrade().filter(|known| known.handles().is_ok_and(|known| known.device == *ours)).map(|_| burns.clone())
    });
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
    let device = Device::wgpu_options()
        // A buffer for each tensor, as in a browser: our kernels bind some to be read and others to be written, and
        // WebGPU refuses both uses of one buffer in one dispatch, even of separate parts.
        .memory_config(MemoryConfiguration::ExclusivePages)
        .setup(setup)
        .init()
        .map_err(|e| LabError::NoGpu { message: e.to_string() })?;
    #[cfg(not(target_arch = "wasm32"))]
    gpu.listen_again();
    REGISTERED.set(Some((Rc::downgrade(gpu), device.clone())));
    Ok(device)
}

/// The device registered last, for operations on burn tensors alone.
///
/// # Errors
/// [`LabError::NoGpu`] if there is none any more.
pub(super) fn registered() -> Result<Rc<Gpu>, LabError> {
    REGISTERED
        .with_borrow(|registered| registered.as_ref().and_then(|(ours, _)| ours.upgrade()))
        .ok_or_else(|| LabError::NoGpu { message: "no device is registered with burn on this thread".into() })
}

/// burn's portable CPU backend with SIMD.
pub fn on_cpu() -> BurnDevice {
    Device::flex()
}

/// Where to compute.
#[derive(Clone)]
pub enum Place {
    Gpu(Rc<Gpu>),
    Cpu,
}

impl Place {
    /// As a burn device without a graph.
    ///
    /// # Errors
    /// As [`on_gpu`].
    pub fn device(&self) -> Result<BurnDevice, LabError> {
        match self {
            Place::Gpu(gpu) => on_gpu(gpu),
            Place::Cpu => Ok(on_cpu()),
        }
    }

    /// A frozen weight there.
    ///
    /// # Errors
    /// As [`FrozenWeights::on_gpu`] and [`FrozenWeights::on_cpu`].
    pub fn freeze(&self, w: &[f32], sides: (usize, usize), storage: Storage) -> Result<FrozenWeights, LabError> {
        match self {
            Place::Gpu(gpu) => FrozenWeights::on_gpu(gpu, w, sides, storage),
            Place::Cpu => FrozenWeights::on_cpu(w, sides, storage),
        }
    }
}

/// The values of a tensor, row-major.
///
/// # Errors
/// [`LabError::Kernel`] with burn's message.
pub async fn values<const D: usize>(tensor: Tensor<D>) -> Result<Vec<f32>, LabError> {
    let broken = |message: String| LabError::Kernel { kernel: "burn".into(), message };
    let data = tensor.into_data_async().await.map_err(|e| broken(format!("{e:?}")))?;
    data.try_to_vec::<f32>().map_err(|e| broken(format!("{e:?}")))
}
