//! The computation of the quantization lab.
