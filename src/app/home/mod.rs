//! What this is, what to do first, the lecture as a map of labs, and the visitor's machine.

mod map;
mod row;

use leptos::prelude::*;

use self::map::Map;
use self::row::RowFigure;
use super::header::place_url;
use super::parts::{attribute, link, live, opening, say};
use super::shell::Place;
use super::standing::Standing;
use crate::text::msg;

/// The first page.
#[component]
pub fn HomePage() -> impl IntoView {
    let standing = Standing::current();
    view! {
        <div class="page home">
            <div class="hero">
                <div>
                    {opening(msg::home_course, msg::home_heading, msg::home_lede)}
                    <p class="first">
                        {link("go", place_url(Place::Quant), say(msg::home_start))}
                        <span class="note">{say(msg::home_start_note)}</span>
                    </p>
                    <p class="machine">
                        <span class="dot" data-state=attribute(move || standing.with(|s| Some(s.state())))></span>
                        <b>{live(move || standing.with(|s| s.name.clone()))}</b>
                        " "
                        {live(move || standing.with(|s| s.reason.clone()))}
                        " "
                        {link("", place_url(Place::Device), say(msg::home_machine_more))}
                    </p>
                </div>
                <RowFigure />
            </div>
            <Map />
        </div>
    }
}
