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

use crate::text::msg;
use crate::ui::{LabHead, opened, use_lang};
use lab::Lab;

/// The model lab.
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
            <div class="lab-page text-lab">
                <LabHead eyebrow=msg::model_eyebrow(lang) question=msg::model_question(lang) lede=msg::model_lede(lang) bad_link/>
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
