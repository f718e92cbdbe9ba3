//! A small matrix of numbers between 0 and 1, each in a cell of its colour: a heatmap that is read as a table.

use leptos::prelude::*;

use super::{ColourMap, use_lang};
use crate::text::number;

/// A matrix with names for its sides.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct HeatCells {
    pub caption: String,
    /// What runs downwards, and what runs across.
    pub axes: [String; 2],
    pub rows: Vec<String>,
    pub cols: Vec<String>,
    /// Row by row; NaN where nothing was measured.
    pub values: Vec<f64>,
}

/// The CSS colour of a cell, and black or white, whichever is read better on it.
fn colours(value: f64) -> (String, &'static str) {
    let [r, g, b] = ColourMap::Viridis.at(value);
    let linear = |c: u8| (f64::from(c) / 255.0).powf(2.2);
    // WCAG 2's relative luminance; black and white contrast equally at 0.18.
    let luminance = 0.2126 * linear(r) + 0.7152 * linear(g) + 0.0722 * linear(b);
    (format!("rgb({r} {g} {b})"), if luminance > 0.18 { "#000" } else { "#fff" })
}

/// The matrix.
#[component]
pub fn HeatTable(#[prop(into)] cells: Signal<HeatCells>) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let body = move || {
        cells.with(|cells| {
            let head = cells.cols.iter().map(|name| view! { <th scope="col">{name.clone()}</th> }.into_any());
            let head: Vec<AnyView> = head.collect();
            let rows = cells.rows.iter().enumerate().map(|(i, name)| {
                let row = cells.values.iter().skip(i * cells.cols.len()).take(cells.cols.len());
                let row: Vec<AnyView> = row
                    .map(|value| {
                        let (background, ink) = colours(*value);
                        let text = number(lang, *value, 2);
                        view! { <td style:background=background style:color=ink>{text}</td> }.into_any()
                    })
                    .collect();
                view! { <tr><th scope="row">{name.clone()}</th>{row}</tr> }.into_any()
            });
            let rows: Vec<AnyView> = rows.collect();
            let [down, across] = cells.axes.clone();
            view! {
                <table class="heat-table">
                    <caption>{cells.caption.clone()}</caption>
                    <thead>
                        <tr><td></td><th scope="colgroup" colspan=cells.cols.len().to_string()>{across}</th></tr>
                        <tr><th scope="col">{down}</th>{head}</tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            }
            .into_any()
        })
    };
    view! { <div class="heat-place" tabindex="0" role="region" aria-label=move || cells.with(|c| c.caption.clone())>{body}</div> }
        .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_stands_out_from_its_cell() {
        assert_eq!(colours(0.0), ("rgb(68 1 84)".to_owned(), "#fff"));
        assert_eq!(colours(1.0), ("rgb(253 231 37)".to_owned(), "#000"));
        assert_eq!(colours(f64::NAN).1, "#000", "grey where nothing was measured");
    }
}
