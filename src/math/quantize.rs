//! Quantize: weights to codes, scales and zero points.
//!
//! Dimension legend: `O` rows, `I` columns, `G` scale groups.

use half::f16;

use super::codec::{Binary16, Codec, E4M3, E5M2, Ints, Nf4};
use super::formats::{int_range, search_factors};
use super::rng::uniform;
use super::scale::{fitting, least_squares};
use super::{Codes, DoubleScales, Format, Groups, QuantSpec, Rounding, ScaleRule, ScaleStorage, Symmetry};

/// A quantized matrix.
///
/// A code is an index into [`super::levels`], so that for every format of at most 8 bits
/// `value = scale * level[code]`, and `value = scale * (code - zero)` for asymmetric integers.
#[derive(Clone, Debug, PartialEq)]
pub struct Quantized {
    pub spec: QuantSpec,
    pub rows: usize,
    pub cols: usize,
    pub groups: Groups,
    /// `[O, I]`
    pub codes: Codes,
    /// As stored, that is, after rounding to f16 or double quantization. `[G]`; empty for FP32, FP16 and BF16.
    pub scales: Vec<f32>,
    /// The code of zero, `[G]`; empty unless asymmetric.
    pub zeros: Vec<u8>,
}

/// Quantizes a matrix.
///
/// In each group: `x = w / scale` with the scale before it is rounded for storage (as ggml does), then the code of the
/// level nearest to `x`; ties go to the even integer, to the even mantissa (FP8, FP16, BF16) or to the lower level
/// (NF4, as bitsandbytes does). What is beyond the outermost level becomes that level. A group whose scale is below
/// the smallest normal f32 gets the scale 0 and the codes of zero.
///
/// # Shapes
/// `w [O, I]` -> codes `[O, I]`, scales `[G]`
/// # Panics
/// If `w` does not have `rows * cols` weights.
/// # Source
/// ggml `quantize_row_q8_0_ref`, `quantize_row_q4_0_ref`; bitsandbytes `quantize_4bit`; Jacob et al. 2018,
/// arXiv:1712.05877 (asymmetric).
pub fn quantize(w: &[f32], rows: usize, cols: usize, spec: &QuantSpec) -> Quantized {
    assert_eq!(w.len(), rows * cols, "quantize: {} weights are not [{rows}, {cols}]", w.len());
    let groups = Groups::new(spec.granularity, rows, cols);
    let whole = |codes| Quantized { spec: *spec, rows, cols, groups, codes, scales: Vec::new(), zeros: Vec::new() };
    match spec.format {
        Format::Fp32 => whole(Codes::Full(w.to_vec())),
        Format::Fp16 => whole(Codes::Half(halves(w, spec.rounding, half_code, half_value))),
        Format::Bf16 => whole(Codes::Half(halves(w, spec.rounding, brain_code, brain_value))),
        Format::Fp8E4m3 => scaled(E4M3, w, rows, cols, spec),
        Format::Fp8E5m2 => scaled(E5M2, w, rows, cols, spec),
        Format::Nf4 => scaled(Nf4, w, rows, cols, spec),
        Format::Int(bits) => {
            let (low, high) = int_range(bits, spec.symmetry);
            scaled(Ints { low: low as f32, high: high as f32 }, w, rows, cols, spec)
        }
    }
}

