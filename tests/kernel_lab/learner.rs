//! A learner's version of one of our kernels: right or wrong shape by shape, then beside ours; ours is back afterwards.

use afina::gpu::Gpu;
use afina::kernels::{ALL, Depth};
use afina::labs::Command;
use afina::labs::kernel::{Attempt, Config, Puzzle};
use afina::protocol::Hint;

use super::*;

/// Enough shapes for a quick test, and a shape to time that a software GPU does in no time.
fn small() -> Config {
    Config { batch: 3, inputs: 131, outputs: 37, ..Config::default() }
}

fn attempt_with(device: &Device, attempt: Attempt, stops: &Stops) -> Rc<Kept> {
    let host: Rc<dyn Host> = Rc::new(NativeHost::new(Path::new("tests/fixtures")));
    let kept = Rc::new(Kept::default());
    let mut engine = Engine::new(device.clone(), host, kept.clone(), stops.clone());
    pollster::block_on(engine.run(RunId(1), Command::Workshop { attempt }));
    kept
}

fn try_text(device: &Device, kernel: &str, source: String) -> Rc<Kept> {
    let attempt = Attempt::Try { kernel: kernel.into(), source, config: small() };
    attempt_with(device, attempt, &Stops::default())
}

fn edited(kernel: &str, from: &str, to: &str) -> String {
    let source = std::fs::read_to_string(format!("shaders/{kernel}.wgsl")).unwrap();
    assert!(source.contains(from), "{kernel}: no {from:?}");
    source.replacen(from, to, 1)
}

fn line_of(text: &str, mark: &str) -> f64 {
    let at = text.find(mark).unwrap_or_else(|| panic!("no {mark}"));
    (text[..at].matches('\n').count() + 1) as f64
}

impl Kept {
    fn has(&self, name: &str) -> bool {
        self.0.borrow().iter().any(|e| matches!(e, Event::Table { table, .. } if table.name == name))
    }

    fn is_done(&self) -> bool {
        matches!(self.0.borrow().last(), Some(Event::Done { .. }))
    }
}

/// Rows of the verdicts: shape, entry point, whether it is right.
fn verdicts(kept: &Kept) -> Vec<(String, String, bool)> {
    let table = kept.table(tables::VERDICTS);
    let text = |row, column| table.text(row, column).unwrap_or_default().to_owned();
    (0..table.rows.len())
        .map(|row| (text(row, "shape"), text(row, "entry"), table.number(row, "ok") == Some(1.0)))
        .collect()
}

fn number_of(table: &Table, version: &str, column: &str) -> f64 {
    let row = (0..table.rows.len()).find(|&r| table.text(r, "version") == Some(version));
    table.number(row.unwrap_or_else(|| panic!("no row {version}: {table:?}")), column).unwrap()
}

/// A plain softmax that looks at its row eight times more than it must.
fn slow_softmax() -> String {
    // Something that is computed again and again, and that the compiler cannot leave out.
    let waste = "var highest = LOWEST;\n    var waste = 0.0;\n    for (var again = 0u; again < 8u; again++) {\n        \
                 for (var i = begin; i < end; i++) { waste += x[i] * x[i]; }\n    }\n    \
                 if waste < 0.0 { return; }\n";
    edited("softmax", "var highest = LOWEST;", waste)
}

fn a_right_but_slower_version_is_accepted(device: &Device) {
    let kept = try_text(device, "softmax", slow_softmax());
    assert!(kept.is_done(), "{:?}", kept.0.borrow().last());
    assert!(kept.table(tables::DIAGNOSTICS).rows.is_empty(), "{:?}", kept.table(tables::DIAGNOSTICS));
    let verdicts = verdicts(&kept);
    assert!(verdicts.len() >= 3 && verdicts.iter().all(|v| v.2), "{verdicts:?}");
    assert!(verdicts.iter().all(|v| v.1 == "softmax_v1"), "only what was touched is looked at: {verdicts:?}");
    let shown = kept.table(tables::VERDICTS);
    let worst = (0..shown.rows.len()).filter_map(|row| shown.number(row, "worst")).fold(0.0, f64::max);
    assert!(worst > 0.0 && worst <= 1.0, "exponentials are rounded: {worst}");
    let work = kept.table(tables::WORK);
    for column in ["reads", "multiplications", "steps"] {
        let [ours, yours] = ["ours", "yours"].map(|version| number_of(&work, version, column));
        assert!(ours > 0.0 && yours > ours, "{column}: {ours} {yours}");
    }
    if let Device::Gpu(_) = device {
        let beside = kept.table(tables::BESIDE);
        let [ours, yours] = ["ours", "yours"].map(|version| number_of(&beside, version, "millis"));
        // Which of the two is faster is the machine's affair; the work counted above is not.
        assert!(ours > 0.0 && yours > 0.0, "ours {ours} ms, yours {yours} ms");
        assert!(number_of(&beside, "ours", "rounds") >= 7.0);
        println!("softmax_v1: ours {ours} ms, yours {yours} ms, {:?}", beside.text(0, "shape"));
    } else {
        assert!(!kept.has(tables::BESIDE), "an interpreter has no time to show");
    }
}

