//! One host wrapper per WGSL file, under the name of the file and of its reference in [`crate::math`].
//!
//! Matrices stay on the device: a chain such as `upload_matrix`, [`quantize`](fn@quantize),
//! [`dequantize`](fn@dequantize), [`error_stats`](fn@error_stats) brings back only its last, small result.
//!
//! Dimension legend: `O` rows, `I` columns, `G` scale groups.

/// The code of `shaders/NAME.wgsl`, as `build.rs` leaves it: without comments, which the site serves in the file itself.
macro_rules! shader {
    ($name:expr) => {
        include_str!(concat!(env!("OUT_DIR"), "/shaders/", $name, ".wgsl"))
    };
}

pub mod agreement;
pub mod bench;
mod ceilings;
mod dequantize;
mod error_stats;
mod group_percentile;
mod group_range;
mod group_scale_search;
mod health;
mod heatmap;
mod histogram;
mod layout;
mod matrix;
mod matrix_health;
mod matrix_stats;
mod matvec;
pub mod nn;
mod params;
pub mod product;
mod quantize;
mod scale_columns;
mod survey;
#[cfg(feature = "wgsl")]
pub mod trials;
mod weight;

pub use ceilings::{Ceilings, ceilings};
pub use dequantize::dequantize;
pub use error_stats::error_stats;
pub use health::{ALL, Checking, Depth, Health, KernelEntry, check_all, check_each};
pub use heatmap::{MAX_CELLS, heatmap};
pub use histogram::{Bins, MAX_BINS, error_histogram, histogram};
pub use layout::summation_depth;
pub use matrix::{
    GpuMatrix, GpuQuantized, read_inverses, read_matrix, read_quantized, read_words, shape_error, upload_matrix,
};
pub use matrix_stats::matrix_stats;
pub use matvec::matvec;
pub use params::Field;
pub use quantize::quantize;
pub use scale_columns::scale_columns;
pub use survey::{Survey, SurveyRequest, survey};
pub use weight::weight;
