//! Which tier a visitor gets, and why. Decided within [`LIMIT_MILLIS`], software adapters that were asked for excepted.

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::rc::Rc;
use std::task::Poll;

use crate::gpu::{Gpu, PowerPreference};
use crate::kernels::{self, Depth};
use crate::labs::{Device, Host};
use crate::protocol::{LabError, TierReason, TierWish, Verified};

/// FAULTS.md: the tier is decided in 2 s. Asking for the device gets this long; the health check has its own budget.
const LIMIT_MILLIS: u32 = 2_000;
/// The health check of a real GPU takes at most 1.5 s; one that takes longer than this hangs.
const HEALTH_LIMIT_MILLIS: u32 = 10_000;
/// A software adapter compiles shaders on the CPU and may take this long.
const SOFTWARE_LIMIT_MILLIS: u32 = 120_000;

/// The tier, and how it came about.
pub struct Chosen {
    pub device: Device,
    pub reason: TierReason,
    /// Names adapter and driver; empty on the CPU tier.
    pub adapter: String,
    /// The verdict of a health check that ran now.
    pub health: Option<bool>,
}

impl Chosen {
    fn cpu(reason: TierReason) -> Chosen {
        Chosen { device: Device::Cpu, reason, adapter: String::new(), health: None }
    }
}

/// Opens the device that `wish` asks for and this machine can give.
///
/// Adapters in `verified` passed their health check with this build before and are not checked again; what was measured
/// on them then is taken over.
pub async fn choose(wish: TierWish, verified: &[Verified], host: &dyn Host) -> Chosen {
    if wish == TierWish::Cpu {
        return Chosen::cpu(TierReason::Asked);
    }
    if !host.has_gpu_api() {
        return Chosen::cpu(TierReason::NoWebGpu);
    }
    let limit_millis = if wish == TierWish::Gpu { SOFTWARE_LIMIT_MILLIS } else { LIMIT_MILLIS };
    let gpu = match within(Gpu::open(PowerPreference::HighPerformance), host, limit_millis).await {
        None => return Chosen::cpu(TierReason::TimedOut),
        Some(Err(LabError::NoGpu { message })) if message.is_empty() => return Chosen::cpu(TierReason::NoAdapter),
        Some(Err(error)) => return Chosen::cpu(TierReason::NoDevice { message: error.to_string() }),
        Some(Ok(gpu)) => Rc::new(gpu),
    };
    if gpu.is_software() && wish == TierWish::Auto {
        return Chosen::cpu(TierReason::SoftwareAdapter);
    }
    let adapter = gpu.adapter_key();
    let reason = if wish == TierWish::Gpu && gpu.is_software() { TierReason::Asked } else { TierReason::Hardware };
    if let Some(known) = verified.iter().find(|v| v.adapter == adapter) {
        import_choices(&gpu, &known.choices);
        return Chosen { device: Device::Gpu(gpu), reason, adapter, health: None };
    }
    let health_limit = if gpu.is_software() { SOFTWARE_LIMIT_MILLIS } else { HEALTH_LIMIT_MILLIS };
    match within(kernels::check_all(&gpu, Depth::at_start(&gpu)), host, health_limit).await {
        None => Chosen { adapter, health: Some(false), ..Chosen::cpu(TierReason::TimedOut) },
        Some(verdicts) => {
            let failed: Vec<String> = verdicts.iter().filter(|h| !h.ok).map(|h| h.kernel.to_owned()).collect();
            if failed.is_empty() {
                Chosen { device: Device::Gpu(gpu), reason, adapter, health: Some(true) }
            } else {
                Chosen {
                    adapter,
                    health: Some(false),
                    ..Chosen::cpu(TierReason::FailedHealthCheck { kernels: failed })
                }
            }
        }
    }
}

/// What was measured on a device, as [`Verified::choices`] keeps it.
pub fn export_choices(device: &Device) -> String {
    match device {
        Device::Gpu(gpu) => serde_json::to_string(&gpu.choices()).unwrap_or_default(),
        Device::Cpu => String::new(),
    }
}

/// A text that is not understood is as good as none: it is measured again.
fn import_choices(gpu: &Gpu, choices: &str) {
    if let Ok(choices) = serde_json::from_str(choices) {
        gpu.import_choices(choices);
    }
}

/// The result of `work`, unless the time is up first.
async fn within<T>(work: impl Future<Output = T>, host: &dyn Host, limit_millis: u32) -> Option<T> {
    let (mut work, mut alarm) = (pin!(work), host.sleep(limit_millis));
    poll_fn(move |cx| match work.as_mut().poll(cx) {
        Poll::Ready(value) => Poll::Ready(Some(value)),
        Poll::Pending => alarm.as_mut().poll(cx).map(|()| None),
    })
    .await
}
