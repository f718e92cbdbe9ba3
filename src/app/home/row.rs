//! A row of weights rounded to fewer bits, computed in the page as the visitor moves the bits: a first look at what the
//! quantization lab does on whole matrices.

use std::fmt::Write as _;

use leptos::prelude::*;

use crate::app::parts::{attribute, live, say};
use crate::text::{msg, number};
use crate::ui::use_lang;

/// Weights in the row.
const COUNT: usize = 40;
/// Their standard deviation, as in the quantization lab.
const SPREAD: f64 = 0.05;
/// The weight that rebels, and by how much; it is one of the larger ones.
const REBEL: (usize, f64) = (26, 8.0);
/// The picture shows values up to this magnitude; the rebel leaves it.
const SHOWN: f64 = 0.16;
/// The picture, in its own units.
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 300.0;

/// The row: normal weights from a seeded generator, so that everyone in the room sees the same.
fn weights(rebel: bool) -> [f64; COUNT] {
    let mut state: u32 = 7;
    let mut uniform = || {
        // Numerical Recipes' linear congruential generator: enough for a picture.
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        (f64::from(state) + 0.5) / 4_294_967_296.0
    };
    let mut row = [0.0; COUNT];
    for weight in &mut row {
        // Twelve uniform numbers have variance one, and their sum is nearly normal.
        *weight = SPREAD * ((0..12).map(|_| uniform()).sum::<f64>() - 6.0);
    }
    if rebel {
        row[REBEL.0] = SPREAD * REBEL.1;
    }
    row
}

/// A row and what `bits` leave of it: `scale = max|w| / (2^(bits-1) - 1)`, `back = round(w / scale) * scale`.
#[derive(Clone, PartialEq)]
struct Rounded {
    bits: u32,
    row: [f64; COUNT],
    back: [f64; COUNT],
    scale: f64,
}

impl Rounded {
    fn new(bits: u32, rebel: bool) -> Rounded {
        let row = weights(rebel);
        let scale = row.iter().fold(0.0, |m: f64, w| m.max(w.abs())) / f64::from((1 << (bits - 1)) - 1);
        Rounded { bits, row, back: row.map(|w| (w / scale).round() * scale), scale }
    }

    /// `2^bits - 1`: the symmetric code leaves one out.
    fn levels(&self) -> u32 {
        (1 << self.bits) - 1
    }

    fn max_error(&self) -> f64 {
        self.row.iter().zip(&self.back).fold(0.0, |m: f64, (w, b)| m.max((w - b).abs()))
    }

    /// `10 log10(sum w^2 / sum (w - back)^2)` over the weights that never rebel: what the others pay.
    fn sqnr_db(&self) -> f64 {
        let kept = (0..COUNT).filter(|i| *i != REBEL.0);
        let (signal, noise) =
            kept.fold((0.0, 0.0), |(s, n), i| (s + self.row[i].powi(2), n + (self.row[i] - self.back[i]).powi(2)));
        10.0 * (signal / noise).log10()
    }

    fn level_lines(&self) -> String {
        let mut path = String::new();
        let highest = (SHOWN / self.scale).floor() as i32;
        for code in -highest..=highest {
            let _ = write!(path, "M0 {:.1}H{WIDTH}", y(f64::from(code) * self.scale));
        }
        path
    }

    fn errors(&self) -> String {
        let mut path = String::new();
        for i in 0..COUNT {
            let _ = write!(path, "M{:.1} {:.1}V{:.1}", x(i), y(self.row[i]), y(self.back[i]));
        }
        path
    }
}

/// A dot is a line without length and with a round end.
fn dots(values: &[f64; COUNT]) -> String {
    let mut path = String::new();
    for (i, value) in values.iter().enumerate() {
        let _ = write!(path, "M{:.1} {:.1}h0", x(i), y(*value));
    }
    path
}

fn x(index: usize) -> f64 {
    (index as f64 + 0.5) * WIDTH / COUNT as f64
}

