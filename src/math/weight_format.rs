//! The number formats that a model's matrices can be given.
//!
//! INT3 and INT2 have no kernels of their own: their codes, with their scales, are kept in the slots of INT4, so that what
//! is computed is exactly what those formats mean, and only what is allocated is larger than what the format needs.

use serde::{Deserialize, Serialize};

use super::{
    Codes, Format, Granularity, QuantSpec, Quantized, Rounding, ScaleRule, ScaleStorage, Symmetry,
    f16_without_subnormals, int_range, quantize,
};

/// A format for the weights of one matrix.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WeightFormat {
    #[default]
    Fp32,
    Fp16,
    Int8,
    Int4,
    Nf4,
    Int3,
    Int2,
}

impl WeightFormat {
    /// Every format, most bits first.
    pub const ALL: [WeightFormat; 7] = [
        WeightFormat::Fp32,
        WeightFormat::Fp16,
        WeightFormat::Int8,
        WeightFormat::Int4,
        WeightFormat::Nf4,
        WeightFormat::Int3,
        WeightFormat::Int2,
    ];
    /// Group sizes that the kernels know.
    pub const GROUPS: [u32; 3] = [32, 64, 128];
    /// The usual one: that of bitsandbytes for NF4.
    pub const GROUP: u32 = 64;

    /// What a code means.
    pub fn format(self) -> Format {
        match self {
            WeightFormat::Fp32 => Format::Fp32,
            WeightFormat::Fp16 => Format::Fp16,
            WeightFormat::Int8 => Format::Int(8),
            WeightFormat::Int4 => Format::Int(4),
            WeightFormat::Nf4 => Format::Nf4,
            WeightFormat::Int3 => Format::Int(3),
            WeightFormat::Int2 => Format::Int(2),
        }
    }

    /// The name that people use: `INT4`.
    pub fn name(self) -> String {
        self.format().name()
    }

    /// Bits of one code, scales not counted.
    pub fn bits(self) -> u32 {
        self.format().bits()
    }

    /// What the quantizer is told: symmetric, the largest magnitude just fits, one f32 scale for `group` weights of a row.
    pub fn spec(self, group: u32) -> QuantSpec {
        QuantSpec {
            format: self.format(),
            symmetry: Symmetry::Symmetric,
            granularity: Granularity::Group(group),
            rounding: Rounding::Nearest,
            scale_rule: ScaleRule::AbsMax,
            scale_storage: ScaleStorage::F32,
        }
    }

    /// Bytes that the format needs for a matrix: codes at their bits, and scales.
    pub fn packed_bytes(self, rows: usize, cols: usize, group: u32) -> u64 {
        self.spec(group).size_bytes(rows, cols)
    }

    /// Quantizes a matrix to the codes that are kept and multiplied: those of INT3 and INT2 as codes of INT4 that mean the
    /// same, and FP16 without subnormal numbers, which WGSL does not promise to keep.
    ///
    /// # Shapes
    /// `w [rows, cols]` -> codes `[rows, cols]`
    /// # Panics
    /// If `w` does not have `rows * cols` weights.
    pub fn quantize(self, w: &[f32], rows: usize, cols: usize, group: u32) -> Quantized {
        let spec = self.spec(group);
        if self == WeightFormat::Fp16 {
            let normal: Vec<f32> = w.iter().map(|&w| f16_without_subnormals(w)).collect();
            return quantize(&normal, rows, cols, &spec);
        }
        let mut q = quantize(w, rows, cols, &spec);
        if let (WeightFormat::Int3 | WeightFormat::Int2, Codes::Narrow(codes)) = (self, &mut q.codes) {
            // A code counts from the lowest integer of its format.
            let low = |format| int_range(format, Symmetry::Symmetric).0;
            let shift = (low(self.bits() as u8) - low(4)) as u8;
            codes.iter_mut().for_each(|code| *code += shift);
            q.spec.format = Format::Int(4);
        }
        q
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{dequantize, heavy_tailed};

    #[test]
    fn int3_and_int2_mean_the_same_in_slots_of_int4() {
        let w = heavy_tailed(7, 131, 3);
        for format in [WeightFormat::Int3, WeightFormat::Int2] {
            for group in WeightFormat::GROUPS {
                let plain = quantize(&w, 7, 131, &format.spec(group));
                let kept = format.quantize(&w, 7, 131, group);
                assert_eq!(kept.spec.format, Format::Int(4));
                assert_eq!(dequantize(&kept), dequantize(&plain), "{format:?} {group}");
            }
        }
    }

    #[test]
    fn sizes_count_codes_and_scales() {
        let size = |format: WeightFormat| format.packed_bytes(8, 128, 64);
        let scales = 8 * 2 * 4;
        let expected = [4096, 2048, 1024 + scales, 512 + scales, 512 + scales, 384 + scales, 256 + scales];
        assert_eq!(WeightFormat::ALL.map(size), expected);
    }
}
