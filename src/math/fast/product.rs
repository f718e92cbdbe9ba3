//! Tiles of dot products: a few rows of `W` are decoded, a stretch at a time, and multiplied with every row of `X`.

use std::ops::Range;

use super::decode::Tables;
use super::lanes::{LANES, Lanes};
use super::weights::{Kept, Storage, Weights};

/// Inputs decoded at once: four rows of them are 16 KiB, half of a first-level cache. A multiple of every group size.
pub(super) const STRETCH: usize = 1024;
/// Rows of `W` in a tile.
const TILE_N: usize = 4;
/// Rows of `X` in a tile: with [`TILE_N`] eight sums, which leaves half of sixteen registers for the operands.
const TILE_M: usize = 2;

/// The steps of the CPU tier's ladder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Version {
    /// One product after the other, as it is written on paper.
    Naive,
    /// Several sums at once, which become SIMD.
    Lanes,
    /// Several rows of both matrices at once, so that each number that is loaded is used more than once.
    Tiles,
}

impl Version {
    /// All of them, slowest first.
    pub const ALL: [Version; 3] = [Version::Naive, Version::Lanes, Version::Tiles];

    /// The name in tables.
    pub fn name(self) -> &'static str {
        match self {
            Version::Naive => "cpu_v1",
            Version::Lanes => "cpu_lanes",
            Version::Tiles => "cpu_tiles",
        }
    }
}

/// `X` as a product wants it: as it is, or quantized to INT8 a group at a time.
pub struct Activations<'a> {
    x: &'a [f32],
    /// `M`
    pub rows: usize,
    codes: Vec<i16>,
    scales: Vec<f32>,
}

impl<'a> Activations<'a> {
    /// Quantizes `X` if the storage of `w` wants integers: `scale = max|x| / 127`, `code = round(x / scale)`.
    ///
    /// # Shapes
    /// `x [M, K]`
    pub fn new(x: &'a [f32], w: &Weights) -> Activations<'a> {
        let mut out = Activations { x, rows: x.len() / w.cols.max(1), codes: Vec::new(), scales: Vec::new() };
        if let Storage::W8a8 { .. } = w.storage {
            out.codes.reserve_exact(x.len());
            for row in x.chunks_exact(w.cols) {
                for group in row.chunks(w.group) {
                    let scale = super::super::scale::max_magnitude(group) / 127.0;
                    let inverse = if scale >= f32::MIN_POSITIVE { 1.0 / scale } else { 0.0 };
                    out.scales.push(scale);
                    out.codes.extend(group.iter().map(|x| super::super::codec::round(x * inverse) as i16));
                }
            }
        }
        out
    }

    /// A row as the product sees it: quantized and back where the activations are quantized.
    ///
    /// # Shapes
    /// `[K]`
    pub fn row(&self, m: usize, w: &Weights) -> Vec<f64> {
        let row = m * w.cols..(m + 1) * w.cols;
        if self.codes.is_empty() {
            return self.x[row].iter().map(|&x| f64::from(x)).collect();
        }
        let groups = w.groups_per_row();
        let scale = |k: usize| f64::from(self.scales[m * groups + k / w.group]);
        self.codes[row].iter().enumerate().map(|(k, &c)| f64::from(c) * scale(k)).collect()
    }
}

/// Multiplies with some rows of `W`: `y[m, n] = sum_k x[m, k] w[n, k]` for `n` in `rows`.
///
/// # Shapes
/// `x [M, K]`, `w [N, K]`, `y [M, N]`
pub fn product_rows(x: &Activations<'_>, w: &Weights, rows: Range<usize>, version: Version, y: &mut [f32]) {
    if let Storage::W8a8 { .. } = w.storage {
        return integers(x, w, rows, version, y);
    }
    let tables = Tables::new();
    let tile_n = if version == Version::Tiles { TILE_N } else { 1 };
    let mut panel = if matches!(w.kept, Kept::F32(_)) { Vec::new() } else { vec![0f32; tile_n * STRETCH] };
    for first in rows.clone().step_by(tile_n) {
        let count = tile_n.min(rows.end - first);
        for from in (0..w.cols).step_by(STRETCH) {
            let length = STRETCH.min(w.cols - from);
            let (panel, pitch) = if let Kept::F32(values) = &w.kept {
                // Nothing to decode: for one row of `X` a copy would cost as much as the product.
                (&values[first * w.cols + from..], w.cols)
            } else {
                for (j, row) in panel.chunks_exact_mut(STRETCH).take(count).enumerate() {
                    w.decode(first + j, from, &mut row[..length], &tables);
                }
                (&panel[..], STRETCH)
            };
            let stretch = Stretch { panel, pitch, from, length, first, count };
            stretch.multiply(x, w, version, y);
        }
    }
}

/// Decoded stretches of `count` rows of `W`, from row `first` and input `from` on.
struct Stretch<'a> {
    panel: &'a [f32],
    /// From one row to the next.
    pitch: usize,
    from: usize,
    length: usize,
    first: usize,
    count: usize,
}

