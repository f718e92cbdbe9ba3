//! Ready-made plans, each with a sentence on what to notice.

use super::plan::Unit;
use crate::labs::bits::WeightFormat;
use crate::text::{Lang, msg};

/// A plan for whatever units the model has.
pub(super) struct Preset {
    pub(super) title: fn(Lang) -> &'static str,
    pub(super) notice: fn(Lang) -> &'static str,
    pub(super) format: fn(&Unit, usize) -> WeightFormat,
}

impl Preset {
    /// The format of every unit.
    pub(super) fn formats(&self, units: &[Unit]) -> Vec<WeightFormat> {
        let layers = units.iter().filter_map(|u| u.layer).max().map_or(0, |l| l + 1);
        units.iter().map(|u| (self.format)(u, layers)).collect()
    }
}

/// Whether a unit belongs to the first or the last layer.
fn is_outer(unit: &Unit, layers: usize) -> bool {
    unit.layer.is_some_and(|l| l == 0 || l + 1 == layers)
}

pub(super) const PRESETS: [Preset; 7] = [
    Preset { title: msg::bits_preset_int8, notice: msg::bits_preset_int8_notice, format: |_, _| WeightFormat::Int8 },
    Preset { title: msg::bits_preset_int4, notice: msg::bits_preset_int4_notice, format: |_, _| WeightFormat::Int4 },
    Preset { title: msg::bits_preset_nf4, notice: msg::bits_preset_nf4_notice, format: |_, _| WeightFormat::Nf4 },
    Preset { title: msg::bits_preset_int3, notice: msg::bits_preset_int3_notice, format: |_, _| WeightFormat::Int3 },
    Preset { title: msg::bits_preset_int2, notice: msg::bits_preset_int2_notice, format: |_, _| WeightFormat::Int2 },
    Preset {
        title: msg::bits_preset_embedding,
        notice: msg::bits_preset_embedding_notice,
        format: |unit, _| if unit.layer.is_none() { WeightFormat::Int8 } else { WeightFormat::Int2 },
    },
    Preset {
        title: msg::bits_preset_outer,
        notice: msg::bits_preset_outer_notice,
        format: |unit, layers| {
            if unit.layer.is_none() || is_outer(unit, layers) { WeightFormat::Int8 } else { WeightFormat::Int3 }
        },
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_presets_are_the_same() {
        let unit = |layer, part: &str| Unit { layer, part: part.into(), rows: 2, cols: 2 };
        let units = [unit(None, "embedding"), unit(Some(0), "down"), unit(Some(1), "down"), unit(Some(2), "down")];
        let all: Vec<_> = PRESETS.iter().map(|p| p.formats(&units)).collect();
        for (i, formats) in all.iter().enumerate() {
            assert!(!all[..i].contains(formats), "preset {i} repeats another");
        }
        assert_eq!(all[6], [WeightFormat::Int8, WeightFormat::Int8, WeightFormat::Int3, WeightFormat::Int8]);
    }
}
