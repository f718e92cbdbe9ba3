//! The page of the model lab: a prompt, its tokens, the probabilities of the next one, and what looks at what.
//!
//! `lab` holds the state and starts the runs; every other file is one piece of the page and only reads that state.

mod attention;
mod bars;
mod cache;
mod challenge;
mod chips;
mod controls;
mod lab;
mod lesson;
mod link;
mod map;
mod numbers;
mod preset;
mod words;

use leptos::prelude::*;

use crate::labs::model::Config;
use crate::text::msg;
use crate::ui::{Notice, use_lang};
use lab::Lab;

/// The model lab.
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
            <div class="lab-page text-lab">
                <p class="eyebrow">{msg::model_eyebrow(lang)}</p>
                <h1>{msg::model_question(lang)}</h1>
                <p class="lede">{msg::model_lede(lang)}</p>
                <Notice text=bad on_close=Callback::new(move |()| bad_link.set(None))/>
                <challenge::Opening lab/>
                <div class="lab">
                    <controls::Controls lab/>
                    <section class="result" aria-label=msg::model_result(lang)>
                        <chips::Text lab/>
                        <bars::Bars lab/>
                        <attention::Attention lab/>
                        <cache::Cache lab/>
                        <numbers::Numbers lab/>
                    </section>
                </div>
                <lesson::Lesson lab/>
            </div>
        }
        .into_any()
    })
    .into_any()
}
