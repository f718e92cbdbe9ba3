//! Errors as the visitor meets them: the latest one in a banner, all of them on the device page.

use std::sync::atomic::{AtomicBool, Ordering};

use gloo::events::EventListener;
use leptos::prelude::*;

use super::bridge::{Engine, field, said};
use super::clock;
use super::parts::{button, later, nothing, paragraph, say};
use crate::protocol::LabError;
use crate::text::{Lang, msg};
use crate::ui::use_lang;

/// Errors kept for the device page and its report; the oldest goes first.
const HISTORY: usize = 50;

/// The length of a timestamp down to its seconds: `2026-11-23T21:05:09`.
const SECONDS: usize = 19;

/// What went wrong.
#[derive(Clone, Debug, PartialEq)]
pub enum Trouble {
    /// An error that the program foresaw.
    Lab(LabError),
    /// One that it did not: what the browser said.
    Unexpected(String),
}

impl Trouble {
    /// In the visitor's language.
    pub fn sentence(&self, lang: Lang) -> String {
        match self {
            Trouble::Lab(error) => error.sentence(lang),
            // Shown the way file names are: shortened, without control characters.
            Trouble::Unexpected(message) => {
                let readable: String = message.chars().filter(|c| !c.is_control()).take(200).collect();
                msg::shell_unexpected(lang, &readable)
            }
        }
    }
}

/// What the banner offers besides Close.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remedy {
    None,
    /// Run again what could not start.
    Retry,
    /// Load the page again.
    Reload,
}

/// The errors of this visit.
#[derive(Clone, Copy)]
pub struct Faults {
    shown: RwSignal<Option<(Trouble, Remedy)>>,
    /// When, as a timestamp, and what.
    pub history: RwSignal<Vec<(String, Trouble)>>,
}

impl Faults {
    /// None yet.
    pub fn new() -> Faults {
        Faults { shown: RwSignal::new(None), history: RwSignal::default() }
    }

    /// The errors of this page, from context.
    pub fn current() -> Faults {
        expect_context::<Faults>()
    }

    /// Shows an error that the program foresaw.
    pub fn report(self, error: LabError, remedy: Remedy) {
        self.note(Trouble::Lab(error), remedy);
    }

    fn note(self, trouble: Trouble, remedy: Remedy) {
        self.history.update(|all| {
            let when = clock::timestamp();
            // A worker's end and its run's end are one event.
            let again = all.last().is_some_and(|(then, what)| *what == trouble && then[..SECONDS] == when[..SECONDS]);
            if again {
                return;
            }
            all.push((when, trouble.clone()));
            let excess = all.len().saturating_sub(HISTORY);
            all.drain(..excess);
        });
        self.shown.set(Some((trouble, remedy)));
    }

    /// Takes the banner away.
    pub fn dismiss(self) {
        self.shown.set(None);
    }
}

/// The one banner. The live region stays in the page, so that screen readers announce what appears in it.
#[component]
pub fn Banner() -> impl IntoView {
    let (faults, engine, lang) = (Faults::current(), Engine::current(), use_lang());
    let retry = move || {
        faults.dismiss();
        if let Some(bridge) = engine.bridge() {
            bridge.retry();
        }
    };
    let content = move || {
        let Some((trouble, remedy)) = faults.shown.get() else { return nothing() };
        let help = match remedy {
            Remedy::None => nothing(),
            Remedy::Retry => button("button", say(msg::shell_retry), retry),
            Remedy::Reload => button("button", say(msg::shell_reload), reload),
        };
        view! {
            <div class="banner">
                {paragraph("", trouble.sentence(lang.get()).into_any())} {help}
                {button("button", say(msg::shell_dismiss), move || faults.dismiss())}
            </div>
        }
        .into_any()
    };
    let waiting = move || {
        let Some(run) = engine.quiet.with(|quiet| quiet.first().copied()) else { return nothing() };
        let stop = move || {
            if let Some(bridge) = engine.bridge() {
                bridge.stop_run(run);
            }
        };
        view! {
            <div class="banner calm">
                {paragraph("", say(msg::shell_quiet))} {button("button", say(msg::shell_stop), stop)}
            </div>
        }
        .into_any()
    };
    view! {
        <div role="alert">{later(content)}</div>
        <div role="status">{later(waiting)}</div>
    }
}

/// Loads the page again.
pub fn reload() {
    if let Some(window) = web_sys::window() {
        // A page that cannot reload is left as it is.
        let _ = window.location().reload();
    }
}

/// Set by the panic hook: after a panic no Rust of this page may be trusted to run.
static PANICKED: AtomicBool = AtomicBool::new(false);

/// Shows errors that nobody caught.
pub fn listen(faults: Faults) {
    let Some(window) = web_sys::window() else { return };
    let note = move |message: String| {
        // Browsers report a resize that took two frames as an error; it is none.
        if !PANICKED.load(Ordering::Relaxed) && !message.starts_with("ResizeObserver loop") {
            faults.note(Trouble::Unexpected(message), Remedy::Reload);
        }
    };
    EventListener::new(&window, "error", move |event| {
        // Images and scripts that fail to load also arrive here, without a message.
        if let Some(message) = field(event, "message").as_string() {
            note(message);
        }
    })
    .forget();
    EventListener::new(&window, "unhandledrejection", move |event| note(said(&field(event, "reason")))).forget();
}

/// A panic of the page itself becomes a sentence and a link, made without the framework.
pub fn set_panic_hook(lang: Lang) {
    std::panic::set_hook(Box::new(move |info| {
        PANICKED.store(true, Ordering::Relaxed);
        web_sys::console::error_1(&info.to_string().into());
        // Where even this fails nothing is left to say it with.
        let _ = last_words(lang);
    }));
}

fn last_words(lang: Lang) -> Option<()> {
    let window = web_sys::window()?;
    let document = window.document()?;
    let element = |name: &str, class: &str, text: &str| {
        let element = document.create_element(name).ok()?;
        element.set_class_name(class);
        element.set_text_content(Some(text));
        Some(element)
    };
    let banner = element("div", "banner last-words", "")?;
    banner.set_attribute("role", "alert").ok()?;
    let link = element("a", "button", msg::shell_reload(lang))?;
    let address = window.location().href().ok()?;
    link.set_attribute("href", address.split('#').next().unwrap_or_default()).ok()?;
    // A target keeps the router's hands off.
    link.set_attribute("target", "_self").ok()?;
    banner.append_child(&*element("p", "", msg::shell_panicked(lang))?).ok()?;
    banner.append_child(&link).ok()?;
    document.body()?.prepend_with_node_1(&banner).ok()
}
