//! The machine on one sheet, for a mail to the teacher: as text and as JSON.

use leptos::prelude::*;
use serde_json::{Value, json};

use super::checks::{Views, count_bad, kept_health};
use crate::app::bridge::Engine;
use crate::app::clock;
use crate::app::faults::Faults;
use crate::app::parts::{button, live, paragraph, say, section};
use crate::app::probe::Probe;
use crate::app::standing::Standing;
use crate::protocol::Table;
use crate::text::{Lang, msg};
use crate::ui::use_lang;
use crate::ui::{copy, download};
use crate::worker::BUILD;

/// The section.
#[component]
pub fn ReportSection(views: Views) -> impl IntoView {
    let lang = use_lang();
    let said = RwSignal::new(None::<bool>);
    let sources = Sources { views, engine: Engine::current(), probe: Probe::current(), faults: Faults::current() };
    let text = Memo::new(move |_| readable(lang.get(), sources));
    let copied = move |text: String| copy(&text, move |done| said.set(Some(done)));
    let answer = move || match said.get() {
        None => String::new(),
        Some(true) => msg::device_copied(lang.get()).to_owned(),
        Some(false) => msg::device_not_copied(lang.get()).to_owned(),
    };
    let save = move || download("afina-device.json", "application/json", data(sources).to_string().as_bytes());
    let content = view! {
        {paragraph("note", say(msg::device_report_note))}
        <pre class="report" tabindex="0">{live(move || text.get())}</pre>
        <p class="press">
            {button("button", say(msg::device_copy_text), move || copied(text.get_untracked()))}
            {button("button", say(msg::device_copy_json), move || copied(data(sources).to_string()))}
            {button("button", say(msg::device_save_json), save)}
            <span class="note" role="status">{live(answer)}</span>
        </p>
    };
    section(msg::device_report, content.into_any())
}

/// What the report is made of. Taken from the context once: a click has none.
#[derive(Clone, Copy)]
struct Sources {
    views: Views,
    engine: Engine,
    probe: RwSignal<Probe>,
    faults: Faults,
}

/// For people; tracks everything in it.
fn readable(lang: Lang, Sources { views, probe, faults, .. }: Sources) -> String {
    let standing = Standing::now(lang);
    let navigator = window().navigator();
    let mut lines = vec![
        (msg::device_report_build(lang), ["Afina ", BUILD].concat()),
        (msg::device_report_browser(lang), navigator.user_agent().unwrap_or_default()),
        (msg::device_report_screen(lang), [lang.code(), ", ", &screen()].concat()),
        (msg::device_tier(lang), [&standing.name, " ", standing.mark].concat()),
        ("", standing.reason),
    ];
    if let Probe::Found(seen) = probe.get() {
        let parts = [&seen.vendor, &seen.architecture, &seen.device, &seen.description];
        let described: Vec<&str> = parts.into_iter().map(String::as_str).filter(|p| !p.is_empty()).collect();
        lines.push((msg::device_report_adapter(lang), described.join(" · ")));
        lines.push((msg::device_features(lang), seen.features.join(", ")));
    }
    let kept = kept_health().map(|k| k.table);
    if let Some(table) = views.health.table("health").map(|t| (*t).clone()).or(kept) {
        let (bad, count) = (count_bad(&table), table.rows.len().to_string());
        let sum = match bad {
            0 => msg::device_health_good(lang, &count),
            _ => msg::device_health_bad(lang, &bad.to_string(), &count),
        };
        lines.push((msg::device_health(lang), sum));
    }
    let mut out = String::new();
    for (name, value) in lines {
        let line = if name.is_empty() { value } else { msg::shell_colon(lang, name, &value) };
        out += line.trim_end();
        out.push('\n');
    }
    faults.history.with(|all| {
        for (when, trouble) in all {
            out += &[when, " ", &trouble.sentence(lang), "\n"].concat();
        }
    });
    out
}

fn screen() -> String {
    let window = window();
    let side = |value: Result<wasm_bindgen::JsValue, _>| value.ok().and_then(|v| v.as_f64()).unwrap_or_default();
    format!("{} x {} @ {}", side(window.inner_width()), side(window.inner_height()), window.device_pixel_ratio())
}

/// For programs.
fn data(Sources { views, engine, probe, faults }: Sources) -> Value {
    let table = |of: Option<std::sync::Arc<Table>>| of.and_then(|t| serde_json::to_value(&*t).ok()).unwrap_or_default();
    let seen = match probe.get_untracked() {
        Probe::Found(seen) => json!({
            "vendor": seen.vendor, "architecture": seen.architecture, "device": seen.device,
            "description": seen.description, "software": seen.is_software, "features": seen.features,
            "limits": seen.limits.iter().map(|(k, v)| (k.clone(), Value::from(*v))).collect::<serde_json::Map<_, _>>(),
        }),
        other => Value::from(format!("{other:?}")),
    };
    let errors = faults.history.get_untracked();
    let errors = errors.iter().map(|(when, trouble)| json!({ "when": when, "what": trouble.sentence(Lang::En) }));
    json!({
        "afina": 1,
        "build": BUILD,
        "when": clock::timestamp(),
        "browser": window().navigator().user_agent().unwrap_or_default(),
        "screen": screen(),
        "tier": engine.tier.get_untracked().and_then(|t| serde_json::to_value(t).ok()),
        "adapter": engine.adapter.get_untracked(),
        "verified": engine.verified.get_untracked(),
        "workers_started": engine.spawned.get_untracked(),
        "workers_replaced": engine.recoveries.get_untracked(),
        "webgpu": seen,
        "engine": untrack(|| table(views.adapter.table("adapter"))),
        "health": untrack(|| table(views.health.table("health"))),
        "kept_health": kept_health().map(|k| json!({ "adapter": k.adapter, "when": k.when, "table": k.table })),
        "burn": untrack(|| table(views.burn.table("burn"))),
        "errors": errors.collect::<Vec<_>>(),
    })
}
