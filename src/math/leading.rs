//! The largest singular values of a small matrix and their left vectors, from the eigenvalues of `A A^T`: some thirty times
//! less work than [`svd`](super::svd), which a training can afford while it goes on.
//!
//! Squaring costs half of the digits: a value is off by about `eps largest^2 / value`, and what is below 1e-7 of the largest is
//! rounding and given as zero. That is further down than a change in f32 weights says anything.
//!
//! Dimension legend: `M` rows, `N` columns, `K` the smaller of the two, `R` inner side of a product.

/// Turns of one eigenvalue; two are usual.
const MAX_TURNS: usize = 60;

/// The singular values of a matrix and the first of its left vectors.
#[derive(Clone, Debug, PartialEq)]
pub struct Leading {
    /// `K`, falling; zero where a value is rounding.
    pub values: Vec<f64>,
    /// Vectors of `M` numbers, orthonormal: as many as were asked for and have a value above zero.
    pub left: Vec<Vec<f64>>,
}

/// The singular values of a matrix of finite numbers and its first `vectors` left vectors.
///
/// # Shapes
/// `a [M, N]`
/// # Panics
/// If `a` has another length.
/// # Source
/// Householder's tridiagonal form and the implicit QL algorithm: Golub & Van Loan, Matrix Computations, 4th edition, sections
/// 8.3.1 and 8.3.3; the shift of EISPACK's `tql2`.
pub fn leading(a: &[f64], (rows, cols): (usize, usize), vectors: usize) -> Leading {
    assert_eq!(a.len(), rows * cols, "leading: [{rows}, {cols}]");
    if rows.min(cols) == 0 {
        return Leading { values: vec![], left: vec![] };
    }
    let lines: Vec<&[f64]> = a.chunks_exact(cols).collect();
    let mut square = vec![vec![0.0; rows]; rows];
    for i in 0..rows {
        for j in 0..=i {
            let sum = dot(lines[i], lines[j]);
            square[i][j] = sum;
            square[j][i] = sum;
        }
    }
    let (mut values, mut beside, mirrors) = tridiagonal(square);
    let mut turned: Vec<Vec<f64>> = if vectors > 0 { (0..rows).map(|i| unit(rows, i)).collect() } else { vec![] };
    diagonal(&mut values, &mut beside, &mut turned);
    let mut order: Vec<usize> = (0..rows).collect();
    order.sort_by(|x, y| values[*y].total_cmp(&values[*x]));
    let nothing = rows as f64 * f64::EPSILON * values[order[0]];
    let is_there = |at: &&usize| values[**at] > nothing;
    let mut left: Vec<Vec<f64>> =
        order.iter().take(vectors.min(cols)).filter(is_there).map(|at| std::mem::take(&mut turned[*at])).collect();
    // Back from the coordinates of the tridiagonal form.
    for (first, mirror) in mirrors.iter().enumerate().rev() {
        left.iter_mut().for_each(|vector| reflect(&mut vector[first + 1..], mirror));
    }
    let root = |at: &usize| if values[*at] > nothing { values[*at].sqrt() } else { 0.0 };
    Leading { values: order.iter().take(rows.min(cols)).map(root).collect(), left }
}

/// The same of a product `scale B A` without computing it: each factor is an orthonormal one times a triangle, and the product
/// of the triangles, `[R, R]`, has the product's singular values.
///
/// # Shapes
/// `b [M, R]`, `a [R, N]`
/// # Panics
/// If a factor has another length.
pub fn leading_of_product(
    b: &[f32],
    a: &[f32],
    (rows, rank, cols): (usize, usize, usize),
    scale: f64,
    vectors: usize,
) -> Leading {
    assert_eq!((b.len(), a.len()), (rows * rank, rank * cols), "leading: [{rows}, {rank}] [{rank}, {cols}]");
    let columns = (0..rank).map(|r| (0..rows).map(|i| f64::from(b[i * rank + r])).collect()).collect();
    let (of_rows, left) = orthonormal(columns);
    let (_, right) =
        orthonormal(a.chunks_exact(cols).map(|line| line.iter().map(|v| f64::from(*v)).collect()).collect());
    let triangles = |at: usize| scale * (0..rank).map(|r| left[r][at / rank] * right[r][at % rank]).sum::<f64>();
    let core: Vec<f64> = (0..rank * rank).map(triangles).collect();
    let mut found = leading(&core, (rank, rank), vectors);
    found.values.truncate(rows.min(cols));
    for vector in &mut found.left {
        let mut out = vec![0.0; rows];
        for (share, direction) in vector.iter().zip(&of_rows) {
            out.iter_mut().zip(direction).for_each(|(sum, value)| *sum += share * value);
        }
        *vector = out;
    }
    found
}

