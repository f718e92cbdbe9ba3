//! The tables of a comparison as they grow.

use serde::{Deserialize, Serialize};

use super::memory::ledger;
use crate::labs::Ctx;
use crate::labs::tune::tables;
use crate::protocol::{Table, exact};

/// The tables that a comparison fills, a row or more a training.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Shown {
    #[serde(with = "exact")]
    pub baseline: Table,
    #[serde(with = "exact")]
    pub results: Table,
    #[serde(with = "exact")]
    pub ledger: Table,
    #[serde(with = "exact")]
    pub answers: Table,
}

impl Shown {
    /// What stands there before the first training is over.
    pub fn new(baseline: Table) -> Shown {
        let answers = ["method", "seed", "prompt", "expected", "answer", "right"];
        let results = Table::new(tables::RESULTS, &tables::RESULTS_COLUMNS);
        Shown { baseline, results, ledger: ledger(), answers: Table::new(tables::ANSWERS, &answers) }
    }

    /// Sends all of them.
    pub fn tell(&self, ctx: &Ctx) {
        let all = [&self.baseline, &self.results, &self.ledger, &self.answers];
        all.into_iter().for_each(|table| ctx.table(table.clone()));
    }
}
