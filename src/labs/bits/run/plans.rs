//! Many plans one after the other: which unit bears least, and mixtures that nothing beats.

use super::Loaded;
use super::held_out::windows_for;
use crate::labs::Ctx;
use crate::labs::bits::{Checked, PROBE_TOKENS, plan_of, tables};
use crate::math::{WeightFormat, pareto_front};
use crate::model::Plan;
use crate::protocol::{LabError, Phase, Table, numbers};

/// Formats that a unit steps down through in the search.
const STEPS: [WeightFormat; 4] = [WeightFormat::Int8, WeightFormat::Nf4, WeightFormat::Int3, WeightFormat::Int2];
/// Plans along the path of the search that are measured.
const MEASURED: usize = 14;

/// One step of one unit: from the format before to `format`.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Step {
    unit: usize,
    level: usize,
    /// Loss over FP32 with this unit alone in `STEPS[level]`, in nats.
    rise: f64,
    bytes: f64,
}

/// Units step down one after the other, each time the one whose step costs least for each byte that it saves; the rise of
/// a mixture is taken for the sum of its units' rises.
///
/// # Shapes
/// `rises [units][levels]`, `bytes [units][levels]` -> plans as levels, from all at level 0 to all at the last
fn path(rises: &[Vec<f64>], bytes: &[Vec<f64>]) -> Vec<Vec<usize>> {
    let mut levels = vec![0usize; rises.len()];
    let mut out = vec![levels.clone()];
    loop {
        let steps = (0..levels.len()).filter_map(|unit| {
            let level = levels[unit] + 1;
            let rise = rises[unit].get(level)? - rises[unit][level - 1];
            let saved = bytes[unit][level - 1] - bytes[unit][level];
            Some(Step { unit, level, rise: rise.max(0.0) / saved.max(1.0), bytes: saved })
        });
        let Some(best) = steps.min_by(|a, b| a.rise.total_cmp(&b.rise).then(b.bytes.total_cmp(&a.bytes))) else {
            break;
        };
        levels[best.unit] = best.level;
        out.push(levels.clone());
    }
    out
}

impl Loaded {
    /// The mean loss with the formats of `plan`.
    async fn loss_of(&mut self, plan: &Plan, ctx: &Ctx) -> Result<f64, LabError> {
        self.plan.follow(plan)?;
        self.loss(windows_for(PROBE_TOKENS), ctx).await
    }

    fn fp32(&self, group: u32) -> Plan {
        Plan::uniform(&self.model.checkpoint.config, WeightFormat::Fp32, group)
    }

    /// One unit at a time in `format`; the table grows.
    pub(super) async fn sensitivity(
        &mut self,
        config: &Checked,
        format: WeightFormat,
        ctx: &Ctx,
    ) -> Result<(), LabError> {
        let units = self.base.units().to_vec();
        let total = units.len() as u64 + 1;
        let mut table = Table::new(tables::SENSITIVITY, &["unit", "perplexity", "increase", "saved_bytes"]);
        ctx.progress(Phase::Computing, 0, total);
        let plain = self.fp32(config.group);
        let reference = self.loss_of(&plain, ctx).await?.exp();
        for (i, unit) in units.iter().enumerate() {
            ctx.progress(Phase::Computing, i as u64 + 1, total);
            let mut plan = plain.clone();
            plan.formats[i] = format;
            let perplexity = self.loss_of(&plan, ctx).await?.exp();
            let packed = format.packed_bytes(unit.rows, unit.cols, config.group);
            let saved = 4.0 * unit.count() as f64 - packed as f64;
            table.rows.push(numbers(&[i as f64, perplexity, perplexity - reference, saved]));
            ctx.table(table.clone());
        }
        Ok(())
    }

    /// Uniform plans first, then each unit alone at each step, then plans along the greedy path.
    pub(super) async fn search(&mut self, config: &Checked, ctx: &Ctx) -> Result<(), LabError> {
        let units = self.base.units().to_vec();
        let total = (WeightFormat::ALL.len() + units.len() * STEPS.len() + MEASURED) as u64;
        let mut done = 0;
        let mut tick = || {
            done += 1;
            ctx.progress(Phase::Computing, done - 1, total);
        };
        let mut found: Vec<(&str, Plan, f64)> = Vec::new();
        let mut reference = 0.0;
        for format in WeightFormat::ALL {
            tick();
            let plan = Plan { formats: vec![format; units.len()], group: config.group };
            let loss = self.loss_of(&plan, ctx).await?;
            if format == WeightFormat::Fp32 {
                reference = loss;
            }
            found.push(("uniform", plan, loss));
            ctx.table(self.searched(&found));
        }
        let plain = self.fp32(config.group);
        let mut rises = vec![Vec::new(); units.len()];
        let mut bytes = vec![Vec::new(); units.len()];
        for (i, unit) in units.iter().enumerate() {
            for format in STEPS {
                tick();
                let mut plan = plain.clone();
                plan.formats[i] = format;
                rises[i].push(self.loss_of(&plan, ctx).await? - reference);
                bytes[i].push(format.packed_bytes(unit.rows, unit.cols, config.group) as f64);
            }
        }
        let path = path(&rises, &bytes);
        let last = path.len() - 1;
        for i in 0..MEASURED {
            tick();
            let levels = &path[i * last / (MEASURED - 1)];
            let plan = Plan { formats: levels.iter().map(|l| STEPS[*l]).collect(), group: config.group };
            let loss = self.loss_of(&plan, ctx).await?;
            found.push(("mixed", plan, loss));
            ctx.table(self.searched(&found));
        }
        Ok(())
    }

    fn searched(&self, found: &[(&str, Plan, f64)]) -> Table {
        let llama = &self.model.checkpoint.config;
        let packed = |plan: &Plan| plan.packed_bytes(llama) as f64;
        // The front looks for large values; a small loss is a large one.
        let points: Vec<(f64, f64)> = found.iter().map(|(_, plan, loss)| (packed(plan), -loss)).collect();
        let front = pareto_front(&points);
        let mut table = Table::new(tables::SEARCH, &["kind", "plan", "packed_bytes", "perplexity", "on_front"]);
        for (i, (kind, plan, loss)) in found.iter().enumerate() {
            let on_front = f64::from(u8::from(front[i]));
            let mut cells = vec![(*kind).into(), plan_of(&plan.formats).into()];
            cells.extend(numbers(&[packed(plan), loss.exp(), on_front]));
            table.rows.push(cells);
        }
        table
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cheapest_byte_goes_first_and_every_step_is_one_unit() {
        let rises = vec![vec![0.0, 0.1, 0.5], vec![0.0, 0.01, 0.02]];
        let bytes = vec![vec![100.0, 50.0, 25.0], vec![100.0, 50.0, 25.0]];
        let path = path(&rises, &bytes);
        assert_eq!(path, [[0, 0], [0, 1], [0, 2], [1, 2], [2, 2]]);
    }
}
