//! One seeded comparison of each kernel with its reference at a given shape: what the health check does on a few small
//! shapes and the tests on many. Every function returns the worst disagreement in multiples of what is allowed.

use crate::gpu::{Batch, Gpu, Kernel};
use crate::kernels::{GpuMatrix, upload_matrix};
use crate::math::{self, AttentionShape};
use crate::protocol::LabError;

use super::cosine_scores as f32_scores;
use super::cosine_scores_int8 as int8_scores;
use super::{
    AttentionInputs, Causal, DecodeAttention, Deferred, Heads, KvCache, RopeTable, Tokens, TopK, Turn, Vectors,
    VectorsInt8, agreement,
};

/// What results are filled with beforehand, so that a number that was not written is noticed.
const UNWRITTEN: f32 = -7.0e7;
/// As in Llama.
const EPSILON: f32 = 1e-5;
const BASE: f64 = 10_000.0;
const WRONG: f64 = f64::INFINITY;

/// Normal numbers, those of each `stream` different ones.
fn numbers(count: usize, stream: u32) -> Vec<f32> {
    math::activations(count, 77 + stream)
}

fn unwritten(gpu: &Gpu, rows: usize, cols: usize) -> Result<GpuMatrix, LabError> {
    upload_matrix(gpu, &vec![UNWRITTEN; rows * cols], rows, cols)
}

/// Submits, and brings one matrix back.
async fn result(mut batch: Batch<'_>, y: &GpuMatrix) -> Result<Vec<f32>, LabError> {
    let slot = batch.read(y.buffer(), 0, y.buffer().size_bytes());
    Ok(batch.finish().await?.get(&slot))
}

/// `[T, C]`, with or without a residual.
///
/// # Errors
/// Those of the kernel.
pub async fn rms_norm(gpu: &Gpu, rows: usize, cols: usize, residual: bool) -> Result<f64, LabError> {
    let (mut x, added, gain) = (numbers(rows * cols, 0), numbers(rows * cols, 1), numbers(cols, 2));
    let (stream, y) = (upload_matrix(gpu, &x, rows, cols)?, unwritten(gpu, rows, cols)?);
    let (device_added, device_gain) = (upload_matrix(gpu, &added, rows, cols)?, upload_matrix(gpu, &gain, 1, cols)?);
    let mut batch = Batch::new(gpu);
    super::rms_norm(gpu, &mut batch, &stream, residual.then_some(&device_added), &device_gain, EPSILON, &y)?;
    let got = result(batch, &y).await?;
    if residual {
        // One rounding, the same on both sides.
        x.iter_mut().zip(&added).for_each(|(x, added)| *x += added);
    }
    let left: Vec<f32> = gpu.read(stream.buffer(), 0, x.len()).await?;
    let kept = crate::kernels::agreement::equal(&x, &left);
    Ok(kept.max(agreement::rms_norm(cols, &math::rms_norm(&x, &gain, EPSILON), &got)))
}

/// `[T, C]`, far from mean 0, where careless sums cancel.
///
/// # Errors
/// Those of the kernel.
pub async fn layer_norm(gpu: &Gpu, rows: usize, cols: usize) -> Result<f64, LabError> {
    let x: Vec<f32> = numbers(rows * cols, 0).iter().map(|x| x + 30.0).collect();
    let (gain, bias) = (numbers(cols, 1), numbers(cols, 2));
    let y = unwritten(gpu, rows, cols)?;
    let [device_gain, device_bias] = [upload_matrix(gpu, &gain, 1, cols)?, upload_matrix(gpu, &bias, 1, cols)?];
    let mut batch = Batch::new(gpu);
    let device_x = upload_matrix(gpu, &x, rows, cols)?;
    super::layer_norm(gpu, &mut batch, &device_x, &device_gain, &device_bias, EPSILON, &y)?;
    let got = result(batch, &y).await?;
    let reference = math::layer_norm(&x, &gain, &bias, EPSILON);
    Ok(agreement::layer_norm(&x, &gain, &bias, EPSILON, &reference, &got))
}

