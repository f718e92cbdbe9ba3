//! The page of the bits lab: a plan that is painted, and at once what it costs.
//!
//! `lab` holds the state and starts the runs; every other file is one piece of the page and only reads that state.

mod challenge;
mod controls;
mod game;
mod grid;
mod lab;
mod lesson;
mod link;
mod outliers;
mod pictures;
mod plan;
mod preset;
mod quality;
mod search;
mod sensitivity;
mod written;

use leptos::prelude::*;

use crate::text::msg;
use crate::ui::{LabHead, opened, use_lang};
use lab::Lab;

/// The bits lab.
pub fn page() -> AnyView {
    let (config, bad_link) = opened(link::config_of_address());
    let lab = Lab::new(config);
    link::follow(lab.config);
    lab.start();
    let language = use_lang();
    // Words change with the language, and only then: the state outlives them.
    (move || {
        let lang = language.get();
        view! {
            <div class="lab-page text-lab bits-lab">
                <LabHead eyebrow=msg::bits_eyebrow(lang) question=msg::bits_question(lang) lede=msg::bits_lede(lang) bad_link/>
                <challenge::Opening lab/>
                <div class="lab">
                    <controls::Controls lab/>
                    <section class="result" aria-label=msg::bits_result(lang)>
                        <div class="plan-and-price">
                            <grid::Plan lab/>
                            <quality::Quality lab/>
                        </div>
                        <written::Written lab/>
                        <pictures::Pictures lab/>
                        <game::Game lab/>
                        <sensitivity::Sensitivity lab/>
                        <search::Search lab/>
                        <outliers::Injector lab/>
                    </section>
                </div>
                <lesson::Lesson lab/>
            </div>
        }
        .into_any()
    })
    .into_any()
}
