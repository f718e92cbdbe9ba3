//! The frame around every page, and the routes.

use std::rc::Rc;

use leptos::prelude::*;
use leptos_router::StaticSegment;
use leptos_router::components::{FlatRoutes, Route, Router};
use leptos_router::hooks::use_location;
use wasm_bindgen::JsCast;

use super::bridge::{Engine, WorkerBridge};
use super::device::DevicePage;
use super::faults::{self, Banner, Faults};
use super::header::{Header, place_url};
use super::home::HomePage;
use super::parts::{link, live, paragraph, say};
use super::probe::Probe;
use super::settings::Settings;
use super::standing::Standing;
use super::storage::StoragePage;
use crate::labs::quant::page::QuantPage;
use crate::text::{Lang, msg};
use crate::ui::root_url;
use crate::ui::{Runner, use_lang};
use crate::worker::TierWish;

/// A page of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Home,
    Quant,
    Device,
    Storage,
    Missing,
}

impl Place {
    /// The place of an address within the site: `/quant/` and `/quant` are the same.
    fn from_path(path: &str) -> Place {
        match path.trim_matches('/') {
            "" | "index.html" => Place::Home,
            "quant" => Place::Quant,
            "device" => Place::Device,
            "storage" => Place::Storage,
            _ => Place::Missing,
        }
    }

    /// The address within the site, without a leading slash.
    pub fn path(self) -> &'static str {
        match self {
            Place::Home | Place::Missing => "",
            Place::Quant => "quant",
            Place::Device => "device",
            Place::Storage => "storage",
        }
    }

    fn title(self, lang: Lang) -> String {
        let own = match self {
            Place::Home => return msg::home_title(lang).to_owned(),
            Place::Quant => msg::shell_title_quant(lang),
            Place::Device => msg::device_title(lang),
            Place::Storage => msg::storage_title(lang),
            Place::Missing => msg::shell_title_missing(lang),
        };
        [own, " · Afina"].concat()
    }
}

/// The path under which the site lives, without its last slash: `/afina`, or nothing.
fn base_path() -> String {
    let url = web_sys::Url::new(&root_url("")).map(|u| u.pathname()).unwrap_or_default();
    url.trim_end_matches('/').to_owned()
}

/// Everything: contexts, header, the page of the address, footer.
#[component]
pub fn Shell(settings: Settings) -> impl IntoView {
    let (engine, faults) = (Engine::new(), Faults::new());
    provide_context(settings.lang);
    provide_context(settings);
    provide_context(engine);
    provide_context(faults);
    provide_context(Probe::begun());
    provide_context(Memo::new(move |_| Standing::now(settings.lang.get())));
    settings.apply();
    faults::listen(faults);
    let bridge = WorkerBridge::new(engine, faults, settings.lang, settings.wish.get_untracked());
    engine.connect(bridge.clone());
    Runner::provide(bridge.clone() as Rc<dyn crate::ui::Bridge>);
    Effect::new(move |former: Option<TierWish>| {
        let wish = settings.wish.get();
        if former.is_some_and(|former| former != wish)
            && let Some(bridge) = engine.bridge()
        {
            bridge.set_wish(wish);
        }
        wish
    });
    view! { <Router base=base_path()><Frame /></Router> }
}

#[component]
fn Frame() -> impl IntoView {
    let lang = use_lang();
    let path = use_location().pathname;
    let base = base_path();
    let place = Memo::new(move |_| path.with(|p| Place::from_path(p.strip_prefix(base.as_str()).unwrap_or(p))));
    provide_context(place);
    Effect::new(move || document().set_title(&place.get().title(lang.get())));
    // A reader hears the new page, not the old link. The page one arrives at keeps the browser's own beginning.
    Effect::new(move |former: Option<Place>| {
        let now = place.get();
        if former.is_some_and(|former| former != now) {
            request_animation_frame(|| focus("main h1"));
        }
        now
    });
    let skip = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        focus("main");
    };
    view! {
        <a class="skip" href="#main" on:click=skip>{say(msg::shell_skip)}</a>
        <Header />
        <Banner />
        <main id="main" tabindex="-1">
            <FlatRoutes fallback=|| missing().into_any()>
                <Route path=StaticSegment("") view=|| HomePage().into_any() />
                <Route path=StaticSegment("index.html") view=|| HomePage().into_any() />
                <Route path=StaticSegment("quant") view=|| QuantPage().into_any() />
                <Route path=StaticSegment("device") view=|| DevicePage().into_any() />
                <Route path=StaticSegment("storage") view=|| StoragePage().into_any() />
            </FlatRoutes>
        </main>
        <footer class="foot">
            <p>{say(msg::shell_footer)}</p>
            <nav aria-label="Afina">
                {link("", place_url(Place::Home), say(msg::shell_home))}
                {link("", place_url(Place::Device), say(msg::shell_device))}
                {link("", place_url(Place::Storage), say(msg::shell_storage))}
            </nav>
        </footer>
    }
}

/// Moves the keyboard to an element.
pub fn focus(selector: &str) {
    let element = document().query_selector(selector).ok().flatten();
    if let Some(element) = element.and_then(|e| e.dyn_into::<web_sys::HtmlElement>().ok()) {
        // A heading takes focus only this way.
        if element.tab_index() < 0 {
            element.set_tab_index(-1);
        }
        // An element that cannot be focused leaves the keyboard where it is.
        let _ = element.focus();
    }
}

fn missing() -> impl IntoView {
    let lang = use_lang();
    let path = use_location().pathname;
    view! {
        <div class="page">
            <h1>{say(msg::shell_missing_heading)}</h1>
            {paragraph("lede", live(move || msg::shell_missing_text(lang.get(), &path.get())))}
            {link("go", place_url(Place::Home), say(msg::shell_missing_home))}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_slash_at_the_end_changes_nothing() {
        for place in [Place::Home, Place::Quant, Place::Device, Place::Storage] {
            assert_eq!(Place::from_path(&format!("/{}", place.path())), place);
            assert_eq!(Place::from_path(&format!("/{}/", place.path())), place);
        }
        assert_eq!(Place::from_path("/quant/more"), Place::Missing);
    }
}
