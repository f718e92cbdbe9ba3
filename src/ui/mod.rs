//! Pieces of the page that any lab uses. Knows no lab.

mod run;

pub use run::{Bridge, RunStatus, RunView, Runner};

use leptos::prelude::*;

use crate::text::Lang;

/// The language of the page, from context; tracks when read in a reactive place.
pub fn use_lang() -> RwSignal<Lang> {
    expect_context::<RwSignal<Lang>>()
}
