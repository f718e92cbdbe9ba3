//! Quantized weights as the product kernels read them: every row begins at a 16-byte boundary, scales lie apart.
//!
//! Codes: each row is padded to whole multiples of [`ROW_CODES`]. INT8: four signed bytes a word, the first in the lowest
//! byte; an asymmetric code is kept less 128. INT4 and NF4: eight codes a word; byte `b` holds code `b` in its low half and
//! code `b + 4` in its high half, so that one mask and one byte unpacking give four codes in a row; a symmetric INT4 code
//! is kept plus 8. What is padded means zero.
//!
//! Scales: the steps of all groups, row by row, as f32 or as two f16 a word, then, from `table_at` on, the zero points as
//! codes. NF4: the 16 levels, then the steps as f32; or, doubly quantized, the levels, the 256 values of the map, the mean,
//! one absmax for every 256 steps, and from `table_at` on the codes of the steps, four a word.

use half::f16;

use super::spec::DOUBLE_QUANT_BLOCK;
use super::{
    Codes, DoubleScales, Format, Granularity, Groups, IntegerRows, NF4_LEVELS, QuantSpec, Quantized, ScaleStorage,
    Symmetry, dynamic_map, stored_scales,
};

/// Rows of codes are padded to whole multiples of this many: the smallest group, and 16 bytes of 4-bit codes.
pub const ROW_CODES: usize = 32;
/// What an 8-bit code is kept less, so that it fits a signed byte.
const INT8_SHIFT: i32 = 128;
/// The NF4 code of 0.
const NF4_ZERO: u8 = 7;

/// A quantized weight `[N, K]`, packed.
#[derive(Clone, Debug, PartialEq)]
pub struct PackedWeight {
    pub rows: usize,
    pub cols: usize,
    /// Groups along rows; INT8, INT4 or NF4.
    pub spec: QuantSpec,
    /// Words in a row of `codes`.
    pub row_words: usize,
    pub codes: Vec<u32>,
    pub scales: Vec<u32>,
}

/// Whether weights with this specification can be packed: 8 or 4 bits or NF4, in groups of whole multiples of
/// [`ROW_CODES`] along rows; doubly quantized only NF4.
pub fn is_packable(spec: &QuantSpec) -> bool {
    let format = matches!(spec.format, Format::Int(8) | Format::Int(4) | Format::Nf4);
    let group =
        matches!(spec.granularity, Granularity::Group(size) if size > 0 && (size as usize).is_multiple_of(ROW_CODES));
    let storage = match spec.scale_storage {
        ScaleStorage::F32 => true,
        ScaleStorage::F16 => matches!(spec.format, Format::Int(_)),
        ScaleStorage::Double => spec.format == Format::Nf4,
    };
    format && group && storage
}

/// Where in the scales of so many groups the zero points or the codes of the steps begin.
pub fn packed_table_at(spec: &QuantSpec, groups: usize) -> usize {
    let levels = if spec.format == Format::Nf4 { NF4_LEVELS.len() } else { 0 };
    match spec.scale_storage {
        ScaleStorage::F32 => levels + groups,
        ScaleStorage::F16 => levels + groups.div_ceil(2),
        ScaleStorage::Double => levels + dynamic_map().len() + 1 + groups.div_ceil(DOUBLE_QUANT_BLOCK as usize),
    }
}

/// Words of a row of codes, and of the scales of all rows.
pub fn packed_words(spec: &QuantSpec, rows: usize, cols: usize) -> (usize, usize) {
    let groups = Groups::new(spec.granularity, rows, cols).count();
    let table_bits = match spec.scale_storage {
        ScaleStorage::Double => 8,
        _ if has_zeros(spec) => spec.format.bits() as usize,
        _ => 0,
    };
    let row_words = cols.next_multiple_of(ROW_CODES) / codes_per_word(spec);
    (row_words, packed_table_at(spec, groups) + (groups * table_bits).div_ceil(32))
}

