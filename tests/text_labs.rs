//! The model lab and the bits lab from a command to its events, natively, with a tiny random model in the place of the one
//! that ships: what is tried here is the labs, not what the model learned.

#[path = "tiny/mod.rs"]
mod tiny;

use std::cell::RefCell;
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;

use afina::engine::native::NativeHost;
use afina::engine::{Engine, Stops, choose};
use afina::labs::{Command, Device, EventSink, Host, Loading, Local, bits, model};
use afina::math::{WeightFormat, sample};
use afina::protocol::{Event, LabError, RunId, Table, Tensor, Tier, TierWish};

use tiny::{tiny, weights};

/// A native process whose site holds the tiny model.
struct Site {
    native: NativeHost,
    /// Empty where the model that ships is wanted after all.
    weights: Vec<u8>,
    /// How often the weights still refuse to come.
    refusals: RefCell<u32>,
    fetched: RefCell<Vec<String>>,
}

impl Host for Site {
    fn breathe(&self) -> Local<'_, ()> {
        self.native.breathe()
    }
    fn sleep(&self, millis: u32) -> Local<'_, ()> {
        self.native.sleep(millis)
    }
    fn now_millis(&self) -> f64 {
        self.native.now_millis()
    }
    fn today_millis(&self) -> f64 {
        0.0
    }

    fn has_gpu_api(&self) -> bool {
        self.native.has_gpu_api()
    }
    fn site_text<'a>(&'a self, path: &'a str) -> Local<'a, Result<String, LabError>> {
        self.native.site_text(path)
    }
    fn site_bytes<'a>(&'a self, path: &'a str, progress: Loading<'a>) -> Local<'a, Result<Vec<u8>, LabError>> {
        self.fetched.borrow_mut().push(path.to_owned());
        let own = match path {
            _ if self.weights.is_empty() => return self.native.site_bytes(path, progress),
            "models/afina-small/config.json" => tiny().to_json().into_bytes(),
            "models/afina-small/model.safetensors" => self.weights.clone(),
            _ => return self.native.site_bytes(path, progress),
        };
        let refused = path.ends_with("safetensors") && *self.refusals.borrow() > 0;
        if refused {
            *self.refusals.borrow_mut() -= 1;
        }
        Box::pin(async move {
            progress(own.len() as u64 / 2, own.len() as u64);
            if refused { Err(LabError::FileGone { source: path.into() }) } else { Ok(own) }
        })
    }
    fn file_size(&self, name: &str) -> Result<u64, LabError> {
        self.native.file_size(name)
    }
    fn read_file<'a>(&'a self, name: &'a str, range: Range<u64>) -> Local<'a, Result<Vec<u8>, LabError>> {
        self.native.read_file(name, range)
    }
}

type Wanted = fn(&Event) -> bool;

/// Keeps events; presses Stop at the event that is told.
#[derive(Default)]
struct Kept {
    events: RefCell<Vec<Event>>,
    stop_at: RefCell<Option<(Stops, Wanted)>>,
}

impl EventSink for Kept {
    fn emit(&self, event: Event) {
        if let Some((stops, wanted)) = &*self.stop_at.borrow()
            && wanted(&event)
        {
            stops.stop(event.run());
        }
        self.events.borrow_mut().push(event);
    }
}

impl Kept {
    fn table(&self, name: &str) -> Table {
        let events = self.events.borrow();
        let found = events.iter().rev().find_map(|e| match e {
            Event::Table { table, .. } if table.name == name => Some(table.clone()),
            _ => None,
        });
        found.unwrap_or_else(|| panic!("no table {name}; last: {:?}", events.last()))
    }

    fn tensor(&self, name: &str) -> Tensor {
        let events = self.events.borrow();
        let found = events.iter().rev().find_map(|e| match e {
            Event::Tensor { tensor, .. } if tensor.name == name => Some(tensor.clone()),
            _ => None,
        });
        found.unwrap_or_else(|| panic!("no tensor {name}; last: {:?}", events.last()))
    }

    fn generated(&self) -> Vec<u32> {
        let events = self.events.borrow();
        let points = events.iter().filter_map(|e| match e {
            Event::Points { series, points, .. } if series == model::series::GENERATED => Some(points.clone()),
            _ => None,
        });
        points.flatten().map(|p| p[0] as u32).collect()
    }

