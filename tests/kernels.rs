//! Every kernel against its reference in `math`: ragged shapes, every format, granularity, symmetry, rule and rounding.
//!
//! The tolerances are derived in `kernels::agreement`; a ratio of at most 1 is agreement. All tests share one device,
//! which lives on its own thread because a `Gpu` does not cross threads.
#![cfg(feature = "gpu")]

#[path = "on_gpu/mod.rs"]
mod shared;

use shared::{on_gpu, open};

use afina::gpu::{Access, Batch, Gpu, Kernel, PowerPreference, Wanted};
use afina::kernels::{self, Depth, agreement, summation_depth};
use afina::math::{
    self, Axis, Codes, Format, Granularity, Groups, QuantSpec, Rounding, ScaleRule, ScaleStorage, Symmetry, Viewport,
};
use afina::protocol::LabError;
use pollster::block_on;

/// 1, primes, and one below, at and above: a workgroup, a group, a word, a chunk, a group that is cut into chunks.
const SHAPES: [(usize, usize); 14] = [
    (1, 1),
    (1, 7),
    (13, 1),
    (3, 31),
    (2, 32),
    (3, 33),
    (5, 63),
    (4, 64),
    (7, 65),
    (3, 127),
    (2, 128),
    (3, 129),
    (1, 4099),
    (2, 8209),
];

fn weights(rows: usize, cols: usize) -> Vec<f32> {
    math::heavy_tailed(rows, cols, 1 + (rows * 1000 + cols) as u32)
}

fn formats() -> Vec<(Format, Symmetry)> {
    let mut all: Vec<_> = [Format::Fp32, Format::Fp16, Format::Bf16, Format::Fp8E4m3, Format::Fp8E5m2, Format::Nf4]
        .map(|format| (format, Symmetry::Symmetric))
        .to_vec();
    for bits in 2..=8 {
        for symmetry in [Symmetry::Symmetric, Symmetry::FullRange, Symmetry::Asymmetric] {
            all.push((Format::Int(bits), symmetry));
        }
    }
    all
}

const GRANULARITIES: [Granularity; 6] = [
    Granularity::Tensor,
    Granularity::Row,
    Granularity::Group(32),
    Granularity::Group(100),
    Granularity::Block(64),
    Granularity::Block(1000),
];
const RULES: [ScaleRule; 4] = [
    ScaleRule::AbsMax,
    ScaleRule::Percentile { percent: 50.0 },
    ScaleRule::Percentile { percent: 99.5 },
    ScaleRule::LeastSquares,
];
const ROUNDINGS: [Rounding; 2] = [Rounding::Nearest, Rounding::Stochastic { seed: 99 }];
const STORAGES: [ScaleStorage; 3] = [ScaleStorage::F32, ScaleStorage::F16, ScaleStorage::Double];

/// Codes, inverses and restored weights from the device.
async fn on_device(
    gpu: &Gpu,
    w: &[f32],
    rows: usize,
    cols: usize,
    spec: &QuantSpec,
) -> Result<(math::Quantized, Vec<f32>, Vec<f32>), LabError> {
    let matrix = kernels::upload_matrix(gpu, w, rows, cols)?;
    let quantized = kernels::quantize(gpu, &matrix, spec).await?;
    let restored = kernels::dequantize(gpu, &quantized)?;
    let got = kernels::read_quantized(gpu, &quantized).await?;
    let inverses = kernels::read_inverses(gpu, &quantized).await?;
    Ok((got, inverses, kernels::read_matrix(gpu, &restored).await?))
}

