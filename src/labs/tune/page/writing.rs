//! Several adapters on one base, swapped token by token: the same prompt continued by the base and by kept trainings.

use std::sync::Arc;

use leptos::prelude::*;

use super::chapter::Chapter;
use super::kept::{Keepsake, keepsakes, shortened};
use super::lab::Lab;
use super::words::look;
use crate::labs::Command;
use crate::labs::tune::{MAX_PROMPT_BYTES, Task, tables};
use crate::protocol::Table;
use crate::text::{Lang, msg, number};
use crate::ui::{Choice, Look, RunButton, Select, Slider, Swatch, ToggleList, unique_id, use_lang};

/// Side by side more than these cannot be read.
const MOST_WRITERS: usize = 6;
/// Most tokens that each writes.
const MAX_TOKENS: f64 = 64.0;
/// Examples offered as prompts.
const MOST_OFFERED: usize = 8;
/// Characters of an example in the list of prompts.
const SHOWN_CHARACTERS: usize = 48;

/// The beginning of a text, for a list.
fn beginning(text: &str) -> String {
    let line = text.lines().find(|l| !l.trim().is_empty()).unwrap_or_default();
    let mut out: String = line.chars().take(SHOWN_CHARACTERS).collect();
    if line.chars().count() > SHOWN_CHARACTERS {
        out.push('…');
    }
    out
}

/// At most so many of the last bytes of a text, whole characters: a prompt ends with what is asked.
fn ending(text: &str, most: usize) -> String {
    let begin = (text.len().saturating_sub(most)..=text.len()).find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text[begin..].to_owned()
}

/// What one of them wrote.
#[derive(Clone, Debug, PartialEq)]
struct Written {
    /// `None`: the base.
    by: Option<Keepsake>,
    text: String,
    /// Tokens a second; of nothing there is none.
    speed: Option<f64>,
}

fn written(table: &Table, kept: &[Keepsake]) -> Vec<Written> {
    let one = |i: usize| {
        let run = table.text(i, "run").unwrap_or_default();
        let by = kept.iter().find(|k| k.run == run).cloned();
        // A training that was forgotten meanwhile has no name any more.
        if by.is_none() && !run.is_empty() {
            return None;
        }
        let (tokens, millis) = (table.number(i, "tokens")?, table.number(i, "millis")?);
        let speed = (millis > 0.0).then(|| tokens / millis * 1000.0);
        Some(Written { by, text: table.text(i, "text").unwrap_or_default().to_owned(), speed })
    };
    (0..table.rows.len()).filter_map(one).collect()
}

/// A text with the name of who wrote it.
fn card(lang: Lang, written: Written) -> AnyView {
    let Written { by, text, speed } = written;
    let base = Look { colour: "var(--ink-3)", nth: 0 };
    let (look, name) = by.map_or((base, msg::tune_base(lang).to_owned()), |k| (look(k.method), k.name));
    let speed = speed.map(|s| msg::tune_speed(lang, &number(lang, s, 0)));
    view! {
        <article class="writer">
            <h3><Swatch look/>{name}<span class="note">{speed}</span></h3>
            <p class="token-text small">{text}</p>
        </article>
    }
    .into_any()
}

