//! The kernels of a language model's layers, of vector search, and the ceilings, against their references.
#![cfg(feature = "gpu")]

#[path = "on_gpu/mod.rs"]
mod shared;

use afina::kernels;
use pollster::block_on;
use shared::on_gpu;

#[test]
fn ceilings_are_measured_quickly_and_are_plausible() {
    on_gpu(|gpu| {
        let begun = afina::gpu::now_millis();
        let ceilings = block_on(kernels::ceilings(gpu)).expect("ceilings");
        let millis = afina::gpu::now_millis() - begun;
        println!("{ceilings:?} in {millis:.0} ms on {}", gpu.adapter_key());
        assert!(ceilings.gflops > 0.1 && ceilings.gflops < 1e6, "{ceilings:?}");
        assert!(ceilings.gigabytes_per_second > 0.1 && ceilings.gigabytes_per_second < 1e5, "{ceilings:?}");
        assert!(ceilings.dispatch_micros > 0.0 && ceilings.dispatch_micros < 1e4, "{ceilings:?}");
    });
}
