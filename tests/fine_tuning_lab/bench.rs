//! A browser in small: a site with a tiny model, a storage that can be full, and a page that hears events and presses Stop.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;
use std::rc::Rc;

use afina::engine::native::NativeHost;
use afina::engine::{Engine, Stops, choose};
use afina::gpu::Gpu;
use afina::labs::tune::{Config, DataSettings, Subject, Task, Tongue, TrainSettings, series};
use afina::labs::{Command, Device, EventSink, Host, Loading, Local};
use afina::math::peft::{LoraSettings, Method, PeftSettings, PromptSettings};
use afina::protocol::{Event, LabError, Phase, RunId, Table, Tier, TierWish};

use super::tiny::{tiny, weights};

/// Where a comparison that is not over is kept.
pub const UNFINISHED: &str = "tune/unfinished";
/// Steps between two times that a comparison is kept.
pub const KEPT_EVERY: u32 = 25;

/// A short comparison of two methods, in which much has to be remembered.
pub fn config(methods: &[Method], over: impl FnOnce(&mut Config)) -> Config {
    let data = DataSettings {
        subject: Subject::Sentiment,
        tongue: Tongue::Spanish,
        examples: 10,
        tested: 6,
        file: String::new(),
    };
    let train = TrainSettings { steps: 30, batch: 2, ..TrainSettings::default() };
    let peft = PeftSettings {
        lora: LoraSettings { rank: 4, ..LoraSettings::default() },
        prompt: PromptSettings { tokens: 4, text: String::new() },
        ..PeftSettings::default()
    };
    let mut config = Config { methods: methods.to_vec(), data, train, peft, seed: 1, seeds: 1 };
    over(&mut config);
    config
}

/// What a browser keeps for a visitor, whatever page is open.
#[derive(Default)]
pub struct Shelf {
    pub entries: RefCell<BTreeMap<String, Vec<u8>>>,
    pub is_full: Cell<bool>,
    /// The names that were read.
    pub read: RefCell<Vec<String>>,
}

impl Shelf {
    /// What is kept under names that begin so.
    pub fn below(&self, start: &str) -> BTreeMap<String, Vec<u8>> {
        let entries = self.entries.borrow();
        entries.iter().filter(|(name, _)| name.starts_with(start)).map(|(n, b)| (n.clone(), b.clone())).collect()
    }

    pub fn unfinished(&self) -> Option<Vec<u8>> {
        self.entries.borrow().get(UNFINISHED).cloned()
    }
}

struct Site {
    native: NativeHost,
    weights: Vec<u8>,
    shelf: Rc<Shelf>,
    breaths: Rc<Cell<u32>>,
}

impl Host for Site {
    fn breathe(&self) -> Local<'_, ()> {
        self.breaths.set(self.breaths.get() + 1);
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
        let own = match path {
            "models/afina-small/config.json" => tiny().to_json().into_bytes(),
            "models/afina-small/model.safetensors" => self.weights.clone(),
            _ => return self.native.site_bytes(path, progress),
        };
        Box::pin(async move { Ok(own) })
    }
    fn file_size(&self, name: &str) -> Result<u64, LabError> {
        self.native.file_size(name)
    }
    fn read_file<'a>(&'a self, name: &'a str, range: Range<u64>) -> Local<'a, Result<Vec<u8>, LabError>> {
        self.native.read_file(name, range)
    }
    fn kept_names(&self) -> Local<'_, Result<Vec<String>, LabError>> {
        Box::pin(async { Ok(self.shelf.entries.borrow().keys().cloned().collect()) })
    }
    fn kept<'a>(&'a self, name: &'a str) -> Local<'a, Result<Option<Vec<u8>>, LabError>> {
        self.shelf.read.borrow_mut().push(name.into());
        Box::pin(async { Ok(self.shelf.entries.borrow().get(name).cloned()) })
    }
    fn keep<'a>(&'a self, name: &'a str, bytes: &'a [u8]) -> Local<'a, Result<(), LabError>> {
        Box::pin(async move {
            if self.shelf.is_full.get() {
                return Err(LabError::NotSaved { what: name.into(), message: "QuotaExceededError".into() });
            }
            self.shelf.entries.borrow_mut().insert(name.into(), bytes.to_vec());
            Ok(())
        })
    }
    fn erase<'a>(&'a self, name: &'a str) -> Local<'a, Result<(), LabError>> {
        Box::pin(async move {
            self.shelf.entries.borrow_mut().remove(name);
            Ok(())
        })
    }
}

type Hook = Box<dyn Fn(&Event) -> bool>;
type Deed = Box<dyn Fn(RunId)>;

/// Keeps the events of the last run, with the breaths that the host had taken; does something at the event that is told.
#[derive(Default)]
pub struct Heard {
    pub events: RefCell<Vec<(u32, Event)>>,
    breaths: Rc<Cell<u32>>,
    at: RefCell<Option<(Hook, Deed)>>,
}

