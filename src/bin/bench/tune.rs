//! The accuracy of every fine-tuning method, as the fine-tuning lab measures it, as tables in Markdown.

use std::cell::RefCell;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::rc::Rc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;

use afina::engine::native::NativeHost;
use afina::engine::{Engine, Stops};
use afina::labs::tune::{Config, Method, Subject, Task, Tongue, mean_interval, tables};
use afina::labs::{Command, Device, EventSink};
use afina::protocol::{Cell, Event, RunId, Table};

/// A table: what is learned, and for how many steps; none for the lab's own number.
struct Asked {
    subject: Subject,
    tongue: Tongue,
    steps: Option<u32>,
}

const ASKED: [Asked; 4] = [
    Asked { subject: Subject::Sentiment, tongue: Tongue::Spanish, steps: None },
    Asked { subject: Subject::Sentiment, tongue: Tongue::Spanish, steps: Some(400) },
    Asked { subject: Subject::Questions, tongue: Tongue::Spanish, steps: Some(400) },
    Asked { subject: Subject::Headlines, tongue: Tongue::Spanish, steps: Some(400) },
];

/// Keeps the newest of each table, and what failed.
#[derive(Default)]
struct Newest {
    tables: RefCell<Vec<Table>>,
    failed: RefCell<Option<String>>,
}

impl EventSink for Newest {
    fn emit(&self, event: Event) {
        match event {
            Event::Table { table, .. } => {
                let mut tables = self.tables.borrow_mut();
                tables.retain(|old| old.name != table.name);
                tables.push(table);
            }
            Event::Failed { error, .. } => *self.failed.borrow_mut() = Some(error.to_string()),
            _ => {}
        }
    }
}

/// The tables of one comparison, or why there are none.
type Outcome = Result<Vec<Table>, String>;

fn compared(config: &Config) -> Outcome {
    let kept = Rc::new(Newest::default());
    let host = Rc::new(NativeHost::new(Path::new(".")));
    let command = Command::Tune { task: Task::Train { config: config.clone() } };
    pollster::block_on(Engine::new(Device::Cpu, host, kept.clone(), Stops::default()).run(RunId(1), command));
    match kept.failed.take() {
        Some(failed) => Err(failed),
        None => Ok(kept.tables.take()),
    }
}

fn named<'a>(tables: &'a [Table], name: &'a str) -> impl Iterator<Item = &'a Table> {
    tables.iter().filter(move |table| table.name == name)
}

fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Number(number) => format!("{number:.4}"),
    }
}

