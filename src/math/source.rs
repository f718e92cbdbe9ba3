//! Seeded matrices: what trained weights look like, with and without heavy tails and outlier channels.
//!
//! Weight `i` is a quantile function at the hash of `i`, read from a table with linear interpolation: about ten integer
//! and two float operations a weight instead of logarithms and cosines, the same on every platform, and independent of
//! all other weights. The table has 256 segments for every halving of the tail probability, down to `2^-33`; the
//! interpolation is within 1e-6 of the exact quantile (relative in the tails), which no plot or metric can see.

use std::f64::consts::PI;

use super::rng::hash_u32;

/// Standard deviation of the seeded weights, as in trained transformer layers.
pub const WEIGHT_STD: f64 = 0.05;
/// Keeps activations apart from the weights of the same seed.
const ACTIVATION_STREAM: u32 = 0x9E37_79B9;

/// Segments in each halving of the tail probability.
const SEGMENTS: usize = 256;
/// Halvings that 32 random bits can reach.
const HALVINGS: usize = 32;

/// Upper-tail quantiles of a symmetric distribution at `p = 2^-(1 + k) (1/2 + j / 512)`, each with the step to the next.
struct QuantileTable(Vec<[f32; 2]>);

impl QuantileTable {
    /// Tabulates `scale * quantile(p)`, `quantile` giving the value that is exceeded with probability `p`.
    fn new(scale: f64, quantile: impl Fn(f64) -> f64) -> QuantileTable {
        let mut entries = Vec::with_capacity(HALVINGS * SEGMENTS);
        for halving in 0..HALVINGS {
            let at =
                |j: usize| scale * quantile((0.5 + j as f64 / (2 * SEGMENTS) as f64) * 0.5f64.powi(1 + halving as i32));
            let mut here = at(0);
            for j in 0..SEGMENTS {
                let next = at(j + 1);
                entries.push([here as f32, (next - here) as f32]);
                here = next;
            }
        }
        QuantileTable(entries)
    }

    /// The value for 32 random bits: the lowest is the sign, the others, read as `bits / 2^33`, the tail probability.
    #[inline(always)]
    fn value(&self, bits: u32) -> f32 {
        let tail = bits | 1;
        let halving = tail.leading_zeros();
        let normalised = tail << halving;
        let segment = (normalised >> 23) as usize & (SEGMENTS - 1);
        let within = (normalised & 0x7F_FFFF) as f32 * (1.0 / 8_388_608.0);
        let [from, step] = self.0[(halving as usize & (HALVINGS - 1)) * SEGMENTS + segment];
        let magnitude = from + step * within;
        f32::from_bits(magnitude.to_bits() ^ ((bits & 1) << 31))
    }

    fn values(&self, len: usize, seed: u32) -> Vec<f32> {
        self.values_from(0, len, seed)
    }

    fn values_from(&self, first: usize, len: usize, seed: u32) -> Vec<f32> {
        (first..first + len).map(|i| self.value(hash_u32(seed, i as u32))).collect()
    }
}

/// Normal weights with standard deviation [`WEIGHT_STD`].
///
/// # Shapes
/// -> `[rows, cols]`
pub fn gaussian(rows: usize, cols: usize, seed: u32) -> Vec<f32> {
    QuantileTable::new(WEIGHT_STD, normal_upper_quantile).values(rows * cols, seed)
}

/// Rows `first ..` of what [`gaussian`] gives, so that a large matrix can be made a block at a time.
///
/// # Shapes
/// -> `[rows, cols]`
pub fn gaussian_rows(first: usize, rows: usize, cols: usize, seed: u32) -> Vec<f32> {
    QuantileTable::new(WEIGHT_STD, normal_upper_quantile).values_from(first * cols, rows * cols, seed)
}

/// Weights from Student's t with 3 degrees of freedom, scaled to the standard deviation [`WEIGHT_STD`].
///
/// # Shapes
/// -> `[rows, cols]`
pub fn heavy_tailed(rows: usize, cols: usize, seed: u32) -> Vec<f32> {
    // The variance of t with nu degrees of freedom is nu / (nu - 2).
    QuantileTable::new(WEIGHT_STD / 3f64.sqrt(), student3_upper_quantile).values(rows * cols, seed)
}

/// Standard normal activations.
pub fn activations(len: usize, seed: u32) -> Vec<f32> {
    QuantileTable::new(1.0, normal_upper_quantile).values(len, seed ^ ACTIVATION_STREAM)
}

/// `count` distinct columns, evenly spread: `(2k + 1) cols / (2 count)`.
pub fn outlier_columns(cols: usize, count: usize) -> Vec<usize> {
    let count = count.min(cols);
    (0..count).map(|k| (2 * k + 1) * cols / (2 * count)).collect()
}

