//! Every kernel of `kernels::nn` at ragged shapes, in every version.

use std::cell::Cell;
use std::future::Future;

use afina::gpu::Gpu;
use afina::kernels::nn::trial::{self, Rung};
use afina::kernels::nn::{Causal, Turn};
use afina::math;
use afina::protocol::LabError;
use pollster::block_on;

use super::shared::on_gpu;
use super::{counted, heads};

const LANES: [Option<u32>; 4] = [None, Some(1), Some(8), Some(64)];

/// A comparison must be within its tolerance.
pub fn agrees(what: &str, trial: impl Future<Output = Result<f64, LabError>>) {
    let worst = block_on(trial).unwrap_or_else(|error| panic!("{what}: {error}"));
    assert!(worst <= 1.0, "{what}: off by {worst} tolerances");
}

/// Counts the cases of a test.
#[derive(Default)]
struct Cases(Cell<usize>);

impl Cases {
    fn agrees(&self, what: &str, trial: impl Future<Output = Result<f64, LabError>>) {
        self.0.set(self.0.get() + 1);
        agrees(what, trial);
    }
}

/// Runs a test in some ways of sharing lines; it must compare as many cases as [`super::CASES`] says.
fn on_versions(
    name: &'static str,
    versions: &'static [Option<u32>],
    test: impl Fn(&Gpu, &Cases, Option<u32>) + Send + 'static,
) {
    on_gpu(move |gpu| {
        let cases = Cases::default();
        for &lanes in versions {
            gpu.forced_lanes.set(lanes);
            test(gpu, &cases, lanes);
        }
        counted(name, cases.0.get());
    });
}

/// One invocation for each, and a workgroup for each.
const BOTH: &[Option<u32>] = &[Some(1), Some(64)];

const LINES: [(usize, usize); 9] =
    [(1, 1), (1, 4099), (2, 64), (3, 63), (5, 65), (31, 7), (63, 2), (64, 33), (65, 131)];

#[test]
fn rms_norm_agrees() {
    on_versions("rms_norm", &LANES, |gpu, cases, lanes| {
        for (rows, cols) in LINES {
            for residual in [false, true] {
                cases.agrees(&format!("[{rows}, {cols}] {lanes:?}"), trial::rms_norm(gpu, rows, cols, residual));
            }
        }
    });
}

#[test]
fn layer_norm_agrees() {
    on_versions("layer_norm", &LANES, |gpu, cases, lanes| {
        for (rows, cols) in LINES {
            cases.agrees(&format!("[{rows}, {cols}] {lanes:?}"), trial::layer_norm(gpu, rows, cols));
        }
    });
}

#[test]
fn softmax_agrees() {
    on_versions("softmax", &LANES, |gpu, cases, lanes| {
        for (rows, cols) in LINES {
            for causal in [None, Some((rows, 0)), Some((rows.div_ceil(3), cols / 2))] {
                let causal = causal.map(|(period, offset)| Causal { period, offset });
                cases
                    .agrees(&format!("[{rows}, {cols}] {causal:?} {lanes:?}"), trial::softmax(gpu, rows, cols, causal));
            }
        }
    });
}

#[test]
fn rope_agrees_forth_and_back_far_from_the_beginning() {
    on_versions("rope", &[None], |gpu, cases, _| {
        for (tokens, heads, dim) in [(1, 1, 2), (3, 2, 6), (7, 3, 64), (2, 5, 128)] {
            for position in [0, 1, 8191] {
                for turn in [Turn::Forth, Turn::Back] {
                    let what = format!("[{tokens}, {heads} x {dim}] at {position} {turn:?}");
                    cases.agrees(&what, trial::rope(gpu, tokens, heads, dim, position, turn));
                }
            }
        }
    });
}

#[test]
fn rope_cache_agrees_and_leaves_the_rest_of_the_cache_alone() {
    on_versions("rope_cache", &[None], |gpu, cases, _| {
        for heads in [heads(1, 1, 2), heads(4, 2, 24), heads(6, 3, 10), heads(8, 8, 64), heads(8, 1, 128)] {
            for (tokens, position) in [(1, 0), (5, 3), (3, 64)] {
                cases.agrees(
                    &format!("{heads:?} {tokens} at {position}"),
                    trial::rope_cache(gpu, heads, tokens, position),
                );
            }
        }
    });
}

