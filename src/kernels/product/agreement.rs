//! How closely a product must agree with its reference; each bound derived. At most 1 is agreement.

use crate::kernels::agreement::{U, WRONG, ratio, worst};

/// Sums of `terms` products in any order: each is off by at most `(terms + 2) u sum |a b|` (one rounding a product, one an
/// addition, one to spare for a scale).
///
/// `reference` holds the sums, `magnitudes` the sums of `|a b|`.
pub fn products(reference: &[f64], magnitudes: &[f64], got: &[f32], terms: usize) -> f64 {
    if reference.len() != got.len() || reference.len() != magnitudes.len() {
        return WRONG;
    }
    let roundings = (terms + 2) as f64 * U;
    worst((0..got.len()).map(|i| ratio(reference[i], f64::from(got[i]), roundings * magnitudes[i])))
}
