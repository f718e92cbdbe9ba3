//! The bits lab: *how few bits per weight can the text bear?*
//!
//! A plan gives each unit of the model (a matrix that is multiplied as one) a number format. This file is what the page,
//! a share link, a command file and the engine agree on.
//!
//! Dimension legend: `U` units, `T` tokens, `V` vocabulary, `O` rows, `I` columns.

use serde::{Deserialize, Serialize};

use crate::math::WeightFormat;
use crate::protocol::{LabError, in_range, one_of};

#[cfg(feature = "ui")]
pub mod page;
#[cfg(all(feature = "gpu", feature = "text-models"))]
pub mod run;

/// Held-out tokens of a look, of each language: a second on a CPU.
pub const QUICK_TOKENS: usize = 1_000;
/// Held-out tokens of a hand-in, of each language.
pub const FULL_TOKENS: usize = 5_000;
/// Held-out tokens of each language for one cell of the sensitivity chart and of the search, which measure dozens of plans.
pub const PROBE_TOKENS: usize = 384;
/// Sizes of a scale group.
pub const GROUPS: [u32; 3] = WeightFormat::GROUPS;
/// Byte limits of the game, in per cent of FP32.
pub const LIMITS: [u32; 4] = [50, 25, 15, 12];
/// Most units in a plan; keeps a share link short. 64 layers have 258.
pub const MAX_UNITS: usize = 260;
/// Longest prompt, in bytes.
pub const MAX_PROMPT_BYTES: usize = 300;
/// Tokens that both models write side by side.
pub const WRITTEN_TOKENS: usize = 32;
/// Side of the heatmaps that a run sends, in cells.
pub const HEATMAP_CELLS: u32 = 128;
/// Bars of the histograms.
pub const HISTOGRAM_BINS: usize = 61;
/// Weights that the outlier injector enlarges.
pub const OUTLIERS: usize = 8;

/// The digit of a format in a plan.
pub fn digit(format: WeightFormat) -> char {
    let at = WeightFormat::ALL.iter().position(|f| *f == format).unwrap_or(0);
    char::from(b'0' + at as u8)
}

/// The format of a digit.
pub fn format_of_digit(digit: char) -> Option<WeightFormat> {
    WeightFormat::ALL.get(digit.to_digit(10)? as usize).copied()
}

/// The whole state of the lab; what a share link carries.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Config {
    /// A digit a unit, in the order of [`tables::UNITS`]; a single digit stands for all units.
    pub plan: String,
    /// Weights that share a scale.
    pub group: u32,
    /// The unit in the pictures.
    pub selected: u32,
    /// What both models continue.
    pub prompt: String,
    /// The byte limit of the game, in per cent of FP32.
    pub limit: u32,
}

/// The part of the selected unit in the heatmaps, in rows and columns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct View {
    pub row: u32,
    pub col: u32,
    /// 0 shows all rows.
    pub rows: u32,
    /// 0 shows all columns.
    pub cols: u32,
}

/// A few weights of one unit that are made much larger.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Outliers {
    pub unit: u32,
    pub factor: f32,
    pub format: WeightFormat,
    pub group: u32,
}

/// What the engine can be asked; one variant of `labs::Command` wraps it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// The plan on a few held-out tokens: tables [`tables::UNITS`], [`tables::SIZE`], [`tables::QUALITY`],
    /// [`tables::WRITTEN`].
    Look { config: Config },
    /// The selected unit: tables [`tables::UNIT`], [`tables::HISTOGRAM`], and the heatmaps.
    Picture { config: Config, view: View },
    /// The plan on the whole held-out set: [`tables::QUALITY`] and [`tables::SIZE`].
    Grade { config: Config },
    /// One unit at a time in `format`, all others in FP32: table [`tables::SENSITIVITY`], which grows.
    Sensitivity { config: Config, format: WeightFormat },
    /// Uniform plans, and a path of mixed ones: table [`tables::SEARCH`], which grows.
    Search { config: Config },
    /// What a few large weights do to one scale a matrix, and to groups: tables [`tables::OUTLIERS`],
    /// [`tables::OUTLIER_ROW`].
    Outliers { outliers: Outliers },
}

