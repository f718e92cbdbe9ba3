//! Singular values and vectors of a small matrix, and how much two sets of them have in common: what a fine-tuning
//! changed, and whether another one changed the same.
//!
//! Dimension legend: `M` rows, `N` columns, `K` the smaller of the two.

/// Sweeps over all pairs of columns; a matrix of 128 columns needs about ten.
const MAX_SWEEPS: usize = 60;

/// `A = U diag(values) V^T`, in f64.
#[derive(Clone, Debug, PartialEq)]
pub struct Svd {
    /// `K` vectors of `M` numbers, orthonormal.
    pub left: Vec<Vec<f64>>,
    /// `K`, falling, none negative.
    pub values: Vec<f64>,
    /// `K` vectors of `N` numbers, orthonormal.
    pub right: Vec<Vec<f64>>,
}

/// The singular value decomposition of a matrix of finite numbers, by one-sided Jacobi rotations: columns are turned in
/// pairs until all are at right angles; their lengths are the singular values, to nearly full relative accuracy.
///
/// Where a singular value is zero its vectors are not determined; any are given that make the set orthonormal.
///
/// # Shapes
/// `a [M, N]`
/// # Panics
/// If `a` has another length.
/// # Source
/// Hestenes 1958, J. SIAM 6(1); the stopping rule of Demmel & Veselić 1992, SIAM J. Matrix Anal. Appl. 13(4).
pub fn svd(a: &[f64], (rows, cols): (usize, usize)) -> Svd {
    assert_eq!(a.len(), rows * cols, "svd: [{rows}, {cols}]");
    let wide = cols > rows;
    // Columns of the matrix, or rows of a wide one: the fewer and longer ones.
    let (count, length) = if wide { (rows, cols) } else { (cols, rows) };
    let at = |line: usize, i: usize| if wide { a[line * cols + i] } else { a[i * cols + line] };
    let mut lines: Vec<Vec<f64>> = (0..count).map(|line| (0..length).map(|i| at(line, i)).collect()).collect();
    let mut turns: Vec<Vec<f64>> = (0..count).map(|line| unit(count, line)).collect();
    // A line this short against the whole matrix is rounding.
    let nothing = f64::EPSILON * f64::EPSILON * lines.iter().map(|line| dot(line, line)).sum::<f64>();
    for _ in 0..MAX_SWEEPS {
        if !sweep(&mut lines, &mut turns, nothing) {
            break;
        }
    }
    let lengths: Vec<f64> = lines.iter().map(|line| dot(line, line).sqrt()).collect();
    let mut order: Vec<usize> = (0..count).collect();
    order.sort_by(|x, y| lengths[*y].total_cmp(&lengths[*x]));
    let mut directions: Vec<Vec<f64>> = Vec::with_capacity(count);
    let mut values = Vec::with_capacity(count);
    for &line in &order {
        let is_zero = lengths[line] * lengths[line] <= nothing;
        let direction = if is_zero {
            completing(&directions, length)
        } else {
            lines[line].iter().map(|value| value / lengths[line]).collect()
        };
        directions.push(direction);
        values.push(if is_zero { 0.0 } else { lengths[line] });
    }
    let turned = order.into_iter().map(|line| std::mem::take(&mut turns[line])).collect();
    let (left, right) = if wide { (turned, directions) } else { (directions, turned) };
    Svd { left, values, right }
}

/// Turns each pair of lines to right angles; whether any was turned.
fn sweep(lines: &mut [Vec<f64>], turns: &mut [Vec<f64>], nothing: f64) -> bool {
    let mut turned = false;
    for p in 0..lines.len() {
        for q in p + 1..lines.len() {
            let (alpha, beta) = (dot(&lines[p], &lines[p]), dot(&lines[q], &lines[q]));
            let gamma = dot(&lines[p], &lines[q]);
            let is_right = gamma.abs() <= f64::EPSILON * (lines[p].len() as f64).sqrt() * (alpha * beta).sqrt();
            if is_right || alpha <= nothing || beta <= nothing {
                continue;
            }
            turned = true;
            let zeta = (beta - alpha) / (2.0 * gamma);
            let tangent = zeta.signum() / (zeta.abs() + zeta.hypot(1.0));
            let cosine = 1.0 / tangent.hypot(1.0);
            turn(lines, (p, q), cosine, cosine * tangent);
            turn(turns, (p, q), cosine, cosine * tangent);
        }
    }
    turned
}

fn turn(lines: &mut [Vec<f64>], (p, q): (usize, usize), cosine: f64, sine: f64) {
    let (head, tail) = lines.split_at_mut(q);
    for (x, y) in head[p].iter_mut().zip(&mut tail[0]) {
        (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn unit(length: usize, at: usize) -> Vec<f64> {
    (0..length).map(|i| if i == at { 1.0 } else { 0.0 }).collect()
}

/// A vector of length 1 at right angles to fewer than `length` orthonormal ones: what they leave of the unit vector that
/// they hold the least of.
fn completing(others: &[Vec<f64>], length: usize) -> Vec<f64> {
    let held = |at: usize| others.iter().map(|other| other[at] * other[at]).sum::<f64>();
    let freest = (0..length).min_by(|x, y| held(*x).total_cmp(&held(*y))).unwrap_or(0);
    let mut out = unit(length, freest);
    // Twice is enough (Kahan, in Parlett 1980, section 6.9).
    for _ in 0..2 {
        for other in others {
            let share = dot(&out, other);
            out.iter_mut().zip(other).for_each(|(value, other)| *value -= share * other);
        }
    }
    let norm = dot(&out, &out).sqrt();
    out.iter().map(|value| value / norm).collect()
}

/// How much of the span of the first `i` vectors of `u1` lies in that of the first `j` of `u2`:
/// `phi = ||U1_i^T U2_j||_F^2 / min(i, j)`; 1 if one holds the other, 0 if they are at right angles. NaN for no vectors.
///
/// # Shapes
/// `u1`, `u2`: orthonormal vectors of one length, as [`Svd::left`]
/// # Source
/// Hu et al. 2021, arXiv:2106.09685, section 7.2, equation 4, and appendix G.
pub fn subspace_overlap(u1: &[Vec<f64>], u2: &[Vec<f64>], i: usize, j: usize) -> f64 {
    let (one, other) = (&u1[..i.min(u1.len())], &u2[..j.min(u2.len())]);
    let square: f64 = one.iter().flat_map(|x| other.iter().map(move |y| dot(x, y).powi(2))).sum();
    square / one.len().min(other.len()) as f64
}

#[cfg(test)]
#[path = "svd_tests.rs"]
mod tests;
