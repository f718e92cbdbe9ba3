//! What a training holds, from readings in its steps.

use crate::labs::tune::tables;
use crate::math::peft::Method;
use crate::nets::peft::{Held, Learner, Meter};
use crate::protocol::{Table, numbers};

/// Readings of one training, in bytes above what was held before it.
pub(super) struct Memory {
    meter: Meter,
    before: u64,
    /// Frozen weights.
    weights: u64,
    /// Parameters being trained, their copy in the graph included.
    trained: u64,
    optimizer: u64,
    gradients: u64,
    activations: u64,
    /// The most bytes held in a step.
    highest: u64,
}

impl Memory {
    /// Before the learner is made.
    pub fn new(meter: Meter) -> Memory {
        meter.begin();
        let before = meter.held();
        Memory { meter, before, weights: 0, trained: 0, optimizer: 0, gradients: 0, activations: 0, highest: 0 }
    }

    pub fn meter(&self) -> &Meter {
        &self.meter
    }

    /// After the learner was made.
    pub fn learner(&mut self, learner: &Learner) {
        self.optimizer = learner.trained.moment_bytes();
        self.trained = learner.trained.parameter_bytes();
        let all = self.meter.held().saturating_sub(self.before);
        self.weights = all.saturating_sub(self.optimizer + self.trained);
    }

    /// Does something that gives back memory which was held before the training: what it goes on from.
    pub fn giving_back<T>(&mut self, work: impl FnOnce() -> T) -> T {
        let held = self.meter.held();
        let done = work();
        self.before = self.before.saturating_sub(held.saturating_sub(self.meter.held()));
        done
    }

    /// Before a step. What is held between steps, to look at the training or to keep it, is no part of it.
    pub fn step_begins(&self) {
        self.meter.begin();
    }

    /// After a step.
    pub fn step_ends(&mut self) {
        self.highest = self.highest.max(self.meter.highest());
    }

    /// After a pass; `leaves` are the bytes of the parameters' copies.
    pub fn pass(&mut self, held: Held, leaves: u64, parameters: u64) {
        self.trained = self.trained.max(parameters + leaves);
        self.activations = self.activations.max(held.forward.saturating_sub(held.before));
        self.gradients = self.gradients.max(held.backward.saturating_sub(held.before));
    }

    /// The most bytes held in the steps.
    pub fn peak(&self) -> u64 {
        self.highest.saturating_sub(self.before)
    }

    /// What is drawn of a step: before it, after its forward and after its backward pass.
    pub fn points(&self, step: u32, held: Held) -> Vec<[f64; 2]> {
        let step = f64::from(step);
        let above = |bytes: u64| bytes.saturating_sub(self.before) as f64;
        vec![
            [step, above(held.before)],
            [step + 1.0 / 3.0, above(held.forward)],
            [step + 2.0 / 3.0, above(held.backward)],
        ]
    }

    /// A row of [`tables::LEDGER`].
    pub fn row(&self, method: Method, seed: u32, table: &mut Table) {
        let known = self.weights + self.trained + self.gradients + self.optimizer + self.activations;
        let workspace = self.peak().saturating_sub(known);
        let all = [
            u64::from(seed),
            self.weights,
            self.trained,
            self.gradients,
            self.optimizer,
            self.activations,
            workspace,
            self.peak(),
        ];
        let mut row = vec![method.word().into()];
        row.extend(numbers(&all.map(|n| n as f64)));
        table.rows.push(row);
    }
}

/// An empty [`tables::LEDGER`].
pub(super) fn ledger() -> Table {
    let columns =
        ["method", "seed", "weights", "trained", "gradients", "optimizer", "activations", "workspace", "peak"];
    Table::new(tables::LEDGER, &columns)
}
