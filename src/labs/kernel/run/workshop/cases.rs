//! What a puzzle is given and what it must give, from references in f64.
//!
//! Dimension legend: `M` rows of `X`, `K` inputs, `N` outputs, `R` LoRA rank.

use crate::labs::kernel::Puzzle;
use crate::math::Generator;

/// The same data for everyone.
const SEED: u32 = 20_261_125;
/// Half a unit in the last place of 1 in f32.
const U: f64 = 1.0 / (1u64 << 24) as f64;

/// One value that is expected, and how far off it may be.
pub(super) struct Expected {
    pub(super) value: f64,
    pub(super) allowed: f64,
}

/// One shape.
pub(super) struct Case {
    pub(super) shape: String,
    pub(super) is_odd: bool,
    pub(super) params: Vec<u32>,
    /// The buffers of bindings 1, 2 ...; the output follows them.
    pub(super) inputs: Vec<Vec<u32>>,
    pub(super) expected: Vec<Expected>,
    /// The output holds signed integers instead of f32.
    pub(super) integers: bool,
    pub(super) groups: [u32; 3],
}

fn bits(values: &[f32]) -> Vec<u32> {
    values.iter().map(|v| v.to_bits()).collect()
}

/// The cases of a puzzle: regular shapes first, then shapes that fit nothing.
pub(super) fn of(puzzle: Puzzle) -> Vec<Case> {
    let mut random = Generator::new(SEED);
    let random = &mut random;
    match puzzle {
        Puzzle::DequantizeInt8 => {
            [(4, 32, 16), (1, 1, 32), (3, 37, 8), (5, 70, 32)].map(|s| dequantize(random, s)).into()
        }
        Puzzle::UnpackInt4 => [64, 1, 7, 1021].map(|count| unpack(random, count)).into(),
        Puzzle::TiledMatmul => [(16, 32, 16), (1, 1, 1), (5, 17, 33), (17, 31, 15)].map(|s| tiled(random, s)).into(),
        Puzzle::LoraForward => {
            [(4, 32, 64, 8), (1, 1, 1, 1), (3, 17, 65, 5), (2, 33, 130, 16)].map(|s| lora(random, s)).into()
        }
    }
}

/// A case that is large enough to be timed on a device, and small enough for its reference to be waited for.
pub(super) fn timed(puzzle: Puzzle) -> Case {
    let random = &mut Generator::new(SEED + 1);
    match puzzle {
        Puzzle::DequantizeInt8 => dequantize(random, (512, 1024, 32)),
        Puzzle::UnpackInt4 => unpack(random, 1 << 19),
        Puzzle::TiledMatmul => tiled(random, (129, 257, 131)),
        Puzzle::LoraForward => lora(random, (33, 257, 131, 8)),
    }
}

fn normals(random: &mut Generator, count: usize) -> Vec<f32> {
    (0..count).map(|_| random.normal() as f32).collect()
}

/// A code from -`most` to `most`.
fn code(random: &mut Generator, most: f64) -> i32 {
    (random.normal() * most / 2.0).clamp(-most, most).round() as i32
}

fn dequantize(random: &mut Generator, (rows, cols, group): (usize, usize, usize)) -> Case {
    let (words, groups) = (cols.div_ceil(4), cols.div_ceil(group));
    let scales: Vec<f32> = normals(random, rows * groups).iter().map(|s| s.abs() + 0.01).collect();
    let codes: Vec<i32> = (0..rows * cols).map(|_| code(random, 127.0)).collect();
    let mut packed = vec![0u32; rows * words];
    for (at, code) in codes.iter().enumerate() {
        let (row, col) = (at / cols, at % cols);
        packed[row * words + col / 4] |= u32::from(*code as i8 as u8) << (8 * (col % 4));
    }
    let expected = codes.iter().enumerate().map(|(at, code)| {
        let value = f64::from(scales[at / cols * groups + at % cols / group]) * f64::from(*code);
        // One product, rounded once; twice that for whoever rounds on the way.
        Expected { value, allowed: 2.0 * U * value.abs() }
    });
    Case {
        shape: format!("{rows} × {cols}, {group}"),
        is_odd: cols % 4 != 0,
        params: vec![rows as u32, cols as u32, group as u32],
        expected: expected.collect(),
        inputs: vec![packed, bits(&scales)],
        integers: false,
        groups: [(rows * words).div_ceil(64) as u32, 1, 1],
    }
}

