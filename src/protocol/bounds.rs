//! Checks of settings, in the words of [`LabError`].

use super::LabError;

/// Refuses a number outside `min..=max`; a NaN is outside every range.
///
/// # Errors
/// [`LabError::OutOfRange`] naming the field.
pub fn in_range(field: &str, got: f64, min: f64, max: f64) -> Result<(), LabError> {
    if got >= min && got <= max { Ok(()) } else { Err(LabError::OutOfRange { field: field.into(), min, max, got }) }
}

/// Refuses a number that is none of `all`.
///
/// # Errors
/// [`LabError::Unknown`] naming the field.
pub fn one_of(field: &str, got: u32, all: &[u32]) -> Result<(), LabError> {
    if all.contains(&got) { Ok(()) } else { Err(LabError::Unknown { field: field.into(), got: got.to_string() }) }
}
