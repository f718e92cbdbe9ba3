//! Fine-tuning: a pass that goes a layer at a time against burn's autodiff of the whole graph and against differences of the
//! loss, for every method, on the GPU and on the processor; how methods begin; what memory they hold.

use std::rc::Rc;

use afina::data::llama::{Checkpoint, LlamaConfig, Part};
use afina::kernels::product::Storage;
use afina::math::peft::{AdapterSettings, LoraSettings, Method, PeftSettings, PrefixSettings, PromptSettings, Target};
use afina::math::{AdamW, Generator, Rule, f16_without_subnormals};
use afina::nets::peft::{Base, Batch, Held, Learner, Meter, Passed, Passing, Sample, pass, prefix_table, score};
use afina::nets::{Llama, Matrix, Net, Place, backward};
use burn::tensor::activation::log_softmax;
use burn::tensor::{Int, Tensor, TensorData};
use pollster::block_on;
use shared::on_gpu;

#[path = "on_gpu/mod.rs"]
mod shared;

/// Small, with heads that share keys.
fn small() -> LlamaConfig {
    LlamaConfig {
        vocabulary: 37,
        channels: 16,
        inner: 24,
        layers: 2,
        heads: 4,
        key_heads: 2,
        head_dim: 6,
        context: 32,
        epsilon: 1e-5,
        rope_base: 10_000.0,
        tied: true,
        begin_token: Some(0),
        end_token: Some(0),
    }
}

/// A model whose every weight matters: gains that are not 1, matrices that keep the size of what they multiply.
fn checkpoint(config: LlamaConfig) -> Rc<Checkpoint> {
    let mut random = Generator::new(7);
    let tensors = config
        .tensors()
        .iter()
        .map(|spec| {
            let (mean, std) = match spec.part {
                part if !part.is_matrix() => (1.0, 0.2),
                Part::Embedding => (0.0, 0.5),
                _ => (0.0, 1.0 / (spec.cols as f64).sqrt()),
            };
            (0..spec.count()).map(|_| (mean + random.normal() * std) as f32).collect()
        })
        .collect();
    Rc::new(Checkpoint::new(config, tensors).unwrap())
}

fn settings() -> PeftSettings {
    PeftSettings {
        lora: LoraSettings { rank: 3, alpha: 6.0, ..LoraSettings::default() },
        adapter: AdapterSettings { bottleneck: 5, ..AdapterSettings::default() },
        prompt: PromptSettings { tokens: 3, text: String::new() },
        prefix: PrefixSettings { tokens: 3, hidden: 7 },
    }
}

/// A learner whose every matrix matters: none is zero.
fn learner(place: &Place, method: Method, settings: &PeftSettings) -> Learner {
    let base = Base::new(place.clone(), checkpoint(small()));
    let begun = Learner::new(&base, method, settings, 5, &[]).unwrap();
    let mut values = block_on(begun.trained.parameters()).unwrap();
    let mut random = Generator::new(9);
    for part in &mut values {
        part.iter_mut().for_each(|v| *v += (random.normal() * 0.1) as f32);
    }
    Learner::of(&base, method, settings, &values).unwrap()
}

/// Three sequences of different lengths.
fn samples() -> Vec<Sample> {
    let text = |seed: u32, length: usize, answer: usize| {
        let mut random = Generator::new(seed);
        Sample { ids: (0..length).map(|_| random.below(37)).collect(), answer }
    };
    vec![text(1, 9, 7), text(2, 5, 2), text(3, 7, 6)]
}

fn batch(samples: &[Sample]) -> Batch {
    Batch::of(&samples.iter().collect::<Vec<_>>(), true, 4).unwrap()
}