fn unpack(random: &mut Generator, count: usize) -> Case {
    let codes: Vec<i32> = (0..count).map(|_| code(random, 7.0) - i32::from(random.normal() > 1.5)).collect();
    let mut words = vec![0x8888_8888u32; count.div_ceil(8)];
    for (at, code) in codes.iter().enumerate() {
        let shift = 8 * (at % 4) + if at % 8 >= 4 { 4 } else { 0 };
        let word = &mut words[at / 8];
        *word = (*word & !(15 << shift)) | (((code + 8) as u32) << shift);
    }
    Case {
        shape: count.to_string(),
        is_odd: !count.is_multiple_of(8),
        params: vec![count as u32],
        expected: codes.iter().map(|c| Expected { value: f64::from(*c), allowed: 0.0 }).collect(),
        groups: [(words.len()).div_ceil(64) as u32, 1, 1],
        inputs: vec![words],
        integers: true,
    }
}

/// `sum x[row, i] w[col, i]`, and the sum of the magnitudes.
fn dot(x: &[f32], w: &[f32]) -> (f64, f64) {
    let products = x.iter().zip(w).map(|(x, w)| f64::from(*x) * f64::from(*w));
    products.fold((0.0, 0.0), |(sum, size), p| (sum + p, size + p.abs()))
}

fn tiled(random: &mut Generator, (m, k, n): (usize, usize, usize)) -> Case {
    let (x, w) = (normals(random, m * k), normals(random, n * k));
    let expected = (0..m * n).map(|at| {
        let (row, col) = (at / n, at % n);
        let (value, size) = dot(&x[row * k..][..k], &w[col * k..][..k]);
        // A sum of K products in any order.
        Expected { value, allowed: (k + 2) as f64 * U * size }
    });
    Case {
        shape: format!("{m} × {k} × {n}"),
        is_odd: m % 16 != 0,
        params: vec![m as u32, k as u32, n as u32],
        expected: expected.collect(),
        groups: [n.div_ceil(16) as u32, m.div_ceil(16) as u32, 1],
        inputs: vec![bits(&x), bits(&w)],
        integers: false,
    }
}

fn lora(random: &mut Generator, (m, k, n, r): (usize, usize, usize, usize)) -> Case {
    const SCALE: f32 = 0.5;
    let (x, w) = (normals(random, m * k), normals(random, n * k));
    let (a, b) = (normals(random, r * k), normals(random, n * r));
    let expected = (0..m * n).map(|at| {
        let (row, col) = (at / n, at % n);
        let x = &x[row * k..][..k];
        let (mut value, mut size) = dot(x, &w[col * k..][..k]);
        for j in 0..r {
            let (z, z_size) = dot(x, &a[j * k..][..k]);
            let factor = f64::from(SCALE) * f64::from(b[col * r + j]);
            value += z * factor;
            size += z_size * factor.abs();
        }
        // K products for z, R for the correction, K for the base, and the scale.
        Expected { value, allowed: (k + r + 4) as f64 * U * size }
    });
    Case {
        shape: format!("{m} × {k} × {n}, r {r}"),
        is_odd: n % 64 != 0,
        params: vec![m as u32, k as u32, n as u32, r as u32, SCALE.to_bits()],
        expected: expected.collect(),
        groups: [m as u32, 1, 1],
        inputs: vec![bits(&x), bits(&w), bits(&a), bits(&b)],
        integers: false,
    }
}
