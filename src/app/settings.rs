//! Language, theme and tier: from the address, else remembered, else what the browser prefers.

use leptos::prelude::*;

use super::keep;
use crate::text::Lang;
use crate::worker::TierWish;

/// Light, dark or as the system has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Theme {
    System,
    Light,
    Dark,
}

impl Theme {
    /// Every theme, as the switch lists them.
    pub const ALL: [Theme; 3] = [Theme::System, Theme::Light, Theme::Dark];

    /// As it stands in addresses and in the store.
    pub fn name(self) -> &'static str {
        match self {
            Theme::System => "system",
            Theme::Light => "light",
            Theme::Dark => "dark",
        }
    }

    fn from_name(name: &str) -> Option<Theme> {
        Theme::ALL.into_iter().find(|t| t.name() == name)
    }
}

/// The choices that hold for the whole page.
#[derive(Clone, Copy)]
pub struct Settings {
    pub lang: RwSignal<Lang>,
    pub theme: RwSignal<Theme>,
    pub wish: RwSignal<TierWish>,
}

impl Settings {
    /// As address, store and browser say.
    pub fn found() -> Settings {
        Settings {
            lang: RwSignal::new(found(keep::LANG, Lang::from_tag).unwrap_or_else(browser_language)),
            theme: RwSignal::new(found(keep::THEME, Theme::from_name).unwrap_or(Theme::System)),
            wish: RwSignal::new(found(keep::TIER, keep::wish_from_name).unwrap_or_default()),
        }
    }

    /// The choices of this page, from context.
    pub fn current() -> Settings {
        expect_context::<Settings>()
    }

    /// Takes up what is in the store now, after an import.
    pub fn reread(self) {
        let found = Settings::found();
        self.lang.set(found.lang.get_untracked());
        self.theme.set(found.theme.get_untracked());
        self.wish.set(found.wish.get_untracked());
    }

    /// Keeps `<html lang>` and `<html data-theme>` in step.
    pub fn apply(self) {
        Effect::new(move || set_root_attribute("lang", self.lang.get().code()));
        Effect::new(move || set_root_attribute("data-theme", self.theme.get().name()));
    }

    /// The visitor chose a language.
    pub fn choose_lang(self, code: &str) {
        if let Some(lang) = Lang::from_tag(code) {
            self.lang.set(lang);
            remember(keep::LANG, lang.code());
        }
    }

    /// The visitor chose a theme.
    pub fn choose_theme(self, name: &str) {
        if let Some(theme) = Theme::from_name(name) {
            self.theme.set(theme);
            remember(keep::THEME, theme.name());
        }
    }

    /// The visitor chose a tier.
    pub fn choose_wish(self, name: &str) {
        if let Some(wish) = keep::wish_from_name(name) {
            self.wish.set(wish);
            remember(keep::TIER, keep::wish_name(wish));
        }
    }
}

/// The last part of a stored name is also the name in addresses: `afina.lang` and `?lang=`.
fn parameter(key: &str) -> &str {
    key.strip_prefix(keep::PREFIX).unwrap_or(key)
}

fn query() -> Option<web_sys::UrlSearchParams> {
    let search = web_sys::window()?.location().search().ok()?;
    web_sys::UrlSearchParams::new_with_str(&search).ok()
}

/// What the address says, else what is remembered.
fn found<T>(key: &str, read: fn(&str) -> Option<T>) -> Option<T> {
    let linked = query().and_then(|q| q.get(parameter(key)));
    linked.and_then(|v| read(&v)).or_else(|| keep::read(key).and_then(|v| read(&v)))
}

fn browser_language() -> Lang {
    let languages = web_sys::window().map(|w| w.navigator().languages());
    let known = languages.iter().flat_map(|l| l.iter()).filter_map(|tag| Lang::from_tag(&tag.as_string()?));
    known.into_iter().next().unwrap_or(Lang::ALL[0])
}

fn set_root_attribute(name: &str, value: &str) {
    let root = document().document_element();
    if let Some(root) = root {
        // Both names are valid attribute names, so this cannot fail.
        let _ = root.set_attribute(name, value);
    }
}

/// Remembers a choice. An address that said otherwise is corrected, so that loading it again keeps the choice.
fn remember(key: &str, value: &str) {
    keep::write(key, value);
    let name = parameter(key);
    let Some(query) = query().filter(|q| q.has(name)) else { return };
    query.set(name, value);
    let location = window().location();
    let hash = location.hash().unwrap_or_default();
    let address = format!("{}?{}{hash}", location.pathname().unwrap_or_default(), query.to_string());
    if let Ok(history) = window().history() {
        // A browser that limits how often the address may change keeps the old one.
        let state = history.state().unwrap_or_default();
        let _ = history.replace_state_with_url(&state, "", Some(&address));
    }
}
