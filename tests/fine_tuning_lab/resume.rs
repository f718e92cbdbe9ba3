//! An interrupted comparison that goes on ends exactly as one that was left alone, and loses few steps.

use std::collections::BTreeMap;
use std::rc::Rc;

use afina::labs::tune::{Config, Optimizer, Task, series, tables};
use afina::math::peft::Method;
use afina::protocol::{Event, LabError, Table, Tier};

use crate::bench::{Bench, KEPT_EVERY, Shelf, config, is_step, is_table};

/// The lab's promise.
const MOST_LOST: u64 = 50;

/// Everything that a comparison shows and keeps but times and memory, which are another machine's another day.
#[derive(Debug, PartialEq)]
struct Outcome {
    tables: Vec<Table>,
    curves: Vec<(String, Vec<[f64; 2]>)>,
    kept: BTreeMap<String, Vec<u8>>,
}

fn outcome(bench: &Bench, shelf: &Shelf, config: &Config) -> Outcome {
    let shown = [tables::BASELINE, tables::RESULTS, tables::ANSWERS, tables::SPECTRUM, tables::OVERLAP];
    let mut tables: Vec<Table> = shown.iter().filter_map(|name| bench.table(name)).collect();
    for table in &mut tables {
        for column in ["step_millis", "train_millis", "measure_millis", "peak_bytes"] {
            if let Some(at) = table.column(column) {
                table.rows.iter_mut().for_each(|row| row[at] = "".into());
            }
        }
    }
    let of = |method: &Method| [series::loss(*method, 1), series::validation(*method, 1), series::accuracy(*method, 1)];
    let curves = config.methods.iter().flat_map(of).map(|name| (name.clone(), bench.series(&name))).collect();
    Outcome { tables, curves, kept: shelf.below("tune/run/") }
}

/// A comparison that is left alone.
fn whole(config: &Config) -> (Outcome, u64) {
    let shelf = Rc::default();
    let mut bench = Bench::open(Tier::Cpu, &shelf);
    bench.train(config).unwrap();
    assert_eq!(shelf.unfinished(), None, "it is over");
    (outcome(&bench, &shelf, config), bench.steps().len() as u64)
}

type Kill = Box<dyn Fn(&Event) -> bool>;

/// The same, stopped at each of `kills` and begun again on a page that was loaded anew.
#[track_caller]
fn interrupted(config: &Config, kills: Vec<(&str, Kill)>) -> (Outcome, u64) {
    let shelf = Rc::default();
    let mut steps = 0;
    let mut furthest = 0;
    for (what, kill) in kills {
        let mut bench = Bench::open(Tier::Cpu, &shelf);
        bench.stop_at(kill);
        assert_eq!(bench.train(config), Err(LabError::Stopped), "{what}");
        let begun = bench.steps();
        if let Some(first) = begun.first() {
            assert!(furthest - first.min(&furthest) <= MOST_LOST, "{what}: back from step {furthest} to {first}");
            furthest = furthest.max(begun[begun.len() - 1] + 1);
        }
        steps += begun.len() as u64;
    }
    let mut bench = Bench::open(Tier::Cpu, &shelf);
    bench.train(config).unwrap();
    assert_eq!(shelf.unfinished(), None, "it is over");
    (outcome(&bench, &shelf, config), steps + bench.steps().len() as u64)
}

#[track_caller]
fn same(got: &Outcome, expected: &Outcome) {
    for ((name, got), (_, expected)) in got.curves.iter().zip(&expected.curves) {
        assert_eq!(got, expected, "{name}");
    }
    for (got, expected) in got.tables.iter().zip(&expected.tables) {
        assert_eq!(got, expected);
    }
    assert_eq!(got.kept.keys().collect::<Vec<_>>(), expected.kept.keys().collect::<Vec<_>>());
    assert!(got == expected, "what is kept differs");
}

