//! The kernel lab's tasks, natively, on both tiers, at shapes that fit no tile.

#[cfg(feature = "wgsl")]
#[path = "kernel_lab/learner.rs"]
mod learner;

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use afina::engine::native::NativeHost;
use afina::engine::{Engine, Stops, choose, export_choices};
use afina::gpu::{Gpu, PowerPreference};
use afina::labs::kernel::{BATCHES, Config, Multiply, Task, tables};
use afina::labs::{Command, Device, EventSink, Host};
use afina::protocol::{Event, LabError, RunId, Table, TierWish, Verified};

#[derive(Default)]
struct Kept(RefCell<Vec<Event>>);

impl EventSink for Kept {
    fn emit(&self, event: Event) {
        self.0.borrow_mut().push(event);
    }
}

impl Kept {
    /// The last table of that name.
    fn table(&self, name: &str) -> Table {
        let found = self.0.borrow().iter().rev().find_map(|e| match e {
            Event::Table { table, .. } if table.name == name => Some(table.clone()),
            _ => None,
        });
        found.unwrap_or_else(|| panic!("no table {name}; last: {:?}", self.0.borrow().last()))
    }

    fn error(&self) -> LabError {
        match self.0.borrow().last() {
            Some(Event::Failed { error, .. }) => error.clone(),
            other => panic!("expected a failure, got {other:?}"),
        }
    }
}

fn run_with(device: Device, task: Task, stops: &Stops) -> Rc<Kept> {
    let host: Rc<dyn Host> = Rc::new(NativeHost::new(Path::new("tests/fixtures")));
    let kept = Rc::new(Kept::default());
    let mut engine = Engine::new(device, host, kept.clone(), stops.clone());
    pollster::block_on(engine.run(RunId(1), Command::Kernel { task }));
    kept
}

fn run(device: Device, task: Task) -> Rc<Kept> {
    run_with(device, task, &Stops::default())
}

/// 3 x 131 x 37: no multiple of a tile, a word or a group.
fn ragged() -> Config {
    Config { batch: 3, inputs: 131, outputs: 37, ..Config::default() }
}

fn ceilings_are_sane(table: &Table) {
    assert_eq!(table.rows.len(), 1);
    for column in ["gflops", "gigabytes_per_second"] {
        let value = table.number(0, column).unwrap();
        assert!(value.is_finite() && value > 0.01, "{column}: {value}");
    }
    assert!(!table.text(0, "device").unwrap().is_empty());
}

/// Every row is right, complete, and its figures follow from one another.
fn rows_are_sane(table: &Table, config: &Config) {
    for row in 0..table.rows.len() {
        let number = |column: &str| table.number(row, column).unwrap_or_else(|| panic!("row {row}, {column}"));
        let format = table.text(row, "format").unwrap();
        assert_eq!(table.rows[row].len(), table.columns.len());
        let error = number("max_error");
        assert!(error <= number("allowed"), "{format}, batch {}: {error}", number("batch"));
        assert!(number("millis") > 0.0 && number("ceiling_share") > 0.0, "{format}");
        let (m, n, k, r) = (number("batch"), number("outputs"), number("inputs"), f64::from(config.rank));
        let flop = 2.0 * m * (n * k + r * (n + k));
        assert!((number("gflops") - flop / number("millis") * 1e-6).abs() <= 1e-9 * number("gflops"), "{format}");
        assert!((number("intensity") - flop / number("moved_bytes")).abs() <= 1e-9 * number("intensity"), "{format}");
        assert!(number("weight_bytes") <= number("moved_bytes"));
        assert!(!table.text(row, "variant").unwrap().is_empty());
    }
}

fn time_is_complete(device: &Device) {
    for config in [
        ragged(),
        Config { rank: 5, asymmetric: true, double_quant: true, ..ragged() },
        Config { batch: 1, inputs: 64, outputs: 64, group: 64, ..Config::default() },
        Config { batch: 1, inputs: 1, outputs: 1, rank: 1, ..Config::default() },
    ] {
        let kept = run(device.clone(), Task::Time { config: config.clone() });
        ceilings_are_sane(&kept.table(tables::CEILINGS));
        let times = kept.table(tables::TIMES);
        let keys: Vec<&str> = (0..times.rows.len()).map(|r| times.text(r, "format").unwrap()).collect();
        assert_eq!(keys, Multiply::ALL.map(Multiply::key), "{config:?}");
        rows_are_sane(&times, &config);
        assert!(matches!(kept.0.borrow().last(), Some(Event::Done { .. })));
    }
}

fn smaller_formats_take_less_memory(device: &Device) {
    let config = Config { inputs: 256, outputs: 64, ..Config::default() };
    let times = run(device.clone(), Task::Time { config }).table(tables::TIMES);
    let bytes: Vec<f64> = (0..6).map(|r| times.number(r, "weight_bytes").unwrap()).collect();
    let [fp32, fp16, int8, w8a8, int4, nf4] = bytes.try_into().unwrap();
    let weights = 256.0 * 64.0;
    assert_eq!((fp32, fp16), (4.0 * weights, 2.0 * weights));
    for (bits, bytes) in [(8.0, int8), (8.0, w8a8), (4.0, int4), (4.0, nf4)] {
        // Codes, a 32-bit scale for every 32 weights, and tables that do not grow with the matrix.
        let least = weights * (bits / 8.0);
        assert!(bytes >= least && bytes <= least + weights / 32.0 * 4.0 + 2048.0, "{bits} bits: {bytes} B");
    }
}