/// Quantizes on both sides and compares scales, zero points, codes and restored weights.
fn compare(gpu: &Gpu, w: &[f32], rows: usize, cols: usize, spec: &QuantSpec) {
    let what = format!("[{rows}, {cols}] {spec:?}");
    let outcome = block_on(on_device(gpu, w, rows, cols, spec));
    let (got, inverses, back) = outcome.unwrap_or_else(|error| panic!("{what}: {error}"));
    let reference = math::quantize(w, rows, cols, spec);
    let dequantized = agreement::dequantized(&math::dequantize(&got), &back);
    assert!(dequantized <= 1.0, "{what}: restored weights off by {dequantized} tolerances");
    let searched = spec.scale_rule == ScaleRule::LeastSquares && spec.format.is_scaled();
    if !searched {
        let scales = agreement::scales(&reference, &got);
        assert!(scales <= 1.0, "{what}: scales off by {scales} tolerances");
        let codes = agreement::codes(w, &reference, &got, &inverses);
        assert!(codes <= 1.0, "{what}: codes off by {codes} tolerances");
        return;
    }
    let fit = agreement::codes_fit(w, &got, &inverses);
    assert!(fit <= 1.0, "{what}: codes off by {fit} tolerances");
    if spec.scale_storage != ScaleStorage::Double {
        let reference = math::quantize(w, rows, cols, &QuantSpec { rounding: Rounding::Nearest, ..*spec });
        let groups = Groups::new(spec.granularity, rows, cols);
        let depth = summation_depth(gpu, groups.count(), groups.size) + groups.size.div_ceil(4096);
        let search = agreement::least_squares(w, &reference, &got, &inverses, depth);
        assert!(search <= 1.0, "{what}: least squares off by {search} tolerances");
    }
}

/// All combinations; each meets three of the shapes, and every shape meets every format and granularity.
fn sweep(gpu: &Gpu, lanes: Option<u32>, rounding: Rounding) {
    gpu.forced_lanes.set(lanes);
    let mut turn = lanes.unwrap_or(5) as usize;
    for (format, symmetry) in formats() {
        for granularity in GRANULARITIES {
            for scale_rule in RULES {
                // Double quantization is defined for symmetric scales only.
                let storages = if symmetry == Symmetry::Symmetric { 3 } else { 2 };
                turn += 1;
                let (rows, cols) = SHAPES[turn % SHAPES.len()];
                let scale_storage = STORAGES[turn % storages];
                let spec = QuantSpec { format, symmetry, granularity, rounding, scale_rule, scale_storage };
                compare(gpu, &weights(rows, cols), rows, cols, &spec);
                if !format.is_scaled() {
                    break;
                }
            }
        }
    }
}

#[test]
fn quantize_and_dequantize_agree_one_invocation_a_group() {
    on_gpu(|gpu| sweep(gpu, Some(1), ROUNDINGS[0]));
}

#[test]
fn quantize_and_dequantize_agree_eight_invocations_a_group() {
    on_gpu(|gpu| sweep(gpu, Some(8), ROUNDINGS[1]));
}

#[test]
fn quantize_and_dequantize_agree_a_workgroup_a_group() {
    on_gpu(|gpu| sweep(gpu, Some(64), ROUNDINGS[0]));
}

#[test]
fn every_shape_meets_every_granularity_and_rule() {
    on_gpu(|gpu| {
        for (rows, cols) in SHAPES {
            let w = weights(rows, cols);
            for granularity in GRANULARITIES {
                for (k, scale_rule) in RULES.into_iter().enumerate() {
                    let symmetry = [Symmetry::Symmetric, Symmetry::FullRange, Symmetry::Asymmetric][k % 3];
                    let spec = QuantSpec {
                        format: Format::Int(4),
                        symmetry,
                        granularity,
                        rounding: Rounding::Nearest,
                        scale_rule,
                        scale_storage: ScaleStorage::F16,
                    };
                    compare(gpu, &w, rows, cols, &spec);
                }
            }
        }
    });
}

fn nearest(format: Format, symmetry: Symmetry, scale_storage: ScaleStorage) -> QuantSpec {
    let (granularity, rounding, scale_rule) = (Granularity::Row, Rounding::Nearest, ScaleRule::AbsMax);
    QuantSpec { format, symmetry, granularity, rounding, scale_rule, scale_storage }
}

