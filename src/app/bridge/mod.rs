//! The engine as the page sees it: commands go to module workers, events come back into views.
//!
//! [`machine`] decides, this file acts: it owns the workers, the timers and the files, and nothing that a student made.
//! A worker is started by the first run that needs it, and ended without regret.

mod cause;
mod engine;
mod job;
mod kind;
mod machine;
mod port;
mod say;
mod views;

pub use cause::Cause;
pub use engine::Engine;
pub use kind::WorkerKind;
pub use port::{field, said};

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use gloo::timers::callback::Timeout;
use leptos::prelude::*;
use wasm_bindgen::JsValue;

use self::machine::{Action, Machine};
use self::port::{Heard, Port};
use self::say::Say;
use self::views::{FRAME_MILLIS, Views, Waiting, apply, show};
use super::faults::{Faults, Remedy};
use super::{clock, keep};
use crate::protocol::{Event, LabError, RunId, Tier, TierReason};
use crate::text::Lang;
use crate::ui::{Bridge, RunStatus, RunView};
use crate::worker::{FromWorker, TierWish};

/// The workers of this page.
pub struct WorkerBridge {
    me: std::rc::Weak<WorkerBridge>,
    machine: RefCell<Machine>,
    ports: RefCell<[Option<Port>; WorkerKind::COUNT]>,
    files: RefCell<Vec<(String, web_sys::File)>>,
    views: RefCell<Views>,
    waiting: RefCell<Vec<Waiting>>,
    deadline: RefCell<Option<Timeout>>,
    redraw: RefCell<Option<Timeout>>,
    redrawn: Cell<f64>,
    engine: Engine,
    faults: Faults,
    lang: RwSignal<Lang>,
}

impl WorkerBridge {
    /// No worker yet: nothing is fetched before the first run.
    pub fn new(engine: Engine, faults: Faults, lang: RwSignal<Lang>, wish: TierWish) -> Rc<WorkerBridge> {
        Rc::new_cyclic(|me| WorkerBridge {
            me: me.clone(),
            machine: RefCell::new(Machine::new(wish, keep::verified_adapters())),
            ports: RefCell::default(),
            files: RefCell::default(),
            views: RefCell::default(),
            waiting: RefCell::default(),
            deadline: RefCell::default(),
            redraw: RefCell::default(),
            redrawn: Cell::new(0.0),
            engine,
            faults,
            lang,
        })
    }

    /// Takes up the runs whose worker did not start.
    pub fn retry(&self) {
        let actions = self.machine.borrow_mut().retry(clock::now_millis());
        self.act(actions);
    }

    /// Another tier from now on.
    pub fn set_wish(&self, wish: TierWish) {
        self.engine.forget();
        let actions = self.machine.borrow_mut().set_wish(clock::now_millis(), wish);
        self.act(actions);
    }

    /// Stops a run by its name.
    pub fn stop_run(&self, run: RunId) {
        let actions = self.machine.borrow_mut().stop(clock::now_millis(), run);
        self.act(actions);
    }

    fn act(&self, actions: Vec<Action>) {
        let mut queue = VecDeque::from(actions);
        while let Some(action) = queue.pop_front() {
            match action {
                Action::Spawn(kind) => {
                    if let Err(cause) = self.spawn(kind) {
                        queue.extend(self.machine.borrow_mut().refused(kind, cause));
                    }
                }
                Action::Terminate(kind) => {
                    let port = self.ports.borrow_mut()[kind as usize].take();
                    drop(port);
                }
                Action::Send(kind, message) => self.send(kind, &message, None),
                Action::SendFiles(kind) => {
                    for (name, file) in self.files.borrow().iter() {
                        self.send(kind, &Say::File { name: name.clone() }, Some(file));
                    }
                }
                Action::Starting(run) => self.show(run, RunStatus::Starting),
                Action::Ended(run, cause) => self.ended(run, &cause),
                Action::Quiet(run, quiet) => self.engine.set_quiet(run, quiet),
                Action::Recovering(cause) => {
                    self.engine.recoveries.update(|n| *n += 1);
                    self.faults.report(cause.error(self.lang.get_untracked()), Remedy::None);
                }
                Action::Tier(tier, reason) => self.engine.tier.set(Some((tier, reason))),
                Action::Remember(verified) => keep::remember_verified(&verified),
            }
        }
        self.watch();
    }

    fn spawn(&self, kind: WorkerKind) -> Result<(), Cause> {
        let me = self.me.clone();
        let port = Port::open(kind, move |heard| {
            if let Some(bridge) = me.upgrade() {
                bridge.heard(kind, heard);
            }
        });
        let port = port.map_err(|message| Cause::NoWorker { message })?;
        self.engine.spawned.update(|n| *n += 1);
        self.ports.borrow_mut()[kind as usize] = Some(port);
        Ok(())
    }

    fn send(&self, kind: WorkerKind, message: &Say, file: Option<&web_sys::File>) {
        if let Some(port) = &self.ports.borrow()[kind as usize] {
            port.send(message, file);
        }
    }

    fn heard(&self, kind: WorkerKind, heard: Heard) {
        let now = clock::now_millis();
        let actions = match heard {
            Heard::Message(FromWorker::Up { build }, _) => self.machine.borrow_mut().up(now, kind, &build),
            Heard::Message(FromWorker::Ready { tier, reason, adapter, health }, _) => {
                self.engine.greet(&adapter, health);
                self.machine.borrow_mut().ready(now, kind, tier, reason, adapter, health)
            }
            Heard::Message(FromWorker::Measured { verified }, _) => vec![self.machine.borrow_mut().remember(verified)],
            Heard::Message(FromWorker::Lost { message }, _)
            | Heard::Message(
                FromWorker::Event { event: Event::Failed { error: LabError::DeviceLost { message }, .. } },
                _,
            ) => self.machine.borrow_mut().lost(now, kind, Cause::DeviceLost { message }),
            Heard::Message(FromWorker::Event { event }, values) => self.event(now, event, values),
            Heard::Message(FromWorker::Broken { message }, _) | Heard::Crashed(message) => {
                self.machine.borrow_mut().lost(now, kind, Cause::Crashed { message })
            }
        };
        self.act(actions);
    }

