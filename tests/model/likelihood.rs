//! Perplexity and what goes with it.

use std::rc::Rc;

use afina::data::llama::Checkpoint;
use afina::math::{cross_entropy, kl_divergence, likeliest, log_softmax, perplexity, top_agreement};

use crate::models::{in_f32, logits, narrow, on_both, random, text};

#[test]
fn a_model_that_knows_nothing_has_the_vocabulary_as_perplexity() {
    on_both(|place| {
        let known = random(narrow(), 5);
        let mut tensors = known.tensors().to_vec();
        tensors.last_mut().expect("a head").fill(0.0);
        let blank = Rc::new(Checkpoint::new(known.config.clone(), tensors).expect("the same sizes"));
        let ids = text(&blank.config, 20, 1);
        let rows = logits(&in_f32(place, &blank), &ids);
        let perplexity = perplexity(&cross_entropy(&rows[..19 * 37], &ids[1..]));
        assert!((perplexity - 37.0).abs() < 1e-9, "{perplexity}");
    });
}

#[test]
fn log_softmax_is_stable_and_adds_up() {
    let rows: [&[f32]; 4] = [&[0.0, 1.0, 2.0], &[1000.0, 1001.0, 1002.0], &[-1e30, 0.0, 1e30], &[5.0]];
    for row in rows {
        let log = log_softmax(row);
        assert!((log.iter().map(|l| l.exp()).sum::<f64>() - 1.0).abs() < 1e-12, "{log:?}");
    }
    // e^0 + e^1 + e^2
    let normalizer = (1.0 + 1f64.exp() + 2f64.exp()).ln();
    assert!((log_softmax(rows[0])[1] - (1.0 - normalizer)).abs() < 1e-15);
    assert!((log_softmax(rows[1])[1] - (1.0 - normalizer)).abs() < 1e-12);
    let entropies = cross_entropy(&[0.0, 1.0, 2.0, 2.0, 1.0, 0.0], &[2, 2]);
    assert!((entropies[0] - (normalizer - 2.0)).abs() < 1e-12 && (entropies[1] - normalizer).abs() < 1e-12);
    assert!((perplexity(&[2f64.ln(), 8f64.ln()]) - 4.0).abs() < 1e-12);
}

#[test]
fn divergence_and_agreement_compare_rows() {
    // p = (1/2, 1/2), q = (1/4, 3/4): KL = ln 2 - ln 3 / 2.
    let (p, q) = ([0.0f32, 0.0, 7.0, 7.0], [0.0f32, 3f32.ln(), 7.0, 7.0]);
    let divergence = kl_divergence(&p, &q, 2);
    assert!((divergence[0] - (2f64.ln() - 3f64.ln() / 2.0)).abs() < 1e-7 && divergence[1] == 0.0, "{divergence:?}");
    assert_eq!(top_agreement(&p, &q, 2), [false, true]);
    assert_eq!((likeliest(&[1.0, 3.0, 3.0]), likeliest(&[f32::NEG_INFINITY, -1.0])), (1, 1));
    let checkpoint = random(narrow(), 5);
    let rows = logits(&in_f32(&afina::model::Place::Processor, &checkpoint), &text(&checkpoint.config, 9, 1));
    let shifted: Vec<f32> = rows.iter().map(|z| z + 3.0).collect();
    assert!(kl_divergence(&rows, &shifted, 9).iter().all(|kl| *kl < 1e-9));
}