#[test]
fn zeros_signs_ties_and_extremes_agree() {
    on_gpu(|gpu| {
        let rows: [[f32; 8]; 7] = [
            [0.0; 8],
            [0.0, -0.0, 1e-30, -1e-30, 1e-20, -1e-20, 0.0, 0.0],
            // Equal magnitudes of both signs: the first one decides the full-range scale.
            [-2.0, 2.0, 1.0, -1.0, 0.5, 0.25, 0.125, 0.0],
            [2.0, -2.0, 1.0, -1.0, 0.5, 0.25, 0.125, 0.0],
            // Halves of a scale of 1: ties to even.
            [127.0, 0.5, 1.5, 2.5, -0.5, -1.5, -2.5, 126.5],
            [7.0, 0.5, 1.5, 2.5, 3.5, -6.5, -0.5, 1e-3],
            [1e36, -1e36, 1e35, -1e30, 1.0, -1.0, 65519.0, 65520.0],
        ];
        let w: Vec<f32> = rows.concat();
        for (format, symmetry) in formats() {
            for storage in [ScaleStorage::F32, ScaleStorage::F16] {
                compare(gpu, &w, rows.len(), 8, &nearest(format, symmetry, storage));
            }
        }
        let positive: Vec<f32> = w.iter().map(|w| w.abs() + 1.0).take(48).collect();
        let negative: Vec<f32> = positive.iter().map(|w| -w).collect();
        for w in [positive, negative] {
            compare(gpu, &w, 6, 8, &nearest(Format::Int(4), Symmetry::Asymmetric, ScaleStorage::F32));
        }
    });
}

#[test]
fn every_16_bit_pattern_survives() {
    on_gpu(|gpu| {
        // All finite FP16 and BF16 values, and the midpoints between neighbours.
        for format in [Format::Fp16, Format::Bf16] {
            let value = |code: u32| match format {
                Format::Fp16 => half::f16::from_bits(code as u16).to_f32(),
                _ => f32::from_bits(code << 16),
            };
            let last = if format == Format::Fp16 { 0x7BFF } else { 0x7F7F };
            // Subnormal f32 values are left out: WGSL lets a GPU flush them.
            let codes = (0..last).filter(|&c| value(c) == 0.0 || value(c) >= f32::MIN_POSITIVE);
            let w: Vec<f32> = codes
                .flat_map(|c| [value(c), -value(c), f64::midpoint(f64::from(value(c)), f64::from(value(c + 1))) as f32])
                .collect();
            compare(gpu, &w, 1, w.len(), &nearest(format, Symmetry::Symmetric, ScaleStorage::F32));
        }
    });
}

fn pair(rows: usize, cols: usize) -> (Vec<f32>, Vec<f32>) {
    let w = weights(rows, cols);
    let spec = nearest(Format::Int(4), Symmetry::Symmetric, ScaleStorage::F16);
    let w_hat = math::dequantize(&math::quantize(&w, rows, cols, &spec));
    (w, w_hat)
}

/// Runs `test` with every shape and every way to share a line.
fn with_pairs(gpu: &Gpu, test: impl Fn(&Gpu, usize, usize, &[f32], &[f32])) {
    for lanes in [Some(1), Some(8), Some(64), None] {
        gpu.forced_lanes.set(lanes);
        for (rows, cols) in SHAPES.into_iter().chain([(4099, 1), (257, 3), (300, 300)]) {
            let (w, w_hat) = pair(rows, cols);
            test(gpu, rows, cols, &w, &w_hat);
        }
    }
}

#[test]
fn error_stats_agree() {
    on_gpu(|gpu| {
        with_pairs(gpu, |gpu, rows, cols, w, w_hat| {
            let a = kernels::upload_matrix(gpu, w, rows, cols).expect("upload");
            let b = kernels::upload_matrix(gpu, w_hat, rows, cols).expect("upload");
            for axis in [Axis::Rows, Axis::Columns] {
                let got = block_on(kernels::error_stats(gpu, &a, &b, axis)).expect("error_stats");
                let depth = if axis == Axis::Rows { summation_depth(gpu, rows, cols) } else { rows.min(256) };
                let off = agreement::line_stats(&math::error_stats(w, w_hat, rows, cols, axis), &got, depth);
                assert!(off <= 1.0, "[{rows}, {cols}] {axis:?}: off by {off} tolerances");
            }
        });
    });
}

#[test]
fn matrix_stats_agree() {
    on_gpu(|gpu| {
        with_pairs(gpu, |gpu, rows, cols, w, _| {
            for shift in [0.0, 1.0, -100.0] {
                let w: Vec<f32> = w.iter().map(|w| w + shift).collect();
                let matrix = kernels::upload_matrix(gpu, &w, rows, cols).expect("upload");
                let got = block_on(kernels::matrix_stats(gpu, &matrix)).expect("matrix_stats");
                let depth = summation_depth(gpu, w.len().div_ceil(4096), w.len());
                let off = agreement::matrix_stats(&math::matrix_stats(&w), &got, depth);
                assert!(off <= 1.0, "[{rows}, {cols}] + {shift}: off by {off} tolerances");
            }
        });
    });
}