#[test]
fn a_comparison_that_was_stopped_anywhere_ends_as_if_it_had_not_been() {
    let config = config(&[Method::Full, Method::Lora, Method::Prompt], |_| ());
    let (expected, all) = whole(&config);
    assert_eq!(all, 90);
    assert_eq!(expected.tables.len(), 5, "each table was sent");
    let kills: Vec<(&str, Kill)> = vec![
        ("before anything was kept", Box::new(is_step(Method::Full, 3))),
        ("right after it was kept", Box::new(is_step(Method::Full, 26))),
        ("between two keeps", Box::new(is_step(Method::Full, 29))),
        ("while its answers are measured", Box::new(is_step(Method::Full, 30))),
        ("while it is looked at closely", Box::new(is_table(tables::RESULTS, 1))),
        ("at the last thing before the next one", Box::new(is_table(tables::SPECTRUM, 1))),
        ("just before it is kept", Box::new(is_step(Method::Lora, 25))),
        ("after the next was kept", Box::new(is_step(Method::Lora, 27))),
        ("between two others", Box::new(is_table(tables::OVERLAP, 1))),
        ("in the last one", Box::new(is_step(Method::Prompt, 28))),
        ("while its answers are measured", Box::new(is_step(Method::Prompt, 30))),
    ];
    let (got, steps) = interrupted(&config, kills);
    same(&got, &expected);
    assert!(steps > all, "some were done twice");
}

#[test]
fn moments_dropout_the_loss_scale_and_patience_go_on_too() {
    let config = config(&[Method::Lora], |c| {
        c.peft.lora.dropout = 0.3;
        c.train.mixed_precision = true;
        c.train.accumulate = 2;
        c.train.steps = 56;
        // Never over: the losses of a model that knows nothing fall.
        c.train.patience = 20;
    });
    let (expected, _) = whole(&config);
    let kills: Vec<(&str, Kill)> = vec![
        ("after the first", Box::new(is_step(Method::Lora, 26))),
        ("after the loss scale was doubled", Box::new(is_step(Method::Lora, 52))),
    ];
    same(&interrupted(&config, kills).0, &expected);
}

#[test]
fn momentum_and_checkpointing_go_on_too() {
    let config = config(&[Method::Prefix], |c| {
        c.train.optimizer = Optimizer::Sgd;
        c.train.rate = 0.012_345_678_901_234_567;
        c.train.checkpointing = true;
        // Its first look comes after it was kept for the first time.
        c.train.steps = 156;
    });
    let (expected, _) = whole(&config);
    let kills: Vec<(&str, Kill)> = vec![
        ("in the first look", Box::new(is_step(Method::Prefix, 26))),
        ("after the second", Box::new(is_step(Method::Prefix, 60))),
    ];
    let (got, steps) = interrupted(&config, kills);
    same(&got, &expected);
    // The 26th was done twice, and the 51st to the 61st, at whose beginning Stop was heard.
    assert_eq!(steps, 156 + 1 + 11);
}

#[test]
fn short_trainings_are_kept_one_by_one() {
    let config = config(&[Method::Prompt, Method::DeepPrompt, Method::Head], |c| c.train.steps = 4);
    let (expected, _) = whole(&config);
    let kills: Vec<(&str, Kill)> = vec![("in the third", Box::new(is_step(Method::Head, 2)))];
    let (got, steps) = interrupted(&config, kills);
    same(&got, &expected);
    assert_eq!(steps, 4 + 4 + 2 + 4, "the third alone was begun again");
}

#[test]
fn what_was_shown_is_shown_again_and_the_base_is_measured_once() {
    let config = config(&[Method::Full, Method::Lora, Method::Prompt], |_| ());
    let shelf = Rc::default();
    let mut bench = Bench::open(Tier::Cpu, &shelf);
    bench.stop_at(is_step(Method::Prompt, 2));
    assert_eq!(bench.train(&config), Err(LabError::Stopped));
    let first_step = |e: &Event| matches!(e, Event::Points { .. });
    let baseline = |bench: &Bench| {
        bench.breaths_before(is_table(tables::BASELINE, 1)) - bench.breaths_before(is_table(tables::METHODS, 1))
    };
    assert!(baseline(&bench) > 0, "it was measured");
    let before =
        [tables::BASELINE, tables::RESULTS, tables::LEDGER, tables::ANSWERS, tables::SPECTRUM, tables::OVERLAP]
            .map(|name| bench.table(name).unwrap_or_else(|| panic!("no {name}")));
    let mut again = Bench::open(Tier::Cpu, &shelf);
    again.stop_at(first_step);
    assert_eq!(again.train(&config), Err(LabError::Stopped));
    for table in before {
        assert_eq!(again.table(&table.name), Some(table));
    }
    assert_eq!(baseline(&again), 0, "it was not measured again");
}

