//! Products of 8-bit integers on both sides, in f64: what W8A8 computes.
//!
//! Dimension legend: `M` rows of `X` (tokens), `K` inputs, `N` outputs, `G` values that share a step.

/// Rows of 8-bit integers, a step for each group of a row.
#[derive(Clone, Debug, PartialEq)]
pub struct IntegerRows {
    pub cols: usize,
    /// Values in a group; the last group of a row may be short.
    pub group: usize,
    /// `[rows, cols]`
    pub codes: Vec<i8>,
    /// `[rows, ceil(cols / group)]`
    pub steps: Vec<f32>,
}

/// The largest code; -128 is not used, so that codes are symmetric.
const LARGEST_CODE: f64 = 127.0;
/// A group whose largest magnitude is below is taken for zeros: its inverse would overflow.
const SMALLEST: f32 = 1e-30;

/// Quantizes rows: `step = max |x| / 127`, `code = round(x / step)`, ties to even; zeros where all is zero.
///
/// # Shapes
/// `x [M, K]` -> codes `[M, K]`, steps `[M, ceil(K / G)]`
/// # Source
/// Dettmers et al. 2022, arXiv:2208.07339, section 2, with groups as in ggml's Q8.
pub fn quantize_rows(x: &[f32], cols: usize, group: usize) -> IntegerRows {
    let mut rows = IntegerRows { cols, group, codes: Vec::with_capacity(x.len()), steps: Vec::new() };
    for values in x.chunks(cols).flat_map(|row| row.chunks(group)) {
        let largest = values.iter().fold(0f32, |largest, x| largest.max(x.abs()));
        let inverse = if largest < SMALLEST { 0.0 } else { LARGEST_CODE / f64::from(largest) };
        rows.codes.extend(values.iter().map(|&x| (f64::from(x) * inverse).round_ties_even() as i8));
        rows.steps.push(if largest < SMALLEST { 0.0 } else { (f64::from(largest) / LARGEST_CODE) as f32 });
    }
    rows
}

impl IntegerRows {
    /// The same with all codes positive: products of these bound rounding.
    pub fn absolute(&self) -> IntegerRows {
        IntegerRows { codes: self.codes.iter().map(|c| c.abs()).collect(), ..self.clone() }
    }

    /// What the codes stand for.
    ///
    /// # Shapes
    /// `[rows, cols]`
    pub fn values(&self) -> Vec<f64> {
        let rows = self.codes.chunks(self.cols).zip(self.steps.chunks(self.groups()));
        rows.flat_map(|(codes, steps)| {
            codes.iter().enumerate().map(|(k, &code)| f64::from(steps[k / self.group]) * f64::from(code))
        })
        .collect()
    }

    fn groups(&self) -> usize {
        self.cols.div_ceil(self.group)
    }
}

/// `Y = X W^T`, each group an integer sum times both steps.
///
/// # Shapes
/// `x [M, K]`, `w [N, K]` -> `[M, N]`
/// # Panics
/// If columns or groups of the two differ.
pub fn matmul_w8a8(x: &IntegerRows, w: &IntegerRows) -> Vec<f64> {
    assert!((x.cols, x.group) == (w.cols, w.group), "matmul_w8a8: {} and {} columns", x.cols, w.cols);
    let groups = x.groups();
    let mut y = Vec::new();
    for (x_codes, x_steps) in x.codes.chunks(x.cols).zip(x.steps.chunks(groups)) {
        for (w_codes, w_steps) in w.codes.chunks(w.cols).zip(w.steps.chunks(groups)) {
            let mut sum = 0.0;
            for (k, (&a, &b)) in x_codes.iter().zip(w_codes).enumerate() {
                let step = f64::from(x_steps[k / x.group]) * f64::from(w_steps[k / x.group]);
                sum += step * f64::from(i32::from(a) * i32::from(b));
            }
            y.push(sum);
        }
    }
    y
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_steps_are_what_paper_says() {
        let x = [127.0, -63.6, 0.5, 1.5, 0.0, 0.0, -2.0];
        let rows = quantize_rows(&x, 7, 4);
        assert_eq!(rows.codes, [127, -64, 0, 2, 0, 0, -127]);
        assert_eq!(rows.steps, [1.0, (2.0f64 / 127.0) as f32]);
        assert_eq!(quantize_rows(&[0.0; 5], 5, 4).steps, [0.0, 0.0]);
    }

    #[test]
    fn a_product_by_hand() {
        let x = IntegerRows { cols: 3, group: 2, codes: vec![1, 2, 3, -1, 0, 4], steps: vec![0.5, 2.0, 1.0, 0.25] };
        let w = IntegerRows { cols: 3, group: 2, codes: vec![10, -5, 7], steps: vec![1.0, 0.5] };
        assert_eq!(matmul_w8a8(&x, &w), [0.5 * (10.0 - 10.0) + 21.0, -10.0 + 0.125 * 28.0]);
        assert_eq!(matmul_w8a8(&x.absolute(), &w.absolute())[1], 10.0 + 0.125 * 28.0);
    }
}
