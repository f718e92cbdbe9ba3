//! The trainings that this browser keeps: compared in one picture, named, exported, forgotten, and read from elsewhere.

use std::sync::Arc;

use leptos::prelude::*;

use super::chapter::Chapter;
use super::lab::{Lab, failure};
use super::words::{look, method_name, subject_of_word};
use crate::labs::Command;
use crate::labs::tune::{Export, Method, Task, tables};
use crate::protocol::Table;
use crate::text::{Lang, bytes, integer, msg, percent};
use crate::ui::{
    Axis, DropZone, Kind, Notice, Plot, PlotSpec, RunStatus, Series, Swatch, csv, download, unique_id, use_lang,
};

/// Longest name of a training, in bytes.
const MAX_NAME_BYTES: usize = 80;

/// A kept training.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Keepsake {
    pub(super) run: String,
    pub(super) name: String,
    pub(super) method: Method,
    subject: String,
    accuracy: f64,
    saved_bytes: f64,
    /// Milliseconds since 1970.
    made: f64,
}

/// Everything that is kept, as [`tables::KEPT`] lists it.
pub(super) fn keepsakes(table: &Table) -> Vec<Keepsake> {
    let one = |i: usize| {
        let (text, number) = (|c: &str| table.text(i, c), |c: &str| table.number(i, c).unwrap_or(f64::NAN));
        Some(Keepsake {
            run: text("run")?.to_owned(),
            name: text("name").unwrap_or_default().to_owned(),
            method: Method::from_word(text("method")?)?,
            subject: text("subject").unwrap_or_default().to_owned(),
            accuracy: number("accuracy"),
            saved_bytes: number("saved_bytes"),
            made: number("made"),
        })
    };
    (0..table.rows.len()).filter_map(one).collect()
}

/// At most so many bytes of a text, whole characters.
pub(super) fn shortened(text: &str, most: usize) -> String {
    let end = (0..=text.len().min(most)).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    text[..end].to_owned()
}

/// What a training can be written as. Hugging Face's `peft` knows no bottleneck adapters, which go into a file of our own; a
/// whole model has nothing to add; and what is added outside of the matrices cannot be merged into them.
fn exports(method: Method) -> &'static [Export] {
    match method {
        Method::Full | Method::Head => &[Export::Merged, Export::Notebook],
        Method::Lora | Method::Qlora => &[Export::Peft, Export::Merged, Export::Notebook],
        Method::Prompt | Method::Prefix | Method::DeepPrompt => &[Export::Peft, Export::Notebook],
        Method::Adapter => &[Export::Peft, Export::Notebook],
    }
}

fn export_name(lang: Lang, method: Method, what: Export) -> &'static str {
    match what {
        Export::Peft if method == Method::Adapter => msg::tune_export_own(lang),
        Export::Peft => msg::tune_export_peft(lang),
        Export::Merged => msg::tune_export_merged(lang),
        Export::Notebook => msg::tune_export_notebook(lang),
    }
}

/// A moment as people of a language write it.
fn moment(lang: Lang, millis: f64) -> String {
    if !millis.is_finite() {
        return "–".to_owned();
    }
    js_sys::Date::new(&millis.into()).to_locale_string(lang.code(), &js_sys::Object::new()).into()
}

/// Bytes to keep against right answers, a kept training a point.
fn plot(lang: Lang, all: &[Keepsake]) -> PlotSpec {
    let known = |k: &&Keepsake| k.accuracy.is_finite() && k.saved_bytes > 0.0;
    let point = |k: &Keepsake| {
        let kibibytes = k.saved_bytes / 1024.0;
        Series {
            label: k.name.clone(),
            look: look(k.method),
            kind: Kind::Labelled,
            points: vec![[kibibytes, kibibytes, k.accuracy * 100.0]],
            names: vec![k.name.clone()],
        }
    };
    PlotSpec {
        name: "kept",
        title: msg::tune_kept_plot(lang).to_owned(),
        note: String::new(),
        x: Axis { title: msg::tune_axis_saved(lang).to_owned(), log: true, ..Axis::default() },
        y: Axis { title: msg::tune_axis_test(lang).to_owned(), ..Axis::default() },
        series: all.iter().filter(known).map(point).collect(),
        marks: Vec::new(),
    }
}

/// One kept training with its buttons.
fn card(lab: Lab, lang: Lang, kept: Keepsake) -> AnyView {
    let ask = move |view, task| lab.runner.run(view, &Command::Tune { task });
    let Keepsake { run, name, method, .. } = kept.clone();
    let busy = Signal::derive(move || lab.is_training());
    let of = run.clone();
    let rename = move |ev| {
        let name: String = event_target_value(&ev);
        let name = shortened(name.trim(), MAX_NAME_BYTES);
        if !name.is_empty() {
            ask(lab.keep, Task::Rename { run: of.clone(), name });
        }
    };
    let of = run.clone();
    let forget = move |_| ask(lab.keep, Task::Forget { run: of.clone() });
    let export = |what: &Export| {
        let (run, what) = (run.clone(), *what);
        let press = move |_| ask(lab.export, Task::Export { run: run.clone(), what });
        let label = export_name(lang, method, what);
        view! { <button type="button" disabled=busy aria-label=[label, ": ", &name].concat() on:click=press>{label}</button> }.into_any()
    };
    let exports: Vec<AnyView> = exports(method).iter().map(export).collect();
    let facts = [
        method_name(lang, method).to_owned(),
        subject_of_word(lang, &kept.subject),
        percent(lang, kept.accuracy, 1),
        bytes(lang, kept.saved_bytes as u64),
        moment(lang, kept.made),
    ];
    let id = unique_id();
    view! {
        <li class="kept-run">
            <Swatch look=look(method)/>
            <div class="search">
                <label class="hidden" for=id.clone()>{msg::tune_kept_name(lang)}</label>
                <input id=id type="text" maxlength=MAX_NAME_BYTES disabled=busy prop:value=name.clone() on:change=rename/>
            </div>
            <span class="hint">{facts.join(" · ")}</span>
            <div class="actions">
                {exports}
                <button type="button" class="danger" disabled=busy aria-label=[msg::tune_forget(lang), ": ", &name].concat() on:click=forget>{msg::tune_forget(lang)}</button>
            </div>
        </li>
    }
    .into_any()
}

