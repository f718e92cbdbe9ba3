//! Trainings that are kept in the browser: what was learned, and enough about it to use it again.
//!
//! A kept training is a line of JSON ([`About`]) and after it what was learned, as [`write_own`] writes it.

use serde::{Deserialize, Serialize};

use super::unfinished::Unfinished;
use crate::data::peft::{Adapter, OWN_FILE, read, write_own};
use crate::labs::Ctx;
use crate::labs::tune::{Config, tables};
use crate::math::peft::Method;
use crate::nets::peft::{Base, Learner, prefix_table};
use crate::protocol::{Fault, LabError, Table, in_range, numbers};

/// What the names of kept trainings begin with.
const PREFIX: &str = "tune/run/";
/// Longest name that a visitor may give.
const MAX_NAME_BYTES: usize = 80;

/// What is known about a kept training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct About {
    pub name: String,
    pub seed: u32,
    pub config: Config,
    /// On test data; unknown of what came from files.
    pub accuracy: Option<f64>,
    /// Milliseconds since 1970.
    pub made: f64,
}

/// A kept training.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct KeptRun {
    pub about: About,
    pub adapter: Adapter,
}

impl KeptRun {
    /// What a learner has learned. Of prefix tuning the encoder is thrown away and its table kept.
    ///
    /// # Errors
    /// Those of reading the device.
    pub async fn of(learner: &Learner, about: About) -> Result<KeptRun, LabError> {
        let matrices = match learner.method {
            Method::Prefix => vec![prefix_table(learner).await?],
            _ => learner.trained.parameters().await?,
        };
        let adapter = Adapter::new(&learner.base.shape, learner.method, learner.settings.clone(), matrices)?;
        Ok(KeptRun { about, adapter })
    }

    /// A learner that has learned this.
    ///
    /// # Errors
    /// [`LabError::Shape`] if it does not fit the base; those of allocations.
    pub fn learner(&self, base: &Base) -> Result<Learner, LabError> {
        let Adapter { method, settings, .. } = &self.adapter;
        let learned = if *method == Method::Prefix { Method::DeepPrompt } else { *method };
        Learner::of(base, learned, settings, self.adapter.matrices())
    }

    fn to_bytes(&self, base: &Base) -> Result<Vec<u8>, LabError> {
        let mut bytes = serde_json::to_vec(&self.about).expect("plain data always serialises");
        bytes.push(b'\n');
        bytes.extend(write_own(&self.adapter, base.config())?);
        Ok(bytes)
    }

    /// Reads what [`KeptRun::to_bytes`] wrote.
    ///
    /// # Errors
    /// [`LabError::Malformed`] if it was cut off; those of [`read`].
    fn from_bytes(run: &str, bytes: &[u8], base: &Base) -> Result<KeptRun, LabError> {
        let fail = |fault| LabError::Malformed { source: run.into(), at: "JSON".into(), fault };
        let end = bytes.iter().position(|b| *b == b'\n').ok_or_else(|| fail(Fault::Missing))?;
        let about: About = serde_json::from_slice(&bytes[..end]).map_err(|e| {
            let (line, column) = (e.line() as u64, e.column() as u64);
            fail(Fault::BadJson { line, column })
        })?;
        let adapter = read(&[(OWN_FILE.into(), bytes[end + 1..].to_vec())], base.config())?;
        Ok(KeptRun { about, adapter })
    }

    /// Keeps it under the name of a run.
    ///
    /// # Errors
    /// [`LabError::NotSaved`].
    pub async fn keep(&self, run: &str, base: &Base, ctx: &Ctx) -> Result<(), LabError> {
        ctx.host.keep(&[PREFIX, run].concat(), &self.to_bytes(base)?).await
    }

    /// The kept training of a name.
    ///
    /// # Errors
    /// [`LabError::FileGone`] if there is none; [`LabError::NotSaved`]; [`LabError::Malformed`].
    pub async fn read(run: &str, base: &Base, ctx: &Ctx) -> Result<KeptRun, LabError> {
        let bytes = ctx.host.kept(&[PREFIX, run].concat()).await?;
        let bytes = bytes.ok_or_else(|| LabError::FileGone { source: run.into() })?;
        KeptRun::from_bytes(run, &bytes, base)
    }
}

/// The names of all kept trainings, in no order.
async fn runs(ctx: &Ctx) -> Result<Vec<String>, LabError> {
    let names = ctx.host.kept_names().await?;
    Ok(names.iter().filter_map(|name| name.strip_prefix(PREFIX)).map(str::to_owned).collect())
}

/// Says which trainings are kept, the newest first; one that cannot be read is left out.
///
/// # Errors
/// [`LabError::NotSaved`] if the browser gives no storage.
pub(super) async fn tell(base: &Base, ctx: &Ctx) -> Result<(), LabError> {
    let mut found = Vec::new();
    for run in runs(ctx).await? {
        ctx.checkpoint().await?;
        if let Ok(kept) = KeptRun::read(&run, base, ctx).await {
            found.push((run, kept.adapter.method, 4 * kept.adapter.count(), kept.about));
        }
    }
    found.sort_by(|a, b| b.3.made.total_cmp(&a.3.made).then(a.0.cmp(&b.0)));
    let columns = ["run", "name", "method", "seed", "subject", "accuracy", "saved_bytes", "made"];
    let mut table = Table::new(tables::KEPT, &columns);
    for (run, method, size_bytes, about) in found {
        let subject = serde_json::to_value(about.config.data.subject).ok();
        let subject = subject.as_ref().and_then(|word| word.as_str()).unwrap_or_default();
        let mut row = vec![run.into(), about.name.into(), method.word().into(), f64::from(about.seed).into()];
        row.push(subject.into());
        row.extend(numbers(&[about.accuracy.unwrap_or(f64::NAN), size_bytes as f64, about.made]));
        table.rows.push(row);
    }
    ctx.table(table);
    let mut table = Table::new(tables::UNFINISHED, &["config", "done", "all"]);
    if let Some((config, done)) = Unfinished::pending(ctx).await {
        let all = config.methods.len() * config.seeds as usize;
        let json = serde_json::to_string(&config).expect("plain data always serialises");
        table.rows.push(vec![json.into(), (done as f64).into(), (all as f64).into()]);
    }
    ctx.table(table);
    Ok(())
}

/// Gives a kept training another name.
///
/// # Errors
/// [`LabError::OutOfRange`] for a name that is empty or too long; as [`KeptRun::read`] and [`KeptRun::keep`].
pub(super) async fn rename(run: &str, name: String, base: &Base, ctx: &Ctx) -> Result<(), LabError> {
    in_range("name", name.len() as f64, 1.0, MAX_NAME_BYTES as f64)?;
    let mut kept = KeptRun::read(run, base, ctx).await?;
    kept.about.name = name;
    kept.keep(run, base, ctx).await
}

/// Forgets a kept training.
///
/// # Errors
/// [`LabError::NotSaved`].
pub(super) async fn forget(run: &str, ctx: &Ctx) -> Result<(), LabError> {
    ctx.host.erase(&[PREFIX, run].concat()).await
}
