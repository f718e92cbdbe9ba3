//! Times every kernel: `bench [--side N] [--shape M,N,K] [--json FILE]`. Quantization at a side of 4096, or 512 on a software
//! GPU; products of one shape alone if it is given. With the feature `train`, `bench --peer [--trainings] [--json FILE]` times
//! products and steps of LoRA beside burn's own, or whole steps of training alone; with `text-models` too,
//! `bench --tune [--seeds N] [--jobs N] [--markdown FILE]` measures the accuracy of every fine-tuning method.

#[cfg(all(feature = "train", feature = "text-models"))]
mod tune;

use std::rc::Rc;

use afina::gpu::{Gpu, PowerPreference};
use afina::kernels::bench;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let option = |name: &str| arguments.iter().position(|a| a == name).and_then(|i| arguments.get(i + 1));
    #[cfg(all(feature = "train", feature = "text-models"))]
    if arguments.iter().any(|a| a == "--tune") {
        let seeds = option("--seeds").map_or(Ok(3), |n| n.parse())?;
        let at_once = || std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let jobs = option("--jobs").map_or_else(|| Ok(at_once()), |n| n.parse())?;
        let mut told = 0;
        tune::accuracies(seeds, jobs, |text| {
            print!("{}", &text[told..]);
            told = text.len();
            option("--markdown").map_or(Ok(()), |path| std::fs::write(path, text))
        })?;
        return Ok(());
    }
    let gpu = Rc::new(pollster::block_on(Gpu::open(PowerPreference::HighPerformance))?);
    #[cfg(feature = "train")]
    if arguments.iter().any(|a| a == "--peer") {
        use afina::nets::peer;
        let (mut products, mut steps) = (Vec::new(), Vec::new());
        if !arguments.iter().any(|a| a == "--trainings") {
            products = pollster::block_on(peer::products(&gpu, peer::ROUNDS))?;
            steps = pollster::block_on(peer::lora_steps(&gpu, peer::ROUNDS))?;
        }
        let mut trainings = Vec::new();
        for &shape in peer::training_shapes(&gpu) {
            trainings.extend(pollster::block_on(peer::training_steps(&gpu, shape, peer::ROUNDS))?);
        }
        let device = gpu.adapter_key();
        print!("{}", peer::table(&device, &products, &steps, &trainings));
        let report = serde_json::json!({ "device": device, "products": products, "lora_steps": steps, "training_steps": trainings });
        if let Some(path) = option("--json") {
            std::fs::write(path, serde_json::to_string_pretty(&report)?)?;
        }
        return Ok(());
    }
    let side = option("--side").map_or(Ok(if gpu.is_software { 512 } else { 4096 }), |s| s.parse())?;
    let products = pollster::block_on(bench::products(&gpu, option("--shape").map(|text| shape(text)).transpose()?))?;
    print!("{}", products.table());
    let steps = pollster::block_on(bench::run(&gpu, side, side))?;
    print!("\n{}", steps.table());
    let report = serde_json::json!({ "products": products, "quantization": steps });
    if let Some(path) = option("--json") {
        std::fs::write(path, serde_json::to_string_pretty(&report)?)?;
    }
    let healthy = steps.unhealthy.is_empty() && products.wrong().is_empty();
    if healthy { Ok(()) } else { Err("a kernel disagrees with its reference".into()) }
}

/// Three sides of a product.
fn shape(text: &str) -> Result<(usize, usize, usize), Box<dyn std::error::Error>> {
    let sides = text.split(',').map(str::parse).collect::<Result<Vec<usize>, _>>()?;
    match sides[..] {
        [m, n, k] if m * n * k > 0 => Ok((m, n, k)),
        _ => Err(format!("--shape takes M,N,K and not {text}").into()),
    }
}
