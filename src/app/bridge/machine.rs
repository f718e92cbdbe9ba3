//! What the bridge decides, free of browser types: when a worker starts, which run is sent when, what a lost device, a
//! Stop or a silence leads to. Time comes in as milliseconds of any steady clock; [`Action`]s go out.

use super::cause::Cause;
use super::job::Job;
use super::kind::WorkerKind;
use super::say::{Say, command_name};
use crate::protocol::{RunId, Tier, TierReason, Verified};
use crate::text::Lang;
use crate::worker::{BUILD, TierWish};

/// A worker that is up opens its device in 2 s and checks its kernels in at most 10; beyond this its GPU process hangs.
pub const CHOOSE_MILLIS: f64 = 15_000.0;
/// A software GPU that the visitor asked for compiles every shader on the CPU.
pub const CHOOSE_ASKED_MILLIS: f64 = 250_000.0;
/// A run that was told to stop has this long before its worker is ended: 300 ms in all, with a margin.
pub const STOP_MILLIS: f64 = 200.0;
/// A run that the same view replaced may finish its step, but a shader that never ends must not block the next run.
pub const REPLACED_MILLIS: f64 = 3_000.0;
/// After this silence the page says that it still waits.
pub const QUIET_MILLIS: f64 = 20_000.0;
/// Losses are counted over this long ...
pub const LOSS_WINDOW_MILLIS: f64 = 60_000.0;
/// ... and this many of them move the session to the CPU tier.
pub const LOSSES_TO_CPU: usize = 2;
/// A run that took its worker down this often ends with the error instead of a further try.
pub const TRIES: u32 = 3;

/// What the browser side has to do, in this order.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    Spawn(WorkerKind),
    /// End the worker at once; nothing of it is heard any more.
    Terminate(WorkerKind),
    Send(WorkerKind, Say),
    /// Make every file known so far known to this worker.
    SendFiles(WorkerKind),
    /// The run waits for a worker, for the first time or again.
    Starting(RunId),
    /// The run ended without a word from its worker.
    Ended(RunId, Cause),
    /// The run has been silent for long, or is heard again.
    Quiet(RunId, bool),
    /// A worker was lost and its runs are tried again.
    Recovering(Cause),
    Tier(Tier, TierReason),
    /// This adapter passed its health check with this build, or more was measured on it.
    Remember(Verified),
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Life {
    Off,
    Loading { until: f64 },
    Choosing { until: f64 },
    Ready { tier: Tier },
}

/// The state of the workers and of every run that has not ended.
pub struct Machine {
    lives: [Life; WorkerKind::COUNT],
    jobs: Vec<Job>,
    /// Runs whose worker did not start; [`Machine::retry`] takes them up again.
    abandoned: Vec<Job>,
    losses: Vec<f64>,
    wish: TierWish,
    /// The session moved to the CPU tier, and why.
    forced: Option<TierReason>,
    verified: Vec<Verified>,
    last_run: u32,
}

impl Machine {
    /// Nothing runs. `verified` lists the adapters that passed their health check with this build.
    pub fn new(wish: TierWish, verified: Vec<Verified>) -> Machine {
        Machine {
            lives: [Life::Off; WorkerKind::COUNT],
            jobs: Vec::new(),
            abandoned: Vec::new(),
            losses: Vec::new(),
            wish,
            forced: None,
            verified,
            last_run: 0,
        }
    }

    /// Whether this worker listens to files and runs.
    pub fn is_ready(&self, kind: WorkerKind) -> bool {
        matches!(self.lives[kind as usize], Life::Ready { .. })
    }