/// Decode and prefill, one tile of keys and more, one query head a key head and eight.
#[test]
fn attention_agrees() {
    on_versions("attention", BOTH, |gpu, cases, lanes| {
        let all =
            [heads(1, 1, 4), heads(4, 2, 20), heads(3, 3, 36), heads(8, 1, 64), heads(2, 1, 128), heads(1, 1, 256)];
        for heads in all {
            for (tokens, position) in [(1, 0), (1, 62), (1, 63), (1, 64), (1, 300), (7, 0), (33, 40)] {
                let what = format!("{heads:?} {tokens} at {position} {lanes:?}");
                cases.agrees(&what, trial::attention(gpu, heads, tokens, position));
            }
        }
    });
}

#[test]
fn decode_attention_agrees() {
    on_versions("decode_attention", BOTH, |gpu, cases, lanes| {
        for heads in [heads(1, 1, 8), heads(4, 2, 24), heads(8, 1, 64), heads(6, 6, 128), heads(2, 1, 256)] {
            for position in [0, 1, 63, 64, 65, 200] {
                let cols = [0, 1, 131][position % 3];
                let what = format!("{heads:?} at {position}, C {cols}, {lanes:?}");
                cases.agrees(&what, trial::decode_attention(gpu, heads, position, cols));
            }
        }
    });
}

/// llvmpipe ends long loops without a word: contexts beyond what one invocation may walk.
#[test]
fn attention_over_a_long_context_is_not_cut_short() {
    on_versions("long_attention", &[None, Some(1)], |gpu, cases, _| {
        cases.agrees("attention", trial::attention(gpu, heads(2, 1, 64), 1, 4100));
        cases.agrees("decode_attention", trial::decode_attention(gpu, heads(2, 1, 64), 4100, 512));
    });
}

#[test]
fn swiglu_agrees() {
    on_versions("swiglu", &[None], |gpu, cases, _| {
        for (rows, inner) in [(1, 1), (3, 63), (2, 64), (5, 257), (1, 5000)] {
            for cols in [0, 1, 67, 512] {
                cases.agrees(&format!("[{rows}, {inner}] C {cols}"), trial::swiglu(gpu, rows, inner, cols));
            }
        }
    });
}

#[test]
fn gelu_and_embed_agree() {
    on_versions("gelu_and_embed", &[None], |gpu, cases, _| {
        for count in [1, 63, 64, 65, 5003] {
            cases.agrees(&format!("gelu [{count}]"), trial::gelu(gpu, count));
        }
        for (tokens, vocabulary, cols) in [(1, 1, 1), (3, 5, 7), (64, 3, 1), (65, 1000, 64), (2, 31, 131), (7, 7, 129)]
        {
            cases.agrees(
                &format!("embed {tokens} of [{vocabulary}, {cols}]"),
                trial::embed(gpu, tokens, vocabulary, cols),
            );
        }
    });
}

#[test]
fn top_k_agrees_exactly_ties_and_all() {
    on_versions("top_k", BOTH, |gpu, cases, lanes| {
        for (rows, cols) in [(1, 1), (3, 7), (2, 64), (1, 65), (5, 1031), (3, 5003), (1, 40_000)] {
            let (scattered, crowded) = (math::activations(rows * cols, 3), trial::crowded(rows * cols));
            for k in [1, 2, 8, 64] {
                for values in [&scattered, &crowded] {
                    cases.agrees(&format!("[{rows}, {cols}] k {k} {lanes:?}"), trial::top_k(gpu, values, cols, k));
                }
            }
        }
        // Rising rows move every list at every step, equal numbers leave only the place to tell them apart.
        let rising: Vec<f32> = (0..20_011).map(|i| i as f32).collect();
        let equal = vec![2.5f32; 20_011];
        for (k, values) in [(64, &rising), (3, &rising), (64, &equal), (1, &equal)] {
            cases.agrees(&format!("k {k} {lanes:?}"), trial::top_k(gpu, values, values.len(), k));
        }
    });
}

const COLLECTIONS: [[usize; 3]; 8] =
    [[1, 1, 1], [2, 3, 2], [3, 16, 3], [63, 17, 4], [64, 63, 5], [65, 64, 1], [130, 384, 9], [5, 1025, 2]];

#[test]
fn cosine_scores_agree_in_f32_and_int8() {
    on_versions("cosine_scores", &LANES, |gpu, cases, lanes| {
        for shape in COLLECTIONS {
            let rungs = if lanes.is_none() { vec![Rung::First, Rung::Last] } else { vec![Rung::Last] };
            for rung in rungs {
                cases.agrees(&format!("{shape:?} {rung:?} {lanes:?}"), trial::cosine_scores(gpu, shape, rung));
                cases
                    .agrees(&format!("INT8 {shape:?} {rung:?} {lanes:?}"), trial::cosine_scores_int8(gpu, shape, rung));
            }
        }
    });
}