    fn event(&self, now: f64, event: Event, values: Option<JsValue>) -> Vec<Action> {
        let run = event.run();
        let (known, actions) = self.machine.borrow_mut().heard(now, run, event.is_last());
        if !known {
            return actions;
        }
        if self.views.borrow().of(run).is_none() {
            // Its page is gone or asked for something newer: nobody waits for this.
            return if event.is_last() { actions } else { self.machine.borrow_mut().stop(now, run) };
        }
        if let Event::Failed { error, .. } = &event
            && *error != LabError::Stopped
        {
            self.faults.report(error.clone(), Remedy::None);
        }
        self.waiting.borrow_mut().push((event, values));
        if self.redraw.borrow().is_none() {
            let me = self.me.clone();
            let wait_millis = (self.redrawn.get() + FRAME_MILLIS - now).max(0.0) as u32;
            *self.redraw.borrow_mut() = Some(Timeout::new(wait_millis, move || {
                if let Some(bridge) = me.upgrade() {
                    bridge.flush();
                }
            }));
        }
        actions
    }

    /// Hands what has arrived to the views.
    fn flush(&self) {
        let timer = self.redraw.borrow_mut().take();
        drop(timer);
        self.redrawn.set(clock::now_millis());
        let mut by_view: Vec<(RunId, RunView, Vec<Waiting>)> = Vec::new();
        for waiting in self.waiting.take() {
            let run = waiting.0.run();
            if let Some((.., events)) = by_view.iter_mut().find(|(r, ..)| *r == run) {
                events.push(waiting);
            } else if let Some(view) = self.views.borrow().of(run) {
                by_view.push((run, view, vec![waiting]));
            }
        }
        for (_, view, events) in by_view {
            apply(view, events);
        }
    }

    fn ended(&self, run: RunId, cause: &Cause) {
        // What arrived before the end stays.
        self.flush();
        if *cause == Cause::Stopped {
            return self.show(run, RunStatus::Stopped);
        }
        let error = cause.error(self.lang.get_untracked());
        let remedy = match cause {
            Cause::OtherBuild { .. } => Remedy::Reload,
            Cause::NoWorker { .. } | Cause::Broken { .. } | Cause::SilentStart => Remedy::Retry,
            _ => Remedy::None,
        };
        self.faults.report(error.clone(), remedy);
        self.show(run, RunStatus::Failed(error));
    }

    fn show(&self, run: RunId, status: RunStatus) {
        let view = self.views.borrow().of(run);
        if let Some(view) = view {
            show(view, status);
        }
    }

    /// Wakes up at the machine's next deadline.
    fn watch(&self) {
        let deadline = self.machine.borrow().next_deadline();
        let timer = deadline.map(|at| {
            let me = self.me.clone();
            let wait_millis = (at - clock::now_millis()).max(0.0).ceil() as u32;
            Timeout::new(wait_millis, move || {
                if let Some(bridge) = me.upgrade() {
                    let actions = bridge.machine.borrow_mut().tick(clock::now_millis());
                    bridge.act(actions);
                }
            })
        });
        let former = std::mem::replace(&mut *self.deadline.borrow_mut(), timer);
        drop(former);
    }
}

impl Bridge for WorkerBridge {
    fn run(&self, view: RunView, command: String) {
        let key = self.views.borrow_mut().key(view);
        let (run, actions) = self.machine.borrow_mut().run(clock::now_millis(), key, command);
        self.views.borrow_mut().own(run, key);
        self.act(actions);
    }

    fn stop(&self, view: RunView) {
        if let Some(Some(run)) = view.current.try_get_untracked() {
            self.stop_run(run);
        }
    }

    fn give_file(&self, file: web_sys::File) -> String {
        let name = {
            let files = self.files.borrow();
            unique_name(&file.name(), |name| files.iter().any(|(n, _)| n == name))
        };
        for kind in WorkerKind::ALL {
            if self.machine.borrow().is_ready(kind) {
                self.send(kind, &Say::File { name: name.clone() }, Some(&file));
            }
        }
        self.files.borrow_mut().push((name.clone(), file));
        name
    }

    fn tier(&self) -> Option<(Tier, TierReason)> {
        self.engine.tier.get()
    }
}

/// `weights.npy`, then `weights (2).npy`.
fn unique_name(name: &str, is_taken: impl Fn(&str) -> bool) -> String {
    if !is_taken(name) {
        return name.to_owned();
    }
    let (stem, extension) = name.rfind('.').map_or((name, ""), |at| name.split_at(at));
    let mut n = 2;
    loop {
        let candidate = format!("{stem} ({n}){extension}");
        if !is_taken(&candidate) {
            return candidate;
        }
        n += 1;
    }
}

#[cfg(test)]
mod bridge_tests {
    use super::unique_name;

    #[test]
    fn a_second_file_of_the_same_name_gets_a_number() {
        let taken = ["a.npy", "a (2).npy", "plain"];
        let is_taken = |n: &str| taken.contains(&n);
        assert_eq!(unique_name("a.npy", is_taken), "a (3).npy");
        assert_eq!(unique_name("plain", is_taken), "plain (2)");
        assert_eq!(unique_name("b.npy", is_taken), "b.npy");
    }
}