fn passed(learner: &Learner, batch: &Batch, change: impl FnOnce(&mut Passing<'_>)) -> (Passed, Vec<Tensor<2>>) {
    let leaves = learner.trained.leaves().unwrap();
    let meter = Meter::new(&learner.base.place).unwrap();
    let mut passing = Passing {
        learner,
        meter: &meter,
        leaves: &leaves,
        dropout: None,
        half: false,
        loss_scale: 1.0,
        checkpointing: false,
        of_places: batch.places.len(),
    };
    change(&mut passing);
    let passed = block_on(pass(&passing, batch, async || Ok(()))).unwrap();
    (passed, leaves)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

/// The mean loss of the whole model as one graph, from what the reference of `pretrain`'s test was compared with.
fn whole_loss(learner: &Learner, leaves: &[Tensor<2>], batch: &Batch) -> Tensor<1> {
    let mut net = learner.net(leaves, None).unwrap();
    if let Some(prefix) = learner.prefix(leaves) {
        let wide = prefix.dims()[1] / net.layers.len();
        for (at, layer) in net.layers.iter_mut().enumerate() {
            layer.prefix = Some(prefix.clone().narrow(1, at * wide, wide));
        }
    }
    let prompt = learner.prompt_tokens();
    let config = learner.base.config();
    let model = Llama::new(&learner.base.place, config, prompt + batch.tokens, learner.prefix_tokens()).unwrap();
    let logits = model.logits(&net, model.ids(&batch.ids, batch.tokens)).unwrap();
    let [sequences, tokens, wide] = logits.dims();
    let device = logits.device();
    let int = |values: Vec<i32>| {
        let count = values.len();
        Tensor::<1, Int>::from_data(TensorData::new(values, [count]), &device)
    };
    let rows = log_softmax(logits, 2).reshape([sequences * tokens, wide]).select(0, int(batch.places_behind(prompt)));
    let targets = int(batch.targets.iter().map(|&id| id as i32).collect());
    rows.gather(1, targets.unsqueeze_dim(1)).mean().neg()
}

fn on_both(test: impl Fn(&Place) + Copy + Send + 'static) {
    test(&Place::Cpu);
    on_gpu(move |gpu| test(&Place::Gpu(gpu.clone())));
}

/// Both are computed in f32 from the same numbers in another order; a gradient here sums at most some thousand products of
/// numbers below 4, through two layers.
const GRADIENT_TOLERANCE: f32 = 2e-5;

#[track_caller]
fn close(got: &[f32], expected: &[f32], what: &str) {
    assert_eq!(got.len(), expected.len(), "{what}");
    let largest = expected.iter().fold(1.0f32, |m, v| m.max(v.abs()));
    for (at, (g, e)) in got.iter().zip(expected).enumerate() {
        assert!((g - e).abs() <= GRADIENT_TOLERANCE * largest, "{what}[{at}]: {g} instead of {e}");
    }
}

#[test]
fn a_pass_by_layers_gives_the_gradients_of_the_whole_graph() {
    on_both(|place| {
        let samples = samples();
        let batch = batch(&samples);
        for method in Method::ALL {
            let learner = learner(place, method, &settings());
            let (passed, leaves) = passed(&learner, &batch, |_| {});
            let fresh = learner.trained.leaves().unwrap();
            let loss = whole_loss(&learner, &fresh, &batch);
            let gradients = backward(&loss).unwrap();
            let whole = values(loss.inner())[0];
            let mean = passed.loss / batch.places.len() as f64;
            assert!((mean - f64::from(whole)).abs() < 1e-5, "{method:?}: {mean} instead of {whole}");
            assert_eq!(leaves.len(), learner.parts.len());
            for ((part, slope), leaf) in learner.parts.iter().zip(passed.slopes).zip(&fresh) {
                let expected = values(leaf.grad(&gradients).expect("every matrix is reached"));
                assert!(expected.iter().any(|g| g.abs() > 1e-6), "{method:?} {part:?} has no slope to compare");
                close(&values(slope.expect("every matrix is reached")), &expected, &format!("{method:?} {part:?}"));
            }
        }
    });
}

#[test]
fn gradients_are_the_slopes_of_the_loss() {
    /// Half the distance between the two losses whose difference is taken.
    const STEP: f32 = 0.01;
    let samples = samples();
    let batch = batch(&samples);
    for method in Method::ALL {
        let learner = learner(&Place::Cpu, method, &settings());
        let (passed, _) = passed(&learner, &batch, |_| {});
        let before = block_on(learner.trained.parameters()).unwrap();
        let loss_with = |part: usize, at: usize, step: f32| {
            let mut values = before.clone();
            values[part][at] += step;
            let moved = Learner::of(&learner.base, method, &learner.settings, &values).unwrap();
            let leaves: Vec<Tensor<2>> = moved.trained.leaves().unwrap().into_iter().map(Tensor::inner).collect();
            let scored = block_on(score(&moved, &leaves, &batch, async || Ok(()))).unwrap();
            scored.loss / scored.places as f64
        };
        for (part, slope) in passed.slopes.iter().enumerate() {
            let slope = values(slope.clone().unwrap());
            // The steepest number of each matrix: there a difference says most.
            let at = (0..slope.len()).max_by(|a, b| slope[*a].abs().total_cmp(&slope[*b].abs())).unwrap();
            let difference = (loss_with(part, at, STEP) - loss_with(part, at, -STEP)) / f64::from(2.0 * STEP);
            let got = f64::from(slope[at]);
            // The third derivative's part, STEP^2 / 6 of it, and the rounding of two losses of 5 nats.
            let allowed = 0.01 * got.abs() + 1e-3;
            assert!((difference - got).abs() < allowed, "{method:?} {part}: {got}, but the loss says {difference}");
        }
    }
}

#[test]
fn layers_that_are_computed_again_give_the_same_gradients_and_hold_less() {
    let samples = samples();
    let batch = batch(&samples);
    for method in [Method::Full, Method::Lora, Method::Adapter, Method::Prefix] {
        let learner = learner(&Place::Cpu, method, &settings());
        let seed = Some(11);
        let (kept, _) = passed(&learner, &batch, |on| on.dropout = seed);
        let (again, _) = passed(&learner, &batch, |on| {
            on.dropout = seed;
            on.checkpointing = true;
        });
        // Without a graph burn reuses memory, and sums in another order.
        assert!((kept.loss - again.loss).abs() < 1e-4, "{method:?}");
        for (a, b) in kept.slopes.into_iter().zip(again.slopes) {
            close(&values(b.unwrap()), &values(a.unwrap()), &format!("{method:?}"));
        }
    }
    // A length at which activations outweigh everything else; nothing else may run in this process meanwhile, which is
    // why other tests' memory is kept small beside it.
    let learner = learner(&Place::Cpu, Method::Full, &settings());
    let long: Vec<Sample> = (0..64).map(|_| Sample { ids: vec![3; 32], answer: 1 }).collect();
    let long = Batch::of(&long.iter().collect::<Vec<_>>(), true, 1).unwrap();
    let activations = |held: Held| held.forward.saturating_sub(held.before);
    let kept = activations(passed(&learner, &long, |_| {}).0.held);
    let again = activations(passed(&learner, &long, |on| on.checkpointing = true).0.held);
    assert!(2 * again < kept, "{again} of {kept} bytes");
}

#[test]
fn what_is_added_says_nothing_at_first() {
    on_both(|place| {
        let samples = samples();
        let batch = batch(&samples);
        let base = Base::new(place.clone(), checkpoint(small()));
        let loss = |learner: &Learner| {
            let leaves: Vec<Tensor<2>> = learner.trained.leaves().unwrap().into_iter().map(Tensor::inner).collect();
            block_on(score(learner, &leaves, &batch, async || Ok(()))).unwrap()
        };
        let config = base.config();
        let model = Llama::new(place, config, batch.tokens, 0).unwrap();
        for (method, quantized) in [(Method::Lora, false), (Method::Qlora, true), (Method::Adapter, false)] {
            let learner = Learner::new(&base, method, &settings(), 3, &[]).unwrap();
            let leaves: Vec<Tensor<2>> = learner.trained.leaves().unwrap().into_iter().map(Tensor::inner).collect();
            let logits = |net| values(model.logits(&net, model.ids(&batch.ids, batch.tokens)).unwrap());
            let bare = logits(base.frozen(quantized).unwrap());
            assert_eq!(logits(learner.net(&leaves, None).unwrap()), bare, "{method:?}");
        }
        let full = loss(&Learner::new(&base, Method::Full, &settings(), 3, &[]).unwrap());
        let head = loss(&Learner::new(&base, Method::Head, &settings(), 3, &[]).unwrap());
        let lora = loss(&Learner::new(&base, Method::Lora, &settings(), 3, &[]).unwrap());
        assert!((full.loss - lora.loss).abs() < 1e-4 && (head.loss - lora.loss).abs() < 1e-4);
        let quantized = loss(&Learner::new(&base, Method::Qlora, &settings(), 3, &[]).unwrap());
        assert!((quantized.loss - lora.loss).abs() > 1e-3, "NF4 rounds");
    });
}

#[test]
fn dropout_leaves_out_what_its_seed_says() {
    let samples = samples();
    let batch = batch(&samples);
    let mut with = settings();
    with.lora.dropout = 0.5;
    let learner = learner(&Place::Cpu, Method::Lora, &with);
    let loss = |seed| passed(&learner, &batch, |on| on.dropout = seed).0.loss;
    assert_eq!(loss(Some(1)), loss(Some(1)));
    assert_ne!(loss(Some(1)), loss(Some(2)));
    assert_ne!(loss(Some(1)), loss(None));
}

#[test]
fn half_precision_rounds_and_its_scale_cancels() {
    let samples = samples();
    let batch = batch(&samples);
    let learner = learner(&Place::Cpu, Method::Lora, &settings());
    let (single, _) = passed(&learner, &batch, |_| {});
    let (half, _) = passed(&learner, &batch, |on| on.half = true);
    let (scaled, _) = passed(&learner, &batch, |on| {
        on.half = true;
        on.loss_scale = 256.0;
    });
    assert!(half.loss != single.loss && (half.loss - single.loss).abs() < 0.02, "{} {}", half.loss, single.loss);
    for ((a, b), c) in single.slopes.into_iter().zip(half.slopes).zip(scaled.slopes) {
        let [a, b, c] = [a, b, c].map(|slope| values(slope.unwrap()));
        let largest = a.iter().fold(0.0f32, |m, v| m.max(v.abs()));
        for ((a, b), c) in a.iter().zip(&b).zip(&c) {
            // f16 has 11 bits; a gradient here passes through some dozen roundings.
            assert!((a - b).abs() < 0.03 * largest && (a - c / 256.0).abs() < 0.03 * largest, "{a} {b} {c}");
        }
    }
    // A loss that is enlarged too much overflows, and is noticed by whoever looks at the gradients.
    let (overflown, _) = passed(&learner, &batch, |on| {
        on.half = true;
        on.loss_scale = 1e9;
    });
    let all: Vec<f32> = overflown.slopes.into_iter().flatten().flat_map(values).collect();
    assert!(all.iter().any(|v| !v.is_finite()));
}

#[test]
fn what_is_frozen_in_half_precision_are_the_rounded_matrices() {
    on_both(|place| {
        let samples = samples();
        let batch = batch(&samples);
        // Untied: the embedding stays in f32, the last matrix does not.
        let config = LlamaConfig { tied: false, ..small() };
        let exact = checkpoint(config.clone());
        let specs = config.tensors();
        let rounded = specs.iter().zip(exact.tensors()).map(|(spec, values)| {
            let is_frozen_matrix = spec.part.is_matrix() && spec.part != Part::Embedding;
            let round = |v: &f32| if is_frozen_matrix { f16_without_subnormals(*v) } else { *v };
            values.iter().map(round).collect()
        });
        let rounded = Rc::new(Checkpoint::new(config.clone(), rounded.collect()).unwrap());
        let model = Llama::new(place, &config, batch.tokens, 0).unwrap();
        let logits = |net: &Net| values(model.logits(net, model.ids(&batch.ids, batch.tokens)).unwrap());
        let half = Base::new(place.clone(), exact.clone()).in_half_precision().frozen(false).unwrap();
        let is_half = |matrix: &Matrix| matches!(matrix, Matrix::Frozen(w) if w.storage == Storage::F16);
        assert!(is_half(&half.head) && half.layers.iter().flat_map(|l| &l.projections).all(|p| is_half(&p.matrix)));
        let expected = logits(&Base::new(place.clone(), rounded).frozen(false).unwrap());
        close(&logits(&half), &expected, "logits");
        let unrounded = logits(&Base::new(place.clone(), exact).frozen(false).unwrap());
        assert!(unrounded.iter().zip(&expected).any(|(a, b)| (a - b).abs() > 1e-4), "rounding is seen");
    });
}

#[test]
fn the_device_measures_which_kernels_a_learner_uses() {
    on_gpu(|gpu| {
        let place = Place::Gpu(gpu.clone());
        let known = |method| {
            block_on(learner(&place, method, &settings()).prepare(256)).unwrap();
            gpu.choices().into_keys().collect::<Vec<String>>().join("\n")
        };
        for of_trained in
            ["matmul_f32 forward many", "matmul_f32 input_gradient many", "matmul_f32 weight_gradient many"]
        {
            assert!(known(Method::Full).contains(of_trained), "{of_trained}");
        }
        let known = known(Method::Qlora);
        for of_frozen in ["matmul_nf4 forward many", "matmul_nf4 input_gradient many", "lora"] {
            assert!(known.contains(of_frozen), "{of_frozen}");
        }
    });
}

#[test]
fn a_prefix_is_what_its_encoder_gives() {
    let samples = samples();
    let batch = batch(&samples);
    let encoder = learner(&Place::Cpu, Method::Prefix, &settings());
    let table = block_on(prefix_table(&encoder)).unwrap();
    let deep = Learner::of(&encoder.base, Method::DeepPrompt, &encoder.settings, &[table]).unwrap();
    let loss = |learner: &Learner| {
        let leaves: Vec<Tensor<2>> = learner.trained.leaves().unwrap().into_iter().map(Tensor::inner).collect();
        block_on(score(learner, &leaves, &batch, async || Ok(()))).unwrap().loss
    };
    assert!((loss(&encoder) - loss(&deep)).abs() < 1e-5);
    assert!(block_on(prefix_table(&learner(&Place::Cpu, Method::Lora, &settings()))).is_err());
}

#[test]
fn both_tiers_train_alike() {
    /// Steps of AdamW, whose first ones go by the signs of gradients: a gradient near zero may go either way.
    const STEPS: u32 = 20;
    /// Nats a token, of a loss of some 4.
    const TOLERANCE: f64 = 2e-3;
    on_gpu(|gpu| {
        let samples = samples();
        let batch = batch(&samples);
        for method in [Method::Full, Method::Lora, Method::Qlora, Method::Adapter, Method::Prompt, Method::Prefix] {
            let last = |place: &Place| {
                let mut learner = learner(place, method, &settings());
                let mut losses = Vec::new();
                for _ in 0..STEPS {
                    let (passed, _) = passed(&learner, &batch, |_| {});
                    losses.push(passed.loss / batch.places.len() as f64);
                    let rule = Rule::AdamW(AdamW { rate: 3e-3, ..AdamW::default() });
                    block_on(learner.trained.step(passed.slopes, &rule, Some(1.0))).unwrap();
                }
                losses
            };
            let (cpu, gpu) = (last(&Place::Cpu), last(&Place::Gpu(gpu.clone())));
            assert!(cpu[STEPS as usize - 1] < cpu[0] - 0.01, "{method:?} learned nothing: {cpu:?}");
            let apart = cpu.iter().zip(&gpu).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
            assert!(apart < TOLERANCE, "{method:?}: {apart} apart\n{cpu:?}\n{gpu:?}");
        }
    });
}

#[test]
fn changes_are_what_was_trained() {
    let lora = learner(&Place::Cpu, Method::Lora, &settings());
    let values = block_on(lora.trained.parameters()).unwrap();
    let change = lora.change(&values, 1, Target::Down).unwrap();
    let (rows, cols) = lora.base.shape.sides(Target::Down);
    let at = lora
        .parts
        .iter()
        .position(|p| p.layer == Some(1) && p.role == afina::math::peft::Role::LoraA(Target::Down))
        .unwrap();
    let (a, b) = (&values[at], &values[at + 1]);
    for (row, col) in [(0, 0), (rows - 1, cols - 1), (3, 17)] {
        let expected: f64 = (0..3).map(|r| f64::from(b[row * 3 + r]) * f64::from(a[r * cols + col])).sum();
        assert!((change[row * cols + col] - 2.0 * expected).abs() < 1e-6);
    }
    let full = learner(&Place::Cpu, Method::Full, &settings());
    let values = block_on(full.trained.parameters()).unwrap();
    let change = full.change(&values, 0, Target::Query).unwrap();
    assert!(change.iter().all(|d| d.abs() < 1.0) && change.iter().any(|d| d.abs() > 0.05));
    let prompt = learner(&Place::Cpu, Method::Prompt, &settings());
    assert!(prompt.change(&[], 0, Target::Query).is_none());
}

#[test]
fn answers_are_learned_where_they_are_predicted() {
    let samples = [Sample { ids: vec![0, 5, 6, 7], answer: 2 }, Sample { ids: vec![0, 8], answer: 1 }];
    let batch = Batch::of(&[&samples[0], &samples[1]], true, 4).unwrap();
    assert_eq!((batch.tokens, &batch.ids[..]), (4, &[0, 5, 6, 0, 0, 0, 0, 0][..]));
    assert_eq!((&batch.places[..], &batch.targets[..]), (&[1, 2, 4][..], &[6, 7, 8][..]));
    assert_eq!(batch.ends, [2, 3]);
    assert_eq!(batch.places_behind(3), [4, 5, 10]);
    let whole = Batch::of(&[&samples[0]], false, 1).unwrap();
    assert_eq!((whole.tokens, whole.targets), (3, vec![5, 6, 7]));
    assert!(Batch::of(&[], true, 1).is_err());
    assert!(Batch::of(&[&Sample { ids: vec![1], answer: 1 }], true, 1).is_err());
}