fn a_wrong_version_is_refused_at_a_named_shape(device: &Device) {
    // Reads the last group's step for every group: right where there is one group only.
    let kept = try_text(device, "matmul_int8", edited("matmul_int8", "+ k / params.group;", ";"));
    assert!(kept.is_done(), "{:?}", kept.0.borrow().last());
    let verdicts = verdicts(&kept);
    let wrong: Vec<_> = verdicts.iter().filter(|v| !v.2).collect();
    let right = |shape: &str| verdicts.iter().any(|v| v.0.starts_with(shape) && v.2);
    assert!(
        !wrong.is_empty() && wrong.iter().all(|v| v.0.starts_with("9 × 70 × 37") || v.0.starts_with("5 × 97 × 66")),
        "{verdicts:?}"
    );
    assert!(right("1 × 1 × 1"), "{verdicts:?}");
    assert!(!kept.has(tables::BESIDE) && !kept.has(tables::WORK), "what is wrong is not compared");
}

fn a_broken_text_gives_its_line(device: &Device) {
    let text = edited("gelu", "@compute", "fn broken() { let x = nothing_here; }\n@compute");
    let kept = try_text(device, "gelu", text.clone());
    let found = kept.table(tables::DIAGNOSTICS);
    assert_eq!(found.number(0, "line"), Some(line_of(&text, "nothing_here")));
    assert!(kept.is_done() && !kept.has(tables::VERDICTS));
}

fn what_never_ends_is_stopped_at_its_line(device: &Device) {
    let text = edited("rms_norm", "col++", "col += 0u");
    let kept = try_text(device, "rms_norm", text.clone());
    let found = kept.table(tables::DIAGNOSTICS);
    assert_eq!(found.number(0, "line"), Some(line_of(&text, "col += 0u")), "{found:?}");
    let hint = found.text(0, "hint").and_then(Hint::from_cell);
    assert!(matches!(hint, Some(Hint::Endless { .. })), "{hint:?}");
    assert!(kept.is_done() && verdicts(&kept).last().is_some_and(|v| !v.2));
}

fn an_untouched_text_is_right_in_every_version(device: &Device) {
    let source = std::fs::read_to_string("shaders/rms_norm.wgsl").unwrap();
    let kept = try_text(device, "rms_norm", format!("{source}\n// mine\n"));
    let verdicts = verdicts(&kept);
    assert!(verdicts.iter().all(|v| v.2), "{verdicts:?}");
    for entry in ["rms_norm_v1", "rms_norm"] {
        assert!(verdicts.iter().any(|v| v.1 == entry), "{entry}: {verdicts:?}");
    }
}

#[test]
fn the_cpu_tier_compares_a_learner_s_version_by_interpreting_it() {
    let device = Device::Cpu;
    a_right_but_slower_version_is_accepted(&device);
    a_wrong_version_is_refused_at_a_named_shape(&device);
    a_broken_text_gives_its_line(&device);
    what_never_ends_is_stopped_at_its_line(&device);
    an_untouched_text_is_right_in_every_version(&device);
}

/// Whether our own texts are in place, and right.
fn ours_are_back(gpu: &Gpu, kernels: &[&str]) {
    for name in kernels {
        let entry = ALL.iter().find(|e| e.name == *name).unwrap();
        let health = pollster::block_on((entry.check)(gpu, Depth::InUse)).unwrap();
        assert!(health.ok, "{name}: off by {}", health.worst);
    }
}

