//! The lesson of a lab: prose of this site, and questions beside it.

use leptos::prelude::*;

use super::{fetch_text, root_url, use_lang};
use crate::text::msg;

/// The prose in the language of the page, fetched when it is shown, and the questions.
#[component]
pub fn Lesson(
    /// The word in the names of its files: `quant`.
    lab: &'static str,
    /// The heading of the questions.
    heading: &'static str,
    children: Children,
) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let text = RwSignal::new(None::<Result<String, String>>);
    leptos::task::spawn_local(async move {
        let address = root_url(&["lessons/", lab, ".", lang.code(), ".html"].concat());
        let fetched = fetch_text(&address).await.map_err(|e| e.sentence(lang));
        // The page may be gone by now.
        drop(text.try_set(Some(fetched)));
    });
    let body = move || match text.get() {
        None => view! { <p class="hint">{msg::ui_reading(lang)}</p> }.into_any(),
        // Rendered from this repository's own Markdown when the site was built; nothing a visitor wrote gets here.
        Some(Ok(html)) => view! { <div inner_html=html></div> }.into_any(),
        Some(Err(sentence)) => view! { <p class="hint">{sentence}</p> }.into_any(),
    };
    view! {
        <div class="lesson">
            <article class="prose">{body}</article>
            <section class="questions" aria-labelledby="questions">
                <h2 id="questions">{heading}</h2>
                {children()}
            </section>
        </div>
    }
    .into_any()
}
