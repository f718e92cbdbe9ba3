//! Axes: where the ticks are, what they say, and where a value lands.

use crate::text::{Lang, number, significant};

/// One axis of a plot.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Axis {
    /// What is measured, with its unit.
    pub title: String,
    pub log: bool,
    /// Always shown, whatever the data: zero for counts, for instance.
    pub include: Option<f64>,
    /// Ticks at these values instead of round ones.
    pub ticks: Vec<f64>,
    /// Names of 0, 1, 2 ... instead of values, from top to bottom; vertical axes only.
    pub names: Vec<String>,
}

/// An axis fitted to data and to a length in pixels.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Scale {
    low: f64,
    high: f64,
    log: bool,
    from_px: f64,
    to_px: f64,
    /// Value and label.
    pub(super) ticks: Vec<(f64, String)>,
}

/// The step of 1, 2 or 5 times a power of ten that cuts `span` into at most `most` parts.
fn round_step(span: f64, most: f64) -> f64 {
    let raw = span / most;
    let power = 10f64.powf(raw.log10().floor());
    let times = [1.0, 2.0, 5.0, 10.0].into_iter().find(|m| m * power >= raw * 0.999_999).unwrap_or(10.0);
    times * power
}

/// Round values in `low..=high`, with their labels; the step gives the number of decimals.
fn linear_ticks(lang: Lang, low: f64, high: f64, most: f64) -> Vec<(f64, String)> {
    let step = round_step(high - low, most);
    let decimals = (-step.log10().floor()).max(0.0) as usize;
    let plain = (1e-4..1e6).contains(&low.abs().max(high.abs()));
    let first = (low / step - 1e-6).ceil() as i64;
    let last = (high / step + 1e-6).floor() as i64;
    (first..=last)
        .map(|i| {
            let value = i as f64 * step;
            (value, if plain { number(lang, value, decimals) } else { significant(lang, value, 2) })
        })
        .collect()
}

/// Powers of ten, with 2 and 5 between them where there is room.
fn log_ticks(lang: Lang, low: f64, high: f64, most: f64) -> Vec<(f64, String)> {
    let (first, last) = (low.log10().floor() as i32, high.log10().ceil() as i32);
    let decades = f64::from(last - first).max(1.0);
    let multiples: &[f64] = if decades * 3.0 <= most { &[1.0, 2.0, 5.0] } else { &[1.0] };
    let skip = (decades / most).ceil().max(1.0) as i32;
    (first..=last)
        .filter(|e| (e - first) % skip == 0)
        .flat_map(|e| multiples.iter().map(move |m| m * 10f64.powi(e)))
        .filter(|v| (low * 0.999..=high * 1.001).contains(v))
        .map(|v| (v, significant(lang, v, 1)))
        .collect()
}

impl Scale {
    /// One line for each name.
    pub(super) fn named(names: &[String], top: f64, bottom: f64) -> Scale {
        let ticks = names.iter().enumerate().map(|(i, name)| (i as f64, name.clone())).collect();
        Scale { low: -0.5, high: names.len() as f64 - 0.5, log: false, from_px: top, to_px: bottom, ticks }
    }

    /// Fits `axis` to `values` and to the pixels `from_px ..= to_px`; at most `most` ticks.
    pub(super) fn fit(
        lang: Lang,
        axis: &Axis,
        values: impl Iterator<Item = f64>,
        from_px: f64,
        to_px: f64,
        most: f64,
    ) -> Scale {
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for v in values.chain(axis.include).filter(|v| v.is_finite() && (!axis.log || *v > 0.0)) {
            low = low.min(v);
            high = high.max(v);
        }
        if low > high {
            (low, high) = (if axis.log { 0.1 } else { 0.0 }, 1.0);
        }
        if high - low <= low.abs().max(high.abs()) * 1e-9 {
            let room = if low == 0.0 { 1.0 } else { low.abs() * 0.5 };
            (low, high) = (if axis.include == Some(low) { low } else { low - room }, high + room);
            if axis.log {
                low = low.max(high * 0.1);
            }
        }
        let ticks = if !axis.ticks.is_empty() {
            let mut ticks = Vec::new();
            for v in &axis.ticks {
                if (low..=high).contains(v) {
                    ticks.push((*v, significant(lang, *v, if v.abs() < 10.0 { 1 } else { 2 })));
                }
            }
            ticks
        } else if axis.log {
            let ticks = log_ticks(lang, low, high, most);
            // Within a decade there is hardly a power of ten: round values serve a logarithmic axis as well.
            if ticks.len() < 3 && high < low * 10.0 { linear_ticks(lang, low, high, most) } else { ticks }
        } else {
            linear_ticks(lang, low, high, most)
        };
        Scale { low, high, log: axis.log, from_px, to_px, ticks }
    }

    /// Where a value lands; outside values are clamped to just outside the frame.
    pub(super) fn px(&self, value: f64) -> f64 {
        let share = if self.log {
            (value.max(f64::MIN_POSITIVE) / self.low).ln() / (self.high / self.low).ln()
        } else {
            (value - self.low) / (self.high - self.low)
        };
        self.from_px + share.clamp(-0.02, 1.02) * (self.to_px - self.from_px)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(ticks: &[(f64, String)]) -> Vec<&str> {
        ticks.iter().map(|t| t.1.as_str()).collect()
    }

    #[test]
    fn ticks_are_round_and_follow_the_language() {
        assert_eq!(labels(&linear_ticks(Lang::Es, -0.21, 0.21, 5.0)), ["−0,2", "−0,1", "0,0", "0,1", "0,2"]);
        assert_eq!(labels(&linear_ticks(Lang::En, 0.0, 1000.0, 5.0)), ["0", "200", "400", "600", "800", "1000"]);
        assert_eq!(labels(&log_ticks(Lang::Es, 0.001, 1.0, 5.0)), ["0,001", "0,01", "0,1", "1"]);
    }

    #[test]
    fn a_short_logarithmic_axis_has_round_ticks() {
        let axis = Axis { log: true, ..Axis::default() };
        let scale = Scale::fit(Lang::En, &axis, [2.47, 9.3].into_iter(), 0.0, 100.0, 5.0);
        assert_eq!(labels(&scale.ticks), ["4", "6", "8"]);
    }

    #[test]
    fn a_constant_still_has_an_axis() {
        for value in [0.0, 3.0, -1e-9] {
            let scale = Scale::fit(Lang::En, &Axis::default(), [value].into_iter(), 0.0, 100.0, 5.0);
            assert!(scale.px(value) > 1.0 && scale.px(value) < 99.0, "{value}");
            assert!(!scale.ticks.is_empty(), "{value}");
        }
    }

    #[test]
    fn logarithmic_and_reversed_scales_put_the_ends_at_the_ends() {
        let axis = Axis { log: true, ..Axis::default() };
        let scale = Scale::fit(Lang::En, &axis, [1.0, 100.0].into_iter(), 200.0, 0.0, 5.0);
        assert_eq!((scale.px(1.0), scale.px(10.0), scale.px(100.0)), (200.0, 100.0, 0.0));
    }
}