/// Multiplies whole columns, as outlier channels are.
///
/// # Shapes
/// `w [rows, cols]`
pub fn scale_columns(w: &mut [f32], cols: usize, columns: &[usize], factor: f32) {
    if cols == 0 {
        return;
    }
    for row in w.chunks_exact_mut(cols) {
        for &column in columns {
            row[column] *= factor;
        }
    }
}

/// The value that a standard normal exceeds with probability `p`, `2^-36 < p <= 1/2`: the far tail is left out.
///
/// # Source
/// Wichura 1988, algorithm AS 241 (PPND16), Applied Statistics 37(3), pages 477 to 484.
fn normal_upper_quantile(p: f64) -> f64 {
    let q = 0.5 - p;
    if q <= 0.425 {
        const NUM: [f64; 8] = [
            2.509_080_928_730_122_7e3,
            3.343_057_558_358_813e4,
            6.726_577_092_700_87e4,
            4.592_195_393_154_987e4,
            1.373_169_376_550_946e4,
            1.971_590_950_306_551_4e3,
            1.331_416_678_917_843_8e2,
            3.387_132_872_796_366_6,
        ];
        const DEN: [f64; 8] = [
            5.226_495_278_852_854e3,
            2.872_908_573_572_194_3e4,
            3.930_789_580_009_271e4,
            2.121_379_430_158_659_6e4,
            5.394_196_021_424_751e3,
            6.871_870_074_920_579e2,
            4.231_333_070_160_091e1,
            1.0,
        ];
        let r = 0.180_625 - q * q;
        return q * polynomial(&NUM, r) / polynomial(&DEN, r);
    }
    let r = (-p.ln()).sqrt();
    const NUM: [f64; 8] = [
        7.745_450_142_783_414e-4,
        2.272_384_498_926_918_4e-2,
        2.417_807_251_774_506e-1,
        1.270_458_252_452_368_4,
        3.647_848_324_763_204_5,
        5.769_497_221_460_691,
        4.630_337_846_156_546,
        1.423_437_110_749_683_5,
    ];
    const DEN: [f64; 8] = [
        1.050_750_071_644_416_9e-9,
        5.475_938_084_995_345e-4,
        1.519_866_656_361_645_7e-2,
        1.481_039_764_274_800_8e-1,
        6.897_673_349_851e-1,
        1.676_384_830_183_803_8,
        2.053_191_626_637_759,
        1.0,
    ];
    polynomial(&NUM, r - 1.6) / polynomial(&DEN, r - 1.6)
}

/// Horner's rule, highest power first.
fn polynomial(coefficients: &[f64], x: f64) -> f64 {
    coefficients.iter().fold(0.0, |sum, c| sum * x + c)
}

/// The value that Student's t with 3 degrees of freedom exceeds with probability `p`, `0 < p <= 1/2`.
///
/// With `t = sqrt(3) cot(phi / 2)` the upper tail is `(phi - sin phi) / (2 pi)`, which Newton's method inverts.
fn student3_upper_quantile(p: f64) -> f64 {
    let target = 2.0 * PI * p;
    // phi - sin phi = phi^3 / 6 - ...: the start is below the root and exact in the far tail.
    let mut phi = (6.0 * target).cbrt().min(PI);
    for _ in 0..8 {
        phi -= (phi - phi.sin() - target) / (1.0 - phi.cos());
    }
    3f64.sqrt() / (phi / 2.0).tan()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Python's `statistics.NormalDist().inv_cdf(1 - p)`, and the t table of any statistics book.
    #[test]
    fn quantiles_agree_with_published_tables() {
        for (p, z) in
            [(0.5, 0.0), (0.25, 0.674_489_750_196_081_7), (0.025, 1.959_963_984_540_054), (1e-6, 4.753_424_308_822_899)]
        {
            assert!((normal_upper_quantile(p) - z).abs() < 1e-12, "{p}: {}", normal_upper_quantile(p));
        }
        // 3 degrees of freedom, one-sided: 25 %, 5 %, 2.5 %, 0.1 %.
        for (p, t) in [(0.25, 0.7649), (0.05, 2.3534), (0.025, 3.1824), (0.001, 10.2145)] {
            assert!((student3_upper_quantile(p) - t).abs() < 6e-5, "{p}: {}", student3_upper_quantile(p));
        }
        assert!(student3_upper_quantile(0.5).abs() < 1e-9);
    }

    #[test]
    fn the_table_is_within_its_stated_error() {
        for quantile in [normal_upper_quantile, student3_upper_quantile] {
            let table = QuantileTable::new(1.0, quantile);
            for i in 0..20_000u32 {
                let bits = hash_u32(5, i) >> (i % 30);
                let exact = quantile(f64::from(bits | 1) / 8_589_934_592.0);
                let got = f64::from(table.value(bits).abs());
                assert!((got - exact).abs() <= 2e-6 * exact.max(1.0), "{bits:#x}: {got} {exact}");
            }
        }
    }
}
