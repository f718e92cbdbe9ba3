//! The frame around every page, and which page an address means.
//!
//! There is no router: every page is a document of its own, so that a visitor loads the code of one lab and no other.

use std::rc::Rc;

use leptos::prelude::*;
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
use crate::text::{Lang, msg};
use crate::ui::root_url;
use crate::ui::{Runner, use_lang};
use crate::worker::TierWish;

/// A page of the site.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    Home,
    Model,
    Tune,
    Quant,
    Bits,
    Kernel,
    Device,
    Storage,
    Missing,
}

impl Place {
    /// The place that the address of this document means.
    fn here() -> Place {
        let path = window().location().pathname().unwrap_or_default();
        Place::from_path(path.strip_prefix(base_path().as_str()).unwrap_or(&path))
    }

    /// The place of an address within the site: `/quant/` and `/quant` are the same.
    fn from_path(path: &str) -> Place {
        match path.trim_matches('/') {
            "" | "index.html" => Place::Home,
            "model" => Place::Model,
            "tune" => Place::Tune,
            "quant" => Place::Quant,
            "bits" => Place::Bits,
            "kernel" => Place::Kernel,
            "device" => Place::Device,
            "storage" => Place::Storage,
            _ => Place::Missing,
        }
    }

    /// The address within the site, without a leading slash.
    pub fn path(self) -> &'static str {
        match self {
            Place::Home | Place::Missing => "",
            Place::Model => "model",
            Place::Tune => "tune",
            Place::Quant => "quant",
            Place::Bits => "bits",
            Place::Kernel => "kernel",
            Place::Device => "device",
            Place::Storage => "storage",
        }
    }

    fn title(self, lang: Lang) -> String {
        let own = match self {
            Place::Home => return msg::home_title(lang).to_owned(),
            Place::Model => msg::shell_title_model(lang),
            Place::Tune => msg::shell_title_tune(lang),
            Place::Quant => msg::shell_title_quant(lang),
            Place::Bits => msg::shell_title_bits(lang),
            Place::Kernel => msg::shell_title_kernel(lang),
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

/// What stands between header and footer at a place.
pub type Page = fn(Place) -> AnyView;

/// The pages that belong to no lab.
pub fn common_page(place: Place) -> AnyView {
    match place {
        Place::Home => HomePage().into_any(),
        Place::Device => DevicePage().into_any(),
        Place::Storage => StoragePage().into_any(),
        _ => missing().into_any(),
    }
}

/// Everything: contexts, header, the page of the address, footer.
#[component]
pub fn Shell(settings: Settings, page: Page) -> impl IntoView {
    let (engine, faults) = (Engine::new(), Faults::new());
    let (lang, place) = (settings.lang, Place::here());
    provide_context(lang);
    provide_context(settings);
    provide_context(engine);
    provide_context(faults);
    provide_context(place);
    provide_context(Probe::begun());
    provide_context(Memo::new(move |_| Standing::now(lang.get())));
    settings.apply();
    faults::listen(faults);
    let bridge = WorkerBridge::new(engine, faults, lang, settings.wish.get_untracked());
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
    Effect::new(move || document().set_title(&place.title(lang.get())));
    let skip = move |event: leptos::ev::MouseEvent| {
        event.prevent_default();
        focus("main");
    };
    view! {
        <a class="skip" href="#main" on:click=skip>{say(msg::shell_skip)}</a>
        <Header />
        <Banner />
        <main id="main" tabindex="-1">{page(place)}</main>
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
    let path = window().location().pathname().unwrap_or_default();
    view! {
        <div class="page">
            <h1>{say(msg::shell_missing_heading)}</h1>
            {paragraph("lede", live(move || msg::shell_missing_text(lang.get(), &path)))}
            {link("go", place_url(Place::Home), say(msg::shell_missing_home))}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::Place;

    #[test]
    fn a_slash_at_the_end_changes_nothing() {
        let labs = [Place::Model, Place::Tune, Place::Quant, Place::Bits, Place::Kernel];
        for place in labs.into_iter().chain([Place::Home, Place::Device, Place::Storage]) {
            assert_eq!(Place::from_path(&format!("/{}", place.path())), place);
            assert_eq!(Place::from_path(&format!("/{}/", place.path())), place);
        }
        assert_eq!(Place::from_path("/quant/more"), Place::Missing);
    }
}