#[test]
fn the_gpu_tier_compares_and_times_a_learner_s_version_and_puts_ours_back() {
    let gpu = open();
    let device = Device::Gpu(gpu.clone());
    a_right_but_slower_version_is_accepted(&device);
    a_wrong_version_is_refused_at_a_named_shape(&device);
    a_broken_text_gives_its_line(&device);
    what_never_ends_is_stopped_at_its_line(&device);
    ours_are_back(&gpu, &["softmax", "matmul_int8", "gelu", "rms_norm"]);
}

/// Sets the Stop of the run when the first verdict arrives.
struct Stopping {
    kept: Kept,
    stops: Stops,
}

impl EventSink for Stopping {
    fn emit(&self, event: Event) {
        if matches!(&event, Event::Table { table, .. } if table.name == tables::VERDICTS) {
            self.stops.stop(RunId(1));
        }
        self.kept.emit(event);
    }
}

#[test]
fn a_stop_in_the_middle_puts_ours_back_too() {
    let gpu = open();
    // Wrong everywhere, so that a text left behind would be noticed.
    let source = edited("gelu", "y[i] =", "y[i] = 1.0 +");
    for at_verdict in [true, false] {
        let host: Rc<dyn Host> = Rc::new(NativeHost::new(Path::new("tests/fixtures")));
        let stops = Stops::default();
        let sink = Rc::new(Stopping { kept: Kept::default(), stops: stops.clone() });
        let mut engine = Engine::new(Device::Gpu(gpu.clone()), host, sink.clone(), stops.clone());
        let attempt = Attempt::Try { kernel: "gelu".into(), source: source.clone(), config: small() };
        if !at_verdict {
            stops.stop(RunId(1));
        }
        pollster::block_on(engine.run(RunId(1), Command::Workshop { attempt }));
        assert_eq!(sink.kept.error(), LabError::Stopped);
        ours_are_back(&gpu, &["gelu"]);
    }
}

#[test]
fn a_kernel_that_does_not_exist_and_a_bad_configuration_are_named() {
    let attempt = |kernel: &str, config: Config| {
        let attempt = Attempt::Try { kernel: kernel.into(), source: String::new(), config };
        attempt_with(&Device::Cpu, attempt, &Stops::default()).error()
    };
    assert!(matches!(attempt("no_such", small()), LabError::Unknown { field, .. } if field == "kernel"));
    let off = Config { batch: 0, ..small() };
    assert!(matches!(attempt("gelu", off), LabError::OutOfRange { field, .. } if field == "batch"));
}

fn solution(puzzle: Puzzle) -> String {
    std::fs::read_to_string(format!("src/labs/kernel/puzzles/{}_solution.wgsl", puzzle.key())).unwrap()
}

fn solve(device: &Device, puzzle: Puzzle, source: String) -> Rc<Kept> {
    attempt_with(device, Attempt::Solve { puzzle, source }, &Stops::default())
}

#[test]
fn a_puzzle_that_the_interpreter_accepts_also_runs_on_the_gpu_and_is_timed() {
    let device = Device::Gpu(open());
    for puzzle in Puzzle::ALL {
        let kept = solve(&device, puzzle, solution(puzzle));
        assert!(kept.is_done(), "{puzzle:?}: {:?}", kept.0.borrow().last());
        let table = kept.table(tables::VERDICTS);
        let rows = |check: &str| (0..table.rows.len()).filter(|&r| table.text(r, "check") == Some(check)).count();
        let on_device = (0..table.rows.len()).filter(|&r| table.text(r, "shape").is_some_and(|s| s.ends_with("GPU")));
        assert_eq!(on_device.count(), 4 + 1 + 1, "{puzzle:?}: four shapes, a large one, its time: {table:?}");
        assert_eq!(rows("speed"), 2, "{puzzle:?}: work by the interpreter, time by the device");
        let wrong = (0..table.rows.len()).filter(|&r| table.number(r, "ok") != Some(1.0));
        // The same text twice: only noise can make one of them late.
        assert!(wrong.into_iter().all(|r| table.text(r, "check") == Some("speed")), "{puzzle:?}: {table:?}");
        let beside = kept.table(tables::BESIDE);
        let [ours, yours] = ["ours", "yours"].map(|version| number_of(&beside, version, "millis"));
        assert!(ours > 0.0 && yours > 0.0);
        println!("{puzzle:?}: ours {ours} ms, the same text again {yours} ms");
    }
    let wrong = solution(Puzzle::UnpackInt4).replace("k++", "k += 2u");
    let kept = solve(&device, Puzzle::UnpackInt4, wrong);
    assert!(!kept.has(tables::BESIDE), "what is wrong does not get to the device");
}
