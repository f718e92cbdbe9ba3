//! What this is, what to do first, the lecture as a map of labs, and the visitor's machine.

mod map;
mod row;

use leptos::prelude::*;

use self::map::Map;
use self::row::RowFigure;
use super::header::place_url;
use super::shell::Place;
use super::standing::Standing;
use crate::text::msg;
use crate::ui::use_lang;

/// The first page.
#[component]
pub fn HomePage() -> impl IntoView {
    let lang = use_lang();
    let standing = Memo::new(move |_| Standing::now(lang.get()));
    view! {
        <div class="page home">
            <div class="hero">
                <div>
                    <p class="eyebrow">{move || msg::home_course(lang.get())}</p>
                    <h1>{move || msg::home_heading(lang.get())}</h1>
                    <p class="lede">{move || msg::home_lede(lang.get())}</p>
                    <p class="first">
                        <a class="go" href=place_url(Place::Quant)>{move || msg::home_start(lang.get())}</a>
                        <span class="note">{move || msg::home_start_note(lang.get())}</span>
                    </p>
                    <p class="machine">
                        <span class="dot" data-state=move || standing.with(|s| s.state())></span>
                        <b>{move || standing.with(|s| s.name.clone())}</b>
                        " "
                        <span>{move || standing.with(|s| s.reason.clone())}</span>
                        " "
                        <a href=place_url(Place::Device)>{move || msg::home_machine_more(lang.get())}</a>
                    </p>
                </div>
                <RowFigure />
            </div>
            <Map />
        </div>
    }
}