/// `[N, C]`; with large numbers, which overflow an exponential unless the maximum is subtracted.
///
/// # Errors
/// Those of the kernel.
pub async fn softmax(gpu: &Gpu, rows: usize, cols: usize, causal: Option<Causal>) -> Result<f64, LabError> {
    let x: Vec<f32> = numbers(rows * cols, 0).iter().map(|x| x * 40.0 + 100.0).collect();
    let (scale, p) = (0.7, unwritten(gpu, rows, cols)?);
    let mut batch = Batch::new(gpu);
    super::softmax(gpu, &mut batch, &upload_matrix(gpu, &x, rows, cols)?, scale, causal, &p)?;
    let got = result(batch, &p).await?;
    let causal = causal.map(|c| (c.period, c.offset));
    let reference = math::softmax(&x, cols, scale, causal);
    Ok(agreement::softmax(&x, cols, scale, causal, &reference, &got))
}

/// `[T, H D]` from a position on, forth and back.
///
/// # Errors
/// Those of the kernel.
pub async fn rope(
    gpu: &Gpu,
    tokens: usize,
    heads: usize,
    dim: usize,
    position: usize,
    turn: Turn,
) -> Result<f64, LabError> {
    let width = heads * dim;
    let (x, y) = (numbers(tokens * width, 0), unwritten(gpu, tokens, width)?);
    let table = RopeTable::new(gpu, position + tokens, dim, BASE)?;
    let mut batch = Batch::new(gpu);
    super::rope(&mut batch, &upload_matrix(gpu, &x, tokens, width)?, &table, position, turn, &y)?;
    let got = result(batch, &y).await?;
    let sign = if turn == Turn::Forth { 1.0 } else { -1.0 };
    let x: Vec<f64> = x.iter().map(|&x| f64::from(x)).collect();
    Ok(agreement::rope(&x, dim, &math::rope(&x, width, dim, position, BASE, sign), &got))
}

/// A cache of `capacity` places that holds `old` in its first ones; the others keep what they must not be read for.
fn filled(gpu: &Gpu, heads: Heads, capacity: usize, keys: &[f32], values: &[f32]) -> Result<KvCache, LabError> {
    let cache = KvCache::new(gpu, heads, capacity)?;
    let held = keys.len() / heads.key;
    for (buffer, old) in [(&cache.keys, keys), (&cache.values, values)] {
        let mut all = vec![UNWRITTEN; heads.key * capacity * heads.dim];
        for (line, old) in all.chunks_exact_mut(capacity * heads.dim).zip(old.chunks_exact(held.max(1))) {
            line[..held].copy_from_slice(old);
        }
        gpu.write(buffer, 0, bytemuck::cast_slice(&all))?;
    }
    Ok(cache)
}

/// The first `places` of each key head in a cache.
async fn lines(gpu: &Gpu, cache: &KvCache, places: usize) -> Result<[Vec<f32>; 2], LabError> {
    let (dim, line) = (cache.heads.dim, cache.capacity * cache.heads.dim);
    let mut batch = Batch::new(gpu);
    let slots = [&cache.keys, &cache.values].map(|buffer| batch.read(buffer, 0, buffer.size_bytes()));
    let readings = batch.finish().await?;
    Ok(slots
        .map(|slot| readings.get::<f32>(&slot).chunks_exact(line).flat_map(|l| l[..places * dim].to_vec()).collect()))
}

