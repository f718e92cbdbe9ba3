//! Which variant runs.

use std::collections::BTreeMap;

use afina::gpu::{PowerPreference, Wanted};
use afina::kernels::product::{Pass, Storage, chosen, lora_variants, prepare, prepare_lora, variants};
use pollster::block_on;

use crate::shared::open;

/// One of each kind; every device compiles anew.
const STORAGES: [Storage; 2] = [Storage::F32, Storage::W8a8 { group: 32 }];

#[test]
fn the_fastest_variant_is_measured_and_remembered() {
    let gpu = open(&Wanted::new(PowerPreference::HighPerformance));
    assert!(gpu.choices().is_empty());
    for storage in STORAGES {
        for pass in [Pass::Forward, Pass::InputGradient] {
            block_on(prepare(&gpu, storage, pass, 20, 4000, 2400)).unwrap();
            let pass_name = if pass == Pass::Forward { "forward" } else { "input_gradient" };
            let choice = gpu.choices()[&format!("{} {pass_name} 64", storage.kernel())].clone();
            assert!(choice != "v1" && variants(storage, pass).contains(&choice.as_str()), "{storage:?}: {choice}");
            let entry = chosen(&gpu, storage, pass, 33, None);
            assert!(entry.ends_with(&choice), "{entry} runs, {choice} was the fastest");
        }
    }
    block_on(prepare_lora(&gpu, 64, 1000, 8)).unwrap();
    assert!(lora_variants().contains(&gpu.choices()["lora"].as_str()));
    assert_eq!(gpu.forced_variant("matmul_f32"), None);
}

#[test]
fn what_an_earlier_visit_measured_is_not_measured_again() {
    let gpu = open(&Wanted::new(PowerPreference::HighPerformance));
    let known = BTreeMap::from([("matmul_f32 forward 64".to_owned(), "slim".to_owned())]);
    gpu.import_choices(known.clone());
    // Nothing is compiled: this text could not be.
    gpu.replace_source("matmul_f32", Some("not WGSL"));
    block_on(prepare(&gpu, Storage::F32, Pass::Forward, 33, 4000, 2400)).unwrap();
    assert!(block_on(prepare(&gpu, Storage::F32, Pass::Forward, 300, 4000, 2400)).is_err(), "another class of rows");
    gpu.replace_source("matmul_f32", None);
    assert_eq!(gpu.choices(), known);
    assert_eq!(chosen(&gpu, Storage::F32, Pass::Forward, 64, None), "matmul_f32_slim");
    // A name that this build does not know is passed over.
    gpu.import_choices(BTreeMap::from([("matmul_f32 forward 64".to_owned(), "gone".to_owned())]));
    let usual = if gpu.is_software() { "matmul_f32_regs" } else { "matmul_f32_tiles" };
    assert_eq!(chosen(&gpu, Storage::F32, Pass::Forward, 64, None), usual);
    assert_eq!(chosen(&gpu, Storage::F32, Pass::Forward, 64, Some("v1")), "matmul_f32_v1");
}