    /// A run for a view; a run still going there is told to stop.
    pub fn run(&mut self, now: f64, view: usize, command: String) -> (RunId, Vec<Action>) {
        self.last_run += 1;
        let run = RunId(self.last_run);
        let mut out = Vec::new();
        self.jobs.retain(|j| j.view != view || j.sent);
        self.abandoned.retain(|j| j.view != view);
        for job in self.jobs.iter_mut().filter(|j| j.view == view && j.stop_by.is_none()) {
            job.stop_by = Some(now + REPLACED_MILLIS);
            out.push(Action::Send(job.kind, Say::Stop { run: job.run }));
        }
        let kind = WorkerKind::of(&command);
        self.jobs.push(Job {
            run,
            view,
            kind,
            command,
            sent: false,
            tries: 0,
            stop_by: None,
            heard: now,
            quiet: false,
        });
        out.push(Action::Starting(run));
        self.pump(now, kind, &mut out);
        (run, out)
    }

    /// The visitor pressed Stop.
    pub fn stop(&mut self, now: f64, run: RunId) -> Vec<Action> {
        let mut out = Vec::new();
        self.abandoned.retain(|j| j.run != run);
        let Some(at) = self.jobs.iter().position(|j| j.run == run) else { return out };
        let deadline = now + STOP_MILLIS;
        if self.jobs[at].sent {
            self.jobs[at].stop_by = Some(self.jobs[at].stop_by.map_or(deadline, |t| t.min(deadline)));
            out.push(Action::Send(self.jobs[at].kind, Say::Stop { run }));
            return out;
        }
        let job = self.jobs.remove(at);
        out.push(Action::Ended(run, Cause::Stopped));
        // What it waited for in its own view is what hangs: one more Stop must not be needed.
        for other in self.jobs.iter_mut().filter(|j| j.view == job.view) {
            other.stop_by = Some(other.stop_by.map_or(deadline, |t| t.min(deadline)));
        }
        out
    }

    /// The wasm runs and listens.
    pub fn up(&mut self, now: f64, kind: WorkerKind, build: &str) -> Vec<Action> {
        let mut out = Vec::new();
        if build != BUILD {
            self.give_up(kind, Cause::OtherBuild { got: build.to_owned() }, &mut out);
            return out;
        }
        let wish = if self.forced.is_some() { TierWish::Cpu } else { self.wish };
        let patience = if wish == TierWish::Gpu { CHOOSE_ASKED_MILLIS } else { CHOOSE_MILLIS };
        self.lives[kind as usize] = Life::Choosing { until: now + patience };
        out.push(Action::Send(kind, Say::Start { wish, verified: self.verified.clone() }));
        out
    }

    /// The tier is chosen.
    pub fn ready(
        &mut self,
        now: f64,
        kind: WorkerKind,
        tier: Tier,
        reason: TierReason,
        adapter: String,
        health: Option<bool>,
    ) -> Vec<Action> {
        self.lives[kind as usize] = Life::Ready { tier };
        let reason = match &self.forced {
            Some(forced) if tier == Tier::Cpu => forced.clone(),
            _ => reason,
        };
        let mut out = vec![Action::Tier(tier, reason)];
        if health == Some(true) && !adapter.is_empty() && self.verified.iter().all(|v| v.adapter != adapter) {
            out.push(self.remember(Verified { adapter, choices: String::new() }));
        }
        out.push(Action::SendFiles(kind));
        self.pump(now, kind, &mut out);
        out
    }

    /// An adapter is verified, or something was measured on it.
    pub fn remember(&mut self, verified: Verified) -> Action {
        self.verified.retain(|v| v.adapter != verified.adapter);
        self.verified.push(verified.clone());
        Action::Remember(verified)
    }

    /// An event of a run arrived. Says whether the run is known, and what follows.
    pub fn heard(&mut self, now: f64, run: RunId, is_last: bool) -> (bool, Vec<Action>) {
        let mut out = Vec::new();
        let Some(at) = self.jobs.iter().position(|j| j.run == run) else { return (false, out) };
        let job = &mut self.jobs[at];
        job.heard = now;
        if std::mem::take(&mut job.quiet) {
            out.push(Action::Quiet(run, false));
        }
        if is_last {
            self.jobs.remove(at);
            self.pump_all(now, &mut out);
        }
        (true, out)
    }

