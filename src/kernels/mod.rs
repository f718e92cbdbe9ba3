//! One host wrapper per WGSL file.
