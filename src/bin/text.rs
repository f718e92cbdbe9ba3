//! The `text` worker, the one with tokenizers and language models; see `afina::worker`.

fn main() {
    #[cfg(target_arch = "wasm32")]
    afina::worker::start();
}