/// Names of the tables that a run emits.
pub mod tables {
    /// `unit, layer, part, name, rows, cols` (`layer` is -1 outside layers; `part` is one of `embedding`,
    /// `query_key_value`, `output`, `gate_up`, `down`, `head`).
    pub const UNITS: &str = "units";
    /// One row: `packed_bytes, allocated_bytes, fp32_bytes, bits_per_weight`.
    pub const SIZE: &str = "size";
    /// One row a language: `language, tokens, perplexity, reference, kl, agreement`; `reference` is FP32's perplexity, `kl`
    /// the mean of KL(FP32 || plan) in nats, `agreement` the share of tokens with the same first choice.
    pub const QUALITY: &str = "quality";
    /// `place, base, plan`: the tokens that FP32 and the plan write after the prompt, as text; empty where one ended.
    pub const WRITTEN: &str = "written";
    /// `from, to, before, after`: weights in each bin.
    pub const HISTOGRAM: &str = "histogram";
    /// One row: `unit, rows, cols, absmax, rmse, sqnr_db, packed_bytes, allocated_bytes` of the selected unit.
    pub const UNIT: &str = "unit";
    /// `unit, perplexity, increase, saved_bytes`; `increase` over FP32, of both languages together.
    pub const SENSITIVITY: &str = "sensitivity";
    /// `kind, plan, packed_bytes, perplexity, on_front`; `kind` is `uniform` or `mixed`.
    pub const SEARCH: &str = "search";
    /// `case, perplexity, sqnr_db`: `clean`, `outliers` (FP32), `tensor`, `group`, and the last two on the unit without outliers as
    /// `clean_tensor`, `clean_group`.
    pub const OUTLIERS: &str = "outliers";
    /// `place, weight, tensor, group`: a row of weights around an outlier, and what both ways of scaling leave of them.
    pub const OUTLIER_ROW: &str = "outlier_row";
}

/// Names of the tensors that a run emits, all `[cell rows, cell columns]`.
pub mod tensors {
    pub const ORIGINAL: &str = "original";
    pub const DEQUANTIZED: &str = "dequantized";
    /// Dequantized minus original.
    pub const ERROR: &str = "error";
    /// Flat index of the weight that a cell shows.
    pub const INDEX: &str = "index";
}

/// A configuration whose every value was checked; the only thing a run accepts.
#[derive(Clone, Debug, PartialEq)]
pub struct Checked(Config);

impl std::ops::Deref for Checked {
    type Target = Config;
    fn deref(&self) -> &Config {
        &self.0
    }
}

impl Config {
    /// Checks every bound that does not depend on the model.
    ///
    /// # Errors
    /// [`LabError::OutOfRange`] or [`LabError::Unknown`] naming the first field that is off.
    pub fn checked(self) -> Result<Checked, LabError> {
        in_range("plan", self.plan.len() as f64, 1.0, MAX_UNITS as f64)?;
        if let Some(digit) = self.plan.chars().find(|d| format_of_digit(*d).is_none()) {
            return Err(LabError::Unknown { field: "plan".into(), got: digit.to_string() });
        }
        one_of("group", self.group, &GROUPS)?;
        one_of("limit", self.limit, &LIMITS)?;
        in_range("selected", f64::from(self.selected), 0.0, MAX_UNITS as f64 - 1.0)?;
        in_range("prompt", self.prompt.len() as f64, 1.0, MAX_PROMPT_BYTES as f64)?;
        Ok(Checked(self))
    }

    /// The format of each of `units` units; a plan of another length keeps its beginning, and the rest stays in FP32.
    pub fn formats(&self, units: usize) -> Vec<WeightFormat> {
        let digits: Vec<WeightFormat> = self.plan.chars().filter_map(format_of_digit).collect();
        match digits[..] {
            [all] => vec![all; units],
            _ => (0..units).map(|u| digits.get(u).copied().unwrap_or(WeightFormat::Fp32)).collect(),
        }
    }
}

/// A plan as its digits; a uniform one is a single digit.
pub fn plan_of(formats: &[WeightFormat]) -> String {
    match formats.first() {
        Some(first) if formats.iter().all(|f| f == first) => digit(*first).to_string(),
        _ => formats.iter().map(|f| digit(*f)).collect(),
    }
}

impl Default for Config {
    /// A good start: everything in INT4.
    fn default() -> Self {
        Config {
            plan: digit(WeightFormat::Int4).into(),
            group: 64,
            selected: 1,
            prompt: "En Villaluna vivía una chica que se llamaba Marta.".into(),
            limit: 15,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plans_survive_their_digits() {
        for (at, format) in WeightFormat::ALL.iter().enumerate() {
            assert_eq!(digit(*format), char::from_digit(at as u32, 10).unwrap());
            assert_eq!(format_of_digit(digit(*format)), Some(*format));
        }
        let mixed = [WeightFormat::Int8, WeightFormat::Nf4, WeightFormat::Int2];
        let config = Config { plan: plan_of(&mixed), ..Config::default() };
        assert_eq!(config.formats(3), mixed);
        assert_eq!(config.formats(4)[3], WeightFormat::Fp32);
        assert_eq!(Config::default().formats(25), [WeightFormat::Int4; 25]);
    }

    #[test]
    fn what_is_off_is_named() {
        assert!(Config::default().checked().is_ok());
        for (config, field) in [
            (Config { plan: "9".into(), ..Config::default() }, "plan"),
            (Config { plan: String::new(), ..Config::default() }, "plan"),
            (Config { group: 48, ..Config::default() }, "group"),
            (Config { limit: 1, ..Config::default() }, "limit"),
        ] {
            let error = config.checked().expect_err(field);
            assert!(error.to_string().contains(field), "{error}");
        }
    }
}
