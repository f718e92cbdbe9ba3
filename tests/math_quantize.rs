//! What must hold for every format, grouping, scale rule, storage and ragged shape.

use afina::math::{
    Axis, Codes, Format, Granularity, Groups, QuantSpec, Quantized, Rounding, ScaleRule, ScaleStorage, Symmetry,
    Totals, codes_per_word, dequantize, error_stats, explain, gaussian, heavy_tailed, int_range, levels, pack_codes,
    percentile_rank, quantize, reach, thresholds, unpack_codes,
};

/// 1, a prime, tile - 1, tile, tile + 1 of the usual group of 32.
const SIDES: [usize; 5] = [1, 13, 31, 32, 33];

fn formats() -> Vec<(Format, Symmetry)> {
    let mut all = vec![
        (Format::Fp32, Symmetry::Symmetric),
        (Format::Fp16, Symmetry::Symmetric),
        (Format::Bf16, Symmetry::Symmetric),
        (Format::Fp8E4m3, Symmetry::Symmetric),
        (Format::Fp8E5m2, Symmetry::Symmetric),
        (Format::Nf4, Symmetry::Symmetric),
    ];
    for bits in 2..=8 {
        for symmetry in [Symmetry::Symmetric, Symmetry::FullRange, Symmetry::Asymmetric] {
            all.push((Format::Int(bits), symmetry));
        }
    }
    all
}

fn every_spec(f: &mut dyn FnMut(QuantSpec)) {
    for (format, symmetry) in formats() {
        for granularity in [Granularity::Tensor, Granularity::Row, Granularity::Group(32), Granularity::Block(64)] {
            for rounding in [Rounding::Nearest, Rounding::Stochastic { seed: 9 }] {
                for scale_rule in [ScaleRule::AbsMax, ScaleRule::Percentile { percent: 90.0 }, ScaleRule::LeastSquares]
                {
                    for scale_storage in [ScaleStorage::F32, ScaleStorage::F16, ScaleStorage::Double] {
                        if scale_storage == ScaleStorage::Double && symmetry != Symmetry::Symmetric {
                            continue;
                        }
                        f(QuantSpec { format, symmetry, granularity, rounding, scale_rule, scale_storage });
                    }
                }
            }
        }
    }
}

fn plain(format: Format, symmetry: Symmetry, granularity: Granularity) -> QuantSpec {
    let (rounding, scale_rule) = (Rounding::Nearest, ScaleRule::AbsMax);
    QuantSpec { format, symmetry, granularity, rounding, scale_rule, scale_storage: ScaleStorage::F32 }
}

/// The definition, weight by weight, without any of the production code's tricks: f64 search for the nearest level.
fn naive(w: &[f32], q: &Quantized) -> Vec<u32> {
    let table = levels(q.spec.format, q.spec.symmetry);
    let zero_index = table.len() / 2;
    (0..w.len())
        .map(|i| {
            let group = q.groups.of(i);
            let members = &w[q.groups.range(group)];
            let (low, high) = members.iter().fold((0f32, 0f32), |(l, h), &w| (l.min(w), h.max(w)));
            let absmax = high.max(-low);
            let peak = members.iter().copied().find(|w| w.abs() == absmax).unwrap_or(0.0);
            let reach = reach(q.spec.format, q.spec.symmetry);
            let scale = match (q.spec.format, q.spec.symmetry) {
                (Format::Int(_), Symmetry::FullRange) => peak / reach,
                (Format::Int(_), Symmetry::Asymmetric) => (high - low) / reach,
                _ => absmax / reach,
            };
            let zero = q.zeros.get(group).map_or(0.0, |&z| f32::from(z));
            let x = if scale == 0.0 { 0.0 } else { w[i] * (1.0 / scale) };
            let distance = |k: usize| (f64::from(table[k]) - f64::from(zero) - f64::from(x)).abs();
            let nearest = (0..table.len()).map(distance).fold(f64::INFINITY, f64::min);
            let tied: Vec<usize> = (0..table.len()).filter(|&k| distance(k) == nearest).collect();
            let even = |k: usize| match q.spec.format {
                Format::Int(_) => (table[k] - zero).rem_euclid(2.0) == 0.0,
                Format::Nf4 => true,
                _ => k.abs_diff(zero_index).is_multiple_of(2),
            };
            tied.iter().copied().find(|&k| tied.len() == 1 || even(k)).expect("a level") as u32
        })
        .collect()
}

