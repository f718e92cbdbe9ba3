//! `config.json`: read without trusting it, and written so that `transformers` reads it.

use serde_json::{Value, json};

use crate::data::fields::Fields;
use crate::math::peft::ModelShape;
use crate::protocol::{LabError, Resource};

/// The hyperparameters of a decoder of the Llama family.
///
/// # Source
/// Touvron et al. 2023, arXiv:2302.13971, section 2.2; grouped-query attention: Ainslie et al. 2023, arXiv:2305.13245.
#[derive(Clone, Debug, PartialEq)]
pub struct LlamaConfig {
    /// `V`
    pub vocabulary: usize,
    /// `C`
    pub channels: usize,
    /// `F`, inside the gated feed-forward part.
    pub inner: usize,
    /// `L`
    pub layers: usize,
    /// `H`
    pub heads: usize,
    /// `J`; several query heads may share one.
    pub key_heads: usize,
    /// `D`
    pub head_dim: usize,
    /// Tokens that it was made for.
    pub context: usize,
    /// Inside the root of the RMS norm.
    pub epsilon: f32,
    /// The base of the rotary angles.
    pub rope_base: f64,
    /// Whether the embedding is also the last matrix.
    pub tied: bool,
    /// The token before a text, where the model has one.
    pub begin_token: Option<u32>,
    /// The token after a text.
    pub end_token: Option<u32>,
}

/// More than any published model of the family has in one dimension; keeps every product of two within `u64`.
const MOST: u64 = 1 << 24;
/// Llama 3 405B has 126.
const MOST_LAYERS: u64 = 1024;
/// What 32-bit memory can hold as f32, and then no more: 2^30 parameters.
pub const MOST_PARAMETERS: u64 = 1 << 30;
impl Fields<'_> {
    /// The base of the angles: `rope_theta`, or inside `rope_parameters`, where `transformers` 5 keeps it.
    fn rope_base(&self) -> Result<f64, LabError> {
        const MOST_BASE: f64 = 1e9;
        const BASE: f64 = 10_000.0;
        for key in ["rope_scaling", "rope_parameters"] {
            let Some(value) = self.get(key) else { continue };
            let Some(fields) = value.as_object() else { return Err(self.wrong(key, "{…}")) };
            let kind = fields.get("rope_type").or_else(|| fields.get("type")).and_then(Value::as_str);
            if kind.is_some_and(|kind| kind != "default") {
                return Err(self.wrong(&format!("{key}.rope_type"), "\"default\""));
            }
            if let Some(base) = fields.get("rope_theta") {
                return self.positive(&format!("{key}.rope_theta"), base, MOST_BASE);
            }
        }
        self.get("rope_theta").map_or(Ok(BASE), |base| self.positive("rope_theta", base, MOST_BASE))
    }

    /// A token number: one number, or the first of a list, as Llama 3 has it.
    fn token(&self, key: &str, vocabulary: usize) -> Result<Option<u32>, LabError> {
        let Some(value) = self.get(key) else { return Ok(None) };
        let first = value.as_array().map_or(Some(value), |list| list.first());
        let token = first.and_then(Value::as_u64).filter(|id| *id < vocabulary as u64);
        token.map(|id| Some(id as u32)).ok_or_else(|| self.wrong(key, format!("0..{}", vocabulary - 1)))
    }
}

