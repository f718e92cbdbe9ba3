//! Error numbers, histograms, products, pictures and the generator, against definitions written out in f64.

use afina::math::{
    Axis, Generator, Totals, Viewport, activations, band_size, error_by_band, error_histogram, error_stats, gaussian,
    hash_u32, heatmap, heavy_tailed, histogram, matrix_stats, matvec, outlier_columns, pareto_front, relative_error,
    scale_columns, sweep_specs, uniform,
};

/// 1, a prime, tile - 1, tile, tile + 1 of the stripe of 64 columns and the vector of 4.
const SIDES: [usize; 8] = [1, 3, 4, 5, 13, 63, 64, 65];

#[test]
fn the_generator_gives_known_bits() {
    // Computed apart, with Python integers modulo 2^32; the WGSL port must give the same.
    for (seed, index, expected) in
        [(0, 0, 0x30be_035e), (0, 1, 0x5e63_01b0), (7, 123456789, 0x5d61_3f1d), (u32::MAX, u32::MAX, 0xb873_1594)]
    {
        assert_eq!(hash_u32(seed, index), expected, "{seed} {index}");
        assert_eq!(uniform(seed, index), (expected >> 8) as f32 / 16_777_216.0);
    }
}

/// Mean, variance and kurtosis.
fn moments(values: impl Iterator<Item = f64> + Clone) -> (f64, f64, f64) {
    let n = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / n;
    let central = |power: i32| values.clone().map(|v| (v - mean).powi(power)).sum::<f64>() / n;
    (mean, central(2), central(4) / central(2).powi(2))
}

#[test]
fn sources_have_their_distribution() {
    let n = 1 << 20;
    let root = (n as f64).sqrt();
    for seed in [0, 1, 7] {
        let w = gaussian(1 << 10, 1 << 10, seed);
        let (mean, variance, kurtosis) = moments(w.iter().map(|&w| f64::from(w) / 0.05));
        // Five standard deviations: 1, sqrt(2), sqrt(24) over the root of n.
        assert!(mean.abs() < 5.0 / root && (variance - 1.0).abs() < 7.1 / root && (kurtosis - 3.0).abs() < 24.5 / root);
        let (mean, variance, kurtosis) = moments(activations(n, seed).iter().map(|&w| f64::from(w)));
        assert!(mean.abs() < 5.0 / root && (variance - 1.0).abs() < 7.1 / root && (kurtosis - 3.0).abs() < 24.5 / root);
        // Student's t has no fourth moment; its distribution function is compared instead: sup-norm below 2.2 / sqrt(n)
        // but for one sample in ten thousand (Kolmogorov).
        let mut t: Vec<f64> = heavy_tailed(1 << 10, 1 << 10, seed).iter().map(|&w| f64::from(w) / 0.05).collect();
        t.sort_by(f64::total_cmp);
        let cdf = |x: f64| 0.5 + (x / (1.0 + x * x) + x.atan()) / std::f64::consts::PI;
        let worst =
            t.iter().enumerate().map(|(i, &x)| (cdf(x) - (i as f64 + 0.5) / n as f64).abs()).fold(0.0, f64::max);
        assert!(worst < 2.2 / root, "{worst}");
    }
    let (w, x) = (gaussian(1, 1 << 16, 3), activations(1 << 16, 3));
    let together: f64 = w.iter().zip(&x).map(|(w, x)| f64::from(w / 0.05) * f64::from(*x)).sum::<f64>() / 65536.0;
    assert!(together.abs() < 5.0 / 256.0, "weights and activations of one seed are alike: {together}");
    assert_eq!(gaussian(3, 5, 1), gaussian(5, 3, 1));
    assert_ne!(gaussian(3, 5, 1), gaussian(3, 5, 2));
}