#[test]
fn nearest_codes_follow_the_definition() {
    for (format, symmetry) in formats().into_iter().filter(|(f, _)| f.is_scaled()) {
        for rows in SIDES {
            for cols in SIDES {
                let mut w = heavy_tailed(rows, cols, 11);
                // Ties, exact levels, zeros.
                for (i, w) in w.iter_mut().enumerate().filter(|(i, _)| i % 3 == 0) {
                    *w = (i % 17) as f32 * 0.03125 - 0.25;
                }
                for granularity in
                    [Granularity::Tensor, Granularity::Row, Granularity::Group(32), Granularity::Block(8)]
                {
                    let q = quantize(&w, rows, cols, &plain(format, symmetry, granularity));
                    let got: Vec<u32> = (0..w.len()).map(|i| q.codes.get(i)).collect();
                    let expected = naive(&w, &q);
                    // NF4 midpoints are rounded to f32 as published: a weight within an ulp of one may differ from f64.
                    let differ = got.iter().zip(&expected).filter(|(a, b)| a != b).count();
                    assert_eq!(differ, 0, "{format:?} {symmetry:?} {granularity:?} [{rows}, {cols}]");
                }
            }
        }
    }
}

#[test]
fn every_combination_is_finite_explained_and_sized() {
    for (rows, cols) in [(1, 1), (13, 33), (31, 13), (33, 64)] {
        let mut w = gaussian(rows, cols, 3);
        w[0] = 1.0;
        every_spec(&mut |spec| {
            let q = quantize(&w, rows, cols, &spec);
            let back = dequantize(&q);
            assert_eq!(back.len(), w.len());
            assert!(back.iter().all(|v| v.is_finite()), "{spec:?}");
            let groups = if spec.format.is_scaled() { Groups::new(spec.granularity, rows, cols).count() } else { 0 };
            assert_eq!(q.scales.len(), groups);
            for i in 0..w.len() {
                let one = explain(&w, &q, i / cols, i % cols);
                assert_eq!((one.value, one.back), (w[i], back[i]), "{spec:?} at {i}");
                assert_eq!(one.back, one.scale * one.level);
                assert_eq!(one.error, back[i] - w[i]);
                if spec.format.is_scaled() {
                    let table = levels(spec.format, spec.symmetry);
                    assert_eq!(one.level, table[one.code as usize] - one.zero);
                    assert!(q.groups.range(one.group).contains(&i));
                }
            }
            assert!(spec.bits_per_weight(rows, cols) >= f64::from(spec.format.bits()));
            assert_eq!(spec.size_bytes(rows, cols), spec.size_bits(rows, cols).div_ceil(8));
        });
    }
}

#[test]
fn zeros_and_tiny_weights_come_back_as_zeros() {
    every_spec(&mut |spec| {
        for value in [0.0, f32::from_bits(1), -f32::MIN_POSITIVE / 2.0] {
            let q = quantize(&[value; 70], 2, 35, &spec);
            let largest = dequantize(&q).iter().fold(0f32, |m, v| m.max(v.abs()));
            assert!(largest <= value.abs(), "{spec:?}: {value:e} became {largest:e}");
        }
    });
}

#[test]
fn huge_weights_do_not_become_nan() {
    let w: Vec<f32> = (0..64).map(|i| if i % 2 == 0 { f32::MAX } else { -f32::MAX / (i as f32) }).collect();
    every_spec(&mut |spec| {
        if spec.scale_storage == ScaleStorage::F32 {
            let q = quantize(&w, 2, 32, &spec);
            assert!(dequantize(&q).iter().all(|v| !v.is_nan()), "{spec:?}");
        }
    });
}

#[test]
fn the_error_is_at_most_half_a_step() {
    let w = gaussian(33, 97, 5);
    for bits in 2..=8 {
        for symmetry in [Symmetry::Symmetric, Symmetry::FullRange, Symmetry::Asymmetric] {
            let q = quantize(&w, 33, 97, &plain(Format::Int(bits), symmetry, Granularity::Group(32)));
            let (low, high) = int_range(bits, symmetry);
            for (i, back) in dequantize(&q).iter().enumerate() {
                let scale = q.scales[q.groups.of(i)].abs();
                // Half a step, plus rounding of w * inverse and of scale * level; where the largest weight of the other
                // sign is clipped by the full range, or the zero point moves the range, a whole step.
                let steps = if symmetry == Symmetry::Symmetric { 0.5 } else { 1.0 };
                let allowed = scale * (steps + 4.0 * f32::EPSILON * (high - low) as f32);
                assert!((back - w[i]).abs() <= allowed, "INT{bits} {symmetry:?} at {i}");
            }
        }
    }
}

