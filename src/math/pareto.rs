//! The sweep over formats, and which of them nothing else beats.

use super::{Format, Granularity, QuantSpec, Rounding, ScaleRule, ScaleStorage, Symmetry};

/// Which points nothing else beats: no other point has at most as many bits and at least as much SQNR, and is better
/// in one of the two. Equal points stand or fall together; a NaN is never on the front.
///
/// # Shapes
/// `points [n]` of `(bits per weight, SQNR in dB)` -> `[n]`
pub fn pareto_front(points: &[(f64, f64)]) -> Vec<bool> {
    let beats = |a: &(f64, f64), b: &(f64, f64)| a.0 <= b.0 && a.1 >= b.1 && (a.0 < b.0 || a.1 > b.1);
    points.iter().map(|p| !p.0.is_nan() && !p.1.is_nan() && !points.iter().any(|q| beats(q, p))).collect()
}

/// Everything that the sweep tries, each with a label of format, variant and granularity: `INT4 g32`, `NF4 b64 double`.
pub fn sweep_specs() -> Vec<(String, QuantSpec)> {
    let mut specs = Vec::new();
    let spec = |format, symmetry, granularity, scale_storage| QuantSpec {
        format,
        symmetry,
        granularity,
        rounding: Rounding::Nearest,
        scale_rule: ScaleRule::AbsMax,
        scale_storage,
    };
    use Granularity::{Block, Group, Row, Tensor};
    use ScaleStorage::{Double, F16, F32};
    use Symmetry::{Asymmetric, FullRange, Symmetric};
    for format in [Format::Fp16, Format::Bf16] {
        specs.push((format.name(), spec(format, Symmetric, Tensor, F32)));
    }
    for bits in 2..=8 {
        let format = Format::Int(bits);
        for (granularity, suffix) in
            [(Tensor, "tensor"), (Row, "row"), (Group(128), "g128"), (Group(64), "g64"), (Group(32), "g32")]
        {
            specs.push((format!("{} {suffix}", format.name()), spec(format, Symmetric, granularity, F16)));
        }
        specs.push((format!("{} asym g32", format.name()), spec(format, Asymmetric, Group(32), F16)));
    }
    for (format, granularities) in
        [(Format::Fp8E4m3, [(Tensor, "tensor"), (Row, "row")]), (Format::Fp8E5m2, [(Tensor, "tensor"), (Row, "row")])]
    {
        for (granularity, suffix) in granularities {
            specs.push((format!("{} {suffix}", format.name()), spec(format, Symmetric, granularity, F32)));
        }
    }
    specs.push(("NF4 b64".into(), spec(Format::Nf4, Symmetric, Block(64), F32)));
    specs.push(("NF4 b64 double".into(), spec(Format::Nf4, Symmetric, Block(64), Double)));
    // Q8_0 is `INT8 g32` above under its published name; shown once.
    specs.push(("ggml Q4_0".into(), spec(Format::Int(4), FullRange, Group(32), F16)));
    for (label, _) in &mut specs {
        if label == "INT8 g32" {
            *label = "ggml Q8_0".into();
        }
    }
    specs
}
