//! The lesson: prose of this site, and its questions.

use leptos::prelude::*;

use super::challenge::{Groups, Weakest};
use super::lab::Lab;
use crate::text::msg;
use crate::ui::{fetch_text, root_url, use_lang};

/// The lesson in the language of the page.
#[component]
pub(super) fn Lesson(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let text = RwSignal::new(None::<Result<String, String>>);
    leptos::task::spawn_local(async move {
        let address = root_url(&["lessons/bits.", lang.code(), ".html"].concat());
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
                <h2 id="questions">{msg::model_questions(lang)}</h2>
                <Weakest lab/><Groups lab/>
            </section>
        </div>
    }
    .into_any()
}
