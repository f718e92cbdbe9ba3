//! A text at once, in pieces and token by token; what is refused; how many dispatches a token takes.

use std::cell::Cell;

use afina::data::llama::LlamaConfig;
use afina::math::WeightFormat;
use afina::model::{Place, Plan};
use afina::protocol::LabError;
use pollster::block_on;

use crate::models::{decoder, distance, go_on, in_f32, logits, narrow, on_both, ragged, random, text};
use crate::shared::on_gpu;

/// Longer than a piece.
const LONG: usize = 300;

#[test]
fn on_the_processor_steps_give_the_very_numbers_of_the_whole_text() {
    let checkpoint = random(ragged(), 5);
    let ids = text(&checkpoint.config, LONG, 3);
    for format in WeightFormat::ALL {
        let decoder = decoder(&Place::Processor, &checkpoint, &Plan::uniform(&checkpoint.config, format, 64));
        let whole = logits(&decoder, &ids);
        let mut cache = decoder.cache(LONG).expect("a cache");
        for (id, row) in ids.iter().zip(whole.chunks_exact(checkpoint.config.vocabulary)) {
            let step = block_on(decoder.extend(&mut cache, &[*id], go_on)).expect("a step");
            assert_eq!(step, row, "{format:?}");
        }
    }
}

/// Pieces of a text in any cut end in the same place. On the GPU the kernels of one token and of many take their sums in
/// another order; `formats.rs` bounds both against the reference, and this, of 24 keys instead of 7, by what was seen of
/// logits of a few units, with room.
#[test]
fn any_cut_of_a_text_gives_the_same() {
    on_both(|place| {
        for config in [ragged(), narrow()] {
            let checkpoint = random(config, 5);
            let decoder = in_f32(place, &checkpoint);
            let ids = text(&checkpoint.config, 24, 3);
            let whole = logits(&decoder, &ids);
            let last = &whole[23 * checkpoint.config.vocabulary..];
            for cuts in [&[24][..], &[1, 23], &[23, 1], &[5, 1, 1, 10, 7]] {
                let mut cache = decoder.cache(24).expect("a cache");
                let (mut from, mut end) = (0, Vec::new());
                for cut in cuts {
                    end = block_on(decoder.extend(&mut cache, &ids[from..from + cut], go_on)).expect("a piece");
                    from += cut;
                }
                assert_eq!(cache.held(), 24);
                assert!(distance(&end, last) <= 5e-5, "{cuts:?}: {}", distance(&end, last));
            }
        }
    });
}

#[test]
fn a_shortened_cache_goes_on_from_there() {
    on_both(|place| {
        let checkpoint = random(ragged(), 5);
        let decoder = in_f32(place, &checkpoint);
        let ids = text(&checkpoint.config, 12, 3);
        let mut cache = decoder.cache(12).expect("a cache");
        block_on(decoder.extend(&mut cache, &ids[..6], go_on)).expect("a beginning");
        let first = block_on(decoder.extend(&mut cache, &ids[6..9], go_on)).expect("one end");
        cache.shorten(6);
        block_on(decoder.extend(&mut cache, &ids[9..12], go_on)).expect("another end");
        cache.shorten(6);
        assert_eq!(block_on(decoder.extend(&mut cache, &ids[6..9], go_on)), Ok(first));
    });
}

#[test]
fn what_does_not_fit_is_refused_and_changes_nothing() {
    on_both(|place| {
        let checkpoint = random(ragged(), 5);
        let decoder = in_f32(place, &checkpoint);
        let mut cache = decoder.cache(4).expect("a cache");
        let ids = text(&checkpoint.config, 5, 3);
        let refused = |ids: &[u32], cache: &mut afina::model::Cache| {
            let error = block_on(decoder.extend(cache, ids, go_on)).expect_err("too much");
            assert!(!error.sentence(afina::text::Lang::Es).is_empty());
            error
        };
        assert!(matches!(refused(&ids, &mut cache), LabError::OutOfRange { max: 4.0, got: 5.0, .. }));
        assert!(matches!(refused(&[], &mut cache), LabError::OutOfRange { .. }));
        assert!(matches!(refused(&[131], &mut cache), LabError::OutOfRange { max: 130.0, got: 131.0, .. }));
        assert_eq!(cache.held(), 0);
        block_on(decoder.extend(&mut cache, &ids[..4], go_on)).expect("four fit");
        assert!(matches!(refused(&ids[..1], &mut cache), LabError::OutOfRange { .. }));
        assert_eq!(cache.held(), 4);
        assert!(decoder.cache(0).is_err());
        let other = in_f32(place, &random(narrow(), 5));
        let mut foreign = other.cache(4).expect("a cache");
        assert!(matches!(refused(&ids[..1], &mut foreign), LabError::Conflict { .. }));
    });
}