#[test]
fn the_sequential_generator_is_uniform_and_normal() {
    let mut generator = Generator::new(12);
    let uniforms: Vec<f64> = (0..100_000).map(|_| generator.next_f64()).collect();
    let (mean, variance, _) = moments(uniforms.iter().copied());
    assert!((mean - 0.5).abs() < 5.0 * 0.2887 / 316.2 && (variance - 1.0 / 12.0).abs() < 5.0 * 0.0745 / 316.2);
    let normals: Vec<f64> = (0..100_000).map(|_| generator.normal()).collect();
    let (mean, variance, kurtosis) = moments(normals.iter().copied());
    assert!(mean.abs() < 5.0 / 316.2 && (variance - 1.0).abs() < 7.1 / 316.2 && (kurtosis - 3.0).abs() < 24.5 / 316.2);
    assert!((0..1000).all(|_| generator.below(7) < 7));
}

#[test]
fn outlier_columns_are_spread_and_scaled() {
    assert_eq!(outlier_columns(384, 2), [96, 288]);
    assert_eq!(outlier_columns(5, 0), [0usize; 0]);
    for cols in SIDES {
        for count in 0..=cols + 1 {
            let columns = outlier_columns(cols, count);
            assert_eq!(columns.len(), count.min(cols));
            assert!(columns.windows(2).all(|p| p[0] < p[1]) && columns.iter().all(|&c| c < cols));
        }
    }
    let mut w = vec![1.0; 15];
    scale_columns(&mut w, 5, &[1, 4], 8.0);
    assert_eq!(w, [1.0, 8.0, 1.0, 1.0, 8.0].repeat(3));
}

#[test]
fn error_sums_agree_with_plain_loops() {
    for rows in SIDES {
        for cols in SIDES {
            let w = gaussian(rows, cols, 1);
            let hat: Vec<f32> = w.iter().zip(gaussian(rows, cols, 2)).map(|(w, e)| w + e * 0.1).collect();
            for axis in [Axis::Rows, Axis::Columns] {
                let lines = error_stats(&w, &hat, rows, cols, axis);
                assert_eq!(lines.len(), if axis == Axis::Rows { rows } else { cols });
                for (l, line) in lines.iter().enumerate() {
                    let members: Vec<usize> =
                        (0..w.len()).filter(|i| l == if axis == Axis::Rows { i / cols } else { i % cols }).collect();
                    let sum = |f: &dyn Fn(usize) -> f64| members.iter().map(|&i| f(i)).sum::<f64>();
                    // f64 sums of at most 65 terms in another order.
                    let close = |a: f64, b: f64| (a - b).abs() <= 1e-14 * sum(&|i| f64::from(w[i]).abs()).max(b.abs());
                    let e = |i: usize| f64::from(hat[i] - w[i]);
                    assert!(close(line.sum_sq_error, sum(&|i| e(i) * e(i))));
                    assert!(close(line.sum_sq, sum(&|i| f64::from(w[i]).powi(2))));
                    assert!(close(line.dot, sum(&|i| f64::from(w[i]) * f64::from(hat[i]))));
                    assert!(close(line.sum_sq_hat, sum(&|i| f64::from(hat[i]).powi(2))));
                    let max = members.iter().map(|&i| (hat[i] - w[i]).abs()).fold(0.0, f32::max);
                    assert_eq!(line.max_abs_error, max);
                }
            }
        }
    }
}

#[test]
fn totals_are_what_they_say() {
    let (w, hat) = ([3.0f32, 0.0, -4.0, 0.0], [3.0f32, 1.0, -4.0, 0.0]);
    let totals = Totals::from_lines(&error_stats(&w, &hat, 2, 2, Axis::Rows), 4);
    assert_eq!((totals.mse, totals.max_error), (0.25, 1.0));
    assert!((totals.sqnr_db - 10.0 * 25f64.log10()).abs() < 1e-12);
    assert!((totals.cosine - 25.0 / (25f64 * 26.0).sqrt()).abs() < 1e-15);
    let same = Totals::from_lines(&error_stats(&w, &w, 2, 2, Axis::Columns), 4);
    assert_eq!((same.mse, same.sqnr_db, same.cosine), (0.0, f64::INFINITY, 1.0));
    let zero = Totals::from_lines(&error_stats(&[0.0; 4], &[0.0; 4], 2, 2, Axis::Rows), 4);
    assert_eq!((zero.sqnr_db, zero.cosine), (f64::INFINITY, 1.0));
    let lost = Totals::from_lines(&error_stats(&w, &[0.0; 4], 2, 2, Axis::Rows), 4);
    assert_eq!((lost.sqnr_db, lost.cosine), (0.0, 0.0));
}