/// `rope_cache` of `T` tokens after `position` ones: rotated queries, and every line of the cache, old and new.
///
/// # Errors
/// Those of the kernel.
pub async fn rope_cache(gpu: &Gpu, heads: Heads, tokens: usize, position: usize) -> Result<f64, LabError> {
    let Heads { query, key, dim } = heads;
    let projected = numbers(tokens * heads.projected(), 0);
    let held = key * position * dim;
    let (old_keys, old_values) = (numbers(held, 1), numbers(held, 2));
    let cache = filled(gpu, heads, position + tokens + 1, &old_keys, &old_values)?;
    let table = RopeTable::new(gpu, position + tokens, dim, BASE)?;
    let q = unwritten(gpu, tokens, query * dim)?;
    let mut batch = Batch::new(gpu);
    let device_projected = upload_matrix(gpu, &projected, tokens, heads.projected())?;
    super::rope_cache(&mut batch, &device_projected, &table, position, &cache, &q)?;
    let got = result(batch, &q).await?;
    let [got_keys, got_values] = lines(gpu, &cache, position + tokens).await?;
    // Of each token: queries, keys, values.
    let part = |from: usize, count: usize| -> Vec<f64> {
        let rows = projected.chunks_exact(heads.projected());
        rows.flat_map(|row| row[from * dim..(from + count) * dim].iter().map(|&v| f64::from(v))).collect()
    };
    let turned = |x: &[f64], heads: usize| math::rope(x, heads * dim, dim, position, BASE, 1.0);
    let (new_q, new_k, new_v) = (part(0, query), part(query, key), part(query + key, key));
    let mut worst = agreement::rope(&new_q, dim, &turned(&new_q, query), &got);
    let grown = |old: &[f32], new: &[f64]| -> Vec<f64> {
        let mut all = Vec::new();
        for head in 0..key {
            all.extend(old[head * position * dim..][..position * dim].iter().map(|&v| f64::from(v)));
            (0..tokens).for_each(|t| all.extend_from_slice(&new[(t * key + head) * dim..][..dim]));
        }
        all
    };
    worst =
        worst.max(agreement::rope(&grown(&old_keys, &new_k), dim, &grown(&old_keys, &turned(&new_k, key)), &got_keys));
    let values: Vec<f32> = grown(&old_values, &new_v).iter().map(|&v| v as f32).collect();
    Ok(worst.max(crate::kernels::agreement::equal(&values, &got_values)))
}

/// Attention of `T` tokens, `position` more in the cache.
///
/// # Errors
/// Those of the kernel.
pub async fn attention(gpu: &Gpu, heads: Heads, tokens: usize, position: usize) -> Result<f64, LabError> {
    let Heads { query, key, dim } = heads;
    let held = key * (position + tokens) * dim;
    // Large enough that some keys matter far more than others.
    let q: Vec<f32> = numbers(tokens * query * dim, 0).iter().map(|q| q * 2.0).collect();
    let (keys, values) = (numbers(held, 1), numbers(held, 2));
    let cache = filled(gpu, heads, position + tokens + 2, &keys, &values)?;
    let y = unwritten(gpu, tokens, query * dim)?;
    let mut batch = Batch::new(gpu);
    super::attention(gpu, &mut batch, &upload_matrix(gpu, &q, tokens, query * dim)?, &cache, position, &y)?;
    let got = result(batch, &y).await?;
    let [q, keys, values] = [&q, &keys, &values].map(|v| v.iter().map(|&v| f64::from(v)).collect::<Vec<f64>>());
    let shape = AttentionShape { tokens, heads: query, key_heads: key, dim, position };
    let reference = math::attention(shape, &q, &keys, &values);
    let (no_q, no_keys) = (vec![0.0; q.len()], vec![0.0; held]);
    let inputs = AttentionInputs { q: (&q, &no_q), keys: (&keys, &no_keys), values: (&values, &no_keys) };
    Ok(agreement::attention(shape, &inputs, &reference, &got))
}

