//! Pretraining: from random weights to the model that ships, on the text of the little world.
//!
//! ```text
//! settings.rs  what is asked for at the terminal
//! text.rs      the text as sequences of token numbers
//! progress.rs  the losses so far, and the file that an interrupted run goes on from
//! measure.rs   loss on text that was held out
//! formats.rs   the same with fewer bits a weight
//! card.rs      the model folder: weights, configuration, card, loss curve
//! ```
//!
//! The same seed gives the same model on the same kind of device, whether the run was interrupted or not.

mod card;
mod formats;
mod measure;
mod progress;
mod settings;
mod text;

use std::path::Path;
use std::time::Instant;

use crate::data::tokenizer::Tokenizer;
use crate::data::world::World;
use crate::gpu::{Gpu, PowerPreference};
use crate::math::{AdamW, Decay, Rule, rate_of_step};
use crate::protocol::LabError;

use super::device::values;
use super::{Initial, Llama, Net, Place, Trained, backward};

pub use progress::Progress;
pub use settings::{Settings, Wish, shipped};
pub use text::Stream;

/// Steps between two looks at held-out text.
const LOOK_EVERY: u32 = 200;
/// Tokens of each language that the lab hands a plan's grade out on.
const LAB_TOKENS: usize = 5_000;
/// Gradients longer than this are scaled down.
const CLIP: f32 = 1.0;
/// Part of all steps in which the rate rises, and what is left of it in the end.
const WARM_UP: f64 = 0.05;
const LAST_RATE: f64 = 0.05;

/// What went wrong, for a person at a terminal.
pub type Failure = Box<dyn std::error::Error>;

fn place(wish: Wish) -> Result<Place, LabError> {
    let open = || pollster::block_on(Gpu::open(PowerPreference::HighPerformance));
    match wish {
        Wish::Cpu => Ok(Place::Cpu),
        Wish::Gpu => Ok(Place::Gpu(open()?.into())),
        // A software adapter is slower than the processor that it runs on.
        Wish::Auto => Ok(match open() {
            Ok(gpu) if !gpu.is_software() => Place::Gpu(gpu.into()),
            _ => Place::Cpu,
        }),
    }
}

/// Trains as asked for and writes the model folder; `say` is told each line of progress.
///
/// # Errors
/// [`LabError`]s, and those of files, with their names.
pub fn run(settings: &Settings, say: &mut dyn FnMut(&str)) -> Result<(), Failure> {
    let file = settings.out.join("tokenizer.json");
    let bytes = std::fs::read(&file).map_err(|e| format!("{}: {e}", file.display()))?;
    let tokenizer = Tokenizer::read("tokenizer.json", &bytes)?;
    let config = &settings.config;
    if tokenizer.size() > config.vocabulary {
        return Err(format!("{} tokens do not fit a vocabulary of {}", tokenizer.size(), config.vocabulary).into());
    }
    let place = place(settings.device)?;
    let device_name = match &place {
        Place::Cpu => format!("CPU, {} threads", std::thread::available_parallelism().map_or(1, usize::from)),
        Place::Gpu(gpu) => gpu.adapter_key(),
    };
    let specs = config.tensors();
    let weights = Llama::initial(config, settings.seed);
    let initial: Vec<Initial<'_>> = specs
        .iter()
        .zip(&weights)
        .map(|(spec, w)| Initial { values: w, rows: spec.rows, cols: spec.cols, decays: spec.part.is_matrix() })
        .collect();
    let mut trained = Trained::new(&place, &initial)?;
    let mut progress = Progress::begin(settings);
    if settings.resume {
        let saved = progress.load(&settings.state)?;
        trained.import(saved)?;
        say(&format!("going on after step {} of {}", trained.steps(), settings.steps));
    }
    say(&format!(
        "{} parameters, {} steps of {} tokens, on {device_name}",
        config.parameters(),
        settings.steps,
        settings.step_tokens()
    ));
    train(settings, &place, &tokenizer, &mut trained, &mut progress, say)?;
    let weights = pollster::block_on(trained.parameters())?;
    say("measuring on held-out text");
    let table = measure::table(&place, config, &weights, &tokenizer, settings)?;
    let tokens = LAB_TOKENS.min(settings.measured * settings.context);
    let formats = formats::table(config, &weights, &tokenizer, tokens)?;
    card::write(settings, &weights, &progress, &card::Measured { table, formats, tokens, device: device_name })?;
    say(&format!("written to {}", settings.out.display()));
    Ok(())
}

