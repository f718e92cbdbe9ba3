//! How a training moves its parameters: by which rule, and at which rate from beginning to end.

use serde::{Deserialize, Serialize};

/// What moves the parameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Optimizer {
    /// Loshchilov & Hutter 2019, arXiv:1711.05101.
    AdamW,
    /// With a momentum of 0.9.
    Sgd,
}

/// How the rate goes on after the warm-up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Schedule {
    Constant,
    /// Straight down to zero.
    Linear,
    /// Half a cosine down to zero.
    Cosine,
}