impl Stretch<'_> {
    fn multiply(&self, x: &Activations<'_>, w: &Weights, version: Version, y: &mut [f32]) {
        let row_of_x = |m: usize| &x.x[m * w.cols + self.from..][..self.length];
        let row_of_w = |j: usize| &self.panel[j * self.pitch..][..self.length];
        let mut put_one = |m: usize, j: usize, sum: f32| {
            let place = &mut y[m * w.rows + self.first + j];
            *place = if self.from == 0 { sum } else { *place + sum };
        };
        if version == Version::Naive {
            for m in 0..x.rows {
                put_one(m, 0, row_of_x(m).iter().zip(row_of_w(0)).fold(0.0, |sum, (x, w)| sum + x * w));
            }
            return;
        }
        let mut m = 0;
        if self.count == TILE_N {
            let mut put = |m: usize, sums: [f32; TILE_N]| {
                if let Some(places) = y[m * w.rows + self.first..].first_chunk_mut::<TILE_N>() {
                    let before = if self.from == 0 { Lanes::splat(0.0) } else { Lanes::load(places) };
                    before.plus(Lanes::load(&sums)).store(places);
                }
            };
            let wide: [&[f32]; TILE_N] = std::array::from_fn(row_of_w);
            while m + TILE_M <= x.rows {
                let [first, second] = tile_of_two([row_of_x(m), row_of_x(m + 1)], wide);
                put(m, first);
                put(m + 1, second);
                m += TILE_M;
            }
            if m < x.rows {
                put(m, tile_of_one(row_of_x(m), wide));
            }
            return;
        }
        while m < x.rows {
            for j in 0..self.count {
                put_one(m, j, dot(row_of_x(m), row_of_w(j)));
            }
            m += 1;
        }
    }
}

/// The dot products of two rows with four. Written out, so that all eight sums stay in registers however little the
/// compiler is asked to do.
#[inline(always)]
fn tile_of_two(x: [&[f32]; 2], w: [&[f32]; TILE_N]) -> [[f32; TILE_N]; 2] {
    let ([x0, x1], [w0, w1, w2, w3]) = (x.map(blocks), w.map(blocks));
    let zero = Lanes::splat(0.0);
    let (mut a0, mut a1, mut a2, mut a3) = (zero, zero, zero, zero);
    let (mut b0, mut b1, mut b2, mut b3) = (zero, zero, zero, zero);
    let both = x0.iter().zip(x1);
    for ((x0, x1), (((w0, w1), w2), w3)) in both.zip(w0.iter().zip(w1).zip(w2).zip(w3)) {
        let [x0, x1] = [Lanes::load(x0), Lanes::load(x1)];
        let (w0, w1, w2, w3) = (Lanes::load(w0), Lanes::load(w1), Lanes::load(w2), Lanes::load(w3));
        (a0, b0) = (a0.plus(x0.times(w0)), b0.plus(x1.times(w0)));
        (a1, b1) = (a1.plus(x0.times(w1)), b1.plus(x1.times(w1)));
        (a2, b2) = (a2.plus(x0.times(w2)), b2.plus(x1.times(w2)));
        (a3, b3) = (a3.plus(x0.times(w3)), b3.plus(x1.times(w3)));
    }
    let end = |x: &[f32], w: &[f32], sum: Lanes| sum.sum() + rest(x, w);
    let [x0, x1] = x;
    let [w0, w1, w2, w3] = w;
    [
        [end(x0, w0, a0), end(x0, w1, a1), end(x0, w2, a2), end(x0, w3, a3)],
        [end(x1, w0, b0), end(x1, w1, b1), end(x1, w2, b2), end(x1, w3, b3)],
    ]
}

