//! Name, labs, tier, language and theme, on every page.

use leptos::prelude::*;

use super::parts::choice;
use super::settings::{Settings, Theme};
use super::shell::Place;
use super::standing::Standing;
use crate::text::{Lang, msg};
use crate::ui::root_url;
use crate::ui::use_lang;

/// The labs that exist, as the header lists them.
const LABS: [(Place, fn(Lang) -> &'static str); 1] = [(Place::Quant, msg::shell_lab_quant)];

/// The address of a page.
pub fn place_url(place: Place) -> String {
    root_url(place.path())
}

/// The header.
#[component]
pub fn Header() -> impl IntoView {
    let lang = use_lang();
    let settings = Settings::current();
    let place = expect_context::<Memo<Place>>();
    let current = move |of: Place| move || (place.get() == of).then_some("page");
    let labs = LABS.map(|(at, name)| {
        view! { <a href=place_url(at) aria-current=current(at)>{move || name(lang.get())}</a> }
    });
    let languages = Lang::ALL.iter().map(|l| (l.code(), msg::language_name as fn(Lang) -> &'static str, Some(*l)));
    let themes = Theme::ALL.map(|t| (t.name(), theme_name(t), None));
    view! {
        <header class="top">
            <a class="mark" href=place_url(Place::Home) aria-current=current(Place::Home)>"Afina"<b>"."</b></a>
            <nav aria-label=move || msg::shell_labs(lang.get())>{labs.into_iter().collect_view()}</nav>
            <div class="right">
                <Chip />
                {choice(
                    msg::shell_language,
                    languages.collect(),
                    Signal::derive(move || settings.lang.get().code()),
                    Callback::new(move |code: String| settings.choose_lang(&code)),
                )}
                {choice(
                    msg::shell_theme,
                    themes.to_vec(),
                    Signal::derive(move || settings.theme.get().name()),
                    Callback::new(move |name: String| settings.choose_theme(&name)),
                )}
            </div>
        </header>
    }
}

fn theme_name(theme: Theme) -> fn(Lang) -> &'static str {
    match theme {
        Theme::System => msg::shell_theme_system,
        Theme::Light => msg::shell_theme_light,
        Theme::Dark => msg::shell_theme_dark,
    }
}

/// Where it is computed, in two words; the reason on hover and focus; leads to the device page.
#[component]
fn Chip() -> impl IntoView {
    let lang = use_lang();
    let place = expect_context::<Memo<Place>>();
    let standing = Memo::new(move |_| Standing::now(lang.get()));
    let state = move || standing.with(|s| s.state());
    view! {
        <span class="chip-place">
            <a
                class="chip"
                href=place_url(Place::Device)
                aria-describedby="tier-reason"
                aria-current=move || (place.get() == Place::Device).then_some("page")
                data-state=state
            >
                <span class="dot"></span>
                <span class="chip-name">{move || standing.with(|s| s.name.clone())}</span>
                <span class="chip-mark">{move || standing.with(|s| s.mark)}</span>
            </a>
            <span class="tip" role="tooltip" id="tier-reason">{move || standing.with(|s| s.reason.clone())}</span>
        </span>
    }
}