#[test]
fn the_spectrum_grows_as_training_runs() {
    let config = config(&[Method::Full, Method::Lora], |c| c.seeds = 2);
    let shelf = Rc::default();
    let mut bench = Bench::open(Tier::Cpu, &shelf);
    bench.train(&config).unwrap();
    let table = bench.table(tables::SPECTRUM).unwrap();
    let steps = |method: Method, seed: f64| {
        let rows = (0..table.rows.len()).filter(|i| {
            let is_first = table.number(*i, "index") == Some(0.0) && table.number(*i, "layer") == Some(1.0);
            is_first
                && table.text(*i, "target") == Some("v_proj")
                && table.text(*i, "method") == Some(method.word())
                && table.number(*i, "seed") == Some(seed)
        });
        rows.map(|i| (table.number(i, "step").unwrap(), table.number(i, "value").unwrap())).collect::<Vec<_>>()
    };
    for method in [Method::Full, Method::Lora] {
        let first = steps(method, 1.0);
        assert_eq!(first.iter().map(|(step, _)| *step).collect::<Vec<_>>(), [5.0, 10.0, 15.0, 20.0, 25.0, 30.0]);
        assert!(first.iter().all(|(_, value)| *value > 0.0) && first[0].1 < first[5].1, "{method:?}: {first:?}");
        assert_eq!(steps(method, 2.0).len(), 1, "of other seeds the end alone");
    }
    // LoRA's change has as many directions as its rank, and no more are told.
    let lora = (0..table.rows.len()).filter(|i| table.text(*i, "method") == Some("lora"));
    assert!(lora.clone().all(|i| table.number(i, "index").unwrap() < 4.0));
    assert!(
        lora.filter(|i| table.number(*i, "index") == Some(3.0)).all(|i| table.number(i, "share").unwrap() > 0.999_999)
    );
    let overlap = bench.table(tables::OVERLAP).unwrap();
    let ranks = |column: &str| (0..overlap.rows.len()).map(|i| overlap.number(i, column).unwrap()).fold(0.0, f64::max);
    assert_eq!((ranks("full_rank"), ranks("lora_rank")), (8.0, 4.0));
    let shares = (0..overlap.rows.len()).map(|i| overlap.number(i, "overlap").unwrap());
    assert!(shares.into_iter().all(|share| (0.0..=1.0 + 1e-9).contains(&share)));
    let events = bench.heard.events.borrow();
    let mut all: Vec<&Table> = events
        .iter()
        .filter_map(|(_, event)| match event {
            Event::Table { table, .. } if table.name == tables::OVERLAP => Some(table),
            _ => None,
        })
        .collect();
    all.dedup();
    assert_eq!(all.len(), 2, "one of each seed, and none of both");
}

#[test]
fn a_rate_that_json_rounds_is_still_the_same_question() {
    let through_json = |rate: f64| serde_json::from_str::<f64>(&serde_json::to_string(&rate).unwrap()).unwrap();
    let rate = (1..10_000).map(|i| 0.01 + 0.001 / f64::from(i)).find(|rate| through_json(*rate) != *rate);
    let config = config(&[Method::Prompt], |c| c.train.rate = rate.expect("JSON rounds one of them"));
    let shelf = Rc::default();
    let mut bench = Bench::open(Tier::Cpu, &shelf);
    bench.stop_at(is_step(Method::Prompt, 27));
    assert_eq!(bench.train(&config), Err(LabError::Stopped));
    bench.run(Task::Kept).unwrap();
    let offered = bench.table(tables::UNFINISHED).unwrap();
    let offered: Config = serde_json::from_str(offered.text(0, "config").unwrap()).unwrap();
    assert_ne!(offered, config, "it was rounded");
    bench.train(&offered).unwrap();
    assert_eq!(bench.steps().first(), Some(&u64::from(KEPT_EVERY)));
}
