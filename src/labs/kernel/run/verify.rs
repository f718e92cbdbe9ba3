//! Is what was timed also right? Outputs spread over the result, against sums in f64 of the very same codes.
//!
//! Every format multiplies numbers that are known exactly (the dequantized weights, and for W8A8 the dequantized
//! activations), so only the rounding of the sum is forgiven: `n` products added in f32 in any order are off by at most
//! `(n + 2) u sum |x w|`, `u = 2^-24`; a scale that is multiplied in costs one rounding more for each group.

use super::inputs::Inputs;
use crate::math::FastWeights;

/// One rounding of an f32, relative.
const U: f64 = 1.0 / 16_777_216.0;
/// Rows and columns of the result that are checked at most.
const SAMPLES: usize = 16;
/// Roundings beside the sum itself: dequantizing a weight, two scales and their product, the last store.
const EXTRA_ROUNDINGS: usize = 6;

/// Up to [`SAMPLES`] of `count` indices, evenly spread, the first and the last among them.
fn spread(count: usize) -> Vec<usize> {
    let samples = count.min(SAMPLES);
    let mut all: Vec<usize> = (0..samples).map(|i| i * (count - 1) / (samples - 1).max(1)).collect();
    all.dedup();
    all
}

/// The worst disagreement of `y`, in multiples of what is allowed; `rows_of_x` gives a row as the product saw it.
///
/// # Shapes
/// `y [M, N]`
pub fn worst(y: &[f32], batch: usize, w: &FastWeights, inputs: &Inputs, rows_of_x: impl Fn(usize) -> Vec<f64>) -> f64 {
    if y.len() != batch * w.rows {
        return f64::INFINITY;
    }
    let mut worst = 0f64;
    let weights: Vec<(usize, Vec<f32>)> = spread(w.rows).into_iter().map(|n| (n, w.row(n))).collect();
    for m in spread(batch) {
        let x = rows_of_x(m);
        let low_rank = LowRankRow::new(inputs, m, w.cols);
        for (n, weights) in &weights {
            let (mut sum, mut magnitude) = low_rank.at(inputs, *n);
            for (x, w) in x.iter().zip(weights) {
                let product = x * f64::from(*w);
                sum += product;
                magnitude += product.abs();
            }
            let roundings = (w.cols + inputs.rank + EXTRA_ROUNDINGS) as f64;
            let error = (f64::from(y[m * w.rows + n]) - sum).abs();
            let ratio = if error == 0.0 { 0.0 } else { error / (roundings * U * magnitude) };
            worst = if ratio.is_nan() { f64::INFINITY } else { worst.max(ratio) };
        }
    }
    worst
}

/// `z = s x A^T` of one row of `X`, and the sums of magnitudes behind it.
struct LowRankRow {
    z: Vec<(f64, f64)>,
}

impl LowRankRow {
    fn new(inputs: &Inputs, m: usize, cols: usize) -> LowRankRow {
        let x = &inputs.x[m * cols..(m + 1) * cols];
        let z = inputs.a.chunks_exact(cols).take(inputs.rank).map(|a| {
            let products = x.iter().zip(a).map(|(x, a)| f64::from(*x) * f64::from(*a) * f64::from(inputs.scale));
            products.fold((0.0, 0.0), |(sum, magnitude), p| (sum + p, magnitude + p.abs()))
        });
        LowRankRow { z: z.collect() }
    }

    fn at(&self, inputs: &Inputs, n: usize) -> (f64, f64) {
        let b = &inputs.b[n * inputs.rank..(n + 1) * inputs.rank];
        let terms =
            self.z.iter().zip(b).map(|((z, magnitude), b)| (z * f64::from(*b), (magnitude * f64::from(*b)).abs()));
        terms.fold((0.0, 0.0), |(sum, all), (term, magnitude)| (sum + term, all + magnitude))
    }
}
