//! Where it is computed and whether that can be trusted: tier, adapter, health check, faults on request, report.

mod browser;
mod checks;
mod provoke;
mod report;

use leptos::prelude::*;

use self::browser::Browser;
use self::checks::{Checks, Views};
use self::provoke::ProvokeSection;
use self::report::ReportSection;
use super::faults::Faults;
use super::keep;
use super::parts::{Opt, choice, section};
use super::settings::Settings;
use super::standing::Standing;
use crate::text::msg;
use crate::ui::use_lang;

/// The page.
#[component]
pub fn DevicePage() -> impl IntoView {
    let lang = use_lang();
    let settings = Settings::current();
    let standing = Memo::new(move |_| Standing::now(lang.get()));
    let views = Views::new();
    let wishes: Vec<Opt> = vec![
        ("auto", msg::device_wish_auto, None),
        ("gpu", msg::device_wish_gpu, None),
        ("cpu", msg::device_wish_cpu, None),
    ];
    let tier = view! {
        <p class="machine">
            <span class="dot" data-state=move || standing.with(|s| s.state())></span>
            <b>{move || standing.with(|s| s.name.clone())}</b>
            " "
            <span>{move || standing.with(|s| s.mark)}</span>
        </p>
        <p>{move || standing.with(|s| s.reason.clone())}</p>
        {choice(
            msg::device_wish,
            wishes,
            Signal::derive(move || keep::wish_name(settings.wish.get())),
            Callback::new(move |name: String| settings.choose_wish(&name)),
        )}
    };
    view! {
        <div class="page">
            <p class="eyebrow">{move || msg::device_eyebrow(lang.get())}</p>
            <h1>{move || msg::device_heading(lang.get())}</h1>
            <p class="lede">{move || msg::device_lede(lang.get())}</p>
            <div class="sheets">
                {section(move || msg::device_tier(lang.get()), tier.into_any())} <Browser /> <Checks views />
                <ProvokeSection />
                {section(move || msg::device_errors(lang.get()), errors())} <ReportSection views />
            </div>
        </div>
    }
}

fn errors() -> AnyView {
    let (faults, lang) = (Faults::current(), use_lang());
    let list = move || {
        let lang = lang.get();
        faults.history.with(|all| {
            if all.is_empty() {
                return view! { <p class="note">{msg::device_errors_none(lang)}</p> }.into_any();
            }
            let items = all.iter().rev().map(|(when, trouble)| {
                view! { <li><time class="note">{when.clone()}</time>" "{trouble.sentence(lang)}</li> }
            });
            let items = items.collect_view();
            view! { <ul class="errors">{items}</ul> }.into_any()
        })
    };
    list.into_any()
}
