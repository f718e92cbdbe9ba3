//! Ready-made experiments, each with a sentence on what to notice.

use crate::labs::tune::{Config, Method};
use crate::text::{Lang, msg};

/// An experiment: what it changes at the starting point.
pub(super) struct Preset {
    pub(super) title: fn(Lang) -> &'static str,
    pub(super) notice: fn(Lang) -> &'static str,
    change: fn(&mut Config),
}

impl Preset {
    /// The whole state of the experiment; the language of the data stays.
    pub(super) fn config(&self, now: &Config) -> Config {
        let mut config = Config::default();
        config.data.tongue = now.data.tongue;
        (self.change)(&mut config);
        config
    }
}

pub(super) const PRESETS: [Preset; 7] = [
    Preset { title: msg::tune_preset_six, notice: msg::tune_preset_six_notice, change: |_| {} },
    Preset {
        title: msg::tune_preset_rank,
        notice: msg::tune_preset_rank_notice,
        change: |c| {
            c.methods = vec![Method::Full, Method::Lora];
            c.peft.lora.rank = 1;
            c.peft.lora.alpha = 2.0;
        },
    },
    Preset {
        title: msg::tune_preset_little,
        notice: msg::tune_preset_little_notice,
        change: |c| {
            c.methods = vec![Method::Full, Method::Lora, Method::Adapter, Method::Prompt];
            c.data.examples = 16;
        },
    },
    Preset {
        title: msg::tune_preset_qlora,
        notice: msg::tune_preset_qlora_notice,
        change: |c| {
            c.methods = vec![Method::Lora, Method::Qlora];
            c.seeds = 3;
        },
    },
    Preset {
        title: msg::tune_preset_prompts,
        notice: msg::tune_preset_prompts_notice,
        change: |c| {
            c.methods = vec![Method::Lora, Method::Prompt, Method::Prefix, Method::DeepPrompt];
            c.train.steps = 120;
        },
    },
    Preset {
        title: msg::tune_preset_memory,
        notice: msg::tune_preset_memory_notice,
        change: |c| {
            c.methods = vec![Method::Full, Method::Lora];
            c.train.batch = 16;
            c.train.checkpointing = true;
        },
    },
    Preset {
        title: msg::tune_preset_forget,
        notice: msg::tune_preset_forget_notice,
        change: |c| {
            c.methods = vec![Method::Full, Method::Lora, Method::Head, Method::Prompt];
            c.train.rate = 0.005;
        },
    },
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_preset_is_within_bounds_and_no_two_are_the_same() {
        let now = Config::default();
        let all: Vec<Config> = PRESETS.iter().map(|p| p.config(&now)).collect();
        for (i, config) in all.iter().enumerate() {
            config.clone().checked().unwrap();
            assert!(!all[..i].contains(config), "preset {i} repeats another");
        }
        assert_eq!(all[0], Config::default());
    }
}
