//! What the browser offers, before any worker runs, and how to get WebGPU where it is absent.

use leptos::prelude::*;

use crate::app::bridge::field;
use crate::app::parts::{later, nothing, pairs, paragraph, section};
use crate::app::probe::{Probe, Seen};
use crate::text::{Lang, integer, msg};
use crate::ui::use_lang;

/// The section.
#[component]
pub fn Browser() -> impl IntoView {
    let (lang, probe) = (use_lang(), Probe::current());
    let content = later(move || {
        let lang = lang.get();
        match probe.get() {
            Probe::Pending => paragraph("note", msg::device_asking(lang).into_any()),
            Probe::NoWebGpu => absent(lang, msg::device_no_webgpu(lang)),
            Probe::NoAdapter => absent(lang, msg::device_no_adapter(lang)),
            Probe::Late => absent(lang, msg::device_late(lang)),
            Probe::Found(seen) => found(lang, &seen),
        }
    });
    section(msg::device_browser, content)
}

fn found(lang: Lang, seen: &Seen) -> AnyView {
    let described = [
        (msg::device_vendor(lang), &seen.vendor),
        (msg::device_architecture(lang), &seen.architecture),
        (msg::device_model(lang), &seen.device),
        (msg::device_description(lang), &seen.description),
    ];
    let known = described.into_iter().filter(|(_, value)| !value.is_empty());
    let mut rows: Vec<(String, String)> = known.map(|(name, value)| (name.to_owned(), value.clone())).collect();
    if rows.is_empty() {
        rows.push((msg::device_model(lang).to_owned(), msg::device_unnamed(lang).to_owned()));
    }
    let software = if seen.is_software { msg::shell_yes(lang) } else { msg::shell_no(lang) };
    rows.push((msg::device_software(lang).to_owned(), software.to_owned()));
    let features = if seen.features.is_empty() { msg::device_none(lang).to_owned() } else { seen.features.join(", ") };
    rows.push((msg::device_features(lang).to_owned(), features));
    let limits = seen.limits.iter().map(|(name, value)| (name.clone(), integer(lang, *value as u64))).collect();
    view! {
        {pairs(rows)}
        <details>
            <summary>{msg::device_limits(lang)}</summary>
            {pairs(limits)}
        </details>
    }
    .into_any()
}

fn absent(lang: Lang, sentence: &'static str) -> AnyView {
    let is_insecure = field(&window(), "isSecureContext").as_bool() == Some(false);
    let insecure = if is_insecure { paragraph("", msg::device_insecure(lang).into_any()) } else { nothing() };
    let ways = [msg::device_get_chrome, msg::device_get_firefox, msg::device_get_safari, msg::device_get_driver];
    let ways = Vec::from(ways.map(|way| view! { <li>{way(lang)}</li> }.into_any()));
    view! {
        {paragraph("", sentence.into_any())}
        {insecure}
        <h3>{msg::device_get(lang)}</h3>
        <ul>{ways}</ul>
    }
    .into_any()
}