#[test]
fn thresholds_are_where_the_code_changes() {
    for format in [Format::Nf4, Format::Fp8E4m3, Format::Fp8E5m2] {
        let limit = reach(format, Symmetry::Symmetric);
        let table = levels(format, Symmetry::Symmetric);
        for (i, threshold) in thresholds(format).into_iter().enumerate() {
            // The first weight makes the scale 1 in the group of three.
            let q = quantize(
                &[limit, threshold, threshold.next_up()],
                1,
                3,
                &plain(format, Symmetry::Symmetric, Granularity::Tensor),
            );
            assert_eq!(q.scales, [1.0]);
            assert_eq!((q.codes.get(1), q.codes.get(2)), (i as u32, i as u32 + 1), "{format:?} {threshold}");
        }
        for (i, &level) in table.iter().enumerate() {
            let q = quantize(&[limit, level], 1, 2, &plain(format, Symmetry::Symmetric, Granularity::Tensor));
            assert_eq!(q.codes.get(1), i as u32, "{format:?} {level}");
        }
    }
}

#[test]
fn sixteen_bit_codes_are_halfs() {
    // Every float with a distinct upper part, with ties and near ties below.
    let w: Vec<f32> = (0..0x1_0000u32)
        .flat_map(|high| {
            [0, 0x0FFF, 0x1000, 0x1001, 0x7FFF, 0x8000, 0x8001].map(|low| f32::from_bits(high << 16 | low))
        })
        .filter(|w| w.is_finite())
        .collect();
    let codes = |format| match quantize(&w, 1, w.len(), &plain(format, Symmetry::Symmetric, Granularity::Tensor)).codes
    {
        Codes::Half(codes) => codes,
        other => panic!("{other:?}"),
    };
    for (i, code) in codes(Format::Fp16).into_iter().enumerate() {
        let expected = half::f16::from_f32(w[i].clamp(-65504.0, 65504.0));
        assert_eq!(code, expected.to_bits(), "{:e}", w[i]);
    }
    let max = half::bf16::MAX.to_f32();
    for (i, code) in codes(Format::Bf16).into_iter().enumerate() {
        assert_eq!(code, half::bf16::from_f32(w[i].clamp(-max, max)).to_bits(), "{:e}", w[i]);
    }
}

#[test]
fn codes_survive_packing() {
    for bits in [2, 3, 4, 5, 6, 7, 8, 16] {
        for count in [0, 1, 7, 31, 32, 33, 257] {
            let codes: Vec<u32> = (0..count).map(|i| afina::math::hash_u32(1, i) & (u32::MAX >> (32 - bits))).collect();
            let codes = match bits {
                16 => Codes::Half(codes.iter().map(|&c| c as u16).collect()),
                _ => Codes::Narrow(codes.iter().map(|&c| c as u8).collect()),
            };
            let words = pack_codes(&codes, bits);
            assert_eq!(words.len(), codes.len().div_ceil(codes_per_word(bits)));
            assert_eq!(unpack_codes(&words, bits, codes.len()), codes);
        }
    }
    assert_eq!(pack_codes(&Codes::Narrow(vec![1, 2, 3]), 4), [0x321]);
    let full = Codes::Full(vec![1.5, -2.0]);
    assert_eq!(unpack_codes(&pack_codes(&full, 32), 32, 2), full);
}

#[test]
fn stochastic_rounding_is_right_on_average() {
    for (format, symmetry) in formats().into_iter().filter(|(f, _)| *f != Format::Fp32) {
        let n = 40_000usize;
        // A weight between two levels in every format, beside the ones that fix the scale.
        let value = 0.123_456f32;
        for value in [value, -value] {
            let mut w = vec![value; n];
            (w[0], w[1]) = (1.0, -1.0);
            let spec = QuantSpec {
                rounding: Rounding::Stochastic { seed: 77 },
                ..plain(format, symmetry, Granularity::Tensor)
            };
            let back = dequantize(&quantize(&w, 1, n, &spec));
            let mut values: Vec<f32> = back[2..].to_vec();
            let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / values.len() as f64;
            values.sort_by(f32::total_cmp);
            values.dedup();
            assert_eq!(values.len(), 2, "{format:?} {symmetry:?}: {values:?}");
            assert!(values[0] < value && value < values[1], "{format:?} {symmetry:?}: {values:?}");
            // Five standard deviations of the mean of a two-point distribution, at most gap / 2 / sqrt(n).
            let allowed = 5.0 * f64::from(values[1] - values[0]) / 2.0 / (n as f64).sqrt();
            assert!((mean - f64::from(value)).abs() < allowed, "{format:?} {symmetry:?}: {mean}");
        }
    }
}

