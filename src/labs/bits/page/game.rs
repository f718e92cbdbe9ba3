//! The bit-budget game: the lowest perplexity under a byte limit. Highest scores stay in this browser.

use leptos::prelude::*;
use serde::{Deserialize, Serialize};

use super::lab::{Lab, same_measurement};
use super::link;
use super::quality::{both, share};
use crate::labs::Command;
use crate::labs::bits::{Config, LIMITS, Task, tables};
use crate::text::{bytes, msg, number, percent};
use crate::ui::{CopyButton, RunButton, RunStatus, Segmented, keep, kept, use_lang};

/// The best plan that was handed in under one limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Best {
    perplexity: f64,
    packed_bytes: f64,
    config: Config,
}

/// Where the best of a limit is kept.
fn key(limit: u32) -> String {
    ["afina.bits.best.", &limit.to_string()].concat()
}

fn best_of(limit: u32) -> Option<Best> {
    serde_json::from_str(&kept(&key(limit))?).ok()
}

/// What became of the last plan that was handed in.
#[derive(Clone, Debug, PartialEq)]
struct Verdict {
    perplexity: f64,
    share: f64,
    limit: u32,
    is_record: bool,
    was_kept: bool,
}

/// The game.
#[component]
pub(super) fn Game(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let verdict = RwSignal::new(None::<Verdict>);
    let asked = StoredValue::new(None::<Config>);
    // Counts the hand-ins, so that the scores are read again.
    let handed_in = RwSignal::new(0u32);
    let limit = move || lab.config.with(|c| c.limit);
    let taken = move || lab.look.table(tables::SIZE).and_then(|t| share(&t));
    let fits = Memo::new(move |_| taken().is_some_and(|s| s <= f64::from(limit()) / 100.0) && !lab.is_outdated());
    let run = Callback::new(move |()| {
        let config = lab.config.get_untracked();
        if fits.get_untracked() {
            verdict.set(None);
            asked.set_value(Some(config.clone()));
            lab.runner.run(lab.grade, &Command::Bits { task: Task::Grade { config } });
        }
    });
    Effect::new(move || {
        let RunStatus::Done { .. } = lab.grade.status.get() else { return };
        let Some(config) = asked.get_value() else { return };
        let (quality, size) = (lab.grade.table(tables::QUALITY), lab.grade.table(tables::SIZE));
        let (Some(quality), Some(size)) = (quality, size) else { return };
        let (Some(perplexity), Some(share)) = (both(&quality, "perplexity"), share(&size)) else { return };
        asked.set_value(None);
        let is_record = best_of(config.limit).is_none_or(|b| perplexity < b.perplexity);
        let limit = config.limit;
        let mut was_kept = true;
        if is_record {
            let packed_bytes = size.number(0, "packed_bytes").unwrap_or(f64::NAN);
            let text = serde_json::to_string(&Best { perplexity, packed_bytes, config }).unwrap_or_default();
            was_kept = keep(&key(limit), &text).is_ok();
        }
        verdict.set(Some(Verdict { perplexity, share, limit, is_record, was_kept }));
        handed_in.update(|n| *n += 1);
    });
    let said = move || {
        let v = verdict.get()?;
        let perplexity = number(lang, v.perplexity, 3);
        let share = percent(lang, v.share, 1);
        let words = if v.is_record {
            msg::bits_record(lang, &v.limit.to_string(), &perplexity, &share)
        } else {
            msg::bits_no_record(lang, &v.limit.to_string(), &perplexity, &share)
        };
        let lost = if v.was_kept { "" } else { msg::ui_not_kept(lang) };
        Some(view! { <p class="verdict"><b>{words}</b>" "{lost}</p> }.into_any())
    };
    let gauge = move || {
        let share = taken()?;
        let wide = |part: f64| format!("{:.2}%", (part * 100.0).clamp(0.0, 100.0));
        let class = if share <= f64::from(limit()) / 100.0 { "gauge" } else { "gauge over" };
        let words = if fits.get() {
            msg::bits_fits(lang, &limit().to_string(), &percent(lang, share, 1))
        } else {
            msg::bits_too_big(lang, &limit().to_string(), &percent(lang, share, 1))
        };
        Some(
            view! {
                <div class=class role="img" aria-label=words.clone()>
                    <span class="fill" style:width=wide(share)></span>
                    <span class="limit" style:left=wide(f64::from(limit()) / 100.0)></span>
                </div>
                <p class="gauge-words">{words}</p>
            }
            .into_any(),
        )
    };
    let limits = LIMITS.map(|l| [l.to_string().as_str(), " %"].concat()).to_vec();
    let selected = Signal::derive(move || LIMITS.iter().position(|l| *l == limit()).unwrap_or(0));
    let choose = Callback::new(move |i: usize| lab.config.update(|c| c.limit = LIMITS[i]));
    let scores = move || {
        handed_in.track();
        LIMITS
            .iter()
            .map(|limit| {
                let best = best_of(*limit);
                let words = best.as_ref().map_or("–".to_owned(), |b| {
                    [number(lang, b.perplexity, 3).as_str(), " · ", &bytes(lang, b.packed_bytes as u64)].concat()
                });
                let load = best.map(|b| {
                    let load = move |_| {
                        let mine = b.config.clone();
                        lab.config.update(|c| {
                            if !same_measurement(c, &mine) {
                                *c = Config { selected: c.selected, ..mine };
                            }
                        });
                    };
                    view! { <button type="button" class="button" on:click=load>{msg::bits_search_load(lang)}</button> }
                });
                view! { <li><b>{["≤ ", &limit.to_string(), " %"].concat()}</b><span>{words}</span>{load}</li> }
                    .into_any()
            })
            .collect_view()
    };
    let address = Callback::new(move |()| lab.config.with_untracked(link::address_of).unwrap_or_default());
    view! {
        <section class="fig game" aria-labelledby="game">
            <div class="head"><h2 id="game">{msg::bits_game(lang)}</h2></div>
            <p class="hint">{msg::bits_game_hint(lang)}</p>
            <div class="game-body">
                <div class="hand-in">
                    <Segmented label=msg::bits_limit(lang) options=limits selected on_select=choose/>
                    {gauge}
                    <div class:barred=move || !fits.get()><RunButton view=lab.grade label=msg::bits_hand_in(lang) on_run=run/></div>
                    <div role="status">{said}</div>
                    <div class="actions"><CopyButton label=msg::bits_share(lang) text=address/></div>
                </div>
                <div class="scores">
                    <h3>{msg::bits_scores(lang)}</h3>
                    <ol>{scores}</ol>
                    <p class="hint">{msg::ui_kept(lang)}</p>
                </div>
            </div>
        </section>
    }
    .into_any()
}
