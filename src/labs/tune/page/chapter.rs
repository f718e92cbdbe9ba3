//! A chapter of the results: one line that says what was found, and everything behind it once it is opened.

use leptos::prelude::*;

/// The chapter; `id` is that of its heading.
#[component]
pub(super) fn Chapter(
    id: &'static str,
    title: &'static str,
    /// What stands beside the title: what was found, or when there will be something to see.
    #[prop(into)]
    finding: Signal<String>,
    /// Opens and closes it whenever it changes; in between it is as the reader left it.
    #[prop(optional, into)]
    open: Option<Signal<bool>>,
    children: Children,
) -> impl IntoView {
    let is_open = move || open.is_some_and(|open| open.get());
    view! {
        <section class=["fig chapter ", id].concat() aria-labelledby=id>
            <details class="details" prop:open=is_open>
                <summary><h2 id=id>{title}</h2><span class="finding">{finding}</span></summary>
                <div class="chapter-body">{children()}</div>
            </details>
        </section>
    }
    .into_any()
}
