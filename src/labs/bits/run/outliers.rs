//! A few weights made much larger, and what one scale for the whole matrix then does to all the others.

use super::Loaded;
use super::picture::fidelity;
use crate::data::llama::unit_matrix;
use crate::labs::Ctx;
use crate::labs::bits::{GROUPS, OUTLIERS, Outliers, PROBE_TOKENS, tables};
use crate::math::{Generator, Granularity, QuantSpec, WeightFormat, dequantize, quantize};
use crate::model::{Decoder, Place, Plan};
use crate::protocol::{LabError, Phase, Table, numbers};

use super::held_out::windows_for;

/// Weights around an outlier that the picture shows.
const SHOWN: usize = 48;
/// Where the outliers lie follows from this, so that everybody sees the same.
const SEED: u32 = 7;

/// Places of the outliers in a matrix of `count` weights, in order.
fn places(count: usize) -> Vec<usize> {
    let mut random = Generator::new(SEED);
    let mut all: Vec<usize> = (0..OUTLIERS).map(|_| random.below(count.max(1) as u32) as usize).collect();
    all.sort_unstable();
    all.dedup();
    all
}

impl Loaded {
    /// Six models that differ in one unit: without and with outliers, each in FP32, with one scale, and with groups. The
    /// enlarged weights change what the model computes: it is compared with itself, not with the model that was trained.
    pub(super) async fn outliers(&mut self, asked: Outliers, ctx: &Ctx) -> Result<(), LabError> {
        let units = self.base.units();
        let (max, got) = (units.len() as f64 - 1.0, f64::from(asked.unit));
        let unknown = LabError::OutOfRange { field: "unit".into(), min: 0.0, max, got };
        let unit = units.get(asked.unit as usize).ok_or(unknown)?.clone();
        if !(1.0..=1000.0).contains(&asked.factor) {
            let got = f64::from(asked.factor);
            return Err(LabError::OutOfRange { field: "factor".into(), min: 1.0, max: 1000.0, got });
        }
        if !GROUPS.contains(&asked.group) {
            return Err(LabError::Unknown { field: "group".into(), got: asked.group.to_string() });
        }
        let clean = unit_matrix(&self.model.checkpoint, &unit)?.values;
        let places = places(clean.len());
        let mut spiked = clean.clone();
        places.iter().for_each(|at| spiked[*at] *= asked.factor);
        let back = |w: &[f32], granularity: Granularity| {
            let spec = QuantSpec { granularity, ..asked.format.spec(asked.group) };
            dequantize(&quantize(w, unit.rows, unit.cols, &spec))
        };
        let (tensor, group) = (Granularity::Tensor, Granularity::Group(asked.group));
        let spiked_tensor = back(&spiked, tensor);
        let spiked_group = back(&spiked, group);
        ctx.table(shown_row(&spiked, &spiked_tensor, &spiked_group, unit.cols, &places));
        let cases = [
            ("clean", &clean, clean.clone()),
            ("clean_tensor", &clean, back(&clean, tensor)),
            ("clean_group", &clean, back(&clean, group)),
            ("outliers", &spiked, spiked.clone()),
            ("tensor", &spiked, spiked_tensor),
            ("group", &spiked, spiked_group),
        ];
        // A decoder of its own: the plan's must not keep weights that no plan knows.
        let plan = Plan::uniform(&self.model.checkpoint.config, WeightFormat::Fp32, WeightFormat::GROUP);
        let own = Decoder::new(Place::of(ctx.device.gpu()), &self.model.checkpoint, &plan)?;
        let kept = std::mem::replace(&mut self.plan, own);
        let outcome = self.cases(asked.unit as usize, cases, ctx).await;
        self.plan = kept;
        outcome
    }

    async fn cases(&mut self, unit: usize, cases: [(&str, &Vec<f32>, Vec<f32>); 6], ctx: &Ctx) -> Result<(), LabError> {
        let mut table = Table::new(tables::OUTLIERS, &["case", "perplexity", "sqnr_db"]);
        let total = cases.len() as u64;
        for (done, (case, original, values)) in cases.into_iter().enumerate() {
            ctx.progress(Phase::Computing, done as u64, total);
            let (sqnr, _) = fidelity(original, &values);
            self.plan.set_values(unit, values)?;
            let loss = self.loss(windows_for(PROBE_TOKENS), ctx).await?;
            let mut cells = vec![case.into()];
            cells.extend(numbers(&[loss.exp(), sqnr]));
            table.rows.push(cells);
            ctx.table(table.clone());
        }
        Ok(())
    }
}

/// The weights around the first outlier: as they are, with one scale, and with groups.
fn shown_row(weights: &[f32], tensor: &[f32], group: &[f32], cols: usize, places: &[usize]) -> Table {
    let mut table = Table::new(tables::OUTLIER_ROW, &["place", "weight", "tensor", "group"]);
    let at = places.first().copied().unwrap_or(0);
    let (line, col) = (at / cols * cols, at % cols);
    let first = col.saturating_sub(SHOWN / 2).min(cols.saturating_sub(SHOWN));
    for col in first..(first + SHOWN).min(cols) {
        // The outlier itself would squeeze all others into a line.
        if places.contains(&(line + col)) {
            continue;
        }
        let [w, t, g] = [weights, tensor, group].map(|m| f64::from(m[line + col]));
        table.rows.push(numbers(&[col as f64, w, t, g]));
    }
    table
}
