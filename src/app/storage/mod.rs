//! What is kept in this browser: seen, taken along, brought back, erased.

mod bundle;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;

use super::faults::{Faults, Remedy};
use super::parts::{attribute, button, button_unless, later, live, nothing, opening, paragraph, say, section};
use super::settings::Settings;
use super::shell::focus;
use super::{clock, keep};
use crate::protocol::{Fault, LabError, Resource};
use crate::text::{Lang, bytes, integer, msg};
use crate::ui::download;
use crate::ui::use_lang;
use crate::worker::BUILD;

/// What is about to be erased.
#[derive(Clone, PartialEq)]
enum Erase {
    One(String),
    Everything,
}

/// The page's state.
#[derive(Clone, Copy)]
struct Kept {
    entries: RwSignal<Vec<(String, String)>>,
    asked: RwSignal<Option<Erase>>,
    /// The outcome of the last action, in words.
    said: RwSignal<String>,
    lang: RwSignal<Lang>,
    faults: Faults,
    settings: Settings,
}

/// What a name stands for.
fn meaning(lang: Lang, name: &str) -> &'static str {
    match name {
        keep::LANG => msg::storage_lang(lang),
        keep::THEME => msg::storage_theme(lang),
        keep::TIER => msg::storage_tier(lang),
        keep::VERIFIED => msg::storage_verified(lang),
        keep::HEALTH => msg::storage_health(lang),
        _ => msg::storage_lab(lang),
    }
}

/// Browsers count two bytes a character.
fn size_bytes(name: &str, text: &str) -> u64 {
    2 * (name.encode_utf16().count() + text.encode_utf16().count()) as u64
}

/// The page.
#[component]
pub fn StoragePage() -> impl IntoView {
    let lang = use_lang();
    let kept = Kept {
        entries: RwSignal::new(keep::entries()),
        asked: RwSignal::new(None),
        said: RwSignal::default(),
        lang,
        faults: Faults::current(),
        settings: Settings::current(),
    };
    let estimate = RwSignal::new(None::<(f64, f64)>);
    spawn_local(async move { estimate.set(estimated().await) });
    let absent = if keep::is_available() { nothing() } else { paragraph("bad", say(msg::storage_absent)) };
    let counted = move || {
        let Some((used, quota)) = estimate.get() else { return nothing() };
        let lang = lang.get();
        let counted = msg::storage_estimate(lang, &bytes(lang, quota as u64), &bytes(lang, used as u64));
        paragraph("note", counted.into_any())
    };
    let export = move || {
        let text = bundle::text_from_entries(BUILD, &clock::timestamp(), &keep::entries());
        download("afina.json", "application/json", text.as_bytes());
    };
    let is_empty = Signal::derive(move || kept.entries.with(Vec::is_empty));
    let everything = move || kept.asked.set(Some(Erase::Everything));
    let own = view! {
        {absent}
        {later(move || list(kept))}
        {later(counted)}
        {later(move || kept.asked.get().map_or_else(nothing, |erase| question(kept, erase)))}
        <p role="status">{live(move || kept.said.get())}</p>
        <p class="press">
            {button("button", say(msg::storage_export), export)}
            <label class="button file">
                <span>{say(msg::storage_import)}</span>
                <input
                    type="file"
                    accept=".json,application/json"
                    aria-label=attribute(move || Some(msg::storage_import_label(lang.get())))
                    on:change:target=move |event| {
                        let input = event.target();
                        let file = input.files().and_then(|files| files.get(0));
                        // The same file may be chosen again.
                        input.set_value("");
                        if let Some(file) = file {
                            spawn_local(import(kept, file));
                        }
                    }
                />
            </label>
            {button_unless("button danger", say(msg::storage_erase_all), is_empty, everything)}
        </p>
        {paragraph("note", say(msg::storage_export_note))}
    };
    view! {
        <div class="page">
            {opening(msg::storage_eyebrow, msg::storage_heading, msg::storage_lede)}
            <div class="sheets">{section(msg::storage_own, own.into_any())}</div>
        </div>
    }
}

