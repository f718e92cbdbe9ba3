//! Every fault of FAULTS.md that concerns workers, played against the decisions alone.

use super::*;
use crate::app::bridge::kind::{ENDLESS_MILLIS, KERNELS_LOAD_MILLIS};
use crate::labs::{Command, Provoked};

const KERNELS: WorkerKind = WorkerKind::Kernels;

fn json(command: Command) -> String {
    serde_json::to_string(&command).unwrap()
}

fn lost() -> Cause {
    Cause::DeviceLost { message: "reset".into() }
}

fn machine() -> Machine {
    Machine::new(TierWish::Auto, vec![])
}

/// Brings a loading worker to Ready on the GPU.
fn bring_up(m: &mut Machine, now: f64) -> Vec<Action> {
    let start = m.up(now, KERNELS, BUILD);
    let [Action::Send(_, Say::Start { wish, .. })] = start.as_slice() else { panic!("{start:?}") };
    let (tier, reason) = match wish {
        TierWish::Cpu => (Tier::Cpu, TierReason::Asked),
        _ => (Tier::Gpu, TierReason::Hardware),
    };
    m.ready(now, KERNELS, tier, reason, "a gpu".into(), Some(true))
}

fn sent(actions: &[Action]) -> Vec<u32> {
    let run = |a: &Action| match a {
        Action::Send(_, Say::Run { run, .. }) => Some(run.0),
        _ => None,
    };
    actions.iter().filter_map(run).collect()
}

fn stops(actions: &[Action]) -> Vec<u32> {
    let run = |a: &Action| match a {
        Action::Send(_, Say::Stop { run }) => Some(run.0),
        _ => None,
    };
    actions.iter().filter_map(run).collect()
}

#[test]
fn the_first_run_spawns_and_files_go_before_runs() {
    let mut m = machine();
    assert_eq!(m.next_deadline(), None);
    let (run, out) = m.run(0.0, 0, json(Command::Adapter));
    assert_eq!(out, [Action::Starting(run), Action::Spawn(KERNELS)]);
    let out = bring_up(&mut m, 100.0);
    assert_eq!(out[0], Action::Tier(Tier::Gpu, TierReason::Hardware));
    assert_eq!(out[1], Action::Remember(Verified { adapter: "a gpu".into(), choices: String::new() }));
    assert_eq!(out[2], Action::SendFiles(KERNELS));
    assert_eq!(sent(&out), [1]);
    let (_, out) = m.run(200.0, 1, json(Command::Burn));
    assert!(out.contains(&Action::Spawn(WorkerKind::Trainer)));
}

#[test]
fn the_newest_run_of_a_view_replaces_those_that_wait() {
    let mut m = machine();
    m.run(0.0, 0, json(Command::Adapter));
    bring_up(&mut m, 0.0);
    let (_, out) = m.run(1.0, 0, json(Command::Adapter));
    assert_eq!(stops(&out), [1]);
    let (_, out) = m.run(2.0, 0, json(Command::Adapter));
    assert_eq!(stops(&out), [0u32; 0], "told once");
    let (known, out) = m.heard(3.0, RunId(1), true);
    assert!(known);
    assert_eq!(sent(&out), [3], "the second one was never sent");
    assert_eq!(m.heard(4.0, RunId(2), false), (false, vec![]));
}

#[test]
fn a_run_that_ignores_stop_is_ended_with_its_worker_within_the_limit() {
    let mut m = machine();
    let (run, _) = m.run(0.0, 0, json(Command::Provoke { fault: Provoked::Hang }));
    bring_up(&mut m, 0.0);
    let (other, _) = m.run(5.0, 1, json(Command::Adapter));
    assert_eq!(stops(&m.stop(10.0, run)), [1]);
    assert_eq!(m.next_deadline(), Some(10.0 + STOP_MILLIS));
    assert_eq!(m.tick(10.0 + STOP_MILLIS - 1.0), []);
    let out = m.tick(10.0 + STOP_MILLIS);
    assert_eq!(out, [Action::Terminate(KERNELS), Action::Ended(run, Cause::Stopped), Action::Spawn(KERNELS)]);
    assert_eq!(sent(&bring_up(&mut m, 400.0)), [other.0], "no loss was counted, so this is still the GPU");
}

