//! A stretch of a weight row back to numbers. Stretches begin at multiples of the scale groups and of the nibble blocks.

use super::super::quantize::half_value;
use super::super::{NF4_LEVELS, dynamic_map};
use super::lanes::{LANES, Lanes};
use super::weights::{Kept, NIBBLES, Storage, Weights};

/// Added to a symmetric INT8 code to get the integer.
const INT8_LOW: i32 = -127;
/// Added to a symmetric INT4 code to get the integer.
const INT4_LOW: i32 = -7;

/// The low half of every byte of a word.
const LOW_HALVES: u32 = 0x0F0F_0F0F;

/// What decoding needs besides the weights: two levels for every byte of NF4, so that one look-up serves two weights.
pub(super) struct Tables {
    nf4: [[f32; 2]; 256],
    map: &'static [f32; 256],
}

impl Tables {
    pub fn new() -> Tables {
        let nf4 = std::array::from_fn(|byte| [NF4_LEVELS[byte & 15], NF4_LEVELS[byte >> 4]]);
        Tables { nf4, map: dynamic_map() }
    }
}

/// `scale (code + offset)`; sums of codes and offsets are exact in f32.
#[inline(always)]
fn write_integers(out: &mut [f32], codes: &[u8], scale: f32, offset: i32) {
    let ((blocks, rest), (code_blocks, code_rest)) = (out.as_chunks_mut(), codes.as_chunks());
    let (scales, offsets) = (Lanes::splat(scale), Lanes::splat(offset as f32));
    for (out, codes) in blocks.iter_mut().zip(code_blocks) {
        Lanes::bytes(u32::from_le_bytes(*codes)).plus(offsets).times(scales).store(out);
    }
    for (out, &code) in rest.iter_mut().zip(code_rest) {
        *out = scale * (i32::from(code) + offset) as f32;
    }
}

impl Weights {
    /// Writes weights `from .. from + out.len()` of row `n`.
    #[inline]
    pub(super) fn decode(&self, n: usize, from: usize, out: &mut [f32], tables: &Tables) {
        let at = n * self.cols + from;
        match &self.kept {
            Kept::F32(w) => out.copy_from_slice(&w[at..at + out.len()]),
            Kept::F16(w) => {
                let codes = &w[at..at + out.len()];
                let ((blocks, rest), (code_blocks, code_rest)) = (out.as_chunks_mut(), codes.as_chunks());
                blocks.iter_mut().zip(code_blocks).for_each(|(out, codes)| Lanes::halves(codes).store(out));
                rest.iter_mut().zip(code_rest).for_each(|(out, &code)| *out = half_value(code));
            }
            Kept::Bytes(codes) => {
                for (g, out) in out.chunks_mut(self.group).enumerate() {
                    let (scale, offset) = self.scale_and_offset(n, from / self.group + g, INT8_LOW, tables);
                    let begin = at + g * self.group;
                    write_integers(out, &codes[begin..begin + out.len()], scale, offset);
                }
            }
            Kept::Nibbles(bytes) => self.decode_nibbles(bytes, n, from, out, tables),
        }
    }

    fn decode_nibbles(&self, bytes: &[u8], n: usize, from: usize, out: &mut [f32], tables: &Tables) {
        let row = n * self.cols.next_multiple_of(NIBBLES) / 2;
        // Groups shorter than a block exist only where a whole row is one.
        let blocks_per_group = self.group.div_ceil(NIBBLES);
        for (b, out) in out.chunks_mut(NIBBLES).enumerate() {
            let block = from / NIBBLES + b;
            let (scale, offset) = self.scale_and_offset(n, block / blocks_per_group, INT4_LOW, tables);
            let begin = row + block * (NIBBLES / 2);
            let codes = &bytes[begin..begin + NIBBLES / 2];
            let mut whole = [0f32; NIBBLES];
            let (low, high) = whole.split_at_mut(NIBBLES / 2);
            if let Storage::Nf4 { .. } = self.storage {
                for ((low, high), &byte) in low.iter_mut().zip(high).zip(codes) {
                    let pair = tables.nf4[usize::from(byte)];
                    (*low, *high) = (scale * pair[0], scale * pair[1]);
                }
            } else {
                let halves = low.as_chunks_mut().0.iter_mut().zip(high.as_chunks_mut().0);
                let (scale, offset) = (Lanes::splat(scale), Lanes::splat(offset as f32));
                for ((low, high), bytes) in halves.zip(codes.as_chunks::<LANES>().0) {
                    let word = u32::from_le_bytes(*bytes);
                    Lanes::bytes(word & LOW_HALVES).plus(offset).times(scale).store(low);
                    Lanes::bytes(word >> 4 & LOW_HALVES).plus(offset).times(scale).store(high);
                }
            }
            out.copy_from_slice(&whole[..out.len()]);
        }
    }

    /// Writes the integers of a symmetric INT8 row.
    pub(super) fn decode_integers(&self, n: usize, out: &mut [i16]) {
        if let Kept::Bytes(codes) = &self.kept {
            for (out, &code) in out.iter_mut().zip(&codes[n * self.cols..]) {
                *out = i16::from(code) + INT8_LOW as i16;
            }
        }
    }

    #[inline(always)]
    fn scale_and_offset(&self, n: usize, group: usize, low: i32, tables: &Tables) -> (f32, i32) {
        let group = n * self.groups_per_row() + group;
        (self.scales.get(group, tables.map), self.zeros.get(group).map_or(low, |&zero| -i32::from(zero)))
    }

    /// The scale of a group of a row.
    #[inline(always)]
    pub(super) fn scale(&self, n: usize, group: usize, tables: &Tables) -> f32 {
        self.scales.get(n * self.groups_per_row() + group, tables.map)
    }

    /// The weights of one row as every product sees them.
    ///
    /// # Shapes
    /// `[K]`
    pub fn row(&self, n: usize) -> Vec<f32> {
        let mut out = vec![0.0; self.cols];
        self.decode(n, 0, &mut out, &Tables::new());
        out
    }
}