    fn outcome(&self) -> Result<(), LabError> {
        match self.events.borrow().last() {
            Some(Event::Done { .. }) => Ok(()),
            Some(Event::Failed { error, .. }) => Err(error.clone()),
            other => panic!("a run ends with Done or Failed, not {other:?}"),
        }
    }
}

struct Bench {
    engine: Engine,
    kept: Rc<Kept>,
    stops: Stops,
    site: Rc<Site>,
    runs: u32,
}

impl Bench {
    fn on(tier: Tier) -> Bench {
        Bench::with(tier, weights(&tiny()))
    }

    fn with(tier: Tier, weights: Vec<u8>) -> Bench {
        let site = Rc::new(Site {
            native: NativeHost::new(Path::new("tests/fixtures")),
            weights,
            refusals: RefCell::default(),
            fetched: RefCell::default(),
        });
        let wish = if tier == Tier::Gpu { TierWish::Gpu } else { TierWish::Cpu };
        let device = match tier {
            Tier::Cpu => Device::Cpu,
            Tier::Gpu => pollster::block_on(choose(wish, &[], &*site)).device,
        };
        assert_eq!(device.tier(), tier, "is a Vulkan driver installed?");
        let (kept, stops) = (Rc::new(Kept::default()), Stops::default());
        Bench { engine: Engine::new(device, site.clone(), kept.clone(), stops.clone()), kept, stops, site, runs: 0 }
    }

    fn run(&mut self, command: Command) -> Rc<Kept> {
        self.kept.events.borrow_mut().clear();
        self.runs += 1;
        pollster::block_on(self.engine.run(RunId(self.runs), command));
        self.kept.clone()
    }

    fn model(&mut self, task: model::Task) -> Rc<Kept> {
        self.run(Command::Model { task })
    }

    fn bits(&mut self, task: bits::Task) -> Rc<Kept> {
        self.run(Command::Bits { task })
    }
}

fn prompt(over: impl FnOnce(&mut model::Config)) -> model::Config {
    let mut config = model::Config { length: 12, ..model::Config::default() };
    over(&mut config);
    config
}

#[test]
fn a_look_gives_tokens_logits_and_attention() {
    let mut bench = Bench::on(Tier::Cpu);
    let kept = bench.model(model::Task::Look { config: prompt(|_| ()) });
    assert_eq!(kept.outcome(), Ok(()));
    let tokens = kept.table(model::tables::TOKENS).rows.len();
    assert!(tokens > 5);
    assert_eq!(kept.table(model::tables::VOCABULARY).rows.len(), 2048);
    assert_eq!(kept.tensor(&model::tensors::logits(0)).values.len(), 2048);
    let attention = kept.tensor(model::tensors::ATTENTION);
    assert_eq!(attention.shape, [2, 2, tokens, tokens]);
    for (row, line) in attention.values.chunks_exact(tokens).enumerate() {
        let sum: f32 = line.iter().sum();
        assert!((sum - 1.0).abs() < 1e-4, "row {row} adds up to {sum}");
        let looking = row % tokens;
        assert!(line[looking + 1..].iter().all(|p| *p == 0.0), "row {row} looks into the future");
    }
    assert_eq!(kept.table(model::tables::MODEL).number(0, "layers"), Some(2.0));
}

#[test]
fn tokens_are_drawn_from_the_logits_that_are_shown() {
    for tier in [Tier::Cpu, Tier::Gpu] {
        let mut bench = Bench::on(tier);
        let config = prompt(|_| ());
        let kept = bench.model(model::Task::Generate { config: config.clone() });
        assert_eq!(kept.outcome(), Ok(()));
        let drawn = kept.generated();
        let beginning = kept.table(model::tables::TOKENS).rows.len();
        assert_eq!(drawn.len(), 12);
        for (step, id) in drawn.iter().enumerate() {
            let logits = kept.tensor(&model::tensors::logits(step));
            assert_eq!(
                sample(&logits.values, &config.sampling(), (beginning + step) as u32).token,
                *id,
                "{tier:?} {step}"
            );
        }
        kept.tensor(&model::tensors::logits(12));
        let again = bench.model(model::Task::Generate { config: config.clone() }).generated();
        assert_eq!(again, drawn, "the same seed draws the same");
        let speed = bench.kept.table(model::tables::SPEED);
        assert_eq!(speed.number(0, "tokens"), Some(12.0));
        // Given tokens come first and are not drawn again.
        let given = vec![drawn[0], drawn[1], 77];
        let kept = bench.model(model::Task::Generate { config: prompt(|c| c.given = given.clone()) });
        assert_eq!(kept.generated()[..3], given);
        assert_eq!(kept.generated().len(), 15);
    }
}

