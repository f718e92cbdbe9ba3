//! What was lost: error sums of every row or column, and the numbers shown for the whole matrix.
//!
//! Dimension legend: `O` rows, `I` columns, `L` lines (rows or columns).

/// Along which lines errors are summed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Axis {
    Rows,
    Columns,
}

/// Sums over one row or column, `e = w_hat - w`.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct LineStats {
    /// `sum(e^2)`
    pub sum_sq_error: f64,
    /// `max|e|`
    pub max_abs_error: f32,
    /// `sum(w^2)`
    pub sum_sq: f64,
    /// `sum(w w_hat)`
    pub dot: f64,
    /// `sum(w_hat^2)`
    pub sum_sq_hat: f64,
}

impl LineStats {
    fn add(&mut self, other: &LineStats) {
        self.sum_sq_error += other.sum_sq_error;
        self.max_abs_error = self.max_abs_error.max(other.max_abs_error);
        self.sum_sq += other.sum_sq;
        self.dot += other.dot;
        self.sum_sq_hat += other.sum_sq_hat;
    }
}

/// Independent sums, one a vector lane.
const LANES: usize = 4;

/// Accumulates in separate arrays, so that each becomes a vector.
struct Lanes<const N: usize> {
    sum_sq_error: [f64; N],
    max_abs_error: [f32; N],
    sum_sq: [f64; N],
    dot: [f64; N],
    sum_sq_hat: [f64; N],
}

impl<const N: usize> Lanes<N> {
    const ZERO: Lanes<N> = Lanes {
        sum_sq_error: [0.0; N],
        max_abs_error: [0.0; N],
        sum_sq: [0.0; N],
        dot: [0.0; N],
        sum_sq_hat: [0.0; N],
    };

    #[inline(always)]
    fn add(&mut self, lane: usize, w: f32, hat: f32) {
        // The error is rounded to f32, as the pictures show it and the GPU computes it; sums are f64.
        let error = hat - w;
        let magnitude = error.abs();
        let max = self.max_abs_error[lane];
        self.max_abs_error[lane] = if magnitude > max { magnitude } else { max };
        let (e, w, hat) = (f64::from(error), f64::from(w), f64::from(hat));
        self.sum_sq_error[lane] += e * e;
        self.sum_sq[lane] += w * w;
        self.dot[lane] += w * hat;
        self.sum_sq_hat[lane] += hat * hat;
    }

    fn line(&self, lane: usize) -> LineStats {
        LineStats {
            sum_sq_error: self.sum_sq_error[lane],
            max_abs_error: self.max_abs_error[lane],
            sum_sq: self.sum_sq[lane],
            dot: self.dot[lane],
            sum_sq_hat: self.sum_sq_hat[lane],
        }
    }
}

/// Error sums of every line.
///
/// # Shapes
/// `w [O, I]`, `w_hat [O, I]` -> `[L]`
/// # Panics
/// If the two are not both `[rows, cols]`.
pub fn error_stats(w: &[f32], w_hat: &[f32], rows: usize, cols: usize, axis: Axis) -> Vec<LineStats> {
    assert!(w.len() == rows * cols && w_hat.len() == w.len(), "error_stats: not both [{rows}, {cols}]");
    if w.is_empty() {
        return vec![LineStats::default(); if axis == Axis::Rows { rows } else { cols }];
    }
    match axis {
        Axis::Rows => w.chunks_exact(cols).zip(w_hat.chunks_exact(cols)).map(|(w, hat)| row_stats(w, hat)).collect(),
        Axis::Columns => columns_stats(w, w_hat, cols),
    }
}

fn row_stats(w: &[f32], hat: &[f32]) -> LineStats {
    let mut lanes = Lanes::<LANES>::ZERO;
    let (w_whole, hat_whole) = (w.chunks_exact(LANES), hat.chunks_exact(LANES));
    for (lane, (&w, &hat)) in w_whole.remainder().iter().zip(hat_whole.remainder()).enumerate() {
        lanes.add(lane, w, hat);
    }
    for (w, hat) in w_whole.zip(hat_whole) {
        for (lane, (&w, &hat)) in w.iter().zip(hat).enumerate() {
            lanes.add(lane, w, hat);
        }
    }
    let mut sum = LineStats::default();
    for lane in 0..LANES {
        sum.add(&lanes.line(lane));
    }
    sum
}

/// Columns walked down together: their sums stay in the first-level cache.
const STRIPE: usize = 64;

fn columns_stats(w: &[f32], w_hat: &[f32], cols: usize) -> Vec<LineStats> {
    let mut lines = Vec::with_capacity(cols);
    for begin in (0..cols).step_by(STRIPE) {
        let width = STRIPE.min(cols - begin);
        let mut lanes = Lanes::<STRIPE>::ZERO;
        for (w, hat) in w.chunks_exact(cols).zip(w_hat.chunks_exact(cols)) {
            let (w, hat) = (&w[begin..begin + width], &hat[begin..begin + width]);
            if let (Ok(w), Ok(hat)) = (<&[f32; STRIPE]>::try_from(w), <&[f32; STRIPE]>::try_from(hat)) {
                for (lane, (&w, &hat)) in w.iter().zip(hat).enumerate() {
                    lanes.add(lane, w, hat);
                }
            } else {
                for (lane, (&w, &hat)) in w.iter().zip(hat).enumerate() {
                    lanes.add(lane, w, hat);
                }
            }
        }
        lines.extend((0..width).map(|lane| lanes.line(lane)));
    }
    lines
}

