//! Adapter, device, buffers, kernels as objects. Knows no lab.

/// One device and its queue.
pub struct Gpu;
