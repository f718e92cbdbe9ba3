//! Our kernels inside burn's graphs: every gradient against the f64 reference, against differences of the loss, and
//! against burn's own autodiff; on the GPU and on the processor. The tolerances are derived in `afina::nets::case`.

use std::rc::Rc;

use afina::gpu::Gpu;
use afina::kernels::ALL;
use afina::kernels::product::Storage;
use afina::math::{AdamW, LoraShape, Moments, Rule, Sgd, WEIGHT_STD, adamw, gaussian, sgd};
use afina::nets::case::{Finding, lora_case, worst_of};
use afina::nets::{FrozenWeights, Initial, Place, Trained, backward, dense_linear, linear, lora_linear};
use afina::protocol::LabError;
use burn::tensor::{Device, Tensor, TensorData};
use pollster::block_on;
use shared::on_gpu;

#[path = "on_gpu/mod.rs"]
mod shared;

const STORAGES: [Storage; 9] = [
    Storage::F32,
    Storage::F16,
    Storage::Int8 { group: 32, asymmetric: false },
    Storage::Int8 { group: 64, asymmetric: true },
    Storage::W8a8 { group: 32 },
    Storage::Int4 { group: 32, asymmetric: true, half_scales: true },
    Storage::Int4 { group: 128, asymmetric: false, half_scales: false },
    Storage::Nf4 { group: 64, double: true },
    Storage::Nf4 { group: 32, double: false },
];

const fn shape(m: usize, n: usize, k: usize, r: usize) -> LoraShape {
    LoraShape { m, n, k, r }
}

/// 1, primes, and around tiles of 4, 8, 32 and 64; ranks from none to 16.
const SHAPES: [LoraShape; 8] = [
    shape(1, 1, 1, 1),
    shape(1, 67, 131, 8),
    shape(3, 5, 64, 2),
    shape(8, 33, 95, 16),
    shape(9, 17, 15, 4),
    shape(33, 31, 65, 7),
    shape(65, 64, 32, 3),
    shape(66, 5, 161, 0),
];

