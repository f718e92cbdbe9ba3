use super::*;
use crate::math::Generator;

fn random(rows: usize, cols: usize, seed: u32) -> Vec<f64> {
    let mut random = Generator::new(seed);
    (0..rows * cols).map(|_| random.normal()).collect()
}

fn product(a: &[f64], b: &[f64], (m, k, n): (usize, usize, usize)) -> Vec<f64> {
    (0..m * n).map(|at| (0..k).map(|i| a[at / n * k + i] * b[i * n + at % n]).sum()).collect()
}

/// Every sum of `n` products of numbers up to 1 is off by at most `n eps`, each of about ten sweeps turns a line `K` times.
fn bound(rows: usize, cols: usize) -> f64 {
    10.0 * f64::EPSILON * (rows.max(cols) as f64) * (rows.min(cols) as f64).sqrt()
}

fn check(a: &[f64], (rows, cols): (usize, usize)) -> Svd {
    let got = svd(a, (rows, cols));
    let k = rows.min(cols);
    assert_eq!((got.left.len(), got.values.len(), got.right.len()), (k, k, k));
    assert!(got.values.is_sorted_by(|a, b| a >= b) && got.values.iter().all(|value| *value >= 0.0));
    let largest = got.values.first().copied().unwrap_or(0.0);
    for vectors in [&got.left, &got.right] {
        for (i, one) in vectors.iter().enumerate() {
            for (j, other) in vectors.iter().enumerate() {
                let off = (dot(one, other) - f64::from(u8::from(i == j))).abs();
                assert!(off <= bound(rows, cols), "[{rows}, {cols}]: vectors {i} and {j} are off by {off:e}");
            }
        }
    }
    for row in 0..rows {
        for col in 0..cols {
            let sum: f64 = (0..k).map(|i| got.left[i][row] * got.values[i] * got.right[i][col]).sum();
            let off = (sum - a[row * cols + col]).abs();
            assert!(off <= bound(rows, cols) * largest, "[{rows}, {cols}] at {row}, {col}: {off:e}");
        }
    }
    got
}

#[test]
fn every_shape_is_put_together_again() {
    for (rows, cols) in [(1, 1), (1, 7), (7, 1), (2, 2), (5, 3), (3, 5), (16, 16), (31, 17), (17, 31), (64, 48)] {
        check(&random(rows, cols, 3), (rows, cols));
    }
    assert_eq!(svd(&[], (0, 5)), Svd { left: vec![], values: vec![], right: vec![] });
}

#[test]
fn the_largest_matrix_of_the_lab_too() {
    check(&random(384, 128, 4), (384, 128));
}

#[test]
fn known_values_come_out() {
    // A^T A = [[25, 20], [20, 25]]: 45 and 5.
    let got = check(&[3.0, 0.0, 4.0, 5.0], (2, 2));
    assert!((got.values[0] - 45f64.sqrt()).abs() < 1e-14 && (got.values[1] - 5f64.sqrt()).abs() < 1e-14, "{got:?}");
    let diagonal = [0.0, -7.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 3.0];
    assert_eq!(check(&diagonal, (3, 3)).values, [7.0, 3.0, 0.5]);
    // One row: its length, and itself.
    let got = check(&[3.0, 0.0, -4.0], (1, 3));
    assert!((got.values[0] - 5.0).abs() < 1e-15, "{got:?}");
    assert!((got.right[0][2] * got.left[0][0] + 0.8).abs() < 1e-15, "{got:?}");
}

#[test]
fn small_values_beside_large_ones_are_accurate() {
    let (u, v) = (svd(&random(20, 20, 5), (20, 20)).left, svd(&random(12, 12, 6), (12, 12)).left);
    let values: Vec<f64> = (0..12).map(|i| 10f64.powi(-i)).collect();
    let a: Vec<f64> = (0..20 * 12).map(|at| (0..12).map(|i| u[i][at / 12] * values[i] * v[i][at % 12]).sum()).collect();
    for (got, expected) in check(&a, (20, 12)).values.iter().zip(values) {
        // The sum above rounds to eps of the largest.
        assert!((got - expected).abs() <= 20.0 * f64::EPSILON, "{got} for {expected}");
    }
}

#[test]
fn a_low_rank_has_that_many_values() {
    for (rows, cols, rank) in [(13, 17, 3), (40, 24, 5), (9, 9, 1)] {
        let a = product(&random(rows, rank, 7), &random(rank, cols, 8), (rows, rank, cols));
        let got = check(&a, (rows, cols));
        let above = got.values.iter().filter(|value| **value > bound(rows, cols) * got.values[0]).count();
        assert_eq!(above, rank, "{:?}", got.values);
    }
    let zero = check(&[0.0; 12], (4, 3));
    assert_eq!(zero.values, [0.0; 3]);
    let twice = check(&[1.0, 1.0, 2.0, 2.0, 0.0, 0.0], (3, 2));
    assert!((twice.values[0] - 10f64.sqrt()).abs() < 1e-14 && twice.values[1] < 1e-15, "{twice:?}");
}

#[test]
fn overlap_is_one_within_and_zero_beside() {
    let u = svd(&random(24, 24, 9), (24, 24)).left;
    assert!((subspace_overlap(&u, &u, 5, 5) - 1.0).abs() < 1e-13);
    assert!((subspace_overlap(&u, &u, 3, 9) - 1.0).abs() < 1e-13, "the smaller lies in the larger");
    assert!(subspace_overlap(&u, &u[12..], 12, 12) < 1e-13);
    assert!((subspace_overlap(&u, &u[2..], 4, 4) - 0.5).abs() < 1e-13, "two of four");
    // Of two random spaces of i and j dimensions in n, on average max(i, j) / n.
    let other = svd(&random(24, 24, 10), (24, 24)).left;
    let chance = subspace_overlap(&u, &other, 6, 6);
    assert!((0.1..0.5).contains(&chance), "{chance}");
    assert!(subspace_overlap(&u, &other, 0, 3).is_nan());
}
