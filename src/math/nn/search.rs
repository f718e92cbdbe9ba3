//! Looking things up: rows by number, the largest numbers, the nearest directions.

use std::cmp::Ordering;

use super::wide;

/// The rows of `table` that `ids` name; a number beyond it names the last one.
///
/// # Shapes
/// `ids [T]`, `table [V, C]` -> `[T, C]`
pub fn embed(ids: &[u32], table: &[f32], cols: usize) -> Vec<f32> {
    let last = table.len() / cols - 1;
    ids.iter()
        .flat_map(|&id| table.chunks_exact(cols).nth(last.min(id as usize)).into_iter().flatten())
        .copied()
        .collect()
}

/// The `k` largest numbers with their places, largest first, of equal ones the first first; NaN is the smallest.
///
/// # Shapes
/// `values [N]` -> `[min(k, N)]`
pub fn top_k(values: &[f32], k: usize) -> Vec<(u32, f32)> {
    // NaN below everything, -0 equal to 0.
    let rank = |v: f32| if v.is_nan() { (0, 0.0) } else { (1, v) };
    let larger = |a: f32, b: f32| rank(b).partial_cmp(&rank(a)).unwrap_or(Ordering::Equal);
    let mut order: Vec<(u32, f32)> = values.iter().enumerate().map(|(i, &v)| (i as u32, v)).collect();
    order.sort_by(|a, b| larger(a.1, b.1));
    order.truncate(k);
    order
}

fn cosine(a: &[f64], b: &[f64]) -> f64 {
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let lengths = (dot(a, a) * dot(b, b)).sqrt();
    if lengths > 0.0 { dot(a, b) / lengths } else { 0.0 }
}

/// The cosine of the angle between every query and every row; 0 where one of them is zero.
///
/// # Shapes
/// `rows [N, D]`, `queries [Q, D]` -> `[Q, N]`
pub fn cosine_scores(rows: &[f32], queries: &[f32], dims: usize) -> Vec<f64> {
    let rows = wide(rows);
    let of = |query: &[f32]| -> Vec<f64> {
        let query = wide(query);
        rows.chunks_exact(dims).map(|row| cosine(row, &query)).collect()
    };
    queries.chunks_exact(dims).flat_map(of).collect()
}

/// The same between rows and queries of INT8 codes, whose scales cancel.
///
/// # Shapes
/// `rows [N, D]`, `queries [Q, D]` -> `[Q, N]`
pub fn cosine_scores_int8(rows: &[i8], queries: &[i8], dims: usize) -> Vec<f64> {
    let float = |codes: &[i8]| -> Vec<f32> { codes.iter().map(|&c| f32::from(c)).collect() };
    cosine_scores(&float(rows), &float(queries), dims)
}

/// INT8 codes of rows, each with the scale `max |x| / 127`: codes and scales.
///
/// # Shapes
/// `rows [N, D]` -> `[N, D]`, `[N]`
pub fn int8_rows(rows: &[f32], dims: usize) -> (Vec<i8>, Vec<f32>) {
    let largest = |row: &[f32]| row.iter().fold(0f32, |most, x| most.max(x.abs()));
    let scales: Vec<f32> = rows.chunks_exact(dims).map(|row| largest(row) / 127.0).collect();
    let code = |(i, &x): (usize, &f32)| {
        let scale = scales[i / dims];
        if scale > 0.0 { (x / scale).round_ties_even().clamp(-127.0, 127.0) as i8 } else { 0 }
    };
    (rows.iter().enumerate().map(code).collect(), scales)
}