#[test]
fn bands_cover_all_lines() {
    let (w, hat) = (gaussian(33, 7, 1), gaussian(33, 7, 2));
    let lines = error_stats(&w, &hat, 33, 7, Axis::Rows);
    let bands = error_by_band(&lines, 7, 8);
    assert_eq!(
        bands.iter().map(|b| (b.from, b.to)).collect::<Vec<_>>(),
        [(0, 8), (8, 16), (16, 24), (24, 32), (32, 33)]
    );
    let mean_square: f64 =
        bands.iter().map(|b| b.rmse * b.rmse * ((b.to - b.from) * 7) as f64).sum::<f64>() / w.len() as f64;
    assert!((mean_square - Totals::from_lines(&lines, w.len()).mse).abs() < 1e-15);
    assert_eq!((band_size(4096, 32, 256), band_size(384, 1, 256), band_size(100_000, 32, 256)), (32, 2, 416));
    assert_eq!((band_size(1, 1, 256), band_size(0, 1, 256)), (1, 1));
}

#[test]
fn matrix_numbers_agree_with_plain_loops() {
    for n in SIDES {
        let w: Vec<f32> = gaussian(1, n, 4).iter().map(|w| w + 100.0).collect();
        let stats = matrix_stats(&w);
        let mean = w.iter().map(|&w| f64::from(w)).sum::<f64>() / n as f64;
        let variance = w.iter().map(|&w| (f64::from(w) - mean).powi(2)).sum::<f64>() / n as f64;
        assert!((stats.mean - mean).abs() < 1e-11 && (stats.std - variance.sqrt()).abs() < 1e-9);
        assert_eq!(stats.max, w.iter().copied().fold(f32::MIN, f32::max));
        assert_eq!(stats.min, w.iter().copied().fold(f32::MAX, f32::min));
        assert_eq!(stats.absmax, stats.max);
    }
    assert_eq!(matrix_stats(&[-3.0, 1.0]).absmax, 3.0);
    assert_eq!(matrix_stats(&[]).std, 0.0);
}

#[test]
fn histograms_count_everything_once() {
    assert_eq!(histogram(&[-1.0, -0.51, -0.5, 0.0, 0.49, 0.5, 1.0, 9.0, -9.0], -1.0, 1.0, 4), [3, 1, 2, 3]);
    let (w, hat) = (gaussian(33, 65, 1), gaussian(33, 65, 2));
    for bins in [1, 2, 7, 256] {
        let errors: Vec<f32> = w.iter().zip(&hat).map(|(w, hat)| hat - w).collect();
        let counts = histogram(&errors, -0.1, 0.1, bins);
        assert_eq!(counts, error_histogram(&w, &hat, -0.1, 0.1, bins));
        assert_eq!(counts.iter().sum::<u32>() as usize, w.len());
    }
    assert_eq!(histogram(&[1.0, 2.0], 1.0, 1.0, 3), [2, 0, 0], "a range of no width");
    assert_eq!(histogram(&[1.0, 2.0], f32::MIN, f32::MAX, 3), [2, 0, 0], "a range wider than f32 holds");
    assert!(histogram(&[1.0], 0.0, 1.0, 0).is_empty());
}

