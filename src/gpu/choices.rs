//! Which of several ways to compute the same thing is the fastest on this adapter, as texts that can be kept and given
//! back; and a way to insist on one of them.

use std::cell::RefCell;
use std::collections::BTreeMap;

use super::Gpu;

/// What was measured and what is insisted on.
#[derive(Debug, Default)]
pub(super) struct Choices {
    /// By kind of work and class of shapes.
    measured: RefCell<BTreeMap<String, String>>,
    /// By kernel; wins over what was measured.
    forced: RefCell<BTreeMap<String, String>>,
}

impl Gpu {
    /// Everything that was measured: kind of work -> variant. Worth keeping under [`Gpu::adapter_key`] and the build.
    pub fn choices(&self) -> BTreeMap<String, String> {
        self.choices.measured.borrow().clone()
    }

    /// Takes over what an earlier visit measured on the same adapter with the same build.
    pub fn import_choices(&self, choices: BTreeMap<String, String>) {
        self.choices.measured.borrow_mut().extend(choices);
    }

    /// The variant that was measured to be the fastest for this kind of work.
    pub fn choice(&self, kind: &str) -> Option<String> {
        self.choices.measured.borrow().get(kind).cloned()
    }

    /// Remembers the fastest variant for a kind of work.
    pub fn remember_choice(&self, kind: &str, variant: &str) {
        self.choices.measured.borrow_mut().insert(kind.into(), variant.into());
    }

    /// Uses one variant of a kernel wherever that kernel has it: for tests, benchmarks and the ladder of versions. `None`
    /// goes back to choosing.
    pub fn force_variant(&self, kernel: &str, variant: Option<&str>) {
        let mut forced = self.choices.forced.borrow_mut();
        match variant {
            Some(variant) => forced.insert(kernel.into(), variant.into()),
            None => forced.remove(kernel),
        };
    }

    /// The variant of a kernel that is insisted on.
    pub fn forced_variant(&self, kernel: &str) -> Option<String> {
        self.choices.forced.borrow().get(kernel).cloned()
    }
}
