//! A table that sorts, lets a row be chosen, and turns into cards on a narrow screen.

use std::cmp::Ordering;

use leptos::prelude::*;

use super::{Look, use_lang};
use crate::text::msg;

/// A cell: what is shown, and the number to sort by where there is one.
#[derive(Clone, Debug, PartialEq)]
pub struct Shown {
    pub text: String,
    pub sort: Option<f64>,
}

/// A row; `look` gives it a swatch.
#[derive(Clone, Debug, PartialEq)]
pub struct Row {
    pub cells: Vec<Shown>,
    pub look: Option<Look>,
}

/// The order of the rows for a column; `None` keeps the given order.
fn order(rows: &[Row], by: Option<(usize, bool)>) -> Vec<usize> {
    let mut places: Vec<usize> = (0..rows.len()).collect();
    if let Some((column, up)) = by {
        let key = |i: usize| rows[i].cells.get(column);
        places.sort_by(|a, b| {
            let ordered = match (key(*a), key(*b)) {
                (Some(Shown { sort: Some(a), .. }), Some(Shown { sort: Some(b), .. })) => a.total_cmp(b),
                (Some(a), Some(b)) => a.text.cmp(&b.text),
                _ => Ordering::Equal,
            };
            if up { ordered } else { ordered.reverse() }
        });
    }
    places
}

/// A table.
#[component]
pub fn DataTable(
    caption: &'static str,
    columns: Vec<&'static str>,
    #[prop(into)] rows: Signal<Vec<Row>>,
    /// Index into the unsorted rows.
    #[prop(optional, into)]
    selected: Option<Signal<usize>>,
    #[prop(optional)] on_select: Option<Callback<usize>>,
) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let by = RwSignal::new(None::<(usize, bool)>);
    let titles = columns.clone();
    let heads: Vec<_> = columns
        .into_iter()
        .enumerate()
        .map(|(i, title)| {
            let state = move || match by.get() {
                Some((column, true)) if column == i => "ascending",
                Some((column, false)) if column == i => "descending",
                _ => "none",
            };
            let press = move |_| {
                by.update(|by| {
                    *by = match *by {
                        Some((column, false)) if column == i => Some((i, true)),
                        Some((column, true)) if column == i => None,
                        _ => Some((i, false)),
                    }
                })
            };
            view! { <th scope="col" aria-sort=state><button type="button" on:click=press>{title}</button></th> }
        })
        .collect();
    let body = move || {
        rows.with(|rows| {
            let line = |place: usize| {
                let row = &rows[place];
                let look = row.look;
                let is_selected = move || selected.is_some_and(|s| s.get() == place);
                let cells: Vec<_> = row
                    .cells
                    .iter()
                    .enumerate()
                    .map(|(i, cell)| {
                        let text = cell.text.clone();
                        if i > 0 {
                            return view! { <td data-label=titles.get(i).copied()>{text}</td> }.into_any();
                        }
                        let swatch = look.map(|look| view! { <Swatch look/> });
                        match on_select {
                            Some(choose) => view! {
                                <th scope="row">
                                    <button type="button" aria-pressed=move || is_selected().to_string() on:click=move |_| choose.run(place)>
                                        {swatch}{text}
                                    </button>
                                </th>
                            }
                            .into_any(),
                            None => view! { <th scope="row">{swatch}{text}</th> }.into_any(),
                        }
                    })
                    .collect();
                let press = move |_| {
                    if let Some(choose) = on_select {
                        choose.run(place);
                    }
                };
                view! { <tr class:selected=is_selected class:choosable=on_select.is_some() on:click=press>{cells}</tr> }.into_any()
            };
            order(rows, by.get()).into_iter().map(line).collect_view()
        })
    };
    view! {
        <table class="data">
            <caption class="hidden">{caption} " " {msg::ui_sortable(lang)}</caption>
            <thead><tr>{heads}</tr></thead>
            <tbody>{body}</tbody>
        </table>
    }
    .into_any()
}

/// The colour, dash and marker of a series, small.
#[component]
pub fn Swatch(look: Look) -> impl IntoView {
    view! {
        <svg class="swatch" width="26" height="12" aria-hidden="true">
            <path d="M0 6L26 6" stroke=look.colour stroke-width="2.5" stroke-dasharray=look.dash()></path>
            <path d=look.marker(13.0, 6.0, 4.2) fill=look.colour stroke="var(--sheet)"></path>
        </svg>
    }
    .into_any()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_sort_as_numbers_and_infinity_is_the_largest() {
        let row =
            |text: &str, sort: f64| Row { cells: vec![Shown { text: text.into(), sort: Some(sort) }], look: None };
        let rows = [row("9,5", 9.5), row("∞", f64::INFINITY), row("10,1", 10.1)];
        assert_eq!(order(&rows, Some((0, true))), [0, 2, 1]);
        assert_eq!(order(&rows, Some((0, false))), [1, 2, 0]);
        assert_eq!(order(&rows, None), [0, 1, 2]);
    }
}
