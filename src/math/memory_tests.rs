use super::*;
use crate::math::peft::{AdapterSettings, LoraSettings, trainable_count};

const GB: f64 = 1e9;

fn lora(rank: u32, targets: &[Target]) -> PeftSettings {
    let lora = LoraSettings { rank, targets: targets.to_vec(), ..LoraSettings::default() };
    PeftSettings { lora, ..PeftSettings::default() }
}

fn plan(method: Method, settings: &PeftSettings) -> Plan<'_> {
    Plan {
        method,
        settings,
        base_bits: 16.0,
        other_bits: 16.0,
        precision: Precision::Mixed,
        optimizer: Optimizer::AdamW,
        batch: 1,
        tokens: 512,
        checkpointing: true,
    }
}

fn near(bytes: u64, gigabytes: f64, off: f64) {
    let got = bytes as f64 / GB;
    assert!((got - gigabytes).abs() <= off, "{got} GB is not {gigabytes} GB");
}

#[test]
fn published_models_have_their_parameters() {
    for (model, billions, off) in [
        (Extent::LLAMA_7B, 6.7, 0.05),
        (Extent::LLAMA_65B, 65.2, 0.1),
        (Extent::GPT3, 175.0, 0.0),
        (Extent::BERT_BASE, 0.11, 0.0),
    ] {
        assert!((model.parameters as f64 / GB - billions).abs() <= off, "{model:?}");
        // Matrices and embeddings are nearly all of it.
        let counted = model.matrices() + model.vocabulary * model.channels;
        let share = counted as f64 / model.parameters as f64;
        assert!((0.98..=1.0).contains(&share), "{share} of {model:?}");
    }
}

/// The lecture's 130 GB: two bytes for each of 65 billion.
#[test]
fn the_weights_of_65b_in_16_bits_take_130_gb() {
    let settings = lora(64, &Target::ALL);
    near(memory_ledger(&Extent::LLAMA_65B, &plan(Method::Lora, &settings)).weights, 130.0, 1.0);
}

/// Dettmers et al. 2023, abstract and section 1: from more than 780 GB to less than 48 GB, with LoRA of rank 64 on all
/// linear layers.
#[test]
fn qlora_brings_65b_from_780_gb_to_48() {
    let settings = lora(64, &Target::ALL);
    let full = Plan { precision: Precision::Half, ..plan(Method::Full, &settings) };
    let all = memory_ledger(&Extent::LLAMA_65B, &full);
    near(all.trained + all.gradients + all.optimizer, 783.0, 1.0);

    let quantized = Plan { base_bits: NF4_DOUBLE_BITS, precision: Precision::Single, ..plan(Method::Qlora, &settings) };
    let got = memory_ledger(&Extent::LLAMA_65B, &quantized);
    // 64.8 G weights of 4.127 bits and 0.5 G of 16; LoRA's 0.8 G in f32 with gradients and two moments.
    near(got.weights, 33.4 + 1.05, 0.05);
    near(got.trained, 3.2, 0.01);
    near(got.gradients, 3.2, 0.01);
    near(got.optimizer, 6.4, 0.01);
    // A layer's input in f32, 80 times, and one layer in full; the scores of 512 tokens and one matrix.
    near(got.activations, 1.34 + 0.36, 0.05);
    near(got.workspace, 0.13 + 0.36, 0.01);
    near(got.total(), 49.4, 0.1);
    assert!(got.total() < 48 << 30, "it does not fit a card of 48 GiB");
    // As the paper has it, in 16 bits:
    let half = Plan { precision: Precision::Half, ..quantized };
    let got = memory_ledger(&Extent::LLAMA_65B, &half);
    assert!((44.0..48.0).contains(&(got.total() as f64 / GB)), "{got:?}");
}

#[test]
fn double_quantization_costs_4_127_bits() {
    assert!((NF4_DOUBLE_BITS - 4.127).abs() < 5e-4);
    // The same as what the quantizer counts, which keeps one mean more for a whole matrix.
    use crate::math::{Format, Granularity, QuantSpec, Rounding, ScaleRule, ScaleStorage, Symmetry};
    let spec = QuantSpec {
        format: Format::Nf4,
        granularity: Granularity::Block(64),
        scale_storage: ScaleStorage::Double,
        symmetry: Symmetry::default(),
        rounding: Rounding::default(),
        scale_rule: ScaleRule::default(),
    };
    assert!((spec.bits_per_weight(8192, 8192) - NF4_DOUBLE_BITS).abs() < 1e-6);
}

