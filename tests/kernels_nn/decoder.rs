//! A decoder layer as `kernels::nn` puts it together, token after token, against a textbook's.

use afina::gpu::Batch;
use afina::kernels::nn::{self, Heads, KvCache, RopeTable, Tokens, TopK};
use afina::kernels::product::{self, LowRank, Storage, upload_weights};
use afina::kernels::{GpuMatrix, upload_matrix};
use afina::math;
use pollster::block_on;

use super::shared::on_gpu;

/// One layer of a Llama-like model on the device: weights with the norms' gains inside, buffers, cache.
struct Layer {
    qkv: product::Weights,
    out: product::Weights,
    gate_up: product::Weights,
    down: product::Weights,
    cache: KvCache,
}

const HEADS: Heads = Heads { query: 4, key: 2, dim: 16 };
const CHANNELS: usize = 40;
const INNER: usize = 72;
const VOCABULARY: usize = 50;
const EPSILON: f32 = 1e-5;
const BASE: f64 = 10_000.0;

/// Weights `[rows, cols]` small enough that the stream stays near 1.
fn seeded(rows: usize, cols: usize, seed: u32) -> Vec<f32> {
    math::activations(rows * cols, seed).iter().map(|w| w * 0.15).collect()
}

/// The same layer, said as a textbook does: norms before the products, residuals after them, in f64.
fn textbook(
    weights: &[Vec<f32>; 4],
    gains: &[Vec<f32>; 2],
    x: &mut [f64],
    keys: &mut Vec<f64>,
    values: &mut Vec<f64>,
    position: usize,
) {
    let Heads { query, key, dim } = HEADS;
    let product = |w: &[f32], x: &[f64]| -> Vec<f64> {
        w.chunks_exact(x.len()).map(|row| row.iter().zip(x).map(|(&w, x)| f64::from(w) * x).sum()).collect()
    };
    let norm = |x: &[f64], gain: &[f32]| -> Vec<f64> {
        let squares: f64 = x.iter().map(|x| x * x).sum();
        let factor = 1.0 / (squares / x.len() as f64 + f64::from(EPSILON)).sqrt();
        x.iter().zip(gain).map(|(x, &g)| x * factor * f64::from(g)).collect()
    };
    let qkv = product(&weights[0], &norm(x, &gains[0]));
    let q = math::rope(&qkv[..query * dim], query * dim, dim, position, BASE, 1.0);
    let k = math::rope(&qkv[query * dim..(query + key) * dim], key * dim, dim, position, BASE, 1.0);
    let v = &qkv[(query + key) * dim..];
    // Behind the old lines of each head.
    for head in (0..key).rev() {
        let at = (head + 1) * position * dim;
        keys.splice(at..at, k[head * dim..][..dim].iter().copied());
        values.splice(at..at, v[head * dim..][..dim].iter().copied());
    }
    let shape = math::AttentionShape { tokens: 1, heads: query, key_heads: key, dim, position };
    let y = math::attention(shape, &q, keys, values);
    x.iter_mut().zip(product(&weights[1], &y)).for_each(|(x, y)| *x += y);
    let projected = product(&weights[2], &norm(x, &gains[1]));
    let (gates, ups) = projected.split_at(INNER);
    let h: Vec<f64> = gates.iter().zip(ups).map(|(g, u)| g / (1.0 + (-g).exp()) * u).collect();
    x.iter_mut().zip(product(&weights[3], &h)).for_each(|(x, y)| *x += y);
}

/// Columns times the norm's gain, so that the norm may be put off until after the product.
fn with_gain(w: &[f32], gain: &[f32]) -> Vec<f32> {
    w.chunks_exact(gain.len()).flat_map(|row| row.iter().zip(gain).map(|(w, g)| w * g)).collect()
}

/// The residual: an update of rank 1 whose only column is the stream.
fn residual<'a>(one: &'a GpuMatrix, stream: &'a GpuMatrix) -> LowRank<'a> {
    LowRank { z: one, up: stream.buffer(), rank: 1, out_stride: 1, rank_stride: 1, scale: 1.0 }
}

