use super::*;
use crate::math::{Generator, subspace_overlap, svd};

fn random(count: usize, seed: u32) -> Vec<f64> {
    let mut random = Generator::new(seed);
    (0..count).map(|_| random.normal()).collect()
}

/// Squares of values are off by `eps` of the largest square, summed over at most `K` turns of each: after the root,
/// `K eps largest^2 / value`.
fn bound(largest: f64, value: f64, count: usize) -> f64 {
    count as f64 * f64::EPSILON * largest * largest / value
}

/// Against the slow and exact way.
fn check(a: &[f64], (rows, cols): (usize, usize)) -> Leading {
    let (got, expected) = (leading(a, (rows, cols), 8), svd(a, (rows, cols)));
    assert_eq!(got.values.len(), rows.min(cols), "[{rows}, {cols}]");
    assert!(got.values.is_sorted_by(|a, b| a >= b));
    let largest = expected.values[0];
    for (got, expected) in got.values.iter().zip(&expected.values) {
        // Below this a value is given as zero.
        let floor = largest * (rows as f64 * f64::EPSILON).sqrt();
        let allowed = bound(largest, expected.max(floor), rows).max(if *got == 0.0 { 2.0 * floor } else { 0.0 });
        assert!((got - expected).abs() <= allowed, "[{rows}, {cols}]: {got} instead of {expected}");
    }
    for (i, one) in got.left.iter().enumerate() {
        for (j, other) in got.left.iter().enumerate() {
            let off = (dot(one, other) - f64::from(u8::from(i == j))).abs();
            assert!(
                off <= 10.0 * rows as f64 * f64::EPSILON,
                "[{rows}, {cols}]: vectors {i} and {j} are off by {off:e}"
            );
        }
    }
    let values = leading(a, (rows, cols), 0);
    assert!(values.left.is_empty());
    for (one, other) in values.values.iter().zip(&got.values) {
        assert!((one - other).abs() <= bound(largest, one.max(largest * 1e-7), rows), "the values alone");
    }
    got
}

#[test]
fn every_shape_has_the_values_of_the_exact_way() {
    for (rows, cols) in [(1, 1), (1, 7), (7, 1), (2, 2), (5, 3), (3, 5), (16, 16), (31, 17), (17, 31), (128, 384)] {
        let a = random(rows * cols, 3);
        let got = check(&a, (rows, cols));
        assert_eq!(got.left.len(), 8.min(rows.min(cols)));
        // A random matrix has its values apart, so that each vector is determined but for its sign.
        let exact = svd(&a, (rows, cols)).left;
        for (one, other) in got.left.iter().zip(&exact) {
            assert!((dot(one, other).abs() - 1.0).abs() < 1e-9, "[{rows}, {cols}]");
        }
    }
    assert_eq!(leading(&[], (0, 5), 3), Leading { values: vec![], left: vec![] });
    assert_eq!(leading(&[0.0; 12], (4, 3), 2), Leading { values: vec![0.0; 3], left: vec![] });
}

#[test]
fn known_values_come_out() {
    // A A^T = [[9, 12], [12, 41]]: 45 and 5.
    let got = check(&[3.0, 0.0, 4.0, 5.0], (2, 2));
    assert!((got.values[0] - 45f64.sqrt()).abs() < 1e-14 && (got.values[1] - 5f64.sqrt()).abs() < 1e-14, "{got:?}");
    let diagonal = [0.0, -7.0, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0, 3.0];
    assert_eq!(check(&diagonal, (3, 3)).values, [7.0, 3.0, 0.5]);
    // The same value twice.
    assert_eq!(check(&[2.0, 0.0, 0.0, 2.0], (2, 2)).values, [2.0, 2.0]);
}

#[test]
fn a_product_is_looked_at_through_its_factors() {
    for (rows, rank, cols) in [(13, 3, 17), (64, 8, 128), (5, 9, 4), (1, 1, 1), (128, 16, 384)] {
        let narrow = |seed, count| -> Vec<f32> { random(count, seed).iter().map(|v| *v as f32).collect() };
        let (mut b, a) = (narrow(7, rows * rank), narrow(8, rank * cols));
        if rank == 8 {
            // A direction that is not used, and one that is used twice.
            (0..rows).for_each(|i| (b[i * rank + 2], b[i * rank + 5]) = (0.0, b[i * rank + 1]));
        }
        let term = |at: usize, r: usize| f64::from(b[at / cols * rank + r]) * f64::from(a[r * cols + at % cols]);
        let whole: Vec<f64> = (0..rows * cols).map(|at| 0.5 * (0..rank).map(|r| term(at, r)).sum::<f64>()).collect();
        let (got, exact) = (leading_of_product(&b, &a, (rows, rank, cols), 0.5, 8), svd(&whole, (rows, cols)));
        assert_eq!(got.values.len(), rank.min(rows).min(cols));
        let (largest, used) = (exact.values[0], if rank == 8 { 6 } else { rank.min(rows).min(cols) });
        for (at, (got, exact)) in got.values.iter().zip(&exact.values).enumerate() {
            let is_there = *got > 0.0;
            assert_eq!(is_there, at < used, "[{rows}, {rank}, {cols}]: value {at} is {got}, {exact}");
            assert!(!is_there || (got - exact).abs() < bound(largest, *exact, 4 * rank), "{got} instead of {exact}");
        }
        assert_eq!(got.left.len(), used.min(8));
        for i in [1, used.min(8)] {
            let overlap = subspace_overlap(&got.left, &exact.left, i, i);
            assert!((overlap - 1.0).abs() < 1e-9, "[{rows}, {rank}, {cols}]: {overlap}");
        }
    }
    let nothing = leading_of_product(&[0.0; 6], &[1.0; 8], (3, 2, 4), 2.0, 4);
    assert_eq!(nothing, Leading { values: vec![0.0; 2], left: vec![] });
}
