//! How often each value occurs.

/// The bin of a value: `floor((v - lo) * (bins / (hi - lo)))` in f32, clamped to the first and last bin.
#[derive(Clone, Copy)]
struct Bins {
    low: f32,
    per_unit: f32,
    last: i32,
}

impl Bins {
    fn new(lo: f32, hi: f32, bins: usize) -> Bins {
        let width = hi - lo;
        // An empty or endless range has a single bin that means something: the first.
        let per_unit = if width > 0.0 && width.is_finite() { bins as f32 / width } else { 0.0 };
        let per_unit = if per_unit.is_finite() { per_unit } else { 0.0 };
        Bins { low: lo, per_unit, last: bins as i32 - 1 }
    }

    #[inline(always)]
    fn of(self, v: f32) -> usize {
        // The cast truncates towards zero and saturates; what it does differently from floor is clamped away.
        (((v - self.low) * self.per_unit) as i32).clamp(0, self.last) as usize
    }
}

/// Counts values in `bins` equal bins between `lo` and `hi`; what lies beyond is counted in the outermost ones.
///
/// # Shapes
/// `values [n]` -> `[bins]`, of sum `n`
pub fn histogram(values: &[f32], lo: f32, hi: f32, bins: usize) -> Vec<u32> {
    let mut counts = vec![0; bins];
    if bins > 0 {
        let bin = Bins::new(lo, hi, bins);
        for &v in values {
            counts[bin.of(v)] += 1;
        }
    }
    counts
}

/// [`histogram`] of the signed errors `w_hat - w`, without making them.
///
/// # Panics
/// If the two differ in length.
pub fn error_histogram(w: &[f32], w_hat: &[f32], lo: f32, hi: f32, bins: usize) -> Vec<u32> {
    assert_eq!(w.len(), w_hat.len(), "error_histogram: lengths differ");
    let mut counts = vec![0; bins];
    if bins > 0 {
        let bin = Bins::new(lo, hi, bins);
        for (&w, &hat) in w.iter().zip(w_hat) {
            counts[bin.of(hat - w)] += 1;
        }
    }
    counts
}
