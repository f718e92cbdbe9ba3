//! What a quantized matrix takes, scales and zero points counted.

use super::spec::DOUBLE_QUANT_BLOCK;
use super::{Format, Groups, QuantSpec, ScaleStorage, Symmetry};

impl QuantSpec {
    /// All bits of a quantized matrix: codes, scales as they are kept, and a zero point of one code for each group that
    /// has one. Codes of 3, 5, 6 or 7 bits are counted as published, without the padding of our 32-bit words.
    pub fn size_bits(&self, rows: usize, cols: usize) -> u64 {
        let weights = rows as u64 * cols as u64;
        let code_bits = weights * u64::from(self.format.bits());
        if !self.format.is_scaled() || weights == 0 {
            return code_bits;
        }
        let groups = Groups::new(self.granularity, rows, cols).count() as u64;
        let scale_bits = match self.scale_storage {
            ScaleStorage::F32 => groups * 32,
            ScaleStorage::F16 => groups * 16,
            // 8 bits each, one f32 for every 256, and one f32 for the mean.
            ScaleStorage::Double => groups * 8 + groups.div_ceil(u64::from(DOUBLE_QUANT_BLOCK)) * 32 + 32,
        };
        let moving_zero = self.symmetry == Symmetry::Asymmetric && matches!(self.format, Format::Int(_));
        let zero_bits = if moving_zero { groups * u64::from(self.format.bits()) } else { 0 };
        code_bits + scale_bits + zero_bits
    }

    /// [`QuantSpec::size_bits`] over the weights; the bits of one code for an empty matrix.
    pub fn bits_per_weight(&self, rows: usize, cols: usize) -> f64 {
        let weights = rows as f64 * cols as f64;
        if weights == 0.0 { f64::from(self.format.bits()) } else { self.size_bits(rows, cols) as f64 / weights }
    }

    /// [`QuantSpec::size_bits`] in whole bytes.
    pub fn size_bytes(&self, rows: usize, cols: usize) -> u64 {
        self.size_bits(rows, cols).div_ceil(8)
    }
}