/// The numbers shown for a whole matrix.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Totals {
    /// `sum(e^2) / n`
    pub mse: f64,
    /// `max|e|`
    pub max_error: f64,
    /// `10 log10(sum(w^2) / sum(e^2))`; infinite where nothing was lost.
    pub sqnr_db: f64,
    /// `sum(w w_hat) / sqrt(sum(w^2) sum(w_hat^2))`; 1 for two zero matrices, 0 if only one is zero.
    pub cosine: f64,
}

impl Totals {
    /// Sums lines up.
    ///
    /// # Shapes
    /// `lines [L]` of a matrix with `weights` weights
    pub fn from_lines(lines: &[LineStats], weights: usize) -> Totals {
        let mut sum = LineStats::default();
        for line in lines {
            sum.add(line);
        }
        let norms = (sum.sum_sq * sum.sum_sq_hat).sqrt();
        Totals {
            mse: sum.sum_sq_error / weights.max(1) as f64,
            max_error: f64::from(sum.max_abs_error),
            sqnr_db: sqnr_db(sum.sum_sq, sum.sum_sq_error),
            cosine: match (sum.sum_sq == 0.0, sum.sum_sq_hat == 0.0) {
                (true, true) => 1.0,
                (false, false) => sum.dot / norms,
                _ => 0.0,
            },
        }
    }
}

/// `10 log10(signal / noise)`, infinite without noise.
pub fn sqnr_db(sum_sq: f64, sum_sq_error: f64) -> f64 {
    if sum_sq_error == 0.0 { f64::INFINITY } else { 10.0 * (sum_sq / sum_sq_error).log10() }
}

/// The error of neighbouring lines together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Band {
    /// First line.
    pub from: usize,
    /// One past the last line.
    pub to: usize,
    /// `sqrt(sum(e^2) / n)`
    pub rmse: f64,
}

/// The smallest multiple of `unit` lines for which there are at most `max_bands` bands.
pub fn band_size(lines: usize, unit: usize, max_bands: usize) -> usize {
    let unit = unit.max(1);
    unit * lines.div_ceil(unit * max_bands.max(1)).max(1)
}

/// Error by band of `band` lines; the last band may be narrower.
///
/// # Shapes
/// `lines [L]`, each of `line_length` weights -> `[ceil(L / band)]`
pub fn error_by_band(lines: &[LineStats], line_length: usize, band: usize) -> Vec<Band> {
    let band = band.max(1);
    lines
        .chunks(band)
        .enumerate()
        .map(|(i, lines)| {
            let from = i * band;
            let weights = (lines.len() * line_length).max(1) as f64;
            let sum: f64 = lines.iter().map(|line| line.sum_sq_error).sum();
            Band { from, to: from + lines.len(), rmse: (sum / weights).sqrt() }
        })
        .collect()
}

/// What a matrix is like before anything is done to it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct MatrixStats {
    pub min: f32,
    pub max: f32,
    pub mean: f64,
    /// Population standard deviation.
    pub std: f64,
    pub absmax: f32,
}

/// Minimum, maximum, mean and spread; zeros for no weights.
pub fn matrix_stats(w: &[f32]) -> MatrixStats {
    let Some(&first) = w.first() else { return MatrixStats::default() };
    let (mut min, mut max) = ([first; LANES], [first; LANES]);
    let (mut sum, mut sum_sq) = ([0f64; LANES], [0f64; LANES]);
    // Shifted by the first weight: the difference of two large sums would lose the spread.
    let shift = f64::from(first);
    let mut add = |lane: usize, w: f32| {
        min[lane] = if w < min[lane] { w } else { min[lane] };
        max[lane] = if w > max[lane] { w } else { max[lane] };
        let d = f64::from(w) - shift;
        sum[lane] += d;
        sum_sq[lane] += d * d;
    };
    let whole = w.chunks_exact(LANES);
    for (lane, &w) in whole.remainder().iter().enumerate() {
        add(lane, w);
    }
    for chunk in whole {
        for (lane, &w) in chunk.iter().enumerate() {
            add(lane, w);
        }
    }
    let n = w.len() as f64;
    let (sum, sum_sq) = (sum.iter().sum::<f64>() / n, sum_sq.iter().sum::<f64>() / n);
    let (min, max) = (min.iter().copied().fold(first, f32::min), max.iter().copied().fold(first, f32::max));
    MatrixStats {
        min,
        max,
        mean: shift + sum,
        std: (sum_sq - sum * sum).max(0.0).sqrt(),
        absmax: min.abs().max(max.abs()),
    }
}