impl PackedWeight {
    /// Packs a quantized weight and keeps its scales as `storage` says.
    ///
    /// # Shapes
    /// codes `[N, K]`, scales `[G]`, not yet rounded for storage
    /// # Panics
    /// If `q` was not quantized with f32 scales to something that [`is_packable`].
    pub fn new(q: &Quantized, storage: ScaleStorage) -> PackedWeight {
        let spec = QuantSpec { scale_storage: storage, ..q.spec };
        assert!(is_packable(&spec) && q.spec.scale_storage == ScaleStorage::F32, "packed: {:?} as {storage:?}", q.spec);
        let Codes::Narrow(codes) = &q.codes else { unreachable!("codes of at most 8 bits are narrow") };
        let per_word = codes_per_word(&spec);
        let (row_words, _) = packed_words(&spec, q.rows, q.cols);
        let per_line = q.groups.per_line();
        let mut words = vec![0u32; q.rows * row_words];
        for (row, words) in words.chunks_exact_mut(row_words).enumerate() {
            let padding = q.zeros.get(row * per_line + per_line - 1).copied().unwrap_or(zero_code(&spec));
            for (at, word) in words.iter_mut().enumerate() {
                let code = |within: usize| {
                    let col = at * per_word + within;
                    if col < q.cols { codes[row * q.cols + col] } else { padding }
                };
                *word = (0..per_word).fold(0, |word, k| word | kept(&spec, code(k)) << shift(&spec, k));
            }
        }
        PackedWeight { rows: q.rows, cols: q.cols, spec, row_words, codes: words, scales: packed_scales(q, &spec) }
    }

    /// The way back: scales as they are kept.
    pub fn to_quantized(&self) -> Quantized {
        let groups = Groups::new(self.spec.granularity, self.rows, self.cols);
        let per_word = codes_per_word(&self.spec);
        let code = |row: usize, col: usize| {
            let word = self.codes[row * self.row_words + col / per_word];
            given(&self.spec, word >> shift(&self.spec, col % per_word))
        };
        let codes = (0..self.rows).flat_map(|row| (0..self.cols).map(move |col| code(row, col))).collect();
        let count = groups.count();
        let table_at = packed_table_at(&self.spec, count);
        let zeros = if has_zeros(&self.spec) {
            let bits = self.spec.format.bits() as usize;
            let zero = |i: usize| self.scales[table_at + i * bits / 32] >> (i * bits % 32);
            (0..count).map(|i| given(&self.spec, zero(i))).collect()
        } else {
            Vec::new()
        };
        Quantized {
            spec: self.spec,
            rows: self.rows,
            cols: self.cols,
            groups,
            codes: Codes::Narrow(codes),
            scales: self.steps(count),
            zeros,
        }
    }

    /// An INT8 weight with symmetric codes as W8A8 sees it.
    ///
    /// # Panics
    /// If it is something else.
    pub fn to_integers(&self) -> IntegerRows {
        let Granularity::Group(group) = self.spec.granularity else { unreachable!("packed weights have groups") };
        assert!(codes_per_word(&self.spec) == 4 && !has_zeros(&self.spec), "to_integers: {:?}", self.spec);
        let q = self.to_quantized();
        let low = super::int_range(8, self.spec.symmetry).0;
        let codes = (0..self.rows * self.cols).map(|i| (q.codes.get(i) as i32 + low) as i8).collect();
        IntegerRows { cols: self.cols, group: group as usize, codes, steps: q.scales }
    }

    fn steps(&self, count: usize) -> Vec<f32> {
        let float = |at: usize| f32::from_bits(self.scales[at]);
        match self.spec.scale_storage {
            ScaleStorage::F16 => {
                let half = |i: usize| f16::from_bits((self.scales[i / 2] >> (i % 2 * 16)) as u16);
                (0..count).map(|i| half(i).to_f32()).collect()
            }
            ScaleStorage::F32 => {
                let from = if self.spec.format == Format::Nf4 { NF4_LEVELS.len() } else { 0 };
                (from..from + count).map(float).collect()
            }
            ScaleStorage::Double => {
                let mean_at = NF4_LEVELS.len() + dynamic_map().len();
                let table_at = packed_table_at(&self.spec, count);
                let code = |i: usize| (self.scales[table_at + i / 4] >> (i % 4 * 8)) as u8;
                DoubleScales {
                    mean: float(mean_at),
                    absmax: (mean_at + 1..table_at).map(float).collect(),
                    codes: (0..count).map(code).collect(),
                }
                .to_scales()
            }
        }
    }

