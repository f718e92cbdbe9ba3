//! The page: frame, header, the bridge to the workers, errors, settings and what is kept.
//!
//! | file | what it is |
//! | --- | --- |
//! | [`shell`] | the frame around every page, and which page an address means |
//! | [`header`] | name, labs, tier, language, theme |
//! | [`settings`] | language, theme and tier: address, memory, browser |
//! | [`home`] | what this is, the map of the lecture |
//! | [`device`] | adapter, health check, faults on request, report |
//! | [`storage`] | what is kept, export, import, erase |
//! | [`bridge`] | commands to workers, events to views |
//! | [`probe`] | what the browser says about its GPU before any worker runs |
//! | [`standing`] | tier, adapter and reason as far as they are known |
//! | [`faults`] | the one banner, errors nobody caught, the panic hook |
//! | [`keep`] | the store behind `localStorage` |

mod bridge;
mod clock;
mod device;
mod faults;
mod header;
mod home;
mod keep;
mod parts;
mod probe;
mod settings;
mod shell;
mod standing;
mod storage;
mod wording;

/// Starts a page that belongs to no lab: home, device, storage.
pub fn start() {
    mount(shell::common_page);
}

/// Starts the page of a lab. Each lab is a wasm of its own, so that nobody loads the others.
pub fn start_lab(page: shell::Page) {
    mount(page);
}

fn mount(page: shell::Page) {
    crate::ui::init_root();
    let settings = settings::Settings::found();
    faults::set_panic_hook(leptos::prelude::GetUntracked::get_untracked(&settings.lang));
    leptos::mount::mount_to_body(move || shell::Shell(shell::ShellProps { settings, page }));
}
