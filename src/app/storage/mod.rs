//! What is kept in this browser: seen, taken along, brought back, erased.

mod bundle;

use leptos::prelude::*;
use leptos::task::spawn_local;
use wasm_bindgen_futures::JsFuture;

use super::faults::{Faults, Remedy};
use super::parts::section;
use super::settings::Settings;
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
    let absent = (!keep::is_available()).then(|| {
        view! { <p class="bad">{move || msg::storage_absent(lang.get())}</p> }
    });
    let counted = move || {
        let (used, quota) = estimate.get()?;
        let lang = lang.get();
        Some(
            view! { <p class="note">{msg::storage_estimate(lang, &bytes(lang, quota as u64), &bytes(lang, used as u64))}</p> },
        )
    };
    let export = move |_| {
        let text = bundle::text_from_entries(BUILD, &clock::timestamp(), &keep::entries());
        download("afina.json", "application/json", text.as_bytes());
    };
    let everything = move |_| kept.asked.set(Some(Erase::Everything));
    let own = view! {
        {absent}
        {move || list(kept)}
        {counted}
        {move || kept.asked.get().map(|erase| question(kept, erase))}
        <p role="status">{kept.said}</p>
        <p class="press">
            <button class="button" on:click=export>{move || msg::storage_export(lang.get())}</button>
            <label class="button file">
                <span>{move || msg::storage_import(lang.get())}</span>
                <input
                    type="file"
                    accept=".json,application/json"
                    aria-label=move || msg::storage_import_label(lang.get())
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
            <button class="button danger" on:click=everything disabled=move || kept.entries.with(Vec::is_empty)>
                {move || msg::storage_erase_all(lang.get())}
            </button>
        </p>
        <p class="note">{move || msg::storage_export_note(lang.get())}</p>
    };
    view! {
        <div class="page">
            <p class="eyebrow">{move || msg::storage_eyebrow(lang.get())}</p>
            <h1>{move || msg::storage_heading(lang.get())}</h1>
            <p class="lede">{move || msg::storage_lede(lang.get())}</p>
            <div class="sheets">{section(move || msg::storage_own(lang.get()), own.into_any())}</div>
        </div>
    }
}

fn list(kept: Kept) -> AnyView {
    let lang = kept.lang.get();
    let entries = kept.entries.get();
    if entries.is_empty() {
        return view! { <p class="note">{msg::storage_empty(lang)}</p> }.into_any();
    }
    let total: u64 = entries.iter().map(|(name, text)| size_bytes(name, text)).sum();
    let count = integer(lang, entries.len() as u64);
    let rows = entries.into_iter().map(|(name, text)| {
        let size = bytes(lang, size_bytes(&name, &text));
        let what = meaning(lang, &name);
        let label = msg::storage_erase_named(lang, &name);
        let ask = {
            let name = name.clone();
            move |_| kept.asked.set(Some(Erase::One(name.clone())))
        };
        view! {
            <tr>
                <td>{what}<br /><code>{name}</code></td>
                <td class="number">{size}</td>
                <td class="number">
                    <button class="button" aria-label=label on:click=ask>{msg::storage_erase(lang)}</button>
                </td>
            </tr>
        }
    });
    let rows = rows.collect_view();
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
    let lang = kept.lang.get();
    let what = match &erase {
        Erase::One(name) => name.clone(),
        Erase::Everything => msg::storage_erase_everything(lang).to_owned(),
    };
    let yes = move |_| {
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
            <p>{msg::storage_erase_sure(lang, &what)}</p>
            <button class="button danger" on:click=yes>{msg::storage_erase_yes(lang)}</button>
            <button class="button" autofocus on:click=move |_| kept.asked.set(None)>{msg::storage_erase_no(lang)}</button>
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