/// Checks every storage in every shape; says how many gradients were compared.
fn sweep(place: &Place) {
    let mut checks = 0;
    let mut failures = Vec::new();
    for shape in SHAPES {
        for storage in STORAGES {
            let findings = block_on(lora_case(place, storage, shape, true)).unwrap();
            checks += findings.iter().filter(|f| f.what != "y").count();
            for Finding { what, against, worst } in findings {
                if worst > 1.0 {
                    failures.push(format!("{storage:?} {shape:?}: {what} against {against}: {worst} tolerances"));
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    println!("{checks} comparisons of a gradient");
    // 8 storages x (7 shapes x 3 gradients + 1) x 3 comparisons, and of W8A8 the gradient at the inputs.
    assert_eq!(checks, 8 * (7 * 3 + 1) * 3 + 8 * 3);
}

#[test]
fn gradients_agree_on_the_gpu() {
    on_gpu(|gpu| sweep(&Place::Gpu(gpu.clone())));
}

#[test]
fn gradients_agree_on_the_cpu() {
    sweep(&Place::Cpu);
}

#[test]
fn a_planted_mistake_is_noticed() {
    on_gpu(|gpu| {
        let place = Place::Gpu(gpu.clone());
        // The scale of the update is that of Y; dX adds an update of scale 1.
        // The mistake in the skinny products is one of the variant for processors.
        gpu.force_variant("lora", Some("regs"));
        for (kernel, right, wrong, what) in [
            ("lora", "s01 += outer(r1, l0)", "s01 += outer(r0, l0)", "da"),
            ("lora", "params.factor", "1.0", "db"),
            ("matmul_f32", "params.scale * ", "", "y"),
            ("matmul_f32", "params.up_rank", "(params.up_rank + 1u)", "dx"),
        ] {
            let entry = ALL.iter().find(|e| e.name == kernel).expect("the kernel is listed");
            assert!(entry.source.contains(right), "{kernel}: no {right:?}");
            gpu.replace_source(entry.name, Some(&entry.source.replace(right, wrong)));
            let findings = block_on(lora_case(&place, Storage::F32, shape(33, 31, 65, 7), true));
            gpu.replace_source(entry.name, None);
            let of_this: Vec<_> = findings.unwrap().into_iter().filter(|f| f.what == what).collect();
            assert_eq!(of_this.len(), if what == "y" { 2 } else { 3 });
            assert!(of_this.iter().all(|f| f.worst > 1.0), "{kernel}: {wrong:?} went unnoticed: {of_this:?}");
        }
        let findings = block_on(lora_case(&place, Storage::F32, shape(33, 31, 65, 7), true)).unwrap();
        assert!(worst_of(&findings) <= 1.0, "the right kernels are back: {findings:?}");
        gpu.force_variant("lora", None);
    });
}

/// The devices of both tiers, to run a test on each.
fn on_both(test: impl Fn(&Place, &Device) + Copy + Send + 'static) {
    test(&Place::Cpu, &Place::Cpu.device().unwrap().autodiff());
    on_gpu(move |gpu| {
        let place = Place::Gpu(gpu.clone());
        test(&place, &place.device().unwrap().autodiff());
    });
}

/// Standard normal numbers.
fn normal(count: usize, seed: u32) -> Vec<f32> {
    gaussian(1, count, seed).iter().map(|v| v / WEIGHT_STD as f32).collect()
}

fn tensor<const D: usize>(device: &Device, dims: [usize; D], seed: u32) -> Tensor<D> {
    Tensor::from_data(TensorData::new(normal(dims.iter().product(), seed), dims), device)
}

fn values<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_to_vec().unwrap()
}

/// Both are sums of at most `terms` products of numbers below `size`, rounded in f32.
#[track_caller]
fn close(got: &[f32], expected: &[f32], terms: usize, size: f32) {
    assert_eq!(got.len(), expected.len());
    let allowed = 2.0 * (terms * (terms + 2)) as f32 * f32::EPSILON / 2.0 * size;
    for (i, (got, expected)) in got.iter().zip(expected).enumerate() {
        assert!((got - expected).abs() <= allowed, "{i}: {got} instead of {expected}, allowed {allowed}");
    }
}

#[test]
fn more_dimensions_and_turned_operands() {
    on_both(|place, device| {
        let (batch, tokens, inputs, outputs, rank) = (2, 5, 37, 6, 3);
        let w = normal(outputs * inputs, 1);
        let frozen = place.freeze(&w, (outputs, inputs), Storage::F32).unwrap();
        let (a, b) = (tensor(device, [rank, inputs], 2), tensor(device, [rank, outputs], 3));
        // X and B exist only as strides, and so does the slope that comes back through the turned Y.
        let x = tensor(device, [inputs, tokens, batch], 4);
        let c = tensor(device, [outputs, tokens, batch], 5);
        let run = |ours: bool| {
            let [x, c] = [&x, &c].map(|t| t.clone().require_grad());
            let (a, b) = (a.clone().require_grad(), b.clone().require_grad());
            let (turned, up) = (x.clone().swap_dims(0, 2), b.clone().transpose());
            let y = if ours {
                lora_linear(turned, &frozen, a.clone(), up, 0.5).unwrap()
            } else {
                let w = tensor(device, [outputs, inputs], 1).transpose();
                let z = turned.clone().matmul(a.clone().transpose().unsqueeze());
                turned.matmul(w.unsqueeze()) + z.matmul(b.clone().unsqueeze()) * 0.5
            };
            assert_eq!(y.dims(), [batch, tokens, outputs]);
            let gradients = backward(&(y.swap_dims(0, 2) * c.clone()).sum()).unwrap();
            let [x, c] = [x, c].map(|t| values(t.grad(&gradients).unwrap()));
            [x, c, values(a.grad(&gradients).unwrap()), values(b.grad(&gradients).unwrap())]
        };
        for (got, expected) in run(true).iter().zip(&run(false)) {
            // Standard normal numbers stay below 5; three of them meet in a term.
            close(got, expected, inputs + outputs, 125.0);
        }
    });
}

#[test]
fn a_trained_weight() {
    on_both(|_, device| {
        for (m, n, k) in [(1, 1, 1), (4, 8, 12), (7, 9, 13), (33, 31, 65), (64, 64, 64)] {
            let run = |ours: bool| {
                let (x, w) = (tensor(device, [m, k], 1).require_grad(), tensor(device, [n, k], 2).require_grad());
                let y = if ours {
                    dense_linear(x.clone(), w.clone()).unwrap()
                } else {
                    x.clone().matmul(w.clone().transpose())
                };
                let gradients = backward(&(y.clone() * tensor(device, [m, n], 3)).sum()).unwrap();
                [values(y), values(x.grad(&gradients).unwrap()), values(w.grad(&gradients).unwrap())]
            };
            for (got, expected) in run(true).iter().zip(&run(false)) {
                close(got, expected, m.max(n).max(k), 25.0);
            }
        }
    });
}

#[test]
fn without_a_graph_and_without_inputs_to_train() {
    on_both(|place, device| {
        let frozen = place.freeze(&normal(8 * 16, 1), (8, 16), Storage::Nf4 { group: 32, double: false }).unwrap();
        let inner = place.device().unwrap();
        let plain = linear(tensor(&inner, [3, 16], 2), &frozen).unwrap();
        let tracked = linear(tensor(device, [3, 16], 2).require_grad(), &frozen).unwrap();
        assert_eq!(values(plain), values(tracked));
        let (x, a, b) = (tensor(device, [3, 16], 2), tensor(device, [2, 16], 3), tensor(device, [8, 2], 4));
        let (a, b) = (a.require_grad(), b.require_grad());
        let y = lora_linear(x.clone(), &frozen, a.clone(), b.clone(), 1.0).unwrap();
        let gradients = backward(&y.sum()).unwrap();
        assert!(x.grad(&gradients).is_none() && a.grad(&gradients).is_some() && b.grad(&gradients).is_some());
    });
}

#[test]
fn an_update_learns_what_was_planted() {
    on_both(|place, device| {
        let (m, n, k, r) = (32, 12, 16, 2);
        let frozen = place.freeze(&normal(n * k, 1), (n, k), Storage::Nf4 { group: 32, double: true }).unwrap();
        let x = tensor(device, [m, k], 2);
        let planted = (tensor(device, [r, k], 3) * 0.3, tensor(device, [n, r], 4) * 0.3);
        let target = lora_linear(x.clone(), &frozen, planted.0, planted.1, 1.0).unwrap().detach();
        let (mut a, mut b) = (tensor(device, [r, k], 5) * 0.2, Tensor::<2>::zeros([n, r], device));
        let mut losses = Vec::new();
        for _ in 0..150 {
            let (leaf_a, leaf_b) = (a.clone().detach().require_grad(), b.clone().detach().require_grad());
            let y = lora_linear(x.clone(), &frozen, leaf_a.clone(), leaf_b.clone(), 1.0).unwrap();
            let loss = (y - target.clone()).powi_scalar(2).mean();
            let gradients = backward(&loss).unwrap();
            let step = |leaf: Tensor<2>| {
                let slope = leaf.grad(&gradients).unwrap();
                Tensor::from_inner(leaf.inner() - slope * 0.8)
            };
            (a, b) = (step(leaf_a), step(leaf_b));
            losses.push(values(loss)[0]);
        }
        assert!(losses[149] < 0.02 * losses[0], "from {} to {}", losses[0], losses[149]);
    });
}

#[test]
fn all_parameters_move_as_their_rule_says() {
    let adamw = AdamW { rate: 0.01, decay: 0.1, ..AdamW::default() };
    let descent = Sgd { rate: 0.01, momentum: 0.9, decay: 0.1 };
    for narrow in [false, true] {
        // A step of AdamW is at most (1 - beta1) / sqrt(1 - beta2) rates; one of three steps of descent sums three
        // gradients, none longer than 4.
        parameters_move(Rule::AdamW(adamw), 3.2, narrow);
        parameters_move(Rule::Sgd(descent), 12.0, narrow);
    }
}

fn parameters_move(rule: Rule, longest: f64, narrow: bool) {
    /// Half of what the 150 gradients of a step have.
    const CLIP: f32 = 0.3;
    on_both(move |place, _| {
        const SIDES: [(usize, usize); 4] = [(3, 7), (1, 64), (5, 13), (2, 2)];
        let starts = SIDES.map(|(rows, cols)| gaussian(rows, cols, 1 + rows as u32));
        // The second is not decayed, the last never gets a gradient.
        let initial: Vec<_> = (0..4)
            .map(|i| Initial { values: &starts[i], rows: SIDES[i].0, cols: SIDES[i].1, decays: i != 1 })
            .collect();
        let begin = if narrow { Trained::in_single_precision } else { Trained::new };
        let mut trained = begin(place, &initial).unwrap();
        let mut expected = starts.clone().map(|start| {
            let p: Vec<f64> = start.iter().map(|&v| f64::from(v)).collect();
            Moments { m: vec![0.0; p.len()], v: vec![0.0; p.len()], p }
        });
        for step in 1..=3 {
            let leaves = trained.leaves().unwrap();
            let slopes = SIDES.map(|(rows, cols)| gaussian(rows, cols, 50 * step + cols as u32));
            let device = leaves[0].device();
            let losses = (0..3).map(|i| {
                let (rows, cols) = SIDES[i];
                let slope = TensorData::new(slopes[i].clone(), [rows, cols]);
                (leaves[i].clone() * Tensor::from_data(slope, &device)).sum()
            });
            let gradients = backward(&losses.reduce(|a, b| a + b).unwrap()).unwrap();
            // In the second step all gradients together are longer than they may be.
            let clip = (step == 2).then_some(CLIP);
            block_on(trained.step(Trained::slopes(&leaves, &gradients), &rule, clip)).unwrap();
            let squares: f64 = slopes[..3].iter().flatten().map(|g| f64::from(*g) * f64::from(*g)).sum();
            let slopes = slopes.map(|slopes| match clip {
                Some(most) => {
                    assert!(squares.sqrt() > 1.5 * f64::from(most), "{squares}");
                    slopes.iter().map(|g| (f64::from(*g) * f64::from(most) / squares.sqrt()) as f32).collect()
                }
                None => slopes,
            });
            if step == 2 {
                // A training that was put away goes on in another one.
                let saved = block_on(trained.export()).unwrap();
                let zeros = SIDES.map(|(rows, cols)| vec![0.0; rows * cols]);
                let empty: Vec<_> = initial.iter().zip(&zeros).map(|(of, values)| Initial { values, ..*of }).collect();
                trained = begin(place, &empty).unwrap();
                let mut short = saved.clone();
                short.state.m.pop();
                assert!(trained.import(short).is_err());
                trained.import(saved).unwrap();
            }
            for (i, (state, slopes)) in expected.iter_mut().zip(&slopes).enumerate() {
                let slopes = if i == 3 { vec![0.0; slopes.len()] } else { slopes.clone() };
                let kept: Vec<_> = (i == 1).then_some(0..slopes.len()).into_iter().collect();
                match &rule {
                    Rule::AdamW(settings) => adamw(state, &slopes, settings, step, &kept),
                    Rule::Sgd(settings) => sgd(state, &slopes, settings, &kept),
                }
            }
        }
        assert_eq!(trained.steps(), 3);
        let values_now: Vec<Vec<f32>> =
            trained.leaves().unwrap().into_iter().map(|leaf| values(leaf.inner())).collect();
        assert_eq!(block_on(trained.parameters()).unwrap(), values_now);
        let u = f64::from(f32::EPSILON) / 2.0;
        for (i, (leaf, state)) in trained.leaves().unwrap().into_iter().zip(&expected).enumerate() {
            let got = values(leaf.inner());
            assert_eq!(got.len(), state.p.len());
            for (got, p) in got.iter().zip(&state.p) {
                // A step is at most `longest` rates; its moments, quotients and root are off by 50 u of that (see
                // `agreement::adamw`), and each of three steps rounds the parameter twice. A clipped gradient is off by the
                // sum of its 150 squares, and by its factor.
                let clipped = 160.0 * longest * u;
                let allowed =
                    3.0 * (2.0 * u * (p.abs() + 0.1) + 0.01 * (50.0 * longest * u + clipped + 4.0 * u * p.abs()));
                assert!((f64::from(*got) - p).abs() <= allowed, "{i}: {got} instead of {p}");
            }
        }
        let wrong = trained.leaves().unwrap().pop().into_iter().collect::<Vec<_>>();
        let gradients = backward(&wrong[0].clone().sum()).unwrap();
        assert!(block_on(trained.step(Trained::slopes(&wrong, &gradients), &rule, None)).is_err());
        assert!(Trained::new(place, &[]).is_err());
    });
}

#[test]
fn what_does_not_fit_is_refused() {
    on_both(|place, device| {
        let frozen = place.freeze(&normal(8 * 16, 1), (8, 16), Storage::F32).unwrap();
        let shapes = [
            linear(tensor(device, [3, 15], 2), &frozen).map(|_| ()),
            linear(tensor(device, [3, 0], 2), &frozen).map(|_| ()),
            lora_linear(
                tensor(device, [3, 16], 2),
                &frozen,
                tensor(device, [2, 15], 3),
                tensor(device, [8, 2], 4),
                1.0,
            )
            .map(|_| ()),
            lora_linear(
                tensor(device, [3, 16], 2),
                &frozen,
                tensor(device, [2, 16], 3),
                tensor(device, [8, 3], 4),
                1.0,
            )
            .map(|_| ()),
            dense_linear(tensor(device, [3, 16], 2), tensor(device, [8, 15], 3)).map(|_| ()),
        ];
        for refused in shapes {
            assert!(matches!(refused, Err(LabError::Shape { .. })), "{refused:?}");
        }
        assert!(place.freeze(&normal(8 * 16, 1), (8, 16), Storage::Int8 { group: 48, asymmetric: false }).is_err());
        linear(tensor(device, [3, 16], 2), &frozen).unwrap();
    });
}

#[test]
fn faults_of_a_pass_are_reported_once() {
    on_gpu(|gpu: &Rc<Gpu>| {
        let place = Place::Gpu(gpu.clone());
        let device = place.device().unwrap().autodiff();
        let elsewhere = FrozenWeights::on_cpu(&normal(8 * 16, 1), (8, 16), Storage::F32).unwrap();
        let refused = linear(tensor(&device, [3, 16], 2), &elsewhere);
        assert!(matches!(refused, Err(LabError::NoGpu { .. })));
        // The forward pass is right, then the shader breaks, then it is right again.
        let frozen = place.freeze(&normal(8 * 16, 1), (8, 16), Storage::F32).unwrap();
        let run = || linear(tensor(&device, [3, 16], 2).require_grad(), &frozen);
        let y = run().unwrap();
        gpu.replace_source("matmul_f32", Some("not WGSL"));
        let broken = backward(&y.sum()).map(|_| ());
        gpu.replace_source("matmul_f32", None);
        assert!(matches!(broken, Err(LabError::Kernel { .. })), "{broken:?}");
        backward(&run().unwrap().sum()).unwrap();
    });
}
