//! The lesson: prose of this site, and its questions.

use leptos::prelude::*;

use super::challenge::{QUESTIONS, Question};
use super::lab::Lab;
use crate::text::msg;
use crate::ui::use_lang;

/// The lesson in the language of the page.
#[component]
pub(super) fn Lesson(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let questions = QUESTIONS.iter().map(|challenge| view! { <Question lab challenge/> }).collect_view();
    view! { <crate::ui::Lesson lab="kernel" heading=msg::quant_questions(lang)>{questions}</crate::ui::Lesson> }
        .into_any()
}