/// The list, the picture, and the way in.
#[component]
pub(super) fn Kept(lab: Lab) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let table = Memo::new(move |_| lab.keep.table(tables::KEPT));
    let all = Memo::new(move |_| Arc::new(table.with(|t| t.as_ref().map(|t| keepsakes(t)).unwrap_or_default())));
    let spec: Signal<PlotSpec> = Memo::new(move |_| all.with(|all| plot(lang, all))).into();
    let cards = move || all.with(|all| all.iter().map(|k| card(lab, lang, k.clone())).collect_view());
    let opened = Callback::new(move |files: Vec<web_sys::File>| {
        let files = files.into_iter().map(|file| lab.runner.give_file(file)).collect();
        lab.runner.run(lab.keep, &Command::Tune { task: Task::Import { files } });
    });
    let save = move |_| {
        if let Some(table) = table.get_untracked() {
            download("afina-tune-kept.csv", "text/csv", csv(&super::numbers::file_rows(&table)).as_bytes());
        }
    };
    let failed = failure(lab.keep, lang);
    let not_kept = Signal::derive(move || {
        let lost = lab.trainings.with(|all| all.iter().filter(|t| !t.is_kept).count());
        (lost > 0).then(|| msg::tune_not_kept(lang, &integer(lang, lost as u64)))
    });
    let not_exported = failure(lab.export, lang);
    let writing = move || lab.export.status.with(RunStatus::is_busy).then(|| msg::tune_exporting(lang));
    let few = move || all.with(|all| all.len() < 2);
    let none = move || all.with(|all| all.is_empty());
    let finding = Signal::derive(move || match all.with(|all| all.len()) {
        0 => msg::tune_kept_no_one(lang).to_owned(),
        count => integer(lang, count as u64),
    });
    // What went wrong must not wait until somebody opens the chapter.
    let open = Memo::new(move |_| failed.with(Option::is_some) || not_kept.with(Option::is_some));
    view! {
        <Chapter id="kept" title=msg::tune_kept(lang) finding open>
            <p class="hint" role="status" hidden=move || writing().is_none()>{writing}</p>
            <p class="hint">{msg::tune_kept_hint(lang)}</p>
            <Notice text=failed/>
            <Notice text=not_exported/>
            <Notice text=not_kept/>
            <p class="hint" hidden=move || !none()>{msg::tune_kept_none(lang)}</p>
            <ul>{cards}</ul>
            <div hidden=few><Plot spec=spec height=280.0/></div>
            <div class="actions" hidden=none><button type="button" on:click=save>{msg::tune_save_kept(lang)}</button></div>
            <DropZone label=msg::tune_import(lang) accept=".json,.safetensors,.zip" on_files=opened several=true>
                <span class="hint">{msg::tune_import_hint(lang)}</span>
            </DropZone>
        </Chapter>
    }
    .into_any()
}

/// A table of two, for the tests of whoever reads it.
#[cfg(test)]
pub(super) fn sample() -> Table {
    let columns = ["run", "name", "method", "seed", "subject", "accuracy", "saved_bytes", "made"];
    let mut table = Table::new("kept", &columns);
    let row = |run: &str, method: &str, bytes: f64| {
        let mut cells = vec![run.into(), ["My ", run].concat().into(), method.into(), 1.0.into(), "sentiment".into()];
        cells.extend([0.9, bytes, 1.8e12].map(Into::into));
        cells
    };
    table.rows = vec![row("a", "lora", 262_144.0), row("b", "prompt", 4096.0), row("c", "unheard", 1.0)];
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kept_training_is_a_point_and_an_unknown_method_is_none() {
        let all = keepsakes(&sample());
        assert_eq!(all.iter().map(|k| k.name.as_str()).collect::<Vec<_>>(), ["My a", "My b"]);
        let spec = plot(Lang::En, &all);
        assert_eq!(spec.series[0].points, [[256.0, 256.0, 90.0]]);
        assert_eq!(spec.series[1].points, [[4.0, 4.0, 90.0]]);
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(shortened("año", 2), "a");
        assert_eq!(shortened("año", 3), "añ");
    }

    #[test]
    fn every_method_can_leave_the_page_in_some_way() {
        for method in Method::ALL {
            assert!(!exports(method).is_empty(), "{}", method.word());
        }
        assert!(!exports(Method::Adapter).contains(&Export::Merged));
    }
}
