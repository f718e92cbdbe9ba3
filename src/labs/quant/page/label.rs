//! Formats in words and in colours.

use crate::labs::quant::{Format, Granularity, QuantSpec, Rounding, ScaleRule, ScaleStorage, Symmetry, presets};
use crate::text::{Lang, msg, significant};
use crate::ui::{Look, format_colour};

/// Who shares a scale, in words.
pub(super) fn granularity(lang: Lang, of: Granularity) -> String {
    match of {
        Granularity::Tensor => msg::quant_per_tensor(lang).to_owned(),
        Granularity::Row => msg::quant_per_row(lang).to_owned(),
        Granularity::Group(size) => msg::quant_per_group(lang, &size.to_string()),
        Granularity::Block(size) => msg::quant_per_block(lang, &size.to_string()),
    }
}

/// A short name that tells apart what the student may compare: `INT4 · grupo 32`.
pub(super) fn spec(lang: Lang, spec: &QuantSpec) -> String {
    let mut parts = vec![spec.format.name()];
    if *spec == presets::Q8_0 {
        parts.push("Q8_0".into());
    } else if *spec == presets::Q4_0 {
        parts.push("Q4_0".into());
    } else if spec.format.is_scaled() {
        parts.push(granularity(lang, spec.granularity));
        match spec.symmetry {
            Symmetry::Symmetric => {}
            Symmetry::FullRange => parts.push(msg::quant_full_range(lang).into()),
            Symmetry::Asymmetric => parts.push(msg::quant_asymmetric(lang).into()),
        }
        match spec.scale_rule {
            ScaleRule::AbsMax => {}
            ScaleRule::Percentile { percent } => parts.push(["p", &significant(lang, percent.into(), 4)].concat()),
            ScaleRule::LeastSquares => parts.push(msg::quant_least_squares_short(lang).into()),
        }
        if spec.scale_storage == ScaleStorage::Double {
            parts.push(msg::quant_double_short(lang).into());
        }
    }
    if let Rounding::Stochastic { .. } = spec.rounding {
        parts.push(msg::quant_stochastic(lang).into());
    }
    parts.join(" · ")
}

/// The shortest name that tells format `i` apart from the others.
pub(super) fn short(lang: Lang, specs: &[QuantSpec], i: usize) -> String {
    let mine = &specs[i];
    let alike = |same: fn(&QuantSpec, &QuantSpec) -> bool| specs.iter().filter(|s| same(s, mine)).count() > 1;
    if !alike(|a, b| a.format == b.format) {
        mine.format.name()
    } else if !alike(|a, b| a.format == b.format && a.granularity == b.granularity) {
        granularity(lang, mine.granularity)
    } else {
        spec(lang, mine)
    }
}

/// Colour, dash and marker of each format: the family gives the colour, the place in the family the rest.
pub(super) fn looks(specs: &[QuantSpec]) -> Vec<Look> {
    let of = |i: usize, spec: &QuantSpec| Look {
        colour: format_colour(&spec.format.name()),
        nth: specs[..i].iter().filter(|s| s.format == spec.format).count(),
    };
    specs.iter().enumerate().map(|(i, s)| of(i, s)).collect()
}

/// Every format of the menus.
pub(super) const FORMATS: [Format; 13] = [
    Format::Fp32,
    Format::Fp16,
    Format::Bf16,
    Format::Fp8E4m3,
    Format::Fp8E5m2,
    Format::Int(8),
    Format::Int(7),
    Format::Int(6),
    Format::Int(5),
    Format::Int(4),
    Format::Int(3),
    Format::Int(2),
    Format::Nf4,
];

/// Every granularity of the menus.
pub(super) const GRANULARITIES: [Granularity; 6] = [
    Granularity::Tensor,
    Granularity::Row,
    Granularity::Group(32),
    Granularity::Group(64),
    Granularity::Group(128),
    Granularity::Block(64),
];
