//! Real faults on request, so that a class sees the page survive them.

use leptos::prelude::*;

use crate::app::bridge::Engine;
use crate::app::clock;
use crate::app::parts::{Message, button_unless, later, live, pairs, paragraph, say, section};
use crate::labs::{Command, Provoked};
use crate::text::{msg, number};
use crate::ui::{RunStatus, RunView, Runner, use_lang};

/// The section.
#[component]
pub fn ProvokeSection() -> impl IntoView {
    let (lang, engine, runner) = (use_lang(), Engine::current(), Runner::current());
    let (fault, answer) = (RunView::new(), RunView::new());
    let (count, begun, millis) = (RwSignal::new(0u32), RwSignal::new(0.0), RwSignal::new(None::<f64>));
    let provoke = move |what: Provoked| {
        count.update(|n| *n += 1);
        millis.set(None);
        begun.set(clock::now_millis());
        runner.run(fault, &Command::Provoke { fault: what });
    };
    // Once the fault has happened, a harmless question shows that the engine answers again.
    Effect::new(move || {
        if count.get() > 0 && fault.status.with(|s| !s.is_busy() && *s != RunStatus::Idle) {
            runner.run(answer, &Command::Adapter);
        }
    });
    Effect::new(move || {
        if matches!(answer.status.get(), RunStatus::Done { .. }) {
            millis.set(Some(clock::now_millis() - begun.get_untracked()));
        }
    });
    let is_busy = Signal::derive(move || fault.status.with(RunStatus::is_busy));
    let is_idle = Signal::derive(move || !is_busy.get());
    let faults: [(Provoked, Message); 4] = [
        (Provoked::DeviceLost, msg::device_provoke_lost),
        (Provoked::OutOfMemory, msg::device_provoke_memory),
        (Provoked::Hang, msg::device_provoke_hang),
        (Provoked::Panic, msg::device_provoke_panic),
    ];
    let buttons = faults.map(|(what, name)| button_unless("button", say(name), is_busy, move || provoke(what)));
    let answered = move || match (count.get(), millis.get()) {
        (0, _) => String::new(),
        (_, None) => msg::device_not_answered(lang.get()).to_owned(),
        (_, Some(millis)) => msg::device_answered(lang.get(), &number(lang.get(), millis, 0)),
    };
    let counters = move || {
        let lang = lang.get();
        pairs(vec![
            (msg::device_provoke_count(lang).to_owned(), count.get().to_string()),
            (msg::device_recovered_count(lang).to_owned(), engine.recoveries.get().to_string()),
            (msg::device_started_count(lang).to_owned(), engine.spawned.get().to_string()),
        ])
    };
    let content = view! {
        {paragraph("note", say(msg::device_provoke_note))}
        <p class="press">
            {Vec::from(buttons)}
            {button_unless("button", say(msg::shell_stop), is_idle, move || runner.stop(fault))}
        </p>
        {paragraph("note", say(msg::device_provoke_hint))}
        <p role="status">{live(answered)}</p>
        {later(counters)}
    };
    section(msg::device_provoke, content.into_any())
}