#[test]
fn histograms_agree() {
    on_gpu(|gpu| {
        for (rows, cols) in SHAPES.into_iter().chain([(300, 300)]) {
            let (w, w_hat) = pair(rows, cols);
            let a = kernels::upload_matrix(gpu, &w, rows, cols).expect("upload");
            let b = kernels::upload_matrix(gpu, &w_hat, rows, cols).expect("upload");
            let errors: Vec<f32> = w.iter().zip(&w_hat).map(|(w, hat)| hat - w).collect();
            for (lo, hi, bins) in [(-0.2, 0.2, 1), (-0.1, 0.3, 61), (-0.05, 0.05, 64), (-0.2, 0.2, 1024)] {
                let got = block_on(kernels::histogram(gpu, &a, lo, hi, bins)).expect("histogram");
                let off = agreement::counts(&w, lo, hi, &math::histogram(&w, lo, hi, bins), &got);
                assert!(off <= 1.0, "[{rows}, {cols}] {bins} bins: off by {off} tolerances");
                let got = block_on(kernels::error_histogram(gpu, &a, &b, lo, hi, bins)).expect("histogram");
                let off = agreement::counts(&errors, lo, hi, &math::error_histogram(&w, &w_hat, lo, hi, bins), &got);
                assert!(off <= 1.0, "[{rows}, {cols}] errors, {bins} bins: off by {off} tolerances");
            }
            // An empty range has one bin that means something.
            let got = block_on(kernels::histogram(gpu, &a, 1.0, 1.0, 5)).expect("histogram");
            assert_eq!(got, math::histogram(&w, 1.0, 1.0, 5));
        }
    });
}

#[test]
fn matvec_agrees() {
    on_gpu(|gpu| {
        with_pairs(gpu, |gpu, rows, cols, w, _| {
            let x = math::activations(cols, 3);
            let matrix = kernels::upload_matrix(gpu, w, rows, cols).expect("upload");
            let got = block_on(kernels::matvec(gpu, &matrix, &x)).expect("matvec");
            let depth = summation_depth(gpu, rows * cols.div_ceil(4096), cols);
            let off = agreement::product(w, &x, &math::matvec(w, rows, cols, &x), &got, depth);
            assert!(off <= 1.0, "[{rows}, {cols}]: off by {off} tolerances");
        });
    });
}

#[test]
fn heatmaps_agree() {
    on_gpu(|gpu| {
        with_pairs(gpu, |gpu, rows, cols, w, w_hat| {
            let a = kernels::upload_matrix(gpu, w, rows, cols).expect("upload");
            let b = kernels::upload_matrix(gpu, w_hat, rows, cols).expect("upload");
            let whole = Viewport { row: 0, col: 0, rows, cols };
            let part = Viewport { row: rows / 2, col: cols / 3, rows: rows.div_ceil(3), cols: cols.div_ceil(2) };
            let part = Viewport { rows: part.rows.min(rows - part.row), cols: part.cols.min(cols - part.col), ..part };
            for view in [whole, part] {
                for (cell_rows, cell_cols) in [(1, 1), (3, 7), (16, 64)] {
                    let got = block_on(kernels::heatmap(gpu, &a, &b, view, cell_rows, cell_cols)).expect("heatmap");
                    let reference = math::heatmap(w, w_hat, rows, cols, view, cell_rows, cell_cols);
                    assert_eq!(reference, got, "[{rows}, {cols}] {view:?}");
                }
            }
        });
    });
}

#[test]
fn heatmap_ties_take_the_larger_weight_then_the_first() {
    on_gpu(|gpu| {
        let w = [1.0, -3.0, 3.0, 2.0, 3.0, -3.0];
        let w_hat = w.map(|w| w + 0.5);
        let a = kernels::upload_matrix(gpu, &w, 2, 3).expect("upload");
        let b = kernels::upload_matrix(gpu, &w_hat, 2, 3).expect("upload");
        let view = Viewport { row: 0, col: 0, rows: 2, cols: 3 };
        for lanes in [1, 4, 64] {
            gpu.forced_lanes.set(Some(lanes));
            let got = block_on(kernels::heatmap(gpu, &a, &b, view, 1, 1)).expect("heatmap");
            assert_eq!(got.index, [1]);
        }
    });
}

