//! A text through a model: pieces of it, with turns for others between them.

use super::cache::{Cache, DeviceCache, Memory, ProcessorCache};
use super::decoder::Decoder;
use super::device::flop_of_a_turn;
use super::processor::{self, AttentionMaps, Wanted};
use crate::data::llama::{LlamaConfig, Part};
use crate::math::FastWeights;
use crate::protocol::LabError;

/// Operations after which a forward pass lets others have a turn: about 80 ms of a browser's processor.
const PROCESSOR_FLOP: u64 = 500_000_000;
/// Tokens of a pass at most; beyond that nothing gets faster, and the buffers grow.
const MOST_TOKENS: u64 = 256;

/// Tokens whose products take about `flop` operations.
pub(super) fn piece_of(config: &LlamaConfig, flop: u64) -> usize {
    (flop / (2 * config.parameters()).max(1)).clamp(1, MOST_TOKENS) as usize
}

impl Decoder {
    /// An empty cache for one text on this decoder's tier.
    ///
    /// # Errors
    /// [`LabError::OutOfRange`] without any room; [`LabError::TooLarge`], [`LabError::OutOfMemory`],
    /// [`LabError::DeviceLost`].
    pub fn cache(&self, capacity: usize) -> Result<Cache, LabError> {
        /// Far more than any model of a browser was made for.
        const MOST: usize = 1 << 20;
        if !(1..=MOST).contains(&capacity) {
            let (min, max, got) = (1.0, MOST as f64, capacity as f64);
            return Err(LabError::OutOfRange { field: "capacity".into(), min, max, got });
        }
        let memory = match &self.device {
            None => Memory::Processor(ProcessorCache::new(self.config(), capacity)?),
            Some(device) => Memory::Device(DeviceCache::new(device.gpu(), self.config(), capacity)?),
        };
        Ok(Cache { capacity, held: 0, memory })
    }

    /// Tokens between two turns of others, so that Stop is heard and no submission is long.
    fn piece(&self) -> usize {
        let flop = self.device.as_ref().map_or(PROCESSOR_FLOP, |device| flop_of_a_turn(device.gpu()));
        piece_of(self.config(), flop)
    }

    /// Appends tokens to a text; the logits of the token after the last of them. Many tokens are computed in pieces, with
    /// `pause` between two of them (and not after the last): it lets others have a turn and may end the work.
    ///
    /// # Shapes
    /// `ids [T]` -> `[V]`
    /// # Errors
    /// [`LabError::OutOfRange`] without tokens, for a token that is not in the vocabulary, and for tokens that have no room
    /// in the cache, which stays as it was; [`LabError::Conflict`] for a cache of another model or tier; whatever `pause`
    /// returns, with the cache holding the pieces done; [`LabError::OutOfMemory`], [`LabError::DeviceLost`].
    pub async fn extend(
        &self,
        cache: &mut Cache,
        ids: &[u32],
        mut pause: impl AsyncFnMut() -> Result<(), LabError>,
    ) -> Result<Vec<f32>, LabError> {
        self.check(cache, ids)?;
        let pieces: Vec<&[u32]> = ids.chunks(self.piece()).collect();
        let mut logits = Vec::new();
        for (number, piece) in pieces.iter().enumerate() {
            if number > 0 {
                pause().await?;
            }
            let wanted = if number + 1 == pieces.len() { Wanted::Last } else { Wanted::Nothing };
            logits = self.run(cache, piece, wanted).await?;
        }
        Ok(logits)
    }

    /// The logits after every token of a text that begins here: row `t` predicts token `t + 1`.
    ///
    /// # Shapes
    /// `ids [T]` -> `[T, V]`
    /// # Errors
    /// As [`Decoder::extend`].
    pub async fn logits(
        &self,
        ids: &[u32],
        mut pause: impl AsyncFnMut() -> Result<(), LabError>,
    ) -> Result<Vec<f32>, LabError> {
        let spare = self.spare.borrow_mut().take().filter(|cache| cache.capacity >= ids.len());
        let mut cache = spare.map_or_else(|| self.cache(ids.len().max(1)), Ok)?;
        cache.held = 0;
        self.check(&cache, ids)?;
        let mut logits = Vec::with_capacity(ids.len() * self.config().vocabulary);
        for (number, piece) in ids.chunks(self.piece()).enumerate() {
            if number > 0 {
                pause().await?;
            }
            logits.extend(self.run(&mut cache, piece, Wanted::All).await?);
        }
        *self.spare.borrow_mut() = Some(cache);
        Ok(logits)
    }