#[test]
fn products_agree_with_plain_loops() {
    for rows in SIDES {
        for cols in SIDES {
            let (w, x) = (gaussian(rows, cols, 1), activations(cols, 2));
            for (row, y) in matvec(&w, rows, cols, &x).iter().enumerate() {
                let terms: Vec<f64> = (0..cols).map(|c| f64::from(w[row * cols + c]) * f64::from(x[c])).collect();
                let magnitude: f64 = terms.iter().map(|t| t.abs()).sum();
                assert!((y - terms.iter().sum::<f64>()).abs() <= 65.0 * f64::EPSILON * magnitude);
            }
        }
    }
    assert_eq!(relative_error(&[3.0, 4.0], &[3.0, 4.5]), 0.1);
    assert_eq!(relative_error(&[0.0], &[0.0]), 0.0);
    assert_eq!(relative_error(&[0.0], &[1.0]), f64::INFINITY);
}

#[test]
fn heatmaps_show_the_worst_weight_of_every_cell() {
    let (rows, cols) = (33, 65);
    let w = gaussian(rows, cols, 1);
    // Few distinct errors, so that ties are common.
    let hat: Vec<f32> = w.iter().enumerate().map(|(i, w)| if i % 5 == 0 { w + 0.5 } else { *w }).collect();
    for view in [
        Viewport { row: 0, col: 0, rows, cols },
        Viewport { row: 3, col: 7, rows: 13, cols: 31 },
        Viewport { row: 32, col: 64, rows: 1, cols: 1 },
    ] {
        for (cell_rows, cell_cols) in [(1, 1), (4, 5), (view.rows, view.cols), (40, 70)] {
            let cells = heatmap(&w, &hat, rows, cols, view, cell_rows, cell_cols);
            assert_eq!(cells.index.len(), cell_rows * cell_cols);
            for (cell, &index) in cells.index.iter().enumerate() {
                let (r, c) = (cell / cell_cols, cell % cell_cols);
                let inside = |first: usize, lines: usize, i: usize, cells: usize| {
                    let begin = first + i * lines / cells;
                    begin..(first + (i + 1) * lines / cells).max(begin + 1)
                };
                let mut best = None;
                for row in inside(view.row, view.rows, r, cell_rows) {
                    for col in inside(view.col, view.cols, c, cell_cols) {
                        let i = row * cols + col;
                        let key = ((hat[i] - w[i]).abs(), w[i].abs());
                        if best.is_none_or(|(b, _)| key > b) {
                            best = Some((key, i));
                        }
                    }
                }
                let i = best.expect("a cell covers something").1;
                assert_eq!(index as usize, i, "{view:?} cell {cell}");
                assert_eq!(
                    (cells.original[cell], cells.dequantized[cell], cells.error[cell]),
                    (w[i], hat[i], hat[i] - w[i])
                );
            }
        }
    }
}

#[test]
fn the_pareto_front_is_what_nothing_beats() {
    let points = [
        (4.5, 20.0),
        (4.5, 21.0),
        (4.25, 21.0),
        (8.5, 45.0),
        (9.0, 45.0),
        (4.25, 21.0),
        (f64::NAN, 99.0),
        (16.0, f64::INFINITY),
    ];
    assert_eq!(pareto_front(&points), [false, false, true, true, false, true, false, true]);
    assert!(pareto_front(&[]).is_empty());
}

#[test]
fn the_sweep_is_accepted_by_the_lab_and_names_everything_once() {
    use afina::labs::quant::{Config, MAX_FORMATS};
    let specs = sweep_specs();
    assert!((45..=60).contains(&specs.len()), "{}", specs.len());
    let mut labels: Vec<&str> = specs.iter().map(|(label, _)| label.as_str()).collect();
    labels.sort_unstable();
    labels.dedup();
    assert_eq!(labels.len(), specs.len());
    for (i, (label, spec)) in specs.iter().enumerate() {
        assert!(specs[..i].iter().all(|(_, other)| other != spec), "{label} comes twice");
    }
    for part in specs.chunks(MAX_FORMATS) {
        let formats = part.iter().map(|(_, spec)| *spec).collect();
        let config = Config { formats, ..Config::default() };
        let config = Config { view: afina::labs::quant::View::default(), ..config };
        assert!(config.checked().is_ok());
    }
}
