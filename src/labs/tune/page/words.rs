//! Names of methods, tasks and parts as people read them.

use crate::labs::tune::{Method, Subject, Target, Tongue};
use crate::text::{Lang, msg};
use crate::ui::{Look, method_look};

/// The name of a method.
pub(super) fn method_name(lang: Lang, method: Method) -> &'static str {
    match method {
        Method::Full => msg::tune_method_full(lang),
        Method::Head => msg::tune_method_head(lang),
        Method::Lora => "LoRA",
        Method::Qlora => "QLoRA",
        Method::Adapter => msg::tune_method_adapter(lang),
        Method::Prompt => "Prompt tuning",
        Method::Prefix => "Prefix tuning",
        Method::DeepPrompt => "P-Tuning v2",
    }
}

/// The look of a method.
pub(super) fn look(method: Method) -> Look {
    method_look(method.word())
}

/// The name of a task.
pub(super) fn subject_name(lang: Lang, subject: Subject) -> &'static str {
    match subject {
        Subject::Sentiment => msg::tune_subject_sentiment(lang),
        Subject::Questions => msg::tune_subject_questions(lang),
        Subject::Headlines => msg::tune_subject_headlines(lang),
        Subject::Own => msg::tune_subject_own(lang),
    }
}

/// The name of a task by its word in tables.
pub(super) fn subject_of_word(lang: Lang, word: &str) -> String {
    let found = Subject::ALL.into_iter().find(|s| subject_word(*s) == word);
    found.map_or_else(|| word.to_owned(), |s| subject_name(lang, s).to_owned())
}

fn subject_word(subject: Subject) -> &'static str {
    match subject {
        Subject::Sentiment => "sentiment",
        Subject::Questions => "questions",
        Subject::Headlines => "headlines",
        Subject::Own => "own",
    }
}

/// The language of the examples that a page in `lang` begins with.
pub(super) fn tongue(lang: Lang) -> Tongue {
    if lang == Lang::Es { Tongue::Spanish } else { Tongue::English }
}

/// The short name of a matrix, as papers have it.
pub(super) fn target_name(target: Target) -> &'static str {
    match target {
        Target::Query => "Wq",
        Target::Key => "Wk",
        Target::Value => "Wv",
        Target::Output => "Wo",
        Target::Gate => "Gate",
        Target::Up => "Up",
        Target::Down => "Down",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_tasks_are_those_that_travel() {
        for subject in Subject::ALL {
            let json = serde_json::to_string(&subject).unwrap();
            assert_eq!(json, format!("{:?}", subject_word(subject)));
        }
    }
}
