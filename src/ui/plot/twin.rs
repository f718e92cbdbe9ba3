//! The table behind a plot, for screen readers and for the curious; its rows exist only while it is open.

use leptos::prelude::*;

use super::super::use_lang;
use super::{PlotSpec, place_text, value_text};
use crate::text::msg;

/// Rows shown at once; a longer table is better read as a file.
const MOST_ROWS: usize = 400;

/// The data of a plot as a table.
#[component]
pub(super) fn Twin(spec: Signal<PlotSpec>) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let open = RwSignal::new(false);
    let rows = move || {
        if !open.get() {
            return None;
        }
        spec.with(|spec| {
            let points = spec.series.iter().flat_map(|s| {
                s.points.iter().enumerate().map(move |(i, p)| (s.names.get(i).unwrap_or(&s.label), p))
            });
            let rows: Vec<_> = points
                .take(MOST_ROWS)
                .map(|(name, [from, to, value])| {
                    let x = place_text(lang, *from, *to);
                    // Where the axis has names, the value is the place of one.
                    let y = spec.y.names.get(*value as usize).cloned().unwrap_or_else(|| value_text(lang, *value));
                    view! { <tr><th scope="row">{name.clone()}</th><td>{x}</td><td>{y}</td></tr> }
                })
                .collect();
            let head = view! {
                <thead><tr>
                    <th scope="col">{msg::ui_series(lang)}</th>
                    <th scope="col">{spec.x.title.clone()}</th>
                    <th scope="col">{spec.y.title.clone()}</th>
                </tr></thead>
            };
            Some(view! { <div class="twin-rows" tabindex="0" role="region" aria-label=spec.title.clone()><table>{head}<tbody>{rows}</tbody></table></div> }.into_any())
        })
    };
    let toggled = move |ev: web_sys::Event| {
        let details: web_sys::Element = event_target(&ev);
        open.set(details.has_attribute("open"));
    };
    view! {
        <details class="twin" on:toggle=toggled>
            <summary>{msg::ui_twin(lang)}</summary>
            {rows}
        </details>
    }
    .into_any()
}
