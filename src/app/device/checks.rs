//! What the engine says of itself: its adapter, every kernel against its reference, the training engine.

use std::sync::Arc;

use leptos::prelude::*;
use serde_json::{Value, json};

use crate::app::bridge::Engine;
use crate::app::clock;
use crate::app::keep;
use crate::app::parts::{Message, button, later, live, nothing, paragraph, say, section, table};
use crate::labs::Command;
use crate::protocol::{Phase, Table, Tier};
use crate::text::{Lang, integer, msg, number, significant};
use crate::ui::{RunStatus, RunView, Runner, use_lang};
use crate::worker::{BUILD, read::table as table_from_value};

/// Where the results of the three checks arrive.
#[derive(Clone, Copy)]
pub struct Views {
    pub adapter: RunView,
    pub health: RunView,
    pub burn: RunView,
}

impl Views {
    /// Empty ones.
    pub fn new() -> Views {
        Views { adapter: RunView::new(), health: RunView::new(), burn: RunView::new() }
    }
}

/// A finished health check as it is kept in the browser.
#[derive(Clone)]
pub struct KeptHealth {
    pub adapter: String,
    pub when: String,
    pub table: Table,
}

/// The health check that this browser remembers, if this very build made it.
pub fn kept_health() -> Option<KeptHealth> {
    let mut kept: Value = serde_json::from_str(&keep::read(keep::HEALTH)?).ok()?;
    let table = table_from_value(kept.get_mut("table")?.take()).ok()?;
    let text = |name: &str| kept[name].as_str().map(str::to_owned);
    (kept["build"] == BUILD).then_some(KeptHealth { adapter: text("adapter")?, when: text("when")?, table })
}

/// The three sections.
#[component]
pub fn Checks(views: Views) -> impl IntoView {
    let (lang, engine) = (use_lang(), Engine::current());
    Effect::new(move || {
        if let (RunStatus::Done { .. }, Some(table)) = (views.health.status.get(), views.health.table("health")) {
            let adapter = engine.adapter.get_untracked();
            let table = serde_json::to_value(&*table).unwrap_or_default();
            let kept = json!({ "build": BUILD, "adapter": adapter, "when": clock::timestamp(), "table": table });
            keep::write(keep::HEALTH, &kept.to_string());
        }
    });
    let adapter = view! {
        {paragraph("note", say(msg::device_engine_note))}
        {press(msg::device_engine_run, views.adapter, Command::Adapter)}
        {later(move || views.adapter.table("adapter").map_or_else(nothing, |t| adapter_table(lang.get(), &t)))}
    };
    let on_cpu = Signal::derive(move || engine.tier.with(|t| matches!(t, Some((Tier::Cpu, _)))));
    let health = view! {
        {paragraph("note", say(msg::device_health_note))}
        <div hidden=Signal::derive(move || !on_cpu.get())>{paragraph("", say(msg::device_health_cpu))}</div>
        <div hidden=on_cpu>{press(msg::device_health_run, views.health, Command::Health)}</div>
        {later(move || match views.health.table("health") {
            Some(now) => health_table(lang.get(), &now),
            None => kept_health().map_or_else(nothing, |kept| kept_table(lang.get(), &kept)),
        })}
    };
    let burn = view! {
        {paragraph("note", say(msg::device_burn_note))}
        {press(msg::device_burn_run, views.burn, Command::Burn)}
        {later(move || views.burn.table("burn").map_or_else(nothing, |t| burn_table(lang.get(), &t)))}
    };
    view! {
        {section(msg::device_engine, adapter.into_any())}
        {section(msg::device_health, health.into_any())}
        {section(msg::device_burn, burn.into_any())}
    }
}

/// A button that starts a command, and stops it while it runs; how far it is beside it.
pub fn press(label: Message, view: RunView, command: Command) -> AnyView {
    let (lang, runner) = (use_lang(), Runner::current());
    let command = Arc::new(command);
    let is_busy = move || view.status.with(RunStatus::is_busy);
    let click = move || {
        if view.status.with_untracked(RunStatus::is_busy) {
            runner.stop(view);
        } else {
            runner.run(view, &*command);
        }
    };
    let name = live(move || if is_busy() { msg::shell_stop(lang.get()) } else { label(lang.get()) }.to_owned());
    view! {
        <p class="press">
            {button("button", name, click)}
            <span class="note" role="status">{live(move || view.status.with(|s| status(lang.get(), s)))}</span>
        </p>
    }
    .into_any()
}

