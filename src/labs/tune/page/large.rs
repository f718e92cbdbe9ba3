//! The formula of memory for models that no browser holds, and the lecture's figures beside what it gives.

use leptos::prelude::*;

use super::chapter::Chapter;
use super::lab::Lab;
use super::ledger::{parts_of, stacked};
use super::plans::{Figures, MODELS, TOKENS, WAYS, figures, large};
use crate::labs::tune::{Method, PeftSettings};
use crate::text::{Lang, integer, msg, number, significant};
use crate::ui::{DataTable, Look, Marks, Plot, PlotSpec, Row, Shown, use_lang};

const GIGABYTE: f64 = 1e9;
/// The memory of a large card for data centres, in gigabytes: what the lecture's A100 has.
const CARD: f64 = 80.0;
/// The lecture's model, which the picture begins with.
const LECTURES: usize = 2;

type Title = fn(Lang) -> &'static str;

/// The names of [`WAYS`].
const NAMES: [Title; 4] = [msg::tune_way_single, msg::tune_way_mixed, msg::tune_way_lora, msg::tune_way_qlora];

fn gigabytes(lang: Lang, bytes: u64) -> String {
    number(lang, bytes as f64 / GIGABYTE, 1) + "\u{a0}GB"
}

/// A model a row: what each way takes, and which part of it LoRA would train.
fn rows(lang: Lang, settings: &PeftSettings) -> Vec<Row> {
    let row = |(name, model)| {
        let mut cells = vec![Shown { text: str::to_owned(name), sort: None }];
        for way in &WAYS {
            let total = large(model, way, settings).total();
            cells.push(Shown { text: gigabytes(lang, total), sort: Some(total as f64) });
        }
        let percent = 100.0 * model.trained(Method::Lora, settings) as f64 / model.parameters as f64;
        cells.push(Shown { text: significant(lang, percent, 2) + "\u{a0}%", sort: Some(percent) });
        Row { cells, look: None }
    };
    MODELS.iter().map(|(name, model)| row((*name, model))).collect()
}

/// Every way to train one of the models, as bars of parts.
fn bars(lang: Lang, chosen: usize, settings: &PeftSettings) -> PlotSpec {
    let (name, model) = &MODELS[chosen];
    let row = |i: usize| {
        let parts = parts_of(&large(model, &WAYS[i], settings)).map(|bytes| bytes as f64 / GIGABYTE);
        (NAMES[i](lang).to_owned(), parts)
    };
    let rows: Vec<_> = (0..WAYS.len()).map(row).collect();
    let most = rows.iter().map(|(_, parts)| parts.iter().sum::<f64>()).fold(0.0, f64::max);
    // A card that is far larger than all bars would only make them short.
    let card = Marks {
        label: msg::tune_card(lang, &number(lang, CARD, 0)),
        look: Look { colour: "var(--ink)", nth: 0 },
        at: vec![CARD],
    };
    let marks = if most >= CARD { vec![card] } else { Vec::new() };
    let title = msg::tune_large_title(lang, name);
    PlotSpec { marks, ..stacked(lang, "memory-large", title, "GB", &rows) }
}

/// The lecture's figures: what it says with what the formula gives, and what is counted.
fn said(lang: Lang) -> [(String, String); 3] {
    let Figures { weights, full, qlora, trained, share } = figures();
    let of = |bytes| gigabytes(lang, bytes);
    let adapter = qlora.trained + qlora.gradients + qlora.optimizer;
    let gibibytes = number(lang, qlora.total() as f64 / f64::from(1 << 30), 1);
    let percent = number(lang, share * 100.0, 3) + "\u{a0}%";
    [
        (msg::tune_figure_130(lang, &of(weights)), msg::tune_figure_130_why(lang, &of(full))),
        (
            msg::tune_figure_48(lang, &of(qlora.total())),
            msg::tune_figure_48_why(
                lang,
                &of(adapter),
                &gibibytes,
                &of(qlora.activations + qlora.workspace),
                &integer(lang, TOKENS),
                &of(qlora.weights),
            ),
        ),
        (msg::tune_figure_share(lang, &integer(lang, trained), &percent), msg::tune_figure_share_why(lang).to_owned()),
    ]
}

/// The chapter; it needs no run.
#[component]
pub(super) fn Large(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let chosen = RwSignal::new(LECTURES);
    let models = Signal::derive(move || lab.config.with(|c| rows(lang, &c.peft)));
    let spec = Signal::derive(move || lab.config.with(|c| bars(lang, chosen.get(), &c.peft)));
    let mut columns = vec![msg::tune_col_model(lang)];
    columns.extend(NAMES.map(|name| name(lang)));
    columns.push(msg::tune_col_lora_share(lang));
    let finding = Signal::derive(move || {
        models.with(|rows| {
            let of = |column: usize| rows[LECTURES].cells[column].text.clone();
            msg::tune_large_finding(lang, &of(2), &of(4))
        })
    });
    let hint = move || {
        let rank = lab.config.with(|c| c.peft.lora.rank);
        msg::tune_large_hint(lang, &integer(lang, rank.into()), &integer(lang, TOKENS))
    };
    let lines: Vec<AnyView> = said(lang)
        .into_iter()
        .map(|(what, why)| view! { <li><b>{what}</b><p class="hint">{why}</p></li> }.into_any())
        .collect();
    view! {
        <Chapter id="large" title=msg::tune_large(lang) finding>
            <p class="hint">{hint}</p>
            <DataTable caption=msg::tune_large(lang) columns rows=models selected=chosen on_select=Callback::new(move |i| chosen.set(i))/>
            <Plot spec=spec height=190.0/>
            <h3>{msg::tune_figures(lang)}</h3>
            <ul class="figures">{lines}</ul>
        </Chapter>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lectures_model_shrinks_from_row_to_row_and_its_card_is_marked() {
        let settings = PeftSettings::default();
        let rows = rows(Lang::En, &settings);
        assert_eq!(rows.len(), 4);
        let totals: Vec<f64> = rows[LECTURES].cells[1..5].iter().filter_map(|c| c.sort).collect();
        assert!(totals.windows(2).all(|pair| pair[0] > pair[1]), "{totals:?}");
        let spec = bars(Lang::En, LECTURES, &settings);
        let end = |row: usize| spec.series[5].points[row][1];
        assert!((end(3) * GIGABYTE - totals[3]).abs() < 1.0, "the parts add up to the total");
        assert_eq!(spec.marks[0].at, [80.0]);
        assert!(bars(Lang::En, 0, &settings).marks.is_empty(), "BERT is far smaller than a card");
    }

    #[test]
    fn the_lectures_figures_stand_beside_the_formulas() {
        let said = said(Lang::Es);
        for (i, expected) in ["130,6\u{a0}GB", "49,5\u{a0}GB", "0,022\u{a0}%"].into_iter().enumerate() {
            assert!(said[i].0.contains(expected), "{}", said[i].0);
        }
        assert!(said[0].1.contains("783,") && said[1].1.contains("46,1"), "{said:?}");
    }
}
