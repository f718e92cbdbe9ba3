//! Units of the model as the page knows them, and their names in words.

use crate::labs::bits::WeightFormat;
use crate::protocol::Table;
use crate::text::{Lang, integer, msg};
use crate::ui::{Look, format_colour};

/// A unit: a matrix that is multiplied as one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Unit {
    /// `None` outside layers.
    pub(super) layer: Option<usize>,
    /// As [`crate::labs::bits::tables::UNITS`] has it.
    pub(super) part: String,
    pub(super) rows: u32,
    pub(super) cols: u32,
}

impl Unit {
    /// Every unit of a table.
    pub(super) fn all(table: &Table) -> Vec<Unit> {
        let number = |i, column| table.number(i, column).unwrap_or(0.0);
        (0..table.rows.len())
            .map(|i| Unit {
                layer: table.number(i, "layer").filter(|l| *l >= 0.0).map(|l| l as usize),
                part: table.text(i, "part").unwrap_or_default().to_owned(),
                rows: number(i, "rows") as u32,
                cols: number(i, "cols") as u32,
            })
            .collect()
    }

    /// Weights in it.
    pub(super) fn count(&self) -> u64 {
        u64::from(self.rows) * u64::from(self.cols)
    }

    /// `Capa 3 · QKV`
    pub(super) fn name(&self, lang: Lang) -> String {
        let part = part_name(lang, &self.part);
        self.layer.map_or(part.to_owned(), |l| msg::bits_unit(lang, &integer(lang, l as u64 + 1), part))
    }
}

/// The name of a kind of unit.
pub(super) fn part_name(lang: Lang, part: &str) -> &'static str {
    match part {
        "embedding" => msg::bits_part_embedding(lang),
        "query_key_value" => "QKV",
        "output" => "O",
        "gate_up" => "Gate+Up",
        "down" => "Down",
        _ => msg::bits_part_head(lang),
    }
}

/// The colour of a format.
pub(super) fn look(format: WeightFormat) -> Look {
    Look { colour: format_colour(&format.name()), nth: 0 }
}
