//! Tensors as matrices, and the rows of them that are read at once.

use crate::protocol::{Fault, LabError, Resource};

/// Weights in memory.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    pub rows: usize,
    pub cols: usize,
    /// `[rows, cols]`
    pub values: Vec<f32>,
}

/// Whole rows of a tensor, and where their bytes are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    pub first_row: u64,
    pub rows: u64,
    pub cols: u64,
    /// First byte in the file.
    pub begin: u64,
    /// One past the last byte in the file.
    pub end: u64,
}

/// A tensor seen as a matrix: the first dimension is the rows, the others together are the columns. A vector is one
/// row, a scalar one weight; `None` if the size overflows.
pub fn matrix_shape(shape: &[u64]) -> Option<(u64, u64)> {
    let (rows, rest) = match shape {
        [] => (1, [].as_slice()),
        [_] => (1, shape),
        [first, rest @ ..] => (*first, rest),
    };
    let cols = rest.iter().try_fold(1u64, |product, &n| product.checked_mul(n))?;
    rows.checked_mul(cols)?;
    Some((rows, cols))
}

/// `[3, 4]`, or its beginning if it is long.
pub(super) fn shape_text(shape: &[u64]) -> String {
    const SHOWN: usize = 8;
    let mut text: Vec<String> = shape.iter().take(SHOWN).map(u64::to_string).collect();
    if shape.len() > SHOWN {
        text.push("…".into());
    }
    format!("[{}]", text.join(", "))
}

/// As many whole rows from `first_row` on as `max_weights` allows, in a row-major tensor that begins at byte `begin`.
/// A first row past the end shows the last rows.
///
/// # Errors
/// [`Fault::Empty`] without weights; [`LabError::TooLarge`] if a single row exceeds `max_weights`.
pub(super) fn window_of_rows(
    (source, name): (&str, &str),
    (rows, cols): (u64, u64),
    (begin, element_bytes): (u64, u64),
    first_row: u64,
    max_weights: u64,
) -> Result<Window, LabError> {
    if rows == 0 || cols == 0 {
        return Err(LabError::Malformed { source: source.into(), at: name.into(), fault: Fault::Empty });
    }
    if cols > max_weights {
        let what = if name.is_empty() { source } else { name };
        return Err(LabError::TooLarge {
            what: what.into(),
            limit: max_weights,
            got: cols,
            resource: Resource::Weights,
        });
    }
    let shown = (max_weights / cols).min(rows);
    let first_row = first_row.min(rows - shown);
    let row_bytes = cols * element_bytes;
    let begin = begin + first_row * row_bytes;
    Ok(Window { first_row, rows: shown, cols, begin, end: begin + shown * row_bytes })
}

/// The first value that is infinite or NaN, as an error that says where.
pub(super) fn all_finite(source: &str, name: &str, values: &[f32]) -> Result<(), LabError> {
    match values.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(index) => {
            Err(LabError::Malformed { source: source.into(), at: format!("{name}[{index}]"), fault: Fault::NotFinite })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensors_of_any_rank_are_matrices() {
        assert_eq!(matrix_shape(&[]), Some((1, 1)));
        assert_eq!(matrix_shape(&[7]), Some((1, 7)));
        assert_eq!(matrix_shape(&[3, 4]), Some((3, 4)));
        assert_eq!(matrix_shape(&[3, 4, 5]), Some((3, 20)));
        assert_eq!(matrix_shape(&[0, u64::MAX]), Some((0, u64::MAX)));
        assert_eq!(matrix_shape(&[2, u64::MAX]), None);
    }

    #[test]
    fn a_window_is_whole_rows_within_the_limit() {
        let of = |first| window_of_rows(("f", "w"), (100, 10), (64, 2), first, 55);
        assert_eq!(of(3), Ok(Window { first_row: 3, rows: 5, cols: 10, begin: 124, end: 224 }));
        assert_eq!(of(u64::MAX).map(|w| (w.first_row, w.end)), Ok((95, 2064)));
        let wide = window_of_rows(("f", "w"), (1, 56), (0, 4), 0, 55);
        assert!(matches!(wide, Err(LabError::TooLarge { got: 56, limit: 55, .. })));
        let empty = window_of_rows(("f", "w"), (0, 56), (0, 4), 0, 55);
        assert!(matches!(empty, Err(LabError::Malformed { fault: Fault::Empty, .. })));
    }
}
