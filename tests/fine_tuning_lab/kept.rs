//! Trainings that are kept: the list of them reads no weights.

use std::rc::Rc;

use afina::labs::tune::{Task, tables};
use afina::math::peft::Method;
use afina::protocol::{LabError, Table, Tier};

use crate::bench::{Bench, Shelf, config};

#[test]
fn a_list_reads_no_weights_unless_it_must() {
    let shelf: Rc<Shelf> = Rc::default();
    let mut bench = Bench::open(Tier::Cpu, &shelf);
    bench.train(&config(&[Method::Full, Method::Lora, Method::Prefix], |c| c.train.steps = 2)).unwrap();
    let results = bench.table(tables::RESULTS).unwrap();
    let mut list = || -> (Table, Vec<String>) {
        shelf.read.borrow_mut().clear();
        bench.run(Task::Kept).unwrap();
        let whole = |name: &&String| name.starts_with("tune/run/");
        let read = shelf.read.borrow().iter().filter(whole).cloned().collect();
        (bench.table(tables::KEPT).unwrap(), read)
    };
    let (table, read) = list();
    assert_eq!((table.rows.len(), read), (3, vec![]));
    for row in 0..3 {
        let run = table.text(row, "run").unwrap();
        let at = (0..3).find(|i| results.text(*i, "run") == Some(run)).expect("a training of the comparison");
        for column in ["accuracy", "saved_bytes", "seed"] {
            assert_eq!(table.number(row, column), results.number(at, column), "{run} {column}");
        }
        assert_eq!(table.text(row, "method"), results.text(at, "method"));
    }
    // An entry that is missing, and one that broke: the training itself says the same.
    let small: Vec<String> = shelf.below("tune/about/").into_keys().collect();
    assert_eq!(small.len(), 3);
    shelf.entries.borrow_mut().remove(&small[0]);
    shelf.entries.borrow_mut().insert(small[1].clone(), b"{\"about\":".to_vec());
    let (again, read) = list();
    assert_eq!((again, read.len()), (table.clone(), 2));
    // One whose weights are gone is gone.
    let run = small[2].trim_start_matches("tune/about/").to_owned();
    shelf.entries.borrow_mut().remove(&format!("tune/run/{run}"));
    assert_eq!(list().0.rows.len(), 2);
}

#[test]
fn another_name_and_a_farewell_reach_both_entries() {
    let shelf: Rc<Shelf> = Rc::default();
    let mut bench = Bench::open(Tier::Cpu, &shelf);
    bench.train(&config(&[Method::Lora, Method::Prompt], |c| c.train.steps = 1)).unwrap();
    let run = bench.table(tables::RESULTS).unwrap().text(0, "run").unwrap().to_owned();
    let name = |bench: &Bench| {
        let table = bench.table(tables::KEPT).unwrap();
        let row = (0..table.rows.len()).find(|i| table.text(*i, "run") == Some(&run));
        row.map(|row| table.text(row, "name").unwrap().to_owned())
    };
    bench.run(Task::Rename { run: run.clone(), name: "Mía".into() }).unwrap();
    assert_eq!(name(&bench).as_deref(), Some("Mía"));
    shelf.entries.borrow_mut().remove(&format!("tune/about/{run}"));
    bench.run(Task::Kept).unwrap();
    assert_eq!(name(&bench).as_deref(), Some("Mía"), "the training itself was renamed");
    // Without room the old name stays.
    shelf.is_full.set(true);
    let refused = bench.run(Task::Rename { run: run.clone(), name: "Other".into() });
    assert!(matches!(refused, Err(LabError::NotSaved { .. })));
    bench.run(Task::Kept).unwrap();
    assert_eq!(name(&bench).as_deref(), Some("Mía"));
    shelf.is_full.set(false);
    bench.run(Task::Rename { run: run.clone(), name: "Third".into() }).unwrap();
    bench.run(Task::Forget { run: run.clone() }).unwrap();
    assert_eq!(name(&bench), None);
    assert!(shelf.entries.borrow().keys().all(|entry| !entry.ends_with(&run)), "nothing of it is left");
    assert_eq!(shelf.entries.borrow().len(), 2, "and all of the other");
}
