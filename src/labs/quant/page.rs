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

use crate::labs::quant::Config;
use crate::text::msg;
use crate::ui::{Notice, use_lang};
use lab::Lab;

/// The quantization lab.
pub fn page() -> AnyView {
    let address = link::config_of_address();
    let bad_link = RwSignal::new(None);
    let config = match address {
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
            <div class="lab-page">
                <p class="eyebrow">{msg::quant_eyebrow(lang)}</p>
                <h1>{msg::quant_question(lang)}</h1>
                <p class="lede">{msg::quant_lede(lang)}</p>
                <Notice text=bad on_close=Callback::new(move |()| bad_link.set(None))/>
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
