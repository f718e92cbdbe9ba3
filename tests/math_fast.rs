//! The CPU tier's products against sums in f64, over formats, groups and shapes that fit no tile.

use afina::math::{
    FastActivations, FastStorage, FastVersion, FastWeights, activations, add_low_rank, dequantize, gaussian,
    product_rows, quantize,
};

/// One rounding of an f32, relative.
const U: f64 = 1.0 / 16_777_216.0;

fn storages(group: u32) -> Vec<FastStorage> {
    let mut all = vec![FastStorage::F32, FastStorage::F16, FastStorage::W8a8 { group }];
    for on in [false, true] {
        all.push(FastStorage::Int8 { group, asymmetric: on });
        all.push(FastStorage::Int4 { group, asymmetric: on });
        all.push(FastStorage::Nf4 { group, double: on });
    }
    all
}

/// Panics where an output is further from the sum of the exact products than `K + 6` roundings of their magnitudes.
fn agrees(what: &str, y: &[f32], x: &[Vec<f64>], w: &[f32], cols: usize) {
    let rows = w.len() / cols;
    for (m, x) in x.iter().enumerate() {
        for (n, w) in w.chunks_exact(cols).enumerate() {
            let products = || x.iter().zip(w).map(|(x, w)| x * f64::from(*w));
            let (sum, magnitude) = (products().sum::<f64>(), products().map(f64::abs).sum::<f64>());
            let error = (f64::from(y[m * rows + n]) - sum).abs();
            assert!(error <= (cols + 6) as f64 * U * magnitude, "{what}: [{m}, {n}]: {} is not {sum}", y[m * rows + n]);
        }
    }
}

#[test]
fn every_format_and_version_multiplies_its_own_codes() {
    let mut cases = 0;
    for (m, n, k) in [(1, 1, 1), (1, 5, 31), (2, 4, 32), (3, 7, 33), (5, 9, 127), (4, 8, 1025), (1, 3, 2053)] {
        let (w, x) = (gaussian(n, k, 3), activations(m * k, 4));
        for storage in [32, 64, 128].into_iter().flat_map(storages) {
            let packed = FastWeights::pack(&w, n, k, storage).unwrap();
            let exact: Vec<f32> = match storage.spec() {
                Some(spec) => dequantize(&quantize(&w, n, k, &spec)),
                None => (0..n).flat_map(|n| packed.row(n)).collect(),
            };
            let rows: Vec<f32> = (0..n).flat_map(|n| packed.row(n)).collect();
            assert_eq!(rows, exact, "{storage:?} {n} x {k}: a row is not what the quantizer says");
            let prepared = FastActivations::new(&x, &packed);
            let x: Vec<Vec<f64>> = (0..m).map(|m| prepared.row(m, &packed)).collect();
            for version in FastVersion::ALL {
                let mut y = vec![f32::NAN; m * n];
                // In two pieces, as a run that looks at Stop does.
                product_rows(&prepared, &packed, 0..n / 2, version, &mut y);
                product_rows(&prepared, &packed, n / 2..n, version, &mut y);
                agrees(&format!("{storage:?} {version:?} {m} x {n} x {k}"), &y, &x, &exact, k);
                cases += 1;
            }
        }
    }
    assert_eq!(cases, 7 * 3 * 9 * 3);
}

#[test]
fn halves_are_the_nearest_halves() {
    let w = [1.0, -0.1, 65_504.0, 1e-7, 0.333_333_34];
    let packed = FastWeights::pack(&w, 1, 5, FastStorage::F16).unwrap();
    let expected: Vec<f32> = w.iter().map(|&w| half::f16::from_f32(w).to_f32()).collect();
    assert_eq!(packed.row(0), expected);
}

#[test]
fn quantized_activations_stay_within_half_a_step() {
    let (k, group) = (131, 32);
    let x = activations(2 * k, 9);
    let packed = FastWeights::pack(&gaussian(1, k, 1), 1, k, FastStorage::W8a8 { group }).unwrap();
    let prepared = FastActivations::new(&x, &packed);
    for m in 0..2 {
        let exact = &x[m * k..(m + 1) * k];
        let back = prepared.row(m, &packed);
        for (exact, back) in exact.chunks(group as usize).zip(back.chunks(group as usize)) {
            let step = exact.iter().fold(0f64, |max, x| max.max(f64::from(x.abs()))) / 127.0;
            for (x, b) in exact.iter().zip(back) {
                assert!((f64::from(*x) - b).abs() <= 0.5001 * step, "{x} became {b}, step {step}");
            }
        }
    }
    let zeros = vec![0.0; k];
    assert!(FastActivations::new(&zeros, &packed).row(0, &packed).iter().all(|x| *x == 0.0));
}

#[test]
fn a_low_rank_update_is_added() {
    let (m, n, k, rank, scale) = (3, 7, 33, 5, 0.5f32);
    let (x, a, b) = (activations(m * k, 1), gaussian(rank, k, 2), gaussian(n, rank, 3));
    let mut y = vec![1.0; m * n];
    add_low_rank(&x, (&a, &b), rank, scale, &mut y);
    for (i, y) in y.iter().enumerate() {
        let (m, n) = (i / n, i % n);
        let z = |r: usize| (0..k).map(|j| f64::from(x[m * k + j]) * f64::from(a[r * k + j])).sum::<f64>();
        let sum: f64 = (0..rank).map(|r| z(r) * f64::from(b[n * rank + r])).sum();
        let expected = 1.0 + f64::from(scale) * sum;
        assert!((f64::from(*y) - expected).abs() < 1e-6, "{y} is not {expected}");
    }
}

#[test]
fn memory_is_counted_as_it_is_allocated() {
    let bytes = |storage| FastWeights::pack(&gaussian(4, 100, 1), 4, 100, storage).unwrap().size_bytes();
    assert_eq!(bytes(FastStorage::F32), 1600);
    assert_eq!(bytes(FastStorage::F16), 800);
    // 4 groups a row: 32, 32, 32 and 4 weights.
    assert_eq!(bytes(FastStorage::Int8 { group: 32, asymmetric: false }), 400 + 64);
    assert_eq!(bytes(FastStorage::Int8 { group: 32, asymmetric: true }), 400 + 64 + 16);
    // Rows of 4-bit codes are padded to 128.
    assert_eq!(bytes(FastStorage::Int4 { group: 32, asymmetric: false }), 256 + 64);
    assert_eq!(bytes(FastStorage::Nf4 { group: 32, double: true }), 256 + 16 + 4 + 4);
}
