//! Kept trainings as files, and files as kept trainings.

use std::rc::Rc;

use super::Loaded;
use super::kept::{About, KeptRun};
use crate::data::examples::Example;
use crate::data::llama::model_files;
use crate::data::notebook::{Recipe, notebook};
use crate::data::peft::{OWN_FILE, merged, read, write, write_own};
use crate::data::world::Language;
use crate::data::zip;
use crate::labs::Ctx;
use crate::labs::tune::{Config, Export, Tongue};
use crate::math::peft::Method;
use crate::protocol::{LabError, Resource};

/// What the base is called in `adapter_config.json` and in a notebook.
const BASE: &str = "afina-small";
const TOKENIZER: &str = "tokenizer.json";
const ZIP: &str = "application/zip";
/// Of all files of an adapter together: the largest, of full fine-tuning, has the size of the model.
const MAX_ADAPTER_BYTES: u64 = 64 << 20;

/// The name of a training as a part of a file's name.
fn plain(name: &str) -> String {
    let word = |c: char| if c.is_alphanumeric() || c == '-' { c } else { '-' };
    let name: String = name.chars().map(word).collect();
    name.trim_matches('-').to_lowercase()
}

impl Loaded {
    /// Sends a kept training as a file.
    ///
    /// # Errors
    /// As [`KeptRun::read`]; [`LabError::Conflict`] for a method that the file cannot hold; those of making the data again.
    pub(super) async fn export(&self, run: &str, what: Export, ctx: &Ctx) -> Result<(), LabError> {
        let kept = KeptRun::read(run, &self.base, ctx).await?;
        let (config, name) = (self.base.config(), plain(&kept.about.name));
        match what {
            Export::Peft => match write(&kept.adapter, config, BASE) {
                Ok(files) => ctx.file(&format!("afina-{name}-peft.zip"), ZIP, zip::write(&files)?),
                // What `peft` does not know goes into a file of our own, which this page reads.
                Err(LabError::Conflict { .. }) => {
                    let bytes = write_own(&kept.adapter, config)?;
                    ctx.file(&format!("afina-{name}-{OWN_FILE}"), "application/octet-stream", bytes);
                }
                Err(error) => return Err(error),
            },
            Export::Merged => {
                let quantized = kept.adapter.method == Method::Qlora;
                let base = if quantized { Rc::new(self.base.dequantized()?) } else { self.base.checkpoint.clone() };
                let model = merged(&base, &kept.adapter)?;
                let mut files = model_files(&model.config, model.tensors());
                files.push((TOKENIZER.into(), ctx.site_file(&format!("models/{BASE}/{TOKENIZER}")).await?));
                ctx.file(&format!("afina-{name}-model.zip"), ZIP, zip::write(&files)?);
            }
            Export::Notebook => {
                let bytes = self.notebook(&kept, ctx).await?;
                ctx.file(&format!("afina-{name}.ipynb"), "application/x-ipynb+json", bytes);
            }
        }
        Ok(())
    }

    async fn notebook(&self, kept: &KeptRun, ctx: &Ctx) -> Result<Vec<u8>, LabError> {
        let About { config, seed, accuracy, .. } = &kept.about;
        let data = self.data(config, ctx).await?;
        let texts = |examples: &[super::data::Example]| -> Vec<Example> {
            let text = |example: &super::data::Example| Example {
                prompt: example.prompt.clone(),
                completion: format!(" {}", example.answer),
            };
            examples.iter().map(text).collect()
        };
        let (train, validation, test) = (texts(&data.train), texts(&data.validation), texts(&data.test));
        let end = [self.model.end];
        let settings = &config.train;
        Ok(notebook(&Recipe {
            language: match config.data.tongue {
                Tongue::Spanish => Language::Spanish,
                Tongue::English => Language::English,
            },
            base: BASE,
            method: kept.adapter.method,
            settings: &config.peft,
            seed: *seed,
            optimizer: settings.optimizer,
            rate: config.rate_of(kept.adapter.method),
            schedule: settings.schedule,
            warmup: (f64::from(settings.steps) * f64::from(settings.warmup_percent) / 100.0).max(1.0).round() as u32,
            weight_decay: settings.weight_decay,
            clip: settings.clip,
            steps: settings.steps,
            batch: settings.batch,
            accumulate: settings.accumulate,
            patience: settings.patience,
            look_every: super::train::look_every(settings.steps),
            mask_prompt: settings.mask_prompt,
            mixed_precision: settings.mixed_precision,
            checkpointing: settings.checkpointing,
            before: &end,
            after: &end,
            train: &train,
            validation: &validation,
            test: &test,
            accuracy: *accuracy,
        }))
    }

    /// Reads an adapter from files that the visitor opened and keeps it as a training.
    ///
    /// # Errors
    /// As [`read`]; [`LabError::TooLarge`]; [`LabError::NotSaved`].
    pub(super) async fn import(&self, names: &[String], ctx: &Ctx) -> Result<(), LabError> {
        let mut files = Vec::new();
        let mut all = 0;
        for name in names {
            let size = ctx.host.file_size(name)?;
            all += size;
            if all > MAX_ADAPTER_BYTES {
                let (limit, resource) = (MAX_ADAPTER_BYTES, Resource::Bytes);
                return Err(LabError::TooLarge { what: name.clone(), limit, got: all, resource });
            }
            files.push((name.clone(), ctx.host.read_file(name, 0..size).await?));
            ctx.checkpoint().await?;
        }
        let adapter = read(&files, self.base.config())?;
        let config = Config { peft: adapter.settings.clone(), methods: vec![adapter.method], ..Config::default() };
        let made = ctx.host.today_millis();
        let name = names.first().cloned().unwrap_or_default();
        // Nobody measured it here.
        let about = About { name, seed: 0, config, accuracy: None, made };
        KeptRun { about, adapter }.keep(&format!("file-{made:.0}"), &self.base, ctx).await
    }
}