/// Vectors as sums of orthonormal ones: `vectors[r] = sum_i shares[r][i] directions[i]`. One that lies in the span of those
/// before it has a direction of zeros, and no share of it. Gram and Schmidt's way, twice, which is enough (Kahan, in Parlett
/// 1980, section 6.9).
fn orthonormal(mut vectors: Vec<Vec<f64>>) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
    let count = vectors.len();
    let mut shares = vec![vec![0.0; count]; count];
    for (at, shares) in shares.iter_mut().enumerate() {
        let (before, rest) = vectors.split_at_mut(at);
        let vector = &mut rest[0];
        let whole = dot(vector, vector).sqrt();
        for _ in 0..2 {
            for (i, direction) in before.iter().enumerate() {
                let share = dot(vector, direction);
                vector.iter_mut().zip(direction).for_each(|(value, other)| *value -= share * other);
                shares[i] += share;
            }
        }
        let length = dot(vector, vector).sqrt();
        // What is left of a vector within the others' span is their rounding.
        let is_new = length > count as f64 * f64::EPSILON * whole;
        shares[at] = if is_new { length } else { 0.0 };
        vector.iter_mut().for_each(|value| *value = if is_new { *value / length } else { 0.0 });
    }
    (vectors, shares)
}

/// The tridiagonal matrix that mirrors make of a symmetric one: its diagonal, what is beside it (the last is zero), and the
/// normal of each mirror, empty where there was nothing to do.
fn tridiagonal(mut a: Vec<Vec<f64>>) -> (Vec<f64>, Vec<f64>, Vec<Vec<f64>>) {
    let count = a.len();
    let (mut beside, mut mirrors) = (vec![0.0; count], Vec::new());
    for k in 0..count.saturating_sub(1) {
        let mut normal = a[k][k + 1..].to_vec();
        beside[k] = normal[0];
        if normal[1..].iter().all(|value| *value == 0.0) {
            mirrors.push(vec![]);
            continue;
        }
        let length = dot(&normal, &normal).sqrt();
        beside[k] = -length.copysign(normal[0]);
        normal[0] -= beside[k];
        // The normal has length sqrt(2) from here on: a reflection is `x - n (n x)`.
        let size = (dot(&normal, &normal) / 2.0).sqrt();
        normal.iter_mut().for_each(|value| *value /= size);
        let mut moved: Vec<f64> = a[k + 1..].iter().map(|line| dot(&line[k + 1..], &normal)).collect();
        let half = dot(&normal, &moved) / 2.0;
        moved.iter_mut().zip(&normal).for_each(|(value, n)| *value -= half * n);
        for (line, (n, m)) in a[k + 1..].iter_mut().zip(normal.iter().zip(&moved)) {
            for (value, (other_n, other_m)) in line[k + 1..].iter_mut().zip(normal.iter().zip(&moved)) {
                *value -= n * other_m + m * other_n;
            }
        }
        mirrors.push(normal);
    }
    ((0..count).map(|i| a[i][i]).collect(), beside, mirrors)
}

/// `x - n (n x)`; an empty normal leaves `x` as it is.
fn reflect(x: &mut [f64], normal: &[f64]) {
    let share: f64 = normal.iter().zip(x.iter()).map(|(n, x)| n * x).sum();
    x.iter_mut().zip(normal).for_each(|(x, n)| *x -= share * n);
}

/// Turns a tridiagonal matrix until nothing is beside its diagonal; `vectors`, if there are any, become its eigenvectors.
fn diagonal(values: &mut [f64], beside: &mut [f64], vectors: &mut [Vec<f64>]) {
    let count = values.len();
    for first in 0..count {
        for _ in 0..MAX_TURNS {
            let is_small = |at: &usize| beside[*at].abs() <= f64::EPSILON * (values[*at].abs() + values[*at + 1].abs());
            let last = (first..count - 1).find(is_small).unwrap_or(count - 1);
            if last == first {
                break;
            }
            let ahead = (values[first + 1] - values[first]) / (2.0 * beside[first]);
            let mut g = values[last] - values[first] + beside[first] / (ahead + ahead.hypot(1.0).copysign(ahead));
            let (mut sine, mut cosine, mut shift) = (1.0, 1.0, 0.0);
            let mut is_whole = true;
            for i in (first..last).rev() {
                let (f, b) = (sine * beside[i], cosine * beside[i]);
                let length = f.hypot(g);
                beside[i + 1] = length;
                if length == 0.0 {
                    // The matrix falls in two.
                    values[i + 1] -= shift;
                    is_whole = false;
                    break;
                }
                (sine, cosine) = (f / length, g / length);
                let from = values[i + 1] - shift;
                let sum = (values[i] - from) * sine + 2.0 * cosine * b;
                shift = sine * sum;
                values[i + 1] = from + shift;
                g = cosine * sum - b;
                if !vectors.is_empty() {
                    let (head, tail) = vectors.split_at_mut(i + 1);
                    for (x, y) in head[i].iter_mut().zip(&mut tail[0]) {
                        (*x, *y) = (cosine * *x - sine * *y, sine * *x + cosine * *y);
                    }
                }
            }
            if is_whole {
                values[first] -= shift;
                beside[first] = g;
            }
            beside[last] = 0.0;
        }
    }
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    // Eight sums side by side, which processors add at once.
    let (a, a_rest) = a.as_chunks::<8>();
    let (b, b_rest) = b.as_chunks::<8>();
    let mut sums = [0.0; 8];
    for (a, b) in a.iter().zip(b) {
        (0..8).for_each(|i| sums[i] += a[i] * b[i]);
    }
    sums.iter().sum::<f64>() + a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum::<f64>()
}

fn unit(length: usize, at: usize) -> Vec<f64> {
    (0..length).map(|i| if i == at { 1.0 } else { 0.0 }).collect()
}

#[cfg(test)]
#[path = "leading_tests.rs"]
mod tests;