    /// How far a kernel's weight may be from the one that [`Self::to_quantized`] gives, in roundings: the product with the
    /// step, and for doubly quantized steps one product and one sum that a compiler may fuse, whose error is relative to
    /// the terms, not to the sum. `|W|`, and the terms' magnitude for those.
    ///
    /// # Shapes
    /// -> `[N, K]`
    pub fn magnitudes(&self) -> Vec<f32> {
        let q = self.to_quantized();
        let mut weights = super::dequantize(&q);
        weights.iter_mut().for_each(|w| *w = w.abs());
        if self.spec.scale_storage == ScaleStorage::Double {
            let mean = f32::from_bits(self.scales[NF4_LEVELS.len() + dynamic_map().len()]);
            for (i, w) in weights.iter_mut().enumerate() {
                let step = q.scales[q.groups.of(i)];
                let level = NF4_LEVELS[q.codes.get(i) as usize].abs();
                *w = level * ((step - mean).abs() + mean.abs());
            }
        }
        weights
    }

    /// Bytes of codes and scales, padding included.
    pub fn size_bytes(&self) -> u64 {
        (self.codes.len() + self.scales.len()) as u64 * 4
    }
}

fn codes_per_word(spec: &QuantSpec) -> usize {
    32 / spec.format.bits() as usize
}

fn has_zeros(spec: &QuantSpec) -> bool {
    spec.symmetry == Symmetry::Asymmetric && spec.format != Format::Nf4
}

/// The code that means zero where there are no zero points.
fn zero_code(spec: &QuantSpec) -> u8 {
    match spec.format {
        Format::Int(bits) => (-super::int_range(bits, spec.symmetry).0) as u8,
        _ => NF4_ZERO,
    }
}

/// Where code `k` of a word lies.
fn shift(spec: &QuantSpec, k: usize) -> u32 {
    if codes_per_word(spec) == 4 { 8 * k as u32 } else { (k % 4 * 8 + k / 4 * 4) as u32 }
}

/// What is added to an index of [`super::levels`] to get the code that is kept.
fn offset(spec: &QuantSpec) -> i32 {
    match spec.format {
        // Codes count from the lowest integer, -127 or -128; an asymmetric code from 0.
        Format::Int(8) if spec.symmetry == Symmetry::Asymmetric => -INT8_SHIFT,
        Format::Int(8) => super::int_range(8, spec.symmetry).0,
        Format::Int(4) if spec.symmetry != Symmetry::Asymmetric => super::int_range(4, spec.symmetry).0 + 8,
        _ => 0,
    }
}

/// A code as it is kept, in its low bits.
fn kept(spec: &QuantSpec, code: u8) -> u32 {
    let mask = u32::MAX >> (32 - spec.format.bits());
    (i32::from(code) + offset(spec)) as u32 & mask
}

/// The code that is kept in the low bits of a word.
fn given(spec: &QuantSpec, word: u32) -> u8 {
    match spec.format {
        Format::Int(8) => (i32::from(word as u8 as i8) - offset(spec)) as u8,
        _ => ((word & 15) as i32 - offset(spec)) as u8,
    }
}

/// Values of `bits` bits, the first in the lowest ones.
fn packed(values: impl ExactSizeIterator<Item = u32>, bits: usize) -> Vec<u32> {
    let mut words = vec![0; (values.len() * bits).div_ceil(32)];
    for (i, value) in values.enumerate() {
        words[i * bits / 32] |= value << (i * bits % 32);
    }
    words
}

