//! Figures that others have published, beside which the ones measured here may be held.

use leptos::prelude::*;

use super::words::look;
use crate::labs::tune::Method;
use crate::text::{Lang, msg, number, significant};
use crate::ui::{DataTable, Row, Shown, use_lang};

/// Parameters of GPT-3, in millions.
const ALL_MILLIONS: f64 = 175_255.8;

/// One row of the paper's table: name, the method here that it is closest to, millions of trained parameters, accuracy on
/// WikiSQL and on MNLI-m in per cent.
type Line = (&'static str, Method, f64, f64, f64);

/// GPT-3 175B, fine-tuned in several ways.
///
/// # Source
/// Hu et al. 2021, "LoRA: Low-Rank Adaptation of Large Language Models", arXiv:2106.09685, table 4.
const GPT3: [Line; 7] = [
    ("Fine-tuning", Method::Full, ALL_MILLIONS, 73.8, 89.5),
    ("LoRA", Method::Lora, 4.7, 73.4, 91.7),
    ("LoRA", Method::Lora, 37.7, 74.0, 91.6),
    ("AdapterH", Method::Adapter, 7.1, 71.9, 89.8),
    ("AdapterH", Method::Adapter, 40.1, 73.2, 91.5),
    ("PrefixEmbed", Method::Prompt, 3.2, 63.1, 88.6),
    ("PrefixLayer", Method::DeepPrompt, 20.2, 70.1, 89.5),
];

fn rows(lang: Lang) -> Vec<Row> {
    let shown = |text: String, sort: f64| Shown { text, sort: Some(sort) };
    let row = |(name, method, millions, wikisql, mnli): Line| {
        let percent = millions / ALL_MILLIONS * 100.0;
        let cells = vec![
            Shown { text: name.to_owned(), sort: None },
            shown(number(lang, millions, 1), millions),
            shown(significant(lang, percent, 2) + "\u{a0}%", percent),
            shown(number(lang, wikisql, 1), wikisql),
            shown(number(lang, mnli, 1), mnli),
        ];
        Row { cells, look: Some(look(method)) }
    };
    GPT3.into_iter().map(row).collect()
}

/// The figures and why those measured here differ.
#[component]
pub(super) fn Published() -> impl IntoView {
    let lang = use_lang().get_untracked();
    let columns = vec![
        msg::tune_method(lang),
        msg::tune_col_millions(lang),
        msg::tune_col_share(lang),
        "WikiSQL (%)",
        "MNLI-m (%)",
    ];
    view! {
        <DataTable caption=msg::tune_published(lang) columns rows=Signal::stored(rows(lang))/>
        <p class="hint">{msg::tune_published_source(lang)}</p>
        <p class="hint">{msg::tune_published_why(lang)}</p>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lectures_two_hundredths_of_a_per_cent_are_in_the_table() {
        let rows = rows(Lang::Es);
        assert_eq!(rows[2].cells[1].text, "37,7");
        assert_eq!(rows[2].cells[2].text, "0,022\u{a0}%");
        assert_eq!(rows[0].cells[2].text, "100\u{a0}%");
    }
}
