//! Ready-made prompts, each with a sentence on what to notice.

use crate::labs::model::Config;
use crate::text::{Lang, msg};

/// An experiment.
pub(super) struct Preset {
    pub(super) title: fn(Lang) -> &'static str,
    pub(super) notice: fn(Lang) -> &'static str,
    pub(super) config: fn() -> Config,
}

fn of(prompt: &str) -> Config {
    Config { prompt: prompt.into(), ..Config::default() }
}

/// Always the most probable token.
fn greedy(prompt: &str) -> Config {
    Config { temperature: 0.0, top_p: 1.0, ..of(prompt) }
}

/// The list of questions of the page's opening question.
pub(super) fn questions() -> Config {
    Config { length: 64, ..greedy("¿Cómo hago una tortilla?\n¿Dónde vive Rosa?\n¿Qué come la vaca?\n") }
}

/// Texts in the languages of the model, so that they stay as they are when the page changes its own.
pub(super) const PRESETS: [Preset; 9] = [
    Preset { title: msg::model_preset_story, notice: msg::model_preset_story_notice, config: Config::default },
    Preset { title: msg::model_preset_questions, notice: msg::model_preset_questions_notice, config: questions },
    Preset {
        title: msg::model_preset_sum,
        notice: msg::model_preset_sum_notice,
        config: || Config { length: 24, ..greedy("12 + 5 = 17.\n8 + 7 = ") },
    },
    Preset {
        title: msg::model_preset_recall,
        notice: msg::model_preset_recall_notice,
        config: || Config {
            length: 40,
            ..greedy("Teresa tenía un burro gris que se llamaba Trueno. Un día, el burro se escapó. Teresa llamó a")
        },
    },
    Preset {
        title: msg::model_preset_hot,
        notice: msg::model_preset_hot_notice,
        config: || Config { temperature: 2.0, top_p: 1.0, ..of("Hoy hablamos de Rita. Rita vive en") },
    },
    Preset {
        title: msg::model_preset_english_story,
        notice: msg::model_preset_english_story_notice,
        config: || of("In Torremiel there lived a girl called Rita."),
    },
    Preset {
        title: msg::model_preset_english_questions,
        notice: msg::model_preset_english_questions_notice,
        config: || Config {
            length: 64,
            ..greedy("How do I make an omelette?\nWhere does Rosa live?\nWhat does the cow eat?\n")
        },
    },
    Preset {
        title: msg::model_preset_english_clinic,
        notice: msg::model_preset_english_clinic_notice,
        config: || of("Yesterday I went to the clinic in Montesol. I had a stomach ache. The doctor"),
    },
    Preset {
        title: msg::model_preset_mixed,
        notice: msg::model_preset_mixed_notice,
        config: || greedy("My dear Lucía,\nTe escribo desde"),
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