/// The texts side by side.
#[component]
pub(super) fn Writing(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let kept = Memo::new(move |_| Arc::new(lab.keep.table(tables::KEPT).map(|t| keepsakes(&t)).unwrap_or_default()));
    let offered = Memo::new(move |_| {
        let Some(table) = lab.look.table(tables::PREVIEW) else { return Vec::new() };
        let rows = (0..table.rows.len()).filter(|i| table.text(*i, "split") == Some("test"));
        rows.filter_map(|i| table.text(i, "prompt").map(str::to_owned)).take(MOST_OFFERED).collect()
    });
    let prompt = RwSignal::new(String::new());
    // Until somebody writes a prompt it is the first test example.
    let is_own = RwSignal::new(false);
    Effect::new(move || {
        let first = offered.with(|o| o.first().map(|p| ending(p, MAX_PROMPT_BYTES)));
        if let Some(first) = first.filter(|_| !is_own.get_untracked()) {
            prompt.set(first);
        }
    });
    // `None`: those of the last run, which nobody has changed yet.
    let picked = RwSignal::new(None::<Vec<String>>);
    let writers = Memo::new(move |_| {
        let of_run = || lab.trainings.with(|all| all.iter().map(|t| t.run.clone()).collect::<Vec<_>>());
        let wanted = picked.get().unwrap_or_else(of_run);
        kept.with(|kept| {
            let there = kept.iter().filter(|k| wanted.contains(&k.run)).map(|k| k.run.clone());
            there.take(MOST_WRITERS).collect::<Vec<String>>()
        })
    });
    let choices = Signal::derive(move || {
        let writers = writers.get();
        kept.with(|kept| {
            let choice = |k: &Keepsake| Choice {
                name: k.name.clone(),
                note: String::new(),
                look: Some(look(k.method)),
                on: writers.contains(&k.run),
            };
            kept.iter().map(choice).collect::<Vec<_>>()
        })
    });
    let toggle = Callback::new(move |i: usize| {
        let Some(run) = kept.with_untracked(|k| k.get(i).map(|k| k.run.clone())) else { return };
        let mut now = writers.get_untracked();
        match now.iter().position(|r| *r == run) {
            Some(at) => drop(now.remove(at)),
            None if now.len() < MOST_WRITERS => now.push(run),
            None => {}
        }
        picked.set(Some(now));
    });
    let tokens = RwSignal::new(24.0f64);
    let run = Callback::new(move |()| {
        let prompt = prompt.get_untracked();
        if prompt.trim().is_empty() {
            return;
        }
        let task = Task::Write { prompt, runs: writers.get_untracked(), tokens: tokens.get_untracked() as u32 };
        lab.runner.run(lab.write, &Command::Tune { task });
    });
    let examples = move || {
        let mut titles: Vec<String> = offered.with(|o| o.iter().map(|p| beginning(p)).collect());
        titles.push(msg::tune_own_prompt(lang).to_owned());
        let chosen = Signal::derive(move || {
            let now = prompt.get();
            offered.with(|o| o.iter().position(|p| ending(p, MAX_PROMPT_BYTES) == now).unwrap_or(o.len()))
        });
        let choose = Callback::new(move |i: usize| {
            if let Some(text) = offered.with_untracked(|o| o.get(i).map(|p| ending(p, MAX_PROMPT_BYTES))) {
                is_own.set(true);
                prompt.set(text);
            }
        });
        view! { <Select label=msg::tune_prompt(lang) options=titles selected=chosen on_select=choose/> }.into_any()
    };
    let typed = move |ev| {
        is_own.set(true);
        prompt.set(shortened(&event_target_value(&ev), MAX_PROMPT_BYTES));
    };
    let cards = move || {
        let table = lab.write.table(tables::WRITTEN)?;
        let all = kept.with(|kept| written(&table, kept));
        Some(all.into_iter().map(|w| card(lang, w)).collect_view())
    };
    let none = move || kept.with(|k| k.is_empty());
    let barred = move || lab.is_training() || prompt.with(|p| p.trim().is_empty());
    let id = unique_id();
    view! {
        <Chapter id="writing" title=msg::tune_writing(lang) finding=Signal::stored(msg::tune_writing_finding(lang).to_owned())>
            <div class="text-lab sweep">
            <p class="hint">{msg::tune_writing_hint(lang)}</p>
            <div class="prompt-row">
                <div>{examples}<Slider label=msg::tune_tokens(lang) value=tokens on_input=Callback::new(move |v| tokens.set(v)) min=1.0 max=MAX_TOKENS/></div>
                <div class="prompt">
                    <label for=id.clone()>{msg::tune_prompt_typed(lang)}</label>
                    <textarea id=id rows="4" maxlength=MAX_PROMPT_BYTES spellcheck="false" prop:value=prompt on:input=typed></textarea>
                </div>
            </div>
            <div hidden=none><ToggleList label=msg::tune_writers(lang) choices on_toggle=toggle across=true/></div>
            <div class:barred=barred><RunButton view=lab.write label=msg::tune_write(lang) on_run=run/></div>
            <div class="writers">{cards}</div>
            </div>
        </Chapter>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::super::kept::sample;
    use super::*;

    #[test]
    fn who_wrote_is_named_and_what_was_forgotten_is_left_out() {
        let mut table = Table::new("written", &["run", "text", "tokens", "millis"]);
        let row = |run: &str, millis: f64| vec![run.into(), "good".into(), 4.0.into(), millis.into()];
        table.rows = vec![row("", 20.0), row("b", 0.0), row("gone", 10.0)];
        let all = written(&table, &keepsakes(&sample()));
        assert_eq!(all.len(), 2);
        assert_eq!((all[0].by.is_none(), all[0].speed), (true, Some(200.0)));
        assert_eq!(all[1].by.as_ref().map(|k| k.name.as_str()), Some("My b"));
        assert_eq!(all[1].speed, None);
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(ending("año", 2), "o");
        assert_eq!(ending("año", 3), "ño");
        assert_eq!(ending("año", 9), "año");
        assert_eq!(beginning("\n¿Qué?\nmás"), "¿Qué?");
        assert_eq!(beginning(&"ñ".repeat(60)).chars().count(), SHOWN_CHARACTERS + 1);
    }
}
