//! Quantized models: every format's logits are those of the reference with the same codes, on both tiers.

use std::rc::Rc;

use afina::data::llama::{Checkpoint, LlamaConfig, Part, unit_matrix};
use afina::math::{Generator, WeightFormat, dequantize, f16_without_subnormals, quantize};
use afina::model::{Place, Plan};
use pollster::block_on;

use crate::bounds::{self, Held};
use crate::fixtures::checkpoint;
use crate::models::{decoder, distance, go_on, logits, narrow, on_both, ragged, random, text};

/// The matrices of a plan by the plain quantizer, INT3 and INT2 in codes of their own.
fn held(checkpoint: &Checkpoint, plan: &Plan) -> Held {
    let unit = |(unit, format): (afina::data::llama::UnitSpec, &WeightFormat)| {
        let mut values = unit_matrix(checkpoint, &unit).expect("a matrix").values;
        if *format == WeightFormat::Fp16 {
            values.iter_mut().for_each(|w| *w = f16_without_subnormals(*w));
        }
        dequantize(&quantize(&values, unit.rows, unit.cols, &format.spec(plan.group)))
    };
    Held {
        units: checkpoint.config.units().into_iter().zip(&plan.formats).map(unit).collect(),
        final_norm: checkpoint.tensor(None, Part::FinalNorm).expect("a norm").to_vec(),
    }
}

/// Logits of a whole text and of its steps, against the reference.
fn judge(place: &Place, checkpoint: &Rc<Checkpoint>, plan: &Plan, ids: &[u32]) {
    let decoder = decoder(place, checkpoint, plan);
    let reference = bounds::logits(&checkpoint.config, &held(checkpoint, plan), ids);
    let whole = logits(&decoder, ids);
    let most = bounds::most(&reference);
    let worst = bounds::worst(&reference, &whole);
    println!("{:?} {}: {worst:.3} of at most {most:.1e}", plan.formats[0], plan.group);
    assert!(worst <= 1.0, "{plan:?}: {worst}");
    // A tolerance that lets everything pass would show nothing.
    assert!(most < 2e-4, "{plan:?}: {most}");
    let mut cache = decoder.cache(ids.len()).expect("a cache");
    let v = checkpoint.config.vocabulary;
    for (t, &id) in ids.iter().enumerate() {
        let step = block_on(decoder.extend(&mut cache, &[id], go_on)).expect("a step");
        let worst = bounds::worst(&reference[t * v..][..v], &step);
        assert!(worst <= 1.0, "{plan:?}, step {t}: {worst}");
    }
}

fn models() -> Vec<(Rc<Checkpoint>, Vec<u32>)> {
    let fixture = |name| checkpoint(name);
    let all = [fixture("tied"), fixture("untied"), random(ragged(), 5), random(narrow(), 6)];
    all.into_iter()
        .map(|c| {
            let ids = text(&c.config, 7, 1);
            (c, ids)
        })
        .collect()
}

#[test]
fn every_format_computes_with_its_codes() {
    on_both(|place| {
        for (checkpoint, ids) in models() {
            for (number, format) in WeightFormat::ALL.into_iter().enumerate() {
                let group = WeightFormat::GROUPS[number % 3];
                judge(place, &checkpoint, &Plan::uniform(&checkpoint.config, format, group), &ids);
            }
        }
    });
}

/// A plan with a format drawn for every product.
fn mixed(config: &LlamaConfig, seed: u32) -> Plan {
    let mut numbers = Generator::new(seed);
    let mut plan = Plan::uniform(config, WeightFormat::Fp32, WeightFormat::GROUPS[seed as usize % 3]);
    plan.formats.iter_mut().for_each(|format| *format = WeightFormat::ALL[numbers.below(7) as usize]);
    plan
}

#[test]
fn mixed_plans_compute_with_their_codes() {
    on_both(|place| {
        for (number, (checkpoint, ids)) in models().into_iter().enumerate() {
            for seed in 0..3 {
                judge(place, &checkpoint, &mixed(&checkpoint.config, 3 * number as u32 + seed), &ids);
            }
        }
    });
}

#[test]
fn one_unit_after_the_other_gives_the_model_of_the_plan() {
    on_both(|place| {
        let checkpoint = random(ragged(), 5);
        let ids = text(&checkpoint.config, 9, 2);
        let plan = mixed(&checkpoint.config, 4);
        let at_once = logits(&decoder(place, &checkpoint, &plan), &ids);
        let mut slowly =
            decoder(place, &checkpoint, &Plan::uniform(&checkpoint.config, WeightFormat::Int2, plan.group));
        assert!(distance(&logits(&slowly, &ids), &at_once) > 0.01);
        for (unit, format) in plan.formats.iter().enumerate() {
            slowly.set(unit, *format).expect("a unit of the model");
        }
        assert_eq!((logits(&slowly, &ids), slowly.plan()), (at_once.clone(), &plan));
        let other = Plan::uniform(&checkpoint.config, WeightFormat::Nf4, 128);
        slowly.follow(&other).expect("a plan of the model");
        slowly.follow(&plan).expect("a plan of the model");
        assert_eq!(logits(&slowly, &ids), at_once);
    });
}

#[test]
fn sizes_are_what_the_formats_need_and_what_was_allocated() {
    on_both(|place| {
        let checkpoint = random(LlamaConfig { channels: 128, head_dim: 32, inner: 128, ..ragged() }, 7);
        for format in WeightFormat::ALL {
            let plan = Plan::uniform(&checkpoint.config, format, 64);
            let decoder = decoder(place, &checkpoint, &plan);
            let sizes = decoder.sizes();
            assert_eq!(sizes.iter().map(|size| size.packed_bytes).sum::<u64>(), plan.packed_bytes(&checkpoint.config));
            let (spec, size) = (&decoder.units()[1], sizes[1]);
            let scales = if matches!(format, WeightFormat::Fp32 | WeightFormat::Fp16) { 0 } else { 4 * 2 * spec.rows };
            assert_eq!(size.packed_bytes, (spec.count() * format.bits() as usize / 8 + scales) as u64, "{format:?}");
            let slot = if format.bits() < 4 { 4 } else { format.bits() as usize };
            let allocated = (spec.count() * slot / 8 + scales) as u64;
            // On the GPU NF4 brings its 16 levels along.
            assert!((allocated..=allocated + 64).contains(&size.allocated_bytes), "{format:?}: {size:?}");
        }
    });
}

#[test]
fn a_plan_for_another_model_is_refused() {
    let checkpoint = random(ragged(), 5);
    let plan = Plan::uniform(&narrow(), WeightFormat::Fp32, 64);
    assert!(afina::model::Decoder::new(Place::Processor, &checkpoint, &plan).is_err());
    let plan = Plan::uniform(&checkpoint.config, WeightFormat::Int4, 48);
    assert!(afina::model::Decoder::new(Place::Processor, &checkpoint, &plan).is_err());
    let mut decoder = crate::models::in_f32(&Place::Processor, &checkpoint);
    assert!(decoder.set(9, WeightFormat::Int4).is_err() && decoder.held_matrix(9).is_err());
}
