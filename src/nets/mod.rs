//! burn: models, training, and the check that it runs on this device. The only room that imports burn.
//!
//! ```text
//! device.rs  our wgpu device, registered with burn
//! frozen.rs  frozen weights that graphs refer to
//! trained/   parameters and their optimizer, one dispatch for all of them
//! bridge/    our kernels as operations of burn's graphs
//! case.rs    gradient checks of the bridge, for the device page and the tests
//! check.rs   whether burn computes right on this device
//! llama/     a decoder as a graph
//! pretrain/  its training from nothing on the little world
//! peft/      fine-tuning it, as a whole or by what is added to it
//! peer.rs    how fast a step of LoRA is, beside burn's own
//! ```

mod bridge;
pub mod case;
mod check;
mod device;
mod frozen;
mod llama;
pub mod peer;
pub mod peft;
#[cfg(all(feature = "text-models", not(target_arch = "wasm32")))]
pub mod pretrain;
mod trained;

pub use bridge::{backward, dense_linear, linear, lora_linear};
pub use check::{Verdict, check_matmul};
pub use device::{BurnDevice, Place, on_cpu, on_gpu, values};
pub use frozen::FrozenWeights;
pub use llama::{Bottleneck, Dropout, Layer, Llama, Matrix, Net, Projection, Update, dropout_seed};
pub use trained::{Initial, Saved, Slopes, Trained};
