//! Which matrices a method trains.

use serde::{Deserialize, Serialize};

use super::{Method, ModelShape, PeftSettings, Placement, Target};

/// What a trained matrix is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// `[V, C]`, of the base.
    Embedding,
    /// `[1, C]`, of the base.
    AttentionNorm,
    /// Of the base.
    Matrix(Target),
    /// `[1, C]`, of the base.
    FeedForwardNorm,
    /// `[1, C]`, of the base.
    FinalNorm,
    /// `[V, C]`; where the base is tied, a copy of the embedding that is trained apart from it.
    Head,
    /// `A [R, inputs]`
    LoraA(Target),
    /// `B [outputs, R]`
    LoraB(Target),
    /// `[M, C]`, after attention (`true`) or after the feed-forward part.
    AdapterDown(bool),
    /// `[1, M]`
    AdapterDownBias(bool),
    /// `[C, M]`
    AdapterUp(bool),
    /// `[1, C]`
    AdapterUpBias(bool),
    /// `[P, C]`
    Prompt,
    /// `[P, J D]`, what the prefix encoder reads.
    PrefixTable,
    /// `[E, J D]`
    PrefixHidden,
    /// `[1, E]`
    PrefixHiddenBias,
    /// `[L 2 J D, E]`
    PrefixOut,
    /// `[1, L 2 J D]`
    PrefixOutBias,
    /// `[P, L 2 J D]`: for each virtual token the key and the value of each layer, heads one after the other.
    DeepPrompt,
}

/// A matrix that a method trains.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trainable {
    pub role: Role,
    /// `None` outside layers.
    pub layer: Option<usize>,
    pub rows: usize,
    pub cols: usize,
}

impl Trainable {
    /// Numbers in it.
    pub fn count(&self) -> usize {
        self.rows * self.cols
    }

    /// Whether weight decay draws it to zero: matrices, but no gains and no biases.
    pub fn decays(&self) -> bool {
        self.rows > 1
    }
}

/// What `method` trains on a model of this shape, in the order in which everything lists it: the base's matrices as
/// [`crate::math::peft`]'s full fine-tuning runs through them, the added ones layer by layer.
///
/// # Source
/// Hugging Face's `peft` for LoRA, prompt and prefix tuning (`PromptEmbedding`, `PrefixEncoder`); Houlsby et al. 2019,
/// arXiv:1902.00751, section 2.1 for adapters (two matrices and two biases each).
pub fn trainable(shape: &ModelShape, method: Method, settings: &PeftSettings) -> Vec<Trainable> {
    let outside = |role, rows, cols| Trainable { role, layer: None, rows, cols };
    let (v, c, key) = (shape.vocabulary, shape.channels, shape.key_heads * shape.head_dim);
    let per_layer = |parts: &dyn Fn() -> Vec<(Role, usize, usize)>| -> Vec<Trainable> {
        let of = |layer| {
            parts().into_iter().map(move |(role, rows, cols)| Trainable { role, layer: Some(layer), rows, cols })
        };
        (0..shape.layers).flat_map(of).collect()
    };
    match method {
        Method::Full => {
            let mut out = vec![outside(Role::Embedding, v, c)];
            out.extend(per_layer(&|| {
                let matrix = |target: Target| {
                    let (rows, cols) = shape.sides(target);
                    (Role::Matrix(target), rows, cols)
                };
                let mut parts = vec![(Role::AttentionNorm, 1, c)];
                parts.extend(Target::ALL[..4].iter().map(|t| matrix(*t)));
                parts.push((Role::FeedForwardNorm, 1, c));
                parts.extend(Target::ALL[4..].iter().map(|t| matrix(*t)));
                parts
            }));
            out.push(outside(Role::FinalNorm, 1, c));
            if !shape.tied {
                out.push(outside(Role::Head, v, c));
            }
            out
        }
        Method::Head => vec![outside(Role::Head, v, c)],
        Method::Lora | Method::Qlora => {
            let rank = settings.lora.rank as usize;
            per_layer(&|| {
                let pair = |target: &Target| {
                    let (rows, cols) = shape.sides(*target);
                    [(Role::LoraA(*target), rank, cols), (Role::LoraB(*target), rows, rank)]
                };
                settings.lora.targets.iter().flat_map(pair).collect()
            })
        }
        Method::Adapter => {
            let m = settings.adapter.bottleneck as usize;
            let sites: &[bool] = match settings.adapter.placement {
                Placement::Houlsby => &[true, false],
                Placement::Pfeiffer => &[false],
            };
            per_layer(&|| {
                let module = |after_attention: &bool| {
                    let at = *after_attention;
                    [
                        (Role::AdapterDown(at), m, c),
                        (Role::AdapterDownBias(at), 1, m),
                        (Role::AdapterUp(at), c, m),
                        (Role::AdapterUpBias(at), 1, c),
                    ]
                };
                sites.iter().flat_map(module).collect()
            })
        }
        Method::Prompt => vec![outside(Role::Prompt, settings.prompt.tokens as usize, c)],
        Method::Prefix => {
            let (p, e) = (settings.prefix.tokens as usize, settings.prefix.hidden as usize);
            let all = shape.layers * 2 * key;
            vec![
                outside(Role::PrefixTable, p, key),
                outside(Role::PrefixHidden, e, key),
                outside(Role::PrefixHiddenBias, 1, e),
                outside(Role::PrefixOut, all, e),
                outside(Role::PrefixOutBias, 1, all),
            ]
        }
        Method::DeepPrompt => {
            vec![outside(Role::DeepPrompt, settings.prefix.tokens as usize, shape.layers * 2 * key)]
        }
    }
}