fn list(kept: Kept) -> AnyView {
    let lang = kept.lang.get();
    let entries = kept.entries.get();
    if entries.is_empty() {
        return paragraph("note", msg::storage_empty(lang).into_any());
    }
    let total: u64 = entries.iter().map(|(name, text)| size_bytes(name, text)).sum();
    let count = integer(lang, entries.len() as u64);
    let rows = entries.into_iter().map(|(name, text)| {
        let size = bytes(lang, size_bytes(&name, &text));
        let what = meaning(lang, &name);
        let label = msg::storage_erase_named(lang, &name);
        let ask = {
            let name = name.clone();
            move || kept.asked.set(Some(Erase::One(name.clone())))
        };
        view! {
            <tr>
                <td>{what}<br /><code>{name}</code></td>
                <td class="number">{size}</td>
                <td class="number">
                    {button("button", view! { <span class="unseen">{label}</span> <span aria-hidden="true">{msg::storage_erase(lang)}</span> }.into_any(), ask)}
                </td>
            </tr>
        }
        .into_any()
    });
    let rows: Vec<AnyView> = rows.collect();
    view! {
        <table class="plain">
            <thead>
                <tr>
                    <th scope="col">{msg::storage_name(lang)}</th>
                    <th scope="col" class="number">{msg::storage_size(lang)}</th>
                    <th scope="col" class="number">{msg::storage_action(lang)}</th>
                </tr>
            </thead>
            <tbody>{rows}</tbody>
        </table>
        <p class="note">{msg::storage_total(lang, &count, &bytes(lang, total))}</p>
    }
    .into_any()
}

fn question(kept: Kept, erase: Erase) -> AnyView {
    // The safe answer is where the keyboard is.
    request_animation_frame(|| focus(".sheet .banner button:last-child"));
    let lang = kept.lang.get();
    let what = match &erase {
        Erase::One(name) => name.clone(),
        Erase::Everything => msg::storage_erase_everything(lang).to_owned(),
    };
    let yes = move || {
        let names = match &erase {
            Erase::One(name) => vec![name.clone()],
            Erase::Everything => keep::entries().into_iter().map(|(name, _)| name).collect(),
        };
        names.iter().for_each(|name| keep::erase(name));
        kept.asked.set(None);
        kept.entries.set(keep::entries());
        kept.said.set(msg::storage_erased(kept.lang.get_untracked()).to_owned());
    };
    view! {
        <div class="banner" role="alertdialog" aria-label=msg::storage_erase(lang)>
            {paragraph("", msg::storage_erase_sure(lang, &what).into_any())}
            {button("button danger", msg::storage_erase_yes(lang).into_any(), yes)}
            {button("button", msg::storage_erase_no(lang).into_any(), move || kept.asked.set(None))}
        </div>
    }
    .into_any()
}

async fn import(kept: Kept, file: web_sys::File) {
    match imported(&file).await {
        Ok(count) => {
            kept.settings.reread();
            kept.entries.set(keep::entries());
            let lang = kept.lang.get_untracked();
            kept.said.set(msg::storage_imported(lang, &integer(lang, count as u64)));
        }
        Err(error) => kept.faults.report(error, Remedy::None),
    }
}

async fn imported(file: &web_sys::File) -> Result<usize, LabError> {
    let source = file.name();
    let got = file.size() as u64;
    if got > bundle::MAX_BYTES {
        return Err(LabError::TooLarge { what: source, limit: bundle::MAX_BYTES, got, resource: Resource::Bytes });
    }
    let text = JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string());
    let text = text.ok_or_else(|| LabError::FileGone { source: source.clone() })?;
    if text.contains('\u{fffd}') {
        return Err(LabError::Malformed { source, at: "UTF-8".into(), fault: Fault::NotUtf8 });
    }
    let entries = bundle::entries_from_text(&source, keep::PREFIX, &text)?;
    for (name, text) in &entries {
        if !keep::write(name, text) {
            return Err(LabError::NotSaved { what: name.clone(), message: source });
        }
    }
    Ok(entries.len())
}

/// Bytes used and available, where the browser counts them.
async fn estimated() -> Option<(f64, f64)> {
    let manager = super::bridge::field(&window().navigator(), "storage");
    let estimate: js_sys::Function = wasm_bindgen::JsCast::dyn_into(super::bridge::field(&manager, "estimate")).ok()?;
    let promise: js_sys::Promise = wasm_bindgen::JsCast::dyn_into(estimate.call0(&manager).ok()?).ok()?;
    let answer = JsFuture::from(promise).await.ok()?;
    let number = |name| super::bridge::field(&answer, name).as_f64();
    Some((number("usage")?, number("quota")?))
}
