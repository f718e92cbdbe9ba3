//! Dequantize: codes back to weights; and the arithmetic of one weight.

use super::formats::{E4M3_LEVELS, E5M2_LEVELS, NF4_LEVELS, int_range};
use super::quantize::{brain_value, half_value};
use super::{Codes, Format, Quantized, Symmetry};

/// Dequantizes: `value = scale * level[code]`, or `scale * (code - zero)` for asymmetric integers.
///
/// # Shapes
/// codes `[O, I]`, scales `[G]` -> `[O, I]`
pub fn dequantize(q: &Quantized) -> Vec<f32> {
    let mut out = vec![0.0; q.codes.len()];
    dequantize_into(q, &mut out);
    out
}

/// [`dequantize`] into memory that is already there.
///
/// # Panics
/// If `out` has another length than the codes.
pub fn dequantize_into(q: &Quantized, out: &mut [f32]) {
    assert_eq!(out.len(), q.codes.len(), "dequantize: {} places for {} codes", out.len(), q.codes.len());
    match (&q.codes, q.spec.format) {
        (Codes::Full(w), _) => out.copy_from_slice(w),
        (Codes::Half(codes), Format::Bf16) => each(codes, out, brain_value),
        (Codes::Half(codes), _) => each(codes, out, half_value),
        (Codes::Narrow(codes), Format::Nf4) => from_table(q, codes, out, &padded(&NF4_LEVELS)),
        (Codes::Narrow(codes), Format::Fp8E4m3) => from_table(q, codes, out, &padded(&E4M3_LEVELS)),
        (Codes::Narrow(codes), Format::Fp8E5m2) => from_table(q, codes, out, &padded(&E5M2_LEVELS)),
        (Codes::Narrow(codes), format) => integers(q, codes, out, low_of(format, q.spec.symmetry)),
    }
}

fn low_of(format: Format, symmetry: Symmetry) -> i32 {
    match format {
        Format::Int(bits) => int_range(bits, symmetry).0,
        _ => 0,
    }
}

fn each(codes: &[u16], out: &mut [f32], value: impl Fn(u16) -> f32) {
    for (out, &code) in out.iter_mut().zip(codes) {
        *out = value(code);
    }
}

/// 256 entries, so that no index of a byte needs a bounds check.
fn padded(levels: &[f32]) -> [f32; 256] {
    std::array::from_fn(|i| levels.get(i).copied().unwrap_or(0.0))
}

fn from_table(q: &Quantized, codes: &[u8], out: &mut [f32], levels: &[f32; 256]) {
    for (group, &scale) in q.scales.iter().enumerate() {
        let range = q.groups.range(group);
        for (out, &code) in out[range.clone()].iter_mut().zip(&codes[range]) {
            *out = scale * levels[usize::from(code)];
        }
    }
}

fn integers(q: &Quantized, codes: &[u8], out: &mut [f32], low: i32) {
    for (group, &scale) in q.scales.iter().enumerate() {
        let range = q.groups.range(group);
        // What is added to a code to get the integer: the lowest one, or minus the zero point.
        let offset = q.zeros.get(group).map_or(low, |&zero| -i32::from(zero));
        for (out, &code) in out[range.clone()].iter_mut().zip(&codes[range]) {
            *out = scale * (i32::from(code) + offset) as f32;
        }
    }
}

/// The arithmetic of one weight: `back = scale * level`, `error = back - value`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Weight {
    pub value: f32,
    /// As stored; 1 for formats without scales.
    pub scale: f32,
    /// The code of zero for asymmetric integers, otherwise 0.
    pub zero: f32,
    /// Index into [`super::levels`]; the bit pattern for FP16, BF16 and FP32.
    pub code: u32,
    /// The level before scaling; for asymmetric integers `code - zero`.
    pub level: f32,
    pub back: f32,
    pub error: f32,
    /// Index into the scales; 0 for formats without.
    pub group: usize,
}

/// Explains the weight at a row and column.
///
/// # Shapes
/// `w [O, I]`, the same that was quantized
/// # Panics
/// If the position is outside the matrix.
pub fn explain(w: &[f32], q: &Quantized, row: usize, col: usize) -> Weight {
    assert!(row < q.rows && col < q.cols, "explain: [{row}, {col}] is outside [{}, {}]", q.rows, q.cols);
    let index = row * q.cols + col;
    let (value, code) = (w[index], q.codes.get(index));
    let group = if q.spec.format.is_scaled() { q.groups.of(index) } else { 0 };
    let scale = q.scales.get(group).copied().unwrap_or(1.0);
    let zero = q.zeros.get(group).copied().unwrap_or(0);
    let level = match q.spec.format {
        Format::Fp32 => f32::from_bits(code),
        Format::Fp16 => half_value(code as u16),
        Format::Bf16 => brain_value(code as u16),
        Format::Nf4 => NF4_LEVELS[code as usize],
        Format::Fp8E4m3 => E4M3_LEVELS[code as usize],
        Format::Fp8E5m2 => E5M2_LEVELS[code as usize],
        Format::Int(_) => (code as i32 + low_of(q.spec.format, q.spec.symmetry) - i32::from(zero)) as f32,
    };
    let back = scale * level;
    Weight { value, scale, zero: f32::from(zero), code, level, back, error: back - value, group }
}