#[test]
fn scale_columns_agrees() {
    on_gpu(|gpu| {
        for (rows, cols) in SHAPES {
            let w = weights(rows, cols);
            let columns = math::outlier_columns(cols, 3);
            let listed: Vec<u32> = columns.iter().map(|&c| c as u32).collect();
            let base = kernels::upload_matrix(gpu, &w, rows, cols).expect("upload");
            let scaled = kernels::scale_columns(gpu, &base, &listed, 9.3).expect("scale_columns");
            let got = block_on(kernels::read_matrix(gpu, &scaled)).expect("read");
            let mut expected = w.clone();
            math::scale_columns(&mut expected, cols, &columns, 9.3);
            assert_eq!(expected, got, "[{rows}, {cols}]");
            assert_eq!(block_on(kernels::read_matrix(gpu, &base)).expect("read"), w, "the base stays");
        }
    });
}

#[test]
fn one_weight_is_explained_as_the_reference_does() {
    on_gpu(|gpu| {
        let (rows, cols) = (5, 67);
        let w = weights(rows, cols);
        let matrix = kernels::upload_matrix(gpu, &w, rows, cols).expect("upload");
        for (format, symmetry) in formats() {
            let spec =
                QuantSpec { granularity: Granularity::Group(32), ..nearest(format, symmetry, ScaleStorage::F16) };
            let quantized = block_on(kernels::quantize(gpu, &matrix, &spec)).expect("quantize");
            let reference = math::quantize(&w, rows, cols, &spec);
            for (row, col) in [(0, 0), (1, 31), (2, 32), (4, 66)] {
                let got = block_on(kernels::weight(gpu, &matrix, &quantized, row, col)).expect("weight");
                assert_eq!(got, math::explain(&w, &reference, row, col), "{spec:?} [{row}, {col}]");
            }
        }
    });
}

#[test]
fn a_survey_measures_what_the_single_kernels_do() {
    on_gpu(|gpu| {
        let (rows, cols) = (33, 65);
        let (w, w_hat) = pair(rows, cols);
        let a = kernels::upload_matrix(gpu, &w, rows, cols).expect("upload");
        let b = kernels::upload_matrix(gpu, &w_hat, rows, cols).expect("upload");
        let x = math::activations(cols, 4);
        let view = Viewport { row: 1, col: 2, rows: 30, cols: 50 };
        let bins = |lo, hi, bins| Some(kernels::Bins { lo, hi, bins });
        let request = kernels::SurveyRequest {
            rows: true,
            columns: true,
            histogram: bins(-0.2, 0.2, 50),
            error_histogram: bins(-0.01, 0.01, 51),
            activations: Some(&x),
            heatmap: Some((view, 8, 9)),
        };
        let got = block_on(kernels::survey(gpu, &a, &b, &request)).expect("survey");
        assert_eq!(got.rows, block_on(kernels::error_stats(gpu, &a, &b, Axis::Rows)).expect("rows"));
        assert_eq!(got.columns, block_on(kernels::error_stats(gpu, &a, &b, Axis::Columns)).expect("columns"));
        assert_eq!(got.histogram, block_on(kernels::histogram(gpu, &a, -0.2, 0.2, 50)).expect("histogram"));
        let errors = block_on(kernels::error_histogram(gpu, &a, &b, -0.01, 0.01, 51)).expect("error_histogram");
        assert_eq!(got.error_histogram, errors);
        assert_eq!(got.product, block_on(kernels::matvec(gpu, &b, &x)).expect("matvec"));
        assert_eq!(got.heatmap, block_on(kernels::heatmap(gpu, &a, &b, view, 8, 9)).expect("heatmap"));
    });
}

