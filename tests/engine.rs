//! The whole way from a command to its events, natively, on both tiers: the same commands that the page sends.

use std::cell::RefCell;
use std::path::Path;
use std::rc::Rc;

use afina::engine::native::NativeHost;
use afina::engine::{Engine, Stops, choose};
use afina::labs::quant::{Activations, Config, Source, Task, presets, tables, tensors};
use afina::labs::{Command, Device, EventSink, Host};
use afina::protocol::{Event, LabError, RunId, Table, Tensor, Tier, TierWish};

#[derive(Default)]
struct Kept(RefCell<Vec<Event>>);

impl EventSink for Kept {
    fn emit(&self, event: Event) {
        self.0.borrow_mut().push(event);
    }
}

impl Kept {
    fn table(&self, name: &str) -> Table {
        let found = self.0.borrow().iter().rev().find_map(|e| match e {
            Event::Table { table, .. } if table.name == name => Some(table.clone()),
            _ => None,
        });
        found.unwrap_or_else(|| {
            panic!("no table {name} among {} events; last: {:?}", self.0.borrow().len(), self.0.borrow().last())
        })
    }

    fn tensor(&self, name: &str) -> Tensor {
        let found = self.0.borrow().iter().rev().find_map(|e| match e {
            Event::Tensor { tensor, .. } if tensor.name == name => Some(tensor.clone()),
            _ => None,
        });
        found.unwrap_or_else(|| panic!("no tensor {name}"))
    }

    fn error(&self) -> LabError {
        match self.0.borrow().last() {
            Some(Event::Failed { error, .. }) => error.clone(),
            other => panic!("expected a failure, got {other:?}"),
        }
    }
}

struct Bench {
    engine: Engine,
    kept: Rc<Kept>,
    stops: Stops,
    runs: u32,
}

impl Bench {
    fn on(tier: Tier) -> Bench {
        let host: Rc<dyn Host> = Rc::new(NativeHost::new(Path::new("tests/fixtures")));
        let wish = if tier == Tier::Gpu { TierWish::Gpu } else { TierWish::Cpu };
        let chosen = pollster::block_on(choose(wish, &[], &*host));
        let tier_got = chosen.device.tier();
        assert_eq!(
            tier_got, tier,
            "asked for {tier:?}, got {tier_got:?}: {:?}. Is a Vulkan driver installed?",
            chosen.reason
        );
        let (kept, stops) = (Rc::new(Kept::default()), Stops::default());
        Bench { engine: Engine::new(chosen.device, host, kept.clone(), stops.clone()), kept, stops, runs: 0 }
    }

    fn run(&mut self, task: Task) -> Rc<Kept> {
        self.kept.0.borrow_mut().clear();
        self.runs += 1;
        pollster::block_on(self.engine.run(RunId(self.runs), Command::Quant { task }));
        let last = self.kept.0.borrow().last().cloned();
        assert!(last.as_ref().is_some_and(Event::is_last), "a run ends with Done or Failed, not {last:?}");
        self.kept.clone()
    }
}

fn file_config(tensor: &str) -> Config {
    let int4 = Config::default().formats[1];
    Config {
        source: Source::File { name: "page.safetensors".into(), tensor: tensor.into(), first_row: 0 },
        formats: vec![presets::Q8_0, int4, presets::NF4],
        ..Config::default()
    }
}

/// f32 sums of n squares, and ties that fall the other way: far below what a person sees, far above rounding.
const RELATIVE: f64 = 1e-4;

fn close(got: f64, expected: f64, what: &str) {
    assert!((got - expected).abs() <= RELATIVE * expected.abs().max(1e-9), "{what}: got {got}, expected {expected}");
}

