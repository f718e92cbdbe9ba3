//! All weights of a model in memory.

use std::collections::BTreeMap;

use super::index::{INDEX, shards_from_index};
use super::{Folder, LlamaConfig, Part, TensorSpec};
use crate::data::safetensors::{LENGTH_BYTES, TensorEntry, decode, header_length, parse_header};
use crate::protocol::{Fault, LabError};

/// The hyperparameters in a folder.
pub const CONFIG: &str = "config.json";
/// The weights of a model that is not sharded.
pub const WEIGHTS: &str = "model.safetensors";
/// Read at once: the bytes of a tensor and its f32 numbers need not both exist in full.
const PIECE_BYTES: u64 = 4 << 20;

/// A model of the Llama family with its weights as f32.
#[derive(Clone, Debug)]
pub struct Checkpoint {
    pub config: LlamaConfig,
    /// In the order of [`LlamaConfig::tensors`].
    tensors: Vec<Vec<f32>>,
}

/// Where a tensor lies.
struct Place {
    file: String,
    entry: TensorEntry,
}

impl Checkpoint {
    /// A model from weights that are in memory already, in the order of [`LlamaConfig::tensors`].
    ///
    /// # Errors
    /// [`LabError::Shape`] if their number or the size of one of them is wrong.
    pub fn new(config: LlamaConfig, tensors: Vec<Vec<f32>>) -> Result<Checkpoint, LabError> {
        let specs = config.tensors();
        let wrong = |expected: String, got: String| LabError::Shape { operation: "checkpoint".into(), expected, got };
        if specs.len() != tensors.len() {
            return Err(wrong(specs.len().to_string(), tensors.len().to_string()));
        }
        for (spec, tensor) in specs.iter().zip(&tensors) {
            if spec.count() != tensor.len() {
                return Err(wrong(format!("{} [{}, {}]", spec.name, spec.rows, spec.cols), tensor.len().to_string()));
            }
        }
        Ok(Checkpoint { config, tensors })
    }

    /// Reads a model: `config.json`, then `model.safetensors`, or the shards of `model.safetensors.index.json`. A tied
    /// model may hold its matrix under either name, or both. `progress` hears of bytes read and of all bytes of weights.
    ///
    /// # Errors
    /// [`LabError::FileGone`], [`LabError::Malformed`] naming file, tensor and field, [`LabError::NoSuchTensor`],
    /// [`LabError::TooLarge`], [`LabError::OutOfMemory`]; whatever `progress` returns, which is how a visitor stops it.
    pub async fn read(
        folder: &impl Folder,
        mut progress: impl AsyncFnMut(u64, u64) -> Result<(), LabError>,
    ) -> Result<Checkpoint, LabError> {
        let size = folder.size(CONFIG).await?;
        let config = LlamaConfig::read(CONFIG, &folder.read(CONFIG, 0..size.min((1 << 20) + 1)).await?)?;
        let places = places(folder).await?;
        let specs = config.tensors();
        let found: Vec<&Place> = specs.iter().map(|spec| find(&config, &places, spec)).collect::<Result<_, _>>()?;
        let total = found.iter().map(|place| place.entry.end - place.entry.begin).sum();
        let mut done = 0;
        let mut tensors = Vec::with_capacity(specs.len());
        progress(0, total).await?;
        for (spec, Place { file, entry }) in specs.iter().zip(found) {
            let mut values = Vec::new();
            let bytes = 4 * spec.count() as u64;
            values.try_reserve_exact(spec.count()).map_err(|_| LabError::OutOfMemory { requested_bytes: bytes })?;
            let mut from = entry.begin;
            while from < entry.end {
                let to = entry.end.min(from + PIECE_BYTES);
                let bytes = folder.read(file, from..to).await?;
                values.extend(decode(file, &entry.name, &entry.dtype, &bytes)?);
                done += to - from;
                from = to;
                progress(done, total).await?;
            }
            tensors.push(values);
        }
        Checkpoint::new(config, tensors)
    }

