//! What a decoder remembers of a text, so that its next token costs one token and not the whole text again.

use crate::data::llama::LlamaConfig;
use crate::gpu::Gpu;
use crate::kernels::nn::{Heads, KvCache, RopeTable};
use crate::math::rope_turns;
use crate::protocol::LabError;

/// Keys and values of every layer, for one text.
pub struct Cache {
    pub(super) capacity: usize,
    pub(super) held: usize,
    pub(super) memory: Memory,
}

pub(super) enum Memory {
    Processor(ProcessorCache),
    Device(DeviceCache),
}

/// On the processor.
pub(super) struct ProcessorCache {
    /// `S`
    pub capacity: usize,
    /// `[J, S, D]` for each layer
    pub keys: Vec<Vec<f32>>,
    /// `[J, S, D]` for each layer
    pub values: Vec<Vec<f32>>,
    /// Cosines and sines of every position: `[S, D]`
    pub turns: Vec<f32>,
}

impl ProcessorCache {
    pub fn new(config: &LlamaConfig, capacity: usize) -> Result<ProcessorCache, LabError> {
        let count = config.key_heads * capacity * config.head_dim;
        let empty = || {
            let mut out: Vec<f32> = Vec::new();
            let requested_bytes = 4 * count as u64;
            out.try_reserve_exact(count).map_err(|_| LabError::OutOfMemory { requested_bytes })?;
            out.resize(count, 0.0);
            Ok(out)
        };
        let all = || (0..config.layers).map(|_| empty()).collect::<Result<Vec<_>, LabError>>();
        let row = |position| rope_turns(position, config.head_dim, config.rope_base);
        let turns = (0..capacity).flat_map(row).map(|turn| turn as f32).collect();
        Ok(ProcessorCache { capacity, keys: all()?, values: all()?, turns })
    }
}

/// On the GPU.
pub(super) struct DeviceCache {
    pub layers: Vec<KvCache>,
    pub table: RopeTable,
}

impl DeviceCache {
    pub fn new(gpu: &Gpu, config: &LlamaConfig, capacity: usize) -> Result<DeviceCache, LabError> {
        let heads = Heads { query: config.heads, key: config.key_heads, dim: config.head_dim };
        let layers = (0..config.layers).map(|_| KvCache::new(gpu, heads, capacity)).collect::<Result<_, _>>()?;
        Ok(DeviceCache { layers, table: RopeTable::new(gpu, capacity, config.head_dim, config.rope_base)? })
    }
}

impl Cache {
    /// Tokens in it: the position of the next one.
    pub fn held(&self) -> usize {
        self.held
    }

    /// Tokens that it has room for.
    pub fn capacity(&self) -> usize {
        self.capacity
    }

    /// Forgets all but the first `held` tokens; more than there are changes nothing.
    pub fn shorten(&mut self, held: usize) {
        self.held = self.held.min(held);
    }

    /// What was allocated for keys and values.
    pub fn size_bytes(&self) -> u64 {
        match &self.memory {
            Memory::Processor(cache) => cache.keys.iter().chain(&cache.values).map(|v| 4 * v.len() as u64).sum(),
            Memory::Device(cache) => {
                cache.layers.iter().map(|layer| layer.keys().size_bytes() + layer.values().size_bytes()).sum()
            }
        }
    }
}
