//! `y = W x`: what the error of the weights does to a layer's output.

/// Independent sums, one a vector lane.
const LANES: usize = 4;

/// Matrix times vector, accumulated in f64.
///
/// # Shapes
/// `w [O, I]`, `x [I]` -> `y [O]`
/// # Panics
/// If the shapes do not fit; the border checks them first.
pub fn matvec(w: &[f32], rows: usize, cols: usize, x: &[f32]) -> Vec<f64> {
    assert!(w.len() == rows * cols && x.len() == cols, "matvec: W [{rows}, {cols}] does not fit x [{}]", x.len());
    if cols == 0 {
        return vec![0.0; rows];
    }
    w.chunks_exact(cols).map(|row| dot(row, x)).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f64 {
    let mut lanes = [0f64; LANES];
    let (a_whole, b_whole) = (a.chunks_exact(LANES), b.chunks_exact(LANES));
    for (lane, (&a, &b)) in a_whole.remainder().iter().zip(b_whole.remainder()).enumerate() {
        lanes[lane] = f64::from(a) * f64::from(b);
    }
    for (a, b) in a_whole.zip(b_whole) {
        for (lane, (&a, &b)) in a.iter().zip(b).enumerate() {
            lanes[lane] += f64::from(a) * f64::from(b);
        }
    }
    lanes.iter().sum()
}

/// `|y_hat - y| / |y|` in the Euclidean norm; 0 for two zero vectors, infinite if only `y` is zero.
///
/// # Panics
/// If the two differ in length.
pub fn relative_error(y: &[f64], y_hat: &[f64]) -> f64 {
    assert_eq!(y.len(), y_hat.len(), "relative_error: lengths differ");
    let error: f64 = y.iter().zip(y_hat).map(|(y, hat)| (hat - y) * (hat - y)).sum();
    let norm: f64 = y.iter().map(|y| y * y).sum();
    if error == 0.0 { 0.0 } else { (error / norm).sqrt() }
}