/// Numbers that `method` trains.
pub fn trainable_count(shape: &ModelShape, method: Method, settings: &PeftSettings) -> usize {
    trainable(shape, method, settings).iter().map(Trainable::count).sum()
}

#[cfg(test)]
mod tests {
    use super::super::AdapterSettings;
    use super::*;

    /// The model that ships.
    const SMALL: ModelShape = ModelShape {
        vocabulary: 2048,
        channels: 128,
        inner: 384,
        layers: 6,
        heads: 4,
        key_heads: 2,
        head_dim: 32,
        tied: true,
    };

    #[test]
    fn full_fine_tuning_trains_every_weight() {
        assert_eq!(trainable_count(&SMALL, Method::Full, &PeftSettings::default()), SMALL.parameters());
        assert_eq!(SMALL.parameters(), 1_443_456);
        let untied = ModelShape { tied: false, ..SMALL };
        assert_eq!(trainable_count(&untied, Method::Full, &PeftSettings::default()), untied.parameters());
        assert_eq!(untied.parameters() - SMALL.parameters(), 2048 * 128);
    }

    #[test]
    fn counts_follow_the_papers_formulas() {
        let settings = PeftSettings::default();
        let sides = |t: &Target| SMALL.sides(*t).0 + SMALL.sides(*t).1;
        let lora: usize = 6 * 8 * Target::ALL.iter().map(sides).sum::<usize>();
        assert_eq!(trainable_count(&SMALL, Method::Lora, &settings), lora);
        assert_eq!(trainable_count(&SMALL, Method::Qlora, &settings), lora);
        assert_eq!(trainable_count(&SMALL, Method::Adapter, &settings), 6 * 2 * (2 * 128 * 16 + 128 + 16));
        assert_eq!(trainable_count(&SMALL, Method::Prompt, &settings), 8 * 128);
        assert_eq!(trainable_count(&SMALL, Method::DeepPrompt, &settings), 8 * 6 * 2 * 64);
        assert_eq!(trainable_count(&SMALL, Method::Head, &settings), 2048 * 128);
        let pfeiffer = AdapterSettings { placement: Placement::Pfeiffer, ..AdapterSettings::default() };
        let half = PeftSettings { adapter: pfeiffer, ..settings };
        assert_eq!(trainable_count(&SMALL, Method::Adapter, &half), 6 * (2 * 128 * 16 + 128 + 16));
    }
}
