//! The other kernels of a decoder, and those of vector search.

use crate::gpu::Gpu;
use crate::kernels::nn::trial::{self, Rung};
use crate::kernels::nn::{Causal, Heads, Turn};
use crate::math;

use super::{Insisting, Judging, Sides, Trial, sides};

/// Rows and columns that fit no workgroup.
const LINES: [Sides; 3] = [sides(1, 3, 1, 0), sides(3, 131, 5, 0), sides(67, 37, 5, 0)];
/// Two query heads share a key head; 24 numbers are no power of two.
const HEADS: Heads = Heads { query: 4, key: 2, dim: 24 };
/// One invocation a line, and several.
const LANES: [u32; 2] = [1, 16];

/// The ragged shapes of a kernel of this file.
pub(super) fn shapes(kernel: &str) -> Option<&'static [Sides]> {
    const KERNELS: [&str; 12] = [
        "rms_norm",
        "layer_norm",
        "softmax",
        "gelu",
        "embed",
        "rope",
        "attention",
        "decode_attention",
        "swiglu",
        "top_k",
        "cosine_scores",
        "cosine_scores_int8",
    ];
    KERNELS.contains(&kernel).then_some(&LINES[..])
}

fn once(shape: String, judge: impl for<'a> Fn(&'a Gpu) -> Judging<'a> + 'static) -> Vec<Trial> {
    vec![Trial::new(shape, None, judge)]
}

/// With one invocation a line, and with several.
fn in_lanes(shape: String, judge: impl for<'a> Fn(&'a Gpu) -> Judging<'a> + Clone + 'static) -> Vec<Trial> {
    let one = |lanes: u32| {
        let judge = judge.clone();
        Trial::new(shape.clone(), None, move |gpu| {
            let judged = judge(gpu);
            Box::pin(async move {
                let _insisting = Insisting::on_lanes(gpu, lanes);
                judged.await
            })
        })
    };
    LANES.map(one).into()
}

pub(super) fn trials(kernel: &str, Sides { m, k, n, .. }: Sides) -> Vec<Trial> {
    let shape = format!("{m} × {k}");
    match kernel {
        "rms_norm" => in_lanes(shape, move |gpu| Box::pin(trial::rms_norm(gpu, m, k, m > 1))),
        "layer_norm" => in_lanes(shape, move |gpu| Box::pin(trial::layer_norm(gpu, m, k))),
        "softmax" => {
            let causal = (m > 1).then_some(Causal { period: k.div_ceil(3), offset: k / 2 });
            in_lanes(shape, move |gpu| Box::pin(trial::softmax(gpu, m, k, causal)))
        }
        "gelu" => once((m * k).to_string(), move |gpu| Box::pin(trial::gelu(gpu, m * k))),
        "embed" => once(format!("{m}, {n} × {k}"), move |gpu| Box::pin(trial::embed(gpu, m, n, k))),
        "rope" => {
            let heads = k.div_ceil(10);
            let turned = once(format!("{m} × {heads} × 10"), move |gpu| {
                Box::pin(async move {
                    let forth = trial::rope(gpu, m, heads, 10, 3, Turn::Forth).await?;
                    Ok(forth.max(trial::rope(gpu, m, heads, 10, 7, Turn::Back).await?))
                })
            });
            let cached =
                once(format!("{m} × 4 × 24"), move |gpu| Box::pin(trial::rope_cache(gpu, HEADS, m, k.min(512))));
            turned.into_iter().chain(cached).collect()
        }
        "attention" => {
            let position = k.min(512);
            in_lanes(format!("{m} + {position}"), move |gpu| {
                Box::pin(trial::attention(gpu, HEADS, m.min(16), position))
            })
        }
        "decode_attention" => {
            let position = k.min(2048);
            let norm = if m > 1 { k } else { 0 };
            in_lanes(format!("1 + {position}"), move |gpu| {
                Box::pin(trial::decode_attention(gpu, HEADS, position, norm))
            })
        }
        "swiglu" => once(shape, move |gpu| {
            Box::pin(async move { Ok(trial::swiglu(gpu, m, k, 0).await?.max(trial::swiglu(gpu, m, k, 67).await?)) })
        }),
        "top_k" => {
            let (m, wide, most) = (m.min(5), k * 8, k.min(61));
            in_lanes(format!("{m} × {wide}, k {most}"), move |gpu| {
                Box::pin(async move {
                    let scattered = trial::top_k(gpu, &math::activations(m * wide, 5), wide, most).await?;
                    Ok(scattered.max(trial::top_k(gpu, &trial::crowded(m * wide), wide, most).await?))
                })
            })
        }
        "cosine_scores" | "cosine_scores_int8" => {
            let in_integers = kernel == "cosine_scores_int8";
            let rung = |rung: Rung| {
                Trial::new(format!("{m} × {k}, {n}"), None, move |gpu| {
                    if in_integers {
                        Box::pin(trial::cosine_scores_int8(gpu, [m, k, n], rung))
                    } else {
                        Box::pin(trial::cosine_scores(gpu, [m, k, n], rung))
                    }
                })
            };
            vec![rung(Rung::First), rung(Rung::Last)]
        }
        _ => Vec::new(),
    }
}
