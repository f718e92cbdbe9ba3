//! Ready-made experiments, each with a sentence on what to notice.

use crate::labs::quant::{
    Config, Distribution, Format, Granularity, QuantSpec, Rounding, ScaleRule, ScaleStorage, Source, Symmetry, View,
    presets,
};
use crate::text::{Lang, msg};

/// An experiment.
pub(super) struct Preset {
    pub(super) title: fn(Lang) -> &'static str,
    pub(super) notice: fn(Lang) -> &'static str,
    pub(super) config: fn() -> Config,
}

/// Integers with a symmetric absmax scale, kept as f16.
pub(super) fn int(bits: u8, granularity: Granularity) -> QuantSpec {
    QuantSpec {
        format: Format::Int(bits),
        symmetry: Symmetry::Symmetric,
        granularity,
        rounding: Rounding::Nearest,
        scale_rule: ScaleRule::AbsMax,
        scale_storage: ScaleStorage::F16,
    }
}

/// A seeded experiment with the second format in the heatmaps.
pub(super) fn seeded(
    distribution: Distribution,
    outlier_channels: u32,
    outlier_scale: f32,
    formats: Vec<QuantSpec>,
    selected: u32,
) -> Config {
    Config {
        source: Source::Seeded { distribution, rows: 384, cols: 384, seed: 7, outlier_channels, outlier_scale },
        formats,
        view: View { selected, ..View::default() },
        ..Config::default()
    }
}

const GROUP: Granularity = Granularity::Group(32);

pub(super) const PRESETS: [Preset; 7] = [
    Preset { title: msg::quant_preset_start, notice: msg::quant_preset_start_notice, config: Config::default },
    Preset {
        title: msg::quant_preset_rebel,
        notice: msg::quant_preset_rebel_notice,
        config: || {
            let formats = vec![int(8, Granularity::Tensor), int(8, Granularity::Row), int(8, GROUP)];
            seeded(Distribution::Gaussian, 1, 40.0, formats, 0)
        },
    },
    Preset {
        title: msg::quant_preset_nf4,
        notice: msg::quant_preset_nf4_notice,
        config: || {
            let block = Granularity::Block(64);
            let int4 = QuantSpec { scale_storage: ScaleStorage::F32, ..int(4, block) };
            seeded(Distribution::Gaussian, 0, 1.0, vec![int4, presets::NF4, presets::NF4_DOUBLE], 1)
        },
    },
    Preset {
        title: msg::quant_preset_bits,
        notice: msg::quant_preset_bits_notice,
        config: || {
            let formats = [5, 4, 3, 2].map(|bits| int(bits, GROUP)).to_vec();
            seeded(Distribution::Gaussian, 0, 1.0, formats, 3)
        },
    },
    Preset {
        title: msg::quant_preset_group,
        notice: msg::quant_preset_group_notice,
        config: || {
            let sizes = [Granularity::Tensor, Granularity::Row, Granularity::Group(128), GROUP];
            seeded(Distribution::HeavyTailed, 0, 1.0, sizes.map(|g| int(4, g)).to_vec(), 0)
        },
    },
    Preset {
        title: msg::quant_preset_clip,
        notice: msg::quant_preset_clip_notice,
        config: || {
            let rules = [ScaleRule::AbsMax, ScaleRule::Percentile { percent: 99.5 }, ScaleRule::LeastSquares];
            let formats = rules.map(|scale_rule| QuantSpec { scale_rule, ..int(4, Granularity::Row) }).to_vec();
            seeded(Distribution::HeavyTailed, 0, 1.0, formats, 1)
        },
    },
    Preset {
        title: msg::quant_preset_fp8,
        notice: msg::quant_preset_fp8_notice,
        config: || {
            let row = Granularity::Row;
            let fp8 = |format| QuantSpec { format, ..int(8, row) };
            let formats = vec![int(8, row), fp8(Format::Fp8E4m3), fp8(Format::Fp8E5m2)];
            seeded(Distribution::HeavyTailed, 2, 8.0, formats, 1)
        },
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_a_valid_configuration_and_no_two_are_the_same() {
        let configs: Vec<Config> = PRESETS.iter().map(|p| (p.config)()).collect();
        for (i, config) in configs.iter().enumerate() {
            let checked = config.clone().checked();
            assert!(checked.is_ok(), "preset {i}: {checked:?}");
            assert!(!configs[..i].contains(config), "preset {i} repeats another");
        }
    }
}