#[test]
fn stop_is_heard_between_tokens() {
    let mut bench = Bench::on(Tier::Cpu);
    // Not at an event of progress: those are told by the clock, several tokens at a time where a computer is quick.
    let third: Wanted =
        |e: &Event| matches!(e, Event::Tensor { tensor, .. } if tensor.name == model::tensors::logits(3));
    *bench.kept.stop_at.borrow_mut() = Some((bench.stops.clone(), third));
    let kept = bench.model(model::Task::Generate { config: prompt(|_| ()) });
    assert_eq!(kept.outcome(), Err(LabError::Stopped));
    assert_eq!(kept.generated().len(), 3);
}

#[test]
fn a_model_that_does_not_come_is_named_and_asked_for_again() {
    let mut bench = Bench::on(Tier::Cpu);
    *bench.site.refusals.borrow_mut() = 1;
    let kept = bench.model(model::Task::Look { config: prompt(|_| ()) });
    let path = "models/afina-small/model.safetensors".to_owned();
    assert_eq!(kept.outcome(), Err(LabError::NotFetched { path }));
    assert_eq!(bench.model(model::Task::Look { config: prompt(|_| ()) }).outcome(), Ok(()));
    let before = bench.site.fetched.borrow().len();
    bench.model(model::Task::Look { config: prompt(|_| ()) });
    assert_eq!(bench.site.fetched.borrow().len(), before, "the model is kept");
}

#[test]
fn the_cache_is_measured_and_too_long_a_prompt_is_refused() {
    let mut bench = Bench::on(Tier::Cpu);
    let kept = bench.model(model::Task::Cache { config: prompt(|_| ()) });
    let table = kept.table(model::tables::CACHE);
    assert_eq!(table.number(table.rows.len() - 1, "tokens"), Some(256.0));
    // Keys and values, 2 layers, 1 head of 16 numbers of 4 bytes, 256 tokens.
    assert_eq!(table.number(table.rows.len() - 1, "cache_bytes"), Some(65_536.0));
    let long = prompt(|c| {
        c.prompt = "x ".repeat(250);
        c.given = vec![1; 128];
    });
    assert!(matches!(bench.model(model::Task::Look { config: long }).outcome(), Err(LabError::OutOfRange { .. })));
    let hot = prompt(|c| c.temperature = f32::NAN);
    assert!(matches!(bench.model(model::Task::Look { config: hot }).outcome(), Err(LabError::OutOfRange { .. })));
}

fn plan(digits: &str) -> bits::Config {
    bits::Config { plan: digits.into(), ..bits::Config::default() }
}

#[test]
fn fp32_is_its_own_equal_and_fewer_bits_are_further_away() {
    let mut bench = Bench::on(Tier::Cpu);
    let look = |bench: &mut Bench, digits: &str| {
        let kept = bench.bits(bits::Task::Look { config: plan(digits) });
        assert_eq!(kept.outcome(), Ok(()));
        let quality = kept.table(bits::tables::QUALITY);
        let size = kept.table(bits::tables::SIZE).number(0, "packed_bytes").unwrap();
        (quality.number(0, "kl").unwrap(), quality.number(1, "agreement").unwrap(), size, quality)
    };
    let (kl, agreement, size, quality) = look(&mut bench, "0");
    assert_eq!((kl, agreement), (0.0, 1.0));
    assert_eq!(quality.number(0, "perplexity"), quality.number(0, "reference"));
    assert_eq!(bench.kept.table(bits::tables::SIZE).number(0, "fp32_bytes"), Some(size));
    assert_eq!(bench.kept.table(bits::tables::UNITS).rows.len(), 9);
    let written = bench.kept.table(bits::tables::WRITTEN);
    assert!((0..written.rows.len()).all(|i| written.text(i, "base") == written.text(i, "plan")));
    let (mut last_kl, mut last_size) = (0.0, size);
    for digits in ["2", "3", "5", "6"] {
        let (kl, agreement, size, _) = look(&mut bench, digits);
        assert!(kl > last_kl && size < last_size && agreement < 1.0, "{digits}: {kl} {agreement} {size}");
        (last_kl, last_size) = (kl, size);
    }
    let (mixed, _, between, _) = look(&mut bench, "266666666");
    assert!(mixed < last_kl && between > last_size);
    let kept = bench.bits(bits::Task::Grade { config: plan("0") });
    let graded = kept.table(bits::tables::QUALITY);
    assert!(graded.number(0, "tokens").unwrap() >= bits::FULL_TOKENS as f64);
    assert_eq!(graded.number(0, "agreement"), Some(1.0));
}

