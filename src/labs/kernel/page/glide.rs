//! The way of the points between two batch sizes: at rest only what was measured is shown, on the way what lies between.

use leptos::prelude::*;

use super::measured::Row;

/// Long enough to follow with the eye, short enough not to wait.
const GLIDE_MILLIS: f64 = 420.0;

fn now_millis() -> f64 {
    window().performance().map_or(0.0, |p| p.now())
}

/// Whether the visitor asked for less motion.
fn is_still() -> bool {
    let query = window().match_media("(prefers-reduced-motion: reduce)");
    query.ok().flatten().is_some_and(|q| q.matches())
}

/// Where the points are on their way to the batch size of the configuration, as a batch size; `None` at rest.
pub(super) fn glide(batch: Memo<u32>) -> RwSignal<Option<f64>> {
    let at = RwSignal::new(None::<f64>);
    // Which glide is going on; a newer one ends the older.
    let number = StoredValue::new(0u32);
    Effect::new(move |former: Option<u32>| {
        let to = batch.get();
        let Some(former) = former.filter(|f| *f != to && !is_still()) else { return to };
        let from = at.get_untracked().unwrap_or(f64::from(former));
        let mine = number.with_value(|n| n + 1);
        number.set_value(mine);
        frame(at, number, mine, from, f64::from(to), now_millis());
        to
    });
    at
}

/// One picture on the way from `from` to `to`, and the next one after it.
fn frame(at: RwSignal<Option<f64>>, number: StoredValue<u32>, mine: u32, from: f64, to: f64, began: f64) {
    // The page may be gone, or another glide under way.
    if number.try_get_value() != Some(mine) {
        return;
    }
    let share = (now_millis() - began) / GLIDE_MILLIS;
    if share >= 1.0 {
        let _ = at.try_set(None);
        return;
    }
    // Slow at both ends.
    let eased = share * share * (3.0 - 2.0 * share);
    let _ = at.try_set(Some((from.ln() + (to.ln() - from.ln()) * eased).exp()));
    request_animation_frame(move || frame(at, number, mine, from, to, began));
}

/// Intensity and rate at a batch size between two measured ones, on the straight line of the logarithmic picture.
pub(super) fn between<'a>(rows: impl Iterator<Item = &'a Row> + Clone, batch: f64) -> Option<(f64, f64)> {
    let below = rows.clone().filter(|r| f64::from(r.batch) <= batch).max_by_key(|r| r.batch)?;
    let above = rows.filter(|r| f64::from(r.batch) >= batch).min_by_key(|r| r.batch)?;
    if below.batch == above.batch {
        return Some((below.intensity, below.gflops));
    }
    let (low, high) = (f64::from(below.batch).ln(), f64::from(above.batch).ln());
    let share = (batch.ln() - low) / (high - low);
    let mix = |a: f64, b: f64| (a.ln() + (b.ln() - a.ln()) * share).exp();
    Some((mix(below.intensity, above.intensity), mix(below.gflops, above.gflops)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::labs::kernel::{Multiply, tables};
    use crate::protocol::Table;

    #[test]
    fn halfway_is_the_geometric_mean_and_ends_are_exact() {
        let mut table = Table::new(tables::SWEEP, &["format", "batch", "gflops", "intensity"]);
        table.rows = vec![
            vec!["fp32".into(), 1.0.into(), 2.0.into(), 0.5.into()],
            vec!["fp32".into(), 4.0.into(), 8.0.into(), 2.0.into()],
        ];
        let mut measured = super::super::measured::Measured {
            config: crate::labs::kernel::Config::default(),
            tier: None,
            rows: Vec::new(),
        };
        measured.take(&table);
        let rows = || measured.rows.iter().filter(|r| r.format == Multiply::Fp32);
        assert_eq!(between(rows(), 4.0), Some((2.0, 8.0)));
        let (intensity, gflops) = between(rows(), 2.0).unwrap();
        assert!((intensity - 1.0).abs() < 1e-9 && (gflops - 4.0).abs() < 1e-9);
        assert_eq!(between(rows(), 8.0), None, "nothing is made up beyond what was measured");
    }
}
