//! The page of the quantization lab: one question, a guess, a run, and the numbers that answer.
//!
//! `lab` holds the state and starts the runs; every other file is one piece of the page and only reads that state.

mod activations;
mod arithmetic;
mod challenge;
mod charts;
mod controls;
mod formats;
mod lab;
mod label;
mod lesson;
mod link;
mod numbers;
mod pictures;
mod preset;
mod source;
mod sweep;

use leptos::prelude::*;

use crate::text::msg;
use crate::ui::{LabHead, opened, use_lang};
use lab::Lab;

/// The quantization lab.
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
            <div class="lab-page">
                <LabHead eyebrow=msg::quant_eyebrow(lang) question=msg::quant_question(lang) lede=msg::quant_lede(lang) bad_link/>
                <challenge::Opening lab/>
                <div class="lab">
                    <controls::Controls lab/>
                    <section class="result" aria-label=msg::quant_result(lang)>
                        <pictures::Pictures lab/>
                        <div class="two">
                            <charts::Levels lab/>
                            <arithmetic::Arithmetic lab/>
                        </div>
                        <numbers::Numbers lab/>
                        <charts::Errors lab/>
                        <sweep::Sweep lab/>
                        <numbers::Lecture lab/>
                    </section>
                </div>
                <lesson::Lesson lab/>
            </div>
        }
        .into_any()
    })
    .into_any()
}
