//! What stands between the code, in Spanish and in English.

use super::Recipe;
use crate::data::world::Language;
use crate::math::peft::Method;

/// The texts of a notebook.
pub(super) struct Words {
    pub settings: &'static str,
    pub data: &'static str,
    pub model: &'static str,
    pub batches: &'static str,
    pub training: &'static str,
    pub test: &'static str,
    pub saving: &'static str,
}

pub(super) fn words(language: Language) -> &'static Words {
    match language {
        Language::Spanish => &SPANISH,
        Language::English => &ENGLISH,
    }
}

const SPANISH: Words = Words {
    settings: "## Ajustes\n\nLos mismos que en Afina. `BASE` es la carpeta del modelo base (`config.json`, \
               `model.safetensors`, `tokenizer.json`): cambia la ruta si está en otro sitio.",
    data: "## Datos\n\nLos ejemplos del entrenamiento, en JSONL: lo que recibe el modelo y lo que debe escribir.",
    model: "## Modelo y método\n\nSolo se entrenan los parámetros que el método añade o libera; el resto queda congelado.",
    batches: "## Lotes\n\nLos ejemplos se alargan hasta el más largo del lote. Lo que tiene la etiqueta -100 no cuenta en \
              la pérdida.",
    training: "## Entrenamiento",
    test: "## Prueba\n\nUna respuesta voraz es correcta entera exactamente cuando cada uno de sus tokens es el más probable \
           después de los correctos: basta una pasada.",
    saving: "## Guardar",
};

const ENGLISH: Words = Words {
    settings: "## Settings\n\nThe same as in Afina. `BASE` is the folder of the base model (`config.json`, \
               `model.safetensors`, `tokenizer.json`): change the path if it is elsewhere.",
    data: "## Data\n\nThe examples of the training, as JSONL: what the model is given and what it should write.",
    model: "## Model and method\n\nOnly the parameters that the method adds or frees are trained; the rest is frozen.",
    batches: "## Batches\n\nExamples are filled up to the longest one of a batch. What has the label -100 does not count \
              in the loss.",
    training: "## Training",
    test: "## Test\n\nA greedy answer is right as a whole exactly if each of its tokens is the likeliest one after the right \
           ones before it: one pass is enough.",
    saving: "## Saving",
};

/// The first cell: what this is, and what may differ.
pub(super) fn title(recipe: &Recipe<'_>) -> String {
    let Recipe { language, seed, steps, .. } = recipe;
    let (name, gpu) = (name(recipe.method, *language), recipe.method == Method::Qlora);
    match language {
        Language::Spanish => {
            let gpu = if gpu { "\n\nQLoRA necesita `bitsandbytes` y, con él, una GPU de NVIDIA." } else { "" };
            format!(
                "# {name}, semilla {seed}, {steps} pasos\n\nEste cuaderno repite con `transformers` y `peft` un \
                 entrenamiento hecho en Afina: los mismos datos, ajustes y semilla. Los números aleatorios de PyTorch son \
                 otros, así que el resultado se parece, pero no coincide cifra por cifra.{gpu}"
            )
        }
        Language::English => {
            let gpu = if gpu { "\n\nQLoRA needs `bitsandbytes` and with it an NVIDIA GPU." } else { "" };
            format!(
                "# {name}, seed {seed}, {steps} steps\n\nThis notebook repeats with `transformers` and `peft` a training \
                 that was done in Afina: the same data, settings and seed. PyTorch draws other random numbers, so the \
                 result is alike, but not the same digit for digit.{gpu}"
            )
        }
    }
}

fn name(method: Method, language: Language) -> &'static str {
    let (spanish, english) = match method {
        Method::Full => ("Ajuste fino completo", "Full fine-tuning"),
        Method::Head => ("Solo la última matriz", "The last matrix alone"),
        Method::Lora => ("LoRA", "LoRA"),
        Method::Qlora => ("QLoRA", "QLoRA"),
        Method::Adapter => ("Adaptadores", "Adapters"),
        Method::Prompt => ("Prompt tuning", "Prompt tuning"),
        Method::Prefix => ("Prefix tuning", "Prefix tuning"),
        Method::DeepPrompt => ("P-Tuning v2", "P-Tuning v2"),
    };
    match language {
        Language::Spanish => spanish,
        Language::English => english,
    }
}
