//! The `trainer` worker; see `afina::worker`.

fn main() {
    #[cfg(target_arch = "wasm32")]
    afina::worker::start();
}
