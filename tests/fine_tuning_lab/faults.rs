//! Storage that is full, broken, or of another tab.

use std::rc::Rc;

use afina::labs::tune::{Task, series, tables};
use afina::math::peft::Method;
use afina::protocol::{LabError, Tier};

use crate::bench::{Bench, KEPT_EVERY, Shelf, UNFINISHED, config, is_step, is_table};

#[test]
fn a_full_storage_costs_the_keeping_and_not_the_training() {
    let config = config(&[Method::Lora, Method::Prompt], |_| ());
    let shelf: Rc<Shelf> = Rc::default();
    shelf.is_full.set(true);
    let mut bench = Bench::open(Tier::Cpu, &shelf);
    bench.train(&config).unwrap();
    let results = bench.table(tables::RESULTS).unwrap();
    assert_eq!((0..2).map(|i| results.number(i, "kept")).collect::<Vec<_>>(), [Some(0.0), Some(0.0)]);
    assert!(shelf.entries.borrow().is_empty());
    bench.run(Task::Kept).unwrap();
    assert!(bench.table(tables::KEPT).unwrap().rows.is_empty());
    assert!(bench.table(tables::UNFINISHED).unwrap().rows.is_empty());
    // Room for the first training, none for the second.
    shelf.is_full.set(false);
    let full = shelf.clone();
    bench.at(is_table(tables::RESULTS, 1), move || full.is_full.set(true));
    bench.train(&config).unwrap();
    let results = bench.table(tables::RESULTS).unwrap();
    assert_eq!((0..2).map(|i| results.number(i, "kept")).collect::<Vec<_>>(), [Some(1.0), Some(0.0)]);
    assert_eq!(shelf.below("tune/run/").len(), 1);
}

/// A page that was closed in the middle of the only training.
fn interrupted() -> Rc<Shelf> {
    let shelf: Rc<Shelf> = Rc::default();
    let mut bench = Bench::open(Tier::Cpu, &shelf);
    bench.stop_at(is_step(Method::Prompt, KEPT_EVERY + 1));
    assert_eq!(bench.train(&config(&[Method::Prompt], |_| ())), Err(LabError::Stopped));
    shelf
}

/// The step that a comparison begins with.
fn first_step(bench: &mut Bench, seed: u32) -> u64 {
    let config = config(&[Method::Prompt], |c| c.seed = seed);
    bench.stop_at(move |e| matches!(e, afina::protocol::Event::Points { points, .. } if points.len() == 1));
    assert_eq!(bench.train(&config), Err(LabError::Stopped));
    bench.steps()[0]
}

#[test]
fn what_was_kept_and_broke_is_as_good_as_nothing() {
    let shelf = interrupted();
    let mut bench = Bench::open(Tier::Cpu, &shelf);
    let whole = shelf.unfinished().unwrap();
    let line = whole.iter().position(|b| *b == b'\n').unwrap();
    let put = |bytes: &[u8]| shelf.entries.borrow_mut().insert(UNFINISHED.into(), bytes.to_vec());
    assert_eq!(first_step(&mut bench, 1), u64::from(KEPT_EVERY), "as it is it goes on");
    assert_eq!(shelf.unfinished().as_ref(), Some(&whole));
    let flipped = |at: usize| {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        bytes
    };
    let mut longer = whole.clone();
    longer.extend([0; 4]);
    let broken = [
        vec![],
        b"{}\n".to_vec(),
        whole[..3].to_vec(),
        whole[..line].to_vec(),
        whole[..line + 1].to_vec(),
        whole[..whole.len() - 1].to_vec(),
        whole[..whole.len() - 4].to_vec(),
        longer,
        flipped(0),
        flipped(line / 2),
        flipped(line),
        flipped(line + 7),
        flipped(whole.len() - 1),
    ];
    for bytes in broken {
        put(&bytes);
        bench.run(Task::Kept).unwrap();
        assert!(bench.table(tables::UNFINISHED).unwrap().rows.is_empty(), "{} bytes", bytes.len());
        assert_eq!(first_step(&mut bench, 1), 0, "{} bytes", bytes.len());
    }
    // And a comparison that ends takes it away.
    put(&flipped(line + 7));
    bench.train(&config(&[Method::Prompt], |_| ())).unwrap();
    assert_eq!(shelf.unfinished(), None);
}

#[test]
fn two_comparisons_share_a_place_and_never_a_training() {
    let shelf = interrupted();
    let mine = shelf.unfinished().unwrap();
    let mut bench = Bench::open(Tier::Cpu, &shelf);
    // Another seed, and nothing else, is another comparison.
    assert_eq!(first_step(&mut bench, 2), 0);
    assert_eq!(shelf.unfinished().as_ref(), Some(&mine), "which has kept nothing yet");
    // It keeps itself, and the place is its own from then on.
    let other = config(&[Method::Prompt], |c| c.seed = 2);
    let seeded = series::loss(Method::Prompt, 2);
    bench.stop_at(move |e| {
        matches!(e, afina::protocol::Event::Points { series, points, .. } if *series == seeded && points[0][0] == 27.0)
    });
    assert_eq!(bench.train(&other), Err(LabError::Stopped));
    let theirs = shelf.unfinished().unwrap();
    assert_ne!(theirs, mine);
    assert_eq!(first_step(&mut bench, 2), u64::from(KEPT_EVERY));
    assert_eq!(first_step(&mut bench, 1), 0, "the first is begun again, with nothing of the second");
    // While the first is trained the second keeps itself once more; the first's end leaves that alone.
    let (tab, bytes) = (shelf.clone(), theirs.clone());
    bench.at(is_step(Method::Prompt, 28), move || {
        tab.entries.borrow_mut().insert(UNFINISHED.into(), bytes.clone());
    });
    bench.train(&config(&[Method::Prompt], |_| ())).unwrap();
    assert_eq!(shelf.unfinished(), Some(theirs));
    bench.run(Task::Kept).unwrap();
    let pending = bench.table(tables::UNFINISHED).unwrap();
    let config: afina::labs::tune::Config = serde_json::from_str(pending.text(0, "config").unwrap()).unwrap();
    assert_eq!((config, pending.number(0, "done"), pending.number(0, "all")), (other, Some(0.0), Some(1.0)));
}

#[test]
fn other_examples_are_another_comparison() {
    let folder = std::env::temp_dir().join(format!("afina-examples-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join("own.csv");
    let write = |first: &str| {
        let rows: String = (0..40).map(|i| format!("{first} {i},{}\n", ["yes", "no"][i % 2])).collect();
        std::fs::write(&file, format!("text,label\n{rows}")).unwrap();
    };
    let config = config(&[Method::Prompt], |c| {
        c.data.subject = afina::labs::tune::Subject::Own;
        c.data.file = file.to_str().unwrap().into();
    });
    let shelf = Rc::default();
    let mut bench = Bench::open(Tier::Cpu, &shelf);
    let mut begins_with = |until: u32| {
        bench.stop_at(move |e| is_step(Method::Prompt, until)(e));
        assert_eq!(bench.train(&config), Err(LabError::Stopped));
        bench.steps()[0]
    };
    write("one");
    assert_eq!(begins_with(KEPT_EVERY + 1), 0);
    assert_eq!(begins_with(KEPT_EVERY + 2), u64::from(KEPT_EVERY));
    write("other");
    assert_eq!(begins_with(1), 0);
    write("one");
    assert_eq!(begins_with(KEPT_EVERY + 2), u64::from(KEPT_EVERY));
    std::fs::remove_dir_all(&folder).unwrap();
}