    /// How much every token of a text attends to every other one, in every head. Computed on the processor on both tiers,
    /// with the same weights: the GPU's kernels never hold these numbers all at once.
    ///
    /// # Shapes
    /// `ids [T]` -> `[L, H, T, T]`, 0 for later tokens
    /// # Errors
    /// As [`Decoder::extend`].
    pub async fn attention(
        &self,
        ids: &[u32],
        mut pause: impl AsyncFnMut() -> Result<(), LabError>,
    ) -> Result<Vec<f32>, LabError> {
        let config = self.config();
        let mut cache = ProcessorCache::new(config, ids.len().max(1))?;
        self.check_ids(ids)?;
        let units: Vec<FastWeights>;
        let weights = if self.device.is_some() {
            units = (0..self.units.len()).map(|unit| self.on_processor(unit)).collect::<Result<_, _>>()?;
            self.weights(units.iter().collect())
        } else {
            self.weights(self.held.iter().flatten().collect())
        };
        let tokens = ids.len();
        let mut values = vec![0f32; config.layers * config.heads * tokens * tokens];
        let mut maps = AttentionMaps { tokens, values: &mut values };
        let mut position = 0;
        for piece in ids.chunks(self.piece()) {
            if position > 0 {
                pause().await?;
            }
            weights.forward(&mut cache, position, piece, Wanted::Nothing, Some(&mut maps));
            position += piece.len();
        }
        Ok(values)
    }

    fn weights<'a>(&'a self, units: Vec<&'a FastWeights>) -> processor::Weights<'a> {
        let final_norm = self.checkpoint.tensor(None, Part::FinalNorm).unwrap_or_default();
        processor::Weights { config: self.config(), units, final_norm }
    }

    /// One piece of a text, which has room in the cache.
    async fn run(&self, cache: &mut Cache, ids: &[u32], wanted: Wanted) -> Result<Vec<f32>, LabError> {
        let position = cache.held;
        let logits = match (&mut cache.memory, &self.device) {
            (Memory::Processor(memory), None) => {
                self.weights(self.held.iter().flatten().collect()).forward(memory, position, ids, wanted, None)
            }
            (Memory::Device(memory), Some(device)) => {
                let embedding = self.held[0].as_ref().ok_or_else(other_tier)?;
                let x: Vec<f32> = ids.iter().flat_map(|&id| embedding.row(id as usize)).collect();
                device.run(memory, position, &x, wanted).await?
            }
            _ => return Err(other_tier()),
        };
        cache.held += ids.len();
        Ok(logits)
    }

    fn check(&self, cache: &Cache, ids: &[u32]) -> Result<(), LabError> {
        self.check_ids(ids)?;
        let (last, capacity) = (cache.held + ids.len(), cache.capacity);
        if last > capacity {
            let (max, got) = (capacity as f64, last as f64);
            return Err(LabError::OutOfRange { field: "position".into(), min: 0.0, max, got });
        }
        let fits = match (&cache.memory, &self.device) {
            (Memory::Processor(memory), None) => {
                let config = self.config();
                let line = config.key_heads * capacity * config.head_dim;
                memory.keys.len() == config.layers && memory.keys.iter().all(|keys| keys.len() == line)
            }
            (Memory::Device(memory), Some(_)) => memory.layers.len() == self.config().layers,
            _ => false,
        };
        if fits { Ok(()) } else { Err(other_tier()) }
    }

    fn check_ids(&self, ids: &[u32]) -> Result<(), LabError> {
        if ids.is_empty() {
            let (min, max) = (1.0, self.config().context as f64);
            return Err(LabError::OutOfRange { field: "tokens".into(), min, max, got: 0.0 });
        }
        let most = self.config().vocabulary as u32 - 1;
        match ids.iter().find(|&&id| id > most) {
            Some(&id) => {
                let (max, got) = (f64::from(most), f64::from(id));
                Err(LabError::OutOfRange { field: "token".into(), min: 0.0, max, got })
            }
            None => Ok(()),
        }
    }
}

fn other_tier() -> LabError {
    LabError::Conflict { field: "cache".into(), with: "model".into() }
}