#[test]
fn both_tiers_measure_the_same_plan_alike() {
    let quality = |tier| {
        let mut bench = Bench::on(tier);
        let kept = bench.bits(bits::Task::Look { config: plan("453246502") });
        assert_eq!(kept.outcome(), Ok(()));
        kept.table(bits::tables::QUALITY)
    };
    let (cpu, gpu) = (quality(Tier::Cpu), quality(Tier::Gpu));
    for column in ["perplexity", "reference"] {
        for row in 0..2 {
            let (a, b) = (cpu.number(row, column).unwrap(), gpu.number(row, column).unwrap());
            // Logits differ by rounding, at most some 1e-4; a mean of losses by no more.
            assert!((a / b).ln().abs() < 1e-4, "{column} {row}: {a} and {b}");
        }
    }
}

#[test]
fn a_unit_is_pictured_whole_and_in_part() {
    let mut bench = Bench::on(Tier::Cpu);
    let config = bits::Config { selected: 1, ..plan("6") };
    let kept = bench.bits(bits::Task::Picture { config: config.clone(), view: bits::View::default() });
    assert_eq!(kept.outcome(), Ok(()));
    assert_eq!(kept.tensor(bits::tensors::ORIGINAL).shape, [64, 32]);
    let histogram = kept.table(bits::tables::HISTOGRAM);
    for column in ["before", "after"] {
        let sum: f64 = (0..histogram.rows.len()).filter_map(|i| histogram.number(i, column)).sum();
        assert_eq!(sum, 64.0 * 32.0, "{column}");
    }
    let part = bits::View { row: 60, col: 1, rows: 8, cols: 4 };
    let kept = bench.bits(bits::Task::Picture { config, view: part });
    let index = kept.tensor(bits::tensors::INDEX);
    assert_eq!((index.shape.clone(), index.values[0]), (vec![8, 4], (56 * 32 + 1) as f32));
}

#[test]
fn every_unit_is_asked_and_the_sweep_stops() {
    let mut bench = Bench::on(Tier::Cpu);
    let task = || bits::Task::Sensitivity { config: plan("0"), format: WeightFormat::Int2 };
    let kept = bench.bits(task());
    assert_eq!(kept.outcome(), Ok(()));
    assert_eq!(kept.table(bits::tables::SENSITIVITY).rows.len(), 9);
    let second: Wanted =
        |e: &Event| matches!(e, Event::Table { table, .. } if table.name == "sensitivity" && table.rows.len() == 2);
    *bench.kept.stop_at.borrow_mut() = Some((bench.stops.clone(), second));
    let kept = bench.bits(task());
    assert_eq!(kept.outcome(), Err(LabError::Stopped));
    assert_eq!(kept.table(bits::tables::SENSITIVITY).rows.len(), 2);
}

#[test]
fn the_search_goes_from_int8_to_int2_and_only_gets_smaller() {
    let mut bench = Bench::on(Tier::Cpu);
    let kept = bench.bits(bits::Task::Search { config: plan("0") });
    assert_eq!(kept.outcome(), Ok(()));
    let table = kept.table(bits::tables::SEARCH);
    let of =
        |kind: &str| -> Vec<usize> { (0..table.rows.len()).filter(|i| table.text(*i, "kind") == Some(kind)).collect() };
    assert_eq!(of("uniform").len(), 7);
    let mixed = of("mixed");
    assert_eq!(table.text(mixed[0], "plan"), Some("2"));
    assert_eq!(table.text(mixed[mixed.len() - 1], "plan"), Some("6"));
    let sizes: Vec<f64> = mixed.iter().map(|i| table.number(*i, "packed_bytes").unwrap()).collect();
    assert!(sizes.windows(2).all(|w| w[0] > w[1]), "{sizes:?}");
    let smallest = table.number(mixed[mixed.len() - 1], "on_front");
    assert_eq!(smallest, Some(1.0), "nothing is smaller");
}

