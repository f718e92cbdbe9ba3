//! Pretraining in small: the loss falls, an interrupted run ends as an uninterrupted one, the folder is complete, and the
//! graph computes what the reference says.

use std::path::{Path, PathBuf};

use afina::data::llama::{Checkpoint, LlamaConfig};
use afina::data::tokenizer::Tokenizer;
use afina::data::world::World;
use afina::math::WeightFormat;
use afina::model::{Decoder, Place as Tier, Plan};
use afina::nets::pretrain::{Settings, Stream, Wish, run};
use afina::nets::{Llama, Net, Place};
use burn::tensor::{Tensor, TensorData};
use pollster::block_on;

const TOKENIZER: &str = "www/models/afina-small/tokenizer.json";

/// Small, with heads that share keys.
fn small() -> LlamaConfig {
    LlamaConfig {
        vocabulary: 2048,
        channels: 32,
        inner: 48,
        layers: 2,
        heads: 4,
        key_heads: 2,
        head_dim: 8,
        context: 64,
        epsilon: 1e-5,
        rope_base: 10_000.0,
        tied: true,
        begin_token: Some(0),
        end_token: Some(0),
    }
}

/// A fresh folder with a tokenizer.
fn folder(name: &str) -> PathBuf {
    let out = Path::new(env!("CARGO_TARGET_TMPDIR")).join("pretrain").join(name);
    let _ = std::fs::remove_dir_all(&out);
    std::fs::create_dir_all(&out).unwrap();
    std::fs::copy(TOKENIZER, out.join("tokenizer.json")).unwrap();
    out
}

fn settings(out: &Path) -> Settings {
    Settings {
        out: out.to_owned(),
        state: out.join("state.bin"),
        config: small(),
        steps: 40,
        batch: 4,
        context: 32,
        rate: 1e-2,
        device: Wish::Cpu,
        measured: 2,
        ..Settings::default()
    }
}

/// Runs, and gives what was said.
fn said(settings: &Settings) -> Result<Vec<String>, String> {
    let mut lines = Vec::new();
    run(settings, &mut |line| lines.push(line.to_owned())).map_err(|e| e.to_string())?;
    Ok(lines)
}

#[test]
fn a_run_learns_and_one_that_was_interrupted_ends_the_same() {
    let (whole, parts) = (folder("whole"), folder("parts"));
    let lines = said(&settings(&whole)).unwrap();
    assert!(lines.iter().any(|l| l.starts_with("step 40/40") && l.contains("tokens/s")), "{lines:?}");
    let half = Settings { stop_after: Some(17), ..settings(&parts) };
    said(&half).unwrap();
    let rest = Settings { resume: true, ..settings(&parts) };
    assert!(said(&rest).unwrap()[0].contains("after step 17 of 40"));
    for name in ["model.safetensors", "config.json", "generation_config.json", "loss.csv", "loss.svg"] {
        let [a, b] = [&whole, &parts].map(|folder| std::fs::read(folder.join(name)).unwrap());
        assert!(!a.is_empty() && a == b, "{name}");
    }
    let curve = std::fs::read_to_string(whole.join("loss.csv")).unwrap();
    let losses: Vec<f64> = curve.lines().skip(1).map(|l| l.split(',').nth(2).unwrap().parse().unwrap()).collect();
    assert_eq!(losses.len(), 40);
    let mean = |part: &[f64]| part.iter().sum::<f64>() / part.len() as f64;
    // It begins as one that guesses: ln 2048 = 7.62.
    assert!((losses[0] - 2048f64.ln()).abs() < 0.1, "{}", losses[0]);
    assert!(mean(&losses[35..]) < losses[0] - 0.8, "{losses:?}");
    let card = std::fs::read_to_string(whole.join("README.md")).unwrap();
    for part in ["| seed | 1 |", "reviews, without labels | es |", "ReAct traces | en |", "held-out combinations"] {
        assert!(card.contains(part), "{part}: {card}");
    }
    // Whoever asks for something else does not go on from this.
    let other = Settings { resume: true, rate: 2e-2, ..settings(&parts) };
    assert!(said(&other).unwrap_err().contains("another run"));
    let state = std::fs::read(parts.join("state.bin")).unwrap();
    std::fs::write(parts.join("state.bin"), &state[..state.len() - 5]).unwrap();
    assert!(said(&rest).unwrap_err().contains("cut off"));
}

#[test]
fn the_graph_computes_what_the_decoder_does() {
    let config = small();
    let weights = Llama::initial(&config, 5);
    let ids: Vec<u32> = (0..64).map(|i| i * 37 % 2048).collect();
    let device = Place::Cpu.device().unwrap();
    let parameters: Vec<Tensor<2>> = config
        .tensors()
        .iter()
        .zip(&weights)
        .map(|(spec, w)| Tensor::from_data(TensorData::new(w.clone(), [spec.rows, spec.cols]), &device))
        .collect::<Vec<_>>();
    let graph = Llama::new(&Place::Cpu, &config, 64, 0).unwrap();
    let net = Net::trained(&config, &parameters).unwrap();
    let logits = graph.logits(&net, graph.ids(&ids, ids.len())).unwrap();
    let got = logits.into_data().try_to_vec::<f32>().unwrap();
    let checkpoint = Checkpoint::new(config.clone(), weights).unwrap();
    let plan = Plan::uniform(&config, WeightFormat::Fp32, 64);
    let decoder = Decoder::new(Tier::Processor, &checkpoint.into(), &plan).unwrap();
    let expected = block_on(decoder.logits(&ids, async || Ok(()))).unwrap();
    let worst = got.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max);
    // The tolerance of the decoder's own comparison with `transformers`.
    assert!(got.len() == expected.len() && worst <= 1e-4, "{worst}");
    assert!(Net::trained(&config, &parameters[1..]).is_err());
    assert!(graph.logits(&net, graph.ids(&ids[..60], 60)).is_err());
    assert!(Llama::new(&Place::Cpu, &config, 65, 0).is_err() && Llama::new(&Place::Cpu, &config, 64, 1).is_err());
}

#[test]
fn three_of_five_sequences_are_spanish_and_skipping_is_reading_on() {
    let tokenizer = Tokenizer::read("tokenizer.json", &std::fs::read(TOKENIZER).unwrap()).unwrap();
    let stream = || Stream::new(World::new(1), &tokenizer).unwrap();
    let mut read = stream();
    let sequences: Vec<Vec<u32>> = (0..10).map(|_| read.next_sequence(257).unwrap()).collect();
    assert!(sequences.iter().all(|s| s.len() == 257 && s[0] == 0));
    let spanish = |ids: &Vec<u32>| {
        let text = tokenizer.decode(ids).unwrap();
        let count = |words: &[&str]| words.iter().map(|word| text.matches(word).count()).sum::<usize>();
        count(&[" de ", " el ", " la ", " que ", " en "]) > count(&[" the ", " and ", " of ", " in ", " is "])
    };
    assert_eq!(sequences.iter().filter(|s| spanish(s)).count(), 6, "{:?}", tokenizer.decode(&sequences[1]));
    let mut later = stream();
    later.skip(7, 257).unwrap();
    assert_eq!(later.next_sequence(257).unwrap(), sequences[7]);
}
