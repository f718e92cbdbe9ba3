//! The plans whose memory the formula foretells: the training of the page, large models, and the lecture's figures.

use crate::labs::tune::{
    BASE, Config, Extent, Ledger, LoraSettings, Method, NF4_DOUBLE_BITS, Optimizer, PeftSettings, Plan, Precision,
    Target, memory_ledger,
};

/// Sequences that go through a large model together.
pub(super) const BATCH: u64 = 1;
/// Their tokens.
pub(super) const TOKENS: u64 = 512;

/// The models of the lecture, and those between.
pub(super) const MODELS: [(&str, Extent); 4] = [
    ("BERT-base, 110\u{a0}M", Extent::BERT_BASE),
    ("LLaMA, 7\u{a0}B", Extent::LLAMA_7B),
    ("LLaMA, 65\u{a0}B", Extent::LLAMA_65B),
    ("GPT-3, 175\u{a0}B", Extent::GPT3),
];

/// A way to train a large model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Way {
    pub(super) method: Method,
    pub(super) precision: Precision,
    /// Bits of a frozen weight: in the matrices, and elsewhere.
    bits: [f64; 2],
}

pub(super) const WAYS: [Way; 4] = [
    Way { method: Method::Full, precision: Precision::Single, bits: [32.0, 32.0] },
    Way { method: Method::Full, precision: Precision::Mixed, bits: [16.0, 16.0] },
    Way { method: Method::Lora, precision: Precision::Mixed, bits: [16.0, 16.0] },
    Way { method: Method::Qlora, precision: Precision::Single, bits: [NF4_DOUBLE_BITS, 16.0] },
];

/// The ledger of a large model: AdamW, gradient checkpointing, one sequence of [`TOKENS`].
pub(super) fn large(model: &Extent, way: &Way, settings: &PeftSettings) -> Ledger {
    let Way { method, precision, bits: [base_bits, other_bits] } = *way;
    let (optimizer, batch, tokens) = (Optimizer::AdamW, BATCH, TOKENS);
    let plan =
        Plan { method, settings, base_bits, other_bits, precision, optimizer, batch, tokens, checkpointing: true };
    memory_ledger(model, &plan)
}

fn lora(rank: u32, targets: &[Target]) -> PeftSettings {
    let lora = LoraSettings { rank, targets: targets.to_vec(), ..LoraSettings::default() };
    PeftSettings { lora, ..PeftSettings::default() }
}

/// What the formula gives where the lecture has a figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Figures {
    /// The frozen weights of LLaMA-65B in 16 bits: the lecture's 130 GB.
    pub(super) weights: u64,
    /// Weights, gradients and moments where all of them are trained in 16 bits with two moments in 32: the 780 GB of
    /// Dettmers et al. 2023, arXiv:2305.14314, section 1.
    pub(super) full: u64,
    /// QLoRA of rank 64 on every matrix: the lecture's 48 GB.
    pub(super) qlora: Ledger,
    /// Numbers that LoRA of rank 8 on queries and values trains in GPT-3, and their share: the lecture's 37 M and 0.02 %.
    pub(super) trained: u64,
    pub(super) share: f64,
}

/// The lecture's figures, computed.
pub(super) fn figures() -> Figures {
    let (all, two) = (lora(64, &Target::ALL), lora(8, &[Target::Query, Target::Value]));
    let half = Way { method: Method::Full, precision: Precision::Half, bits: [16.0, 16.0] };
    let full = large(&Extent::LLAMA_65B, &half, &all);
    let trained = Extent::GPT3.trained(Method::Lora, &two);
    Figures {
        weights: large(&Extent::LLAMA_65B, &WAYS[2], &all).weights,
        full: full.trained + full.gradients + full.optimizer,
        qlora: large(&Extent::LLAMA_65B, &WAYS[3], &all),
        trained,
        share: trained as f64 / Extent::GPT3.parameters as f64,
    }
}

/// The ledger of a training of this page; `tokens` is the length of its longest batch. Mixed precision halves what is frozen
/// here, and nothing else: the rest is rounded to 16 bits and kept in 32.
pub(super) fn own(config: &Config, method: Method, tokens: u64) -> Ledger {
    let plan = Plan {
        method,
        settings: &config.peft,
        base_bits: match method {
            Method::Qlora => NF4_DOUBLE_BITS,
            _ if config.train.mixed_precision => 16.0,
            _ => 32.0,
        },
        other_bits: 32.0,
        precision: Precision::Single,
        optimizer: config.train.optimizer,
        batch: config.train.batch.into(),
        tokens: if method == Method::Prompt { tokens + u64::from(config.peft.prompt.tokens) } else { tokens },
        checkpointing: config.train.checkpointing,
    };
    memory_ledger(&Extent::from(&BASE), &plan)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lectures_figures_come_out() {
        let found = figures();
        let gigabytes = |bytes: u64| bytes as f64 / 1e9;
        assert!((gigabytes(found.weights) - 130.6).abs() < 0.1);
        assert!((gigabytes(found.full) - 783.4).abs() < 0.5);
        assert!((gigabytes(found.qlora.total()) - 49.4).abs() < 0.1);
        assert_eq!(found.trained, 37_748_736);
        assert!((found.share * 100.0 - 0.0216).abs() < 1e-4);
    }

    #[test]
    fn what_is_frozen_and_in_few_bits_takes_less() {
        let settings = PeftSettings::default();
        for (name, model) in &MODELS[1..] {
            let totals = WAYS.map(|way| large(model, &way, &settings).total());
            assert!(totals.windows(2).all(|pair| pair[0] > pair[1]), "{name}: {totals:?}");
        }
    }

    #[test]
    fn the_pages_own_training_is_planned_with_its_settings() {
        let mut config = Config::default();
        let parameters = BASE.parameters() as u64;
        let (full, lora) = (own(&config, Method::Full, 100), own(&config, Method::Lora, 100));
        assert_eq!((full.weights, full.trained, full.optimizer), (0, 4 * parameters, 8 * parameters));
        config.train.mixed_precision = true;
        assert_eq!(own(&config, Method::Full, 100), full, "what is trained stays in 32 bits");
        let half = own(&config, Method::Lora, 100);
        assert!(half.weights < lora.weights && half.activations == lora.activations);
        let prompt = own(&config, Method::Prompt, 100).activations;
        assert!(prompt > own(&config, Method::Adapter, 100).activations, "virtual tokens have activations too");
    }
}