#[test]
fn a_cache_of_another_tier_is_refused() {
    on_gpu(|gpu| {
        let checkpoint = random(ragged(), 5);
        let (here, there) = (in_f32(&Place::Processor, &checkpoint), in_f32(&Place::Gpu(gpu.clone()), &checkpoint));
        let [mut of_here, mut of_there] = [&here, &there].map(|decoder| decoder.cache(4).expect("a cache"));
        // Two key heads of 24 numbers, keys and values, 4 bytes each.
        assert_eq!((of_here.size_bytes(), of_there.size_bytes()), (2 * 2 * 2 * 4 * 24 * 4, 2 * 2 * 2 * 4 * 24 * 4));
        assert!(block_on(here.extend(&mut of_there, &[1], go_on)).is_err());
        assert!(block_on(there.extend(&mut of_here, &[1], go_on)).is_err());
    });
}

#[test]
fn a_stop_is_heard_between_pieces() {
    on_both(|place| {
        let checkpoint = random(ragged(), 5);
        let decoder = in_f32(place, &checkpoint);
        let ids = text(&checkpoint.config, LONG, 3);
        let mut cache = decoder.cache(LONG).expect("a cache");
        let pauses = Cell::new(0);
        let stop = async || {
            pauses.set(pauses.get() + 1);
            Err(LabError::Stopped)
        };
        assert_eq!(block_on(decoder.extend(&mut cache, &ids, stop)), Err(LabError::Stopped));
        assert_eq!((pauses.get(), cache.held()), (1, 256));
        assert_eq!(block_on(decoder.logits(&ids, stop)), Err(LabError::Stopped));
        assert_eq!(block_on(decoder.attention(&ids, stop)), Err(LabError::Stopped));
        // What was done remains of use.
        let rest = block_on(decoder.extend(&mut cache, &ids[256..], go_on)).expect("the rest");
        let whole = logits(&decoder, &ids);
        assert!(distance(&rest, &whole[whole.len() - 131..]) <= 5e-5);
    });
}

#[test]
fn a_token_takes_six_dispatches_a_layer_and_two_more() {
    on_gpu(|gpu| {
        for config in [LlamaConfig { layers: 3, ..ragged() }, LlamaConfig { tied: false, ..ragged() }] {
            let checkpoint = random(config, 5);
            for format in WeightFormat::ALL {
                let plan = Plan::uniform(&checkpoint.config, format, 64);
                let decoder = decoder(&Place::Gpu(gpu.clone()), &checkpoint, &plan);
                let mut cache = decoder.cache(4).expect("a cache");
                block_on(decoder.extend(&mut cache, &[1, 2], go_on)).expect("two tokens");
                let held = gpu.ledger().live_bytes();
                gpu.start_tape();
                block_on(decoder.extend(&mut cache, &[3], go_on)).expect("a token");
                let dispatches = gpu.take_tape().len();
                assert_eq!(dispatches, 6 * checkpoint.config.layers + 2, "{format:?}");
                assert_eq!(gpu.ledger().live_bytes(), held, "nothing stays behind");
            }
        }
    });
}

/// More layers than one batch of dispatches holds.
#[test]
fn deep_models_are_submitted_in_parts() {
    on_gpu(|gpu| {
        let config = LlamaConfig { layers: 45, vocabulary: 33, channels: 32, inner: 32, head_dim: 8, ..ragged() };
        let checkpoint = random(config, 5);
        let ids = text(&checkpoint.config, 5, 3);
        let (here, there) = (in_f32(&Place::Processor, &checkpoint), in_f32(&Place::Gpu(gpu.clone()), &checkpoint));
        let (a, b) = (logits(&here, &ids), logits(&there, &ids));
        let mut cache = there.cache(5).expect("a cache");
        let steps: Vec<Vec<f32>> =
            ids.iter().map(|id| block_on(there.extend(&mut cache, &[*id], go_on)).expect("a step")).collect();
        // 45 layers, each of which may double an error of 1e-7.
        assert!(distance(&a, &b) <= 1e-3 && distance(&a, &steps.concat()) <= 1e-3, "{}", distance(&a, &b));
    });
}
