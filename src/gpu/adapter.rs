//! Which adapter answered, and what is asked of its device.

use crate::protocol::LabError;

/// The adapter's names, gathered from wherever the backend keeps them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AdapterFacts {
    pub vendor: String,
    pub architecture: String,
    pub device: String,
    pub description: String,
    pub driver: String,
    pub backend: String,
}

impl AdapterFacts {
    /// One line that changes when adapter, driver or backend change; a health check is remembered under it.
    pub fn key(&self) -> String {
        let parts = [&self.vendor, &self.architecture, &self.device, &self.description, &self.driver, &self.backend];
        let named: Vec<&str> = parts.iter().map(|p| p.trim()).filter(|p| !p.is_empty()).collect();
        named.join(" / ")
    }

    /// Whether the browser keeps every name to itself, as Firefox does.
    fn is_nameless(&self) -> bool {
        [&self.vendor, &self.architecture, &self.device, &self.description].iter().all(|name| name.trim().is_empty())
    }

    /// Whether these are the names of a renderer that runs on the processor.
    fn names_software(&self) -> bool {
        const SOFTWARE: [&str; 6] = ["swiftshader", "llvmpipe", "lavapipe", "softpipe", "basic render", "warp"];
        let all = self.key().to_lowercase();
        SOFTWARE.iter().any(|name| all.contains(name))
    }
}

/// What `Gpu::open` asks for.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub power: wgpu::PowerPreference,
    /// Ask for these limits instead of all that the adapter has: how a test sees a small GPU.
    pub limits: Option<wgpu::Limits>,
    /// Features to use if they exist.
    pub features: wgpu::Features,
}

impl Wanted {
    /// Everything that the kernels and the trainer can use.
    pub fn new(power: wgpu::PowerPreference) -> Wanted {
        let mut features = wgpu::Features::TIMESTAMP_QUERY | wgpu::Features::SHADER_F16;
        if cfg!(not(target_arch = "wasm32")) {
            features |= wgpu::Features::SUBGROUP;
            // What cubecl uses if the adapter has it, whatever the device was opened with; no browser has them.
            features |= wgpu::Features::SHADER_INT64 | wgpu::Features::SHADER_F64;
            features |= wgpu::Features::SHADER_FLOAT32_ATOMIC;
        }
        Wanted { power, limits: None, features }
    }
}

pub(super) struct Opened {
    pub instance: wgpu::Instance,
    pub adapter: wgpu::Adapter,
    pub device: wgpu::Device,
    pub queue: wgpu::Queue,
    pub facts: AdapterFacts,
    pub is_software: bool,
}

/// Asks for an adapter, then for a device.
pub(super) async fn open(wanted: &Wanted) -> Result<Opened, LabError> {
    let backends = if cfg!(target_arch = "wasm32") { wgpu::Backends::BROWSER_WEBGPU } else { wgpu::Backends::PRIMARY };
    if cfg!(target_arch = "wasm32") && !browser_has_webgpu() {
        return Err(LabError::NoGpu { message: "navigator.gpu".into() });
    }
    let instance = wgpu::Instance::new(wgpu::InstanceDescriptor {
        backends,
        ..wgpu::InstanceDescriptor::new_without_display_handle()
    });
    let adapter = instance
        .request_adapter(&wgpu::RequestAdapterOptions { power_preference: wanted.power, ..Default::default() })
        .await
        .map_err(|error| LabError::NoGpu { message: error.to_string() })?;
    // All of the adapter's limits, because cubecl plans with the adapter's, not the device's; our kernels need no more
    // than WebGPU's defaults.
    let limits = wanted.limits.clone().unwrap_or_else(|| adapter.limits());
    let (device, queue) = adapter
        .request_device(&wgpu::DeviceDescriptor {
            label: Some("afina"),
            required_features: adapter.features() & wanted.features,
            required_limits: limits,
            experimental_features: wgpu::ExperimentalFeatures::disabled(),
            memory_hints: wgpu::MemoryHints::Performance,
            trace: wgpu::Trace::Off,
        })
        .await
        .map_err(|error| LabError::NoGpu { message: error.to_string() })?;
    let info = adapter.get_info();
    let mut facts = facts(&info, &device);
    if facts.is_nameless() {
        facts.description = fingerprint(&adapter.limits(), adapter.features());
    }
    let is_software = info.device_type == wgpu::DeviceType::Cpu || facts.names_software();
    Ok(Opened { instance, adapter, device, queue, facts, is_software })
}

