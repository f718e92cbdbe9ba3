//! The accuracy of every fine-tuning method, as the fine-tuning lab measures it, as tables in Markdown.

use std::cell::RefCell;
use std::error::Error;
use std::fmt::Write as _;
use std::path::Path;
use std::rc::Rc;

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
                if table.name == tables::RESULTS
                    && let Some(row) = table.rows.last()
                {
                    eprintln!("{}", row.iter().map(shown).collect::<Vec<_>>().join("  "));
                }
                tables.retain(|old| old.name != table.name);
                tables.push(table);
            }
            Event::Failed { error, .. } => *self.failed.borrow_mut() = Some(error.to_string()),
            _ => {}
        }
    }
}

fn shown(cell: &Cell) -> String {
    match cell {
        Cell::Text(text) => text.clone(),
        Cell::Number(number) => format!("{number:.4}"),
    }
}

fn numbers(table: &Table, column: &str, method: Method) -> Vec<f64> {
    let of = |name: &str| table.columns.iter().position(|c| c == name);
    let (Some(at), Some(word)) = (of(column), of("method")) else { return Vec::new() };
    let wanted = Cell::from(method.word());
    let number = |row: &Vec<Cell>| if let Cell::Number(number) = row[at] { Some(number) } else { None };
    table.rows.iter().filter(|row| row[word] == wanted).filter_map(number).collect()
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

/// The table of one task.
fn markdown(config: &Config, kept: &Newest) -> String {
    let tables = kept.tables.borrow();
    let named = |name: &str| tables.iter().find(|table| table.name == name);
    let mut out = String::new();
    let data = &config.data;
    let _ = writeln!(out, "\n## {:?}, {:?}, {} steps\n", data.subject, data.tongue, config.train.steps);
    let baseline = named(tables::BASELINE).map_or(Vec::new(), |table| table.rows.clone());
    for row in baseline {
        if let [Cell::Text(kind), Cell::Number(accuracy), ..] = &row[..] {
            let _ = writeln!(out, "- {kind}: {:.1} %", 100.0 * accuracy);
        }
    }
    let head = "| method | rate | trained | of all, % | test, % (95 %) | training, % | last loss | perplexity before → after |";
    let _ = writeln!(out, "\n{head}\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |");
    let Some(results) = named(tables::RESULTS) else { return out };
    for &method in &config.methods {
        let all = |column: &str| numbers(results, column, method);
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

/// Trains every method with `seeds` seeds on each task; hands over the text whenever a table is added, for the whole takes an
/// hour.
///
/// # Errors
/// What failed; what `found` returns.
pub fn accuracies(seeds: u32, mut found: impl FnMut(&str) -> std::io::Result<()>) -> Result<(), Box<dyn Error>> {
    let mut out = format!(
        "# Accuracy of the fine-tuning methods\n\nMade by `cargo xtask bench --tune --markdown tests/bench/tune.md`: the \
         lab's defaults on the CPU tier but for the steps, {} examples each, {seeds} seeds.\nTest: the share of {} held-out \
         examples whose whole answer is right, with Student's interval over seeds.\nTraining: the same of 48 examples that \
         were trained on. `base` is the model before any training, `majority` always gives the commonest answer.\n",
        Config::default().train.batch,
        Config::default().data.tested,
    );
    for Asked { subject, tongue, steps } in ASKED {
        let mut config = Config { methods: Method::ALL.to_vec(), seeds, ..Config::default() };
        (config.data.subject, config.data.tongue) = (subject, tongue);
        if let Some(steps) = steps {
            // As many examples as these steps can see, so that more steps are not more rounds.
            (config.train.steps, config.data.examples) = (steps, steps * config.train.batch);
        }
        let kept = Rc::new(Newest::default());
        let host = Rc::new(NativeHost::new(Path::new(".")));
        let command = Command::Tune { task: Task::Train { config: config.clone() } };
        pollster::block_on(Engine::new(Device::Cpu, host, kept.clone(), Stops::default()).run(RunId(1), command));
        if let Some(failed) = kept.failed.take() {
            return Err(failed.into());
        }
        out += &markdown(&config, &kept);
        found(&out)?;
    }
    Ok(())
}
