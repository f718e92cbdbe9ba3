//! The `workshop` worker, the one that reads WGSL; see `afina::worker`.

fn main() {
    #[cfg(target_arch = "wasm32")]
    afina::worker::start();
}
