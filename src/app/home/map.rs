//! The lecture, section by section, each with the question that its lab answers.

use leptos::prelude::*;

use crate::app::header::place_url;
use crate::app::shell::Place;
use crate::text::{Lang, msg};
use crate::ui::use_lang;

type Text = fn(Lang) -> &'static str;

/// A section of the lecture; the page of its lab, where there is one.
struct Section(Text, Text, Option<Place>);

/// The parts of the lecture in its order.
const PARTS: [(Text, &[Section]); 5] = [
    (
        msg::home_group_tuning,
        &[
            Section(msg::home_tuning, msg::home_tuning_question, None),
            Section(msg::home_peft, msg::home_peft_question, None),
        ],
    ),
    (
        msg::home_group_saving,
        &[
            Section(msg::home_distill, msg::home_distill_question, None),
            Section(msg::home_quant, msg::home_quant_question, Some(Place::Quant)),
            Section(msg::home_qlora, msg::home_qlora_question, None),
            Section(msg::home_saving, msg::home_saving_question, None),
        ],
    ),
    (msg::home_group_human, &[Section(msg::home_rlhf, msg::home_rlhf_question, None)]),
    (
        msg::home_group_knowing,
        &[
            Section(msg::home_rag, msg::home_rag_question, None),
            Section(msg::home_agents, msg::home_agents_question, None),
        ],
    ),
    (msg::home_group_practice, &[Section(msg::home_practice, msg::home_practice_question, None)]),
];

/// The map.
#[component]
pub fn Map() -> impl IntoView {
    let lang = use_lang();
    let mut number = 0;
    let parts = PARTS.iter().map(|(title, sections)| {
        let cards: Vec<AnyView> = sections
            .iter()
            .map(|section| {
                number += 1;
                card(number, section)
            })
            .collect();
        view! {
            <section class="part">
                <h3>{move || title(lang.get())}</h3>
                <ol class="cards" start=number + 1 - sections.len()>{cards}</ol>
            </section>
        }
    });
    let parts = parts.collect_view();
    view! {
        <section class="map">
            <h2>{move || msg::home_map(lang.get())}</h2>
            <p class="note">{move || msg::home_map_note(lang.get())}</p>
            {parts}
        </section>
    }
}

fn card(number: usize, Section(title, question, place): &'static Section) -> AnyView {
    let lang = use_lang();
    let name = move || title(lang.get());
    let (class, name, state) = match *place {
        Some(place) => (
            "card ready",
            view! { <a href=place_url(place)>{name}</a> }.into_any(),
            msg::home_open as fn(Lang) -> &'static str,
        ),
        None => ("card", name.into_any(), msg::home_soon as fn(Lang) -> &'static str),
    };
    view! {
        <li class=class>
            <span class="ordinal" aria-hidden="true">{number}</span>
            <h4>{name}</h4>
            <p>{move || question(lang.get())}</p>
            <span class="state">{move || state(lang.get())}</span>
        </li>
    }
    .into_any()
}
