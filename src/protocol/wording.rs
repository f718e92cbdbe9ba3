//! Errors in the visitor's language: what, where and why, in one or two sentences.

use super::{Fault, LabError, Resource};
use crate::text::{Lang, bytes, integer, msg, significant};

/// Names and pieces of a visitor's file can be hostile or endless; a sentence shows this much of them.
const SHOWN_CHARACTERS: usize = 80;

/// `text` without control characters (line breaks, bidirectional overrides) and of readable length.
pub(crate) fn shown(text: &str) -> String {
    let hidden = |c: &char| {
        c.is_control()
            || matches!(*c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
    };
    let mut out: String = text.chars().filter(|c| !hidden(c)).take(SHOWN_CHARACTERS + 1).collect();
    if out.chars().count() > SHOWN_CHARACTERS {
        out.pop();
        out.push('…');
    }
    out
}

impl LabError {
    /// This error as a person should read it.
    pub fn sentence(&self, lang: Lang) -> String {
        match self {
            LabError::Shape { operation, expected, got } => {
                msg::error_shape(lang, &shown(expected), &shown(got), &shown(operation))
            }
            LabError::OutOfRange { field, min, max, got } => msg::error_out_of_range(
                lang,
                &shown(field),
                &significant(lang, *got, 4),
                &significant(lang, *max, 4),
                &significant(lang, *min, 4),
            ),
            LabError::Unknown { field, got } => msg::error_unknown(lang, &shown(field), &shown(got)),
            LabError::Conflict { field, with } => msg::error_conflict(lang, &shown(field), &shown(with)),
            LabError::Malformed { source, at, fault } => {
                msg::error_malformed(lang, &shown(at), &fault.sentence(lang), &shown(source))
            }
            LabError::TooLarge { what, limit, got, resource } => {
                let size = |n: u64| match resource {
                    Resource::Bytes => bytes(lang, n),
                    Resource::Weights => msg::error_weights(lang, &integer(lang, n)),
                    Resource::Characters => msg::error_characters(lang, &integer(lang, n)),
                    Resource::Examples => msg::error_examples(lang, &integer(lang, n)),
                };
                msg::error_too_large(lang, &size(*got), &size(*limit), &shown(what))
            }
            LabError::NoSuchTensor { source, name } => msg::error_no_such_tensor(lang, &shown(name), &shown(source)),
            LabError::FileGone { source } => msg::error_file_gone(lang, &shown(source)),
            LabError::NotFetched { path } => msg::error_not_fetched(lang, &shown(path)),
            LabError::NoGpu { message } => msg::error_no_gpu(lang, &shown(message)),
            LabError::DeviceLost { message } => msg::error_device_lost(lang, &shown(message)),
            LabError::OutOfMemory { requested_bytes } => msg::error_out_of_memory(lang, &bytes(lang, *requested_bytes)),
            LabError::Kernel { kernel, message } => msg::error_kernel(lang, &shown(kernel), &shown(message)),
            LabError::Endless => msg::error_endless(lang).to_owned(),
            LabError::WorkerGone { message } => msg::error_worker_gone(lang, &shown(message)),
            LabError::BadLink { fault } => msg::error_bad_link(lang, &fault.sentence(lang)),
            LabError::NotSaved { what, message } => msg::error_not_saved(lang, &shown(message), &shown(what)),
            LabError::Stopped => msg::error_stopped(lang).to_owned(),
        }
    }
}

impl Fault {
    /// This fault as the second half of a sentence.
    pub fn sentence(&self, lang: Lang) -> String {
        match self {
            Fault::Truncated { needed, left } => {
                msg::fault_truncated(lang, &integer(lang, *left), &integer(lang, *needed))
            }
            Fault::TooLong { limit, got } => msg::fault_too_long(lang, &integer(lang, *got), &integer(lang, *limit)),
            Fault::BadMagic => msg::fault_bad_magic(lang).to_owned(),
            Fault::BadVersion { got } => msg::fault_bad_version(lang, &shown(got)),
            Fault::NotUtf8 => msg::fault_not_utf8(lang).to_owned(),
            Fault::BadJson { line, column } => msg::fault_bad_json(lang, &column.to_string(), &line.to_string()),
            Fault::Missing => msg::fault_missing(lang).to_owned(),
            Fault::WrongKind { expected } => msg::fault_wrong_kind(lang, &shown(expected)),
            Fault::UnsupportedType { got } => msg::fault_unsupported_type(lang, &shown(got)),
            Fault::SizeMismatch { expected, got } => {
                msg::fault_size_mismatch(lang, &integer(lang, *expected), &integer(lang, *got))
            }
            Fault::BadOffsets { begin, end } => {
                msg::fault_bad_offsets(lang, &integer(lang, *begin), &integer(lang, *end))
            }
            Fault::RaggedRow { expected, got } => {
                msg::fault_ragged_row(lang, &integer(lang, *expected), &integer(lang, *got))
            }
            Fault::NotANumber { text } => msg::fault_not_a_number(lang, &shown(text)),
            Fault::NotFinite => msg::fault_not_finite(lang).to_owned(),
            Fault::Empty => msg::fault_empty(lang).to_owned(),
            Fault::BadShape { shape } => msg::fault_bad_shape(lang, &shown(shape)),
            Fault::Duplicate { name } => msg::fault_duplicate(lang, &shown(name)),
            Fault::NotDecodable => msg::fault_not_decodable(lang).to_owned(),
            Fault::Quotes => msg::fault_quotes(lang).to_owned(),
            Fault::Unexpected => msg::fault_unexpected(lang).to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_shortened_and_cannot_reorder_the_sentence() {
        let name = format!("\u{202e}gpj.exe\n{}", "x".repeat(500));
        let error = LabError::FileGone { source: name };
        for lang in Lang::ALL {
            let sentence = error.sentence(*lang);
            assert!(!sentence.contains(['\u{202e}', '\n']), "{sentence:?}");
            assert!(sentence.chars().count() < 300, "{sentence}");
        }
    }
}
