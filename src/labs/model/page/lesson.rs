//! The lesson: prose of this site, and its questions.

use leptos::prelude::*;

use super::challenge::{Heat, Seed};
use super::lab::Lab;
use crate::text::msg;
use crate::ui::use_lang;

/// The lesson in the language of the page.
#[component]
pub(super) fn Lesson(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    view! { <crate::ui::Lesson lab="model" heading=msg::model_questions(lang)><Heat lab/><Seed lab/></crate::ui::Lesson> }.into_any()
}