/// The words of `scales`.
fn packed_scales(q: &Quantized, spec: &QuantSpec) -> Vec<u32> {
    let mut words = Vec::new();
    if spec.format == Format::Nf4 {
        words.extend(NF4_LEVELS.map(f32::to_bits));
    }
    match spec.scale_storage {
        ScaleStorage::F32 => words.extend(q.scales.iter().map(|s| s.to_bits())),
        ScaleStorage::F16 => {
            let halves = stored_scales(q.scales.clone(), ScaleStorage::F16);
            words.extend(packed(halves.iter().map(|&s| u32::from(f16::from_f32(s).to_bits())), 16));
        }
        ScaleStorage::Double => {
            let double = DoubleScales::from_scales(&q.scales);
            words.extend(dynamic_map().iter().chain([&double.mean]).chain(&double.absmax).map(|v| v.to_bits()));
            words.extend(packed(double.codes.iter().map(|&c| u32::from(c)), 8));
        }
    }
    if has_zeros(spec) {
        words.extend(packed(q.zeros.iter().map(|&z| kept(spec, z)), spec.format.bits() as usize));
    }
    words
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::{Rounding, ScaleRule, dequantize, heavy_tailed, quantize};

    fn spec(format: Format, symmetry: Symmetry, group: u32, scale_storage: ScaleStorage) -> QuantSpec {
        let (granularity, rounding) = (Granularity::Group(group), Rounding::Nearest);
        QuantSpec { format, symmetry, granularity, rounding, scale_rule: ScaleRule::AbsMax, scale_storage }
    }

    fn specs() -> Vec<QuantSpec> {
        let mut all = Vec::new();
        for group in [32, 64, 128] {
            for format in [Format::Int(8), Format::Int(4)] {
                for symmetry in [Symmetry::Symmetric, Symmetry::FullRange, Symmetry::Asymmetric] {
                    all.push(spec(format, symmetry, group, ScaleStorage::F32));
                    all.push(spec(format, symmetry, group, ScaleStorage::F16));
                }
            }
            all.push(spec(Format::Nf4, Symmetry::Symmetric, group, ScaleStorage::F32));
            all.push(spec(Format::Nf4, Symmetry::Symmetric, group, ScaleStorage::Double));
        }
        all
    }

    #[test]
    fn what_is_packed_comes_back() {
        for spec in specs() {
            for (rows, cols) in [(1, 1), (3, 31), (5, 32), (2, 33), (7, 129), (300, 64)] {
                let w = heavy_tailed(rows, cols, 5);
                let unrounded = quantize(&w, rows, cols, &QuantSpec { scale_storage: ScaleStorage::F32, ..spec });
                let packed = PackedWeight::new(&unrounded, spec.scale_storage);
                assert_eq!((packed.row_words, packed.scales.len()), packed_words(&spec, rows, cols), "{spec:?}");
                assert_eq!(packed.to_quantized(), quantize(&w, rows, cols, &spec), "{spec:?} [{rows}, {cols}]");
            }
        }
    }

    #[test]
    fn codes_lie_where_the_kernels_look_for_them() {
        // Weights that are their own codes: steps of 1.
        let w: Vec<f32> = [-7, 1, -2, 3, -4, 5, -6, 7].map(|v| v as f32).repeat(4);
        let q = quantize(&w, 1, 32, &spec(Format::Int(4), Symmetry::Symmetric, 32, ScaleStorage::F32));
        let packed = PackedWeight::new(&q, ScaleStorage::F16);
        // Low halves hold -7, 1, -2, 3 plus 8, high halves -4, 5, -6, 7 plus 8.
        assert_eq!(packed.codes, [0xFB_26_D9_41; 4]);
        assert_eq!(packed.scales, [u32::from(f16::ONE.to_bits())]);
        let w: Vec<f32> = [127, -127, 1, -2].map(|v| v as f32).repeat(8);
        let q = quantize(&w, 1, 32, &spec(Format::Int(8), Symmetry::Symmetric, 32, ScaleStorage::F32));
        let packed = PackedWeight::new(&q, ScaleStorage::F32);
        assert_eq!(packed.codes, [u32::from_le_bytes([127, 0x81, 1, 0xFE]); 8]);
        assert_eq!(packed.scales, [1f32.to_bits()]);
    }

    #[test]
    fn padding_means_zero() {
        for spec in specs() {
            let (rows, cols) = (3, 37);
            let w: Vec<f32> = heavy_tailed(rows, cols, 6).iter().map(|w| w + 0.1).collect();
            let q = quantize(&w, rows, cols, &QuantSpec { scale_storage: ScaleStorage::F32, ..spec });
            let packed = PackedWeight::new(&q, spec.scale_storage);
            let whole = PackedWeight { cols: 64, ..packed.clone() };
            let groups = Groups::new(spec.granularity, rows, 64);
            // Only where the padded row has as many groups can it be read as a row of 64.
            if groups.count() == q.groups.count() {
                let back = dequantize(&whole.to_quantized());
                assert!(back.chunks(64).all(|row| row[cols..].iter().all(|&w| w == 0.0)), "{spec:?}");
            }
        }
    }

    #[test]
    fn sizes_are_the_published_ones_where_nothing_is_padded() {
        let (rows, cols) = (256, 256);
        let w = heavy_tailed(rows, cols, 7);
        for spec in specs() {
            let q = quantize(&w, rows, cols, &QuantSpec { scale_storage: ScaleStorage::F32, ..spec });
            let packed = PackedWeight::new(&q, spec.scale_storage);
            // NF4's levels and map are tables that any number of weights could share.
            let tables = match spec.scale_storage {
                ScaleStorage::Double => 16 + 256,
                _ if spec.format == Format::Nf4 => 16,
                _ => 0,
            };
            assert_eq!(packed.size_bytes(), spec.size_bytes(rows, cols) + 4 * tables, "{spec:?}");
        }
    }
}
