//! What the lecture's table says of each method, beside what was measured.

use leptos::prelude::*;

use super::chapter::Chapter;
use super::lab::Lab;
use super::published::Published;
use super::results::Summary;
use super::words::{look, method_name};
use crate::labs::tune::Method;
use crate::text::{Lang, integer, msg, percent, significant};
use crate::ui::{Details, Swatch, use_lang};

/// The lecture's row of a method. Its bars are either whole or not.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Claim {
    /// The parameters that are trained, in per cent: from, to.
    percent: (f64, f64),
    /// Whether the bar is whole: performance, speed, memory.
    whole: [bool; 3],
}

impl Claim {
    /// `0,1–1 %`
    pub(super) fn parameters(&self, lang: Lang) -> String {
        let end = |v: f64| significant(lang, v, 1);
        let (from, to) = self.percent;
        let range = if from == to {
            end(to)
        } else if from == 0.0 {
            ["<\u{a0}", &end(to)].concat()
        } else {
            [end(from), end(to)].join("–")
        };
        range + "\u{a0}%"
    }
}

/// The lecture's row: "Comparación de métodos PEFT". It has none for the others.
pub(super) fn claim(method: Method) -> Option<Claim> {
    let (percent, whole) = match method {
        Method::Full => ((100.0, 100.0), [true, false, false]),
        Method::Lora => ((0.1, 1.0), [true, true, true]),
        Method::Adapter => ((2.0, 5.0), [true, false, true]),
        Method::Prompt => ((0.0, 0.1), [false, true, true]),
        _ => return None,
    };
    Some(Claim { percent, whole })
}

/// From this share of the best on, a measured bar counts as whole.
const WHOLE_FROM: f64 = 0.75;
/// A bar of the lecture that is not whole is drawn this long.
const PARTLY: f64 = 2.0 / 3.0;

/// Performance, speed and memory of each method as shares of the best of the run: 1 is the best.
fn shares(summaries: &[Summary]) -> Vec<[f64; 3]> {
    let best = |read: fn(&Summary) -> f64, pick: fn(f64, f64) -> f64| summaries.iter().map(read).fold(f64::NAN, pick);
    let accuracy = best(|s| s.accuracy, f64::max);
    let fastest = best(|s| s.step_millis, f64::min);
    let least = best(|s| s.peak_bytes, f64::min);
    summaries.iter().map(|s| [s.accuracy / accuracy, fastest / s.step_millis, least / s.peak_bytes]).collect()
}

/// Of the lecture's bars, how many are as the measured ones, and how many there are.
fn agreeing(summaries: &[Summary]) -> (usize, usize) {
    let all = summaries.iter().zip(shares(summaries));
    let pairs = all.filter_map(|(s, shares)| Some((claim(s.method)?.whole, shares)));
    let same = pairs.flat_map(|(whole, shares)| (0..3).map(move |i| whole[i] == (shares[i] >= WHOLE_FROM)));
    let all: Vec<bool> = same.collect();
    (all.iter().filter(|same| **same).count(), all.len())
}

/// One cell: the lecture's bar above the measured one, and whether they agree.
fn cell(lang: Lang, title: &'static str, measured: f64, whole: Option<bool>, colour: &'static str) -> AnyView {
    let wide = |part: f64| format!("{:.1}%", (part * 100.0).clamp(0.0, 100.0));
    let said = whole.map(|whole| if whole { msg::tune_bar_whole(lang) } else { msg::tune_bar_partly(lang) });
    let agrees = whole.map(|whole| whole == (measured >= WHOLE_FROM));
    let verdict = match agrees {
        Some(true) => msg::tune_agrees(lang),
        Some(false) => msg::tune_differs(lang),
        None => msg::tune_no_claim(lang),
    };
    let lecture = whole.map(|whole| {
        let width = wide(if whole { 1.0 } else { PARTLY });
        view! { <span class="said-bar" style:width=width></span> }
    });
    view! {
        <td data-label=title>
            <span class="pair">
                <span class="bars" aria-hidden="true">{lecture}<span class="found-bar" style:width=wide(measured) style:background=colour></span></span>
                <span class="hidden">{said}</span>
                <b>{percent(lang, measured, 0)}</b>
                <span class:differs=agrees == Some(false)>{verdict}</span>
            </span>
        </td>
    }
    .into_any()
}

/// Both, side by side.
#[component]
pub(super) fn Lecture(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let titles = [msg::tune_claim_performance(lang), msg::tune_claim_speed(lang), msg::tune_claim_memory(lang)];
    let rows = move || {
        lab.summaries.with(|all| {
            let line = |(s, shares): (&Summary, [f64; 3])| {
                let (look, claim) = (look(s.method), claim(s.method));
                let cells: Vec<AnyView> =
                    (0..3).map(|i| cell(lang, titles[i], shares[i], claim.map(|c| c.whole[i]), look.colour)).collect();
                let name = method_name(lang, s.method);
                view! { <tr><th scope="row"><Swatch look/>{name}</th>{cells}</tr> }.into_any()
            };
            all.iter().zip(shares(all)).map(line).collect_view()
        })
    };
    let heads: Vec<AnyView> = titles.iter().map(|t| view! { <th scope="col">{*t}</th> }.into_any()).collect();
    let empty = move || lab.summaries.with(|s| s.len() < 2);
    let finding = Signal::derive(move || match lab.summaries.with(|all| agreeing(all)) {
        (_, 0) => msg::tune_chapter_waits(lang).to_owned(),
        _ if empty() => msg::tune_chapter_waits(lang).to_owned(),
        (same, all) => msg::tune_lecture_agreeing(lang, &integer(lang, all as u64), &integer(lang, same as u64)),
    });
    view! {
        <Chapter id="lecture" title=msg::tune_lecture(lang) finding>
            <p class="hint">{msg::tune_lecture_hint(lang)}</p>
            <table class="data claims" hidden=empty>
                <thead><tr><th scope="col">{msg::tune_method(lang)}</th>{heads}</tr></thead>
                <tbody>{rows}</tbody>
            </table>
            <Details summary=msg::tune_published(lang).to_owned()><Published/></Details>
        </Chapter>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::super::results::{sample, summaries, trainings};
    use super::*;

    #[test]
    fn the_best_of_the_run_is_one() {
        let found = shares(&summaries(&trainings(&sample())));
        assert!((found[0][0] - 0.80 / 0.92).abs() < 1e-12);
        assert_eq!(found[1], [1.0, 1.0, 1.0]);
        // Full: 0.87 is whole as said, half the speed and a third of the memory are not, as said. LoRA is the best in all.
        assert_eq!(agreeing(&summaries(&trainings(&sample()))), (6, 6));
        assert!((found[0][2] - 0.3).abs() < 1e-12, "three times the memory is a third of the bar");
    }

    #[test]
    fn the_lecture_has_four_rows() {
        assert_eq!(Method::ALL.into_iter().filter_map(claim).count(), 4);
        let said = |m: Method| claim(m).map(|c| c.parameters(Lang::Es)).unwrap();
        assert_eq!(said(Method::Lora), "0,1–1\u{a0}%");
        assert_eq!(said(Method::Prompt), "<\u{a0}0,1\u{a0}%");
        assert_eq!(said(Method::Full), "100\u{a0}%");
    }
}