/// A column of one method's rows of results.
fn numbers(tables: &[Table], column: &str, method: Method) -> Vec<f64> {
    let wanted = Cell::from(method.word());
    let of = |table: &Table| -> Vec<f64> {
        let at = |name: &str| table.columns.iter().position(|c| c == name);
        let (Some(at), Some(word)) = (at(column), at("method")) else { return Vec::new() };
        let number = |row: &Vec<Cell>| if let Cell::Number(number) = row[at] { Some(number) } else { None };
        table.rows.iter().filter(|row| row[word] == wanted).filter_map(number).collect()
    };
    named(tables, tables::RESULTS).flat_map(of).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// A share in per cent with its interval.
fn share(values: &[f64]) -> String {
    let inside = |v: f64| 100.0 * v.clamp(0.0, 1.0);
    match mean_interval(values) {
        Some(found) => format!("{:.1} ({:.0} to {:.0})", 100.0 * found.mean, inside(found.low), inside(found.high)),
        None => format!("{:.1}", 100.0 * mean(values)),
    }
}

/// The table of one task, from the tables of its trainings.
fn markdown(config: &Config, tables: &[Table]) -> String {
    let mut out = String::new();
    let data = &config.data;
    let _ = writeln!(out, "\n## {:?}, {:?}, {} steps\n", data.subject, data.tongue, config.train.steps);
    let baseline = named(tables, tables::BASELINE).next().map_or(&[][..], |table| &table.rows);
    for row in baseline {
        if let [Cell::Text(kind), Cell::Number(accuracy), ..] = &row[..] {
            let _ = writeln!(out, "- {kind}: {:.1} %", 100.0 * accuracy);
        }
    }
    let head = "| method | rate | trained | of all, % | test, % (95 %) | training, % | last loss | perplexity before → after |";
    let _ = writeln!(out, "\n{head}\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    for &method in &config.methods {
        let all = |column: &str| numbers(tables, column, method);
        let (test, training) = (share(&all("accuracy")), share(&all("train_accuracy")));
        let _ = writeln!(
            out,
            "| {} | {} | {} | {:.2} | {test} | {training} | {:.3} | {:.2} → {:.2} |",
            method.word(),
            config.rate_of(method),
            mean(&all("trainable")),
            mean(&all("percent")),
            mean(&all("loss")),
            mean(&all("forgot_before")),
            mean(&all("forgot_after")),
        );
    }
    out
}

/// What a table asks for.
fn config(Asked { subject, tongue, steps }: Asked, seeds: u32) -> Config {
    let mut config = Config { methods: Method::ALL.to_vec(), seeds, ..Config::default() };
    (config.data.subject, config.data.tongue) = (subject, tongue);
    if let Some(steps) = steps {
        // As many examples as these steps can see, so that more steps are not more rounds.
        (config.train.steps, config.data.examples) = (steps, steps * config.train.batch);
    }
    config
}

/// Each training of a comparison as a comparison of its own: its numbers are the same.
fn trainings(config: &Config) -> impl Iterator<Item = Config> {
    (0..config.seeds).flat_map(move |i| {
        config.methods.iter().map(move |&method| Config {
            methods: vec![method],
            seed: config.seed + i,
            seeds: 1,
            ..config.clone()
        })
    })
}

/// Trains every method with `seeds` seeds on each task, `jobs` trainings at a time; hands over the text whenever a table is
/// added, for the whole takes an hour of two processors.
///
/// # Errors
/// What failed; what `found` returns.
pub fn accuracies(
    seeds: u32,
    jobs: usize,
    mut found: impl FnMut(&str) -> std::io::Result<()>,
) -> Result<(), Box<dyn Error>> {
    let mut out = format!(
        "# Accuracy of the fine-tuning methods\n\nMade by `cargo xtask bench --tune --seeds {seeds} --markdown \
         tests/bench/tune.md`: the lab's defaults on the CPU tier but for the steps, {} examples each, {seeds} seeds.\nTest: \
         the share of {} held-out examples whose whole answer is right, with Student's interval over seeds.\nTraining: the \
         same of 48 examples that were trained on. `base` is the model before any training, `majority` always gives the \
         commonest answer.\nA headline has many good wordings: hardly one is the expected one as a whole.\n",
        Config::default().train.batch,
        Config::default().data.tested,
    );
    let configs = ASKED.map(|asked| config(asked, seeds));
    let queue: Vec<(usize, Config)> =
        configs.iter().enumerate().flat_map(|(at, config)| trainings(config).map(move |one| (at, one))).collect();
    let next = AtomicUsize::new(0);
    let (tell, told) = mpsc::channel::<(usize, Outcome)>();
    std::thread::scope(|scope| -> Result<(), Box<dyn Error>> {
        for _ in 0..jobs {
            let (tell, next, queue) = (tell.clone(), &next, &queue);
            scope.spawn(move || {
                while let Some((at, config)) = queue.get(next.fetch_add(1, Ordering::Relaxed)) {
                    // Nobody listens any more once something failed.
                    if tell.send((*at, compared(config))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(tell);
        let mut ready: [Vec<Vec<Table>>; ASKED.len()] = Default::default();
        let mut written = 0;
        for (at, outcome) in told {
            let tables = outcome?;
            for row in named(&tables, tables::RESULTS).flat_map(|table| &table.rows) {
                eprintln!("{}", row.iter().map(shown).collect::<Vec<_>>().join("  "));
            }
            ready[at].push(tables);
            while let Some(config) = configs.get(written)
                && ready[written].len() == trainings(config).count()
            {
                out += &markdown(config, &ready[written].concat());
                found(&out)?;
                written += 1;
            }
        }
        Ok(())
    })
}
