//! How every lab's page begins: its state from the address, and its question.

use leptos::prelude::*;

use super::{Notice, use_lang};
use crate::protocol::LabError;

/// The state that the address asks for, or the one to start with; and what was wrong with the address.
pub fn opened<C: Default>(asked: Option<Result<C, LabError>>) -> (C, RwSignal<Option<LabError>>) {
    let (state, fault) = match asked {
        Some(Ok(state)) => (state, None),
        Some(Err(error)) => (C::default(), Some(error)),
        None => (C::default(), None),
    };
    (state, RwSignal::new(fault))
}

/// The question of a lab, what it is about, and what was wrong with the address.
#[component]
pub fn LabHead(
    eyebrow: &'static str,
    question: &'static str,
    lede: &'static str,
    bad_link: RwSignal<Option<LabError>>,
) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let bad = Signal::derive(move || bad_link.with(|e| e.as_ref().map(|e| e.sentence(lang))));
    view! {
        <p class="eyebrow">{eyebrow}</p>
        <h1>{question}</h1>
        <p class="lede">{lede}</p>
        <Notice text=bad on_close=Callback::new(move |()| bad_link.set(None))/>
    }
    .into_any()
}
