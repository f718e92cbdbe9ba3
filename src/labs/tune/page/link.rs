//! The state of the lab in the address.

use leptos::prelude::*;

use crate::data::share::{link_of_state, state_of_link};
use crate::labs::tune::Config;
use crate::protocol::LabError;
use crate::ui::{Parameters, address_with, follow_address, from_address};

/// The name of the part of the address that holds the configuration.
const PARAMETER: &str = "c";

/// The configuration of the address, if it holds one; an error if it does not decode or is out of bounds.
pub(super) fn config_of_address() -> Option<Result<Config, LabError>> {
    let link = from_address(PARAMETER)?;
    Some(state_of_link(&link).and_then(shown))
}

/// A configuration that the page can show: one that a run accepts, or lacks nothing but a file that is still to be opened.
fn shown(config: Config) -> Result<Config, LabError> {
    let mut complete = config.clone();
    if complete.data.file.is_empty() {
        complete.data.file = "examples".into();
    }
    complete.checked().map(|_| config)
}

fn parameters(config: &Config) -> Parameters {
    vec![(PARAMETER, link_of_state(config))]
}

/// The address of this page with `config` in it.
pub(super) fn address_of(config: &Config) -> Option<String> {
    address_with(&parameters(config))
}

/// Keeps the address equal to the configuration.
pub(super) fn follow(config: RwSignal<Config>) {
    follow_address(Signal::derive(move || config.with(parameters)));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::share::MAX_LINK_BYTES;
    use crate::labs::tune::{Method, Subject};

    #[test]
    fn a_task_whose_file_is_still_to_be_opened_is_no_bad_link() {
        let mut config = Config::default();
        config.data.subject = Subject::Own;
        assert_eq!(shown(config.clone()), Ok(config.clone()));
        config.seeds = 0;
        assert!(shown(config).is_err());
    }

    #[test]
    fn the_largest_usual_state_fits_into_a_link() {
        let mut config = Config { methods: Method::ALL.to_vec(), ..Config::default() };
        config.data.file = "mis ejemplos de la consulta (2).jsonl".into();
        config.peft.prompt.text = "Clasifica la reseña: buena, mala o neutra.".into();
        let link = link_of_state(&config);
        assert!(link.len() > 100 && link.len() <= MAX_LINK_BYTES, "{} bytes", link.len());
    }
}
