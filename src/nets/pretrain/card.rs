//! The model folder: weights, configuration, card and loss curve.

use std::fmt::Write as _;

use crate::data::held_out::{WINDOW, windows_for};
use crate::data::llama::model_files;

use super::formats::{self, GROUP};
use super::measure;
use super::{Failure, Progress, Settings, write_whole};

/// What was measured of the finished model, and what it was trained on.
pub struct Measured {
    pub table: Vec<measure::Row>,
    pub formats: Vec<formats::Row>,
    /// Of each language, that the formats were measured on.
    pub tokens: usize,
    pub device: String,
}

/// Points of the curve that is drawn.
const POINTS: usize = 200;

/// Writes `config.json`, `generation_config.json`, `model.safetensors`, `loss.csv`, `loss.svg` and `README.md`.
///
/// # Errors
/// Those of the files.
pub fn write(
    settings: &Settings,
    weights: &[Vec<f32>],
    progress: &Progress,
    measured: &Measured,
) -> Result<(), Failure> {
    let file = |name: &str, bytes: &[u8]| write_whole(&settings.out.join(name), bytes);
    for (name, bytes) in model_files(&settings.config, weights) {
        file(&name, &bytes)?;
    }
    file("loss.csv", curve(settings, progress).as_bytes())?;
    file("loss.svg", drawing(progress).as_bytes())?;
    file("README.md", card(settings, progress, measured).as_bytes())
}

/// Every step's loss, and beside it what was held out where it was looked at; in nats a token.
fn curve(settings: &Settings, progress: &Progress) -> String {
    let mut out = String::from("step,tokens,loss,held_out_es,held_out_en\n");
    for (step, loss) in (1u32..).zip(&progress.losses) {
        let look = progress.looks.iter().find(|look| look.0 == step);
        let held_out = look.map_or(",".to_owned(), |(_, es, en)| format!("{es:.5},{en:.5}"));
        let tokens = u64::from(step) * settings.step_tokens() as u64;
        // Writing to a text cannot fail.
        let _ = writeln!(out, "{step},{tokens},{loss:.5},{held_out}");
    }
    out
}

/// The curve as a picture, means of neighbouring steps.
fn drawing(progress: &Progress) -> String {
    const SIZE: (f64, f64) = (720.0, 360.0);
    const EDGE: (f64, f64) = (48.0, 32.0);
    let steps = progress.losses.len().max(1);
    let bin = steps.div_ceil(POINTS);
    let top = f64::from(progress.losses.iter().copied().fold(1.0, f32::max));
    let place = |step: f64, loss: f64| {
        let x = EDGE.0 + step / steps as f64 * (SIZE.0 - EDGE.0 - 16.0);
        let y = SIZE.1 - EDGE.1 - loss / top * (SIZE.1 - EDGE.1 - 16.0);
        format!("{x:.1},{y:.1}")
    };
    let line = |points: Vec<String>, colour: &str| {
        format!("<polyline fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\" points=\"{}\"/>\n", points.join(" "))
    };
    let mean = |part: &[f32]| part.iter().map(|&l| f64::from(l)).sum::<f64>() / part.len() as f64;
    let trained = progress.losses.chunks(bin).enumerate();
    let trained = trained.map(|(i, part)| place((i * bin) as f64 + part.len() as f64 / 2.0, mean(part))).collect();
    let looks = |of: fn(&(u32, f64, f64)) -> f64| {
        progress.looks.iter().map(|look| place(f64::from(look.0), of(look))).collect::<Vec<_>>()
    };
    let (width, height) = SIZE;
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" font-family=\"system-ui, sans-serif\" \
         font-size=\"13\">\n<rect width=\"{width}\" height=\"{height}\" fill=\"#ffffff\"/>\n"
    );
    for tick in 0..=top as u32 {
        let y = place(0.0, f64::from(tick));
        let y = y.split(',').next_back().unwrap_or_default();
        let _ = writeln!(out, "<path d=\"M{} {y}H{}\" stroke=\"#dddddd\"/>", EDGE.0, width - 16.0);
        let _ = writeln!(out, "<text x=\"{}\" y=\"{y}\" dy=\"4\" text-anchor=\"end\">{tick}</text>", EDGE.0 - 6.0);
    }
    out += &line(trained, "#0072b2");
    out += &line(looks(|look| look.1), "#d55e00");
    out += &line(looks(|look| look.2), "#009e73");
    for (i, (name, colour)) in
        [("training", "#0072b2"), ("held out, Spanish", "#d55e00"), ("held out, English", "#009e73")].iter().enumerate()
    {
        let y = 24 + 18 * i;
        let _ =
            writeln!(out, "<text x=\"{}\" y=\"{y}\" text-anchor=\"end\" fill=\"{colour}\">{name}</text>", width - 20.0);
    }
    let _ = writeln!(
        out,
        "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\">loss in nats a token, over {steps} steps</text>\n</svg>",
        width / 2.0,
        height - 8.0
    );
    out
}

