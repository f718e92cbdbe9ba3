//! The lecture, section by section, each with the question that its lab answers.

use leptos::prelude::*;

use crate::app::header::place_url;
use crate::app::parts::{Message, link, paragraph, say};
use crate::app::shell::Place;
use crate::text::msg;

/// A section of the lecture; the page of its lab, where there is one.
struct Section(Message, Message, Option<Place>);

/// The parts of the lecture in its order.
const PARTS: [(Message, &[Section]); 6] = [
    (msg::home_group_start, &[Section(msg::home_model, msg::home_model_question, Some(Place::Model))]),
    (
        msg::home_group_tuning,
        &[
            Section(msg::home_tuning, msg::home_tuning_question, Some(Place::Tune)),
            Section(msg::home_peft, msg::home_peft_question, Some(Place::Tune)),
        ],
    ),
    (
        msg::home_group_saving,
        &[
            Section(msg::home_distill, msg::home_distill_question, None),
            Section(msg::home_quant, msg::home_quant_question, Some(Place::Quant)),
            Section(msg::home_bits, msg::home_bits_question, Some(Place::Bits)),
            Section(msg::home_kernel, msg::home_kernel_question, Some(Place::Kernel)),
            Section(msg::home_qlora, msg::home_qlora_question, Some(Place::Tune)),
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
                <h3>{say(*title)}</h3>
                <ol class="cards" start=number + 1 - sections.len()>{cards}</ol>
            </section>
        }
        .into_any()
    });
    let parts: Vec<AnyView> = parts.collect();
    view! {
        <section class="map">
            <h2>{say(msg::home_map)}</h2>
            {paragraph("note", say(msg::home_map_note))}
            {parts}
        </section>
    }
}

fn card(number: usize, Section(title, question, place): &'static Section) -> AnyView {
    let (class, name, state): (_, _, Message) = match *place {
        Some(place) => ("card ready", link("", place_url(place), say(*title)), msg::home_open),
        None => ("card", say(*title), msg::home_soon),
    };
    view! {
        <li class=class>
            <span class="ordinal" aria-hidden="true">{number}</span>
            <h4>{name}</h4>
            {paragraph("", say(*question))}
            <span class="state">{say(state)}</span>
        </li>
    }
    .into_any()
}