#[test]
fn outliers_spoil_one_scale_and_leave_the_plan_alone() {
    let mut bench = Bench::on(Tier::Cpu);
    let before = bench.bits(bits::Task::Look { config: plan("3") }).table(bits::tables::QUALITY);
    let outliers = bits::Outliers { unit: 3, factor: 40.0, format: WeightFormat::Int4, group: 32 };
    let kept = bench.bits(bits::Task::Outliers { outliers });
    assert_eq!(kept.outcome(), Ok(()));
    let table = kept.table(bits::tables::OUTLIERS);
    let sqnr = |case: &str| {
        let row = (0..table.rows.len()).find(|i| table.text(*i, "case") == Some(case)).unwrap();
        table.number(row, "sqnr_db").unwrap()
    };
    assert!(sqnr("clean") == f64::INFINITY && sqnr("outliers") == f64::INFINITY);
    assert!(sqnr("group") > sqnr("tensor") + 3.0, "{} {}", sqnr("group"), sqnr("tensor"));
    let after = bench.bits(bits::Task::Look { config: plan("3") }).table(bits::tables::QUALITY);
    assert_eq!(before, after);
    for wrong in [bits::Outliers { unit: 99, ..outliers }, bits::Outliers { factor: f32::NAN, ..outliers }] {
        assert!(matches!(
            bench.bits(bits::Task::Outliers { outliers: wrong }).outcome(),
            Err(LabError::OutOfRange { .. })
        ));
    }
}

#[test]
fn the_quantization_lab_reads_the_same_model() {
    use afina::labs::quant::{Config, MODEL_FILE, Source, Task, tables};
    let mut bench = Bench::on(Tier::Cpu);
    let kept = bench.run(Command::Quant { task: Task::Open { name: MODEL_FILE.into() } });
    assert_eq!(kept.outcome(), Ok(()));
    assert_eq!(kept.table(tables::CONTENTS).rows.len(), tiny().tensors().len());
    let tensor = "model.layers.1.mlp.down_proj.weight".to_owned();
    let source = Source::File { name: MODEL_FILE.into(), tensor, first_row: 0 };
    let kept = bench.run(Command::Quant { task: Task::Measure { config: Config { source, ..Config::default() } } });
    assert_eq!(kept.outcome(), Ok(()));
    assert_eq!(kept.table(tables::MATRIX).number(0, "rows"), Some(32.0));
    assert_eq!(bench.site.fetched.borrow().len(), 1, "fetched once");
}

/// The perplexities that the model's card gives for a format, Spanish and English.
fn on_the_card(format: &str) -> [f64; 2] {
    let card = std::fs::read_to_string("www/models/afina-small/README.md").unwrap();
    let row = card.lines().find(|line| line.starts_with(&format!("| {format} |"))).expect("the card's row");
    let cells: Vec<&str> = row.split('|').map(str::trim).collect();
    [3, 4].map(|i| cells[i].parse().unwrap())
}

#[test]
fn the_card_says_what_the_lab_measures() {
    let mut bench = Bench::with(Tier::Cpu, Vec::new());
    for (digit, format) in [("3", "INT4"), ("4", "NF4")] {
        let config = bits::Config { plan: digit.into(), group: 64, ..bits::Config::default() };
        let kept = bench.bits(bits::Task::Grade { config });
        kept.outcome().unwrap();
        let table = kept.table(bits::tables::QUALITY);
        for (row, (written, plain)) in on_the_card(format).into_iter().zip(on_the_card("FP32")).enumerate() {
            // Four digits are written; another processor adds up in another order.
            for (column, expected) in [("perplexity", written), ("reference", plain)] {
                let got = table.number(row, column).unwrap();
                assert!((got - expected).abs() <= 2e-4 * expected, "{format} {column}: {got} instead of {expected}");
            }
        }
    }
}
