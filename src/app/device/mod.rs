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
use super::parts::{Opt, attribute, choice, later, live, opening, paragraph, section};
use super::settings::Settings;
use super::standing::Standing;
use crate::text::msg;
use crate::ui::use_lang;

/// The page.
#[component]
pub fn DevicePage() -> impl IntoView {
    let settings = Settings::current();
    let standing = Standing::current();
    let views = Views::new();
    let wishes: Vec<Opt> = vec![
        ("auto", msg::device_wish_auto, None),
        ("gpu", msg::device_wish_gpu, None),
        ("cpu", msg::device_wish_cpu, None),
    ];
    let tier = view! {
        <p class="machine">
            <span class="dot" data-state=attribute(move || standing.with(|s| Some(s.state())))></span>
            <b>{live(move || standing.with(|s| s.name.clone()))}</b>
            " "
            {live(move || standing.with(|s| s.mark.to_owned()))}
        </p>
        {paragraph("", live(move || standing.with(|s| s.reason.clone())))}
        {choice(
            msg::device_wish,
            wishes,
            Signal::derive(move || keep::wish_name(settings.wish.get())),
            move |name| settings.choose_wish(&name),
        )}
    };
    view! {
        <div class="page">
            {opening(msg::device_eyebrow, msg::device_heading, msg::device_lede)}
            <div class="sheets">
                {section(msg::device_tier, tier.into_any())} <Browser /> <Checks views />
                <ProvokeSection />
                {section(msg::device_errors, errors())} <ReportSection views />
            </div>
        </div>
    }
}

fn errors() -> AnyView {
    let (faults, lang) = (Faults::current(), use_lang());
    later(move || {
        let lang = lang.get();
        faults.history.with(|all| {
            if all.is_empty() {
                return paragraph("note", msg::device_errors_none(lang).into_any());
            }
            let items = all.iter().rev().map(|(when, trouble)| {
                view! { <li><time class="note">{when.clone()}</time>" "{trouble.sentence(lang)}</li> }.into_any()
            });
            let items: Vec<AnyView> = items.collect();
            view! { <ul class="errors">{items}</ul> }.into_any()
        })
    })
}