fn card(settings: &Settings, progress: &Progress, measured: &Measured) -> String {
    let Measured { table, formats, tokens: lab_tokens, device } = measured;
    let Settings { config, seed, steps, batch, context, rate, .. } = settings;
    let tokens = u64::from(*steps) * settings.step_tokens() as u64;
    let minutes = progress.seconds / 60.0;
    let last = progress.losses.len().min(100);
    let loss = progress.losses[progress.losses.len() - last..].iter().sum::<f32>() / last.max(1) as f32;
    let mut out = format!(
        "---\nlanguage: [es, en]\nlicense: mit\nlibrary_name: transformers\ntags: [llama, tiny, teaching]\n---\n\n\
         # afina-small\n\n\
         A decoder of the Llama family with {parameters} parameters, trained from nothing on the little world, a seeded \
         generator of short texts about the people of one valley, Spanish first and English second. It has read documents \
         only: no labels, no answered instructions, no traces of tools. So it goes on with a text as its text goes on, and \
         knows nothing of the real world.\n\n\
         Made by `cargo run --release --features train,text-models --bin pretrain`; nothing in it comes from elsewhere.\n\n\
         | | |\n| --- | --- |\n",
        parameters = config.parameters(),
    );
    let rows = [
        ("parameters", config.parameters().to_string()),
        (
            "vocabulary, channels, inner channels",
            format!("{}, {}, {}", config.vocabulary, config.channels, config.inner),
        ),
        ("layers, query heads, key heads", format!("{}, {}, {}", config.layers, config.heads, config.key_heads)),
        ("context", format!("{} tokens", config.context)),
        ("seed", seed.to_string()),
        ("steps", format!("{steps} of {batch} sequences of {context} tokens: {tokens} tokens")),
        ("optimizer", format!("AdamW, rate {rate}, betas 0.9 and 0.95, decay 0.1, gradients clipped at 1")),
        ("trained on", format!("{device}, {minutes:.0} minutes")),
        ("loss in the end", format!("{loss:.4} nats a token (mean of the last {last} steps)")),
    ];
    for (name, value) in rows {
        let _ = writeln!(out, "| {name} | {value} |");
    }
    let _ = write!(
        out,
        "\n![Loss](loss.svg)\n\n## Perplexity\n\n\
         Of texts that the model has not read: about combinations of people, places and things that were trained on, and \
         about held-out ones; {} windows of {context} tokens each. Formats that it was never shown (answers, headlines, \
         traces) are what fine-tuning is for.\n\n\
         | text | language | known combinations | held-out combinations |\n| --- | --- | --- | --- |\n",
        settings.measured
    );
    for row in table {
        let (language, known, held_out) = (row.language.code(), row.known.exp(), row.held_out.exp());
        let _ = writeln!(out, "| {} | {language} | {known:.3} | {held_out:.3} |", row.kind.name());
    }
    let _ = write!(
        out,
        "\n## Perplexity by format\n\n\
         All matrices in one format, {GROUP} weights a scale, on held-out documents: {} windows of {WINDOW} tokens of each \
         language, each read by itself. The lab \"bits to text\" measures the same in the browser.\n\n\
         | format | KB | es | en |\n| --- | --- | --- | --- |\n",
        windows_for(*lab_tokens)
    );
    for row in formats {
        let (name, kilobytes, [es, en]) = (row.format.name(), row.size_bytes as f64 / 1024.0, row.perplexities);
        let _ = writeln!(out, "| {name} | {kilobytes:.0} | {es:.4} | {en:.4} |");
    }
    out
}