fn matches_the_reference(tier: Tier) {
    let reference: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string("tests/fixtures/page_reference.json").unwrap()).unwrap();
    let mut bench = Bench::on(tier);
    for (tensor, expected) in reference.as_object().unwrap() {
        let kept = bench.run(Task::Measure { config: file_config(tensor) });
        let metrics = kept.table(tables::METRICS);
        assert_eq!(metrics.rows.len(), 3);
        for row in 0..3 {
            for column in ["bits_per_weight", "size_bytes", "mse", "max_error", "sqnr_db", "cosine"] {
                let want = expected["formats"][row][column].as_f64().unwrap();
                close(metrics.number(row, column).unwrap(), want, &format!("{tensor}, format {row}, {column}"));
            }
        }
        let weight = kept.table(tables::WEIGHT);
        for row in 0..3 {
            let number = |c: &str| weight.number(row, c).unwrap();
            close(number("scale") * number("level"), number("back"), "level times scale is the value back");
            assert!((number("back") - number("value") - number("error")).abs() < 1e-7);
        }
        let error = kept.tensor(tensors::ERROR);
        assert_eq!(error.shape, [96, 128]);
        let worst = error.values.iter().fold(0.0f32, |m, e| m.max(e.abs()));
        close(f64::from(worst), metrics.number(1, "max_error").unwrap(), "the heatmap shows the largest error");
        let counted: f64 = (0..128).map(|row| kept.table(tables::HISTOGRAM).number(row, "count").unwrap()).sum();
        assert_eq!(counted, 96.0 * 128.0, "the histogram counts every weight once");
    }
}

#[test]
fn the_cpu_tier_shows_what_numpy_computes() {
    matches_the_reference(Tier::Cpu);
}

#[test]
fn the_gpu_tier_shows_what_numpy_computes() {
    matches_the_reference(Tier::Gpu);
}

#[test]
fn both_tiers_agree_on_seeded_weights_and_on_a_sweep() {
    let config = Config {
        source: Source::Seeded {
            distribution: afina::labs::quant::Distribution::HeavyTailed,
            rows: 67,
            cols: 131,
            seed: 3,
            outlier_channels: 3,
            outlier_scale: 12.0,
        },
        ..Config::default()
    };
    let [cpu, gpu] = [Tier::Cpu, Tier::Gpu].map(|tier| {
        let mut bench = Bench::on(tier);
        let metrics = bench.run(Task::Measure { config: config.clone() }).table(tables::METRICS);
        let sweep = bench.run(Task::Sweep { config: config.clone() }).table(tables::SWEEP);
        (metrics, sweep)
    });
    for row in 0..cpu.0.rows.len() {
        for column in ["bits_per_weight", "mse", "max_error", "sqnr_db", "cosine", "output_error"] {
            let (a, b) = (cpu.0.number(row, column).unwrap(), gpu.0.number(row, column).unwrap());
            close(b, a, &format!("format {row}, {column}"));
        }
    }
    assert!(cpu.1.rows.len() >= 30, "a sweep covers every format and granularity: {}", cpu.1.rows.len());
    for row in 0..cpu.1.rows.len() {
        let (a, b) = (cpu.1.number(row, "sqnr_db").unwrap(), gpu.1.number(row, "sqnr_db").unwrap());
        // A least-squares scale may pick a neighbouring candidate of equal gain; decibels differ in the third decimal.
        assert!(a == b || (a - b).abs() < 0.01, "{:?}: {a} dB and {b} dB", cpu.1.text(row, "label"));
    }
    let front: Vec<usize> = (0..cpu.1.rows.len()).filter(|r| cpu.1.number(*r, "on_front") == Some(1.0)).collect();
    for &on in &front {
        let of = |row: usize, c: &str| cpu.1.number(row, c).unwrap();
        let beaten = (0..cpu.1.rows.len()).any(|other| {
            of(other, "bits_per_weight") < of(on, "bits_per_weight") && of(other, "sqnr_db") > of(on, "sqnr_db")
        });
        assert!(!beaten, "{:?} is on the front but is beaten", cpu.1.text(on, "label"));
    }
    assert!(!front.is_empty());
}

#[test]
fn a_look_and_a_weight_quantize_nothing_again_and_agree_with_the_measurement() {
    let mut bench = Bench::on(Tier::Cpu);
    let mut config = file_config("capa.0.peso_f32");
    bench.run(Task::Measure { config: config.clone() });
    config.view = afina::labs::quant::View { row: 8, col: 32, rows: 16, cols: 16, selected: 2 };
    let kept = bench.run(Task::Look { config: config.clone() });
    let (index, error) = (kept.tensor(tensors::INDEX), kept.tensor(tensors::ERROR));
    assert_eq!(index.shape, [16, 16]);
    assert_eq!(index.values[0], (8 * 128 + 32) as f32, "zoomed in, a cell is one weight");
    assert!(!kept.0.borrow().iter().any(|e| matches!(e, Event::Table { table, .. } if table.name == tables::METRICS)));
    let weight = bench.run(Task::Weight { config, row: 8, col: 32 }).table(tables::WEIGHT);
    close(
        weight.number(2, "error").unwrap(),
        f64::from(error.values[0]),
        "the arithmetic of a weight is the heatmap's",
    );
}