#[test]
fn every_kernel_is_healthy_and_a_wrong_one_is_found() {
    on_gpu(|gpu| {
        for lanes in [None, Some(16)] {
            gpu.forced_lanes.set(lanes);
            for health in block_on(kernels::check_all(gpu, Depth::InUse)) {
                assert!(health.ok, "{health:?}");
            }
        }
        // One small mistake a kernel: what a driver bug or a careless edit would look like.
        let mistakes = [
            ("group_range", "range.high = max(range.high, w);", "range.high = max(range.high, w * 1.0000002);"),
            ("group_percentile", "<= rank", "< rank"),
            ("group_scale_search", "params.factors[j / 4u][j % 4u]", "params.factors[4u][2u]"),
            ("quantize", "q = round(x);", "q = floor(x + 0.5) + select(0.0, 1.0, x > 2.4);"),
            ("dequantize", "scales[group] * level", "scales[group] * level * 1.000001"),
            ("error_stats", "w * w_hat", "w * w"),
            ("matrix_stats", "w, w, d, d * d", "w, w, d, abs(d)"),
            ("histogram", "floor(", "ceil("),
            ("matvec", "col < end", "col < end - 1u"),
            ("heatmap", "b.at < a.at", "b.at > a.at"),
            ("scale_columns", "% params.cols", "% (params.cols - 1u)"),
            ("pad", "col < params.cols", "col <= params.cols"),
            ("matmul_f32", "return params.scale * vec4", "return vec4"),
            ("matmul_f16", "return params.scale * vec4", "return vec4"),
            ("matmul_int8", "group % 4u);", "(group + 1u) % 4u);"),
            ("matmul_int4", "low_four(word >> 4u", "low_four(word >> 3u"),
            ("matmul_nf4", "MAP_AT + code", "MAP_AT + 1u + code"),
            ("quantize_rows", "round(four * inverse)", "trunc(four * inverse)"),
            ("matmul_w8a8", "return params.scale * z[", "return z["),
            ("lora", "params.factor * sum", "sum"),
            ("adamw", "sqrt(square / params.correction2)", "sqrt(square)"),
            ("copy", "i < params.count;", "i + 1u < params.count;"),
            ("fma", "step < params.rounds * 8u", "step + 1u < params.rounds * 8u"),
            ("rms_norm", " + params.epsilon", ""),
            ("layer_norm", "/ f32(params.cols)", "/ f32(params.cols - 1u)"),
            ("softmax", "params.scale * x[", "1.0001 * params.scale * x["),
            ("gelu", "0.37409196", "0.374"),
            ("embed", "params.vocabulary - 1u", "params.vocabulary - 2u"),
            ("rope", "b * cosine + a * sine", "b * cosine - a * sine"),
            ("attention", "params.position + token", "params.position + token + 1u"),
            ("decode_attention", "* (norm * params.scale)", "* params.scale"),
            ("swiglu", "(1.0 + exp(", "(1.00001 + exp("),
            ("top_k", "result[to + 1u] = place;", "result[to + 1u] = place & 1023u;"),
            ("cosine_scores", "inverseSqrt(squares)", "inverseSqrt(squares + 0.01)"),
            ("cosine_scores_int8", "inverseSqrt(f32(squares))", "inverseSqrt(f32(squares + 1))"),
        ];
        assert_eq!(mistakes.len(), kernels::ALL.len());
        for entry in kernels::ALL {
            let mistake = mistakes.iter().find(|mistake| mistake.0 == entry.name);
            let (name, right, wrong) = mistake.unwrap_or_else(|| panic!("{}: no mistake is planted", entry.name));
            assert!(entry.source.contains(*right), "{name}: the text to spoil is not there");
            gpu.replace_source(entry.name, Some(&entry.source.replace(right, wrong)));
            let verdict = block_on((entry.check)(gpu, Depth::InUse));
            gpu.replace_source(entry.name, None);
            let health = verdict.unwrap_or_else(|error| panic!("{name}: {error}"));
            assert!(!health.ok, "{name}: the mistake was not found: {health:?}");
            assert!(
                block_on((entry.check)(gpu, Depth::InUse)).expect("the shipped kernel").ok,
                "{name}: not whole again"
            );
        }
    });
}

