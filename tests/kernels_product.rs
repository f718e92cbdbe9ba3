//! Products against their f64 references: every entry point, ragged shapes, ranks, shards.
#![cfg(feature = "gpu")]

#[path = "on_gpu/mod.rs"]
mod shared;

use shared::on_gpu;

use afina::kernels::ALL;
use pollster::block_on;

#[test]
fn products_pass_their_health_check() {
    on_gpu(|gpu| {
        for entry in ALL.iter().filter(|e| e.name.starts_with("matmul")) {
            let health = block_on((entry.check)(gpu)).unwrap_or_else(|error| panic!("{}: {error}", entry.name));
            assert!(health.ok, "{health:?}");
        }
    });
}