    /// The worker or its device is gone: end it, start another, try its runs again. One that never came up is given up.
    pub fn lost(&mut self, now: f64, kind: WorkerKind, cause: Cause) -> Vec<Action> {
        let mut out = Vec::new();
        let tier = match self.lives[kind as usize] {
            Life::Ready { tier } => tier,
            Life::Choosing { .. } => {
                let message = cause.error(Lang::En).to_string();
                self.choose_cpu(kind, TierReason::NoDevice { message }, cause, &mut out);
                self.pump(now, kind, &mut out);
                return out;
            }
            Life::Off | Life::Loading { .. } => {
                let cause = match cause {
                    Cause::Crashed { message } => Cause::Broken { message },
                    other => other,
                };
                self.give_up(kind, cause, &mut out);
                return out;
            }
        };
        self.lives[kind as usize] = Life::Off;
        out.push(Action::Terminate(kind));
        out.push(Action::Recovering(cause.clone()));
        self.losses.retain(|t| now - t < LOSS_WINDOW_MILLIS);
        // On the CPU tier nothing else is left to move to; and what a learner's text does to a device is not its fault.
        if tier == Tier::Gpu && !kind.runs_texts() {
            self.losses.push(now);
        }
        if self.losses.len() >= LOSSES_TO_CPU && self.forced.is_none() {
            self.forced = Some(TierReason::LostTooOften);
        }
        self.interrupt(kind, Some(&cause), &mut out);
        self.pump(now, kind, &mut out);
        out
    }

    /// The browser refuses to start the worker.
    pub fn refused(&mut self, kind: WorkerKind, cause: Cause) -> Vec<Action> {
        let mut out = Vec::new();
        self.give_up(kind, cause, &mut out);
        out
    }

    /// Takes up the runs whose worker did not start.
    pub fn retry(&mut self, now: f64) -> Vec<Action> {
        let mut out = Vec::new();
        for job in std::mem::take(&mut self.abandoned) {
            out.push(Action::Starting(job.run));
            self.jobs.push(Job { heard: now, ..job });
        }
        self.pump_all(now, &mut out);
        out
    }

    /// The visitor chose a tier: workers start again with it, and past losses are forgiven.
    pub fn set_wish(&mut self, now: f64, wish: TierWish) -> Vec<Action> {
        let mut out = Vec::new();
        self.wish = wish;
        self.forced = None;
        self.losses.clear();
        for kind in WorkerKind::ALL {
            if self.lives[kind as usize] != Life::Off {
                self.lives[kind as usize] = Life::Off;
                out.push(Action::Terminate(kind));
                self.interrupt(kind, None, &mut out);
            }
        }
        self.pump_all(now, &mut out);
        out
    }

    /// Acts on every deadline that has passed.
    pub fn tick(&mut self, now: f64) -> Vec<Action> {
        let mut out = Vec::new();
        for kind in WorkerKind::ALL {
            match self.lives[kind as usize] {
                Life::Loading { until } if now >= until => self.give_up(kind, Cause::SilentStart, &mut out),
                Life::Choosing { until } if now >= until => {
                    self.choose_cpu(kind, TierReason::TimedOut, Cause::SilentStart, &mut out);
                }
                _ => {}
            }
            let overdue = |due: fn(&Job) -> Option<f64>| {
                self.jobs.iter().any(|j| j.kind == kind && j.sent && due(j).is_some_and(|t| now >= t))
            };
            let endless = overdue(Job::endless_at);
            if endless || overdue(|j| j.stop_by) {
                self.lives[kind as usize] = Life::Off;
                out.push(Action::Terminate(kind));
                self.interrupt(kind, endless.then_some(&Cause::Endless), &mut out);
            }
            self.pump(now, kind, &mut out);
        }
        for job in self.jobs.iter_mut().filter(|j| j.sent && !j.quiet && now - j.heard >= QUIET_MILLIS) {
            job.quiet = true;
            out.push(Action::Quiet(job.run, true));
        }
        out
    }

