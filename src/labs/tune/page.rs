//! The page of the fine-tuning lab: a guess, one button, and the lecture's table filled in by this machine.
//!
//! `lab` holds the state and starts the runs; every other file is one piece of the page and only reads that state.

mod answers;
mod central;
mod challenge;
mod controls;
mod curves;
mod data;
mod estimate;
mod forgetting;
mod kept;
mod lab;
mod lecture;
mod ledger;
mod lesson;
mod link;
mod methods;
mod numbers;
mod preset;
mod published;
mod results;
mod resume;
mod settings;
mod shrink;
mod source;
mod spectrum;
mod training;
mod words;
mod writing;

use leptos::prelude::*;

use crate::text::msg;
use crate::ui::{LabHead, opened, use_lang};
use lab::Lab;

/// The fine-tuning lab.
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
            <div class="lab-page tune-lab">
                <LabHead eyebrow=msg::tune_eyebrow(lang) question=msg::tune_question(lang) lede=msg::tune_lede(lang) bad_link/>
                <challenge::Opening lab/>
                <div class="lab">
                    <controls::Controls lab/>
                    <section class="result" aria-label=msg::tune_result(lang)>
                        <resume::Resume lab/>
                        <data::Data lab/>
                        <curves::Curves lab/>
                        <central::Central lab/>
                        <numbers::Numbers lab/>
                        <lecture::Lecture lab/>
                        <ledger::Ledger lab/>
                        <answers::Answers lab/>
                        <spectrum::Spectrum lab/>
                        <forgetting::Forgetting lab/>
                        <shrink::Shrink lab/>
                        <writing::Writing lab/>
                        <kept::Kept lab/>
                    </section>
                </div>
                <lesson::Lesson lab/>
            </div>
        }
        .into_any()
    })
    .into_any()
}
