//! The probabilities of the next token as bars, under the settings of this moment.

use leptos::prelude::*;

use super::lab::Lab;
use crate::labs::model::SHOWN_CANDIDATES;
use crate::text::{Lang, integer, msg, percent};
use crate::ui::use_lang;

/// One bar.
#[derive(Clone, Debug, PartialEq)]
struct Bar {
    id: u32,
    text: String,
    /// As the model says.
    probability: f64,
    /// After temperature, top-k and top-p; none for what they leave out.
    kept: Option<f64>,
    is_taken: bool,
}

fn shown(lang: Lang, share: f64) -> String {
    // A probability is never zero; one that rounds to it is shown as small.
    if share > 0.0 && share < 0.0005 { ["< ", &percent(lang, 0.0005, 2)].concat() } else { percent(lang, share, 1) }
}

/// The bars.
#[component]
pub(super) fn Bars(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let step = Memo::new(move |_| lab.step());
    let taken = Memo::new(move |_| lab.generated.with(|g| g.get(step.get()).map(|t| t[0] as u32)));
    let candidates = Memo::new(move |_| lab.candidates(step.get()).unwrap_or_default());
    let bars = Memo::new(move |_| {
        candidates.with(|all| {
            let words = lab.words.get();
            let taken = taken.get();
            let bar = |c: &crate::labs::model::Candidate| Bar {
                id: c.token,
                text: words.shown(c.token),
                probability: c.model,
                kept: Some(c.kept).filter(|kept| *kept > 0.0),
                is_taken: taken == Some(c.token),
            };
            let mut bars: Vec<Bar> = all.iter().take(SHOWN_CANDIDATES).map(bar).collect();
            // A rare token that was drawn all the same is what one wants to see.
            if let Some(rare) = all.iter().skip(SHOWN_CANDIDATES).find(|c| taken == Some(c.token)) {
                bars.push(bar(rare));
            }
            bars
        })
    });
    let most = Memo::new(move |_| {
        bars.with(|b| b.iter().fold(0.0f64, |m, b| m.max(b.probability).max(b.kept.unwrap_or(0.0)))).max(1e-9)
    });
    let rows = move || {
        let step = step.get();
        let wide = |share: f64| format!("{:.2}%", 100.0 * share / most.get());
        bars.get()
            .into_iter()
            .map(|bar| {
                let value = shown(lang, bar.kept.unwrap_or(bar.probability));
                let label = match bar.kept {
                    Some(_) => msg::model_choose(lang, &bar.text, &value),
                    None => msg::model_choose_left_out(lang, &bar.text, &value),
                };
                // Seen as hatching; said in a word.
                let left_out =
                    bar.kept.is_none().then(|| view! { <span class="hidden">" "{msg::model_legend_out(lang)}</span> });
                view! {
                    <li class:out=bar.kept.is_none() class:taken=bar.is_taken>
                        <button type="button" title=label on:click=move |_| lab.choose(step, bar.id)>
                            <span class="word">{bar.text}</span>
                            <span class="track">
                                <span class="before" style:width=wide(bar.probability)></span>
                                <span class="after" style:width=wide(bar.kept.unwrap_or(0.0))></span>
                            </span>
                            <span class="share">{value}{left_out}</span>
                        </button>
                    </li>
                }
                .into_any()
            })
            .collect_view()
    };
    let kept = move || {
        candidates.with(|all| {
            let kept = all.iter().filter(|c| c.kept > 0.0).count();
            msg::model_kept(lang, &integer(lang, all.len() as u64), &integer(lang, kept as u64))
        })
    };
    let title = move || {
        let before = step.get();
        let words = lab.words.get();
        let last = if before > 0 {
            lab.generated.with(|g| g.get(before - 1).map(|t| t[0] as u32))
        } else {
            lab.prompt.with(|p| p.last().copied())
        };
        let word = last.map(|id| words.shown(id)).unwrap_or_default();
        msg::model_after(lang, &word)
    };
    let chosen = move || lab.at.with(Option::is_some);
    view! {
        <section class="fig bars-fig" aria-labelledby="the-bars">
            <div class="head">
                <h2 id="the-bars">{msg::model_bars(lang)}</h2>
                <span class="note">{title}</span>
            </div>
            <p class="bar-legend hint">
                <span><i class="after"></i>{msg::model_legend_after(lang)}</span>
                <span><i class="before"></i>{msg::model_legend_before(lang)}</span>
                <span><i class="out"></i>{msg::model_legend_out(lang)}</span>
                <span class="kept" role="status">{kept}</span>
            </p>
            <ol class="candidates" class:empty=move || bars.with(Vec::is_empty)>{rows}</ol>
            <p class="hint">
                {msg::model_bars_hint(lang)}" "
                <button type="button" class="quiet" hidden=move || !chosen() on:click=move |_| lab.at.set(None)>{msg::model_follow(lang)}</button>
            </p>
        </section>
    }
    .into_any()
}
