//! Names beside points, moved apart where they would lie on each other.

use web_sys::Element;

use super::draw::{CHARACTER, LINE, Spot};
use super::pen::text;
use super::{Kind, PlotSpec};

/// From the centre of a marker to its name.
const GAP: f64 = 11.0;
/// Lines of text closer than this cannot be read apart.
const APART: f64 = LINE - 4.0;

/// A text with its place: left end, right end, baseline.
#[derive(Clone, Copy)]
struct Placed {
    from: f64,
    to: f64,
    y: f64,
}

/// The nearest free height for a text between `from` and `to`, tried alternately below and above.
fn free_height(taken: &[Placed], from: f64, to: f64, wanted: f64, (top, bottom): (f64, f64)) -> f64 {
    let is_free = |y: f64| taken.iter().all(|t| t.to <= from || t.from >= to || (t.y - y).abs() >= APART);
    let tries = (0..24).map(|i| {
        let step = f64::from((i + 1) / 2) * 4.0;
        wanted + if i % 2 == 0 { -step } else { step }
    });
    tries.filter(|y| (top + 8.0..=bottom).contains(y)).find(|y| is_free(*y)).unwrap_or(wanted)
}

/// Writes the names of [`Kind::Labelled`] points and of [`Kind::Notes`].
pub(super) fn labels(group: &Element, spec: &PlotSpec, spots: &[Spot], across: (f64, f64), down: (f64, f64)) {
    // A name must not cover a marker either.
    let markers = spots.iter().filter(|s| spec.series[s.series].kind == Kind::Labelled);
    let mut taken: Vec<Placed> = markers.map(|s| Placed { from: s.x - 7.0, to: s.x + 7.0, y: s.y + 4.0 }).collect();
    for spot in spots {
        let series = &spec.series[spot.series];
        let note = match series.kind {
            Kind::Labelled => false,
            Kind::Notes => true,
            _ => continue,
        };
        let Some(name) = series.names.get(spot.point) else { continue };
        let wide = name.chars().count() as f64 * CHARACTER;
        let (gap, wanted) = if note { (0.0, spot.y - 7.0) } else { (GAP, spot.y + 4.0) };
        let fits = spot.x + gap + wide <= across.1;
        let from = if fits { spot.x + gap } else { (spot.x - gap - wide).max(across.0) };
        let y = free_height(&taken, from, from + wide, wanted, down);
        taken.push(Placed { from, to: from + wide, y });
        text(group, from, y, "start", if note { "var(--ink-3)" } else { spot.colour }, name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_moves_to_the_nearest_free_line() {
        let taken = [Placed { from: 0.0, to: 50.0, y: 100.0 }];
        assert_eq!(free_height(&taken, 60.0, 90.0, 100.0, (0.0, 200.0)), 100.0, "nothing is beside it");
        let moved = free_height(&taken, 20.0, 90.0, 100.0, (0.0, 200.0));
        assert!((moved - 100.0).abs() >= APART && (moved - 100.0).abs() < 2.0 * APART, "{moved}");
    }
}
