//! A notebook that trains the same with `transformers` and `peft`: the data, the settings, the loop and the measure, for
//! whoever goes on outside the browser.
//!
//! ```text
//! mod.rs     the recipe, and cells as JSON
//! python.rs  the code
//! words.rs   the texts between, in both languages
//! ```
//!
//! # Source
//! Jupyter's nbformat 4.5, <https://nbformat.readthedocs.io/en/latest/format_description.html>.

mod python;
mod words;

use serde_json::{Value, json};

use super::examples::Example;
use super::world::Language;
use crate::math::peft::{Method, Optimizer, PeftSettings, Schedule};

/// A training, as far as it can be repeated elsewhere.
#[derive(Clone, Debug)]
pub struct Recipe<'a> {
    /// Of the texts in the notebook.
    pub language: Language,
    /// The folder with the base, which the reader may change.
    pub base: &'a str,
    pub method: Method,
    pub settings: &'a PeftSettings,
    pub seed: u32,
    pub optimizer: Optimizer,
    /// The highest learning rate.
    pub rate: f64,
    pub schedule: Schedule,
    /// Steps in which the rate rises.
    pub warmup: u32,
    pub weight_decay: f32,
    /// Gradients longer than this are scaled down; 0 leaves them.
    pub clip: f32,
    pub steps: u32,
    pub batch: u32,
    pub accumulate: u32,
    /// Looks without a better loss after which training ends; 0 never ends early.
    pub patience: u32,
    /// Steps between two looks at the validation examples.
    pub look_every: u32,
    pub mask_prompt: bool,
    pub mixed_precision: bool,
    pub checkpointing: bool,
    /// Tokens before the prompt.
    pub before: &'a [u32],
    /// Tokens after the completion.
    pub after: &'a [u32],
    /// Prompts and completions as the model sees them; the tokens of the two are strung together.
    pub train: &'a [Example],
    pub validation: &'a [Example],
    pub test: &'a [Example],
    /// The share of test answers that were right in the lab.
    pub accuracy: Option<f64>,
}

/// One cell.
enum Cell {
    Text(String),
    Code(String),
}

/// The bytes of an `.ipynb` file.
pub fn notebook(recipe: &Recipe<'_>) -> Vec<u8> {
    let words = words::words(recipe.language);
    let text = |text: &str| Cell::Text(text.to_owned());
    let cells = [
        Cell::Text(words::title(recipe)),
        Cell::Code(python::install(recipe.method)),
        text(words.settings),
        Cell::Code(python::settings(recipe)),
        text(words.data),
        Cell::Code(python::data(recipe)),
        text(words.model),
        Cell::Code(python::model(recipe)),
        text(words.batches),
        Cell::Code(python::BATCHES.to_owned()),
        text(words.training),
        Cell::Code(python::training(recipe)),
        text(words.test),
        Cell::Code(python::test(recipe)),
        text(words.saving),
        Cell::Code(python::saving(recipe.method)),
    ];
    let cells: Vec<Value> = cells.into_iter().enumerate().map(|(number, cell)| json_of(number, cell)).collect();
    let notebook = json!({
        "cells": cells,
        "metadata": {
            "kernelspec": { "display_name": "Python 3", "language": "python", "name": "python3" },
            "language_info": { "name": "python" },
        },
        "nbformat": 4,
        "nbformat_minor": 5,
    });
    format!("{notebook:#}\n").into_bytes()
}

fn json_of(number: usize, cell: Cell) -> Value {
    let id = format!("cell-{}", number + 1);
    // A list of lines, each with its end: what editors write, so that a changed line is one changed line.
    let lines = |text: &str| text.trim_end().split_inclusive('\n').map(str::to_owned).collect::<Vec<_>>();
    match cell {
        Cell::Text(text) => json!({ "cell_type": "markdown", "id": id, "metadata": {}, "source": lines(&text) }),
        Cell::Code(text) => json!({
            "cell_type": "code", "execution_count": null, "id": id, "metadata": {}, "outputs": [], "source": lines(&text),
        }),
    }
}
