//! The button that starts a run and, while it goes on, stops it; with the run's real progress.

use leptos::prelude::*;

use super::{RunStatus, RunView, Runner, use_lang};
use crate::protocol::Phase;
use crate::text::{Lang, duration, msg, number};

/// A run this young has told too little to foretell its end.
const ESTIMATE_FROM_MILLIS: f64 = 700.0;

fn now_millis() -> f64 {
    window().performance().map_or(0.0, |p| p.now())
}

/// An estimate: whole seconds, and whole minutes where there are many.
fn rough(lang: Lang, millis: f64) -> String {
    let seconds = (millis / 1000.0).ceil();
    if seconds < 100.0 {
        number(lang, seconds, 0) + "\u{a0}s"
    } else {
        number(lang, (seconds / 60.0).ceil(), 0) + "\u{a0}min"
    }
}

/// What the run is doing, in words.
fn words(lang: Lang, status: &RunStatus, began: f64) -> String {
    match status {
        RunStatus::Idle => String::new(),
        RunStatus::Starting => msg::ui_starting(lang).to_owned(),
        RunStatus::Running { phase, done, total } => {
            let doing = match phase {
                Phase::Reading => msg::ui_reading(lang),
                Phase::Computing => msg::ui_computing(lang),
                Phase::Verifying => msg::ui_verifying(lang),
                Phase::Collecting => msg::ui_collecting(lang),
            };
            let elapsed = now_millis() - began;
            if *done == 0 || done >= total || elapsed < ESTIMATE_FROM_MILLIS {
                return doing.to_owned();
            }
            let left = elapsed * (*total - *done) as f64 / *done as f64;
            [doing, " ", &msg::ui_time_left(lang, &rough(lang, left))].concat()
        }
        RunStatus::Done { elapsed_millis } => msg::ui_done(lang, &duration(lang, *elapsed_millis)),
        RunStatus::Stopped => msg::error_stopped(lang).to_owned(),
        RunStatus::Failed(error) => error.sentence(lang),
    }
}

/// Starts and stops.
#[component]
pub fn RunButton(view: RunView, #[prop(into)] label: Signal<String>, on_run: Callback<()>) -> impl IntoView {
    let lang = use_lang().get_untracked();
    let runner = Runner::current();
    let began = StoredValue::new(0.0);
    let busy = Memo::new(move |_| view.status.with(RunStatus::is_busy));
    Effect::new(move || {
        if busy.get() {
            began.set_value(now_millis());
        }
    });
    let press = move |_| if busy.get_untracked() { runner.stop(view) } else { on_run.run(()) };
    let share = move || match view.status.get() {
        RunStatus::Running { done, total, .. } if total > 0 => Some((done as f64 / total as f64).to_string()),
        _ => None,
    };
    let said = move || view.status.with(|s| words(lang, s, began.get_value()));
    view! {
        <div class="run">
            <button type="button" class="go" class:stop=busy on:click=press>
                {move || if busy.get() { msg::ui_stop(lang).to_owned() } else { label.get() }}
            </button>
            <progress class:idle=move || !busy.get() max="1" value=share aria-label=move || label.get()></progress>
            <p class="said" class:wrong=move || matches!(view.status.get(), RunStatus::Failed(_)) role="status">{said}</p>
        </div>
    }
    .into_any()
}