fn y(value: f64) -> f64 {
    HEIGHT / 2.0 - value.clamp(-1.04 * SHOWN, 1.04 * SHOWN) / SHOWN * (HEIGHT / 2.0 - 10.0)
}

/// The picture with its two controls and its numbers.
#[component]
pub fn RowFigure() -> impl IntoView {
    let lang = use_lang();
    let (bits, rebel) = (RwSignal::new(4u32), RwSignal::new(false));
    let rounded = Memo::new(move |_| Rounded::new(bits.get(), rebel.get()));
    let error = move || number(lang.get(), rounded.with(Rounded::max_error), 4);
    let sqnr = move || number(lang.get(), rounded.with(Rounded::sqnr_db), 1);
    let levels = move || rounded.with(Rounded::levels).to_string();
    let format = attribute(move || match bits.get() {
        8 => Some("int8"),
        4 => Some("int4"),
        _ => None,
    });
    let path = |class: &'static str, d: fn(&Rounded) -> String| {
        view! { <path class=class d=move || rounded.with(d) /> }.into_any()
    };
    let alt = move || msg::home_figure_alt(lang.get(), &COUNT.to_string(), &error(), &levels(), &sqnr());
    let axis = [SHOWN, 0.0, -SHOWN].map(|v| view! { <span>{live(move || number(lang.get(), v, 2))}</span> }.into_any());
    let figure = |name: AnyView, value: AnyView| view! { <div><dt>{name}</dt><dd>{value}</dd></div> }.into_any();
    view! {
        <figure class="sheet row-figure" data-format=format>
            <figcaption>
                <b>{say(msg::home_figure)}</b>
                <span>{say(msg::home_figure_note)}</span>
            </figcaption>
            <div class="row-plot">
                <div class="axis" aria-hidden="true">{Vec::from(axis)}</div>
                <svg viewBox=format!("0 0 {WIDTH} {HEIGHT}") role="img" aria-label=alt>
                    {path("levels", Rounded::level_lines)}
                    {path("errors", Rounded::errors)}
                    {path("original", |r| dots(&r.row))}
                    {path("back", |r| dots(&r.back))}
                </svg>
            </div>
            <p class="legend" aria-hidden="true">
                <span><i class="original"></i>{say(msg::home_figure_original)}</span>
                <span><i class="back"></i>{live(move || msg::home_figure_back(lang.get(), &bits.get().to_string()))}</span>
            </p>
            <label class="slide">
                <span>{say(msg::home_figure_bits)}</span>
                <output>{live(move || bits.get().to_string())}</output>
                <input
                    type="range"
                    min="2"
                    max="8"
                    value="4"
                    on:input:target=move |e| bits.set(e.target().value().parse().unwrap_or(4).clamp(2, 8))
                />
            </label>
            <label class="check">
                <input type="checkbox" on:change:target=move |e| rebel.set(e.target().checked()) />
                <span>{say(msg::home_figure_rebel)}</span>
            </label>
            <dl class="numbers">
                {figure(say(msg::home_figure_levels), live(levels))}
                {figure(say(msg::home_figure_error), live(error))}
                {figure(
                    live(move || msg::home_figure_sqnr(lang.get(), &(COUNT - 1).to_string())),
                    live(move || [sqnr().as_str(), "\u{a0}dB"].concat()),
                )}
            </dl>
            <p class="note">{say(msg::home_figure_try)}</p>
        </figure>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_rebel_ruins_the_scale_of_all_the_others() {
        let (calm, upset) = (Rounded::new(4, false), Rounded::new(4, true));
        assert_eq!(calm.levels(), 15);
        assert!(calm.max_error() <= calm.scale / 2.0 + 1e-12);
        assert!(upset.scale > 2.0 * calm.scale);
        assert!(calm.sqnr_db() - upset.sqnr_db() > 6.0);
    }

    #[test]
    fn a_further_bit_never_hurts() {
        for bits in 2..8 {
            let (few, more) = (Rounded::new(bits, false), Rounded::new(bits + 1, false));
            assert!(few.sqnr_db() < more.sqnr_db(), "{bits}");
        }
    }
}
