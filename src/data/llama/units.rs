//! The products of a decoder as they are computed: matrices that meet the same input are stacked, and the gains of the
//! norm before a product go into its columns.

use super::{Checkpoint, LlamaConfig, Part};
use crate::data::Matrix;
use crate::protocol::LabError;

/// What a product is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum UnitKind {
    /// `[V, C]`, looked up row by row; in a tied model the last product as well.
    Embedding,
    /// `[(H + 2 J) D, C]`: queries, keys and values, times the gains of the norm before attention.
    QueryKeyValue,
    /// `[C, H D]`
    Output,
    /// `[2 F, C]`: gate and up, times the gains of the norm before the feed-forward part.
    GateUp,
    /// `[C, F]`
    Down,
    /// `[V, C]`, where it is not the embedding again.
    Head,
}

impl UnitKind {
    /// The products of a layer, in the order of the computation.
    pub const LAYER: [UnitKind; 4] = [UnitKind::QueryKeyValue, UnitKind::Output, UnitKind::GateUp, UnitKind::Down];

    /// The word in tables and files.
    pub fn name(self) -> &'static str {
        match self {
            UnitKind::Embedding => "embedding",
            UnitKind::QueryKeyValue => "query_key_value",
            UnitKind::Output => "output",
            UnitKind::GateUp => "gate_up",
            UnitKind::Down => "down",
            UnitKind::Head => "head",
        }
    }

    /// The tensors that are stacked, and the norm whose gains go into the columns.
    fn parts(self) -> (&'static [Part], Option<Part>) {
        match self {
            UnitKind::Embedding => (&[Part::Embedding], None),
            UnitKind::QueryKeyValue => (&[Part::Query, Part::Key, Part::Value], Some(Part::AttentionNorm)),
            UnitKind::Output => (&[Part::Output], None),
            UnitKind::GateUp => (&[Part::Gate, Part::Up], Some(Part::FeedForwardNorm)),
            UnitKind::Down => (&[Part::Down], None),
            UnitKind::Head => (&[Part::Head], None),
        }
    }
}

/// One product of a model: what gets a number format of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnitSpec {
    pub kind: UnitKind,
    /// `None` outside layers.
    pub layer: Option<usize>,
    /// `embedding`, `layers.0.gate_up`, `head`
    pub name: String,
    pub rows: usize,
    pub cols: usize,
}

impl UnitSpec {
    /// Weights in it.
    pub fn count(&self) -> usize {
        self.rows * self.cols
    }
}

impl LlamaConfig {
    /// Every product, in the order of the computation; a layer has four.
    pub fn units(&self) -> Vec<UnitSpec> {
        let (query, key) = self.widths();
        let spec = |layer: Option<usize>, kind: UnitKind| {
            let (rows, cols) = match kind {
                UnitKind::Embedding | UnitKind::Head => (self.vocabulary, self.channels),
                UnitKind::QueryKeyValue => (query + 2 * key, self.channels),
                UnitKind::Output => (self.channels, query),
                UnitKind::GateUp => (2 * self.inner, self.channels),
                UnitKind::Down => (self.channels, self.inner),
            };
            let name = layer.map_or(kind.name().to_owned(), |layer| format!("layers.{layer}.{}", kind.name()));
            UnitSpec { kind, layer, name, rows, cols }
        };
        let layers = (0..self.layers).flat_map(|layer| UnitKind::LAYER.map(|kind| (Some(layer), kind)));
        std::iter::once((None, UnitKind::Embedding))
            .chain(layers)
            .chain((!self.tied).then_some((None, UnitKind::Head)))
            .map(|(layer, kind)| spec(layer, kind))
            .collect()
    }
}

/// The f32 matrix of a product, which is what gets quantized.
///
/// # Shapes
/// -> `[rows, cols]` of the unit
/// # Errors
/// [`LabError::NoSuchTensor`] for a unit of another model.
pub fn unit_matrix(checkpoint: &Checkpoint, unit: &UnitSpec) -> Result<Matrix, LabError> {
    let gone = || LabError::NoSuchTensor { source: "config.json".into(), name: unit.name.clone() };
    let tensor = |part: Part| checkpoint.tensor(unit.layer, part).ok_or_else(gone);
    let (parts, norm) = unit.kind.parts();
    let mut values = Vec::with_capacity(unit.count());
    for &part in parts {
        values.extend_from_slice(tensor(part)?);
    }
    if values.len() != unit.count() {
        return Err(gone());
    }
    if let Some(norm) = norm {
        let gains = tensor(norm)?;
        for row in values.chunks_exact_mut(unit.cols) {
            row.iter_mut().zip(gains).for_each(|(value, gain)| *value *= gain);
        }
    }
    Ok(Matrix { rows: unit.rows, cols: unit.cols, values })
}
