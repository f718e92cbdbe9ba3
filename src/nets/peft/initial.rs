//! How the matrices of a method begin.

use crate::data::llama::Part;
use crate::math::peft::{Method, PeftSettings, Role, Trainable};
use crate::math::{Generator, hash_u32};
use crate::protocol::LabError;

use super::Base;

/// Spread of virtual keys and values at the start: small beside those of a text, so that the first step already sees the
/// base's answers.
const PREFIX_STD: f64 = 0.1;

/// The values of every matrix that `method` trains, in the order of `parts`.
///
/// LoRA's `A` is uniform within `1 / sqrt(inputs)` and `B` zero, so that the first forward pass is the base's; an adapter's
/// second matrix is zero for the same reason. A prompt begins as embeddings: of `prompt`, over and over, or of random tokens
/// where that is empty. What full fine-tuning and the head train begins as the base has it.
///
/// # Source
/// Hu et al. 2021, arXiv:2106.09685, section 4.1, with `peft`'s uniform `A`; Houlsby et al. 2019, arXiv:1902.00751, section
/// 2.1; Lester et al. 2021, arXiv:2104.08691, section 2.1 (initialisation from the vocabulary or a text).
/// # Errors
/// [`LabError::Shape`] if the base lacks what `parts` name.
pub(super) fn initial(
    base: &Base,
    method: Method,
    settings: &PeftSettings,
    parts: &[Trainable],
    seed: u32,
    prompt: &[u32],
) -> Result<Vec<Vec<f32>>, LabError> {
    if method == Method::Full {
        return Ok(base.checkpoint.tensors().to_vec());
    }
    let made = |(index, part): (usize, &Trainable)| -> Result<Vec<f32>, LabError> {
        let mut random = Generator::new(hash_u32(seed, index as u32));
        let mut uniform = |inputs: usize| {
            let reach = 1.0 / (inputs as f64).sqrt();
            (0..part.count()).map(|_| ((2.0 * random.next_f64() - 1.0) * reach) as f32).collect::<Vec<f32>>()
        };
        Ok(match part.role {
            Role::LoraA(_) | Role::AdapterDown(_) | Role::PrefixHidden | Role::PrefixOut => uniform(part.cols),
            Role::PrefixHiddenBias => uniform(base.shape.key_heads * base.shape.head_dim),
            Role::PrefixOutBias => uniform(settings.prefix.hidden as usize),
            Role::LoraB(_) | Role::AdapterDownBias(_) | Role::AdapterUp(_) | Role::AdapterUpBias(_) => {
                vec![0.0; part.count()]
            }
            Role::PrefixTable => (0..part.count()).map(|_| random.normal() as f32).collect(),
            Role::DeepPrompt => (0..part.count()).map(|_| (random.normal() * PREFIX_STD) as f32).collect(),
            Role::Prompt => {
                let table = base.part(None, Part::Embedding)?;
                let (wide, rows) = (part.cols, base.shape.vocabulary as u32);
                let token = |i: usize, random: &mut Generator| match prompt {
                    [] => random.below(rows),
                    text => text[i % text.len()],
                };
                let mut out = Vec::with_capacity(part.count());
                for i in 0..part.rows {
                    let row = token(i, &mut random) as usize;
                    out.extend_from_slice(&table[row * wide..][..wide]);
                }
                out
            }
            Role::Head => base.part(None, Part::Head)?.to_vec(),
            Role::Embedding | Role::AttentionNorm | Role::Matrix(_) | Role::FeedForwardNorm | Role::FinalNorm => {
                return Err(LabError::Shape {
                    operation: "initial".into(),
                    expected: "what a method adds".into(),
                    got: format!("{:?}", part.role),
                });
            }
        })
    };
    parts.iter().enumerate().map(made).collect()
}
