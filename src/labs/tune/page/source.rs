//! What is learned: a task of the little world, in one of its languages, or a file of the visitor's own.

use leptos::prelude::*;

use super::lab::Lab;
use super::settings::{choice_of, place_in};
use super::words::subject_name;
use crate::labs::tune::{Subject, Tongue};
use crate::text::msg;
use crate::ui::{DropZone, Segmented, Select, use_lang};

/// What the files may be called; the worker looks at the content all the same.
const ACCEPT: &str = ".csv,.tsv,.txt,.jsonl,.ndjson";
const TONGUES: [Tongue; 2] = [Tongue::Spanish, Tongue::English];

/// Task, language, file.
#[component]
pub(super) fn Source(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let subject = choice_of(lab, |c| place_in(&Subject::ALL, &c.data.subject), |c, i| c.data.subject = Subject::ALL[i]);
    let tongue = choice_of(lab, |c| place_in(&TONGUES, &c.data.tongue), |c, i| c.data.tongue = TONGUES[i]);
    let options = Subject::ALL.map(|s| subject_name(lang, s).to_owned()).to_vec();
    let tongues = vec![msg::tune_spanish(lang).to_owned(), msg::tune_english(lang).to_owned()];
    let is_own = move || lab.config.with(|c| c.data.subject == Subject::Own);
    let opened = Callback::new(move |files: Vec<web_sys::File>| {
        if let Some(file) = files.into_iter().next() {
            let name = lab.runner.give_file(file);
            lab.config.update(|c| c.data.file = name);
        }
    });
    view! {
        <Select label=msg::tune_subject(lang) options selected=subject.0 on_select=subject.1/>
        <div hidden=is_own><Segmented label=msg::tune_tongue(lang) options=tongues selected=tongue.0 on_select=tongue.1/></div>
        <div hidden=move || !is_own()>
            <DropZone label=msg::tune_open_file(lang) accept=ACCEPT on_files=opened>
                <b class="file-name">{move || lab.config.with(|c| c.data.file.clone())}</b>
                <span class="hint">{msg::tune_file_kinds(lang)}</span>
            </DropZone>
        </div>
    }
    .into_any()
}
