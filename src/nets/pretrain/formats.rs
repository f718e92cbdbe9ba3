//! What each number format costs the finished model, as the lab measures it.

use std::rc::Rc;

use crate::data::held_out::{HeldOutText, WINDOW, windows_for};
use crate::data::llama::{Checkpoint, LlamaConfig};
use crate::data::tokenizer::Tokenizer;
use crate::data::world::Language;
use crate::math::{WeightFormat, cross_entropy};
use crate::model::{Decoder, Place, Plan};
use crate::protocol::LabError;

/// Weights that share a scale.
pub const GROUP: u32 = 64;

/// The model with all its matrices in one format.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub format: WeightFormat,
    /// Packed, scales and norms included.
    pub size_bytes: u64,
    /// Spanish and English, on held-out combinations.
    pub perplexities: [f64; 2],
}

/// Every format, on at least so many tokens of each language.
///
/// # Errors
/// Those of the decoder and the tokenizer.
pub fn table(
    config: &LlamaConfig,
    weights: &[Vec<f32>],
    tokenizer: &Tokenizer,
    tokens: usize,
) -> Result<Vec<Row>, LabError> {
    let checkpoint = Rc::new(Checkpoint::new(config.clone(), weights.to_vec())?);
    let mut decoder = Decoder::new(Place::Processor, &checkpoint, &Plan::uniform(config, WeightFormat::Fp32, GROUP))?;
    let count = windows_for(tokens);
    let mut out = Vec::new();
    for format in WeightFormat::ALL {
        let plan = Plan::uniform(config, format, GROUP);
        decoder.follow(&plan)?;
        let perplexity = |language: Language| {
            let (mut text, mut nats) = (HeldOutText::new(language), 0.0);
            for _ in 0..count {
                let (inputs, targets) = text.next_window(tokenizer)?;
                let logits = pollster::block_on(decoder.logits(&inputs, async || Ok(())))?;
                nats += cross_entropy(&logits, &targets).iter().sum::<f64>();
            }
            Ok::<f64, LabError>((nats / (count * WINDOW) as f64).exp())
        };
        let perplexities = [perplexity(Language::Spanish)?, perplexity(Language::English)?];
        out.push(Row { format, size_bytes: plan.packed_bytes(config) + Plan::norm_bytes(config), perplexities });
    }
    Ok(out)
}
