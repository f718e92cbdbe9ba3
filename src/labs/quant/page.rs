//! The page of the quantization lab.