    /// The weights of a tensor, row by row; of the head of a tied model, the embedding. `None` if the model has no such
    /// tensor.
    pub fn tensor(&self, layer: Option<usize>, part: Part) -> Option<&[f32]> {
        let layers = self.config.layers;
        let within = Part::LAYER.iter().position(|p| *p == part);
        let index = match (part, layer) {
            (Part::Embedding, None) => 0,
            (Part::FinalNorm, None) => 1 + layers * Part::LAYER.len(),
            (Part::Head, None) if self.config.tied => 0,
            (Part::Head, None) => 2 + layers * Part::LAYER.len(),
            (_, Some(layer)) if layer < layers => 1 + layer * Part::LAYER.len() + within?,
            _ => return None,
        };
        self.tensors.get(index).map(Vec::as_slice)
    }

    /// All tensors, in the order of [`LlamaConfig::tensors`].
    pub fn tensors(&self) -> &[Vec<f32>] {
        &self.tensors
    }
}

/// The headers of all files of weights: places by tensor name.
async fn places(folder: &impl Folder) -> Result<BTreeMap<String, Place>, LabError> {
    if let Ok(size) = folder.size(WEIGHTS).await {
        let entries = header(folder, WEIGHTS, size).await?;
        return Ok(entries.into_iter().map(|entry| (entry.name.clone(), at(WEIGHTS, entry))).collect());
    }
    let size = match folder.size(INDEX).await {
        Ok(size) => size,
        // Whoever forgot the weights looks for the usual name.
        Err(LabError::FileGone { .. }) => return Err(LabError::FileGone { source: WEIGHTS.into() }),
        Err(other) => return Err(other),
    };
    let shards = shards_from_index(&folder.read(INDEX, 0..size.min((1 << 24) + 1)).await?)?;
    let mut names: Vec<&String> = shards.values().collect();
    names.sort();
    names.dedup();
    let mut places: BTreeMap<String, Place> = BTreeMap::new();
    for file in names {
        let size = folder.size(file).await?;
        for entry in header(folder, file, size).await? {
            let (name, announced) = (entry.name.clone(), shards.get(&entry.name));
            if places.contains_key(&name) {
                let fault = Fault::Duplicate { name };
                return Err(LabError::Malformed { source: file.clone(), at: "header".into(), fault });
            }
            // What the index does not know, or expects elsewhere, is not this model's.
            if announced == Some(file) {
                places.insert(name, at(file, entry));
            }
        }
    }
    match shards.iter().find(|(name, _)| !places.contains_key(*name)) {
        Some((name, file)) => Err(LabError::NoSuchTensor { source: file.clone(), name: name.clone() }),
        None => Ok(places),
    }
}

fn at(file: &str, entry: TensorEntry) -> Place {
    Place { file: file.into(), entry }
}

async fn header(folder: &impl Folder, file: &str, size: u64) -> Result<Vec<TensorEntry>, LabError> {
    let first = folder.read(file, 0..size.min(LENGTH_BYTES)).await?;
    let length = header_length(file, &first, size)?;
    parse_header(file, &folder.read(file, LENGTH_BYTES..LENGTH_BYTES + length).await?, size)
}

/// The place of a tensor, its type and shape checked.
fn find<'p>(
    config: &LlamaConfig,
    places: &'p BTreeMap<String, Place>,
    spec: &TensorSpec,
) -> Result<&'p Place, LabError> {
    let other_name = (config.tied && spec.part == Part::Embedding).then_some("lm_head.weight");
    let found = places.get(&spec.name).or_else(|| other_name.and_then(|name| places.get(name)));
    let Some(place) = found else {
        let source = places.values().next().map_or(WEIGHTS, |place| &place.file);
        return Err(LabError::NoSuchTensor { source: source.into(), name: spec.name.clone() });
    };
    let Place { file, entry } = place;
    let fail = |field: &str, fault| {
        let at = format!("{}: {field}", entry.name);
        Err(LabError::Malformed { source: file.clone(), at, fault })
    };
    if !entry.dtype.is_readable() {
        return fail("dtype", Fault::UnsupportedType { got: entry.dtype.name().into() });
    }
    if entry.shape != spec.shape() {
        return fail("shape", Fault::BadShape { shape: format!("{:?} ≠ {:?}", entry.shape, spec.shape()) });
    }
    Ok(place)
}