#[test]
fn a_token_takes_six_dispatches_a_layer_and_tokens_follow_each_other_on_the_device() {
    on_gpu(|gpu| {
        let Heads { query, dim, .. } = HEADS;
        let shapes = [(HEADS.projected(), CHANNELS), (CHANNELS, query * dim), (2 * INNER, CHANNELS), (CHANNELS, INNER)];
        let weights: [Vec<f32>; 4] = std::array::from_fn(|i| seeded(shapes[i].0, shapes[i].1, 20 + i as u32));
        let gains: [Vec<f32>; 2] =
            std::array::from_fn(|i| math::activations(CHANNELS, 30 + i as u32).iter().map(|g| 1.0 + 0.2 * g).collect());
        let upload =
            |i: usize, w: &[f32]| upload_weights(gpu, w, shapes[i].0, shapes[i].1, Storage::F32).expect("upload");
        let layer = Layer {
            qkv: upload(0, &with_gain(&weights[0], &gains[0])),
            out: upload(1, &weights[1]),
            gate_up: upload(2, &with_gain(&weights[2], &gains[1])),
            down: upload(3, &weights[3]),
            cache: KvCache::new(gpu, HEADS, 8).expect("cache"),
        };
        let empty = |cols: usize| upload_matrix(gpu, &vec![0.0; cols], 1, cols).expect("upload");
        let (x, middle, last) = (empty(CHANNELS), empty(CHANNELS), empty(CHANNELS));
        let (qkv, y, projected, h) = (empty(HEADS.projected()), empty(query * dim), empty(2 * INNER), empty(INNER));
        let table = RopeTable::new(gpu, 8, dim, BASE).expect("table");
        let one = upload_matrix(gpu, &[1.0], 1, 1).expect("upload");
        let embeddings = math::activations(VOCABULARY * CHANNELS, 50);
        let device_table = upload_matrix(gpu, &embeddings, VOCABULARY, CHANNELS).expect("upload");
        let head = upload_weights(gpu, &embeddings, VOCABULARY, CHANNELS, Storage::F32).expect("upload");
        let logits = empty(VOCABULARY);
        let top = TopK::new(gpu, 1, VOCABULARY, 1).expect("top_k");
        let prompt = gpu.upload("token", &[7u32]).expect("upload");
        let mut expected_token = 7u32;
        let (mut keys, mut values) = (Vec::new(), Vec::new());
        for position in 0..5 {
            let mut batch = Batch::new(gpu);
            let tokens = if position == 0 { Tokens::new(&prompt) } else { Tokens::chosen(&top) };
            nn::embed(&mut batch, tokens, &device_table, &x).expect("embed");
            let before = batch.dispatches();
            product::forward(gpu, &mut batch, &x, &layer.qkv, None, &qkv).expect("qkv");
            let norm = Some(nn::Deferred { x: &x, epsilon: EPSILON });
            let step = nn::DecodeAttention { projected: &qkv, norm, table: &table, cache: &layer.cache, position };
            nn::decode_attention(gpu, &mut batch, &step, &y).expect("attention");
            product::forward(gpu, &mut batch, &y, &layer.out, Some(&residual(&one, &x)), &middle).expect("out");
            product::forward(gpu, &mut batch, &middle, &layer.gate_up, None, &projected).expect("gate_up");
            let norm = Some(nn::Deferred { x: &middle, epsilon: EPSILON });
            nn::swiglu(gpu, &mut batch, &projected, norm, &h).expect("swiglu");
            product::forward(gpu, &mut batch, &h, &layer.down, Some(&residual(&one, &middle)), &last).expect("down");
            assert_eq!(batch.dispatches() - before, 6);
            product::forward(gpu, &mut batch, &last, &head, None, &logits).expect("head");
            top.record(&mut batch, logits.buffer()).expect("top_k");
            let (slot, best) = (batch.read(last.buffer(), 0, CHANNELS as u64 * 4), top.read(&mut batch));
            let readings = block_on(batch.finish()).expect("finish");
            let got: Vec<f32> = readings.get(&slot);
            let mut stream: Vec<f64> =
                embeddings[expected_token as usize * CHANNELS..][..CHANNELS].iter().map(|&e| f64::from(e)).collect();
            textbook(&weights, &gains, &mut stream, &mut keys, &mut values, position);
            // Six roundings deep products of up to 72 terms and their inputs' errors: a few hundred roundings of 1.
            for (expected, got) in stream.iter().zip(&got) {
                assert!(
                    (expected - f64::from(*got)).abs() < 500.0 / 16_777_216.0 * 4.0,
                    "{position}: {expected} {got}"
                );
            }
            let scores: Vec<f64> = embeddings
                .chunks_exact(CHANNELS)
                .map(|e| e.iter().zip(&stream).map(|(&e, s)| f64::from(e) * s).sum())
                .collect();
            expected_token = (0..VOCABULARY).fold(0, |best, i| if scores[i] > scores[best] { i } else { best }) as u32;
            assert_eq!(top.ranked(&readings, &best)[0][0].index, expected_token, "token {position}");
        }
    });
}