/// Hu et al. 2021, table 4: LoRA on GPT-3 with 4.7 M (rank 1 on queries and values) and 37.7 M parameters (rank 8), and
/// section 4.2: 350 GB of frozen weights.
#[test]
fn lora_trains_two_hundredths_of_a_per_cent_of_gpt3() {
    let counts = [1, 8].map(|rank| Extent::GPT3.trained(Method::Lora, &lora(rank, &[Target::Query, Target::Value])));
    assert_eq!(counts, [4_718_592, 37_748_736]);
    let percent = 100.0 * counts[1] as f64 / Extent::GPT3.parameters as f64;
    assert!((percent - 0.02).abs() < 0.002, "{percent}");
    // 0.01 % and 35 MB in 16 bits is what the introduction says of rank 4.
    let four = Extent::GPT3.trained(Method::Lora, &lora(4, &[Target::Query, Target::Value]));
    assert!((2.0 * four as f64 / 1e6 - 37.7).abs() < 0.1);
    let settings = lora(8, &[Target::Query, Target::Value]);
    near(memory_ledger(&Extent::GPT3, &plan(Method::Lora, &settings)).weights, 350.0, 0.1);
    assert_eq!(Extent::GPT3.trained(Method::Lora, &lora(1, &[Target::Gate])), 0, "it has no gate");
}

/// Rajbhandari et al. 2019, section 3.1: 16 bytes a parameter with Adam, in mixed precision as in single.
#[test]
fn full_fine_tuning_takes_16_bytes_a_parameter() {
    let settings = PeftSettings::default();
    for model in [Extent::BERT_BASE, Extent::LLAMA_7B] {
        for precision in [Precision::Single, Precision::Mixed] {
            let got = memory_ledger(&model, &Plan { precision, ..plan(Method::Full, &settings) });
            assert_eq!(got.weights + got.trained + got.gradients + got.optimizer, 16 * model.parameters);
        }
        let sgd = Plan { optimizer: Optimizer::Sgd, precision: Precision::Single, ..plan(Method::Full, &settings) };
        assert_eq!(memory_ledger(&model, &sgd).optimizer, 4 * model.parameters);
    }
}

/// Korthikanti et al. 2022, equation 2, less what dropout keeps: `B T C (34 - 2) + 2 H T^2 B` bytes a layer in 16 bits.
#[test]
fn activations_are_those_of_the_paper_without_dropout() {
    let settings = PeftSettings::default();
    let (model, batch, tokens) = (Extent::GPT3, 3, 2048);
    let whole = Plan { batch, tokens, checkpointing: false, ..plan(Method::Full, &settings) };
    let layer = batch * tokens * model.channels * 32 + 2 * model.heads * tokens * tokens * batch;
    assert_eq!(memory_ledger(&model, &whole).activations, model.layers * layer);
    let again = Plan { checkpointing: true, ..whole };
    let inputs = model.layers * batch * tokens * model.channels * 2;
    assert_eq!(memory_ledger(&model, &again).activations, inputs + layer);
    let single = Plan { precision: Precision::Single, ..whole };
    assert_eq!(memory_ledger(&model, &single).activations, 2 * model.layers * layer);
}

#[test]
fn counts_agree_with_those_of_the_methods() {
    let shape = ModelShape {
        vocabulary: 211,
        channels: 24,
        inner: 40,
        layers: 3,
        heads: 6,
        key_heads: 2,
        head_dim: 10,
        tied: false,
    };
    let pfeiffer = AdapterSettings { placement: Placement::Pfeiffer, bottleneck: 5, ..AdapterSettings::default() };
    let settings = [
        PeftSettings::default(),
        PeftSettings { adapter: pfeiffer, ..lora(3, &[Target::Key, Target::Output, Target::Gate]) },
    ];
    for settings in &settings {
        for method in Method::ALL {
            let expected = trainable_count(&shape, method, settings) as u64;
            assert_eq!(Extent::from(&shape).trained(method, settings), expected, "{method:?}");
        }
    }
}
