//! The tokenizer of the little world, trained on its pretraining text.

use tokenizers::models::bpe::{BPE, BpeTrainerBuilder};
use tokenizers::pre_tokenizers::PreTokenizerWrapper;
use tokenizers::pre_tokenizers::byte_level::ByteLevel;
use tokenizers::pre_tokenizers::digits::Digits;
use tokenizers::pre_tokenizers::sequence::Sequence;
use tokenizers::{AddedToken, TokenizerBuilder};

use super::failed;
use crate::data::world::{Language, Split, World};
use crate::protocol::LabError;

/// Tokens in all: a multiple of 64, as matrix kernels like it.
pub const VOCABULARY: usize = 2048;
/// What stands between two documents; number 0.
pub const END_OF_TEXT: &str = "<|endoftext|>";
/// The first numbers: end of text, padding, and the two voices of instructions, which the base model never reads.
pub const SPECIAL_TOKENS: [&str; 4] = [END_OF_TEXT, "<|pad|>", "<|user|>", "<|assistant|>"];
/// The world's seed, and how many documents of each language the merges are counted on.
pub const SEED: u32 = 1;
pub const DOCUMENTS: u32 = 20_000;

/// The trained tokenizer as the text of `tokenizer.json`, the same bytes on every run. Digits stand alone, so that sums
/// are of digits; everything else is byte-level BPE.
///
/// # Errors
/// [`LabError::Malformed`] with what the training crate says.
///
/// # Source
/// Sennrich et al. 2016, arXiv:1508.07909; byte level: Radford et al. 2019, "Language Models are Unsupervised Multitask
/// Learners".
pub fn trained() -> Result<String, LabError> {
    let world = World::new(SEED);
    let texts = Language::ALL
        .into_iter()
        .flat_map(|language| (0..DOCUMENTS).map(move |i| world.document(language, Split::Train, i).text));
    let bytes = || ByteLevel::new(false, true, true);
    let split =
        Sequence::new(vec![PreTokenizerWrapper::Digits(Digits::new(true)), PreTokenizerWrapper::ByteLevel(bytes())]);
    let mut trainer = BpeTrainerBuilder::new()
        .show_progress(false)
        .vocab_size(VOCABULARY)
        .min_frequency(2)
        .initial_alphabet(ByteLevel::alphabet().into_iter().collect())
        .special_tokens(SPECIAL_TOKENS.iter().map(|t| AddedToken::from(*t, true)).collect())
        .build();
    let broken = |error: tokenizers::Error| failed("training", &error.to_string());
    let mut tokenizer = TokenizerBuilder::new()
        .with_model(BPE::default())
        .with_normalizer(None::<tokenizers::NormalizerWrapper>)
        .with_pre_tokenizer(Some(split))
        .with_post_processor(None::<tokenizers::PostProcessorWrapper>)
        .with_decoder(Some(bytes()))
        .build()
        .map_err(broken)?;
    tokenizer.train(&mut trainer, texts).map_err(broken)?;
    let mut json = tokenizer.to_string(true).map_err(broken)?;
    json.push('\n');
    Ok(json)
}
