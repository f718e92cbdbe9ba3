//! What the model is and what it takes.

use leptos::prelude::*;

use super::lab::Lab;
use crate::labs::model::tables;
use crate::text::{bytes, integer, msg, significant};
use crate::ui::use_lang;

/// The numbers.
#[component]
pub(super) fn Numbers(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let rows = move || {
        let model = lab.run.table(tables::MODEL)?;
        let get = |column: &str| model.number(0, column).unwrap_or(f64::NAN);
        let whole = |column: &str| integer(lang, get(column) as u64);
        let mut rows = vec![
            (msg::model_parameters(lang), whole("parameters")),
            (
                msg::model_layers(lang),
                msg::model_layers_value(lang, &whole("heads"), &whole("key_heads"), &whole("layers")),
            ),
            (msg::model_channels(lang), whole("channels")),
            (msg::model_vocabulary(lang), whole("vocabulary")),
            (msg::model_context(lang), whole("context")),
            (msg::model_file(lang), bytes(lang, get("file_bytes") as u64)),
            (msg::model_weights(lang), bytes(lang, get("weight_bytes") as u64)),
            (msg::model_load(lang), [significant(lang, get("load_millis"), 3).as_str(), " ms"].concat()),
        ];
        if let Some(speed) = lab.run.table(tables::SPEED) {
            let get = |column: &str| speed.number(0, column).unwrap_or(f64::NAN) as u64;
            let cache = msg::model_cache_value(
                lang,
                &bytes(lang, get("cache_capacity_bytes")),
                &bytes(lang, get("cache_bytes")),
            );
            rows.push((msg::model_cache(lang), cache));
        }
        let row = |(name, value)| view! { <div><dt>{name}</dt><dd>{value}</dd></div> }.into_any();
        Some(rows.into_iter().map(row).collect_view())
    };
    view! {
        <section class="fig" aria-labelledby="numbers">
            <h2 id="numbers">{msg::model_numbers(lang)}</h2>
            <dl class="facts">{rows}</dl>
        </section>
    }
    .into_any()
}