    /// When [`Machine::tick`] has something to do next.
    pub fn next_deadline(&self) -> Option<f64> {
        let lives = self.lives.iter().filter_map(|life| match life {
            Life::Loading { until } | Life::Choosing { until } => Some(*until),
            Life::Off | Life::Ready { .. } => None,
        });
        let jobs = self.jobs.iter().filter(|j| j.sent);
        let silences = jobs.clone().filter(|j| !j.quiet).map(|j| j.heard + QUIET_MILLIS);
        let endless = jobs.clone().filter_map(Job::endless_at);
        lives.chain(jobs.filter_map(|j| j.stop_by)).chain(silences).chain(endless).reduce(f64::min)
    }

    /// The runs of a worker that just ended: those told to stop are stopped, the others wait again. With a `cause` they
    /// count as tried, and end with it when they were tried too often.
    fn interrupt(&mut self, kind: WorkerKind, cause: Option<&Cause>, out: &mut Vec<Action>) {
        self.jobs.retain_mut(|job| {
            if job.kind != kind || !job.sent {
                return true;
            }
            if job.quiet {
                out.push(Action::Quiet(job.run, false));
            }
            if job.stop_by.is_some() {
                out.push(Action::Ended(job.run, Cause::Stopped));
                return false;
            }
            (job.sent, job.quiet) = (false, false);
            if let Some(cause) = cause {
                job.tries += 1;
                // A fault that was asked for has happened; what never ends will not end next time either, and a system that
                // resets its GPU after two seconds says of such a text that the device is lost.
                let once = kind.runs_texts() || command_name(&job.command) == "provoke";
                if once || job.tries >= TRIES {
                    out.push(Action::Ended(job.run, cause.clone()));
                    return false;
                }
            }
            out.push(Action::Starting(job.run));
            true
        });
    }

    /// The GPU failed while the worker chose its tier: the next one does not try it. Without a GPU in play, gives up.
    fn choose_cpu(&mut self, kind: WorkerKind, reason: TierReason, cause: Cause, out: &mut Vec<Action>) {
        if self.forced.is_some() || self.wish == TierWish::Cpu {
            return self.give_up(kind, cause, out);
        }
        self.lives[kind as usize] = Life::Off;
        out.push(Action::Terminate(kind));
        self.forced = Some(reason);
    }

    fn give_up(&mut self, kind: WorkerKind, cause: Cause, out: &mut Vec<Action>) {
        self.lives[kind as usize] = Life::Off;
        out.push(Action::Terminate(kind));
        for job in self.jobs.extract_if(.., |j| j.kind == kind) {
            out.push(Action::Ended(job.run, cause.clone()));
            self.abandoned.push(Job { sent: false, tries: 0, stop_by: None, quiet: false, ..job });
        }
    }

    fn pump_all(&mut self, now: f64, out: &mut Vec<Action>) {
        for kind in WorkerKind::ALL {
            self.pump(now, kind, out);
        }
    }

    /// Starts the worker if a run waits for it, or sends the next run. One at a time: what waits here can be stopped or
    /// replaced at once, while a worker in the midst of a computation would not even hear of it.
    fn pump(&mut self, now: f64, kind: WorkerKind, out: &mut Vec<Action>) {
        let waits = self.jobs.iter().any(|j| j.kind == kind && !j.sent);
        match self.lives[kind as usize] {
            Life::Off if waits => {
                self.lives[kind as usize] = Life::Loading { until: now + kind.load_millis() };
                out.push(Action::Spawn(kind));
            }
            Life::Ready { .. } if !self.jobs.iter().any(|j| j.kind == kind && j.sent) => {
                if let Some(job) = self.jobs.iter_mut().find(|j| j.kind == kind) {
                    (job.sent, job.heard) = (true, now);
                    out.push(Action::Send(kind, Say::Run { run: job.run, command: job.command.clone() }));
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
#[path = "machine_tests.rs"]
mod tests;
