//! burn: models, training, and the check that it runs on this device. The only room that imports burn.

mod check;
mod device;

pub use check::{Verdict, check_matmul};
pub use device::{BurnDevice, on_cpu, on_gpu};
