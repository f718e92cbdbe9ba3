//! The nearest-rank percentile of magnitudes, for small groups and for whole matrices.

/// Above this many values two counting passes beat a selection.
const COUNTING_FROM: usize = 1 << 14;
/// Low bits of a magnitude that the second counting pass looks at; the first one looks at the 16 above.
const LOW_BITS: u32 = 15;

/// The 0-based rank of the percentile in ascending order: `ceil(p / 100 * n) - 1`, in integers.
///
/// `percent` is taken to four decimals, so that 99.9 of 1000 is rank 998 although 99.9 is no binary fraction.
pub fn percentile_rank(percent: f32, count: usize) -> usize {
    const WHOLE: u64 = 1_000_000;
    let parts = (f64::from(percent) * 1e4).round().clamp(0.0, WHOLE as f64) as u64;
    let rank = (parts * count as u64).div_ceil(WHOLE).saturating_sub(1);
    (rank as usize).min(count.saturating_sub(1))
}

/// The nearest-rank percentile of `|w|`; 0 for no weights. `scratch` is reused between groups.
pub(super) fn magnitude_percentile(w: &[f32], percent: f32, scratch: &mut Vec<u32>) -> f32 {
    if w.is_empty() {
        return 0.0;
    }
    let rank = percentile_rank(percent, w.len());
    // The bits of positive floats are ordered like the floats.
    let magnitude = |w: &f32| w.to_bits() & 0x7FFF_FFFF;
    if w.len() < COUNTING_FROM {
        scratch.clear();
        scratch.extend(w.iter().map(magnitude));
        return f32::from_bits(*scratch.select_nth_unstable(rank).1);
    }
    let (high, before) = bucket(scratch, rank, 1 << 16, w.iter().map(|w| magnitude(w) >> LOW_BITS));
    let low_mask = (1 << LOW_BITS) - 1;
    let inside = w.iter().map(magnitude).filter(|m| m >> LOW_BITS == high).map(|m| m & low_mask);
    let (low, _) = bucket(scratch, rank - before, 1 << LOW_BITS, inside);
    f32::from_bits((high << LOW_BITS) | low)
}

/// The key that holds a rank, and how many keys are smaller.
fn bucket(counts: &mut Vec<u32>, rank: usize, keys: usize, of: impl Iterator<Item = u32>) -> (u32, usize) {
    counts.clear();
    counts.resize(keys, 0);
    for key in of {
        counts[key as usize] += 1;
    }
    let mut before = 0;
    for (key, &count) in counts.iter().enumerate() {
        if before + count as usize > rank {
            return (key as u32, before);
        }
        before += count as usize;
    }
    unreachable!("a rank is below the number of values")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::hash_u32;

    #[test]
    fn ranks_are_exact_where_floats_would_slip() {
        assert_eq!(percentile_rank(99.9, 1000), 998);
        assert_eq!(percentile_rank(50.0, 5), 2);
        assert_eq!(percentile_rank(100.0, 7), 6);
        assert_eq!(percentile_rank(50.0, 1), 0);
    }

    #[test]
    fn counting_and_selecting_agree_with_sorting() {
        let mut scratch = Vec::new();
        for count in [1, 2, 31, 257, COUNTING_FROM - 1, COUNTING_FROM, COUNTING_FROM + 1, 50_021] {
            let w: Vec<f32> = (0..count).map(|i| f32::from_bits(hash_u32(3, i as u32) & 0xBFFF_FFFF)).collect();
            let mut sorted: Vec<f32> = w.iter().map(|w| w.abs()).collect();
            sorted.sort_by(f32::total_cmp);
            for percent in [50.0, 90.0, 99.9, 100.0] {
                let expected = sorted[percentile_rank(percent, count)];
                assert_eq!(magnitude_percentile(&w, percent, &mut scratch), expected, "{count} at {percent}");
            }
        }
    }
}
