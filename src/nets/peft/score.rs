//! Loss and right answers, without gradients.

use burn::tensor::Tensor;

use crate::math::{cross_entropy, likeliest};
use crate::nets::{Llama, values};
use crate::protocol::LabError;

use super::pass::{logits_at, part_of_prefix};
use super::{Batch, Learner, Sample};

/// What a batch's places were answered with.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scored {
    /// The sum of `-ln p(target)` over the places, in nats.
    pub loss: f64,
    pub places: usize,
    /// Places whose likeliest token is the target.
    pub right_places: usize,
    /// Of each sequence the likeliest token at each of its places, given the right ones before it.
    pub said: Vec<Vec<u32>>,
    /// Whether all of them are right: then the model, always taking the likeliest token, would write the very answer.
    pub right: Vec<bool>,
}

/// Answers a batch. `leaves` are the learner's matrices without a graph.
///
/// # Errors
/// Those of the graph and the kernels; whatever `breathe` returns.
pub async fn score(
    learner: &Learner,
    leaves: &[Tensor<2>],
    batch: &Batch,
    mut breathe: impl AsyncFnMut() -> Result<(), LabError>,
) -> Result<Scored, LabError> {
    let logits = values(answered(learner, leaves, batch, &mut breathe).await?).await?;
    let mut out = Scored { places: batch.targets.len(), ..Scored::default() };
    out.loss = cross_entropy(&logits, &batch.targets).iter().sum();
    let rows: Vec<u32> = logits.chunks_exact(learner.base.shape.vocabulary).map(|row| likeliest(row) as u32).collect();
    out.right_places = rows.iter().zip(&batch.targets).filter(|(said, wanted)| said == wanted).count();
    let mut first = 0;
    for &end in &batch.ends {
        out.right.push(rows[first..end] == batch.targets[first..end]);
        out.said.push(rows[first..end].to_vec());
        first = end;
    }
    Ok(out)
}

/// Logits at the places of a batch.
///
/// # Shapes
/// `[N, V]`
async fn answered(
    learner: &Learner,
    leaves: &[Tensor<2>],
    batch: &Batch,
    breathe: &mut impl AsyncFnMut() -> Result<(), LabError>,
) -> Result<Tensor<2>, LabError> {
    let net = learner.net(leaves, None)?;
    let (prompt, prefix) = (learner.prompt_tokens(), learner.prefix_tokens());
    let model = Llama::new(&learner.base.place, learner.base.config(), prompt + batch.tokens, prefix)?;
    let whole_prefix = learner.prefix(leaves);
    let mut x = model.embed(&net, model.ids(&batch.ids, batch.tokens))?;
    for (at, layer) in net.layers.iter().enumerate() {
        breathe().await?;
        let mut layer = layer.clone();
        layer.prefix = whole_prefix.as_ref().map(|whole| part_of_prefix(whole, at, net.layers.len()));
        x = model.layer(x, &layer)?;
    }
    breathe().await?;
    logits_at(&model, &net, x, batch, prompt)
}

/// Logits of the token after a text.
///
/// # Shapes
/// `ids [T]` -> `[V]`
/// # Errors
/// As [`score`]; [`LabError::Shape`] for an empty text.
pub async fn next_logits(learner: &Learner, leaves: &[Tensor<2>], ids: &[u32]) -> Result<Vec<f32>, LabError> {
    // What follows the last token is asked, whatever it is.
    let mut text = ids.to_vec();
    text.push(0);
    let sample = Sample { answer: ids.len(), ids: text };
    let batch = Batch::of(&[&sample], true, 1)?;
    values(answered(learner, leaves, &batch, &mut async || Ok(())).await?).await
}
