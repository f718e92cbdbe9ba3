//! `W [N, K]` as the CPU tier keeps it, filled a block of rows at a time so that the f32 original need not exist at once.

use super::super::{
    Codes, DoubleScales, Format, Granularity, QuantSpec, Quantized, Rounding, ScaleRule, ScaleStorage, Symmetry,
    quantize,
};
use super::decode::Tables;
use super::product::STRETCH;

/// INT4 and NF4 codes lie in blocks of this many: byte `b` of 16 holds code `b` in its low and `b + 16` in its high half.
pub(super) const NIBBLES: usize = 32;

/// How weights are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Storage {
    F32,
    F16,
    /// Scale (and zero point) for every `group` weights of a row, weights dequantized while multiplying.
    Int8 {
        group: u32,
        asymmetric: bool,
    },
    /// As `Int8`, multiplied as integers with activations quantized in the same groups.
    W8a8 {
        group: u32,
    },
    Int4 {
        group: u32,
        asymmetric: bool,
    },
    /// `double`: scales in 8 bits.
    Nf4 {
        group: u32,
        double: bool,
    },
}

impl Storage {
    /// What the quantizer is told; `None` for formats without scales.
    pub fn spec(self) -> Option<QuantSpec> {
        let (format, symmetry, group, scale_storage) = match self {
            Storage::F32 | Storage::F16 => return None,
            Storage::Int8 { group, asymmetric } => (Format::Int(8), symmetry(asymmetric), group, ScaleStorage::F32),
            Storage::W8a8 { group } => (Format::Int(8), Symmetry::Symmetric, group, ScaleStorage::F32),
            Storage::Int4 { group, asymmetric } => (Format::Int(4), symmetry(asymmetric), group, ScaleStorage::F32),
            Storage::Nf4 { group, double } => {
                let scales = if double { ScaleStorage::Double } else { ScaleStorage::F32 };
                (Format::Nf4, Symmetry::Symmetric, group, scales)
            }
        };
        Some(QuantSpec {
            format,
            symmetry,
            granularity: Granularity::Group(group),
            rounding: Rounding::Nearest,
            scale_rule: ScaleRule::AbsMax,
            scale_storage,
        })
    }
}

fn symmetry(asymmetric: bool) -> Symmetry {
    if asymmetric { Symmetry::Asymmetric } else { Symmetry::Symmetric }
}

/// The numbers of the weights.
#[derive(Clone, Debug)]
pub(super) enum Kept {
    F32(Vec<f32>),
    F16(Vec<u16>),
    /// One byte a code.
    Bytes(Vec<u8>),
    /// Two codes a byte, rows padded to whole blocks of [`NIBBLES`].
    Nibbles(Vec<u8>),
}

/// The scales of the groups.
#[derive(Clone, Debug)]
pub(super) enum Scales {
    F32(Vec<f32>),
    Double(DoubleScales),
}

impl Scales {
    #[inline(always)]
    pub fn get(&self, group: usize, map: &[f32; 256]) -> f32 {
        match self {
            Scales::F32(scales) => scales[group],
            Scales::Double(d) => map[usize::from(d.codes[group])] * d.absmax[group / 256] + d.mean,
        }
    }
}

/// A weight matrix.
#[derive(Clone, Debug)]
pub struct Weights {
    /// `N`
    pub rows: usize,
    /// `K`
    pub cols: usize,
    pub storage: Storage,
    pub(super) kept: Kept,
    pub(super) scales: Scales,
    /// One a group where zero moves, otherwise empty.
    pub(super) zeros: Vec<u8>,
    /// Weights that share a scale; at most `K`.
    pub(super) group: usize,
}

impl Weights {
    /// An empty matrix with the memory for all of it; `None` if there is not that much.
    ///
    /// # Shapes
    /// `[N, K]`, filled by [`Weights::push`]
    pub fn reserve(rows: usize, cols: usize, storage: Storage) -> Option<Weights> {
        fn room<T>(count: usize) -> Option<Vec<T>> {
            let mut out = Vec::new();
            out.try_reserve_exact(count).ok()?;
            Some(out)
        }
        let kept = match storage {
            Storage::F32 => Kept::F32(room(rows * cols)?),
            Storage::F16 => Kept::F16(room(rows * cols)?),
            Storage::Int8 { .. } | Storage::W8a8 { .. } => Kept::Bytes(room(rows * cols)?),
            Storage::Int4 { .. } | Storage::Nf4 { .. } => {
                Kept::Nibbles(room(rows * cols.next_multiple_of(NIBBLES) / 2)?)
            }
        };
        let group = match storage.spec().map(|s| s.granularity) {
            Some(Granularity::Group(size)) => (size as usize).min(cols.max(1)),
            _ => cols.max(1),
        };
        Some(Weights { rows, cols, storage, kept, scales: Scales::F32(Vec::new()), zeros: Vec::new(), group })
    }