fn train(
    settings: &Settings,
    place: &Place,
    tokenizer: &Tokenizer,
    trained: &mut Trained,
    progress: &mut Progress,
    say: &mut dyn FnMut(&str),
) -> Result<(), Failure> {
    let tokens = settings.context;
    let model = Llama::new(place, &settings.config, tokens, 0)?;
    let mut stream = Stream::new(World::new(settings.seed), tokenizer)?;
    stream.skip(u64::from(trained.steps()) * settings.batch as u64, tokens + 1)?;
    let (begun, first) = (Instant::now(), trained.steps());
    while trained.steps() < settings.last_step() {
        let step = trained.steps() + 1;
        let rate = settings.rate * rate_of_step(step, settings.steps, WARM_UP, Decay::Cosine { last: LAST_RATE });
        let sequences = (0..settings.batch).map(|_| stream.next_sequence(tokens + 1)).collect::<Result<Vec<_>, _>>()?;
        let part = |from: usize| sequences.iter().flat_map(|s| s[from..from + tokens].to_vec()).collect::<Vec<u32>>();
        let loss = pollster::block_on(async {
            let leaves = trained.leaves()?;
            let net = Net::trained(&settings.config, &leaves)?;
            let loss = model.loss(model.logits(&net, model.ids(&part(0), tokens))?, model.ids(&part(1), tokens));
            let gradients = backward(&loss)?;
            let rule = Rule::AdamW(AdamW { rate: rate as f32, beta2: 0.95, decay: 0.1, ..AdamW::default() });
            trained.step(Trained::slopes(&leaves, &gradients), &rule, Some(CLIP)).await?;
            Ok::<f32, LabError>(values(loss.inner()).await?[0])
        })?;
        if !loss.is_finite() {
            return Err(format!("step {step}: the loss is {loss}").into());
        }
        progress.losses.push(loss);
        let here = f64::from(step - first);
        let seconds = begun.elapsed().as_secs_f64();
        progress.seconds = progress.seconds_before + seconds;
        if step.is_multiple_of(settings.say_every) || step == settings.last_step() {
            let speed = here * settings.step_tokens() as f64 / seconds;
            let left = f64::from(settings.steps - step) * seconds / here / 60.0;
            say(&format!(
                "step {step}/{}  loss {loss:.4}  rate {rate:.5}  {speed:.0} tokens/s  {left:.0} min left",
                settings.steps
            ));
        }
        if step.is_multiple_of(LOOK_EVERY) || step == settings.steps {
            let weights = pollster::block_on(trained.parameters())?;
            let [es, en] = measure::held_out(place, &settings.config, &weights, tokenizer, settings)?;
            say(&format!("held out: perplexity {:.3} Spanish, {:.3} English", es.exp(), en.exp()));
            progress.looks.push((step, es, en));
            progress.save(&settings.state, &pollster::block_on(trained.export())?)?;
        }
    }
    if settings.last_step() < settings.steps {
        progress.save(&settings.state, &pollster::block_on(trained.export())?)?;
    }
    Ok(())
}

/// Writes a file by way of another one, so that an interruption leaves the old or the new.
fn write_whole(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let named = |e: std::io::Error| format!("{}: {e}", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).map_err(named)?;
    }
    let beside = path.with_extension("part");
    std::fs::write(&beside, bytes).map_err(named)?;
    Ok(std::fs::rename(&beside, path).map_err(named)?)
}