#[test]
fn a_run_that_stops_in_time_keeps_its_worker() {
    let mut m = machine();
    let (run, _) = m.run(0.0, 0, json(Command::Adapter));
    bring_up(&mut m, 0.0);
    m.stop(10.0, run);
    m.heard(100.0, run, true);
    assert_eq!(m.tick(1_000.0), []);
    assert_eq!(m.next_deadline(), None);
    assert!(m.is_ready(KERNELS));
}

#[test]
fn a_hang_that_was_replaced_does_not_block_the_next_run() {
    let mut m = machine();
    m.run(0.0, 0, json(Command::Provoke { fault: Provoked::Hang }));
    bring_up(&mut m, 0.0);
    m.run(10.0, 0, json(Command::Adapter));
    assert!(m.tick(10.0 + REPLACED_MILLIS).contains(&Action::Spawn(KERNELS)));
    assert_eq!(sent(&bring_up(&mut m, 4_000.0)), [2]);
}

#[test]
fn stop_before_the_worker_is_there_is_immediate() {
    let mut m = machine();
    let (run, _) = m.run(0.0, 0, json(Command::Adapter));
    assert_eq!(m.stop(1.0, run), [Action::Ended(run, Cause::Stopped)]);
    assert_eq!(sent(&bring_up(&mut m, 2.0)), [0u32; 0]);
}

#[test]
fn a_lost_device_is_replaced_and_its_run_tried_again() {
    let mut m = machine();
    let (run, _) = m.run(0.0, 0, json(Command::Adapter));
    bring_up(&mut m, 0.0);
    let out = m.lost(1.0, KERNELS, lost());
    let expected =
        [Action::Terminate(KERNELS), Action::Recovering(lost()), Action::Starting(run), Action::Spawn(KERNELS)];
    assert_eq!(out, expected);
    assert_eq!(sent(&bring_up(&mut m, 2.0)), [run.0]);
}

#[test]
fn two_losses_in_a_minute_move_the_session_to_the_cpu_and_say_why() {
    let mut m = machine();
    let (run, _) = m.run(0.0, 0, json(Command::Adapter));
    bring_up(&mut m, 0.0);
    m.lost(1.0, KERNELS, lost());
    bring_up(&mut m, 2.0);
    m.lost(3.0, KERNELS, lost());
    let out = bring_up(&mut m, 4.0);
    assert_eq!(out[0], Action::Tier(Tier::Cpu, TierReason::LostTooOften));
    assert_eq!(sent(&out), [run.0]);
    let out = m.lost(5.0, KERNELS, lost());
    assert!(out.contains(&Action::Ended(run, lost())), "not for ever");
    assert!(!out.contains(&Action::Spawn(KERNELS)));
    m.set_wish(6.0, TierWish::Auto);
    m.run(7.0, 0, json(Command::Adapter));
    assert_eq!(bring_up(&mut m, 8.0)[0], Action::Tier(Tier::Gpu, TierReason::Hardware), "asked for again");
}

#[test]
fn crashes_on_the_cpu_tier_are_not_blamed_on_the_gpu() {
    let mut m = machine();
    for n in 0..5 {
        m.run(f64::from(n), 0, json(Command::Provoke { fault: Provoked::Panic }));
        m.up(f64::from(n), KERNELS, BUILD);
        let out = m.ready(f64::from(n), KERNELS, Tier::Cpu, TierReason::NoAdapter, String::new(), None);
        assert_eq!(out[0], Action::Tier(Tier::Cpu, TierReason::NoAdapter), "crash {n}");
        m.lost(f64::from(n), KERNELS, Cause::Crashed { message: "panicked".into() });
    }
}