/// The attention of one token from its projection on, `position` more in the cache, with a norm over `cols` numbers (0:
/// none).
///
/// # Errors
/// Those of the kernel.
pub async fn decode_attention(gpu: &Gpu, heads: Heads, position: usize, cols: usize) -> Result<f64, LabError> {
    let Heads { query, key, dim } = heads;
    let held = key * position * dim;
    let (projected, x) = (numbers(heads.projected(), 0), numbers(cols.max(1), 3));
    let (keys, values) = (numbers(held, 1), numbers(held, 2));
    let cache = filled(gpu, heads, position + 2, &keys, &values)?;
    let y = unwritten(gpu, 1, query * dim)?;
    let table = RopeTable::new(gpu, position + 1, dim, BASE)?;
    let (device_projected, device_x) =
        (upload_matrix(gpu, &projected, 1, projected.len())?, upload_matrix(gpu, &x, 1, x.len())?);
    let norm = (cols > 0).then_some(Deferred { x: &device_x, epsilon: EPSILON });
    let step = DecodeAttention { projected: &device_projected, norm, table: &table, cache: &cache, position };
    let mut batch = Batch::new(gpu);
    super::decode_attention(gpu, &mut batch, &step, &y)?;
    let got = result(batch, &y).await?;
    let [got_keys, got_values] = lines(gpu, &cache, position + 1).await?;
    let shape = AttentionShape { tokens: 1, heads: query, key_heads: key, dim, position };
    let norm = (cols > 0).then_some((x.as_slice(), EPSILON));
    let (q, keys, values, reference) = math::decode_attention(shape, &projected, norm, BASE, &keys, &values);
    // Old lines are exact; the new one of each head is off by norm and rotation.
    let newest = |errors: Vec<f64>| -> Vec<f64> {
        let is_new = |i: usize| i / dim % (position + 1) == position;
        errors.iter().enumerate().map(|(i, &e)| if is_new(i) { e } else { 0.0 }).collect()
    };
    let q_off = agreement::rotated_errors(&q, dim, cols);
    let keys_off = newest(agreement::rotated_errors(&keys, dim, cols));
    let values_off = newest(agreement::rotated_errors(&values, dim, cols));
    let inputs = AttentionInputs { q: (&q, &q_off), keys: (&keys, &keys_off), values: (&values, &values_off) };
    let lines =
        agreement::within(&keys, &got_keys, &keys_off).max(agreement::within(&values, &got_values, &values_off));
    Ok(lines.max(agreement::attention(shape, &inputs, &reference, &got)))
}

/// `[T, 2 F]`, with a norm over `cols` numbers (0: none).
///
/// # Errors
/// Those of the kernel.
pub async fn swiglu(gpu: &Gpu, rows: usize, inner: usize, cols: usize) -> Result<f64, LabError> {
    let projected: Vec<f32> = numbers(rows * 2 * inner, 0).iter().map(|v| v * 10.0).collect();
    let x = numbers(rows * cols.max(1), 1);
    let h = unwritten(gpu, rows, inner)?;
    let device_x = upload_matrix(gpu, &x, rows, cols.max(1))?;
    let norm = (cols > 0).then_some(Deferred { x: &device_x, epsilon: EPSILON });
    let mut batch = Batch::new(gpu);
    super::swiglu(gpu, &mut batch, &upload_matrix(gpu, &projected, rows, 2 * inner)?, norm, &h)?;
    let got = result(batch, &h).await?;
    let factor = |row: &[f32]| if cols > 0 { math::rms_factor(row, EPSILON) } else { 1.0 };
    let factors: Vec<f64> = x.chunks_exact(cols.max(1)).map(factor).collect();
    Ok(agreement::swiglu(&projected, &factors, cols, &math::swiglu(&projected, &factors), &got))
}

/// `[1, N]`: normal numbers, and both tails to where they vanish.
///
/// # Errors
/// Those of the kernel.
pub async fn gelu(gpu: &Gpu, count: usize) -> Result<f64, LabError> {
    let spread = |(i, x): (usize, &f32)| if i % 3 == 0 { *x * 6.0 } else { *x };
    let x: Vec<f32> = numbers(count, 0).iter().enumerate().map(spread).collect();
    let y = unwritten(gpu, 1, count)?;
    let mut batch = Batch::new(gpu);
    super::gelu(&mut batch, &upload_matrix(gpu, &x, 1, count)?, &y)?;
    Ok(agreement::gelu(&x, &math::gelu(&x), &result(batch, &y).await?))
}

/// `[T]` numbers into `[V, C]`, two of them beyond it.
///
/// # Errors
/// Those of the kernel.
pub async fn embed(gpu: &Gpu, tokens: usize, vocabulary: usize, cols: usize) -> Result<f64, LabError> {
    let table = numbers(vocabulary * cols, 0);
    let ids: Vec<u32> = (0..tokens as u32).map(|t| math::hash_u32(5, t) % (vocabulary as u32 + 2)).collect();
    let y = unwritten(gpu, tokens, cols)?;
    let words = gpu.upload("tokens", &ids)?;
    let mut batch = Batch::new(gpu);
    super::embed(&mut batch, Tokens::new(&words), &upload_matrix(gpu, &table, vocabulary, cols)?, &y)?;
    Ok(crate::kernels::agreement::equal(&math::embed(&ids, &table, cols), &result(batch, &y).await?))
}