/// The dot products of one row with four, each summed as in [`tile_of_two`].
#[inline(always)]
fn tile_of_one(x: &[f32], w: [&[f32]; TILE_N]) -> [f32; TILE_N] {
    let [w0, w1, w2, w3] = w.map(blocks);
    let zero = Lanes::splat(0.0);
    let (mut a0, mut a1, mut a2, mut a3) = (zero, zero, zero, zero);
    for (x, (((w0, w1), w2), w3)) in blocks(x).iter().zip(w0.iter().zip(w1).zip(w2).zip(w3)) {
        let x = Lanes::load(x);
        a0 = a0.plus(x.times(Lanes::load(w0)));
        a1 = a1.plus(x.times(Lanes::load(w1)));
        a2 = a2.plus(x.times(Lanes::load(w2)));
        a3 = a3.plus(x.times(Lanes::load(w3)));
    }
    let [w0, w1, w2, w3] = w;
    [a0.sum() + rest(x, w0), a1.sum() + rest(x, w1), a2.sum() + rest(x, w2), a3.sum() + rest(x, w3)]
}

/// The dot product of two rows, summed as in [`tile_of_two`].
pub(super) fn dot(x: &[f32], w: &[f32]) -> f32 {
    let pairs = blocks(x).iter().zip(blocks(w));
    let sum = pairs.fold(Lanes::splat(0.0), |sum, (x, w)| sum.plus(Lanes::load(x).times(Lanes::load(w))));
    sum.sum() + rest(x, w)
}

#[inline(always)]
fn blocks(row: &[f32]) -> &[[f32; LANES]] {
    row.as_chunks::<LANES>().0
}

/// What is left of a dot product behind the last whole block.
#[inline(always)]
fn rest(x: &[f32], w: &[f32]) -> f32 {
    let from = x.len() / LANES * LANES;
    if from == x.len() {
        return 0.0;
    }
    x[from..].iter().zip(&w[from..]).fold(0.0, |sum, (x, w)| sum + x * w)
}

/// W8A8: integer sums within a group, which are exact, then the two scales.
fn integers(x: &Activations<'_>, w: &Weights, rows: Range<usize>, version: Version, y: &mut [f32]) {
    let (tables, groups) = (Tables::new(), w.groups_per_row());
    let mut row = vec![0i16; w.cols];
    for n in rows {
        w.decode_integers(n, &mut row);
        let scales: Vec<f32> = (0..groups).map(|g| w.scale(n, g, &tables)).collect();
        for m in 0..x.rows {
            let codes = &x.codes[m * w.cols..(m + 1) * w.cols];
            let x_scales = &x.scales[m * groups..(m + 1) * groups];
            let mut sum = 0f32;
            for (g, (a, b)) in codes.chunks(w.group).zip(row.chunks(w.group)).enumerate() {
                let dot = if version == Version::Naive { dot_in_order(a, b) } else { dot_in_lanes(a, b) };
                sum += dot as f32 * (scales[g] * x_scales[g]);
            }
            y[m * w.rows + n] = sum;
        }
    }
}

fn dot_in_order(a: &[i16], b: &[i16]) -> i32 {
    let mut sum = 0;
    for (a, b) in a.iter().zip(b) {
        // Kept from becoming SIMD: this is the version that a person writes first.
        sum = std::hint::black_box(sum + i32::from(*a) * i32::from(*b));
    }
    sum
}

#[inline(always)]
fn dot_in_lanes(a: &[i16], b: &[i16]) -> i32 {
    a.iter().zip(b).map(|(a, b)| i32::from(*a) * i32::from(*b)).sum()
}

/// Adds a low-rank product: `y += s (x A^T) B^T`.
///
/// # Shapes
/// `x [M, K]`, `a [R, K]`, `b [N, R]`, `y [M, N]`
pub fn add_low_rank(x: &[f32], (a, b): (&[f32], &[f32]), rank: usize, scale: f32, y: &mut [f32]) {
    if rank == 0 {
        return;
    }
    let (cols, rows) = (a.len() / rank, b.len() / rank);
    for (x, y) in x.chunks_exact(cols).zip(y.chunks_exact_mut(rows)) {
        let z: Vec<f32> = a.chunks_exact(cols).map(|a| scale * dot(x, a)).collect();
        for (y, b) in y.iter_mut().zip(b.chunks_exact(rank)) {
            *y += dot(&z, b);
        }
    }
}