#[test]
fn losses_far_apart_stay_on_the_gpu() {
    let mut m = machine();
    m.run(0.0, 0, json(Command::Adapter));
    bring_up(&mut m, 0.0);
    for n in 1..=100 {
        let now = f64::from(n) * (LOSS_WINDOW_MILLIS + 1.0);
        m.lost(now, KERNELS, lost());
        let (run, _) = m.run(now, 0, json(Command::Adapter));
        let out = bring_up(&mut m, now + 2.0);
        assert_eq!(out[0], Action::Tier(Tier::Gpu, TierReason::Hardware), "loss {n}");
        assert_eq!(sent(&out), [run.0]);
        m.heard(now + 3.0, run, true);
    }
}

#[test]
fn a_hundred_provoked_losses_leave_no_dead_page() {
    let mut m = machine();
    for n in 0..100 {
        let now = f64::from(n) * 10.0;
        let (run, out) = m.run(now, 0, json(Command::Provoke { fault: Provoked::DeviceLost }));
        assert!(out.contains(&Action::Spawn(KERNELS)), "loss {n}");
        assert_eq!(sent(&bring_up(&mut m, now + 1.0)), [run.0]);
        let out = m.lost(now + 2.0, KERNELS, lost());
        assert!(out.contains(&Action::Ended(run, lost())), "a provoked fault is not tried again");
        assert_eq!(m.next_deadline(), None);
    }
}

#[test]
fn a_worker_that_never_comes_up_is_given_up_and_retry_runs_again() {
    let mut m = machine();
    let (run, _) = m.run(0.0, 0, json(Command::Adapter));
    assert_eq!(m.next_deadline(), Some(KERNELS_LOAD_MILLIS));
    let out = m.tick(KERNELS_LOAD_MILLIS);
    assert_eq!(out, [Action::Terminate(KERNELS), Action::Ended(run, Cause::SilentStart)]);
    assert_eq!(m.retry(20_000.0), [Action::Starting(run), Action::Spawn(KERNELS)]);
    let out = m.lost(20_001.0, KERNELS, Cause::Crashed { message: "404".into() });
    assert!(out.contains(&Action::Ended(run, Cause::Broken { message: "404".into() })));
    m.retry(30_000.0);
    assert_eq!(sent(&bring_up(&mut m, 30_001.0)), [run.0]);
}

#[test]
fn a_gpu_that_hangs_while_the_tier_is_chosen_gives_way_to_the_cpu() {
    let mut m = machine();
    m.run(0.0, 0, json(Command::Adapter));
    m.up(0.0, KERNELS, BUILD);
    assert_eq!(m.tick(CHOOSE_MILLIS), [Action::Terminate(KERNELS), Action::Spawn(KERNELS)]);
    let out = bring_up(&mut m, CHOOSE_MILLIS + 1.0);
    assert_eq!(out[0], Action::Tier(Tier::Cpu, TierReason::TimedOut));
}

#[test]
fn a_crash_while_the_tier_is_chosen_gives_way_to_the_cpu_then_gives_up() {
    let mut m = machine();
    let (run, _) = m.run(0.0, 0, json(Command::Adapter));
    let crash = Cause::Crashed { message: "unreachable".into() };
    m.up(0.0, KERNELS, BUILD);
    assert_eq!(m.lost(1.0, KERNELS, crash.clone()), [Action::Terminate(KERNELS), Action::Spawn(KERNELS)]);
    m.up(2.0, KERNELS, BUILD);
    let out = m.lost(3.0, KERNELS, crash.clone());
    assert_eq!(out, [Action::Terminate(KERNELS), Action::Ended(run, crash)]);
}

#[test]
fn a_worker_of_another_build_is_not_listened_to() {
    let mut m = machine();
    let (run, _) = m.run(0.0, 0, json(Command::Adapter));
    let out = m.up(1.0, KERNELS, "older");
    assert_eq!(out, [Action::Terminate(KERNELS), Action::Ended(run, Cause::OtherBuild { got: "older".into() })]);
}