#[test]
fn contents_list_every_tensor_and_say_which_can_be_read() {
    let contents = Bench::on(Tier::Cpu).run(Task::Open { name: "page.safetensors".into() }).table(tables::CONTENTS);
    let readable = |name: &str| {
        let row = (0..contents.rows.len()).find(|r| contents.text(*r, "name") == Some(name)).unwrap();
        contents.number(row, "readable")
    };
    assert_eq!(contents.rows.len(), 5);
    assert_eq!(readable("capa.0.peso_f32"), Some(1.0));
    assert_eq!(readable("capa.2.peso_bf16"), Some(1.0));
    assert_eq!(readable("contador"), Some(0.0));
}

#[test]
fn errors_end_a_run_and_name_what_is_wrong() {
    let mut bench = Bench::on(Tier::Cpu);
    let missing = bench.run(Task::Measure { config: file_config("no.such") }).error();
    assert!(matches!(missing, LabError::NoSuchTensor { name, .. } if name == "no.such"));
    let gone = bench.run(Task::Open { name: "nowhere.safetensors".into() }).error();
    assert!(matches!(gone, LabError::FileGone { .. }));
    let mut config = Config {
        activations: Activations::File { name: "page.safetensors".into(), tensor: "capa.3.sesgo".into() },
        ..file_config("capa.0.peso_f32")
    };
    bench.run(Task::Measure { config: config.clone() }).table(tables::METRICS);
    config.source = Source::Seeded {
        distribution: afina::labs::quant::Distribution::Gaussian,
        rows: 4,
        cols: 129,
        seed: 1,
        outlier_channels: 0,
        outlier_scale: 1.0,
    };
    assert!(matches!(bench.run(Task::Measure { config: config.clone() }).error(), LabError::Shape { .. }));
    config.formats.clear();
    assert!(
        matches!(bench.run(Task::Measure { config }).error(), LabError::OutOfRange { field, .. } if field == "formats")
    );
}

#[test]
fn a_stopped_run_ends_as_stopped_even_before_it_begins() {
    let mut bench = Bench::on(Tier::Cpu);
    bench.stops.stop(RunId(1));
    assert_eq!(bench.run(Task::Measure { config: Config::default() }).error(), LabError::Stopped);
    bench.run(Task::Measure { config: Config::default() }).table(tables::METRICS);
}

#[test]
fn a_lost_device_ends_the_run_as_lost() {
    let mut bench = Bench::on(Tier::Gpu);
    pollster::block_on(bench.engine.run(RunId(90), Command::Provoke { fault: afina::labs::Provoked::DeviceLost }));
    assert!(matches!(bench.kept.error(), LabError::DeviceLost { .. }));
    assert!(matches!(bench.run(Task::Measure { config: Config::default() }).error(), LabError::DeviceLost { .. }));
}

#[test]
fn an_allocation_that_fits_nowhere_is_refused_and_the_engine_goes_on() {
    for tier in [Tier::Cpu, Tier::Gpu] {
        let mut bench = Bench::on(tier);
        pollster::block_on(bench.engine.run(RunId(91), Command::Provoke { fault: afina::labs::Provoked::OutOfMemory }));
        let error = bench.kept.error();
        assert!(matches!(error, LabError::OutOfMemory { .. } | LabError::TooLarge { .. }), "{tier:?}: {error:?}");
        bench.run(Task::Measure { config: Config::default() }).table(tables::METRICS);
    }
}

/// The tier of a device is what the sink is told.
#[test]
fn every_run_says_its_tier_first() {
    let mut bench = Bench::on(Tier::Cpu);
    let kept = bench.run(Task::Open { name: "page.safetensors".into() });
    assert_eq!(kept.0.borrow().first(), Some(&Event::Started { run: RunId(1), tier: Device::Cpu.tier() }));
}