impl EventSink for Heard {
    fn emit(&self, event: Event) {
        let due = self.at.borrow().as_ref().is_some_and(|(wanted, _)| wanted(&event));
        let run = event.run();
        self.events.borrow_mut().push((self.breaths.get(), event));
        if due && let Some((_, deed)) = self.at.borrow_mut().take() {
            deed(run);
        }
    }
}

/// An open page.
pub struct Bench {
    engine: Engine,
    pub heard: Rc<Heard>,
    stops: Stops,
    pub gpu: Option<Rc<Gpu>>,
    runs: u32,
}

impl Bench {
    /// A page of this tier over what was kept before.
    pub fn open(tier: Tier, shelf: &Rc<Shelf>) -> Bench {
        let breaths = Rc::new(Cell::new(0));
        let native = NativeHost::new(Path::new("tests/fixtures"));
        let site = Rc::new(Site { native, weights: weights(&tiny()), shelf: shelf.clone(), breaths: breaths.clone() });
        let device = match tier {
            Tier::Cpu => Device::Cpu,
            Tier::Gpu => pollster::block_on(choose(TierWish::Gpu, &[], &*site)).device,
        };
        assert_eq!(device.tier(), tier, "is a Vulkan driver installed?");
        let gpu = device.gpu().cloned();
        let (heard, stops) = (Rc::new(Heard { breaths, ..Heard::default() }), Stops::default());
        Bench { engine: Engine::new(device, site, heard.clone(), stops.clone()), heard, stops, gpu, runs: 0 }
    }

    /// Does something when an event comes, once.
    pub fn at(&self, wanted: impl Fn(&Event) -> bool + 'static, deed: impl Fn() + 'static) {
        *self.heard.at.borrow_mut() = Some((Box::new(wanted), Box::new(move |_| deed())));
    }

    /// Presses Stop when an event comes.
    pub fn stop_at(&self, wanted: impl Fn(&Event) -> bool + 'static) {
        let stops = self.stops.clone();
        *self.heard.at.borrow_mut() = Some((Box::new(wanted), Box::new(move |run| stops.stop(run))));
    }

    pub fn run(&mut self, task: Task) -> Result<(), LabError> {
        self.heard.events.borrow_mut().clear();
        self.runs += 1;
        pollster::block_on(self.engine.run(RunId(self.runs), Command::Tune { task }));
        match self.heard.events.borrow().last() {
            Some((_, Event::Done { .. })) => Ok(()),
            Some((_, Event::Failed { error, .. })) => Err(error.clone()),
            other => panic!("a run ends with Done or Failed, not {other:?}"),
        }
    }

    pub fn train(&mut self, config: &Config) -> Result<(), LabError> {
        self.run(Task::Train { config: config.clone() })
    }

    /// A table as it was last sent.
    pub fn table(&self, name: &str) -> Option<Table> {
        let events = self.heard.events.borrow();
        events.iter().rev().find_map(|(_, e)| match e {
            Event::Table { table, .. } if table.name == name => Some(table.clone()),
            _ => None,
        })
    }

    /// All points of a series.
    pub fn series(&self, name: &str) -> Vec<[f64; 2]> {
        let events = self.heard.events.borrow();
        let points = events.iter().filter_map(|(_, e)| match e {
            Event::Points { series, points, .. } if series == name => Some(points.clone()),
            _ => None,
        });
        points.flatten().collect()
    }

    /// The steps that were begun, in the order of all steps of the comparison; those that are drawn again are not among them.
    pub fn steps(&self) -> Vec<u64> {
        let events = self.heard.events.borrow();
        let begun = events.iter().filter_map(|(_, e)| match e {
            Event::Progress { phase: Phase::Computing, done, .. } => Some(*done),
            _ => None,
        });
        begun.collect()
    }

    /// How often the host breathed before the first event of a kind.
    pub fn breaths_before(&self, wanted: impl Fn(&Event) -> bool) -> u32 {
        let events = self.heard.events.borrow();
        events.iter().find(|(_, event)| wanted(event)).expect("such an event").0
    }
}

/// Whether an event draws the loss of one step.
pub fn is_step(method: Method, step: u32) -> impl Fn(&Event) -> bool {
    move |event| {
        let is_there = |points: &[[f64; 2]]| points.len() == 1 && points[0][0] == f64::from(step);
        matches!(event, Event::Points { series, points, .. } if *series == series::loss(method, 1) && is_there(points))
    }
}

/// Whether an event is a table with so many rows or more.
pub fn is_table(name: &'static str, rows: usize) -> impl Fn(&Event) -> bool {
    move |event| matches!(event, Event::Table { table, .. } if table.name == name && table.rows.len() >= rows)
}
