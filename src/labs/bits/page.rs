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

use crate::labs::bits::Config;
use crate::text::msg;
use crate::ui::{Notice, use_lang};
use lab::Lab;

/// The bits lab.
pub fn page() -> AnyView {
    let bad_link = RwSignal::new(None);
    let config = match link::config_of_address() {
        Some(Ok(config)) => config,
        Some(Err(error)) => {
            bad_link.set(Some(error));
            Config::default()
        }
        None => Config::default(),
    };
    let lab = Lab::new(config);
    link::follow(lab.config);
    lab.start();
    let language = use_lang();
    // Words change with the language, and only then: the state outlives them.
    (move || {
        let lang = language.get();
        let bad = Signal::derive(move || bad_link.with(|e| e.as_ref().map(|e| e.sentence(lang))));
        view! {
            <div class="lab-page text-lab bits-lab">
                <p class="eyebrow">{msg::bits_eyebrow(lang)}</p>
                <h1>{msg::bits_question(lang)}</h1>
                <p class="lede">{msg::bits_lede(lang)}</p>
                <Notice text=bad on_close=Callback::new(move |()| bad_link.set(None))/>
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
