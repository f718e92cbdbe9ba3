//! A device that is lost in the middle of a training.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use afina::labs::tune::series;
use afina::math::peft::Method;
use afina::protocol::{LabError, Tier};

use crate::bench::{Bench, KEPT_EVERY, Shelf, UNFINISHED, config, is_step};

/// How a comparison went on one device.
struct Visit {
    ended: Result<(), LabError>,
    /// Those that were begun.
    steps: Vec<u64>,
    losses: Vec<[f64; 2]>,
    kept: BTreeMap<String, Vec<u8>>,
    /// The kernels that the device measured to be the fastest.
    choices: BTreeMap<String, String>,
}

/// A comparison on a device of its own, over what was kept and measured before; the device is lost at a step, if one is told.
/// On a thread of its own, as each worker is one.
fn visit(kept: BTreeMap<String, Vec<u8>>, choices: BTreeMap<String, String>, lost_at: Option<u32>) -> Visit {
    let worker = std::thread::spawn(move || {
        let config = config(&[Method::Lora], |_| ());
        let shelf = Rc::new(Shelf { entries: RefCell::new(kept), ..Shelf::default() });
        let mut bench = Bench::open(Tier::Gpu, &shelf);
        let gpu = bench.gpu.clone().expect("a device");
        gpu.import_choices(choices);
        let device = gpu.clone();
        if let Some(step) = lost_at {
            bench.at(is_step(Method::Lora, step), move || gpu.destroy());
        }
        let ended = bench.train(&config);
        let losses = bench.series(&series::loss(Method::Lora, 1));
        Visit { ended, steps: bench.steps(), losses, kept: shelf.below(""), choices: device.choices() }
    });
    worker.join().expect("no panic")
}

#[test]
fn a_lost_device_costs_few_steps_and_no_result() {
    let before = visit(BTreeMap::new(), BTreeMap::new(), Some(28));
    assert!(matches!(before.ended, Err(LabError::DeviceLost { .. })), "{:?}", before.ended);
    assert_eq!((before.steps.first(), before.losses.len()), (Some(&0), 28));
    assert!(before.kept.contains_key(UNFINISHED));
    let after = visit(before.kept, before.choices, None);
    assert_eq!(after.ended, Ok(()));
    assert_eq!(after.steps, (u64::from(KEPT_EVERY)..30).collect::<Vec<_>>(), "it went on where it was kept");
    // With the same kernels a software device computes the same twice: what was drawn is drawn again, and what was done twice came out the same.
    assert_eq!((after.losses.len(), &after.losses[..28]), (30, &before.losses[..]));
    assert!(!after.kept.contains_key(UNFINISHED), "it is over");
}
