//! Products with weights of 4-bit normal floats; `shaders/matmul_nf4.wgsl`, reference `math::matmul` of what `math::PackedWeight` holds.

use super::weight_only::{BINDINGS, entry_points};

pub(in crate::kernels) use super::weight_only::FIELDS;

entry_points!("matmul_nf4",
    forward: ["v1" (8, 8), "rows" (1, 4), "row" (1, 64), "regs" (16, 32), "tiles" (64, 64)],
    gradient: ["v1" (8, 8), "regs" (16, 32), "tiles" (64, 64)],
    written: (4, 128));
