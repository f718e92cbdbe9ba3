//! The quantizers against published implementations; `tests/fixtures/generate.py` names each source.

use afina::math::{
    Codes, DoubleScales, E4M3_LEVELS, E5M2_LEVELS, Format, Granularity, NF4_LEVELS, QuantSpec, Rounding, ScaleRule,
    ScaleStorage, Symmetry, dequantize, dynamic_map, quantize,
};
use serde_json::Value;

fn golden(name: &str) -> Value {
    let path = format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"));
    serde_json::from_str(&std::fs::read_to_string(&path).expect(&path)).expect(&path)
}

fn floats(value: &Value) -> Vec<f32> {
    let list = value.as_array().expect("a list");
    assert!(!list.is_empty());
    list.iter().map(|v| v.as_f64().expect("a number") as f32).collect()
}

fn integers(value: &Value) -> Vec<i64> {
    value.as_array().expect("a list").iter().map(|v| v.as_i64().expect("an integer")).collect()
}

fn spec(format: Format, symmetry: Symmetry, granularity: Granularity, scale_storage: ScaleStorage) -> QuantSpec {
    let (rounding, scale_rule) = (Rounding::Nearest, ScaleRule::AbsMax);
    QuantSpec { format, symmetry, granularity, rounding, scale_rule, scale_storage }
}

fn narrow(codes: &Codes) -> &[u8] {
    match codes {
        Codes::Narrow(codes) => codes,
        other => panic!("{other:?}"),
    }
}

#[test]
fn q8_0_is_ggmls() {
    let golden = golden("ggml_q8_0.json");
    let w = floats(&golden["weights"]);
    let spec = spec(Format::Int(8), Symmetry::Symmetric, Granularity::Group(32), ScaleStorage::F16);
    let q = quantize(&w, w.len() / 32, 32, &spec);
    assert_eq!(q.scales, floats(&golden["scales"]));
    let got: Vec<i64> = narrow(&q.codes).iter().map(|&c| i64::from(c) - 127).collect();
    assert_eq!(got, integers(&golden["integers"]));
    assert_eq!(dequantize(&q), floats(&golden["dequantized"]));
    assert_eq!(Some(spec.bits_per_weight(8, 32)), golden["bits_per_weight"].as_f64());
    assert_eq!(spec.bits_per_weight(8, 32), 8.5);
}

#[test]
fn q4_0_is_ggmls_but_for_its_rounding_of_ties() {
    let golden = golden("ggml_q4_0.json");
    let w = floats(&golden["weights"]);
    let spec = spec(Format::Int(4), Symmetry::FullRange, Granularity::Group(32), ScaleStorage::F16);
    let q = quantize(&w, w.len() / 32, 32, &spec);
    assert_eq!(q.scales, floats(&golden["scales"]));
    // ggml truncates x + 8.5, so that ties go up; ours go to the even integer. Elsewhere they are the same.
    let mut ties = 0;
    for (i, (&code, &expected)) in narrow(&q.codes).iter().zip(&integers(&golden["integers"])).enumerate() {
        let group = &w[i / 32 * 32..][..32];
        let first_max = group.iter().copied().fold(0f32, |m, w| if w.abs() > m.abs() { w } else { m });
        let x = if first_max == 0.0 { 0.0 } else { w[i] * (1.0 / (first_max / -8.0)) };
        let got = i64::from(code) - 8;
        if (x - x.floor()) == 0.5 {
            ties += 1;
            assert!((got - expected).abs() <= 1, "weight {i}");
        } else {
            assert_eq!(got, expected, "weight {i}: x = {x}");
        }
    }
    assert!(ties < 4, "{ties} ties would make this comparison weak");
    assert_eq!(spec.bits_per_weight(8, 32), 4.5);
    assert_eq!(Some(4.5), golden["bits_per_weight"].as_f64());
}

