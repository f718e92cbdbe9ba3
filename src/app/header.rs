//! Name, labs, tier, language and theme, on every page.

use leptos::prelude::*;

use super::parts::{Message, attribute, choice, live, say};
use super::settings::{Settings, Theme};
use super::shell::Place;
use super::standing::Standing;
use crate::text::{Lang, msg};
use crate::ui::root_url;
use crate::ui::use_lang;

/// The labs that exist, as the header lists them.
const LABS: [(Place, Message); 5] = [
    (Place::Model, msg::shell_lab_model),
    (Place::Tune, msg::shell_lab_tune),
    (Place::Quant, msg::shell_lab_quant),
    (Place::Bits, msg::shell_lab_bits),
    (Place::Kernel, msg::shell_lab_kernel),
];

/// The address of a page.
pub fn place_url(place: Place) -> String {
    root_url(place.path())
}

/// The header.
#[component]
pub fn Header() -> impl IntoView {
    let lang = use_lang();
    let settings = Settings::current();
    let place = expect_context::<Place>();
    let current = move |of: Place| (place == of).then_some("page");
    let labs =
        LABS.map(|(at, name)| view! { <a href=place_url(at) aria-current=current(at)>{say(name)}</a> }.into_any());
    let languages = Lang::ALL.iter().map(|l| (l.code(), msg::language_name as Message, Some(*l)));
    let themes = Theme::ALL.map(|t| (t.name(), theme_name(t), None));
    view! {
        <header class="top">
            <a class="mark" href=place_url(Place::Home) aria-current=current(Place::Home)>"Afina"<b>"."</b></a>
            <nav aria-label=attribute(move || Some(msg::shell_labs(lang.get())))>{Vec::from(labs)}</nav>
            <div class="right">
                <Chip />
                {choice(
                    msg::shell_language,
                    languages.collect(),
                    Signal::derive(move || settings.lang.get().code()),
                    move |code| settings.choose_lang(&code),
                )}
                {choice(
                    msg::shell_theme,
                    themes.to_vec(),
                    Signal::derive(move || settings.theme.get().name()),
                    move |name| settings.choose_theme(&name),
                )}
            </div>
        </header>
    }
}

fn theme_name(theme: Theme) -> Message {
    match theme {
        Theme::System => msg::shell_theme_system,
        Theme::Light => msg::shell_theme_light,
        Theme::Dark => msg::shell_theme_dark,
    }
}

/// Where it is computed, in two words; the reason on hover and focus; leads to the device page.
#[component]
fn Chip() -> impl IntoView {
    let place = expect_context::<Place>();
    let standing = Standing::current();
    view! {
        <span class="chip-place">
            <a
                class="chip"
                href=place_url(Place::Device)
                aria-describedby="tier-reason"
                aria-current=(place == Place::Device).then_some("page")
                data-state=attribute(move || standing.with(|s| Some(s.state())))
            >
                <span class="dot"></span>
                <span class="chip-name">{live(move || standing.with(|s| s.name.clone()))}</span>
                <span class="chip-mark">{live(move || standing.with(|s| s.mark.to_owned()))}</span>
            </a>
            <span class="tip" role="tooltip" id="tier-reason">{live(move || standing.with(|s| s.reason.clone()))}</span>
        </span>
    }
}
