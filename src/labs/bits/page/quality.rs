//! What a plan costs and what it spoils, in large figures.

use leptos::prelude::*;

use super::lab::Lab;
use crate::labs::bits::tables;
use crate::protocol::Table;
use crate::text::{Lang, bytes, integer, msg, number, percent, significant};
use crate::ui::{Notice, RunStatus, use_lang};

/// The row of a language in the table of quality.
fn row_of(table: &Table, language: &str) -> Option<usize> {
    (0..table.rows.len()).find(|i| table.text(*i, "language") == Some(language))
}

/// A figure: its name, its value, and a remark below.
fn tile(name: &'static str, value: String, remark: String, class: &'static str) -> AnyView {
    view! { <div class=class><dt>{name}</dt><dd>{value}</dd><dd class="remark">{remark}</dd></div> }.into_any()
}

/// Perplexity in one language, and how it compares with FP32.
fn perplexity(lang: Lang, table: &Table, language: &str, name: &'static str) -> Option<AnyView> {
    let row = row_of(table, language)?;
    let (now, reference) = (table.number(row, "perplexity")?, table.number(row, "reference")?);
    let rise = now / reference - 1.0;
    let sign = if rise >= 0.0 { "+" } else { "" };
    let remark = msg::bits_against(lang, &[sign, &percent(lang, rise, 1)].concat(), &number(lang, reference, 2));
    let class = if rise > 0.1 { "tile spoiled" } else { "tile" };
    Some(tile(name, significant(lang, now, 4), remark, class))
}

/// A mean over the languages, weighted by their tokens.
pub(super) fn mean(table: &Table, column: &str) -> Option<f64> {
    let rows = 0..table.rows.len();
    let tokens: f64 = rows.clone().filter_map(|i| table.number(i, "tokens")).sum();
    let sum: f64 = rows.filter_map(|i| Some(table.number(i, "tokens")? * table.number(i, column)?)).sum();
    (tokens > 0.0).then(|| sum / tokens)
}

/// Perplexity over both languages: the exponential of the mean loss.
pub(super) fn both(table: &Table, column: &str) -> Option<f64> {
    let rows = 0..table.rows.len();
    let tokens: f64 = rows.clone().filter_map(|i| table.number(i, "tokens")).sum();
    let nats: f64 = rows.filter_map(|i| Some(table.number(i, "tokens")? * table.number(i, column)?.ln())).sum();
    (tokens > 0.0).then(|| (nats / tokens).exp())
}

/// The share of FP32's bytes that a table of size tells of.
pub(super) fn share(table: &Table) -> Option<f64> {
    Some(table.number(0, "packed_bytes")? / table.number(0, "fp32_bytes")?)
}

/// The figures.
#[component]
pub(super) fn Quality(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let figures = move || {
        let table = lab.look.table(tables::QUALITY)?;
        let kl = mean(&table, "kl")?;
        let agreement = mean(&table, "agreement")?;
        let tokens: f64 = (0..table.rows.len()).filter_map(|i| table.number(i, "tokens")).sum();
        let all = vec![
            perplexity(lang, &table, "es", msg::bits_perplexity_es(lang)),
            perplexity(lang, &table, "en", msg::bits_perplexity_en(lang)),
            Some(tile(msg::bits_kl(lang), significant(lang, kl, 3), msg::bits_kl_remark(lang).to_owned(), "tile")),
            Some(tile(
                msg::bits_agreement(lang),
                percent(lang, agreement, 1),
                msg::bits_agreement_remark(lang, &integer(lang, tokens as u64)),
                "tile",
            )),
        ];
        Some(all.into_iter().flatten().collect_view())
    };
    let sizes = move || {
        let table = lab.look.table(tables::SIZE)?;
        let get = |column: &str| table.number(0, column).unwrap_or(f64::NAN);
        let packed = tile(
            msg::bits_packed(lang),
            bytes(lang, get("packed_bytes") as u64),
            msg::bits_packed_remark(lang, &number(lang, get("bits_per_weight"), 2), &percent(lang, share(&table)?, 1)),
            "tile",
        );
        let allocated = tile(
            msg::bits_allocated(lang),
            bytes(lang, get("allocated_bytes") as u64),
            msg::bits_allocated_remark(lang).to_owned(),
            "tile",
        );
        Some(view! { {packed}{allocated} }.into_any())
    };
    let failed = Signal::derive(move || match lab.look.status.get() {
        RunStatus::Failed(error) => Some(error.sentence(lang)),
        _ => None,
    });
    let stale = move || lab.is_stale();
    view! {
        <section class="fig quality" class:stale=stale aria-labelledby="quality" aria-busy=move || stale().to_string()>
            <div class="head"><h2 id="quality">{msg::bits_quality(lang)}</h2></div>
            <Notice text=failed/>
            <div hidden=move || failed.with(Option::is_none)>
                <button type="button" class="button" on:click=move |_| lab.again()>{msg::model_retry(lang)}</button>
            </div>
            <div role="status"><dl class="tiles">{figures}{sizes}</dl></div>
            <p class="hint">{msg::bits_quality_hint(lang)}</p>
        </section>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_count_by_their_tokens() {
        let mut table = Table::new("quality", &["language", "tokens", "perplexity", "kl"]);
        table.rows = vec![
            vec!["es".into(), 300.0.into(), 8.0.into(), 0.1.into()],
            vec!["en".into(), 100.0.into(), 2.0.into(), 0.5.into()],
        ];
        assert!((mean(&table, "kl").unwrap() - 0.2).abs() < 1e-12);
        assert!((both(&table, "perplexity").unwrap() - (2.5f64 * 2.0f64.ln()).exp()).abs() < 1e-12);
        assert_eq!(row_of(&table, "en"), Some(1));
    }
}
