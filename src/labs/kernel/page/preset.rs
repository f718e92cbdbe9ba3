//! Ready-made experiments, each with a sentence on what to notice.

use crate::labs::kernel::Config;
use crate::text::{Lang, msg};

/// An experiment.
pub(super) struct Preset {
    pub(super) title: fn(Lang) -> &'static str,
    pub(super) notice: fn(Lang) -> &'static str,
    pub(super) config: fn() -> Config,
}

/// A square product.
fn square(batch: u32, side: u32) -> Config {
    Config { batch, inputs: side, outputs: side, ..Config::default() }
}

pub(super) const PRESETS: [Preset; 5] = [
    Preset { title: msg::kernel_preset_token, notice: msg::kernel_preset_token_notice, config: Config::default },
    Preset {
        title: msg::kernel_preset_batch,
        notice: msg::kernel_preset_batch_notice,
        config: || square(256, Config::default().inputs),
    },
    Preset { title: msg::kernel_preset_tiny, notice: msg::kernel_preset_tiny_notice, config: || square(1, 64) },
    Preset {
        title: msg::kernel_preset_zero,
        notice: msg::kernel_preset_zero_notice,
        config: || Config { asymmetric: true, double_quant: true, group: 128, ..Config::default() },
    },
    Preset {
        title: msg::kernel_preset_lora,
        notice: msg::kernel_preset_lora_notice,
        config: || Config { rank: 16, batch: 16, ..Config::default() },
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
