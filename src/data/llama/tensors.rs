//! Which tensors a model has, what Hugging Face calls them, and their shapes.

use super::LlamaConfig;

/// What a tensor is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// `[V, C]`
    Embedding,
    /// Gains `[C]` before attention.
    AttentionNorm,
    /// `[H D, C]`
    Query,
    /// `[J D, C]`
    Key,
    /// `[J D, C]`
    Value,
    /// `[C, H D]`
    Output,
    /// Gains `[C]` before the feed-forward part.
    FeedForwardNorm,
    /// `[F, C]`
    Gate,
    /// `[F, C]`
    Up,
    /// `[C, F]`
    Down,
    /// Gains `[C]` before the last matrix.
    FinalNorm,
    /// `[V, C]`, where it is not the embedding again.
    Head,
}

impl Part {
    /// The parts of a layer, in the order of the computation.
    pub const LAYER: [Part; 9] = [
        Part::AttentionNorm,
        Part::Query,
        Part::Key,
        Part::Value,
        Part::Output,
        Part::FeedForwardNorm,
        Part::Gate,
        Part::Up,
        Part::Down,
    ];

    /// Whether it is a matrix, and not the gains of a norm.
    pub fn is_matrix(self) -> bool {
        !matches!(self, Part::AttentionNorm | Part::FeedForwardNorm | Part::FinalNorm)
    }

    /// The name between `model.layers.N.` and `.weight`, or between nothing and `.weight` outside layers.
    fn name(self) -> &'static str {
        match self {
            Part::Embedding => "model.embed_tokens",
            Part::AttentionNorm => "input_layernorm",
            Part::Query => "self_attn.q_proj",
            Part::Key => "self_attn.k_proj",
            Part::Value => "self_attn.v_proj",
            Part::Output => "self_attn.o_proj",
            Part::FeedForwardNorm => "post_attention_layernorm",
            Part::Gate => "mlp.gate_proj",
            Part::Up => "mlp.up_proj",
            Part::Down => "mlp.down_proj",
            Part::FinalNorm => "model.norm",
            Part::Head => "lm_head",
        }
    }
}

/// One tensor of a model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorSpec {
    pub part: Part,
    /// `None` outside layers.
    pub layer: Option<usize>,
    /// As in `model.safetensors`: `model.layers.0.self_attn.q_proj.weight`.
    pub name: String,
    /// 1 for the gains of a norm, which is a vector in the file.
    pub rows: usize,
    pub cols: usize,
}

impl TensorSpec {
    /// Weights in it.
    pub fn count(&self) -> usize {
        self.rows * self.cols
    }

    /// The shape in the file: `[C]` for gains, `[rows, cols]` for matrices.
    pub fn shape(&self) -> Vec<u64> {
        let all = [self.rows as u64, self.cols as u64];
        all[usize::from(!self.part.is_matrix())..].to_vec()
    }
}

impl LlamaConfig {
    /// Every tensor, in the order of the computation: embedding, layers, final norm, and the last matrix if it is another
    /// one than the embedding.
    pub fn tensors(&self) -> Vec<TensorSpec> {
        let (query, key) = self.widths();
        let spec = |layer: Option<usize>, part: Part| {
            let (rows, cols) = match part {
                Part::Embedding | Part::Head => (self.vocabulary, self.channels),
                Part::AttentionNorm | Part::FeedForwardNorm | Part::FinalNorm => (1, self.channels),
                Part::Query => (query, self.channels),
                Part::Key | Part::Value => (key, self.channels),
                Part::Output => (self.channels, query),
                Part::Gate | Part::Up => (self.inner, self.channels),
                Part::Down => (self.channels, self.inner),
            };
            let layer_name = layer.map_or(String::new(), |layer| format!("model.layers.{layer}."));
            TensorSpec { part, layer, name: format!("{layer_name}{}.weight", part.name()), rows, cols }
        };
        let layers = (0..self.layers).flat_map(|layer| Part::LAYER.map(|part| (Some(layer), part)));
        let last = [(None, Part::FinalNorm), (None, Part::Head)];
        std::iter::once((None, Part::Embedding))
            .chain(layers)
            .chain(last.into_iter().take(if self.tied { 1 } else { 2 }))
            .map(|(layer, part)| spec(layer, part))
            .collect()
    }
}