fn a_sweep_has_every_format_and_batch(device: &Device) {
    let config = Config { formats: vec![Multiply::Fp32, Multiply::Int4], ..ragged() };
    let kept = run(device.clone(), Task::Sweep { config: config.clone() });
    ceilings_are_sane(&kept.table(tables::CEILINGS));
    let sweep = kept.table(tables::SWEEP);
    rows_are_sane(&sweep, &config);
    let batches: Vec<u32> = (0..sweep.rows.len()).map(|r| sweep.number(r, "batch").unwrap() as u32).collect();
    assert_eq!(batches, [BATCHES, BATCHES].concat());
}

fn a_ladder_starts_with_the_plainest(device: &Device, kernel: &str) {
    // With an update each product is the most dispatches that it can be, and small ones are repeated most often.
    let kept = run(device.clone(), Task::Ladder { kernel: kernel.into(), config: Config { rank: 5, ..ragged() } });
    let ladder = kept.table(tables::LADDER);
    assert!(ladder.rows.len() >= 2, "{kernel}: {} versions", ladder.rows.len());
    assert!(ladder.text(0, "entry").unwrap().contains("v1"), "{:?}", ladder.rows[0]);
    let chosen = (0..ladder.rows.len()).filter(|&r| ladder.number(r, "chosen") == Some(1.0)).count();
    assert_eq!(chosen, 1, "{:?}", ladder.rows);
    for row in 0..ladder.rows.len() {
        assert_eq!(ladder.number(row, "version"), Some((row + 1) as f64));
        assert!(ladder.number(row, "millis").unwrap() > 0.0);
    }
}

const PRODUCTS: [&str; 6] = ["matmul_f32", "matmul_f16", "matmul_int8", "matmul_w8a8", "matmul_int4", "matmul_nf4"];

#[test]
fn the_cpu_tier_measures_what_it_can_do_at_most() {
    ceilings_are_sane(&run(Device::Cpu, Task::Ceilings).table(tables::CEILINGS));
}

#[test]
fn the_cpu_tier_times_every_format_and_checks_it() {
    time_is_complete(&Device::Cpu);
}

#[test]
fn the_cpu_tier_keeps_smaller_formats_in_less_memory() {
    smaller_formats_take_less_memory(&Device::Cpu);
}

#[test]
fn the_cpu_tier_sweeps() {
    a_sweep_has_every_format_and_batch(&Device::Cpu);
}

#[test]
fn the_cpu_tier_climbs_every_ladder() {
    for kernel in PRODUCTS {
        a_ladder_starts_with_the_plainest(&Device::Cpu, kernel);
    }
}

fn open() -> Rc<Gpu> {
    let opened = pollster::block_on(Gpu::open(PowerPreference::HighPerformance));
    Rc::new(
        opened
            .expect("no GPU adapter was found: install a Vulkan driver (Debian: apt-get install mesa-vulkan-drivers)"),
    )
}

/// One device for all tasks: opening one costs more than most of them.
#[test]
fn the_gpu_tier_does_all_of_it_too() {
    let device = Device::Gpu(open());
    ceilings_are_sane(&run(device.clone(), Task::Ceilings).table(tables::CEILINGS));
    time_is_complete(&device);
    smaller_formats_take_less_memory(&device);
    a_sweep_has_every_format_and_batch(&device);
    for kernel in PRODUCTS {
        a_ladder_starts_with_the_plainest(&device, kernel);
    }
}

#[test]
fn a_measured_choice_is_exported_and_taken_over() {
    let gpu = open();
    let config = Config { formats: vec![Multiply::Fp32], ..ragged() };
    run(Device::Gpu(gpu.clone()), Task::Time { config });
    let choices = export_choices(&Device::Gpu(gpu.clone()));
    assert!(choices.contains("matmul_f32"), "{choices}");
    let host = NativeHost::new(Path::new("tests/fixtures"));
    let verified = Verified { adapter: gpu.adapter_key(), choices: choices.clone() };
    let chosen = pollster::block_on(choose(TierWish::Gpu, &[verified], &host));
    assert_eq!(chosen.health, None, "a verified adapter is not checked again");
    assert_eq!(export_choices(&chosen.device), choices);
    let broken = Verified { adapter: gpu.adapter_key(), choices: "{".into() };
    let chosen = pollster::block_on(choose(TierWish::Gpu, &[broken], &host));
    assert_eq!(export_choices(&chosen.device), "{}", "what cannot be read is measured again");
}

#[test]
fn sources_are_the_shipped_texts() {
    let sources = run(Device::Cpu, Task::Sources).table(tables::SOURCES);
    let texts: Vec<&str> = (0..sources.rows.len()).filter_map(|r| sources.text(r, "text")).collect();
    let shipped = std::fs::read_to_string("shaders/quantize.wgsl").unwrap();
    assert!(texts.contains(&shipped.as_str()));
}

#[test]
fn what_is_wrong_is_named() {
    let error = |task| run(Device::Cpu, task).error();
    let off = Config { inputs: 8193, ..Config::default() };
    assert!(
        matches!(error(Task::Time { config: off }), LabError::OutOfRange { field, got, .. } if field == "inputs" && got == 8193.0)
    );
    let off = Config { group: 48, ..Config::default() };
    assert!(matches!(error(Task::Sweep { config: off }), LabError::Unknown { field, .. } if field == "group"));
    let ladder = Task::Ladder { kernel: "histogram".into(), config: ragged() };
    assert!(matches!(error(ladder), LabError::Unknown { field, .. } if field == "kernel"));
}

#[test]
fn a_stopped_run_ends_as_stopped() {
    let stops = Stops::default();
    stops.stop(RunId(1));
    assert_eq!(run_with(Device::Cpu, Task::Sweep { config: ragged() }, &stops).error(), LabError::Stopped);
}