fn status(lang: Lang, status: &RunStatus) -> String {
    match status {
        RunStatus::Idle => String::new(),
        RunStatus::Starting => msg::device_starting(lang).to_owned(),
        RunStatus::Running { total: 0, .. } => msg::device_running(lang).to_owned(),
        RunStatus::Running { phase, done, total } => {
            [phase_name(lang, *phase), " ", &integer(lang, *done), " / ", &integer(lang, *total)].concat()
        }
        RunStatus::Done { elapsed_millis } => msg::device_finished(lang, &number(lang, *elapsed_millis, 0)),
        RunStatus::Stopped => msg::device_stopped(lang).to_owned(),
        // What it was is said in the banner.
        RunStatus::Failed(_) => msg::device_failed(lang).to_owned(),
    }
}

fn phase_name(lang: Lang, phase: Phase) -> &'static str {
    match phase {
        Phase::Reading => msg::phase_reading(lang),
        Phase::Computing => msg::phase_computing(lang),
        Phase::Verifying => msg::phase_verifying(lang),
        Phase::Collecting => msg::phase_collecting(lang),
    }
}

fn adapter_table(lang: Lang, t: &Table) -> AnyView {
    let text = |row: usize, column: &str| {
        let number = t.number(row, column).map(|v| significant(lang, v, 6));
        t.text(row, column).map(str::to_owned).or(number).unwrap_or_default()
    };
    // Browsers leave out what would give the visitor away.
    let known = (0..t.rows.len()).map(|r| vec![text(r, "key"), text(r, "value")]).filter(|row| !row[1].is_empty());
    let rows = known.collect();
    table(&[msg::device_key(lang), msg::device_value(lang)], rows, &[])
}

fn is_right(t: &Table, row: usize) -> bool {
    t.number(row, "ok") == Some(1.0)
}

/// How many kernels of a `health` table disagree with their reference.
pub fn count_bad(t: &Table) -> usize {
    (0..t.rows.len()).filter(|row| !is_right(t, *row)).count()
}

fn figure(lang: Lang, t: &Table, row: usize, column: &str) -> String {
    t.number(row, column).map_or_else(|| "–".to_owned(), |v| significant(lang, v, 3))
}

fn health_table(lang: Lang, t: &Table) -> AnyView {
    let (bad, count) = (count_bad(t), t.rows.len());
    let verdict = |row| if is_right(t, row) { msg::device_good(lang) } else { msg::device_bad(lang) };
    let rows = (0..count).map(|row| {
        let text = |column| t.text(row, column).unwrap_or_default().to_owned();
        vec![
            text("kernel"),
            verdict(row).to_owned(),
            figure(lang, t, row, "worst"),
            figure(lang, t, row, "allowed"),
            figure(lang, t, row, "millis"),
            text("message"),
        ]
    });
    let headers = [
        msg::device_kernel(lang),
        msg::device_verdict(lang),
        msg::device_worst(lang),
        msg::device_allowed(lang),
        msg::device_millis(lang),
        msg::device_message(lang),
    ];
    let sum = match bad {
        0 => msg::device_health_good(lang, &count.to_string()),
        _ => msg::device_health_bad(lang, &bad.to_string(), &count.to_string()),
    };
    view! {
        <p class=if bad == 0 { "good" } else { "bad" }>{sum}</p>
        {table(&headers, rows.collect(), &[2, 3, 4])}
    }
    .into_any()
}

fn kept_table(lang: Lang, kept: &KeptHealth) -> AnyView {
    view! {
        <p class="note">{msg::device_health_kept(lang, &kept.adapter, &kept.when)}</p>
        {health_table(lang, &kept.table)}
    }
    .into_any()
}

fn burn_table(lang: Lang, t: &Table) -> AnyView {
    let rows = (0..t.rows.len()).map(|row| {
        let right = t.number(row, "worst") <= t.number(row, "allowed") && t.number(row, "worst").is_some();
        vec![
            t.text(row, "tier").unwrap_or_default().to_uppercase(),
            t.text(row, "check").unwrap_or_default().to_owned(),
            if right { msg::device_good(lang) } else { msg::device_bad(lang) }.to_owned(),
            figure(lang, t, row, "worst"),
            figure(lang, t, row, "allowed"),
            figure(lang, t, row, "millis"),
        ]
    });
    let headers = [
        msg::device_where(lang),
        msg::device_operation(lang),
        msg::device_verdict(lang),
        msg::device_worst(lang),
        msg::device_allowed(lang),
        msg::device_millis(lang),
    ];
    table(&headers, rows.collect(), &[3, 4, 5])
}