/// The `k` largest of every row of given numbers: index and value must be equal.
///
/// # Errors
/// Those of the kernel.
pub async fn top_k(gpu: &Gpu, values: &[f32], cols: usize, k: usize) -> Result<f64, LabError> {
    let rows = values.len() / cols;
    let top = TopK::new(gpu, rows, cols, k)?;
    let mut batch = Batch::new(gpu);
    top.record(&mut batch, &gpu.upload("values", values)?)?;
    let slot = top.read(&mut batch);
    let got = top.ranked(&batch.finish().await?, &slot);
    let right = values.chunks_exact(cols).zip(&got).all(|(row, got)| {
        let reference = math::top_k(row, k);
        let same = |(a, b): (&(u32, f32), &super::Ranked)| a.0 == b.index && a.1.to_bits() == b.value.to_bits();
        reference.len() == got.len() && reference.iter().zip(got).all(same)
    });
    Ok(if right && got.len() == rows { 0.0 } else { WRONG })
}

/// Numbers of which many are equal, some of them zeros of both signs and infinities.
pub fn crowded(count: usize) -> Vec<f32> {
    let special = [0.0, -0.0, f32::INFINITY, f32::NEG_INFINITY, f32::MAX, f32::MIN, 1.0, -1.0];
    let one = |i: usize| {
        let bits = math::hash_u32(9, i as u32);
        if bits.is_multiple_of(5) { special[(bits >> 8) as usize % 8] } else { ((bits >> 8) % 17) as f32 - 8.0 }
    };
    (0..count).map(one).collect()
}

/// Rows and queries, with a row of zeros.
fn collection(count: usize, dims: usize, queries: usize) -> (Vec<f32>, Vec<f32>) {
    let mut rows = numbers(count * dims, 0);
    if count > 2 {
        rows[2 * dims..3 * dims].fill(0.0);
    }
    (rows, numbers(queries * dims, 1))
}

/// Which rung of the ladder of the cosine kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rung {
    First,
    Last,
}

impl Rung {
    fn of<'k>(self, first: &'k Kernel, last: &'k Kernel) -> &'k Kernel {
        if self == Rung::First { first } else { last }
    }
}

/// `[N, D]` against `[Q, D]`.
///
/// # Errors
/// Those of the kernel.
pub async fn cosine_scores(gpu: &Gpu, shape: [usize; 3], rung: Rung) -> Result<f64, LabError> {
    let [count, dims, queries] = shape;
    let (rows, asked) = collection(count, dims, queries);
    let scores = unwritten(gpu, queries, count)?;
    let (device_rows, device_asked) = (Vectors::upload(gpu, &rows, dims)?, Vectors::upload_unit(gpu, &asked, dims)?);
    let mut batch = Batch::new(gpu);
    let kernel = rung.of(&f32_scores::ONE, &f32_scores::FOUR);
    f32_scores::record(gpu, &mut batch, kernel, &device_rows, &device_asked, &scores)?;
    let got = result(batch, &scores).await?;
    Ok(agreement::cosine_scores(&rows, &asked, dims, &math::cosine_scores(&rows, &asked, dims), &got))
}

/// `[N, D]` codes against `[Q, D]`.
///
/// # Errors
/// Those of the kernel.
pub async fn cosine_scores_int8(gpu: &Gpu, shape: [usize; 3], rung: Rung) -> Result<f64, LabError> {
    let [count, dims, queries] = shape;
    let (rows, asked) = collection(count, dims, queries);
    let (rows, asked) = (math::int8_rows(&rows, dims).0, math::int8_rows(&asked, dims).0);
    let scores = unwritten(gpu, queries, count)?;
    let (device_rows, device_asked) = (VectorsInt8::upload(gpu, &rows, dims)?, VectorsInt8::upload(gpu, &asked, dims)?);
    let mut batch = Batch::new(gpu);
    let kernel = rung.of(&int8_scores::ONE, &int8_scores::FOUR);
    int8_scores::record(gpu, &mut batch, kernel, &device_rows, &device_asked, &scores)?;
    let got = result(batch, &scores).await?;
    Ok(agreement::cosine_scores_int8(&math::cosine_scores_int8(&rows, &asked, dims), &got))
}
