//! What a processor can do at most: a copy for the memory, independent multiply-adds for the arithmetic.

/// Independent sums: enough to fill the pipeline of a multiplier with four cycles, twice a cycle.
const CHAINS: usize = 8;
/// One 128-bit register.
const LANES: usize = 4;
/// Operations of one round of [`fma_rounds`]: a product and a sum in every lane of every chain.
pub const FMA_FLOP_PER_ROUND: u64 = (2 * CHAINS * LANES) as u64;

/// Multiplies and adds `rounds` times in every lane; returns a number that depends on all of it.
pub fn fma_rounds(rounds: u64) -> f32 {
    let (factor, addend) = std::hint::black_box((0.999_f32, 0.001_f32));
    let mut sums: [[f32; LANES]; CHAINS] = std::array::from_fn(|chain| [chain as f32; LANES]);
    for _ in 0..rounds {
        sums = sums.map(|sum| sum.map(|v| v * factor + addend));
    }
    sums.iter().flatten().sum()
}

/// Copies; both must be of the same length.
pub fn copy_block(from: &[f32], to: &mut [f32]) {
    to.copy_from_slice(std::hint::black_box(from));
    std::hint::black_box(to);
}