#[test]
fn nf4_is_bitsandbytes() {
    let golden = golden("nf4.json");
    assert_eq!(NF4_LEVELS.to_vec(), floats(&golden["table"]));
    let w = floats(&golden["weights"]);
    let spec = spec(Format::Nf4, Symmetry::Symmetric, Granularity::Block(64), ScaleStorage::F32);
    let q = quantize(&w, 1, w.len(), &spec);
    assert_eq!(q.scales, floats(&golden["scales"]));
    let got: Vec<i64> = narrow(&q.codes).iter().map(|&c| i64::from(c)).collect();
    assert_eq!(got, integers(&golden["codes"]));
    assert_eq!(dequantize(&q), floats(&golden["dequantized"]));
    assert_eq!(spec.bits_per_weight(64, 64), 4.5);
}

#[test]
fn double_quantization_is_qloras() {
    let golden = golden("dynamic_map.json");
    let table = floats(&golden["table"]);
    assert_eq!(table.len(), dynamic_map().len());
    for (i, (got, expected)) in dynamic_map().iter().zip(&table).enumerate() {
        // torch.linspace works in f32, NumPy's in f64: two roundings of a boundary, one of the mean, one of the decade.
        assert!((got - expected).abs() <= 4.0 * f32::EPSILON * expected.abs(), "{i}: {got} {expected}");
    }
    let double = DoubleScales::from_scales(&floats(&golden["scales"]));
    assert_eq!(double.mean, floats(&Value::Array(vec![golden["mean"].clone()]))[0]);
    assert_eq!(double.absmax, floats(&golden["absmax"]));
    assert_eq!(double.codes.iter().map(|&c| i64::from(c)).collect::<Vec<_>>(), integers(&golden["codes"]));
    for (got, expected) in double.to_scales().iter().zip(floats(&golden["decoded"])) {
        assert!((got - expected).abs() <= 8.0 * f32::EPSILON, "{got} {expected}");
    }
    // QLoRA, section 3: 0.127 bits per parameter instead of 0.5.
    let spec = spec(Format::Nf4, Symmetry::Symmetric, Granularity::Block(64), ScaleStorage::Double);
    assert!((spec.bits_per_weight(4096, 4096) - 4.127).abs() < 5e-4);
}

#[test]
fn small_floats_are_cast_as_numpy_and_ml_dtypes_do() {
    let golden = golden("casts.json");
    let values = floats(&golden["values"]);
    for (format, key) in [(Format::Fp16, "float16"), (Format::Bf16, "bfloat16")] {
        let spec = spec(format, Symmetry::Symmetric, Granularity::Tensor, ScaleStorage::F32);
        let got = dequantize(&quantize(&values, 1, values.len(), &spec));
        assert_eq!(got, floats(&golden[key]), "{key}");
    }
    // With a weight of the largest finite value beside it, a group has the scale 1 and FP8 is a plain cast.
    for (format, key, max) in [(Format::Fp8E4m3, "float8_e4m3", 448.0f32), (Format::Fp8E5m2, "float8_e5m2", 57344.0)] {
        let mut w: Vec<f32> = values.iter().map(|v| v.clamp(-max, max)).collect();
        w.push(max);
        let spec = spec(format, Symmetry::Symmetric, Granularity::Tensor, ScaleStorage::F32);
        let q = quantize(&w, 1, w.len(), &spec);
        assert_eq!(q.scales, [1.0]);
        assert_eq!(dequantize(&q)[..values.len()], floats(&golden[key]), "{key}");
    }
}

#[test]
fn fp8_tables_have_the_published_landmarks() {
    // Micikevicius et al. 2022, table 1.
    let positive = |levels: &[f32]| levels.iter().copied().filter(|v| *v > 0.0).collect::<Vec<_>>();
    let (e4m3, e5m2) = (positive(&E4M3_LEVELS), positive(&E5M2_LEVELS));
    let two = |e: i32| 2f32.powi(e);
    assert_eq!((e4m3[0], e4m3[6], e4m3[7], e4m3[125]), (two(-9), 0.875 * two(-6), two(-6), 448.0));
    assert_eq!((e5m2[0], e5m2[2], e5m2[3], e5m2[122]), (two(-16), 0.75 * two(-14), two(-14), 57344.0));
    assert_eq!((e4m3.len(), e5m2.len()), (126, 123));
}
