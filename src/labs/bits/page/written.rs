//! The same prompt continued by FP32 and by the plan, token by token.

use leptos::prelude::*;

use super::lab::Lab;
use crate::labs::bits::{Config, MAX_PROMPT_BYTES, tables};
use crate::text::{Lang, integer, msg};
use crate::ui::{Select, unique_id, use_lang};

type Title = fn(Lang) -> &'static str;

/// Prompts in the languages of the model.
const PROMPTS: [(Title, &str); 5] = [
    (msg::bits_prompt_story, "En Villaluna vivía una chica que se llamaba Marta."),
    (msg::bits_prompt_sum, "12 + 5 = 17.\n8 + 7 ="),
    (msg::bits_prompt_questions, "¿Dónde vive Rosa?\n¿Qué come la vaca?\n"),
    (msg::bits_prompt_english, "In Torremiel there lived a girl called Rita."),
    (msg::bits_prompt_clinic, "Yesterday I went to the clinic in Montesol. I had"),
];

/// Both texts.
#[component]
pub(super) fn Written(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let chosen =
        Memo::new(move |_| lab.config.with(|c| PROMPTS.iter().position(|p| p.1 == c.prompt).unwrap_or(PROMPTS.len())));
    let mut titles: Vec<String> = PROMPTS.iter().map(|p| (p.0)(lang).to_owned()).collect();
    titles.push(msg::bits_prompt_own(lang).to_owned());
    let choose = Callback::new(move |i: usize| {
        if let Some((_, prompt)) = PROMPTS.get(i) {
            lab.config.update(|c: &mut Config| c.prompt = (*prompt).to_owned());
        }
    });
    let table = Memo::new(move |_| lab.look.table(tables::WRITTEN));
    let side = move |column: &'static str, other: &'static str| {
        move || {
            table.with(|t| {
                let t = t.as_ref()?;
                let word = |i: usize, c: &str| t.text(i, c).unwrap_or_default().to_owned();
                let first = (0..t.rows.len()).find(|i| word(*i, column) != word(*i, other));
                let tokens = (0..t.rows.len()).map(|i| {
                    // What follows the first difference differs for that reason: only equal places count after it.
                    let differs = word(i, column) != word(i, other);
                    let class = if Some(i) == first {
                        "differs parting"
                    } else if differs {
                        "differs"
                    } else {
                        ""
                    };
                    view! { <span class=class>{word(i, column)}</span> }.into_any()
                });
                Some(tokens.collect_view())
            })
        }
    };
    let verdict = move || {
        table.with(|t| {
            let t = t.as_ref()?;
            let first = (0..t.rows.len()).find(|i| t.text(*i, "base") != t.text(*i, "plan"));
            Some(match first {
                None => msg::bits_written_same(lang, &integer(lang, t.rows.len() as u64)),
                Some(at) => msg::bits_written_differs(lang, &integer(lang, at as u64 + 1)),
            })
        })
    };
    let id = unique_id();
    let typed = move |ev| {
        let text: String = event_target_value(&ev);
        let end = (0..=text.len().min(MAX_PROMPT_BYTES)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        if end > 0 {
            lab.config.update(|c| c.prompt = text[..end].to_owned());
        }
    };
    let stale = move || lab.is_stale();
    view! {
        <section class="fig written" class:stale=stale aria-labelledby="written">
            <div class="head"><h2 id="written">{msg::bits_written(lang)}</h2><span class="note" role="status">{verdict}</span></div>
            <div class="prompt-row">
                <Select label=msg::bits_prompt(lang) options=titles selected=chosen on_select=choose/>
                <div class="search">
                    <label for=id.clone()>{msg::bits_prompt_text(lang)}</label>
                    <input id=id type="text" maxlength=MAX_PROMPT_BYTES spellcheck="false" prop:value=move || lab.config.with(|c| c.prompt.clone()) on:change=typed/>
                </div>
            </div>
            <div class="two-texts">
                <div><h3>"FP32"</h3><p class="token-text small">{side("base", "plan")}</p></div>
                <div><h3>{msg::bits_this_plan(lang)}</h3><p class="token-text small">{side("plan", "base")}</p></div>
            </div>
            <p class="hint">{msg::bits_written_hint(lang)}</p>
        </section>
    }
    .into_any()
}
