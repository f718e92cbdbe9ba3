//! The forward pass on the processor. Every number of a token is the same, bit for bit, however many tokens are computed
//! with it: sums are taken in one order whatever the tile.

use super::cache::ProcessorCache;
use crate::data::llama::LlamaConfig;
use crate::math::{
    FastActivations, FastVersion, FastWeights, fast_add, fast_attention, fast_multiply, fast_rms_norm, fast_rope,
    fast_swiglu, product_rows,
};

/// A model as this tier reads it.
pub(super) struct Weights<'a> {
    pub config: &'a LlamaConfig,
    /// In the order of [`LlamaConfig::units`].
    pub units: Vec<&'a FastWeights>,
    /// `[C]`
    pub final_norm: &'a [f32],
}

/// Which logits are wanted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// `[V]`, of the last token.
    Last,
    /// `[T, V]`
    All,
    Nothing,
}

/// Where attention probabilities go: `[L, H, N, N]` of a text of `N` tokens.
pub(super) struct AttentionMaps<'a> {
    pub tokens: usize,
    pub values: &'a mut [f32],
}

impl Weights<'_> {
    fn product(&self, x: &[f32], unit: usize, y: &mut [f32]) {
        let w = self.units[unit];
        product_rows(&FastActivations::new(x, w), w, 0..w.rows, FastVersion::Tiles, y);
    }

    fn norm(&self, x: &[f32], y: &mut [f32]) {
        let c = self.config.channels;
        let rows = x.chunks_exact(c).zip(y.chunks_exact_mut(c));
        rows.for_each(|(x, y)| fast_rms_norm(x, self.config.epsilon, y));
    }

    /// Runs tokens that follow `position` others, which are in the cache; theirs are added to it.
    ///
    /// # Shapes
    /// `ids [T]`, all below `V`, with room for them in the cache -> as `wanted`
    pub fn forward(
        &self,
        cache: &mut ProcessorCache,
        position: usize,
        ids: &[u32],
        wanted: Wanted,
        mut maps: Option<&mut AttentionMaps<'_>>,
    ) -> Vec<f32> {
        let config = self.config;
        let (tokens, c) = (ids.len(), config.channels);
        let (query, key) = config.widths();
        let mut x: Vec<f32> = Vec::with_capacity(tokens * c);
        ids.iter().for_each(|&id| x.extend(self.units[0].row(id as usize)));
        let mut normed = vec![0f32; tokens * c];
        let mut projected = vec![0f32; tokens * (query + 2 * key)];
        let mut mixed = vec![0f32; tokens * query];
        let mut gated = vec![0f32; tokens * 2 * config.inner];
        let mut h = vec![0f32; tokens * config.inner];
        let mut added = vec![0f32; tokens * c];
        for layer in 0..config.layers {
            let first = 1 + 4 * layer;
            self.norm(&x, &mut normed);
            self.product(&normed, first, &mut projected);
            self.remember(cache, layer, position, &mut projected);
            self.attend(cache, layer, position, &projected, &mut mixed, maps.as_deref_mut());
            self.product(&mixed, first + 1, &mut added);
            fast_add(&mut x, &added);
            self.norm(&x, &mut normed);
            self.product(&normed, first + 2, &mut gated);
            let rows = gated.chunks_exact(2 * config.inner).zip(h.chunks_exact_mut(config.inner));
            rows.for_each(|(projected, h)| fast_swiglu(projected, h));
            self.product(&h, first + 3, &mut added);
            fast_add(&mut x, &added);
        }
        let from = match wanted {
            Wanted::Nothing => return Vec::new(),
            Wanted::Last => tokens - 1,
            Wanted::All => 0,
        };
        let (x, normed) = (&x[from * c..], &mut normed[from * c..]);
        self.norm(x, normed);
        for row in normed.chunks_exact_mut(c) {
            fast_multiply(row, self.final_norm);
        }
        let head = if config.tied { 0 } else { self.units.len() - 1 };
        let mut logits = vec![0f32; (tokens - from) * config.vocabulary];
        self.product(normed, head, &mut logits);
        logits
    }

    /// Rotates queries and keys, and puts keys and values into the cache.
    fn remember(&self, cache: &mut ProcessorCache, layer: usize, position: usize, projected: &mut [f32]) {
        let config = self.config;
        let dim = config.head_dim;
        let (query, key) = config.widths();
        for (t, row) in projected.chunks_exact_mut(query + 2 * key).enumerate() {
            let place = position + t;
            let turns = &cache.turns[place * dim..][..dim];
            row[..query + key].chunks_exact_mut(dim).for_each(|head| fast_rope(head, turns));
            for head in 0..config.key_heads {
                let line = (head * cache.capacity + place) * dim;
                cache.keys[layer][line..][..dim].copy_from_slice(&row[query + head * dim..][..dim]);
                cache.values[layer][line..][..dim].copy_from_slice(&row[query + key + head * dim..][..dim]);
            }
        }
    }

    fn attend(
        &self,
        cache: &ProcessorCache,
        layer: usize,
        position: usize,
        projected: &[f32],
        mixed: &mut [f32],
        mut maps: Option<&mut AttentionMaps<'_>>,
    ) {
        let config = self.config;
        let dim = config.head_dim;
        let (query, key) = config.widths();
        let mut shares = vec![0f32; position + mixed.len() / query];
        let rows = projected.chunks_exact(query + 2 * key).zip(mixed.chunks_exact_mut(query));
        for (t, (row, y)) in rows.enumerate() {
            let seen = position + t + 1;
            let heads = row[..query].chunks_exact(dim).zip(y.chunks_exact_mut(dim));
            for (head, (q, y)) in heads.enumerate() {
                let key_head = head / (config.heads / config.key_heads);
                let lines = key_head * cache.capacity * dim..(key_head * cache.capacity + seen) * dim;
                let (keys, values) = (&cache.keys[layer][lines.clone()], &cache.values[layer][lines]);
                fast_attention(q, keys, values, &mut shares[..seen], y);
                if let Some(maps) = maps.as_deref_mut() {
                    let line = ((layer * config.heads + head) * maps.tokens + position + t) * maps.tokens;
                    maps.values[line..][..seen].copy_from_slice(&shares[..seen]);
                }
            }
        }
    }
}
