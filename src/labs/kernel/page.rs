//! The page of the kernel lab: a guess, a roofline that answers it, the source as it ran, and a workshop.
//!
//! `lab` holds the state and starts the runs; every other file is one piece of the page and only reads that state.

mod bars;
mod challenge;
mod compared;
mod controls;
mod diagram;
mod formats;
mod glide;
mod lab;
mod lesson;
mod link;
mod measured;
mod numbers;
mod preset;
mod puzzles;
mod reads;
mod roofline;
mod shelf;
mod source;
mod verdicts;
mod workshop;

use leptos::prelude::*;

use crate::text::msg;
use crate::ui::{LabHead, opened, use_lang};
use lab::Lab;

/// The kernel lab.
pub fn page() -> AnyView {
    let (config, bad_link) = opened(link::config_of_address());
    let lab = Lab::new(config);
    link::follow(lab);
    lab.start();
    let language = use_lang();
    // Words change with the language, and only then: the state outlives them.
    let words = move || {
        let lang = language.get();
        view! {
            <div class="lab-page kernel-lab">
                <LabHead eyebrow=msg::kernel_eyebrow(lang) question=msg::kernel_question(lang) lede=msg::kernel_lede(lang) bad_link/>
                <challenge::Opening lab/>
                <div class="lab">
                    <controls::Controls lab/>
                    <section class="result" aria-label=msg::quant_result(lang)>
                        <div class="two">
                            <roofline::Roofline lab/>
                            <bars::Bars lab/>
                        </div>
                        <numbers::Numbers lab/>
                    </section>
                </div>
                <source::Source lab/>
                <workshop::Workshop lab/>
                <lesson::Lesson lab/>
            </div>
        }
        .into_any()
    };
    words.into_any()
}
