//! The computation of the bits lab, the same code on both tiers.
//!
//! ```text
//! plan -> decoder (only units that changed are quantized again) -> logits of held-out text -> perplexity, KL, agreement
//! ```
//!
//! A [`Session`] keeps two decoders, FP32 and the plan, and FP32's logits of the held-out text.

mod held_out;
mod outliers;
mod picture;
mod plans;
mod quality;
mod written;

use crate::labs::Ctx;
use crate::labs::bits::{Checked, Task, tables};
use crate::math::WeightFormat;
use crate::model::{Decoder, Place, Plan, TextModel};
use crate::protocol::{LabError, Table, numbers};

use held_out::HeldOut;

/// What stays in memory between two commands.
#[derive(Default)]
pub struct Session {
    loaded: Option<Loaded>,
}

/// The model twice: as it is, and as the plan says.
struct Loaded {
    model: TextModel,
    base: Decoder,
    plan: Decoder,
    held_out: HeldOut,
    /// What FP32 wrote after a prompt.
    written: Option<(String, Vec<u32>)>,
}

/// Executes one task; its tables and tensors go to `ctx`.
///
/// # Errors
/// Whatever is wrong with the configuration or the model's files, or what the device says.
pub async fn run(task: Task, ctx: &Ctx, session: &mut Session) -> Result<(), LabError> {
    match task {
        Task::Look { config } => {
            let config = config.checked()?;
            let loaded = session.ready(ctx).await?;
            loaded.follow(&config)?;
            loaded.tell_sizes(ctx);
            loaded.look(ctx).await?;
            loaded.write(&config, ctx).await
        }
        Task::Picture { config, view } => {
            let config = config.checked()?;
            let loaded = session.ready(ctx).await?;
            loaded.follow(&config)?;
            loaded.picture(&config, view, ctx)
        }
        Task::Grade { config } => {
            let config = config.checked()?;
            let loaded = session.ready(ctx).await?;
            loaded.follow(&config)?;
            loaded.tell_sizes(ctx);
            loaded.grade(ctx).await
        }
        Task::Sensitivity { config, format } => {
            let config = config.checked()?;
            session.ready(ctx).await?.sensitivity(&config, format, ctx).await
        }
        Task::Search { config } => {
            let config = config.checked()?;
            session.ready(ctx).await?.search(&config, ctx).await
        }
        Task::Outliers { outliers } => session.ready(ctx).await?.outliers(outliers, ctx).await,
    }
}

impl Session {
    /// The model, read now if it is not at hand; its units are told each time.
    async fn ready(&mut self, ctx: &Ctx) -> Result<&mut Loaded, LabError> {
        if self.loaded.is_none() {
            let model = TextModel::shipped(async |path| ctx.site_file(path).await).await?;
            ctx.checkpoint().await?;
            let plan = Plan::uniform(&model.checkpoint.config, WeightFormat::Fp32, WeightFormat::GROUP);
            let base = Decoder::new(Place::of(ctx.device.gpu()), &model.checkpoint, &plan)?;
            let plan = Decoder::new(Place::of(ctx.device.gpu()), &model.checkpoint, &plan)?;
            self.loaded = Some(Loaded { held_out: HeldOut::default(), written: None, model, base, plan });
        }
        let loaded = self.loaded.as_mut().ok_or(LabError::Stopped)?;
        loaded.tell_units(ctx);
        Ok(loaded)
    }
}

impl Loaded {
    fn tell_units(&self, ctx: &Ctx) {
        let mut table = Table::new(tables::UNITS, &["unit", "layer", "part", "name", "rows", "cols"]);
        for (i, unit) in self.base.units().iter().enumerate() {
            let layer = unit.layer.map_or(-1.0, |l| l as f64);
            let mut cells = numbers(&[i as f64, layer]);
            cells.extend([unit.kind.name().into(), unit.name.clone().into()]);
            cells.extend(numbers(&[unit.rows as f64, unit.cols as f64]));
            table.rows.push(cells);
        }
        ctx.table(table);
    }

    /// The plan of a configuration for this model.
    fn plan_of(&self, config: &Checked) -> Plan {
        Plan { formats: config.formats(self.base.units().len()), group: config.group }
    }

    /// Quantizes what differs from the plan of before.
    fn follow(&mut self, config: &Checked) -> Result<(), LabError> {
        let plan = self.plan_of(config);
        self.plan.follow(&plan)
    }

    /// Bytes of all products in FP32.
    fn fp32_bytes(&self) -> u64 {
        self.base.units().iter().map(|u| 4 * u.count() as u64).sum()
    }

    fn tell_sizes(&self, ctx: &Ctx) {
        let sizes = self.plan.sizes();
        let sum = |of: fn(&crate::model::UnitSize) -> u64| sizes.iter().map(of).sum::<u64>() as f64;
        let (packed, weights) = (sum(|s| s.packed_bytes), sum(|s| s.weights));
        let columns = ["packed_bytes", "allocated_bytes", "fp32_bytes", "bits_per_weight"];
        let mut table = Table::new(tables::SIZE, &columns);
        let allocated = sum(|s| s.allocated_bytes);
        table.rows.push(numbers(&[packed, allocated, self.fp32_bytes() as f64, 8.0 * packed / weights]));
        ctx.table(table);
    }
}