impl LlamaConfig {
    /// Reads a `config.json`. What this decoder cannot follow (biases, another activation, stretched positions) is refused
    /// rather than passed over.
    ///
    /// # Errors
    /// [`LabError::Malformed`] with the field at fault; [`LabError::TooLarge`] beyond 2^30 parameters.
    pub fn read(source: &str, bytes: &[u8]) -> Result<LlamaConfig, LabError> {
        let from = Fields::read(source, "config.json", bytes)?;
        from.need("model_type")?;
        from.only("model_type", &json!("llama"))?;
        from.only("hidden_act", &json!("silu"))?;
        from.only("attention_bias", &json!(false))?;
        from.only("mlp_bias", &json!(false))?;
        let vocabulary = from.whole("vocab_size", MOST)?;
        let channels = from.whole("hidden_size", MOST)?;
        let heads = from.whole("num_attention_heads", MOST)?;
        let key_heads = from.whole_or("num_key_value_heads", MOST, heads)?;
        if !heads.is_multiple_of(key_heads) {
            return Err(from.wrong("num_key_value_heads", format!("n: {heads} % n = 0")));
        }
        if from.get("head_dim").is_none() && !channels.is_multiple_of(heads) {
            return Err(from.wrong("num_attention_heads", format!("n: {channels} % n = 0")));
        }
        let head_dim = from.whole_or("head_dim", MOST, channels / heads)?;
        if !head_dim.is_multiple_of(2) {
            return Err(from.wrong("head_dim", "2 n"));
        }
        let epsilon = from.get("rms_norm_eps").map_or(Ok(1e-6), |value| from.positive("rms_norm_eps", value, 1.0))?;
        let config = LlamaConfig {
            vocabulary,
            channels,
            inner: from.whole("intermediate_size", MOST)?,
            layers: from.whole("num_hidden_layers", MOST_LAYERS)?,
            heads,
            key_heads,
            head_dim,
            context: from.whole_or("max_position_embeddings", MOST, 2048)?,
            epsilon: epsilon as f32,
            rope_base: from.rope_base()?,
            tied: from.flag("tie_word_embeddings", false)?,
            begin_token: from.token("bos_token_id", vocabulary)?,
            end_token: from.token("eos_token_id", vocabulary)?,
        };
        let (limit, got) = (MOST_PARAMETERS, config.parameters());
        if got > limit {
            return Err(LabError::TooLarge { what: source.into(), limit, got, resource: Resource::Weights });
        }
        Ok(config)
    }

    /// Columns of the queries of a token, and of its keys or values.
    pub fn widths(&self) -> (usize, usize) {
        (self.heads * self.head_dim, self.key_heads * self.head_dim)
    }

    /// Parameters in all, a tied matrix counted once.
    pub fn parameters(&self) -> u64 {
        let wide = |n: usize| n as u64;
        let (query, key) = (wide(self.heads) * wide(self.head_dim), wide(self.key_heads) * wide(self.head_dim));
        let (channels, inner) = (wide(self.channels), wide(self.inner));
        // Every factor is below 2^48 and every sum saturates, so that hostile sizes cannot wrap around.
        let products = [(channels, 2 * query), (channels, 2 * key), (channels, 3 * inner), (channels, 2)];
        let layer = products.iter().fold(0u64, |sum, (a, b)| sum.saturating_add(a.saturating_mul(*b)));
        let tables = if self.tied { 1 } else { 2 };
        layer
            .saturating_mul(wide(self.layers))
            .saturating_add(channels.saturating_mul(wide(self.vocabulary)).saturating_mul(tables))
            .saturating_add(channels)
    }

    /// As the text of a `config.json` that `transformers.LlamaForCausalLM` reads, in versions 4 and 5.
    pub fn to_json(&self) -> String {
        let mut text = format!(
            "{:#}",
            json!({
                "architectures": ["LlamaForCausalLM"],
                "attention_bias": false,
                "attention_dropout": 0.0,
                "bos_token_id": self.begin_token,
                "dtype": "float32",
                "eos_token_id": self.end_token,
                "head_dim": self.head_dim,
                "hidden_act": "silu",
                "hidden_size": self.channels,
                "initializer_range": 0.02,
                "intermediate_size": self.inner,
                "max_position_embeddings": self.context,
                "mlp_bias": false,
                "model_type": "llama",
                "num_attention_heads": self.heads,
                "num_hidden_layers": self.layers,
                "num_key_value_heads": self.key_heads,
                // The decimal digits of the f32, not those of its expansion in f64.
                "rms_norm_eps": self.epsilon.to_string().parse::<f64>().unwrap_or(f64::from(self.epsilon)),
                "rope_scaling": null,
                "rope_theta": self.rope_base,
                "tie_word_embeddings": self.tied,
                "torch_dtype": "float32",
                "use_cache": true,
                "vocab_size": self.vocabulary,
            })
        );
        text.push('\n');
        text
    }
}

impl From<&LlamaConfig> for ModelShape {
    fn from(config: &LlamaConfig) -> ModelShape {
        ModelShape {
            vocabulary: config.vocabulary,
            channels: config.channels,
            inner: config.inner,
            layers: config.layers,
            heads: config.heads,
            key_heads: config.key_heads,
            head_dim: config.head_dim,
            tied: config.tied,
        }
    }
}
