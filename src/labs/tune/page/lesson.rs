//! The lesson: prose of this site, and its questions.

use leptos::prelude::*;

use super::challenge::{Forgets, Quantized, Rank};
use super::lab::Lab;
use crate::text::msg;
use crate::ui::use_lang;

/// The lesson in the language of the page.
#[component]
pub(super) fn Lesson(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    view! { <crate::ui::Lesson lab="tune" heading=msg::model_questions(lang)><Rank lab/><Quantized lab/><Forgets lab/></crate::ui::Lesson> }
        .into_any()
}