#[test]
fn a_shader_that_does_not_compile_is_an_error_with_its_message() {
    on_gpu(|gpu| {
        let entry = kernels::ALL.iter().find(|k| k.name == "matvec").expect("matvec is listed");
        gpu.replace_source(entry.name, Some(&entry.source.replace("sum += weights", "sum += no_such_name")));
        let outcome = block_on((entry.check)(gpu, Depth::InUse));
        gpu.replace_source(entry.name, None);
        match outcome {
            Err(LabError::Kernel { kernel, message }) => {
                assert_eq!(kernel, "matvec");
                assert!(message.contains("no_such_name"), "{message}");
            }
            other => panic!("{other:?}"),
        }
        assert!(block_on((entry.check)(gpu, Depth::InUse)).expect("the shipped kernel").ok);
    });
}

#[test]
fn what_does_not_fit_is_refused_with_a_reason() {
    on_gpu(|gpu| {
        let w = weights(3, 5);
        assert!(matches!(kernels::upload_matrix(gpu, &w, 3, 6), Err(LabError::Shape { .. })));
        assert!(matches!(kernels::upload_matrix(gpu, &[], 0, 0), Err(LabError::Shape { .. })));
        let (a, b) = (
            kernels::upload_matrix(gpu, &w, 3, 5).expect("upload"),
            kernels::upload_matrix(gpu, &w, 5, 3).expect("upload"),
        );
        assert!(matches!(block_on(kernels::error_stats(gpu, &a, &b, Axis::Rows)), Err(LabError::Shape { .. })));
        assert!(matches!(block_on(kernels::matvec(gpu, &a, &[1.0; 4])), Err(LabError::Shape { .. })));
        assert!(matches!(kernels::scale_columns(gpu, &a, &[5], 2.0), Err(LabError::Shape { .. })));
        let beyond = Viewport { row: 1, col: 0, rows: 3, cols: 5 };
        assert!(matches!(block_on(kernels::heatmap(gpu, &a, &a, beyond, 2, 2)), Err(LabError::Shape { .. })));
        for bins in [0, 1025] {
            let counted = block_on(kernels::histogram(gpu, &a, 0.0, 1.0, bins));
            assert!(matches!(counted, Err(LabError::OutOfRange { .. })), "{counted:?}");
        }
        let nine = nearest(Format::Int(9), Symmetry::Symmetric, ScaleStorage::F32);
        assert!(matches!(block_on(kernels::quantize(gpu, &a, &nine)), Err(LabError::OutOfRange { .. })));
        let too_large = gpu.allocate("matrix", gpu.largest_buffer_bytes() + 4);
        assert!(matches!(too_large.err(), Some(LabError::TooLarge { .. })));
        let refused = block_on(gpu.refuse(1 << 40));
        assert_eq!(refused, Err(LabError::OutOfMemory { requested_bytes: 1 << 40 }));
        // And the device lives on.
        assert_eq!(block_on(kernels::read_matrix(gpu, &a)).expect("alive"), w);
    });
}

#[test]
fn memory_is_given_back() {
    on_gpu(|gpu| {
        let before = gpu.ledger().live_bytes();
        for _ in 0..3 {
            let (w, w_hat) = pair(64, 64);
            let a = kernels::upload_matrix(gpu, &w, 64, 64).expect("upload");
            let b = kernels::upload_matrix(gpu, &w_hat, 64, 64).expect("upload");
            block_on(kernels::error_stats(gpu, &a, &b, Axis::Rows)).expect("error_stats");
            assert!(gpu.ledger().live_bytes() >= before + 2 * 64 * 64 * 4);
        }
        assert_eq!(gpu.ledger().live_bytes(), before);
        assert_eq!(gpu.uncaptured_errors(), Vec::<String>::new());
    });
}

#[test]
fn a_small_gpu_with_the_default_limits_and_no_features_gives_the_same() {
    let wanted = Wanted {
        limits: Some(wgpu::Limits::default()),
        features: wgpu::Features::empty(),
        ..Wanted::new(PowerPreference::HighPerformance)
    };
    let gpu = open(&wanted);
    assert!(!gpu.has_f16 && !gpu.has_subgroups && !gpu.has_timestamps);
    assert_eq!(gpu.limits.max_storage_buffer_binding_size, 128 << 20);
    for health in block_on(kernels::check_all(&gpu, Depth::InUse)) {
        assert!(health.ok, "{health:?}");
    }
}

