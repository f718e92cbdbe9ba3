//! What is refused, and what the tolerances notice.

use afina::gpu::Batch;
use afina::kernels::nn::{self, KvCache, RopeTable, TopK, Turn, agreement};
use afina::kernels::upload_matrix;
use afina::math;
use afina::protocol::LabError;
use pollster::block_on;

use super::heads;
use super::shared::on_gpu;

const EPSILON: f32 = 1e-5;
const BASE: f64 = 10_000.0;

#[test]
fn what_does_not_fit_is_refused() {
    on_gpu(|gpu| {
        let matrix =
            |rows: usize, cols: usize| upload_matrix(gpu, &vec![1.0; rows * cols], rows, cols).expect("upload");
        let mut batch = Batch::new(gpu);
        let shape =
            |outcome: Result<(), LabError>| assert!(matches!(outcome, Err(LabError::Shape { .. })), "{outcome:?}");
        shape(nn::rms_norm(gpu, &mut batch, &matrix(2, 3), None, &matrix(1, 4), EPSILON, &matrix(2, 3)));
        shape(nn::layer_norm(gpu, &mut batch, &matrix(2, 3), &matrix(1, 3), &matrix(1, 2), EPSILON, &matrix(2, 3)));
        shape(nn::softmax(gpu, &mut batch, &matrix(2, 3), 1.0, None, &matrix(3, 2)));
        shape(nn::gelu(&mut batch, &matrix(2, 3), &matrix(3, 2)));
        shape(nn::swiglu(gpu, &mut batch, &matrix(2, 3), None, &matrix(2, 2)));
        let table = RopeTable::new(gpu, 4, 8, BASE).expect("table");
        assert!(RopeTable::new(gpu, 4, 7, BASE).is_err());
        shape(nn::rope(&mut batch, &matrix(2, 12), &table, 0, Turn::Forth, &matrix(2, 12)));
        shape(nn::rope(&mut batch, &matrix(2, 16), &table, 3, Turn::Forth, &matrix(2, 16)));
        let odd = KvCache::new(gpu, heads(3, 2, 8), 4).expect("cache");
        shape(nn::attention(gpu, &mut batch, &matrix(1, 24), &odd, 0, &matrix(1, 24)));
        let cache = KvCache::new(gpu, heads(2, 1, 8), 4).expect("cache");
        shape(nn::attention(gpu, &mut batch, &matrix(1, 16), &cache, 4, &matrix(1, 16)));
        shape(nn::rope_cache(&mut batch, &matrix(3, 32), &table, 2, &cache, &matrix(3, 16)));
        let one = |k: usize| TopK::new(gpu, 1, 10, k).err();
        assert!(matches!(one(0), Some(LabError::OutOfRange { .. })));
        assert!(matches!(one(65), Some(LabError::OutOfRange { .. })));
        let rows = nn::Vectors::upload(gpu, &[1.0; 12], 4).expect("upload");
        assert!(matches!(block_on(nn::nearest(gpu, &rows, &[1.0; 3], 1)), Err(LabError::Shape { .. })));
        assert_eq!(batch.dispatches(), 0);
    });
}

/// The bounds are bounds of rounding, not of mistakes: what a wrong epsilon or a lost key does is far outside.
#[test]
fn tolerances_notice_small_mistakes() {
    let (x, gain) = (math::activations(3 * 131, 1), math::activations(131, 2));
    let as_f32 = |v: &[f64]| v.iter().map(|&v| v as f32).collect::<Vec<f32>>();
    let right = math::rms_norm(&x, &gain, EPSILON);
    assert!(agreement::rms_norm(131, &right, &as_f32(&right)) <= 1.0);
    assert!(agreement::rms_norm(131, &right, &as_f32(&math::rms_norm(&x, &gain, 1e-4))) > 1.0);
    let right = math::softmax(&x, 131, 0.7, None);
    assert!(agreement::softmax(&x, 131, 0.7, None, &right, &as_f32(&right)) <= 1.0);
    assert!(agreement::softmax(&x, 131, 0.7, None, &right, &as_f32(&math::softmax(&x, 131, 0.7003, None))) > 1.0);
    let right = math::gelu(&x);
    let tanh: Vec<f32> =
        x.iter().map(|&x| 0.5 * x * (1.0 + (0.797_884_6 * (x + 0.044715 * x * x * x)).tanh())).collect();
    assert!(agreement::gelu(&x, &right, &as_f32(&right)) <= 1.0);
    assert!(agreement::gelu(&x, &right, &tanh) > 1.0, "the approximation with tanh is another function");
}
