//! The page of the fine-tuning lab: a guess, one button, and the lecture's table filled in by this machine.
//!
//! It begins with the guess and the task. A run brings curves, table and picture; everything else is a chapter, one line
//! with what was found until somebody opens it.
//!
//! `lab` holds the state and starts the runs; every other file is one piece of the page and only reads that state.

mod answers;
mod central;
mod challenge;
mod chapter;
mod controls;
mod curves;
mod data;
mod estimate;
mod forgetting;
mod kept;
mod lab;
mod large;
mod lecture;
mod ledger;
mod lesson;
mod link;
mod methods;
mod numbers;
mod plans;
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
    let asked = link::config_of_address();
    let is_asked = asked.is_some();
    let language = use_lang();
    let (mut config, bad_link) = opened(asked);
    if !is_asked {
        config.data.tongue = words::tongue(language.get_untracked());
    }
    let lab = Lab::new(config, is_asked);
    link::follow(lab.config);
    lab.start();
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
                        <numbers::Numbers lab/>
                        <central::Central lab/>
                        <answers::Answers lab/>
                        <lecture::Lecture lab/>
                        <ledger::Ledger lab/>
                        <large::Large lab/>
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