#[test]
fn stochastic_rounding_keeps_what_is_representable() {
    for (format, symmetry) in formats() {
        let spec = plain(format, symmetry, Granularity::Group(32));
        let exact = dequantize(&quantize(&gaussian(5, 64, 2), 5, 64, &spec));
        let spec = QuantSpec { rounding: Rounding::Stochastic { seed: 4 }, ..spec };
        let again = dequantize(&quantize(&exact, 5, 64, &spec));
        if spec.format.is_scaled() {
            // scale * level * (1 / scale) may miss the level by an ulp or two, and then rarely goes a step off; the
            // full range and the zero point may also find another scale.
            let moved = exact.iter().zip(&again).filter(|(a, b)| (*a - *b).abs() > 1e-5 * a.abs()).count();
            assert!(symmetry != Symmetry::Symmetric || moved <= 2, "{format:?}: {moved} of {}", exact.len());
        } else {
            assert_eq!(exact, again, "{format:?}");
        }
    }
}

#[test]
fn least_squares_is_never_worse_where_the_scale_is_kept_exactly() {
    let w = heavy_tailed(48, 130, 21);
    for (format, symmetry) in formats().into_iter().filter(|(f, _)| f.is_scaled()) {
        let mse = |scale_rule| {
            let spec = QuantSpec { scale_rule, ..plain(format, symmetry, Granularity::Group(32)) };
            let back = dequantize(&quantize(&w, 48, 130, &spec));
            Totals::from_lines(&error_stats(&w, &back, 48, 130, Axis::Rows), w.len()).mse
        };
        let (fitting, searched) = (mse(ScaleRule::AbsMax), mse(ScaleRule::LeastSquares));
        assert!(searched <= fitting * 1.000_001, "{format:?} {symmetry:?}: {searched:e} against {fitting:e}");
        assert!(searched < fitting * 0.999, "{format:?} {symmetry:?}: the search found nothing");
    }
}

#[test]
fn least_squares_keeps_the_closed_form_scale() {
    let w = gaussian(9, 77, 4);
    for (format, symmetry) in formats().into_iter().filter(|(f, _)| f.is_scaled()) {
        let spec = QuantSpec { scale_rule: ScaleRule::LeastSquares, ..plain(format, symmetry, Granularity::Group(32)) };
        let q = quantize(&w, 9, 77, &spec);
        for (group, &scale) in q.scales.iter().enumerate() {
            let (mut wl, mut ll) = (0.0, 0.0);
            for i in q.groups.range(group) {
                let level = f64::from(explain(&w, &q, i / 77, i % 77).level);
                wl += f64::from(w[i]) * level;
                ll += level * level;
            }
            // 32 products summed in f32 lanes of 4: a handful of roundings.
            assert!((f64::from(scale) - wl / ll).abs() <= 1e-6 * (wl / ll).abs(), "{format:?} {symmetry:?} {group}");
        }
    }
}

#[test]
fn a_percentile_clips_and_100_is_absmax() {
    let w = heavy_tailed(7, 96, 8);
    for (format, symmetry) in formats().into_iter().filter(|(f, _)| f.is_scaled()) {
        let of =
            |scale_rule| quantize(&w, 7, 96, &QuantSpec { scale_rule, ..plain(format, symmetry, Granularity::Row) });
        let absmax = of(ScaleRule::AbsMax);
        let whole = of(ScaleRule::Percentile { percent: 100.0 });
        assert_eq!((&whole.codes, &whole.scales, &whole.zeros), (&absmax.codes, &absmax.scales, &absmax.zeros));
        if symmetry == Symmetry::Symmetric {
            let clipped = of(ScaleRule::Percentile { percent: 90.0 });
            for (row, scale) in clipped.scales.iter().enumerate() {
                let mut magnitudes: Vec<f32> = w[row * 96..][..96].iter().map(|w| w.abs()).collect();
                magnitudes.sort_by(f32::total_cmp);
                assert_eq!(*scale, magnitudes[percentile_rank(90.0, 96)] / reach(format, symmetry));
            }
        }
    }
}

#[test]
fn nothing_is_quantized_out_of_nothing() {
    every_spec(&mut |spec| {
        for (rows, cols) in [(0, 0), (0, 5), (5, 0)] {
            let q = quantize(&[], rows, cols, &spec);
            assert!(dequantize(&q).is_empty() && q.codes.is_empty());
        }
    });
}
