//! Vector search: the nearest rows, and orders with NaN.

use afina::gpu::{PowerPreference, Wanted};
use afina::kernels::nn::{self, KvCache, trial};
use afina::kernels::upload_matrix;
use afina::math;
use afina::protocol::LabError;
use pollster::block_on;

use super::heads;
use super::shared::{NO_ADAPTER, on_gpu, open};
use super::sweep::agrees;

#[test]
fn top_k_puts_nan_last_and_takes_a_million_numbers() {
    on_gpu(|gpu| {
        let mut values = math::activations(1 << 20, 8);
        values[7] = f32::NAN;
        values[8] = -f32::NAN;
        for k in [1, 64] {
            agrees(&format!("2^20 numbers, k {k}"), trial::top_k(gpu, &values, values.len(), k));
        }
        let few = [f32::NAN, -1.0, f32::NEG_INFINITY, -f32::NAN, 3.0];
        for lanes in [Some(1), Some(64)] {
            gpu.forced_lanes.set(lanes);
            let found = block_on(nn::top_k(gpu, &upload_matrix(gpu, &few, 1, 5).expect("upload"), 5)).expect("top_k");
            let order: Vec<u32> = found[0].iter().map(|r| r.index).collect();
            assert_eq!(order, [4, 1, 2, 0, 3]);
        }
    });
}

#[test]
fn the_nearest_rows_are_found() {
    on_gpu(|gpu| {
        let (count, dims, k) = (3001, 48, 10);
        let rows = math::activations(count * dims, 1);
        // Queries near rows, so that the nearest is known.
        let near = [5usize, 1500, 3000];
        let noise = math::activations(near.len() * dims, 2);
        let queries: Vec<f32> = near
            .iter()
            .enumerate()
            .flat_map(|(q, &n)| (0..dims).map(move |d| (q, n, d)))
            .map(|(q, n, d)| rows[n * dims + d] + 0.1 * noise[q * dims + d])
            .collect();
        let exact = nn::Vectors::upload(gpu, &rows, dims).expect("upload");
        let found = block_on(nn::nearest(gpu, &exact, &queries, k)).expect("nearest");
        let scores = math::cosine_scores(&rows, &queries, dims);
        for (q, found) in found.iter().enumerate() {
            assert_eq!((found.len(), found[0].index as usize), (k, near[q]));
            let line: Vec<f32> = scores[q * count..][..count].iter().map(|&s| s as f32).collect();
            let expected: Vec<u32> = math::top_k(&line, k).iter().map(|r| r.0).collect();
            assert_eq!(found.iter().map(|r| r.index).collect::<Vec<_>>(), expected);
        }
        let codes = nn::VectorsInt8::upload(gpu, &math::int8_rows(&rows, dims).0, dims).expect("upload");
        let rough = block_on(nn::nearest_int8(gpu, &codes, &queries, k)).expect("nearest_int8");
        for (rough, exact) in rough.iter().zip(&found) {
            assert_eq!(rough[0].index, exact[0].index);
            let kept = exact.iter().filter(|e| rough.iter().any(|r| r.index == e.index)).count();
            assert!(kept >= 9, "INT8 keeps {kept} of the 10 nearest");
        }
    });
}

/// What does not fit in one binding is cut up where rows are independent, and refused with its size elsewhere.
#[test]
fn rows_beyond_a_binding_are_sharded_and_the_rest_is_refused() {
    let usual = Wanted::new(PowerPreference::HighPerformance);
    let mut limits = open(&usual).handles().expect(NO_ADAPTER).adapter.limits();
    limits.max_storage_buffer_binding_size = 4096;
    let gpu = &open(&Wanted { limits: Some(limits), ..usual });
    // 160 bytes a row: 25 rows of f32 a binding; 48 bytes a row of codes: 85. Scores: 3 queries a binding.
    let (count, dims, k) = (300, 40, 7);
    let rows = math::activations(count * dims, 1);
    let queries = math::activations(5 * dims, 2);
    let scores = math::cosine_scores(&rows, &queries, dims);
    let expected = |q: usize, scores: &[f64]| -> Vec<u32> {
        let line: Vec<f32> = scores[q * count..][..count].iter().map(|&s| s as f32).collect();
        math::top_k(&line, k).iter().map(|r| r.0).collect()
    };
    let exact = nn::Vectors::upload(gpu, &rows, dims).expect("upload");
    let found = block_on(nn::nearest(gpu, &exact, &queries, k)).expect("nearest");
    let codes = math::int8_rows(&rows, dims).0;
    let rough = nn::VectorsInt8::upload(gpu, &codes, dims).expect("upload");
    let found_int8 = block_on(nn::nearest_int8(gpu, &rough, &queries, k)).expect("nearest_int8");
    let scores_int8 = math::cosine_scores_int8(&codes, &math::int8_rows(&queries, dims).0, dims);
    assert_eq!((found.len(), found_int8.len()), (5, 5));
    for q in 0..5 {
        let indices = |found: &[nn::Ranked]| found.iter().map(|r| r.index).collect::<Vec<u32>>();
        assert_eq!(indices(&found[q]), expected(q, &scores));
        assert_eq!(indices(&found_int8[q]), expected(q, &scores_int8));
    }
    let refused =
        |outcome: Option<LabError>| assert!(matches!(outcome, Some(LabError::TooLarge { .. })), "{outcome:?}");
    refused(KvCache::new(gpu, heads(2, 2, 64), 9).err());
    refused(nn::RopeTable::new(gpu, 65, 16, 10_000.0).err());
    refused(nn::TopK::new(gpu, 9, 1000, 64).err());
    refused(upload_matrix(gpu, &[0.0; 1025], 1, 1025).err());
    let long = nn::Vectors::upload(gpu, &[1.0; 1025], 1).expect("upload");
    refused(block_on(nn::nearest(gpu, &long, &[1.0], 1)).err());
}
