//! Double quantization: the scales themselves are kept in 8 bits.
//!
//! # Source
//! Dettmers et al. 2023, arXiv:2305.14314, section 3; details as in bitsandbytes `quantize_4bit(compress_statistics)`:
//! the mean is subtracted, then blocks of 256 are scaled by their largest magnitude and coded with the signed dynamic
//! 8-bit map of Dettmers 2016, arXiv:1511.04561.

use std::sync::OnceLock;

use super::scale::max_magnitude;
use super::spec::DOUBLE_QUANT_BLOCK;

/// Exponents of the dynamic map: the levels reach from `10^-7` to 1.
const EXPONENTS: usize = 7;
/// Levels of an 8-bit map.
const LEVELS: usize = 256;
/// A block of equal scales has no spread; bitsandbytes divides by this instead of by zero.
const MIN_ABSMAX: f32 = 1e-38;

/// The signed dynamic map, ascending: for each decade `10^(e - 6)`, `e = 0 ..= 6`, the midpoints of `2^e` equal parts of
/// `[0.1, 1]` with both signs, and 0 and 1.
pub fn dynamic_map() -> &'static [f32; LEVELS] {
    static MAP: OnceLock<[f32; LEVELS]> = OnceLock::new();
    MAP.get_or_init(|| {
        let mut map = [0.0; LEVELS];
        let mut filled = 1; // map[0] stays 0
        for exponent in 0..EXPONENTS {
            let parts = 1 << exponent;
            let decade = 10f64.powi(exponent as i32 - (EXPONENTS as i32 - 1)) as f32;
            for part in 0..parts {
                let middle = (boundary(part, parts) + boundary(part + 1, parts)) / 2.0;
                map[filled] = decade * middle;
                map[filled + 1] = -decade * middle;
                filled += 2;
            }
        }
        map[filled] = 1.0;
        map.sort_by(f32::total_cmp);
        map
    })
}

/// Boundary `i` of `parts` equal parts of `[0.1, 1]` in f32, counted from the nearer end, as `torch.linspace` does.
fn boundary(i: usize, parts: usize) -> f32 {
    let step = (1.0 - 0.1f32) / parts as f32;
    if i < parts.div_ceil(2) { 0.1 + step * i as f32 } else { 1.0 - step * (parts - i) as f32 }
}

/// Scales in 8 bits.
#[derive(Clone, Debug, PartialEq)]
pub struct DoubleScales {
    /// Subtracted before the second quantization.
    pub mean: f32,
    /// The largest magnitude in each block of 256 scales less the mean.
    pub absmax: Vec<f32>,
    /// Indices into [`dynamic_map`].
    pub codes: Vec<u8>,
}

impl DoubleScales {
    /// Quantizes scales.
    pub fn from_scales(scales: &[f32]) -> DoubleScales {
        if scales.is_empty() {
            return DoubleScales { mean: 0.0, absmax: Vec::new(), codes: Vec::new() };
        }
        let map = dynamic_map();
        let middles: Vec<f32> = map.windows(2).map(|pair| (pair[0] + pair[1]) / 2.0).collect();
        let mean = (scales.iter().map(|&s| f64::from(s)).sum::<f64>() / scales.len() as f64) as f32;
        let mut absmax = Vec::new();
        let mut codes = Vec::with_capacity(scales.len());
        for block in scales.chunks(DOUBLE_QUANT_BLOCK as usize) {
            let centred: Vec<f32> = block.iter().map(|s| s - mean).collect();
            let largest = max_magnitude(&centred);
            let inverse = 1.0 / largest.max(MIN_ABSMAX);
            absmax.push(largest);
            codes.extend(centred.iter().map(|s| {
                let x = (s * inverse).clamp(-1.0, 1.0);
                middles.partition_point(|middle| *middle < x) as u8
            }));
        }
        DoubleScales { mean, absmax, codes }
    }

    /// The scales that a dequantizer sees: `map[code] absmax + mean`.
    pub fn to_scales(&self) -> Vec<f32> {
        let map = dynamic_map();
        let block = DOUBLE_QUANT_BLOCK as usize;
        self.codes.iter().enumerate().map(|(i, &c)| map[usize::from(c)] * self.absmax[i / block] + self.mean).collect()
    }
}
