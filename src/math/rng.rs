//! Seeded random numbers that a shader can reproduce bit for bit.
//!
//! The generator is a hash of a counter: number `i` of a seed needs no number before it, so a GPU thread, a CPU loop
//! and a test all get the same one. Only wrapping `u32` arithmetic, which WGSL has too.

/// The PCG-RXS-M-XS permutation of 32 bits.
///
/// # Source
/// Jarzynski and Olano 2020, "Hash Functions for GPU Rendering", JCGT 9(3), function `pcg`.
#[inline(always)]
pub const fn pcg(v: u32) -> u32 {
    let s = v.wrapping_mul(747_796_405).wrapping_add(2_891_336_453);
    let w = ((s >> ((s >> 28) + 4)) ^ s).wrapping_mul(277_803_737);
    (w >> 22) ^ w
}

/// Random bits number `index` of the stream `seed`: `pcg(index ^ pcg(seed))`, a permutation of the indices.
#[inline(always)]
pub const fn hash_u32(seed: u32, index: u32) -> u32 {
    pcg(index ^ pcg(seed))
}

/// A number in `[0, 1)` with 24 random bits: `(hash >> 8) 2^-24`, exact in f32.
#[inline(always)]
pub const fn uniform(seed: u32, index: u32) -> f32 {
    (hash_u32(seed, index) >> 8) as f32 * (1.0 / 16_777_216.0)
}

/// The numbers of one stream in order, for code that draws an unknown amount of them.
#[derive(Clone, Debug)]
pub struct Generator {
    seed: u32,
    next: u32,
    spare: Option<f64>,
}

impl Generator {
    /// The stream `seed` from its beginning.
    pub fn new(seed: u32) -> Generator {
        Generator { seed, next: 0, spare: None }
    }

    /// The next 32 random bits.
    pub fn next_u32(&mut self) -> u32 {
        let bits = hash_u32(self.seed, self.next);
        self.next = self.next.wrapping_add(1);
        bits
    }

    /// A number in `[0, 1)` with 53 random bits.
    pub fn next_f64(&mut self) -> f64 {
        let (high, low) = (u64::from(self.next_u32()), u64::from(self.next_u32()));
        (((high << 32) | low) >> 11) as f64 * (1.0 / 9_007_199_254_740_992.0)
    }

    /// An integer in `0..bound`; 0 for an empty range. The bias, below `bound / 2^32`, is accepted.
    pub fn below(&mut self, bound: u32) -> u32 {
        ((u64::from(self.next_u32()) * u64::from(bound)) >> 32) as u32
    }

    /// A standard normal number.
    ///
    /// # Source
    /// Box and Muller 1958, Ann. Math. Statist. 29(2); both numbers of a pair are used.
    pub fn normal(&mut self) -> f64 {
        if let Some(spare) = self.spare.take() {
            return spare;
        }
        // 1 - u is in (0, 1], so that the logarithm is finite.
        let radius = (-2.0 * (1.0 - self.next_f64()).ln()).sqrt();
        let (sin, cos) = (std::f64::consts::TAU * self.next_f64()).sin_cos();
        self.spare = Some(radius * sin);
        radius * cos
    }
}
