//! Trainings that are kept in the browser: what was learned, and enough about it to use it again.
//!
//! A kept training is a line of JSON ([`About`]) and after it what was learned, as [`write_own`] writes it. Beside it a small
//! entry ([`Listed`]) says what a list of all of them shows, so that a list reads no weights. The small one is written last and
//! erased first: where it is missing the training itself is read.

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
/// What the names of the small entries begin with.
const LISTED: &str = "tune/about/";
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

/// A kept training in a list.
#[derive(Debug, Serialize, Deserialize)]
struct Listed {
    about: About,
    method: Method,
    /// Of what was learned.
    size_bytes: usize,
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
        let bytes = self.to_bytes(base)?;
        let small = [LISTED, run].concat();
        // An older one would say what is no more.
        ctx.host.erase(&small).await?;
        ctx.host.keep(&[PREFIX, run].concat(), &bytes).await?;
        let json = serde_json::to_vec(&self.listed()).expect("plain data always serialises");
        // Without it the list is slower and just as right.
        let _ = ctx.host.keep(&small, &json).await;
        Ok(())
    }

    fn listed(&self) -> Listed {
        Listed { about: self.about.clone(), method: self.adapter.method, size_bytes: 4 * self.adapter.count() }
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

impl Listed {
    /// A kept training among `names`, from its small entry or, where that is missing or broken, from itself.
    async fn read(run: &str, names: &[String], base: &Base, ctx: &Ctx) -> Option<Listed> {
        let small = [LISTED, run].concat();
        if names.contains(&small)
            && let Ok(Some(bytes)) = ctx.host.kept(&small).await
            && let Ok(listed) = serde_json::from_slice(&bytes)
        {
            return Some(listed);
        }
        Some(KeptRun::read(run, base, ctx).await.ok()?.listed())
    }
}

/// Says which trainings are kept, the newest first; one that cannot be read is left out.
///
/// # Errors
/// [`LabError::NotSaved`] if the browser gives no storage.
pub(super) async fn tell(base: &Base, ctx: &Ctx) -> Result<(), LabError> {
    let names = ctx.host.kept_names().await?;
    let mut found = Vec::new();
    for run in names.iter().filter_map(|name| name.strip_prefix(PREFIX)) {
        ctx.checkpoint().await?;
        if let Some(listed) = Listed::read(run, &names, base, ctx).await {
            found.push((run, listed));
        }
    }
    found.sort_by(|(a, one), (b, other)| other.about.made.total_cmp(&one.about.made).then(a.cmp(b)));
    let columns = ["run", "name", "method", "seed", "subject", "accuracy", "saved_bytes", "made"];
    let mut table = Table::new(tables::KEPT, &columns);
    for (run, Listed { about, method, size_bytes }) in found {
        let subject = serde_json::to_value(about.config.data.subject).ok();
        let subject = subject.as_ref().and_then(|word| word.as_str()).unwrap_or_default();
        let mut row = vec![run.into(), about.name.into(), method.word().into(), f64::from(about.seed).into()];
        row.push(subject.into());
        row.extend(numbers(&[about.accuracy.unwrap_or(f64::NAN), size_bytes as f64, about.made]));
        table.rows.push(row);
    }
    ctx.table(table);
    let mut table = Table::new(tables::UNFINISHED, &["config", "done", "all"]);
    if let Some((config, done, all)) = Unfinished::pending(ctx).await {
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
    ctx.host.erase(&[LISTED, run].concat()).await?;
    ctx.host.erase(&[PREFIX, run].concat()).await
}