#[test]
fn a_silent_run_is_said_to_be_silent_until_it_speaks() {
    let mut m = machine();
    let (run, _) = m.run(0.0, 0, json(Command::Adapter));
    bring_up(&mut m, 0.0);
    assert_eq!(m.tick(QUIET_MILLIS), [Action::Quiet(run, true)]);
    assert_eq!(m.next_deadline(), None);
    assert_eq!(m.heard(QUIET_MILLIS + 1.0, run, false), (true, vec![Action::Quiet(run, false)]));
}

#[test]
fn another_tier_restarts_what_runs() {
    let mut m = machine();
    let (run, _) = m.run(0.0, 0, json(Command::Adapter));
    bring_up(&mut m, 0.0);
    let out = m.set_wish(1.0, TierWish::Cpu);
    assert_eq!(out, [Action::Terminate(KERNELS), Action::Starting(run), Action::Spawn(KERNELS)]);
    let out = bring_up(&mut m, 2.0);
    assert_eq!(out[0], Action::Tier(Tier::Cpu, TierReason::Asked));
    assert_eq!(sent(&out), [run.0]);
}

/// A workshop worker that runs `run`.
fn workshop(m: &mut Machine) -> RunId {
    const WORKSHOP: WorkerKind = WorkerKind::Workshop;
    let (run, out) = m.run(0.0, 0, json(Command::Workshop { attempt: crate::labs::kernel::Attempt::Puzzles }));
    assert!(out.contains(&Action::Spawn(WORKSHOP)));
    m.up(0.0, WORKSHOP, BUILD);
    assert_eq!(sent(&m.ready(0.0, WORKSHOP, Tier::Gpu, TierReason::Hardware, "a gpu".into(), None)), [run.0]);
    run
}

#[test]
fn a_text_that_never_ends_is_ended_and_the_next_run_gets_a_new_worker() {
    let mut m = machine();
    let run = workshop(&mut m);
    assert_eq!(m.next_deadline(), Some(ENDLESS_MILLIS));
    let out = m.tick(ENDLESS_MILLIS);
    let expected = [Action::Terminate(WorkerKind::Workshop), Action::Ended(run, Cause::Endless)];
    assert_eq!(out, expected, "it is not tried again, and counts as no loss");
    let run = workshop(&mut m);
    m.heard(2_000.0, run, false);
    assert_eq!(m.tick(ENDLESS_MILLIS), [], "a sign of life gives it time");
    assert_eq!(m.next_deadline(), Some(2_000.0 + ENDLESS_MILLIS));
}

#[test]
fn a_text_that_loses_the_device_is_not_tried_again_and_moves_nobody_to_the_cpu() {
    let mut m = machine();
    for n in 0..5 {
        let run = workshop(&mut m);
        let out = m.lost(f64::from(n), WorkerKind::Workshop, lost());
        assert!(out.contains(&Action::Ended(run, lost())), "{out:?}");
    }
    m.run(9.0, 1, json(Command::Adapter));
    let out = m.up(9.0, KERNELS, BUILD);
    assert!(matches!(&out[0], Action::Send(_, Say::Start { wish, .. }) if *wish != TierWish::Cpu), "{out:?}");
}

#[test]
fn what_was_measured_is_given_to_the_next_worker() {
    let mut m = machine();
    m.run(0.0, 0, json(Command::Adapter));
    bring_up(&mut m, 0.0);
    let measured = Verified { adapter: "a gpu".into(), choices: "{}".into() };
    assert_eq!(m.remember(measured.clone()), Action::Remember(measured.clone()));
    m.lost(1.0, KERNELS, lost());
    let start = m.up(2.0, KERNELS, BUILD);
    assert!(matches!(&start[0], Action::Send(_, Say::Start { verified, .. }) if *verified == [measured]));
}
