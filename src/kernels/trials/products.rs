//! Products, forwards and backwards, and the kernels that prepare their operands or use their gradients.

use crate::gpu::Gpu;
use crate::kernels::product::case::{Case, adamw_case, lora_case, pad_case, quantize_rows_case};
use crate::kernels::product::{Pass, Storage, entry_of, lora_variants, quantize_rows_variants, variants};
use crate::math::LoraShape;

use super::{Insisting, Judging, Sides, Trial, sides};

/// One value; no multiple of a tile, a word or a group; more than one tile in every direction.
const LINEAR: [Sides; 3] = [sides(1, 1, 1, 0), sides(9, 70, 37, 3), sides(5, 97, 66, 0)];
/// The variant whose lanes share sums, and sums so long that lanes go around more than once: 64 lanes times 32 codes.
const SHARING: &str = "rows";
const LONG: Sides = sides(2, 2100, 3, 0);
const LONG_GRADIENT: Sides = sides(2, 3, 300, 0);
const LONG_WEIGHT_GRADIENT: Sides = sides(300, 3, 5, 0);
const ROWS: [Sides; 3] = [sides(1, 1, 1, 0), sides(5, 131, 1, 0), sides(3, 1100, 1, 0)];
const LORA: [Sides; 3] = [sides(1, 1, 1, 1), sides(9, 70, 37, 3), sides(33, 65, 31, 7)];
const COUNTS: [Sides; 3] = [sides(1, 1, 1, 0), sides(1, 67, 1, 0), sides(1, 1021, 1, 0)];

/// Multiplications of a timed product at most: its reference must not take longer than half a second ...
const TIMED_PRODUCTS: usize = 1 << 28;
/// ... nor the product itself, where a processor stands in for a GPU.
const SOFTWARE_PRODUCTS: usize = 1 << 24;

fn storages(kernel: &str) -> Vec<Storage> {
    match kernel {
        "matmul_f32" => vec![Storage::F32],
        "matmul_f16" => vec![Storage::F16],
        "matmul_int8" => {
            vec![Storage::Int8 { group: 32, asymmetric: false }, Storage::Int8 { group: 64, asymmetric: true }]
        }
        "matmul_w8a8" => vec![Storage::W8a8 { group: 32 }],
        "matmul_int4" => vec![
            Storage::Int4 { group: 32, asymmetric: false, half_scales: false },
            Storage::Int4 { group: 64, asymmetric: true, half_scales: true },
        ],
        "matmul_nf4" => {
            vec![Storage::Nf4 { group: 32, double: false }, Storage::Nf4 { group: 64, double: true }]
        }
        _ => Vec::new(),
    }
}

/// The ragged shapes of a kernel of this file.
pub(super) fn shapes(kernel: &str) -> Option<&'static [Sides]> {
    match kernel {
        "lora" => Some(&LORA),
        "quantize_rows" | "pad" => Some(&ROWS),
        "adamw" => Some(&COUNTS),
        _ if !storages(kernel).is_empty() => Some(&LINEAR),
        _ => None,
    }
}

/// A shape whose reference can be waited for.
pub(super) fn bearable(gpu: &Gpu, wanted: Sides) -> Sides {
    let most = if gpu.is_software() { SOFTWARE_PRODUCTS } else { TIMED_PRODUCTS };
    let Sides { m, mut k, mut n, r } = wanted;
    while m * k * n > most && k * n > 1 {
        if n >= k { n = n.div_ceil(2) } else { k = k.div_ceil(2) }
    }
    Sides { m, k, n, r }
}

fn name(storage: Storage) -> &'static str {
    match storage {
        Storage::Int8 { asymmetric: true, .. } | Storage::Int4 { asymmetric: true, .. } => ", zero",
        Storage::Nf4 { double: true, .. } => ", double",
        _ => "",
    }
}

pub(super) fn trials(kernel: &str, shape: Sides) -> Vec<Trial> {
    let Sides { m, k, n, r } = shape;
    let mut out = Vec::new();
    match kernel {
        "lora" => {
            let shape = LoraShape { m, k, n, r: r.max(1) };
            for variant in lora_variants() {
                out.push(variant_trial(format!("{m} × {k} × {n}, r {}", shape.r), "lora", variant, move |gpu| {
                    Box::pin(lora_case(gpu, Storage::F32, shape))
                }));
            }
        }
        "quantize_rows" => {
            for variant in quantize_rows_variants() {
                out.push(variant_trial(format!("{m} × {k}"), "quantize_rows", variant, move |gpu| {
                    Box::pin(quantize_rows_case(gpu, m, k, 32))
                }));
            }
        }
        "adamw" => {
            for variant in ["v1", "vectors"] {
                out.push(variant_trial((m * k).to_string(), "adamw", variant, move |gpu| {
                    let count = m * k;
                    Box::pin(async move { adamw_case(gpu, count, &[0..count / 3, count / 2..count]).await })
                }));
            }
        }
        "pad" => {
            let padded = (m.next_multiple_of(4), k.next_multiple_of(32));
            out.push(Trial::new(format!("{m} × {k}"), None, move |gpu| Box::pin(pad_case(gpu, (m, k), padded))));
        }
        _ => {
            for storage in storages(kernel) {
                for pass in PASSES {
                    linear(kernel, storage, pass, shape, |_| true, &mut out);
                }
            }
        }
    }
    out
}

/// Long sums, where they are something else.
pub(super) fn long_trials(kernel: &str) -> Vec<Trial> {
    let mut out = Vec::new();
    for storage in storages(kernel) {
        for (pass, shape) in PASSES.into_iter().zip([LONG, LONG_GRADIENT, LONG_WEIGHT_GRADIENT]) {
            linear(kernel, storage, pass, shape, |variant| variant == SHARING, &mut out);
        }
    }
    out
}

fn variant_trial(
    shape: String,
    kernel: &'static str,
    variant: &'static str,
    judge: impl for<'a> Fn(&'a Gpu) -> Judging<'a> + 'static,
) -> Trial {
    Trial::new(shape, None, move |gpu| {
        let judged = judge(gpu);
        Box::pin(async move {
            let _insisting = Insisting::on_variant(gpu, kernel, variant);
            judged.await
        })
    })
}

const PASSES: [Pass; 3] = [Pass::Forward, Pass::InputGradient, Pass::WeightGradient];

fn linear(
    kernel: &str,
    storage: Storage,
    pass: Pass,
    Sides { m, k, n, r }: Sides,
    is_wanted: impl Fn(&str) -> bool,
    out: &mut Vec<Trial>,
) {
    for variant in variants(storage, pass).into_iter().filter(|v| is_wanted(v)) {
        let entry = entry_of(storage, pass, variant);
        // The gradient of W8A8 is INT8's.
        if !entry.starts_with(kernel) {
            continue;
        }
        let r = if pass == Pass::WeightGradient { 0 } else { r };
        let shape = LoraShape { m, n, k, r };
        let rank = if r > 0 { format!(", r {r}") } else { String::new() };
        out.push(Trial::new(format!("{m} × {k} × {n}{rank}{}", name(storage)), Some(entry), move |gpu| {
            Box::pin(async move { Case::new(gpu, storage, pass, shape).await?.disagreement(gpu, Some(variant)).await })
        }));
    }
}