#[test]
fn a_lost_device_is_an_error_everywhere_and_is_announced() {
    use std::cell::RefCell;
    use std::rc::Rc;
    let gpu = open(&Wanted::new(PowerPreference::HighPerformance));
    let w = weights(3, 5);
    let matrix = kernels::upload_matrix(&gpu, &w, 3, 5).expect("upload");
    let told = Rc::new(RefCell::new(Vec::new()));
    let listener = told.clone();
    gpu.on_lost(Box::new(move |message| listener.borrow_mut().push(message)));
    assert_eq!(gpu.lost(), None);
    gpu.destroy();
    let lost = |e: Option<LabError>| assert!(matches!(e, Some(LabError::DeviceLost { .. })), "{e:?}");
    assert!(gpu.lost().is_some());
    assert_eq!(told.borrow().len(), 1);
    lost(kernels::upload_matrix(&gpu, &w, 3, 5).err());
    lost(block_on(kernels::read_matrix(&gpu, &matrix)).err());
    lost(block_on(kernels::matrix_stats(&gpu, &matrix)).err());
    let spec = nearest(Format::Int(4), Symmetry::Symmetric, ScaleStorage::F16);
    lost(block_on(kernels::quantize(&gpu, &matrix, &spec)).err());
    // Another device on the same machine is not affected.
    let other = open(&Wanted::new(PowerPreference::HighPerformance));
    let again = kernels::upload_matrix(&other, &w, 3, 5).expect("upload");
    assert_eq!(block_on(kernels::read_matrix(&other, &again)).expect("read"), w);
}

#[test]
fn the_codes_on_the_device_are_packed_as_the_reference_packs_them() {
    on_gpu(|gpu| {
        let w = weights(3, 37);
        let matrix = kernels::upload_matrix(gpu, &w, 3, 37).expect("upload");
        for bits in 2..=8 {
            let spec = nearest(Format::Int(bits), Symmetry::Symmetric, ScaleStorage::F16);
            let quantized = block_on(kernels::quantize(gpu, &matrix, &spec)).expect("quantize");
            let words = block_on(kernels::read_words(gpu, &quantized)).expect("read");
            let codes = math::quantize(&w, 3, 37, &spec).codes;
            assert!(matches!(codes, Codes::Narrow(_)));
            assert_eq!(words, math::pack_codes(&codes, u32::from(bits)), "{bits} bits");
        }
    });
}

#[test]
fn more_workgroups_than_one_dimension_holds() {
    on_gpu(|gpu| {
        // 65,535 workgroups of 64 weights and a few more.
        let (rows, cols) = (2049, 2053);
        assert!(rows * cols > 65535 * 64);
        let w = math::gaussian(rows, cols, 11);
        let spec = QuantSpec {
            granularity: Granularity::Group(64),
            ..nearest(Format::Int(8), Symmetry::Symmetric, ScaleStorage::F16)
        };
        compare(gpu, &w, rows, cols, &spec);
    });
}

#[test]
fn dispatches_are_timed_where_the_device_has_a_clock() {
    on_gpu(|gpu| {
        let entry = kernels::ALL.iter().find(|k| k.name == "scale_columns").expect("scale_columns is listed");
        let kernel = Kernel {
            name: entry.name,
            source: entry.source,
            entry: "scale_columns",
            bindings: &[(1, Access::Read), (2, Access::Read), (3, Access::Write)],
        };
        let ones = vec![1f32; 4096];
        let (base, factors) =
            (gpu.upload("base", &ones).expect("upload"), gpu.upload("factors", &ones).expect("upload"));
        let result = gpu.allocate("result", 4096 * 4).expect("allocate");
        let mut batch = Batch::new(gpu).timed();
        for _ in 0..3 {
            batch.run(&kernel, &[], &[4096u32, 64], &[&base, &factors, &result], 64).expect("run");
        }
        let slot = batch.read(&result, 0, 4096 * 4);
        let readings = block_on(batch.finish()).expect("finish");
        assert_eq!(readings.get::<f32>(&slot), ones);
        assert_eq!(readings.gpu_millis.is_some(), gpu.has_timestamps);
        assert!(
            readings.gpu_millis.is_none_or(|millis| (0.0..10_000.0).contains(&millis)),
            "{:?}",
            readings.gpu_millis
        );
    });
}
