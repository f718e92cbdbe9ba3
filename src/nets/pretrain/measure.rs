//! Loss on text that was held out.

use burn::tensor::{Tensor, TensorData};

use crate::data::llama::LlamaConfig;
use crate::data::tokenizer::Tokenizer;
use crate::data::world::{Language, Split, World};
use crate::nets::device::values;
use crate::nets::{Llama, Net, Place};
use crate::protocol::LabError;

use super::Settings;

/// Sequences that go through the model together.
const TOGETHER: usize = 8;
/// Of a quick look.
const LOOK: usize = 8;
/// Texts about combinations that were trained on, but none that the model has read: numbered from far beyond.
const UNREAD: u32 = 1 << 28;

/// The kinds of text that perplexities are told of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Documents,
    Reviews,
    Questions,
    Headlines,
    Instructions,
    Traces,
}

impl Kind {
    pub const ALL: [Kind; 6] =
        [Kind::Documents, Kind::Reviews, Kind::Questions, Kind::Headlines, Kind::Instructions, Kind::Traces];

    /// As the card says it.
    pub fn name(self) -> &'static str {
        match self {
            Kind::Documents => "documents (as in pretraining)",
            Kind::Reviews => "reviews, without labels",
            Kind::Questions => "questions about a document, with answers",
            Kind::Headlines => "reports with headlines",
            Kind::Instructions => "instructions with good answers",
            Kind::Traces => "ReAct traces",
        }
    }

    fn text(self, world: World, language: Language, split: Split, index: u32) -> String {
        match self {
            Kind::Documents => world.document(language, split, index).text,
            Kind::Reviews => world.review(language, split, index).text,
            Kind::Questions => {
                let q = world.question(language, split, index);
                format!("{} {}", q.prompt(), q.answer)
            }
            Kind::Headlines => {
                let h = world.headline(language, split, index);
                format!("{} {}", h.prompt(), h.headline)
            }
            Kind::Instructions => {
                let i = world.instruction(language, split, index);
                format!("{}\n{}", i.prompt, i.good)
            }
            Kind::Traces => world.trace(language, split, index).text(),
        }
    }
}

/// The mean loss on one kind of text, in nats a token: of combinations that were trained on, and of held-out ones.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    pub language: Language,
    pub kind: Kind,
    pub known: f64,
    pub held_out: f64,
}

struct Measure<'a> {
    model: Llama,
    net: Net,
    tokenizer: &'a Tokenizer,
    world: World,
    context: usize,
}

impl<'a> Measure<'a> {
    fn new(
        place: &Place,
        config: &LlamaConfig,
        weights: &[Vec<f32>],
        tokenizer: &'a Tokenizer,
        settings: &Settings,
    ) -> Result<Measure<'a>, LabError> {
        let device = place.device()?;
        let parameters: Vec<Tensor<2>> = config
            .tensors()
            .iter()
            .zip(weights)
            .map(|(spec, w)| Tensor::from_data(TensorData::new(w.clone(), [spec.rows, spec.cols]), &device))
            .collect();
        let model = Llama::new(place, config, settings.context, 0)?;
        let net = Net::trained(config, &parameters)?;
        Ok(Measure { model, net, tokenizer, world: World::new(settings.seed), context: settings.context })
    }

    /// The mean loss over `sequences` windows of texts one after the other, the end of text before each.
    fn loss(&self, kind: Kind, language: Language, split: Split, sequences: usize) -> Result<f64, LabError> {
        let end = self.tokenizer.end_of_text()?;
        let mut index = if split == Split::Train { UNREAD } else { 0 };
        let mut ids = Vec::new();
        while ids.len() < sequences * self.context + 1 {
            ids.push(end);
            ids.extend(self.tokenizer.encode(&kind.text(self.world, language, split, index))?);
            index += 1;
        }
        let mut sum = 0.0;
        for first in (0..sequences).step_by(TOGETHER) {
            let count = TOGETHER.min(sequences - first);
            let part = |shift: usize| &ids[first * self.context + shift..][..count * self.context];
            let logits = self.model.logits(&self.net, self.model.ids(part(0), self.context))?;
            let loss = self.model.loss(logits, self.model.ids(part(1), self.context));
            sum += f64::from(pollster::block_on(values(loss))?[0]) * count as f64;
        }
        Ok(sum / sequences as f64)
    }
}

/// A quick look at documents of held-out combinations, Spanish and English: the mean loss in nats a token.
///
/// # Errors
/// Those of the model.
pub fn held_out(
    place: &Place,
    config: &LlamaConfig,
    weights: &[Vec<f32>],
    tokenizer: &Tokenizer,
    settings: &Settings,
) -> Result<[f64; 2], LabError> {
    let measure = Measure::new(place, config, weights, tokenizer, settings)?;
    let look = |language| measure.loss(Kind::Documents, language, Split::Validation, LOOK.min(settings.measured));
    Ok([look(Language::Spanish)?, look(Language::English)?])
}

/// Every kind of text in both languages.
///
/// # Errors
/// Those of the model.
pub fn table(
    place: &Place,
    config: &LlamaConfig,
    weights: &[Vec<f32>],
    tokenizer: &Tokenizer,
    settings: &Settings,
) -> Result<Vec<Row>, LabError> {
    let measure = Measure::new(place, config, weights, tokenizer, settings)?;
    let mut out = Vec::new();
    for kind in Kind::ALL {
        for language in Language::ALL {
            let loss = |split| measure.loss(kind, language, split, settings.measured);
            out.push(Row { language, kind, known: loss(Split::Train)?, held_out: loss(Split::Test)? });
        }
    }
    Ok(out)
}