/// What tells one nameless adapter from another, so that a health check is not remembered for the wrong one.
fn fingerprint(limits: &wgpu::Limits, features: wgpu::Features) -> String {
    let sizes = [limits.max_buffer_size, limits.max_storage_buffer_binding_size];
    let f16 = if features.contains(wgpu::Features::SHADER_F16) { "f16" } else { "f32" };
    format!(
        "{} MiB, {} MiB, {} B, {}, {f16}",
        sizes[0] >> 20,
        sizes[1] >> 20,
        limits.max_compute_workgroup_storage_size,
        limits.max_compute_invocations_per_workgroup,
    )
}

/// Whether `navigator.gpu` exists, in a window or a worker. wgpu itself panics where there is no `navigator`.
#[cfg(target_arch = "wasm32")]
fn browser_has_webgpu() -> bool {
    let get = |object: &wasm_bindgen::JsValue, key: &str| js_sys::Reflect::get(object, &key.into()).unwrap_or_default();
    let navigator = get(&js_sys::global(), "navigator");
    let gpu = if navigator.is_object() { get(&navigator, "gpu") } else { navigator };
    !gpu.is_undefined() && !gpu.is_null()
}

#[cfg(not(target_arch = "wasm32"))]
fn browser_has_webgpu() -> bool {
    false
}

#[cfg(not(target_arch = "wasm32"))]
fn facts(info: &wgpu::AdapterInfo, _device: &wgpu::Device) -> AdapterFacts {
    AdapterFacts {
        vendor: format!("{:#06x}", info.vendor),
        architecture: String::new(),
        device: format!("{:#06x}", info.device),
        description: info.name.clone(),
        driver: format!("{} {}", info.driver, info.driver_info).trim().to_owned(),
        backend: info.backend.to_string(),
    }
}

/// `GPUDevice.adapterInfo` says more than wgpu passes on.
#[cfg(target_arch = "wasm32")]
fn facts(info: &wgpu::AdapterInfo, device: &wgpu::Device) -> AdapterFacts {
    use wasm_bindgen::JsValue;
    let get = |object: &JsValue, key: &str| js_sys::Reflect::get(object, &key.into()).unwrap_or_default();
    let adapter: JsValue = match device.as_webgpu() {
        Some(raw) => get(raw.as_ref(), "adapterInfo"),
        None => JsValue::UNDEFINED,
    };
    let text = |key: &str| {
        if adapter.is_object() { get(&adapter, key).as_string().unwrap_or_default() } else { String::new() }
    };
    let description = text("description");
    AdapterFacts {
        vendor: text("vendor"),
        architecture: text("architecture"),
        device: text("device"),
        description: if description.is_empty() { info.name.clone() } else { description },
        driver: String::new(),
        backend: info.backend.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn software_renderers_are_recognised_by_name() {
        let named = |description: &str| AdapterFacts { description: description.into(), ..Default::default() };
        assert!(named("SwiftShader Device (Subzero)").names_software());
        assert!(named("llvmpipe (LLVM 15.0.6, 256 bits)").names_software());
        assert!(!named("NVIDIA GeForce RTX 4070").names_software());
    }

    #[test]
    fn the_key_leaves_out_what_is_unknown() {
        let facts = AdapterFacts { vendor: "intel".into(), backend: "webgpu".into(), ..Default::default() };
        assert_eq!(facts.key(), "intel / webgpu");
    }
}