fn scaled<C: Codec>(codec: C, w: &[f32], rows: usize, cols: usize, spec: &QuantSpec) -> Quantized {
    let groups = Groups::new(spec.granularity, rows, cols);
    let count = if w.is_empty() { 0 } else { groups.count() };
    let factors = search_factors(spec.format, spec.symmetry);
    let moving_zero = spec.symmetry == Symmetry::Asymmetric && matches!(spec.format, Format::Int(_));
    let mut codes = vec![0u8; w.len()];
    let mut scales = Vec::with_capacity(count);
    let mut zeros = Vec::with_capacity(if moving_zero { count } else { 0 });
    let mut scratch = Vec::new();
    for group in 0..count {
        let range = groups.range(group);
        let (begin, w) = (range.start, &w[range.clone()]);
        let mut choice = fitting(w, spec, &mut scratch);
        let codec = if moving_zero { codec.around(choice.zero) } else { codec };
        if spec.scale_rule == ScaleRule::LeastSquares {
            choice = least_squares(codec, w, choice, &factors);
        }
        let out = &mut codes[range];
        match spec.rounding {
            Rounding::Nearest => {
                for (code, &w) in out.iter_mut().zip(w) {
                    *code = codec.code(w * choice.inverse);
                }
            }
            Rounding::Stochastic { seed } => {
                for (i, (code, &w)) in out.iter_mut().zip(w).enumerate() {
                    *code = codec.stochastic_code(w * choice.inverse, uniform(seed, (begin + i) as u32));
                }
            }
        }
        scales.push(choice.scale);
        if moving_zero {
            zeros.push(choice.zero);
        }
    }
    let scales = stored_scales(scales, spec.scale_storage);
    Quantized { spec: *spec, rows, cols, groups, codes: Codes::Narrow(codes), scales, zeros }
}

/// The scales as the dequantizer will see them.
///
/// f16 saturates instead of overflowing to infinity, so that zeros stay zeros.
pub fn stored_scales(scales: Vec<f32>, storage: ScaleStorage) -> Vec<f32> {
    match storage {
        ScaleStorage::F32 => scales,
        ScaleStorage::F16 => {
            let limit = f16::MAX.to_f32();
            scales.into_iter().map(|s| f16::from_f32(s.clamp(-limit, limit)).to_f32()).collect()
        }
        ScaleStorage::Double => DoubleScales::from_scales(&scales).to_scales(),
    }
}

/// FP16 bits, to nearest even; a finite weight stays finite.
#[inline(always)]
fn half_code(w: f32) -> u16 {
    (((w.to_bits() >> 16) & 0x8000) | Binary16::magnitude(w)) as u16
}

/// The value of FP16 bits.
#[inline(always)]
pub(super) fn half_value(code: u16) -> f32 {
    let code = u32::from(code);
    f32::from_bits(Binary16::value(code & 0x7FFF).to_bits() | ((code & 0x8000) << 16))
}

/// Bits of the largest finite BF16 magnitude.
const BRAIN_MAX: u32 = 0x7F7F;

/// BF16 bits, to nearest even; a finite weight stays finite.
#[inline(always)]
fn brain_code(w: f32) -> u16 {
    let bits = w.to_bits() & 0x7FFF_FFFF;
    let rounded = (bits + 0x7FFF + ((bits >> 16) & 1)) >> 16;
    let finite = if rounded > BRAIN_MAX { BRAIN_MAX } else { rounded };
    (finite | ((w.to_bits() >> 16) & 0x8000)) as u16
}

/// The value of BF16 bits.
#[inline(always)]
pub(super) fn brain_value(code: u16) -> f32 {
    f32::from_bits(u32::from(code) << 16)
}

/// 16-bit codes: to nearest, or to one of the two neighbours of the weight.
fn halves(w: &[f32], rounding: Rounding, code: impl Fn(f32) -> u16, value: impl Fn(u16) -> f32) -> Vec<u16> {
    match rounding {
        Rounding::Nearest => w.iter().map(|&w| code(w)).collect(),
        Rounding::Stochastic { seed } => w
            .iter()
            .enumerate()
            .map(|(i, &w)| {
                let nearest = code(w);
                // The bits of a magnitude are in order: its neighbour towards w is one code away.
                let (a, b) = (w.abs(), value(nearest).abs());
                let inner = if b > a { nearest - 1 } else { nearest };
                let (inner_value, outer_value) = (value(inner).abs(), value(inner + 1).abs());
                let fraction = (a - inner_value) / (outer_value - inner_value);
                // Up means towards the larger value, also for negative weights.
                let u = uniform(seed, i as u32);
                let outwards = if w < 0.0 { u >= 1.0 - fraction } else { u < fraction };
                if outwards { inner + 1 } else { inner }
            })
            .collect(),
    }
}