    /// Appends whole rows, quantized as the storage says.
    ///
    /// # Shapes
    /// `w [n * K]`
    pub fn push(&mut self, w: &[f32]) {
        let rows = w.len() / self.cols;
        let Some(spec) = self.storage.spec() else {
            match &mut self.kept {
                Kept::F32(kept) => kept.extend_from_slice(w),
                Kept::F16(kept) => {
                    let half = QuantSpec { format: Format::Fp16, ..F16 };
                    if let Codes::Half(codes) = quantize(w, rows, self.cols, &half).codes {
                        kept.extend_from_slice(&codes);
                    }
                }
                Kept::Bytes(_) | Kept::Nibbles(_) => {}
            }
            return;
        };
        // Double quantization wants all scales at once: `finish` does it.
        let first = QuantSpec { scale_storage: ScaleStorage::F32, ..spec };
        self.push_quantized(&quantize(w, rows, self.cols, &first));
    }

    fn push_quantized(&mut self, q: &Quantized) {
        match (&mut self.kept, &q.codes) {
            (Kept::Bytes(kept), Codes::Narrow(codes)) => kept.extend_from_slice(codes),
            (Kept::Nibbles(kept), Codes::Narrow(codes)) => {
                codes.chunks_exact(self.cols).for_each(|row| pack_nibbles(row, kept));
            }
            (Kept::F16(kept), Codes::Half(codes)) => kept.extend_from_slice(codes),
            (Kept::F32(kept), Codes::Full(w)) => kept.extend_from_slice(w),
            _ => {}
        }
        if let Scales::F32(kept) = &mut self.scales {
            kept.extend_from_slice(&q.scales);
        }
        self.zeros.extend_from_slice(&q.zeros);
    }

    /// A matrix that is quantized already: FP32, FP16, or INT8, INT4 or NF4 in groups along rows with f32 scales. `None`
    /// for anything else, or if there is not enough memory.
    ///
    /// # Shapes
    /// codes `[N, K]`
    pub fn of_quantized(q: &Quantized) -> Option<Weights> {
        let asymmetric = q.spec.symmetry == Symmetry::Asymmetric;
        let is_symmetric = q.spec.symmetry == Symmetry::Symmetric;
        let storage = match (q.spec.format, q.spec.granularity) {
            (Format::Fp32, _) => Storage::F32,
            (Format::Fp16, _) => Storage::F16,
            _ if q.spec.scale_storage != ScaleStorage::F32 || !(asymmetric || is_symmetric) => return None,
            (Format::Int(8), Granularity::Group(group)) => Storage::Int8 { group, asymmetric },
            (Format::Int(4), Granularity::Group(group)) => Storage::Int4 { group, asymmetric },
            (Format::Nf4, Granularity::Group(group)) => Storage::Nf4 { group, double: false },
            _ => return None,
        };
        let mut out = Weights::reserve(q.rows, q.cols, storage)?;
        out.push_quantized(q);
        Some(out)
    }

    /// Ends the filling.
    pub fn finish(&mut self) {
        if let (Storage::Nf4 { double: true, .. }, Scales::F32(scales)) = (self.storage, &self.scales) {
            self.scales = Scales::Double(DoubleScales::from_scales(scales));
        }
    }

    /// A whole matrix at once.
    ///
    /// # Shapes
    /// `w [N * K]`
    pub fn pack(w: &[f32], rows: usize, cols: usize, storage: Storage) -> Option<Weights> {
        let mut out = Weights::reserve(rows, cols, storage)?;
        out.push(w);
        out.finish();
        Some(out)
    }

    /// Scale groups of one row.
    pub(super) fn groups_per_row(&self) -> usize {
        self.cols.div_ceil(self.group)
    }

    /// All weights as f32, row-major.
    ///
    /// # Shapes
    /// `[N * K]`
    pub fn dense(&self) -> Vec<f32> {
        let tables = Tables::new();
        let mut out = vec![0f32; self.rows * self.cols];
        for (row, out) in out.chunks_exact_mut(self.cols).enumerate() {
            out.chunks_mut(STRETCH).enumerate().for_each(|(i, out)| self.decode(row, i * STRETCH, out, &tables));
        }
        out
    }

    /// What was allocated for codes, scales and zero points.
    pub fn size_bytes(&self) -> u64 {
        let kept = match &self.kept {
            Kept::F32(v) => 4 * v.len(),
            Kept::F16(v) => 2 * v.len(),
            Kept::Bytes(v) | Kept::Nibbles(v) => v.len(),
        };
        let scales = match &self.scales {
            Scales::F32(v) => 4 * v.len(),
            Scales::Double(d) => d.codes.len() + 4 * d.absmax.len() + 4,
        };
        (kept + scales + self.zeros.len()) as u64
    }
}

/// FP16 needs no scales; the other fields do not matter.
const F16: QuantSpec = QuantSpec {
    format: Format::Fp16,
    symmetry: Symmetry::Symmetric,
    granularity: Granularity::Row,
    rounding: Rounding::Nearest,
    scale_rule: ScaleRule::AbsMax,
    scale_storage: ScaleStorage::F32,
};

fn pack_nibbles(row: &[u8], out: &mut Vec<u8>) {
    for block in row.chunks(NIBBLES) {
        for b in 0..NIBBLES / 2 {
            let code = |k: usize| block.get(k).copied().unwrap_or(0);
            out.push(code(b) | (code(b + NIBBLES / 2) << 4));
        }
    }
}
